"""What customers have agreed to for a time: contracts, what is subscribed to in them, and how their renewal goes."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..customers.models import Customer
from ..records import FINANCIAL, INTERNAL, PUBLIC, Record, column, money, subject
from ..values import Code, Money

__all__ = ["Contract", "ContractStatus", "Renewal", "RenewalStatus", "Subscription"]


class ContractStatus(Code):
    """Where a contract stands."""

    ACTIVE = "active", "It runs, or will when its term begins."
    CANCELLED = "cancelled", "Notice was given: it ends with its term."
    ENDED = "ended", "It is over."


class RenewalStatus(Code):
    """How the renewal of a contract goes."""

    OPEN = "open", "Nobody has decided."
    AT_RISK = "at_risk", "Somebody doubts that it will be renewed."
    RENEWED = "renewed", "There is a further term."
    LOST = "lost", "The customer goes."


class Contract(Record):
    """An agreement with a customer for a time."""

    __tablename__ = "contract"
    id_prefix = "cot"
    without_index = (
        (
            "monthly_amount_minor monthly_amount_currency term_from term_to signed_on cancelled_on auto_renew",
            "Asked within a customer's or due contracts.",
        ),
        ("name", "Words a person wrote."),
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        Index(None, "tenant_id", "status", "term_to", "id"),
        Index(None, "tenant_id", "owner", "id"),
        CheckConstraint("term_to >= term_from", name="term"),
        CheckConstraint("notice_days >= 0", name="notice_days"),
    )

    customer: Mapped[Customer] = subject(Customer, doc="With whom.")
    number: Mapped[str] = column(INTERNAL, doc="Its number, unique.", filterable=True, orderable=True)
    name: Mapped[str] = column(INTERNAL, doc="What it is about.", filterable=True)
    status: Mapped[ContractStatus] = column(INTERNAL, doc="Where it stands.", filterable=True, orderable=True)
    term_from: Mapped[dt.date] = column(INTERNAL, doc="First day of the term.", filterable=True, orderable=True)
    term_to: Mapped[dt.date] = column(INTERNAL, doc="First day after the term.", filterable=True, orderable=True)
    notice_days: Mapped[int] = column(INTERNAL, doc="Days before the end of the term by which notice is given.")
    auto_renew: Mapped[bool] = column(
        INTERNAL, doc="Whether it goes on for another term unless somebody gives notice.", filterable=True
    )
    monthly_amount: Mapped[Money | None] = money(
        FINANCIAL, doc="What it brings in a month.", optional=True, filterable=True, orderable=True
    )
    owner: Mapped[str | None] = column(INTERNAL, doc="Who of us is responsible.", filterable=True, orderable=True)
    signed_on: Mapped[dt.date | None] = column(INTERNAL, doc="When it was signed.", filterable=True)
    cancelled_on: Mapped[dt.date | None] = column(INTERNAL, doc="When notice was given.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]


class Subscription(Record):
    """Something a customer has subscribed to within a contract."""

    __tablename__ = "contract_subscription"
    id_prefix = "sub"
    without_index = (
        (
            "monthly_amount_minor monthly_amount_currency quantity begins_on ends_on",
            "Asked within a contract or a product.",
        ),
    )
    __table_args__ = (Index(None, "tenant_id", "product", "id"),)

    contract: Mapped[Contract] = subject(Contract, doc="The contract.")
    product: Mapped[str] = column(PUBLIC, doc="What it is, such as a plan's code.", filterable=True, orderable=True)
    quantity: Mapped[Decimal] = column(INTERNAL, doc="How many, such as seats.", scale=3, filterable=True)
    monthly_amount: Mapped[Money] = money(FINANCIAL, doc="What it brings in a month.", filterable=True, orderable=True)
    begins_on: Mapped[dt.date] = column(INTERNAL, doc="First day.", filterable=True, orderable=True)
    ends_on: Mapped[dt.date | None] = column(
        INTERNAL, doc="First day after it; null while it goes on.", filterable=True, orderable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        contract_id: Mapped[uuid.UUID]


class Renewal(Record):
    """Whether a contract goes on after its term, and what came of it."""

    __tablename__ = "contract_renewal"
    id_prefix = "rnw"
    without_index = (
        ("expected_amount_minor expected_amount_currency opened_on notice_by", "Asked within open or due renewals."),
        ("agreed_amount_minor agreed_amount_currency decided_at reason", "Asked of decided renewals."),
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "contract_id", "term_ends_on"),
        Index(None, "tenant_id", "status", "notice_by", "id"),
        Index(None, "tenant_id", "term_ends_on", "id"),
    )

    contract: Mapped[Contract] = subject(Contract, doc="The contract.")
    status: Mapped[RenewalStatus] = column(INTERNAL, doc="How it goes.", filterable=True, orderable=True)
    opened_on: Mapped[dt.date] = column(INTERNAL, doc="Since when it is worked on.", filterable=True)
    term_ends_on: Mapped[dt.date] = column(
        INTERNAL, doc="First day after the term it is about.", filterable=True, orderable=True
    )
    notice_by: Mapped[dt.date] = column(
        INTERNAL, doc="Last day on which notice can be given.", filterable=True, orderable=True
    )
    expected_amount: Mapped[Money | None] = money(
        FINANCIAL, doc="What it brought in a month when it was opened.", optional=True, filterable=True, orderable=True
    )
    agreed_amount: Mapped[Money | None] = money(
        FINANCIAL, doc="What was agreed for a month; the uplift is what it is above.", optional=True, filterable=True
    )
    reason: Mapped[str | None] = column(INTERNAL, doc="Why it is at risk or lost.", filterable=True)
    decided_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="When it was decided.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        contract_id: Mapped[uuid.UUID]
