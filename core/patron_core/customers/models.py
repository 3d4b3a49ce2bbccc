"""The party we do business with, in its role as a customer, and the history of the stages it went through."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped

from ..parties.models import Party
from ..records import INTERNAL, PII, PUBLIC, Record, column, subject
from ..values import Code

__all__ = ["Customer", "CustomerKind", "EngagementMode", "LifecycleChange", "LifecycleStage"]


class CustomerKind(Code):
    """Whom we sell to; drives the defaults of a new customer."""

    B2B = "b2b", "A business: few, with several people who decide."
    B2C = "b2c", "A consumer: many, with quick purchases."


class EngagementMode(Code):
    """What carries the business with a customer."""

    RELATIONSHIP = "relationship", "Long deals and service around them."
    TRANSACTION = "transaction", "Many purchases; value is read from them."
    HYBRID = "hybrid", "Both."


class LifecycleStage(Code):
    """How far the business with a customer has come."""

    PROSPECT = "prospect", "Known, has not bought."
    ACTIVE = "active", "Buys or is under contract."
    DORMANT = "dormant", "Has been silent for longer than usual."
    CHURNED = "churned", "Has left."


class Customer(Record):
    """A party in its role as our customer."""

    __tablename__ = "customer"
    id_prefix = "cus"
    without_index = (
        ("since", "Customers are made about when they begin, and ids are in that order."),
        ("deleted_at", "Few are taken out of lists, and none is looked for by when."),
    )
    hidden_by = "deleted_at"

    party: Mapped[Party] = subject(Party, unique=True, doc="Who the customer is.")
    kind: Mapped[CustomerKind] = column(PUBLIC, doc="Business or consumer.", filterable=True, orderable=True)
    engagement_mode: Mapped[EngagementMode] = column(
        PUBLIC, doc="What carries the business with this customer.", filterable=True, orderable=True
    )
    lifecycle_stage: Mapped[LifecycleStage] = column(
        INTERNAL, doc="How far the business has come.", filterable=True, orderable=True, index=True
    )
    owner: Mapped[str | None] = column(
        INTERNAL, doc="Who looks after the customer.", filterable=True, orderable=True, index=True
    )
    since: Mapped[dt.date | None] = column(INTERNAL, doc="First day as a customer.", filterable=True, orderable=True)
    deleted_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When the customer was taken out of lists; null while it is in them.", filterable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        party_id: Mapped[uuid.UUID]


class LifecycleChange(Record):
    """A customer went from one stage to another."""

    __tablename__ = "lifecycle_change"
    id_prefix = "lch"
    append_only = True
    without_index = (("from_stage to_stage duration_seconds", "Asked of one customer's or within a time."),)

    customer: Mapped[Customer] = subject(Customer, doc="Whose stage changed.")
    from_stage: Mapped[LifecycleStage | None] = column(
        INTERNAL, doc="The stage before; null for the first one.", filterable=True
    )
    to_stage: Mapped[LifecycleStage] = column(INTERNAL, doc="The stage after.", filterable=True)
    occurred_at: Mapped[dt.datetime] = column(
        INTERNAL, doc="When it changed.", filterable=True, orderable=True, index=True
    )
    duration_seconds: Mapped[int | None] = column(
        INTERNAL, doc="How long the customer was in the stage before; null for the first one.", filterable=True
    )
    reason: Mapped[str | None] = column(PII, doc="Why it changed.")

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]
