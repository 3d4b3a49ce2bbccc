"""Contacts with a customer over any channel, and who took part."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..customers.models import Customer
from ..parties.models import Party
from ..records import INTERNAL, PII, PUBLIC, Record, column, subject
from ..values import Code

__all__ = ["Channel", "Direction", "Touchpoint", "TouchpointParticipant"]


class Channel(Code):
    """Where a contact took place."""

    WEB = "web", "Web site or app."
    STORE = "store", "A shop, branch or ward."
    PHONE = "phone", "Telephone."
    EMAIL = "email", "E-mail."
    MAIL = "mail", "Letter."
    CHAT = "chat", "Chat."
    SOCIAL = "social", "Social network."
    FIELD = "field", "A visit."
    PARTNER = "partner", "Through a partner."


class Direction(Code):
    """Who sought the contact."""

    INBOUND = "inbound", "The customer."
    OUTBOUND = "outbound", "We."


class Touchpoint(Record):
    """A contact with a customer."""

    __tablename__ = "touchpoint"
    id_prefix = "tch"
    without_index = (
        ("topic outcome", "Words a person wrote; nobody asks for all rows with the same ones."),
        ("source_key", "Asked with its source, and an index has both."),
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "source_key"),
        Index(None, "tenant_id", "customer_id", "occurred_at", "id"),
        Index(None, "tenant_id", "occurred_at", "id"),
    )

    customer: Mapped[Customer | None] = subject(Customer, optional=True, doc="With whom.")
    channel: Mapped[Channel] = column(PUBLIC, doc="Where it took place.", filterable=True, orderable=True)
    direction: Mapped[Direction] = column(PUBLIC, doc="Who sought the contact.", filterable=True, orderable=True)
    occurred_at: Mapped[dt.datetime] = column(INTERNAL, doc="When it took place.", filterable=True, orderable=True)
    topic: Mapped[str] = column(PII, doc="What it was about, in one line.", filterable=True)
    outcome: Mapped[str | None] = column(PII, doc="What came of it.", filterable=True)
    source: Mapped[str | None] = column(INTERNAL, doc="The system that reported it.", filterable=True)
    source_key: Mapped[str | None] = column(
        INTERNAL, doc="Its key there: the same key twice is one touchpoint.", filterable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID | None]


class TouchpointParticipant(Record):
    """A party's part in a contact."""

    __tablename__ = "touchpoint_participant"
    id_prefix = "tcp"
    __table_args__ = (UniqueConstraint("tenant_id", "touchpoint_id", "party_id"),)

    touchpoint: Mapped[Touchpoint] = subject(Touchpoint, doc="The contact.")
    party: Mapped[Party] = subject(Party, doc="Who took part.")
    role: Mapped[str | None] = column(INTERNAL, doc="In which role, such as caller.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        touchpoint_id: Mapped[uuid.UUID]
        party_id: Mapped[uuid.UUID]
