"""Builds the contributions of customers month by month from the ledger: what recurs, and what may be asked for.

A run finds the months that rows were written for since the last one was complete, or takes those it is asked for, and compares what
the ledger says with what is kept, two thousand customers in a step. Doing it twice changes nothing.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from patron_core.hookspecs import Progress, Step
from patron_core.profits.days import first_of_month, midnight, month_of, months, next_month
from patron_core.profits.ledger import NOBODY, Brought, brought, by_customer
from patron_core.profits.models import ProfitContribution, ProfitMonth
from patron_core.touchpoints.models import Touchpoint
from patron_core.transactions.models import Transaction
from patron_core.updates import set_values
from patron_core.values import Money

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["build_profits", "changed_months"]

_AT_ONCE: Final = 2_000
#: A row gets its id before it is committed: so long a transaction may last without its month being missed.
_LAG: Final = dt.timedelta(hours=1)


def build_profits(step: Step, uow: UnitOfWork) -> Progress | None:
    """Builds what a step can. arguments: `from` and `to`, days, build all months with a day in [from, to)."""
    state = dict(step.state) or _begin(step.arguments, uow)
    waiting: list[str] = list(state["months"])
    if not waiting:
        _close(state, uow)
        return None
    month = dt.date.fromisoformat(waiting[0])
    last, built = _build(month, uuid.UUID(state["after"]), uow)
    if last is None:
        state |= {"months": waiting[1:], "after": str(NOBODY), "built": [*state["built"], waiting[0]]}
    else:
        state["after"] = str(last)
    return Progress(done=step.done + built, state=state)


def changed_months(since: dt.datetime | None, uow: UnitOfWork) -> list[dt.date]:
    """The months of which rows of the ledger or contacts were written since an instant; all there are where it is None."""
    found: set[dt.date] = set()
    for row in (Transaction, Touchpoint):
        statement = select(month_of(row.occurred_at, uow)).where(row.customer_id.is_not(None)).distinct()
        if since is not None:
            statement = statement.where(row.id >= _first_id(since - _LAG))
        found.update(uow.select(statement))
    return sorted(found)


def _begin(arguments: Mapping[str, Any], uow: UnitOfWork) -> dict[str, Any]:
    if "from" in arguments:
        wanted = list(months(dt.date.fromisoformat(arguments["from"]), dt.date.fromisoformat(arguments["to"])))
    else:
        (since,) = uow.select(select(func.max(ProfitMonth.built_at)))
        wanted = changed_months(since, uow)
    return {
        "months": [month.isoformat() for month in wanted],
        "after": str(NOBODY),
        "built": [],
        "at": uow.now.isoformat(),
        # What was asked for says nothing of other months: only a run that looked for changes moves the mark.
        "marks": "from" not in arguments,
    }


def _close(state: Mapping[str, Any], uow: UnitOfWork) -> None:
    """Writes down which months were built; only now, so that a run that was lost is made up for by the next."""
    if not state["marks"]:
        return
    known = {row.month: row for row in uow.select(select(ProfitMonth))}
    at = dt.datetime.fromisoformat(state["at"])
    for month in map(dt.date.fromisoformat, state["built"]):
        if month in known:
            known[month].built_at = at
        else:
            uow.add(ProfitMonth(month=month, built_at=at))


def _build(month: dt.date, after: uuid.UUID, uow: UnitOfWork) -> tuple[uuid.UUID | None, int]:
    """Builds the month of up to two thousand customers after one; the last of them, or None where that were all."""
    source = by_customer(uow, midnight(first_of_month(month)), midnight(next_month(month)), after=after)
    statement = select(source).order_by(source.c.customer_id, source.c.currency).limit(_AT_ONCE + 1)
    rows = [brought(row) for row in uow.rows(statement)]
    last = None
    if len(rows) > _AT_ONCE:  # the last customer may have more currencies: it comes again
        over = rows[-1].customer_id
        rows = [row for row in rows if row.customer_id != over]
        last = rows[-1].customer_id
    _keep(month, rows, after, last, uow)
    return last, len(rows)


def _keep(month: dt.date, rows: list[Brought], after: uuid.UUID, last: uuid.UUID | None, uow: UnitOfWork) -> None:
    there = select(ProfitContribution).where(ProfitContribution.month == month, ProfitContribution.customer_id > after)
    if last is not None:
        there = there.where(ProfitContribution.customer_id <= last)
    kept = {(row.customer_id, row.revenue_currency): row for row in uow.select(there)}
    new = []
    for row in rows:
        record = kept.pop((row.customer_id, row.currency), None)
        values = _values(row)
        if record is None:
            new.append({"customer_id": row.customer_id, "month": month, **values})
        else:
            set_values(record, values)
    for record in kept.values():  # the ledger says nothing of them any more
        uow.delete(record)
    uow.add_many(ProfitContribution, new)


def _values(row: Brought) -> dict[str, Any]:
    return {
        "revenue": Money(row.revenue, row.currency),
        "cost_of_goods": Money(row.goods, row.currency),
        "cost_to_serve": Money(row.serving, row.currency),
        "contribution": Money(row.contribution, row.currency),
        "allocated": Money(row.spread, row.currency),
        "granularity": row.granularity,
        "coverage": row.coverage,
        "ledger_rows": row.rows,
    }


def _first_id(moment: dt.datetime) -> uuid.UUID:
    """The smallest id that can have been made at an instant (RFC 9562, version 7: milliseconds first)."""
    return uuid.UUID(int=int(moment.timestamp() * 1_000) << 80)
