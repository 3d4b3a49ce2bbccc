"""Whether customers stay: who bought, who bought again, who left, and cohorts by when they began, each in one statement."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sqlalchemy import Subquery, func, null, select, type_coerce, union_all

from patron_core import validation
from patron_core.columns import Day
from patron_core.customers.models import Customer, LifecycleChange, LifecycleStage
from patron_core.measures.indicator import Span
from patron_core.profits.commands import check_days
from patron_core.profits.consumers import purchases
from patron_core.profits.days import first_of_month, midnight, month_of_day
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Code

__all__ = ["Cohort", "CohortBy", "CohortMonth", "active_customers", "churned", "cohorts", "returned"]

_MOST_DAYS: Final = 1_097  # three years
_SHARE: Final = Decimal("0.0001")


class CohortBy(Code):
    """When a customer began."""

    FIRST_PURCHASE = "first_purchase", "With the first purchase."
    SINCE = "since", "On the customer's first day; who has none is left out."


@dataclass(frozen=True, slots=True)
class CohortMonth:
    """A month of a cohort. offset: months since it began, from 0. share: of the cohort, who bought."""

    offset: int
    customers: int
    share: Decimal


@dataclass(frozen=True, slots=True)
class Cohort:
    """Customers who began in the same month, and how many of them bought in each month since."""

    month: dt.date
    size: int
    months: tuple[CohortMonth, ...]


def active_customers(uow: UnitOfWork, span: Span) -> int:
    """How many customers bought."""
    bought = _buyers(uow, span.start, span.end, span.currency)
    return int(uow.rows(select(func.count()).select_from(bought))[0][0])


def returned(uow: UnitOfWork, span: Span) -> tuple[int, int]:
    """How many bought in as many days before, and how many of those bought again."""
    before = _buyers(uow, span.start - dt.timedelta(days=span.days), span.start, span.currency)
    within = _buyers(uow, span.start, span.end, span.currency)
    statement = select(func.count(), func.count(within.c.customer_id)).select_from(
        before.outerjoin(within, within.c.customer_id == before.c.customer_id)
    )
    whole, again = tuple(uow.rows(statement)[0])
    return int(whole), int(again)


def churned(uow: UnitOfWork, span: Span) -> tuple[int, int]:
    """How many customers were active or dormant when the time began, and how many of those left within it."""
    change, start, end = LifecycleChange, midnight(span.start), midnight(span.end)
    newest = func.row_number().over(
        partition_by=change.customer_id, order_by=(change.occurred_at.desc(), change.id.desc())
    )
    of_tenant = change.tenant_id == uow.tenant_id
    last = (
        select(change.customer_id, change.to_stage, newest.label("place"))
        .where(of_tenant, change.occurred_at < start)
        .subquery("last")
    )
    left = (
        select(change.customer_id)
        .where(
            of_tenant, change.to_stage == LifecycleStage.CHURNED, change.occurred_at >= start, change.occurred_at < end
        )
        .distinct()
        .subquery("gone")
    )
    statement = (
        select(func.count(), func.count(left.c.customer_id))
        .select_from(last.outerjoin(left, left.c.customer_id == last.c.customer_id))
        .where(last.c.place == 1, last.c.to_stage.in_((LifecycleStage.ACTIVE, LifecycleStage.DORMANT)))
    )
    there, gone = tuple(uow.rows(statement)[0])
    return int(there), int(gone)


def cohorts(uow: UnitOfWork, start: dt.date, end: dt.date, *, by: CohortBy, currency: str) -> list[Cohort]:
    """Cohorts that began in the months of [start, end), at most three years, and who bought in which month up to now."""
    check_days(start, end, path="to", most=_MOST_DAYS)
    validation.currency(currency)
    placed = _placed(uow, by, currency)
    within = (placed.c.cohort >= first_of_month(start), placed.c.cohort < end)
    people = func.count(placed.c.customer_id.distinct()).label("customers")
    sizes = (
        select(placed.c.cohort, type_coerce(null(), Day()).label("month"), people)
        .where(*within)
        .group_by(placed.c.cohort)
    )
    bought = (
        select(placed.c.cohort, placed.c.month, people)
        .where(*within, placed.c.month >= placed.c.cohort)
        .group_by(placed.c.cohort, placed.c.month)
    )
    both = union_all(sizes, bought).subquery("both")
    found: dict[dt.date, Cohort] = {}
    rows = uow.rows(select(both).order_by(both.c.cohort, both.c.month.is_not(None), both.c.month))
    for row in rows:
        if row.month is None:
            found[row.cohort] = Cohort(row.cohort, int(row.customers), ())
            continue
        cohort = found[row.cohort]
        offset = (row.month.year - row.cohort.year) * 12 + row.month.month - row.cohort.month
        share = (Decimal(int(row.customers)) / cohort.size).quantize(_SHARE)
        month = CohortMonth(offset, int(row.customers), share)
        found[row.cohort] = Cohort(cohort.month, cohort.size, (*cohort.months, month))
    return list(found.values())


def _buyers(uow: UnitOfWork, start: dt.date, end: dt.date, currency: str) -> Subquery:
    """Who bought within [start, end), each once."""
    bought = purchases(uow, end - dt.timedelta(days=1), currency, since=start)
    return select(bought.c.customer_id).distinct().subquery()


def _placed(uow: UnitOfWork, by: CohortBy, currency: str) -> Subquery:
    """Each customer's cohort and months with a purchase; a customer without any has one row, without a month."""
    bought = purchases(uow, uow.now.date(), currency)
    month = type_coerce(bought.c.month, Day()).label("month")
    if by is CohortBy.FIRST_PURCHASE:
        first = func.min(bought.c.month, type_=Day()).over(partition_by=bought.c.customer_id).label("cohort")
        return select(bought.c.customer_id, first, month).subquery("placed")
    return (
        select(Customer.id.label("customer_id"), month_of_day(Customer.since, uow).label("cohort"), month)
        .outerjoin(bought, bought.c.customer_id == Customer.id)
        .where(Customer.tenant_id == uow.tenant_id, Customer.since.is_not(None))
        .subquery("placed")
    )
