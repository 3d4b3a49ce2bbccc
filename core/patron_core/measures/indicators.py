"""Indicators of value and of how customers come, stay and go; other slices have rooms of this name for theirs."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from patron_core.figures import Figure, Input
from patron_core.measures.acquisition import new_customers, spent
from patron_core.measures.indicator import Indicator, Span
from patron_core.measures.staying import active_customers, churned, returned
from patron_core.profits.days import midnight
from patron_core.profits.ledger import METHOD, Brought, read
from patron_core.profits.repeats import repeats
from patron_core.records import FINANCIAL, INTERNAL
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money

__all__ = ["INDICATORS"]

_ROWS: Final = (
    "query($from: DateTime!, $to: DateTime!) { transactions(where: { occurredAt: { gte: $from, lt: $to } }) "
    "{ nodes { kind amount { amount currencyCode } customer { id } } } }"
)
_MONTHS: Final = (
    "query($from: Date!, $to: Date!) { profitContributions(where: { month: { gte: $from, lt: $to } }, orderBy: "
    "[{ field: CONTRIBUTION, direction: DESC }]) { nodes { month contribution { amount } granularity coverage customer { id } } } }"
)
_STAGES: Final = (
    "query($from: DateTime!, $to: DateTime!) { customers(where: { lifecycleChanges: "
    "{ some: { toStage: { eq: CHURNED }, occurredAt: { gte: $from, lt: $to } } } }) { nodes { id } } }"
)
_COSTS: Final = (
    "query($from: Date!, $to: Date!) { acquisitionCosts(where: { spentOn: { gte: $from, lt: $to } }) "
    "{ nodes { spentOn source amount { amount } } } }"
)
_SINCE: Final = (
    "query($from: Date!, $to: Date!) { customers(where: { since: { gte: $from, lt: $to } }) { nodes { id since } } }"
)


def _booked(uow: UnitOfWork, span: Span) -> Brought | None:
    return next(iter(read(uow, midnight(span.start), midnight(span.end), currency=span.currency)), None)


def _revenue(uow: UnitOfWork, span: Span) -> Figure:
    found, method = _booked(uow, span), "Sum of sales, fees and adjustments less refunds, from the rows of the ledger."
    if found is None:
        return Figure.none(
            f"The ledger has nothing in {span.currency}.", unit=span.currency, method=method, as_of=uow.now
        )
    reason = f"{found.rows} rows of the ledger in {span.currency}."
    return Figure.of(
        Money(found.revenue, span.currency), reason=reason, sample_size=found.rows, method=method, as_of=uow.now
    )


def _contribution(uow: UnitOfWork, span: Span) -> Figure:
    found = _booked(uow, span)
    if found is None:
        return Figure.none(
            f"The ledger has nothing in {span.currency}.", unit=span.currency, method=METHOD, as_of=uow.now
        )
    inputs = (
        Input(name="revenue", value=Money(found.revenue, span.currency), description="What came in.", rows=found.rows),
        Input(name="costOfGoods", value=Money(found.goods, span.currency), description="What was sold cost us."),
        Input(name="costToServe", value=Money(found.serving, span.currency), description="Serving cost us."),
        Input(
            name="coverage", value=found.coverage, description="Share of the turnover whose cost is known line by line."
        ),
    )
    reason = f"{found.granularity.name}: {found.rows} rows of the ledger in {span.currency}."
    value = Money(found.contribution, span.currency)
    return Figure.of(value, reason=reason, sample_size=found.rows, method=METHOD, as_of=uow.now, inputs=inputs)


def _active(uow: UnitOfWork, span: Span) -> Figure:
    count, method = active_customers(uow, span), "Customers with a purchase that was not taken back."
    reason = f"{count} customers bought in {span.currency}."
    return Figure.of(count, unit="customers", reason=reason, sample_size=count, method=method, as_of=uow.now)


def _new(uow: UnitOfWork, span: Span) -> Figure:
    won = new_customers(uow, span)
    return Figure.of(
        won.count,
        unit="customers",
        reason=f"{won.count} customers are new.",
        sample_size=won.count,
        method="Customers whose first day, or first purchase where no day is known, is within.",
        as_of=uow.now,
        inputs=(Input(name="customers", value=won.count, description="Who is new.", ids=won.ids, rows=won.count),),
    )


def _repeat(uow: UnitOfWork, span: Span) -> Figure:
    return repeats(uow, span.start, span.end, span.currency).rate


def _share(uow: UnitOfWork, part: int, whole: int, *, what: str, none: str, method: str) -> Figure:
    inputs = (
        Input(name="of", value=whole, description="Those who were there before.", rows=whole),
        Input(name="part", value=part, description=what, rows=part),
    )
    reason = f"{part} of {whole}: {what}"
    return Figure.share(part, whole, reason=reason, none=none, method=method, as_of=uow.now, inputs=inputs)


def _retention(uow: UnitOfWork, span: Span) -> Figure:
    whole, part = returned(uow, span)
    method = "Of the customers who bought in as many days before, those who bought again within the days asked for."
    return _share(uow, part, whole, what="Those who bought again.", none="Nobody bought before.", method=method)


def _churn(uow: UnitOfWork, span: Span) -> Figure:
    whole, part = churned(uow, span)
    method = (
        "Of the customers who were active or dormant when the time began, those whose stage became CHURNED within it."
    )
    return _share(
        uow, part, whole, what="Those who left.", none="There was no customer when the time began.", method=method
    )


def _acquisition(uow: UnitOfWork, span: Span) -> Figure:
    cost, won = spent(uow, span), new_customers(uow, span)
    method = "Entered costs of winning customers within the days, by the customers who are new within them."
    inputs = (
        Input(name="cost", value=cost.amount, description="What was spent.", ids=cost.ids, rows=cost.rows),
        Input(name="newCustomers", value=won.count, description="Who is new.", ids=won.ids, rows=won.count),
    )
    if not won.count or not cost.rows:
        none = (
            "Nobody is new in this time."
            if cost.rows
            else f"No cost of winning customers was entered in {span.currency}."
        )
        return Figure.none(none, unit=span.currency, sample_size=won.count, method=method, as_of=uow.now, inputs=inputs)
    value = Money(round(Decimal(cost.amount.minor) / won.count), span.currency)
    reason = f"{cost.rows} costs for {won.count} new customers."
    return Figure.of(value, reason=reason, sample_size=won.count, method=method, as_of=uow.now, inputs=inputs)


INDICATORS: Final = (
    Indicator(
        code="REVENUE", name="Revenue", definition="What customers brought.", formula="sales + fees + adjustments - refunds",
        unit="currency", sources=("ledger_transaction",), drill_down=_ROWS, compute=_revenue, flow=True, classification=FINANCIAL,
    ),
    Indicator(
        code="CONTRIBUTION", name="Contribution", definition="What customers brought less what they cost.",
        formula="revenue - cost of goods - cost to serve", unit="currency",
        sources=("ledger_transaction", "ledger_transaction_line", "touchpoint", "channel", "product"),
        drill_down=_MONTHS, compute=_contribution, flow=True, classification=FINANCIAL,
    ),
    Indicator(
        code="ACTIVE_CUSTOMERS", name="Active customers", definition="Customers who bought.",
        formula="count of customers with a purchase", unit="customers", sources=("ledger_transaction",), drill_down=_ROWS,
        compute=_active, classification=INTERNAL,
    ),
    Indicator(
        code="NEW_CUSTOMERS", name="New customers", definition="Customers who began.",
        formula="count of customers whose first day or first purchase is within", unit="customers",
        sources=("customer", "ledger_transaction"), drill_down=_SINCE,
        compute=_new, flow=True,
    ),
    Indicator(
        code="REPEAT_RATE", name="Repeat purchase rate", definition="Share of customers who came again.",
        formula="customers with purchases on two days or more / customers with a purchase", unit="share",
        sources=("ledger_transaction",), drill_down=_ROWS, compute=_repeat,
    ),
    Indicator(
        code="RETENTION_RATE", name="Retention rate", definition="Share of earlier customers who bought again.",
        formula="customers with a purchase before and within / customers with a purchase before", unit="share",
        sources=("ledger_transaction",), drill_down=_ROWS, compute=_retention,
    ),
    Indicator(
        code="CHURN_RATE", name="Churn rate", definition="Share of customers who left.",
        formula="customers who became CHURNED / customers active or dormant at the beginning", unit="share",
        sources=("lifecycle_change",), drill_down=_STAGES, compute=_churn,
    ),
    Indicator(
        code="ACQUISITION_COST", name="Acquisition cost", definition="What it costs to win a customer.",
        formula="entered costs / new customers", unit="currency", sources=("acquisition_cost", "customer", "ledger_transaction"),
        drill_down=_COSTS,
        compute=_acquisition, classification=FINANCIAL,
    ),
)  # fmt: skip
