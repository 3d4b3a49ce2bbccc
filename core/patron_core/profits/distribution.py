"""How profit is spread over customers: tenths, the whale curve, the share that brings nothing, and what may be done about those.

In come two days and a currency, out come figures over the contributions that are kept, in two statements for any number of customers.
After Kaplan and Narayanan, Measuring and Managing Customer Profitability, Journal of Cost Management 15(5), 2001.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Subquery, case, func, select

from patron_core import validation
from patron_core.customers.models import Customer
from patron_core.figures import Figure, Input
from patron_core.profits.commands import check_days
from patron_core.profits.models import ProfitContribution
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Code, Money

__all__ = [
    "REASONS",
    "Distribution",
    "ProfitTreatment",
    "Tenth",
    "Treated",
    "Unprofitable",
    "distribution",
    "unprofitable",
]

METHOD: Final = "Customers by contribution, most first, in tenths; the curve adds them up (Kaplan and Narayanan, 2001)."
_SHARE: Final = Decimal("0.0001")


class ProfitTreatment(Code):
    """What may be done about a customer who brings nothing: the first rule that fits."""

    REPRICE = "reprice", "What is sold costs more than it brings: raise prices, or cut discounts."
    SERVE_FOR_LESS = "serve_for_less", "Serving costs more than the margin: lead to cheaper channels, or charge for it."
    SELL_MORE = "sell_more", "Nothing was sold, and serving costs: sell, or stop to serve."


REASONS: Final = {
    ProfitTreatment.SELL_MORE: "There was no revenue in this time, and serving cost something.",
    ProfitTreatment.REPRICE: "The goods cost as much as they brought, or more, before anybody was served.",
    ProfitTreatment.SERVE_FOR_LESS: "The goods brought a margin, and serving cost all of it, or more.",
}


@dataclass(frozen=True, slots=True)
class Tenth:
    """A tenth of the customers.

    cumulative_share: what it and those before it have of the whole contribution; None where the whole is not above zero.
    """

    number: int
    customers: int
    revenue: Money
    contribution: Money
    smallest: Money
    largest: Money
    cumulative_share: Decimal | None


@dataclass(frozen=True, slots=True)
class Treated:
    """Customers for whom the same may be done."""

    treatment: ProfitTreatment
    reason: str
    customers: int
    contribution: Money


@dataclass(frozen=True, slots=True)
class Unprofitable:
    """A customer who brings nothing, and what may be done."""

    customer_id: uuid.UUID
    revenue: Money
    contribution: Money
    treatment: ProfitTreatment
    reason: str


@dataclass(frozen=True, slots=True)
class Distribution:
    """How profit is spread."""

    tenths: tuple[Tenth, ...]
    not_profitable: Figure
    peak: Figure
    suggestions: tuple[Treated, ...]


def distribution(uow: UnitOfWork, start: dt.date, end: dt.date, currency: str) -> Distribution:
    """How the contributions of the months in [start, end) are spread."""
    check_days(start, end, path="to")
    validation.currency(currency)
    tenths, losing = _tenths(uow, start, end, currency)
    customers = sum(tenth.customers for tenth in tenths)
    whole = sum(tenth.contribution.minor for tenth in tenths)
    inputs = (
        Input(
            name="customers", value=customers, description="Customers with a contribution in this time.", rows=customers
        ),
        Input(name="contribution", value=Money(whole, currency), description="What all of them brought together."),
    )
    described: dict[str, Any] = {
        "unit": "share",
        "method": METHOD,
        "as_of": uow.now,
        "inputs": inputs,
        "sample_size": customers,
    }
    if not customers:
        nobody = Figure.none(
            "No customer has a contribution in this time: build it first, or look elsewhere.", **described
        )
        return Distribution((), nobody, nobody, ())
    reason = f"{losing} of {customers} customers brought nothing or cost more than they brought."
    return Distribution(
        tenths,
        Figure.of((Decimal(losing) / customers).quantize(_SHARE), reason=reason, **described),
        _peak(tenths, described),
        _suggestions(uow, start, end, currency),
    )


def unprofitable(uow: UnitOfWork, start: dt.date, end: dt.date, currency: str, *, first: int) -> list[Unprofitable]:
    """Customers who brought nothing, those who cost most first, with what may be done."""
    check_days(start, end, path="to")
    validation.currency(currency)
    each = _each(uow, start, end, currency)
    statement = (
        select(each.c.customer_id, each.c.revenue, each.c.contribution, _treatment(each).label("treatment"))
        .where(each.c.contribution <= 0)
        .order_by(each.c.contribution, each.c.customer_id)
        .limit(first)
    )
    return [
        Unprofitable(
            row.customer_id,
            Money(int(row.revenue), currency),
            Money(int(row.contribution), currency),
            ProfitTreatment[row.treatment],
            REASONS[ProfitTreatment[row.treatment]],
        )
        for row in uow.rows(statement)
    ]


def _each(uow: UnitOfWork, start: dt.date, end: dt.date, currency: str) -> Subquery:
    """What each customer brought, over the months; who was deleted is in no list."""
    kept = ProfitContribution
    sums = {
        "revenue": kept.revenue_minor,
        "goods": kept.cost_of_goods_minor,
        "serving": kept.cost_to_serve_minor,
        "contribution": kept.contribution_minor,
    }
    return (
        select(kept.customer_id, *(func.sum(column).label(name) for name, column in sums.items()))
        .join(Customer, (Customer.tenant_id == uow.tenant_id) & (Customer.id == kept.customer_id))
        .where(
            Customer.deleted_at.is_(None),
            kept.tenant_id == uow.tenant_id,
            kept.revenue_currency == currency,
            kept.month >= start.replace(day=1),
            kept.month < end,
        )
        .group_by(kept.customer_id)
        .subquery("each")
    )


def _tenths(uow: UnitOfWork, start: dt.date, end: dt.date, currency: str) -> tuple[tuple[Tenth, ...], int]:
    """The tenths, and how many customers brought nothing."""
    each = _each(uow, start, end, currency)
    number = func.ntile(10).over(order_by=(each.c.contribution.desc(), each.c.customer_id)).label("number")
    placed = select(each, number).subquery("placed")
    statement: Select[*tuple[Any, ...]] = (
        select(
            placed.c.number,
            func.count().label("customers"),
            func.sum(placed.c.revenue).label("revenue"),
            func.sum(placed.c.contribution).label("contribution"),
            func.min(placed.c.contribution).label("smallest"),
            func.max(placed.c.contribution).label("largest"),
            func.sum(case((placed.c.contribution <= 0, 1), else_=0)).label("losing"),
        )
        .group_by(placed.c.number)
        .order_by(placed.c.number)
    )
    rows = uow.rows(statement)
    whole, added, found = sum(int(row.contribution) for row in rows), 0, []
    for row in rows:
        added += int(row.contribution)
        found.append(
            Tenth(
                number=int(row.number),
                customers=int(row.customers),
                revenue=Money(int(row.revenue), currency),
                contribution=Money(int(row.contribution), currency),
                smallest=Money(int(row.smallest), currency),
                largest=Money(int(row.largest), currency),
                cumulative_share=(Decimal(added) / whole).quantize(_SHARE) if whole > 0 else None,
            )
        )
    return tuple(found), sum(int(row.losing) for row in rows)


def _peak(tenths: tuple[Tenth, ...], described: dict[str, Any]) -> Figure:
    """The highest point of the whale curve: what there would be without the customers who take from it."""
    shares = [(tenth.cumulative_share, tenth.number) for tenth in tenths if tenth.cumulative_share is not None]
    if not shares:
        return Figure.none("All customers together brought nothing: there is no whole to take shares of.", **described)
    share, number = max(shares, key=lambda each: (each[0], -each[1]))
    return Figure.of(share, reason=f"After {number} tenths of the customers the curve is highest.", **described)


def _treatment(each: Subquery) -> ColumnElement[str]:
    """The first rule that fits, by name."""
    return case(
        (each.c.revenue <= 0, ProfitTreatment.SELL_MORE.name),
        (each.c.revenue - each.c.goods <= 0, ProfitTreatment.REPRICE.name),
        else_=ProfitTreatment.SERVE_FOR_LESS.name,
    )


def _suggestions(uow: UnitOfWork, start: dt.date, end: dt.date, currency: str) -> tuple[Treated, ...]:
    each = _each(uow, start, end, currency)
    ruled = (
        select(_treatment(each).label("treatment"), each.c.contribution)
        .where(each.c.contribution <= 0)
        .subquery("ruled")
    )
    statement = (
        select(ruled.c.treatment, func.count().label("customers"), func.sum(ruled.c.contribution).label("contribution"))
        .group_by(ruled.c.treatment)
        .order_by(func.sum(ruled.c.contribution), ruled.c.treatment)
    )
    return tuple(
        Treated(
            ProfitTreatment[row.treatment],
            REASONS[ProfitTreatment[row.treatment]],
            int(row.customers),
            Money(int(row.contribution), currency),
        )
        for row in uow.rows(statement)
    )
