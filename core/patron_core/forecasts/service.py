"""What happens to forecasts: they are kept as they were, by a job or because somebody asked."""

from __future__ import annotations

import datetime as dt
from typing import Final

from patron_core.access.overview import require_overview
from patron_core.forecasts.commands import KeepForecast
from patron_core.forecasts.events import ForecastKept
from patron_core.forecasts.making import make_forecast
from patron_core.forecasts.models import ForecastSnapshot, SnapshotCause
from patron_core.forecasts.permissions import FORECAST_WRITE
from patron_core.hookspecs import CommandHandler
from patron_core.opportunities.models import ForecastCategory
from patron_core.records import FINANCIAL
from patron_core.unit_of_work import UnitOfWork

__all__ = ["HANDLERS", "keep", "keep_forecast"]


def keep_forecast(command: KeepForecast, uow: UnitOfWork) -> ForecastSnapshot:
    """Keeps a forecast as it is now. FORBIDDEN for whoever sees some rows only, or no amounts."""
    require_overview(uow.actor, FINANCIAL)
    return keep(
        uow,
        begins=command.period_from,
        ends=command.period_to,
        currency=command.currency_code,
        owner=command.owner,
        cause=SnapshotCause.REQUEST,
    )


def keep(
    uow: UnitOfWork, *, begins: dt.date, ends: dt.date, currency: str, owner: str | None, cause: SnapshotCause
) -> ForecastSnapshot:
    """Makes a forecast and keeps it; parts that do not apply are kept as null."""
    made = make_forecast(uow, begins=begins, ends=ends, currency=currency, owner=owner)
    snapshot = uow.add(
        ForecastSnapshot(
            taken_at=uow.now,
            cause=cause,
            period_from=begins,
            period_to=ends,
            currency_code=currency,
            owner=owner,
            expected=made.expected.money,
            pessimistic=made.pessimistic.money,
            optimistic=made.optimistic.money,
            booked=made.booked.money,
            closed=made.closed.money,
            run_rate=made.run_rate.money,
            commit=made.weighted(ForecastCategory.COMMIT).money,
            best_case=made.weighted(ForecastCategory.BEST_CASE).money,
            pipeline=made.weighted(ForecastCategory.PIPELINE).money,
        )
    )
    uow.emit(ForecastKept(forecast_snapshot_id=snapshot.id, period_from=begins, period_to=ends))
    return snapshot


HANDLERS: Final[tuple[CommandHandler, ...]] = (
    CommandHandler(command=KeepForecast, handler=keep_forecast, permission=FORECAST_WRITE),
)
