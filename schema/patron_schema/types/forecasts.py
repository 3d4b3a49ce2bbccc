"""Forecasts and how good they were, as the API shows them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import strawberry

from patron_core import validation
from patron_core.access.overview import require_overview
from patron_core.forecasts import accuracy, making, models
from patron_core.forecasts.permissions import FORECAST_READ
from patron_core.opportunities.models import ForecastCategory
from patron_core.records import FINANCIAL
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money

from ..declare import Connection, Query, extends, planned, resolver, root
from ..nodes import Node
from .figures import Figure, shown
from .spans import check_days
from .values import MoneyValue

__all__ = ["EXTENSIONS", "TYPES", "ForecastSnapshot"]

_MOST_AHEAD = 366


@planned(models.ForecastSnapshot)
class ForecastSnapshot(Node):
    """A forecast as it was at a time."""

    taken_at: dt.datetime
    cause: models.SnapshotCause
    period_from: dt.date
    period_to: dt.date
    currency_code: str
    owner: str | None
    expected: Money | None
    pessimistic: Money | None
    optimistic: Money | None
    booked: Money | None
    closed: Money | None
    run_rate: Money | None
    commit: Money | None
    best_case: Money | None
    pipeline: Money | None


@strawberry.type(description="Open deals of one category that should close in the period.")
class ForecastPart:
    category: ForecastCategory = strawberry.field(description="How sure they are.")
    full: Figure = strawberry.field(description="Their sum.")
    weighted: Figure = strawberry.field(description="Their sum, each times the probability of its stage.")


@strawberry.type(description="What is to come in a period.")
class Forecast:
    from_: dt.date = strawberry.field(name="from", description="First day.")
    to: dt.date = strawberry.field(description="First day after.")
    currency_code: str = strawberry.field(description="The currency all of it is told in.")
    booked: Figure = strawberry.field(description="In the ledger already, of customers without won deals.")
    closed: Figure = strawberry.field(description="Deals won in the period.")
    run_rate: Figure = strawberry.field(
        description="What history says of the days to come, of customers without won deals; seasonal from 24 months on."
    )
    categories: list[ForecastPart] = strawberry.field(description="Open deals by category, the surest first.")
    expected: Figure = strawberry.field(description="Booked, won, run-rate and weighted deals.")
    pessimistic: Figure = strawberry.field(description="Of open deals only COMMIT, weighted.")
    optimistic: Figure = strawberry.field(description="COMMIT and BEST_CASE in full, PIPELINE weighted.")


@strawberry.type(description="A period that is over: what was expected, and what came.")
class ForecastComparison:
    snapshot_id: strawberry.ID = strawberry.field(description="The forecast that was kept; `node` shows it.")
    from_: dt.date = strawberry.field(name="from", description="First day.")
    to: dt.date = strawberry.field(description="First day after.")
    expected: MoneyValue = strawberry.field(description="What was expected.")
    actual: MoneyValue = strawberry.field(description="What came.")


@strawberry.type(description="How good forecasts were.")
class ForecastAccuracy:
    mape: Figure = strawberry.field(description="Mean absolute error as a share of what came.")
    bias: Figure = strawberry.field(description="Above zero where too much was expected.")
    periods: list[ForecastComparison] = strawberry.field(description="The periods compared, the latest first.")


Since = Annotated[dt.date, strawberry.argument(name="from", description="First day.")]
Until = Annotated[dt.date, strawberry.argument(name="to", description="First day after; at most 1,100 days later.")]
In = Annotated[str, strawberry.argument(description="The currency it is wanted in (ISO 4217).")]
Whose = Annotated[str | None, strawberry.argument(description="Deals and customers of one owner; null for all.")]
Ahead = Annotated[int, strawberry.argument(description="Days before a period's end on which it was kept, 1 to 366.")]


@extends(Query)
class ForecastQuery:
    forecast_snapshot: ForecastSnapshot | None = root(description="A forecast that was kept, by its id.")
    forecast_snapshots: Connection[ForecastSnapshot] = root(description="Forecasts that were kept.")

    @resolver(scope=FORECAST_READ)
    async def forecast(
        self, info: strawberry.Info[Any, Any], from_: Since, to: Until, currency: In, owner: Whose = None
    ) -> Forecast | None:
        """What is to come in a period: booked, won, history's run-rate, and open deals by category, each explained."""
        begins, ends = check_days(from_, to)
        validation.currency(currency)

        def find(uow: UnitOfWork) -> Forecast:
            require_overview(uow.actor, FINANCIAL)
            return _forecast(making.make_forecast(uow, begins=begins, ends=ends, currency=currency, owner=owner))

        found: Forecast = await info.context.read(find)
        return found

    @resolver(scope=FORECAST_READ)
    async def forecast_accuracy(
        self, info: strawberry.Info[Any, Any], currency: In, owner: Whose = None, days_ahead: Ahead = 28
    ) -> ForecastAccuracy | None:
        """How good the forecasts of the last 24 periods were, that were kept so many days before their end."""
        validation.currency(currency)
        validation.within(days_ahead, most=_MOST_AHEAD, path="daysAhead")

        def find(uow: UnitOfWork) -> ForecastAccuracy:
            require_overview(uow.actor, FINANCIAL)
            return _accuracy(accuracy.accuracy(uow, currency=currency, owner=owner, days_ahead=days_ahead))

        found: ForecastAccuracy = await info.context.read(find)
        return found


def _forecast(made: making.Forecast) -> Forecast:
    return Forecast(
        from_=made.begins,
        to=made.ends,
        currency_code=made.currency_code,
        booked=shown(made.booked),
        closed=shown(made.closed),
        run_rate=shown(made.run_rate),
        categories=[
            ForecastPart(category=part.category, full=shown(part.full), weighted=shown(part.weighted))
            for part in made.categories
        ],
        expected=shown(made.expected),
        pessimistic=shown(made.pessimistic),
        optimistic=shown(made.optimistic),
    )


def _accuracy(made: accuracy.Accuracy) -> ForecastAccuracy:
    return ForecastAccuracy(
        mape=shown(made.mape),
        bias=shown(made.bias),
        periods=[
            ForecastComparison(
                snapshot_id=strawberry.ID(each.snapshot_id),
                from_=each.begins,
                to=each.ends,
                expected=_money(each.expected),
                actual=_money(each.actual),
            )
            for each in made.periods
        ],
    )


def _money(amount: Money) -> MoneyValue:
    return MoneyValue(amount=amount.amount, currency_code=amount.currency_code)


TYPES = (ForecastSnapshot,)
EXTENSIONS = (ForecastQuery,)
