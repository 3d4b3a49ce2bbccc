"""Events that were committed with the change they tell of, waiting for the relay."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from ..records import INTERNAL, PII, Record, column
from ..values import Code

__all__ = ["OutboxEvent", "OutboxStatus"]


class OutboxStatus(Code):
    """How far an event has come."""

    PENDING = "pending", "Committed, not handed on."
    DELIVERED = "delivered", "Handed on."


class OutboxEvent(Record):
    """A committed event."""

    __tablename__ = "outbox_event"
    id_prefix = "evt"
    not_about_a_party = "A letter in transit; erased by its customer_id through the privacy slice."
    __table_args__ = (Index(None, "tenant_id", "status", "id"), Index(None, "tenant_id", "customer_id", "id"))

    type: Mapped[str] = column(INTERNAL, doc="Dotted name, such as customer.created.", filterable=True)
    type_version: Mapped[int] = column(INTERNAL, doc="Version of the payload's shape.")
    customer_id: Mapped[uuid.UUID | None] = column(PII, doc="Whose order of events it belongs to.", filterable=True)
    payload: Mapped[Any] = column(PII, doc="The event as JSON.", keys={})
    status: Mapped[OutboxStatus] = column(INTERNAL, doc="How far it has come.", filterable=True)
    occurred_at: Mapped[dt.datetime] = column(INTERNAL, doc="When it was committed.", filterable=True, orderable=True)
