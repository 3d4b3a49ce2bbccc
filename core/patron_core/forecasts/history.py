"""What months that have passed say of months to come: a level, and how each month of the year differs from it. Pure.

Two whole years or more give seasonal indexes by the ratio-to-moving-average method (classical multiplicative decomposition:
Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, sections 3.3 and 3.4): each month over the centred
moving average of the twelve around it, averaged by month of the year, scaled to a mean of one. Less gives a plain mean.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

__all__ = ["FEWEST_MONTHS", "MOST_MONTHS", "SEASONAL_MONTHS", "RunRate", "month_of", "months_before", "run_rate"]

#: Fewer months tell nothing.
FEWEST_MONTHS: Final = 3
#: From so many on, months of the year are told apart.
SEASONAL_MONTHS: Final = 24
#: So far back is looked.
MOST_MONTHS: Final = 36
_YEAR: Final = 12


@dataclass(frozen=True, slots=True)
class RunRate:
    """What a month brings. level: on average; indexes: by month of the year, empty where they are not told apart."""

    level: Decimal
    indexes: dict[int, Decimal]
    months: int

    def over(self, begins: dt.date, ends: dt.date) -> Decimal:
        """What the days from `begins` until before `ends` bring; part of a month brings its share by days."""
        brought, day = Decimal(0), begins
        while day < ends:
            _, after = month_of(day)
            until = min(after, ends)
            days = calendar.monthrange(day.year, day.month)[1]
            brought += self.level * self.indexes.get(day.month, Decimal(1)) * (until - day).days / days
            day = until
        return brought


def run_rate(values: Sequence[Decimal], *, last_month: int) -> RunRate | None:
    """The run-rate of consecutive months, the last of which is `last_month` (1 to 12); None for fewer than three.

    The level is the mean of the last twelve months, or of all where there are fewer.
    """
    if len(values) < FEWEST_MONTHS:
        return None
    recent = values[-_YEAR:]
    return RunRate(sum(recent, Decimal(0)) / len(recent), _indexes(values, last_month), len(values))


def months_before(day: dt.date, count: int) -> list[tuple[dt.date, dt.date]]:
    """The whole months before the one of `day`, oldest first, each with the first day after it."""
    out, first = [], day.replace(day=1)
    for _ in range(count):
        before = (first - dt.timedelta(days=1)).replace(day=1)
        out.append((before, first))
        first = before
    return out[::-1]


def month_of(day: dt.date) -> tuple[dt.date, dt.date]:
    """The first day of a day's month, and the first day after the month."""
    first = day.replace(day=1)
    return first, (first + dt.timedelta(days=32)).replace(day=1)


def _indexes(values: Sequence[Decimal], last_month: int) -> dict[int, Decimal]:
    if len(values) < SEASONAL_MONTHS:
        return {}
    ratios: dict[int, list[Decimal]] = {}
    for at in range(_YEAR // 2, len(values) - _YEAR // 2):
        around = values[at - 6 : at + 7]
        average = (sum(around[1:-1], Decimal(0)) + (around[0] + around[-1]) / 2) / _YEAR
        if average <= 0:
            return {}  # a season is a share of a level, and there is none
        month = (last_month - (len(values) - 1 - at) - 1) % _YEAR + 1
        ratios.setdefault(month, []).append(values[at] / average)
    means = {month: max(sum(each, Decimal(0)) / len(each), Decimal(0)) for month, each in ratios.items()}
    whole = sum(means.values(), Decimal(0))
    if len(means) < _YEAR or whole == 0:
        return {}
    return {month: mean * _YEAR / whole for month, mean in sorted(means.items())}
