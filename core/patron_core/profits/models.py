"""What customers bring and cost by month, and what is known of how they buy: contributions, models of value and scores.

A contribution is made from the ledger and can be checked against it; a score is made by a model, which says as of when and from how many.
"""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..customers.models import Customer
from ..records import FINANCIAL, INTERNAL, PUBLIC, Record, column, money, reference, subject
from ..values import Code, Money

__all__ = [
    "PARAMETER_SCALE",
    "ClvScore",
    "Granularity",
    "ProfitContribution",
    "ProfitMonth",
    "RfmScore",
    "ValueKind",
    "ValueModel",
    "ValueParameter",
]


#: How many decimals of a model's parameter are kept.
PARAMETER_SCALE: Final = 6


class Granularity(Code):
    """How finely the costs of a contribution are known."""

    TRANSACTION = "transaction", "Each cost is known line by line."
    ALLOCATED = "allocated", "A part of the costs was spread, such as a contact's by what its channel costs."
    ESTIMATED = "estimated", "Of a part of the revenue nobody knows the cost: the contribution is at most this."


class ValueKind(Code):
    """What a model of value tells."""

    RFM = "rfm", "How recently, how often and for how much customers bought, in fifths."
    CLV = "clv", "What customers are expected to buy."


class ProfitContribution(Record):
    """What a customer brought and cost in a month, in one currency, built transaction by transaction from the ledger."""

    __tablename__ = "profit_contribution"
    id_prefix = "pft"
    without_index = (
        (
            "revenue_minor cost_of_goods_minor cost_of_goods_currency cost_to_serve_minor cost_to_serve_currency",
            "Asked within a month or a customer's months.",
        ),
        ("contribution_minor contribution_currency granularity coverage", "As the parts it is made of."),
        ("revenue_currency", "Asked with a month, whose index has it."),
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "customer_id", "month", "revenue_currency"),
        Index(None, "tenant_id", "month", "revenue_currency", "id"),
    )

    customer: Mapped[Customer] = subject(Customer, doc="Whose month.")
    month: Mapped[dt.date] = column(INTERNAL, doc="First day of the month, by UTC.", filterable=True, orderable=True)
    revenue: Mapped[Money] = money(
        FINANCIAL, doc="Sales, fees and adjustments less refunds.", filterable=True, orderable=True
    )
    cost_of_goods: Mapped[Money] = money(
        FINANCIAL, doc="What was sold cost us, as far as it is known.", filterable=True, orderable=True, ours=True
    )
    cost_to_serve: Mapped[Money] = money(
        FINANCIAL,
        doc="Serving the customer cost us, the spread part included.",
        filterable=True,
        orderable=True,
        ours=True,
    )
    contribution: Mapped[Money] = money(
        FINANCIAL, doc="Revenue less both costs.", filterable=True, orderable=True, ours=True
    )
    allocated: Mapped[Money] = money(FINANCIAL, doc="The part of the costs that was spread and not booked.", ours=True)
    granularity: Mapped[Granularity] = column(INTERNAL, doc="How finely the costs are known.", filterable=True)
    coverage: Mapped[Decimal | None] = column(
        INTERNAL,
        doc="Share of the turnover whose cost is known line by line, 0 to 1; null where nothing was sold.",
        scale=4,
        filterable=True,
        orderable=True,
    )
    ledger_rows: Mapped[int] = column(INTERNAL, doc="How many rows of the ledger it was built from.")

    def absorb(self, other: ProfitContribution) -> bool:
        """Two customers became one: their months become one, until the next run builds it anew from the ledger."""
        whole = self.ledger_rows + other.ledger_rows
        if self.coverage is not None and other.coverage is not None and whole:
            self.coverage = (self.coverage * self.ledger_rows + other.coverage * other.ledger_rows) / whole
        for name in ("revenue", "cost_of_goods", "cost_to_serve", "contribution", "allocated"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.ledger_rows = whole
        return False

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]
        revenue_minor: Mapped[int]
        revenue_currency: Mapped[str]
        cost_of_goods_minor: Mapped[int]
        cost_to_serve_minor: Mapped[int]
        contribution_minor: Mapped[int]
        allocated_minor: Mapped[int]


class ProfitMonth(Record):
    """A month whose contributions were built, and when."""

    __tablename__ = "profit_month"
    id_prefix = "pfm"
    not_about_a_party = "Which months were built, and when."
    __table_args__ = (UniqueConstraint("tenant_id", "month"),)

    month: Mapped[dt.date] = column(INTERNAL, doc="First day of the month.", filterable=True, orderable=True)
    built_at: Mapped[dt.datetime] = column(INTERNAL, doc="Up to which instant rows of the ledger were counted.")


class ValueModel(Record):
    """How customers buy, as it was learned from all their purchases: what scores are made with."""

    __tablename__ = "value_model"
    id_prefix = "vmd"
    not_about_a_party = "Figures about all customers together."
    __table_args__ = (UniqueConstraint("tenant_id", "kind"),)

    kind: Mapped[ValueKind] = column(PUBLIC, doc="What it tells.", filterable=True)
    number: Mapped[int] = column(INTERNAL, doc="How often it came out otherwise than before, from 1.")
    applicable: Mapped[bool] = column(INTERNAL, doc="Whether it can be relied on.")
    reason: Mapped[str] = column(INTERNAL, doc="Why, or why not.")
    method: Mapped[str] = column(PUBLIC, doc="How it was made, with the source of the formulas.")
    sample_size: Mapped[int] = column(INTERNAL, doc="How many customers it was learned from.")
    currency: Mapped[str | None] = column(INTERNAL, doc="Of the amounts, ISO 4217; purchases in others are left out.")
    as_of: Mapped[dt.date] = column(INTERNAL, doc="The last day whose purchases were counted.")
    horizon_days: Mapped[int | None] = column(INTERNAL, doc="How far ahead scores look, in days.")


class ValueParameter(Record):
    """A number that a model of value learned: where a fifth ends, or a parameter of a distribution."""

    __tablename__ = "value_parameter"
    id_prefix = "vpm"
    not_about_a_party = "Figures about all customers together."
    without_index = (("value", "A model has few parameters."),)
    __table_args__ = (UniqueConstraint("tenant_id", "model_id", "name"),)

    model: Mapped[ValueModel] = reference(ValueModel, doc="What learned it.")
    name: Mapped[str] = column(PUBLIC, doc="Its name, such as alpha.", filterable=True, orderable=True)
    value: Mapped[Decimal] = column(INTERNAL, doc="The number.", scale=PARAMETER_SCALE, filterable=True, orderable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        model_id: Mapped[uuid.UUID]


class RfmScore(Record):
    """How recently, how often and for how much a customer bought, each as a fifth of all customers."""

    __tablename__ = "rfm_score"
    id_prefix = "rfm"
    without_index = (
        ("applicable recency frequency monetary last_purchase_on purchases", "A fifth has many customers."),
    )
    __table_args__ = (Index(None, "tenant_id", "value", "id"),)

    customer: Mapped[Customer] = subject(Customer, unique=True, doc="Whose.")
    model: Mapped[ValueModel] = reference(ValueModel, doc="What it was made with.")
    applicable: Mapped[bool] = column(INTERNAL, doc="Whether it says anything of this customer.", filterable=True)
    reason: Mapped[str] = column(INTERNAL, doc="Why, or why not.")
    value: Mapped[int | None] = column(
        INTERNAL, doc="The three digits in a row, 111 to 555; null where it does not apply.", filterable=True,
        orderable=True,
    )  # fmt: skip
    recency: Mapped[int | None] = column(
        INTERNAL, doc="5 for the fifth that bought last.", filterable=True, orderable=True
    )
    frequency: Mapped[int | None] = column(
        INTERNAL, doc="5 for the fifth that bought most often.", filterable=True, orderable=True
    )
    monetary: Mapped[int | None] = column(
        INTERNAL, doc="5 for the fifth that spent most.", filterable=True, orderable=True
    )
    last_purchase_on: Mapped[dt.date | None] = column(
        INTERNAL, doc="Day of the last purchase.", filterable=True, orderable=True
    )
    purchases: Mapped[int] = column(
        INTERNAL, doc="How many purchases, those taken back left out.", filterable=True, orderable=True
    )
    spent: Mapped[Money | None] = money(FINANCIAL, doc="What was spent, refunds taken off.", optional=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]
        model_id: Mapped[uuid.UUID]


class ClvScore(Record):
    """What a customer is expected to buy, and whether it still buys."""

    __tablename__ = "clv_score"
    id_prefix = "clv"
    without_index = (
        ("applicable value_currency alive expected_purchases", "Asked of customers, or in the order of the value."),
    )
    __table_args__ = (Index(None, "tenant_id", "value_minor", "id"),)

    customer: Mapped[Customer] = subject(Customer, unique=True, doc="Whose.")
    model: Mapped[ValueModel] = reference(ValueModel, doc="What it was made with.")
    applicable: Mapped[bool] = column(INTERNAL, doc="Whether it says anything of this customer.", filterable=True)
    reason: Mapped[str] = column(INTERNAL, doc="Why, or why not.")
    value: Mapped[Money | None] = money(
        FINANCIAL, doc="Expected purchases times what one of them brings; null where it does not apply.", optional=True,
        filterable=True, orderable=True,
    )  # fmt: skip
    expected_purchases: Mapped[Decimal | None] = column(
        INTERNAL,
        doc="How many purchases to expect within the model's horizon.",
        scale=4,
        filterable=True,
        orderable=True,
    )
    alive: Mapped[Decimal | None] = column(
        INTERNAL, doc="Chance that the customer still buys, 0 to 1.", scale=4, filterable=True, orderable=True
    )
    expected_spend: Mapped[Money | None] = money(FINANCIAL, doc="What to expect of a purchase.", optional=True)
    purchases: Mapped[int] = column(INTERNAL, doc="Days with a purchase that it rests on.")

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]
        model_id: Mapped[uuid.UUID]
        value_minor: Mapped[int | None]
