"""What recurs: each week the forecasts of this month and the next are kept, in the currencies of most deals."""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import func, select

from patron_core.forecasts.history import month_of
from patron_core.forecasts.models import ForecastSnapshot, SnapshotCause
from patron_core.forecasts.service import keep
from patron_core.hookspecs import Job
from patron_core.opportunities.models import Opportunity
from patron_core.unit_of_work import UnitOfWork

__all__ = ["JOBS", "keep_forecasts"]

#: Currencies of a tenant, the most used first.
_MOST_CURRENCIES: Final = 5


def keep_forecasts(uow: UnitOfWork) -> None:
    """Keeps the forecasts of this month and the next; those that a job kept today already are left out."""
    today = uow.now.date()
    this = month_of(today)
    for begins, ends in (this, month_of(this[1])):
        kept = _kept(today, begins, ends, uow)
        for currency in _currencies(uow):
            if currency not in kept:
                keep(uow, begins=begins, ends=ends, currency=currency, owner=None, cause=SnapshotCause.JOB)


def _currencies(uow: UnitOfWork) -> list[str]:
    currency = Opportunity.amount_currency
    statement = select(currency).where(currency.is_not(None)).group_by(currency)
    found = uow.select(statement.order_by(func.count().desc(), currency).limit(_MOST_CURRENCIES))
    return [each for each in found if each is not None]


def _kept(today: dt.date, begins: dt.date, ends: dt.date, uow: UnitOfWork) -> set[str]:
    statement = select(ForecastSnapshot.currency_code).where(
        ForecastSnapshot.cause == SnapshotCause.JOB,
        ForecastSnapshot.taken_at >= dt.datetime.combine(today, dt.time(), dt.UTC),
        ForecastSnapshot.period_from == begins,
        ForecastSnapshot.period_to == ends,
    )
    return set(uow.select(statement))


JOBS: Final = (
    Job(
        name="core.keep_forecasts",
        description="Keeps the forecasts of this month and the next, to be compared with what comes.",
        schedule="FREQ=WEEKLY;BYDAY=MO;BYHOUR=4",
        run=keep_forecasts,
    ),
)
