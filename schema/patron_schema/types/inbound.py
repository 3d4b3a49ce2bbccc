"""Sources that push records and the log of what they sent, as the API shows them. A secret is nowhere among them."""

from __future__ import annotations

import datetime as dt

from patron_core.inbound import models

from ..declare import Connection, Query, extends, planned, related, root
from ..nodes import Node

__all__ = ["EXTENSIONS", "TYPES", "InboundMessage", "InboundSource"]


@planned(models.InboundMessage)
class InboundMessage(Node):
    """A message that a source sent: when, and what became of its rows. Its body is not kept."""

    source: InboundSource
    webhook_id: str
    received_at: dt.datetime
    status: models.InboundStatus
    rows: int
    created: int
    unchanged: int
    rejected: int
    errors: str


@planned(models.InboundSource)
class InboundSource(Node):
    """A system that pushes records to us; its secret was shown once."""

    name: str
    mapping: str
    scopes: str
    previous_until: dt.datetime | None
    disabled_at: dt.datetime | None
    created_at: dt.datetime
    version: int
    messages: Connection[InboundMessage] = related(
        models.InboundMessage.source, description="What it sent, the log of messages."
    )


@extends(Query)
class InboundQuery:
    inbound_sources: Connection[InboundSource] = root(description="Sources that push records, disabled ones included.")
    inbound_messages: Connection[InboundMessage] = root(description="What sources sent, all of them.")


TYPES = (InboundMessage, InboundSource)
EXTENSIONS = (InboundQuery,)
