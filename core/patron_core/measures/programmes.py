"""What came of a programme: its indicator before and after, what the difference is worth, and when that has paid the cost.

A month is 30 days here. An indicator that grows with time, such as revenue, is compared by month; a share as it is. It is not said
that the programme was the cause: a control group tells that.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from patron_core.figures import Figure, Input
from patron_core.measures.catalogue import computed
from patron_core.measures.indicator import Indicator, Span, indicator_named
from patron_core.measures.models import Programme, TargetDirection
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money, currency_exponent

__all__ = ["Result", "result_of"]

METHOD: Final = (
    "The indicator after less before (by month of 30 days, where it grows with time), times what one unit is worth in a month. "
    "A comparison with an earlier time; it does not show what caused the difference."
)
_MONTH: Final = Decimal(30)
_PLACES: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a programme. before, after: as computed; by month: the change that counts."""

    before: Figure
    after: Figure
    change: Figure
    benefit: Figure
    net: Figure
    payback_months: Figure


def result_of(programme: Programme, uow: UnitOfWork, *, until: dt.date) -> Result:
    """What came of it from its first day until a day, that one not included."""
    currency, now = programme.cost.currency_code, uow.now
    indicator = indicator_named(programme.indicator)
    described: dict[str, Any] = {"method": METHOD, "as_of": now}
    days = (until - programme.started_on).days
    if indicator is None or days <= 0:
        why = (
            "The catalogue has no indicator of this code any more."
            if indicator is None
            else "It has not begun by then."
        )
        none = Figure.none(why, **described)
        return Result(none, none, none, none, none, none)
    base = Span(programme.baseline_from, programme.baseline_to, currency)
    since = Span(programme.started_on, until, currency)
    before, after = computed(indicator, uow, base), computed(indicator, uow, since)
    if before.value is None or after.value is None:
        none = Figure.none(f"Before: {before.reason} After: {after.reason}", **described)
        return Result(before, after, none, none, none, none)
    difference = _by_month(after.value, since, indicator) - _by_month(before.value, base, indicator)
    sample = before.sample_size + after.sample_size
    unit = f"{after.unit} a month" if indicator.flow else after.unit
    reason = f"{base.days} days before with {since.days} days after."
    change = Figure.of(
        difference.quantize(_PLACES),
        unit=unit,
        reason=reason,
        sample_size=sample,
        inputs=_inputs(before, after),
        **described,
    )
    monthly = _worth(programme, difference, after)
    if monthly is None:
        none = Figure.none(
            "Nobody has said what one unit of the indicator is worth in a month.", sample_size=sample, **described
        )
        return Result(before, after, change, none, none, none)
    return Result(before, after, change, *_money(programme, monthly, Decimal(days) / _MONTH, sample, described))


def _by_month(value: Decimal, span: Span, indicator: Indicator) -> Decimal:
    return value * _MONTH / span.days if indicator.flow else value


def _worth(programme: Programme, difference: Decimal, after: Figure) -> Decimal | None:
    """What the difference is worth in a month, in major units; None where nobody can tell."""
    better = difference if programme.direction is TargetDirection.UP else -difference
    if programme.value_of_one is not None:
        return better * programme.value_of_one.amount
    return better if after.money is not None else None


def _money(
    programme: Programme, monthly: Decimal, months: Decimal, sample: int, described: dict[str, Any]
) -> tuple[Figure, Figure, Figure]:
    """Benefit, what is left of it, and when it has paid the cost."""
    currency = programme.cost.currency_code
    running = programme.monthly_cost.amount if programme.monthly_cost is not None else Decimal(0)
    benefit = _rounded(monthly * months, currency)
    cost = _rounded(programme.cost.amount + running * months, currency)
    inputs = (
        Input(
            name="monthlyBenefit",
            value=_rounded(monthly, currency),
            description="What the difference is worth in a month.",
        ),
        Input(name="cost", value=cost, description="What it has cost up to then."),
        Input(name="months", value=months.quantize(_PLACES), description="For how long, in months of 30 days."),
    )
    described |= {"sample_size": sample, "inputs": inputs}
    left = Money(benefit.minor - cost.minor, currency)
    by_month = monthly - running
    if by_month > 0:
        months_needed = (programme.cost.amount / by_month).quantize(_PLACES)
        payback = Figure.of(months_needed, unit="months", reason="The cost, by what a month brings net.", **described)
    else:
        payback = Figure.none(
            "A month brings no more than it costs: the cost is never paid.", unit="months", **described
        )
    return (
        Figure.of(benefit, reason="What the difference is worth in a month, for so many months.", **described),
        Figure.of(left, reason="The benefit less what it has cost up to then.", **described),
        payback,
    )


def _inputs(before: Figure, after: Figure) -> tuple[Input, ...]:
    return (
        Input(name="before", value=before.value, description=before.reason, rows=before.sample_size),
        Input(name="after", value=after.value, description=after.reason, rows=after.sample_size),
    )


def _rounded(amount: Decimal, currency: str) -> Money:
    return Money(int(amount.scaleb(currency_exponent(currency)).to_integral_value(ROUND_HALF_EVEN)), currency)
