"""What customers need, soon and later, in which of their divisions, and with what of ours it was matched."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..customers.models import Customer
from ..parties.models import Party
from ..records import INTERNAL, PII, PUBLIC, Record, column, reference, subject
from ..values import Code

__all__ = ["Horizon", "MatchStatus", "Need", "NeedMatch", "NeedStatus"]


class Horizon(Code):
    """When something is needed."""

    SHORT = "short", "Now, or within the year."
    LONG = "long", "Later."


class NeedStatus(Code):
    """What became of a need."""

    OPEN = "open", "Nothing meets it."
    MATCHED = "matched", "Something of ours would meet it."
    MET = "met", "It is met."
    DROPPED = "dropped", "It is none any more."


class MatchStatus(Code):
    """What the customer says to a product for a need."""

    PROPOSED = "proposed", "Not decided."
    ACCEPTED = "accepted", "It suits."
    DECLINED = "declined", "It does not."


class Need(Record):
    """Something that a customer, or a division or a person of it, needs."""

    __tablename__ = "customer_need"
    id_prefix = "ned"
    without_index = (
        ("horizon priority needed_by", "Asked within a status or a customer's needs."),
        ("name keywords", "Words a person wrote."),
    )
    __table_args__ = (
        Index(None, "tenant_id", "status", "horizon", "id"),
        Index(None, "tenant_id", "category", "id"),
        CheckConstraint("priority BETWEEN 1 AND 5", name="priority"),
    )

    customer: Mapped[Customer] = subject(Customer, doc="Who needs it.")
    division: Mapped[Party | None] = reference(
        Party, optional=True, doc="In which part of the organization; null for the whole."
    )
    person: Mapped[Party | None] = subject(Party, optional=True, doc="Whose need it is, where it is somebody's.")
    name: Mapped[str] = column(PII, doc="What is needed, in one line.", filterable=True)
    horizon: Mapped[Horizon] = column(INTERNAL, doc="Soon or later.", filterable=True, orderable=True)
    category: Mapped[str | None] = column(
        INTERNAL, doc="The category of products that would meet it.", filterable=True, orderable=True
    )
    keywords: Mapped[str | None] = column(
        INTERNAL, doc="Words that a product which meets it has in its name, separated by spaces.", filterable=True
    )
    priority: Mapped[int] = column(INTERNAL, doc="1 is the most urgent, 5 the least.", filterable=True, orderable=True)
    needed_by: Mapped[dt.date | None] = column(INTERNAL, doc="By which day.", filterable=True, orderable=True)
    status: Mapped[NeedStatus] = column(INTERNAL, doc="What became of it.", filterable=True, orderable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]
        division_id: Mapped[uuid.UUID | None]
        person_id: Mapped[uuid.UUID | None]


class NeedMatch(Record):
    """A product that would meet a need, and why."""

    __tablename__ = "customer_need_match"
    id_prefix = "nmt"
    without_index = (("score status", "A need has few matches."),)
    __table_args__ = (
        UniqueConstraint("tenant_id", "need_id", "sku"),
        Index(None, "tenant_id", "sku", "id"),
    )

    need: Mapped[Need] = subject(Need, doc="Which need.")
    sku: Mapped[str] = column(PUBLIC, doc="The product's stock-keeping unit.", filterable=True, orderable=True)
    score: Mapped[Decimal | None] = column(
        INTERNAL,
        doc="How well it fits, 0 to 1; null where somebody chose it.",
        scale=4,
        filterable=True,
        orderable=True,
    )
    reason: Mapped[str] = column(INTERNAL, doc="Why it fits.")
    status: Mapped[MatchStatus] = column(INTERNAL, doc="What the customer says to it.", filterable=True, orderable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        need_id: Mapped[uuid.UUID]
