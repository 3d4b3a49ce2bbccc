"""The most valuable customers as of a day: what was known of them then, from the ledger itself, and how they stood another day.

One statement ranks all customers; a second one says how those that are shown ranked on the day that is compared with.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Subquery, func, select

from patron_core import validation
from patron_core.customers.models import Customer
from patron_core.figures import Figure, Input
from patron_core.parties.models import Party
from patron_core.profits.days import midnight
from patron_core.profits.ledger import METHOD, Brought, brought, by_customer
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import within
from patron_core.values import Code, Money

__all__ = ["Best", "BestBy", "best_customers"]

_MOST_DAYS: Final = 3_653


class BestBy(Code):
    """What customers are ranked by."""

    CONTRIBUTION = "contribution", "What they brought less what they cost, as far as it is known."
    REVENUE = "revenue", "What they brought."
    ROWS = "rows", "How many rows of the ledger there are, such as purchases."


@dataclass(frozen=True, slots=True)
class Best:
    """A customer with its rank, from 1; previous_rank: on the day compared with, None where it was not ranked."""

    customer_id: uuid.UUID
    display_name: str
    rank: int
    previous_rank: int | None
    value: Figure


def best_customers(
    uow: UnitOfWork,
    as_of: dt.date,
    by: BestBy,
    *,
    currency: str,
    first: int,
    days: int = 365,
    compared_with: dt.date | None = None,
) -> list[Best]:
    """The best customers by what the ledger says of the `days` up to a day, that one included. compared_with: an earlier day."""
    validation.currency(currency)
    within(days, most=_MOST_DAYS, path="days")
    ranked = _ranked(uow, as_of, by, currency, days)
    statement = (
        select(ranked, Party.display_name)
        .join(Party, (Party.tenant_id == uow.tenant_id) & (Party.id == ranked.c.party_id))
        .order_by(ranked.c.rank, ranked.c.customer_id)
        .limit(first)
    )
    rows = uow.rows(statement)
    before: dict[uuid.UUID, int] = {}
    if compared_with is not None and rows:
        then = _ranked(uow, compared_with, by, currency, days)
        ids = [row.customer_id for row in rows]
        before = {
            row.customer_id: int(row.rank)
            for row in uow.rows(select(then.c.customer_id, then.c.rank).where(then.c.customer_id.in_(ids)))
        }
    return [
        Best(
            row.customer_id,
            row.display_name,
            int(row.rank),
            before.get(row.customer_id),
            figure(brought(row), by, as_of=midnight(as_of + dt.timedelta(days=1)), days=days),
        )
        for row in rows
    ]


def _ranked(uow: UnitOfWork, as_of: dt.date, by: BestBy, currency: str, days: int) -> Subquery:
    end = as_of + dt.timedelta(days=1)
    each = by_customer(uow, midnight(end - dt.timedelta(days=days)), midnight(end))
    measured: ColumnElement[Any] = each.c.revenue
    if by is BestBy.CONTRIBUTION:
        measured = each.c.revenue - each.c.goods - each.c.serving
    elif by is BestBy.ROWS:
        measured = each.c.rows
    rank = func.rank().over(order_by=measured.desc()).label("rank")
    return (
        select(each, Customer.party_id, rank)
        .join(Customer, (Customer.tenant_id == uow.tenant_id) & (Customer.id == each.c.customer_id))
        .where(each.c.currency == currency, Customer.deleted_at.is_(None))
        .subquery("ranked")
    )


def figure(found: Brought, by: BestBy, *, as_of: dt.datetime, days: int) -> Figure:
    """What a customer brought, as a figure with the parts it was made from."""

    def amount(minor: int) -> Money:
        return Money(minor, found.currency)

    values: dict[BestBy, Money | int] = {
        BestBy.REVENUE: amount(found.revenue),
        BestBy.CONTRIBUTION: amount(found.contribution),
        BestBy.ROWS: found.rows,
    }
    coverage = found.coverage
    known = (
        "Nothing was sold."
        if coverage is None
        else f"Of {coverage:.0%} of the turnover the cost is known line by line."
    )
    return Figure.of(
        values[by],
        unit="rows",
        reason=f"{found.granularity.name}: {known}",
        sample_size=found.rows,
        method=f"{METHOD} Of the {days} days up to the day asked for.",
        as_of=as_of,
        inputs=(
            Input(
                name="revenue",
                value=amount(found.revenue),
                description="Sales, fees and adjustments less refunds.",
                rows=found.rows,
            ),
            Input(name="costOfGoods", value=amount(found.goods), description="What was sold cost us."),
            Input(name="costToServe", value=amount(found.serving), description="Serving cost us."),
            Input(name="allocated", value=amount(found.spread), description="The part of the costs that was spread."),
            Input(
                name="coverage", value=coverage, description="Share of the turnover whose cost is known line by line."
            ),
            Input(name="granularity", value=found.granularity.name, description="How finely the costs are known."),
        ),
    )
