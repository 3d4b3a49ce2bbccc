"""Contacts with customers as the API shows them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from patron_core.touchpoints import models

from ..declare import Connection, Query, expression, extends, planned, related, root
from ..nodes import Node
from .timeline import TimelineEntry

if TYPE_CHECKING:
    from .channels import ChannelDefinition
    from .customers import Customer
    from .parties import Party

__all__ = ["EXTENSIONS", "TYPES", "Touchpoint", "TouchpointParticipant"]


@planned(models.Touchpoint)
class Touchpoint(TimelineEntry):
    """A contact with a customer."""

    customer: Customer | None
    channel: models.Channel
    channel_definition: ChannelDefinition | None
    direction: models.Direction
    occurred_at: dt.datetime
    topic: str
    outcome: str | None
    about_id: str | None
    agent: str | None
    team: str | None
    sentiment: models.Sentiment | None
    source: str | None
    source_key: str | None
    summary: str = expression(
        models.Touchpoint.topic, description="What it was about.", filterable=False, orderable=False
    )
    participants: Connection[TouchpointParticipant] = related(
        models.TouchpointParticipant.touchpoint, description="Who took part."
    )


@planned(models.TouchpointParticipant)
class TouchpointParticipant(Node):
    """A party's part in a contact."""

    touchpoint: Touchpoint
    party: Party
    role: str | None


@extends(Query)
class TouchpointQuery:
    touchpoints: Connection[Touchpoint] = root(description="Contacts with customers.")


TYPES = (Touchpoint, TouchpointParticipant)
EXTENSIONS = (TouchpointQuery,)
