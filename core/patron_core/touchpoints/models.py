"""Contacts with a customer over any channel, and who took part."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..channels.models import Channel, ChannelDefinition
from ..customers.models import Customer
from ..parties.models import Party
from ..records import INTERNAL, PII, PUBLIC, Record, column, reference, subject
from ..values import Code

__all__ = ["Channel", "Direction", "Sentiment", "Touchpoint", "TouchpointParticipant"]


class Direction(Code):
    """Who sought the contact."""

    INBOUND = "inbound", "The customer."
    OUTBOUND = "outbound", "We."


class Sentiment(Code):
    """How the customer felt, as far as it was noticed."""

    NEGATIVE = "negative", "Annoyed or disappointed."
    NEUTRAL = "neutral", "Neither."
    POSITIVE = "positive", "Pleased."


class Touchpoint(Record):
    """A contact with a customer."""

    __tablename__ = "touchpoint"
    id_prefix = "tch"
    without_index = (
        ("topic outcome", "Words a person wrote; nobody asks for all rows with the same ones."),
        ("source_key", "Asked with its source, and an index has both."),
        ("agent team sentiment", "Asked of a customer or within a time, and indexes have both."),
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "source_key"),
        Index(None, "tenant_id", "customer_id", "occurred_at", "id"),
        Index(None, "tenant_id", "occurred_at", "id"),
        Index(None, "tenant_id", "about_id", "id"),
    )

    customer: Mapped[Customer | None] = subject(Customer, optional=True, doc="With whom.")
    channel: Mapped[Channel] = column(PUBLIC, doc="Where it took place.", filterable=True, orderable=True)
    channel_definition: Mapped[ChannelDefinition | None] = reference(
        ChannelDefinition, optional=True, doc="Over which of our channels of that kind; null where nobody said."
    )
    direction: Mapped[Direction] = column(PUBLIC, doc="Who sought the contact.", filterable=True, orderable=True)
    occurred_at: Mapped[dt.datetime] = column(INTERNAL, doc="When it took place.", filterable=True, orderable=True)
    topic: Mapped[str] = column(PII, doc="What it was about, in one line.", filterable=True)
    outcome: Mapped[str | None] = column(PII, doc="What came of it.", filterable=True)
    about_id: Mapped[str | None] = column(
        INTERNAL, doc="Id of what it was about, such as a deal; `node` shows it.", filterable=True
    )
    agent: Mapped[str | None] = column(INTERNAL, doc="Who of us had the contact.", filterable=True, orderable=True)
    team: Mapped[str | None] = column(INTERNAL, doc="Which team of ours had it.", filterable=True, orderable=True)
    sentiment: Mapped[Sentiment | None] = column(INTERNAL, doc="How the customer felt.", filterable=True)
    source: Mapped[str | None] = column(INTERNAL, doc="The system that reported it.", filterable=True)
    source_key: Mapped[str | None] = column(
        INTERNAL, doc="Its key there: the same key twice is one touchpoint.", filterable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID | None]
        channel_definition_id: Mapped[uuid.UUID | None]


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
