"""The forecast of a period: what is booked and won, what history says of the rest, and open deals by category and weight.

expected     booked + won + run-rate + open deals times the probability of their stage
pessimistic  booked + won + run-rate + deals of COMMIT times their probability
optimistic   booked + won + run-rate + deals of COMMIT and BEST_CASE in full + deals of PIPELINE times their probability

So pessimistic is at most expected, and expected at most optimistic. Amounts of other currencies are told by the latest rate on or
before today; where one is missing, what was made with it does not apply.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from patron_core.currencies.converting import Rates, Unconvertible, rates_to
from patron_core.errors import InvalidInput
from patron_core.figures import Figure, Input
from patron_core.forecasts.facts import (
    OPEN_CATEGORIES,
    DealGroup,
    LedgerSums,
    deal_ids,
    ledger_sums,
    open_deals,
    won_sums,
)
from patron_core.forecasts.history import FEWEST_MONTHS, MOST_MONTHS, RunRate, months_before, run_rate
from patron_core.opportunities.models import ForecastCategory
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money

__all__ = ["CategoryPart", "Forecast", "make_forecast"]

_LONGEST_DAYS: Final = 1_100
_SEASONAL: Final = (
    "Ratio to moving average: the mean of the last 12 months times the month's seasonal index, by days (Hyndman and "
    "Athanasopoulos, Forecasting: Principles and Practice, 3.4), of ledger sales of customers without won deals."
)
_PLAIN: Final = (
    "The mean of the last months, at most 12, by days, of ledger sales of customers without won deals. With 24 months or "
    "more, months of the year are told apart."
)
_BOOKED: Final = "Sales and fees less refunds in the ledger, of customers without won deals."
_CLOSED: Final = "Sum of the deals won in the period."
_FULL: Final = "Sum of open deals that should close in the period."
_WEIGHTED: Final = "Sum of open deals that should close in the period, each times the probability of its stage."
_EXPECTED: Final = "Booked + won + run-rate + weighted deals of all categories."
_PESSIMISTIC: Final = "Booked + won + run-rate + weighted deals of COMMIT."
_OPTIMISTIC: Final = "Booked + won + run-rate + deals of COMMIT and BEST_CASE in full + weighted deals of PIPELINE."


@dataclass(frozen=True, slots=True)
class CategoryPart:
    """Open deals of one category: in full, and weighted."""

    category: ForecastCategory
    full: Figure
    weighted: Figure


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to come in a period."""

    begins: dt.date
    ends: dt.date
    currency_code: str
    owner: str | None
    booked: Figure
    closed: Figure
    run_rate: Figure
    categories: tuple[CategoryPart, ...]
    expected: Figure
    pessimistic: Figure
    optimistic: Figure

    def weighted(self, category: ForecastCategory) -> Figure:
        """The weighted deals of a category."""
        return next(part.weighted for part in self.categories if part.category is category)


def make_forecast(
    uow: UnitOfWork, *, begins: dt.date, ends: dt.date, currency: str, owner: str | None = None
) -> Forecast:
    """The forecast of [begins, ends) in a currency; five statements at most, whatever there is."""
    if (ends - begins).days > _LONGEST_DAYS:
        raise InvalidInput(
            f"The period is too long. It has more than {_LONGEST_DAYS} days. Ask for a shorter one.", path=("to",)
        )
    today = uow.now.date()
    months = months_before(today, MOST_MONTHS)
    passed = (begins, max(begins, min(ends, today + dt.timedelta(days=1))))
    ledger = ledger_sums(uow, [*months, passed], owner=owner, until=uow.now)
    won = won_sums(uow, [(begins, ends)], owner=owner)
    groups = open_deals(uow, (begins, ends), owner=owner)
    ids = deal_ids(uow, (begins, ends), owner=owner)
    codes = {each.currency_code for each in (*ledger, *won)} | {g.currency_code for g in groups if g.currency_code}
    teller = _Teller(rates_to(currency, codes, uow, day=today), currency, uow.now)
    booked = teller.sum_of(_last(ledger), method=_BOOKED, what="ledger rows")
    closed = teller.sum_of(_last(won), method=_CLOSED, what="won deals")
    history = _history(ledger, months, teller, span=(max(begins, passed[1]), ends))
    parts = tuple(_category(each, groups, ids, teller) for each in OPEN_CATEGORIES)
    sure = (("booked", booked), ("closed", closed), ("runRate", history))
    weighted = [(f"weighted{p.category.name.title().replace('_', '')}", p.weighted) for p in parts]
    full = [(f"full{p.category.name.title().replace('_', '')}", p.full) for p in parts]
    return Forecast(
        begins=begins,
        ends=ends,
        currency_code=currency,
        owner=owner,
        booked=booked,
        closed=closed,
        run_rate=history,
        categories=parts,
        expected=teller.total((*sure, *weighted), method=_EXPECTED),
        pessimistic=teller.total((*sure, weighted[0]), method=_PESSIMISTIC),
        optimistic=teller.total((*sure, full[0], full[1], weighted[2]), method=_OPTIMISTIC),
    )


@dataclass(frozen=True, slots=True)
class _Teller:
    """Tells amounts in one currency, and makes figures of them."""

    rates: Rates
    currency: str
    now: dt.datetime

    def minor(self, currency: str, minor: int) -> int:
        """Minor units of the currency of the forecast. Raises `Unconvertible`."""
        return self.rates.convert(Money(minor, currency)).minor

    def sum_of(
        self,
        amounts: Iterable[tuple[str, int, int]],
        *,
        method: str,
        what: str,
        ids: Sequence[str] = (),
        without: int = 0,
    ) -> Figure:
        """The sum of amounts by currency, in minor units, with how many facts each rests on."""
        given = list(amounts)
        facts = sum(rows for _, _, rows in given)
        inputs = [
            Input(name=f"of{code}", value=Money(minor, code), description=f"Sum in {code}.", rows=rows)
            for code, minor, rows in given
        ]
        if ids:
            deals = facts + without
            inputs.append(
                Input(name="deals", value=deals, description="The largest of them.", ids=tuple(ids), rows=deals)
            )
        if without:
            text = "Deals without an amount, which count nothing."
            inputs.append(Input(name="withoutAmount", value=without, description=text, rows=without))
        inputs += self.used({code for code, _, _ in given})
        try:
            total = sum(self.minor(code, minor) for code, minor, _ in given)
        except Unconvertible:
            missing = self.rates.missing({code for code, _, _ in given})
            return Figure.none(
                f"No rate into {self.currency} is known for {', '.join(missing)}.",
                unit=self.currency,
                sample_size=facts,
                method=method,
                as_of=self.now,
                inputs=inputs,
            )
        return Figure.of(
            Money(total, self.currency),
            reason=f"It rests on {facts} {what}.",
            sample_size=facts,
            method=method,
            as_of=self.now,
            inputs=inputs,
        )

    def total(self, parts: Iterable[tuple[str, Figure]], *, method: str) -> Figure:
        """The sum of parts. One without a rate takes the sum with it; history that is too short adds nothing."""
        given = list(parts)
        inputs = [Input(name=name, value=part.money, description=part.reason) for name, part in given]
        size = sum(part.sample_size for _, part in given)
        lacking = [part for name, part in given if not part.applicable and (name != "runRate" or part.sample_size)]
        if lacking:
            return Figure.none(
                lacking[0].reason, unit=self.currency, sample_size=size, method=method, as_of=self.now, inputs=inputs
            )
        short = any(not part.applicable for _, part in given)
        return Figure.of(
            Money(sum(part.money.minor for _, part in given if part.money is not None), self.currency),
            reason="All parts apply." if not short else "History is too short to add anything.",
            sample_size=size,
            method=method,
            as_of=self.now,
            inputs=inputs,
        )

    def used(self, codes: set[str]) -> list[Input]:
        """The rates that were used for these currencies."""
        return [each for each in self.rates.inputs() if each.name.removeprefix("rate") in codes]


def _last(sums: Sequence[LedgerSums]) -> list[tuple[str, int, int]]:
    """The sums of the last span, with how many rows they rest on."""
    return [(each.currency_code, each.minors[-1], each.rows_of_last) for each in sums if each.rows_of_last]


def _history(
    ledger: Sequence[LedgerSums],
    months: Sequence[tuple[dt.date, dt.date]],
    teller: _Teller,
    *,
    span: tuple[dt.date, dt.date],
) -> Figure:
    codes = {each.currency_code for each in ledger}
    rows = sum(each.rows for each in ledger)
    try:
        values = [
            sum(teller.minor(each.currency_code, each.minors[at]) for each in ledger) for at in range(len(months))
        ]
    except Unconvertible:
        reason = f"No rate into {teller.currency} is known for {', '.join(teller.rates.missing(codes))}."
        return Figure.none(reason, unit=teller.currency, sample_size=rows, method=_PLAIN, as_of=teller.now)
    begun = next((at for at, value in enumerate(values) if value), len(values))
    made = run_rate([Decimal(value) for value in values[begun:]], last_month=months[-1][0].month)
    if made is None:
        reason = f"There are {len(values) - begun} whole months of sales, and {FEWEST_MONTHS} are needed."
        return Figure.none(reason, unit=teller.currency, method=_PLAIN, as_of=teller.now)
    brought = made.over(*span) if span[0] < span[1] else Decimal(0)
    reason = "Months of the year are told apart." if made.indexes else "Months of the year are not told apart."
    return Figure.of(
        Money(_rounded(brought), teller.currency),
        reason=f"{reason} It counts from {span[0]} on." if span[0] < span[1] else "The period is over.",
        sample_size=rows,
        method=_SEASONAL if made.indexes else _PLAIN,
        as_of=teller.now,
        inputs=[*_inputs(made, teller.currency), *teller.used(codes)],
    )


def _inputs(made: RunRate, currency: str) -> list[Input]:
    level = Input(
        name="level", value=Money(_rounded(made.level), currency), description="The mean month.", rows=made.months
    )
    months = Input(name="months", value=made.months, description="Whole months of history.", rows=made.months)
    indexes = [
        Input(name=f"index{month:02}", value=round(index, 4), description="Seasonal index of the month.")
        for month, index in made.indexes.items()
    ]
    return [level, months, *indexes]


def _category(
    category: ForecastCategory,
    groups: Sequence[DealGroup],
    ids: Mapping[ForecastCategory, tuple[str, ...]],
    teller: _Teller,
) -> CategoryPart:
    mine = [group for group in groups if group.category is category]
    valued = [(group, group.currency_code) for group in mine if group.currency_code is not None]
    without = sum(group.deals for group in mine if group.currency_code is None)
    named = ids.get(category, ())
    full = _gathered((code, group.minor, group.deals) for group, code in valued)
    weighted = _gathered((code, _rounded(group.minor * group.probability), group.deals) for group, code in valued)
    return CategoryPart(
        category,
        teller.sum_of(full, method=_FULL, what="open deals", ids=named, without=without),
        teller.sum_of(weighted, method=_WEIGHTED, what="open deals", ids=named, without=without),
    )


def _gathered(amounts: Iterable[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    sums: dict[str, tuple[int, int]] = {}
    for code, minor, rows in amounts:
        before = sums.get(code, (0, 0))
        sums[code] = before[0] + minor, before[1] + rows
    return [(code, minor, rows) for code, (minor, rows) in sorted(sums.items())]


def _rounded(value: Decimal) -> int:
    return int(value.to_integral_value(rounding=ROUND_HALF_EVEN))
