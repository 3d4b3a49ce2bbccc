"""Repeat business: who came again, how many of all did, and how long it takes until the next purchase.

A purchase is a sale that was not taken back; those of one day are one. Intervals are those between the days of one customer's purchases.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final

from sqlalchemy import Subquery, case, func, select

from patron_core import validation
from patron_core.columns import Day
from patron_core.figures import Figure, Input
from patron_core.profits.consumers import purchases
from patron_core.profits.days import days_between, midnight
from patron_core.unit_of_work import UnitOfWork

__all__ = ["CustomerRepeats", "Repeats", "repeats", "repeats_of"]

_RATE: Final = "Customers with purchases on two days or more, of all customers with one, within the days asked for."
_INTERVAL: Final = "Median of the days between purchases of the same customer, one after the other."
_SHARE: Final = Decimal("0.0001")
_MOST: Final = 1_000  # purchase days of one customer


@dataclass(frozen=True, slots=True)
class Repeats:
    """Of all customers together."""

    rate: Figure
    interval: Figure


@dataclass(frozen=True, slots=True)
class CustomerRepeats:
    """Of one customer. repeat: whether it came again."""

    repeat: bool
    interval: Figure


def repeats(uow: UnitOfWork, start: dt.date, end: dt.date, currency: str) -> Repeats:
    """Repeat business within [start, end), in two statements."""
    validation.currency(currency)
    rate = _rate(uow, _days(uow, start, end, currency), as_of=midnight(end))
    return Repeats(rate, _interval(uow, start, end, currency))


def repeats_of(customer_id: uuid.UUID, uow: UnitOfWork, currency: str) -> CustomerRepeats:
    """Whether a customer came again, and how long it takes; of its thousand latest days with a purchase."""
    validation.currency(currency)
    bought = purchases(uow, uow.now.date(), currency)
    statement = (
        select(bought.c.day)
        .where(bought.c.customer_id == customer_id)
        .distinct()
        .order_by(bought.c.day.desc())
        .limit(_MOST)
    )
    days = sorted(row[0] for row in uow.rows(statement))
    gaps = sorted((later - earlier).days for earlier, later in pairwise(days))
    if not gaps:
        none = f"There is no second day with a purchase in {currency}, and so no interval."
        return CustomerRepeats(
            False, Figure.none(none, unit="days", sample_size=len(days), method=_INTERVAL, as_of=uow.now)
        )
    middle = Decimal(gaps[(len(gaps) - 1) // 2] + gaps[len(gaps) // 2]) / 2
    inputs = (
        Input(
            name="lastPurchaseOn", value=days[-1].isoformat(), description="Day of the last purchase.", rows=len(days)
        ),
    )
    reason = f"{len(gaps)} intervals between {len(days)} days with a purchase."
    return CustomerRepeats(
        True,
        Figure.of(
            middle, unit="days", reason=reason, sample_size=len(gaps), method=_INTERVAL, as_of=uow.now, inputs=inputs
        ),
    )


def _days(uow: UnitOfWork, start: dt.date, end: dt.date, currency: str) -> Subquery:
    """Each customer's days with a purchase, each once."""
    bought = purchases(uow, end - dt.timedelta(days=1), currency, since=start)
    return select(bought.c.customer_id, bought.c.day).distinct().subquery("bought_on")


def _rate(uow: UnitOfWork, days: Subquery, *, as_of: dt.datetime) -> Figure:
    counted = select(days.c.customer_id, func.count().label("days")).group_by(days.c.customer_id).subquery("counted")
    again = func.coalesce(func.sum(case((counted.c.days > 1, 1), else_=0)), 0)
    (found,) = uow.rows(select(func.count().label("customers"), again.label("returned")).select_from(counted))
    customers, returned = int(found.customers), int(found.returned)
    if not customers:
        return Figure.none("Nobody bought within these days.", unit="share", method=_RATE, as_of=as_of)
    return Figure.of(
        (Decimal(returned) / customers).quantize(_SHARE),
        unit="share",
        reason=f"{returned} of {customers} customers bought on two days or more.",
        sample_size=customers,
        method=_RATE,
        as_of=as_of,
        inputs=(
            Input(name="customers", value=customers, description="Customers who bought.", rows=customers),
            Input(name="repeatCustomers", value=returned, description="Those who came again.", rows=returned),
        ),
    )


def _interval(uow: UnitOfWork, start: dt.date, end: dt.date, currency: str) -> Figure:
    """The median, of how often each number of days came: the same number of rows for any number of customers."""
    days, as_of = _days(uow, start, end, currency), midnight(end)
    before = (
        func.lag(days.c.day, type_=Day()).over(partition_by=days.c.customer_id, order_by=days.c.day).label("before")
    )
    pairs = select(days.c.day, before).subquery("pair")
    gap = (
        select(days_between(pairs.c.before, pairs.c.day, uow).label("gap"))
        .where(pairs.c.before.is_not(None))
        .subquery()
    )
    statement = select(gap.c.gap, func.count().label("many")).group_by(gap.c.gap)
    counted = {int(row.gap): int(row.many) for row in uow.rows(statement)}
    whole = sum(counted.values())
    if not whole:
        return Figure.none("Nobody bought on two days within these.", unit="days", method=_INTERVAL, as_of=as_of)
    middle = (_nth(counted, (whole - 1) // 2) + _nth(counted, whole // 2)) / Decimal(2)
    reason = f"The middle of {whole} intervals."
    return Figure.of(middle, unit="days", reason=reason, sample_size=whole, method=_INTERVAL, as_of=as_of)


def _nth(counted: dict[int, int], place: int) -> int:
    """The value at a place, from 0, of values with how often each came."""
    for value in sorted(counted):
        place -= counted[value]
        if place < 0:
            return value
    raise IndexError(place)
