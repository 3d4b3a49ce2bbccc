"""What customers like and wish: one word of one origin on one thing each, and which of the words counts."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from ..customers.models import Customer
from ..records import INTERNAL, PII, Record, column, subject
from ..values import Code

__all__ = ["Preference", "PreferenceStanding", "WishOrigin"]


class WishOrigin(Code):
    """How a wish came to be known."""

    EXPLICIT = "explicit", "The customer said it."
    INFERRED = "inferred", "It was seen in what the customer does."
    IMPORTED = "imported", "Another system told it."


class PreferenceStanding(Code):
    """Whether a word on a wish counts."""

    ACTIVE = "active", "It counts."
    AGREES = "agrees", "Another word counts, and says the same."
    OVERRULED = "overruled", "Another word counts, and says something else."
    ENDED = "ended", "It counts no longer: it was taken back, ran out, or the same origin said something new."


class Preference(Record):
    """Something a customer likes or wishes, as one origin tells it."""

    __tablename__ = "preference"
    id_prefix = "pfr"
    without_index = (("origin standing confidence scope recorded_at valid_until", "Asked of a customer or a key."),)
    __table_args__ = (
        Index(None, "tenant_id", "customer_id", "key", "id"),
        Index(None, "tenant_id", "key", "standing", "id"),
        CheckConstraint("confidence BETWEEN 0 AND 10000", name="confidence"),
    )

    customer: Mapped[Customer] = subject(Customer, doc="Whose wish it is.")
    key: Mapped[str] = column(
        INTERNAL, doc="What it is about, a code in capitals such as CONTACT_CHANNEL.", filterable=True, orderable=True
    )
    scope: Mapped[str] = column(
        INTERNAL, doc="Where it holds, such as a shop or a brand; empty where it holds everywhere.", filterable=True
    )
    preferred: Mapped[str] = column(PII, doc="What is liked or wished.")
    origin: Mapped[WishOrigin] = column(INTERNAL, doc="How it came to be known.", filterable=True)
    confidence: Mapped[Decimal] = column(
        INTERNAL, doc="How sure it is, 0 to 1; 1 where the customer said it.", scale=4, filterable=True, orderable=True
    )
    standing: Mapped[PreferenceStanding] = column(INTERNAL, doc="Whether it counts.", filterable=True, orderable=True)
    evidence: Mapped[str | None] = column(PII, doc="From what it was concluded, or where it was said.")
    recorded_at: Mapped[dt.datetime] = column(INTERNAL, doc="Since when it is known.", filterable=True, orderable=True)
    valid_until: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="From when on it counts no more; null while nobody knows.", filterable=True, orderable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]
