"""Winning customers: who is new within some days, and what was spent on it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, func, select

from patron_core.columns import Day
from patron_core.customers.models import Customer
from patron_core.figures import MOST_IDS
from patron_core.measures.indicator import Span
from patron_core.measures.models import AcquisitionCost
from patron_core.profits.consumers import purchases
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money

__all__ = ["Spent", "new_customers", "spent"]


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent. ids: of up to a hundred entries, as the API shows them. rows: how many there are."""

    amount: Money
    ids: tuple[str, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class Won:
    """How many customers are new, with the ids of the first of them."""

    count: int
    ids: tuple[str, ...]


def new_customers(uow: UnitOfWork, span: Span) -> Won:
    """The customers who have their first day within; where none is known, the day of their first purchase counts."""
    bought = purchases(uow, span.end, span.currency)
    first = (
        select(bought.c.customer_id, func.min(bought.c.day, type_=Day()).label("day"))
        .group_by(bought.c.customer_id)
        .subquery("first")
    )
    began = func.coalesce(Customer.since, first.c.day, type_=Day())
    statement = (
        select(Customer.id, func.count().over().label("whole"))
        .outerjoin(first, first.c.customer_id == Customer.id)
        .where(and_(Customer.tenant_id == uow.tenant_id, began >= span.start, began < span.end))
        .order_by(began, Customer.id)
        .limit(MOST_IDS)
    )
    rows = uow.rows(statement)
    return Won(rows[0].whole if rows else 0, tuple(f"{Customer.id_prefix}_{row.id}" for row in rows))


def spent(uow: UnitOfWork, span: Span) -> Spent:
    """What was spent on winning customers, with the entries."""
    cost = AcquisitionCost
    statement = (
        select(
            cost.id,
            func.count().over().label("rows"),
            func.sum(cost.__table__.c.amount_minor).over().label("whole"),
        )
        .where(
            cost.tenant_id == uow.tenant_id,
            cost.spent_on >= span.start,
            cost.spent_on < span.end,
            cost.__table__.c.amount_currency == span.currency,
        )
        .order_by(cost.id)
        .limit(MOST_IDS)
    )
    found = uow.rows(statement)
    if not found:
        return Spent(Money(0, span.currency), (), 0)
    ids = tuple(f"{cost.id_prefix}_{row.id}" for row in found)
    return Spent(Money(int(found[0].whole), span.currency), ids, int(found[0].rows))
