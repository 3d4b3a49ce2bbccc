"""Amounts told in another currency: by the latest rate on or before a day, or not at all.

A rate may be entered either way round; of both, the later one counts. No third currency is gone through, and where no rate is
known nothing is guessed: `Unconvertible` names the currencies, and whoever makes a figure says that it does not apply.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Final

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from patron_core.currencies.models import ExchangeRate
from patron_core.errors import InvalidInput
from patron_core.figures import Figure, Input
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money, currency_exponent

__all__ = ["METHOD", "Rate", "Rates", "Unconvertible", "converted", "rates_to"]

METHOD: Final = (
    "The amount times the latest rate on or before the day (the quotient, where it was entered the other way round), "
    "rounded half to even to the minor unit (IAS 21.21 spot rate; ISO 4217 minor units)."
)
_DIGITS: Final = 60


class Unconvertible(Exception):
    """No rate is known. currencies: those that cannot be told in the wanted one."""

    def __init__(self, currencies: Collection[str]) -> None:
        super().__init__(", ".join(sorted(currencies)))
        self.currencies = tuple(sorted(currencies))


@dataclass(frozen=True, slots=True)
class Rate:
    """How to tell a currency in the wanted one. inverse: the rate was entered the other way round. row: None for one to one."""

    value: Decimal
    inverse: bool
    row: ExchangeRate | None


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates into one currency as of a day."""

    target: str
    day: dt.date
    known: Mapping[str, Rate]

    def convert(self, amount: Money) -> Money:
        """The amount in the target currency. Raises `Unconvertible`; INVALID_INPUT beyond what money can be."""
        rate = self.known.get(amount.currency_code)
        if rate is None:
            raise Unconvertible({amount.currency_code})
        return _times(amount, rate, self.target)

    def missing(self, currencies: Collection[str]) -> tuple[str, ...]:
        """Which of these currencies cannot be told in the target one."""
        return tuple(sorted(set(currencies) - self.known.keys()))

    def inputs(self) -> tuple[Input, ...]:
        """The rates, for a figure that was made with them."""
        return tuple(
            Input(
                name=f"rate{code}",
                value=rate.value,
                description=f"{'1 ' + self.target + ' in ' + code if rate.inverse else '1 ' + code + ' in ' + self.target}"
                f", by {rate.row.source} for {rate.row.day}.",
                ids=(f"{ExchangeRate.id_prefix}_{rate.row.id}",),
            )
            for code, rate in sorted(self.known.items())
            if rate.row is not None
        )


def rates_to(target: str, currencies: Collection[str], uow: UnitOfWork, *, day: dt.date) -> Rates:
    """The latest rates on or before a day into `target`, in one statement, or in none where there is nothing to convert."""
    known = {target: Rate(Decimal(1), False, None)} if target in currencies else {}
    others = sorted(set(currencies) - {target})
    if others:
        later = aliased(ExchangeRate)
        newest = (
            select(func.max(later.day))
            .where(later.tenant_id == ExchangeRate.tenant_id, later.base_currency == ExchangeRate.base_currency)
            .where(later.quote_currency == ExchangeRate.quote_currency, later.day <= day)
            .scalar_subquery()
        )
        direct = and_(ExchangeRate.quote_currency == target, ExchangeRate.base_currency.in_(others))
        inverse = and_(ExchangeRate.base_currency == target, ExchangeRate.quote_currency.in_(others))
        found = uow.select(select(ExchangeRate).where(or_(direct, inverse), ExchangeRate.day == newest))
        # Of both ways round the later day counts, of one day the rate as it was entered.
        for row in sorted(found, key=lambda each: (each.day, each.quote_currency == target)):
            turned = row.base_currency == target
            known[row.quote_currency if turned else row.base_currency] = Rate(row.rate, turned, row)
    return Rates(target, day, known)


def converted(amount: Money, target: str, uow: UnitOfWork, *, day: dt.date) -> Figure:
    """An amount in another currency as of a day; does not apply where no rate is known."""
    rates = rates_to(target, {amount.currency_code}, uow, day=day)
    inputs = (Input(name="amount", value=amount, description="What was to be converted."), *rates.inputs())
    if rates.missing({amount.currency_code}):
        return Figure.none(
            f"There is no rate between {amount.currency_code} and {target} on or before {day}.",
            unit=target,
            method=METHOD,
            as_of=uow.now,
            inputs=inputs,
        )
    reason = "Both are the same currency." if amount.currency_code == target else "A rate is known."
    return Figure.of(
        rates.convert(amount), reason=reason, sample_size=len(inputs) - 1, method=METHOD, as_of=uow.now, inputs=inputs
    )


def _times(amount: Money, rate: Rate, target: str) -> Money:
    with localcontext(prec=_DIGITS):
        major = amount.amount / rate.value if rate.inverse else amount.amount * rate.value
        minor = major.scaleb(currency_exponent(target)).to_integral_value(rounding=ROUND_HALF_EVEN)
    try:
        return Money(int(minor), target)
    except ValueError:
        raise InvalidInput(
            f"The amount is too large to be told in {target}. It is beyond what is kept. Convert a part of it."
        ) from None
