"""Sources that push records to us, and the messages they sent: when, how many rows, what became of them; no bodies."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..records import INTERNAL, SECRET, Record, column, reference
from ..values import Code

__all__ = ["InboundMessage", "InboundSource", "InboundStatus"]


class InboundStatus(Code):
    """What became of a message."""

    ACCEPTED = "accepted", "Every row was taken in, or was there already."
    PARTLY = "partly", "Some rows were refused."
    REFUSED = "refused", "Every row was refused."


class InboundSource(Record):
    """A system that pushes records: what its fields mean, and what it may write."""

    __tablename__ = "inbound_source"
    id_prefix = "ibs"
    without_index = (("*", "A tenant has a few dozen."),)
    not_about_a_party = "Says what a system's fields mean and names nobody."
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    name: Mapped[str] = column(INTERNAL, doc="What it is called.", filterable=True, orderable=True)
    address: Mapped[str] = column(INTERNAL, doc="The random part of its address.")
    mapping: Mapped[str] = column(INTERNAL, doc="What its fields mean: a mapping as of imports, in JSON.")
    scopes: Mapped[str] = column(INTERNAL, doc="What it may write: names of scopes, separated by spaces.")
    secret: Mapped[str] = column(SECRET, doc="Signs what it sends.", encrypted=True)
    previous_secret: Mapped[str | None] = column(SECRET, doc="The secret before the last rotation.", encrypted=True)
    previous_until: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="Until when the secret before the last rotation works."
    )
    disabled_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="Since when nothing of it is taken in.")


class InboundMessage(Record):
    """A message that a source sent; its id is what makes a repeat of it change nothing."""

    __tablename__ = "inbound_message"
    id_prefix = "ibm"
    append_only = True
    not_about_a_party = "Counts; the rows it made are about parties themselves."
    without_index = (("status", "A few values."),)
    __table_args__ = (
        UniqueConstraint("tenant_id", "source_id", "webhook_id"),
        Index(None, "tenant_id", "received_at", "id"),
    )

    source: Mapped[InboundSource] = reference(InboundSource, doc="Who sent it.")
    webhook_id: Mapped[str] = column(INTERNAL, doc="Its id there: the header webhook-id.")
    body_sha256: Mapped[str] = column(INTERNAL, doc="Hash of the body.")
    received_at: Mapped[dt.datetime] = column(INTERNAL, doc="When it came.", filterable=True, orderable=True)
    status: Mapped[InboundStatus] = column(INTERNAL, doc="What became of it.", filterable=True)
    rows: Mapped[int] = column(INTERNAL, doc="How many rows it had.")
    created: Mapped[int] = column(INTERNAL, doc="How many of them made something.")
    unchanged: Mapped[int] = column(INTERNAL, doc="How many were there already.")
    rejected: Mapped[int] = column(INTERNAL, doc="How many were refused.")
    errors: Mapped[str] = column(
        INTERNAL,
        doc="The first hundred rows that were refused, as a JSON list of objects with row, column, holds, reason and advice.",
    )

    if TYPE_CHECKING:  # the column that the reference makes
        source_id: Mapped[uuid.UUID]
