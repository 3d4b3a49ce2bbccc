"""Events that were committed with the change they tell of, and the counters that give them their places."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from ..records import INTERNAL, PII, Record, column
from ..values import Code

__all__ = ["EventCounter", "OutboxEvent", "OutboxStatus"]

_PENDING = text("status = 'PENDING'")


class OutboxStatus(Code):
    """How far an event has come."""

    PENDING = "pending", "Committed, not handed on."
    DELIVERED = "delivered", "Handed on."


class OutboxEvent(Record):
    """A committed event."""

    __tablename__ = "outbox_event"
    id_prefix = "evt"
    not_about_a_party = "A letter in transit; erased by its customer_id through the privacy slice."
    __table_args__ = (
        UniqueConstraint("tenant_id", "position"),
        Index(None, "tenant_id", "id", postgresql_where=_PENDING, sqlite_where=_PENDING),
        Index(None, "tenant_id", "customer_id", "id"),
    )

    type: Mapped[str] = column(INTERNAL, doc="Dotted name, such as customer.created.", filterable=True)
    type_version: Mapped[int] = column(INTERNAL, doc="Version of the payload's shape.")
    customer_id: Mapped[uuid.UUID | None] = column(PII, doc="Whose order of events it belongs to.", filterable=True)
    customer_sequence: Mapped[int | None] = column(
        INTERNAL, doc="Its place among the events of its customer, from 1, in the order of the commits."
    )
    position: Mapped[int | None] = column(
        INTERNAL, doc="Its place among all events, from 1; given when it is handed on.", orderable=True
    )
    payload: Mapped[Any] = column(PII, doc="The event as JSON.", keys={})
    status: Mapped[OutboxStatus] = column(INTERNAL, doc="How far it has come.", filterable=True)
    occurred_at: Mapped[dt.datetime] = column(INTERNAL, doc="When it was committed.", filterable=True, orderable=True)
    handed_on_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="When it was handed on.")


class EventCounter(Record):
    """How many events there have been: of one customer, whose id it bears, or of the whole tenant, whose id it bears."""

    __tablename__ = "event_counter"
    id_prefix = "ctr"
    not_about_a_party = "A number under an id, which the audit keeps as well; it outlives what it counts."

    last: Mapped[int] = column(INTERNAL, doc="The number that was given last.")
