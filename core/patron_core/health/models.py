"""How well customers do: what each factor weighs for this tenant, and how the score went from day to day."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..customers.models import Customer
from ..records import FINANCIAL, INTERNAL, PUBLIC, Record, column, subject
from ..values import Code

__all__ = ["CoreFactor", "HealthSnapshot", "HealthWeight"]


class CoreFactor(Code):
    """What the core itself looks at; plugins add their own."""

    CONTACT = "contact", "Whether contacts keep their usual rhythm."
    COMPLAINTS = "complaints", "How few complaints are open."
    RENEWAL = "renewal", "How the renewal of contracts goes."
    FEEDBACK = "feedback", "What the customer answered in the last year."
    TREND = "trend", "Whether purchases of the last quarter keep up with the one before."


class HealthWeight(Record):
    """What a factor of the core weighs in this tenant; one that is not here weighs what the core says."""

    __tablename__ = "health_weight"
    id_prefix = "hwt"
    not_about_a_party = "How we judge, the same for all customers."
    without_index = (("factor weight", "A tenant has few of them."),)
    __table_args__ = (
        UniqueConstraint("tenant_id", "factor"),
        CheckConstraint("weight BETWEEN 0 AND 10000", name="weight"),
    )

    factor: Mapped[CoreFactor] = column(PUBLIC, doc="Which factor.", filterable=True, orderable=True)
    weight: Mapped[Decimal] = column(
        PUBLIC, doc="Relative to the others, 0 to 100; 0 leaves it out.", scale=2, filterable=True, orderable=True
    )


class HealthSnapshot(Record):
    """The health score of a customer on a day, made of factors that tell nothing of health or of who somebody is."""

    __tablename__ = "health_snapshot"
    id_prefix = "hsn"
    without_index = (("value change sample_size factors", "Asked within the latest or a customer's."),)
    __table_args__ = (
        UniqueConstraint("tenant_id", "customer_id", "taken_on"),
        Index(None, "tenant_id", "latest", "value", "id"),
        Index(None, "tenant_id", "taken_on", "id"),
    )

    customer: Mapped[Customer] = subject(Customer, doc="Whose health.")
    taken_on: Mapped[dt.date] = column(INTERNAL, doc="On which day.", filterable=True, orderable=True)
    latest: Mapped[bool] = column(INTERNAL, doc="Whether there is no later one.", filterable=True)
    value: Mapped[Decimal] = column(FINANCIAL, doc="0 to 100.", scale=1, filterable=True, orderable=True)
    change: Mapped[Decimal | None] = column(
        FINANCIAL,
        doc="What it is above the one before; null for the first one.",
        scale=1,
        filterable=True,
        orderable=True,
    )
    sample_size: Mapped[int] = column(INTERNAL, doc="How many facts it rests on.", filterable=True, orderable=True)
    factors: Mapped[int] = column(INTERNAL, doc="How many factors applied.", filterable=True, orderable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]
