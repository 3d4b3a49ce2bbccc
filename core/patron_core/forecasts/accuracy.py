"""How good earlier forecasts were: what was expected against what came.

Of each period that is over, the latest forecast counts that was kept at least so many days before its end. The error is told as
MAPE, the mean of |actual - expected| over |actual| (Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 5.8), and as
bias, the sum of (expected - actual) over the sum of the actual: above zero, too much was expected.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sqlalchemy import select

from patron_core.currencies.converting import Unconvertible, rates_to
from patron_core.figures import Figure, Input
from patron_core.forecasts.facts import LedgerSums, ledger_sums, won_sums
from patron_core.forecasts.models import ForecastSnapshot
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money

__all__ = ["Accuracy", "Compared", "accuracy"]

_FEWEST: Final = 3
_MOST_PERIODS: Final = 24
_MOST_READ: Final = 1_000
_MAPE: Final = "Mean of |actual - expected| / |actual| (MAPE; Hyndman and Athanasopoulos, Forecasting, 5.8)."
_BIAS: Final = "Sum of (expected - actual) / sum of actual; above zero, too much was expected."


@dataclass(frozen=True, slots=True)
class Compared:
    """A period that is over: what was expected, and what came."""

    snapshot_id: str
    begins: dt.date
    ends: dt.date
    expected: Money
    actual: Money


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How good forecasts were."""

    mape: Figure
    bias: Figure
    periods: tuple[Compared, ...]


def accuracy(uow: UnitOfWork, *, currency: str, owner: str | None, days_ahead: int) -> Accuracy:
    """The accuracy of the last 24 periods at most; four statements."""
    chosen = _chosen(uow, currency, owner, days_ahead)
    if not chosen:
        return _judged((), uow, "No period is over that was foreseen.")
    spans = [(each.period_from, each.period_to) for each in chosen]
    sums = [*ledger_sums(uow, spans, owner=owner, until=uow.now), *won_sums(uow, spans, owner=owner)]
    try:
        actual = _actual(sums, len(spans), currency, uow)
    except Unconvertible as error:
        return _judged((), uow, f"No rate into {currency} is known for {', '.join(error.currencies)}.")
    compared = [
        Compared(f"{each.id_prefix}_{each.id}", each.period_from, each.period_to, each.expected, came)
        for each, came in zip(chosen, actual, strict=True)
        if each.expected is not None
    ]
    return _judged(compared, uow, None)


def _chosen(uow: UnitOfWork, currency: str, owner: str | None, days_ahead: int) -> list[ForecastSnapshot]:
    of_owner = ForecastSnapshot.owner.is_(None) if owner is None else ForecastSnapshot.owner == owner
    statement = (
        select(ForecastSnapshot)
        .where(ForecastSnapshot.currency_code == currency, of_owner)
        .where(ForecastSnapshot.period_to <= uow.now.date(), ForecastSnapshot.expected_minor.is_not(None))
        .order_by(ForecastSnapshot.period_to.desc(), ForecastSnapshot.taken_at.desc(), ForecastSnapshot.id.desc())
        .limit(_MOST_READ)
    )
    chosen: dict[tuple[dt.date, dt.date], ForecastSnapshot] = {}
    for each in uow.select(statement):
        if each.taken_at.date() <= each.period_to - dt.timedelta(days=max(days_ahead, 1)):
            chosen.setdefault((each.period_from, each.period_to), each)
    return list(chosen.values())[:_MOST_PERIODS]


def _actual(sums: Sequence[LedgerSums], periods: int, currency: str, uow: UnitOfWork) -> list[Money]:
    rates = rates_to(currency, {each.currency_code for each in sums}, uow, day=uow.now.date())
    return [
        Money(sum(rates.convert(Money(each.minors[at], each.currency_code)).minor for each in sums), currency)
        for at in range(periods)
    ]


def _judged(compared: Sequence[Compared], uow: UnitOfWork, reason: str | None) -> Accuracy:
    rows = tuple(compared)
    ids = tuple(each.snapshot_id for each in rows)
    inputs = (Input(name="periods", value=len(rows), description="Forecasts of periods that are over.", ids=ids),)
    told = [each for each in rows if each.actual.minor]
    came = sum(each.actual.minor for each in rows)
    few = reason or f"{len(rows)} periods can be compared, and {_FEWEST} are needed."
    if reason or len(told) < _FEWEST or came <= 0:
        return Accuracy(_none(few, _MAPE, inputs, uow), _none(few, _BIAS, inputs, uow), rows)
    errors = [abs(Decimal(each.actual.minor - each.expected.minor)) / abs(each.actual.minor) for each in told]
    bias = Decimal(sum(each.expected.minor for each in rows) - came) / came
    return Accuracy(
        Figure.of(
            round(sum(errors, Decimal(0)) / len(errors), 4),
            unit="share",
            reason=f"{len(told)} periods are over in which something came.",
            sample_size=len(told),
            method=_MAPE,
            as_of=uow.now,
            inputs=inputs,
        ),
        Figure.of(
            round(bias, 4),
            unit="share",
            reason="Too much was expected." if bias > 0 else "Not too much was expected.",
            sample_size=len(rows),
            method=_BIAS,
            as_of=uow.now,
            inputs=inputs,
        ),
        rows,
    )


def _none(reason: str, method: str, inputs: tuple[Input, ...], uow: UnitOfWork) -> Figure:
    size = inputs[0].rows
    return Figure.none(reason, unit="share", sample_size=size, method=method, as_of=uow.now, inputs=inputs)
