"""Who is due to buy again: customers whose usual time between two purchases has passed since the last one.

The ledger's sales are the purchases, so that what other systems sold counts with what was ordered here; those of one day are one, and
a sale that was taken back is none. The usual time is the median of a customer's own intervals. Of whom fewer purchases are
known nothing is said: two or three facts make no habit.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from sqlalchemy import ColumnElement, Float, Row, Select, cast, func, select

from patron_core.access.row_limits import seen_customers
from patron_core.customers.models import Customer
from patron_core.day_counts import EPOCH, day_count, day_number
from patron_core.errors import InvalidInput
from patron_core.figures import Figure, Input
from patron_core.transactions.models import Transaction
from patron_core.transactions.standing import standing_sales
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import within

__all__ = ["LAPSED_AFTER", "LEAST_PURCHASES", "MOST_DUE", "DueForRepeat", "due_for_repeat"]

#: Purchases of which a usual interval is told: three make two intervals, below which a median is a single fact.
LEAST_PURCHASES: Final = 3
#: After how many usual intervals without a purchase somebody counts as lapsed and not as due.
LAPSED_AFTER: Final = Decimal(3)
MOST_DUE: Final = 200
_SHOWN: Final = 20
_METHOD: Final = (
    "Median of the days between purchases; purchases of one day are one, as in Fader, Hardie and Lee (2005); "
    "due when as many days have passed since the last one."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueForRepeat:
    """A customer who is due. interval: usual days between purchases. since_last: days since the last one."""

    customer_id: uuid.UUID
    last_purchase_on: dt.date
    due_on: dt.date
    overdue_days: int
    interval: Figure
    reason: str


def due_for_repeat(
    uow: UnitOfWork,
    *,
    as_of: dt.datetime | None = None,
    limit: int = 20,
    least_purchases: int = LEAST_PURCHASES,
    lapsed_after: Decimal = LAPSED_AFTER,
) -> list[DueForRepeat]:
    """The customers who are due, those whose wait is longest for their habit first, in one statement.

    as_of: up to when purchases count; now when left out. limit: 1 to 200. least_purchases: 3 to 1,000. lapsed_after: in
    usual intervals, above 1.
    """
    _check(limit, least_purchases, lapsed_after)
    moment = as_of or uow.now
    rows = uow.rows(
        _statement(
            moment,
            limit=limit,
            least_purchases=least_purchases,
            lapsed_after=lapsed_after,
            whom=seen_customers(uow),  # of nobody else one learns
        )
    )
    return [_due(list(group), moment) for _, group in groupby(rows, key=lambda row: row.place)]


def _check(limit: int, least_purchases: int, lapsed_after: Decimal) -> None:
    within(limit, most=MOST_DUE, path="limit")
    within(least_purchases, least=LEAST_PURCHASES, most=1_000, path="leastPurchases")
    if not 1 < lapsed_after <= 1_000:
        raise InvalidInput(
            "The argument lapsedAfter is out of its range. It is not above 1 and at most 1,000. Correct it.",
            path=("lapsedAfter",),
        )


def _statement(
    moment: dt.datetime, *, limit: int, least_purchases: int, lapsed_after: Decimal, whom: list[ColumnElement[bool]]
) -> Select[*tuple[Any, ...]]:
    today = day_count(moment.astimezone(dt.UTC).date())
    day = day_number(Transaction.occurred_at).label("day")
    each = select(Transaction.id, Transaction.customer_id, Transaction.occurred_at, day)
    sales = each.join(Customer, Customer.id == Transaction.customer_id).where(
        *standing_sales(),
        Transaction.amount_minor > 0,
        Transaction.occurred_at <= moment,
        *whom,
    )
    purchases = sales.cte("purchases")
    days = select(purchases.c.customer_id, purchases.c.day).distinct().cte("days")
    before = func.lag(days.c.day).over(partition_by=days.c.customer_id, order_by=days.c.day)
    gaps = select(days.c.customer_id, days.c.day, (days.c.day - before).label("gap")).cte("gaps")
    ranked = (
        select(
            gaps.c.customer_id,
            gaps.c.gap,
            func.row_number().over(partition_by=gaps.c.customer_id, order_by=gaps.c.gap).label("place"),
            func.count().over(partition_by=gaps.c.customer_id).label("gaps"),
            func.max(gaps.c.day).over(partition_by=gaps.c.customer_id).label("last"),
        )
        .where(gaps.c.gap.is_not(None))
        .cte("ranked")
    )
    # The middle interval, or the two in the middle: twice their mean is a whole number.
    twice = (func.sum(ranked.c.gap) * 2 / func.count()).label("twice")
    habits = (
        select(
            ranked.c.customer_id,
            twice,
            func.max(ranked.c.gaps).label("gaps"),
            func.max(ranked.c.last).label("last"),
        )
        .where(
            ranked.c.gaps >= least_purchases - 1,
            ranked.c.place * 2 >= ranked.c.gaps,
            ranked.c.place * 2 <= ranked.c.gaps + 2,
        )
        .group_by(ranked.c.customer_id)
        .cte("habits")
    )
    waited = (today - habits.c.last) * 2
    ratio = cast(waited, Float) / habits.c.twice
    due = (
        select(
            habits,
            func.row_number().over(order_by=(ratio.desc(), habits.c.customer_id)).label("rank"),
        )
        .where(waited >= habits.c.twice, waited <= habits.c.twice * float(lapsed_after))
        .order_by(ratio.desc(), habits.c.customer_id)
        .limit(limit)
        .cte("due")
    )
    newest = func.row_number().over(
        partition_by=purchases.c.customer_id, order_by=(purchases.c.occurred_at.desc(), purchases.c.id.desc())
    )
    shown = (
        select(purchases.c.customer_id, purchases.c.id, newest.label("age"))
        .where(purchases.c.customer_id.in_(select(due.c.customer_id)))
        .cte("shown")
    )
    return (
        select(
            due.c.rank.label("place"), due.c.customer_id, due.c.twice, due.c.gaps, due.c.last, shown.c.id.label("sale")
        )
        .join(shown, shown.c.customer_id == due.c.customer_id)
        .where(shown.c.age <= _SHOWN)
        .order_by(due.c.rank, shown.c.age)
    )


def _due(rows: Sequence[Row[Any]], moment: dt.datetime) -> DueForRepeat:
    first = rows[0]
    interval, last = Decimal(int(first.twice)) / 2, EPOCH + dt.timedelta(days=int(first.last))
    due_on = last + dt.timedelta(days=-(-int(first.twice) // 2))
    today = moment.astimezone(dt.UTC).date()
    waited = (today - last).days
    days = int(first.gaps) + 1
    return DueForRepeat(
        customer_id=first.customer_id,
        last_purchase_on=last,
        due_on=due_on,
        overdue_days=(today - due_on).days,
        interval=Figure.of(
            interval,
            unit="days",
            reason=f"Bought on {days} days; half of the intervals between them are no longer.",
            sample_size=int(first.gaps),
            method=_METHOD,
            as_of=moment,
            inputs=(
                Input(
                    name="purchases",
                    value=days,
                    description="Days with a purchase; the ids are of the newest sales.",
                    ids=tuple(f"{Transaction.id_prefix}_{row.sale}" for row in rows),
                    rows=days,
                ),
                Input(name="sinceLast", value=waited, description="Days since the last purchase."),
            ),
        ),
        reason=f"Usually buys every {interval.normalize():f} days, and bought {waited} days ago.",
    )
