"""The arithmetic of a quote: exact in minor units, rounded once for each line and nowhere else.

A line's net is quantity times price less the discount, rounded half to even to the currency's minor unit; its tax is that net
times the rate, rounded alike. Totals are sums of what the lines show, so that whoever adds them up finds no cent missing
(rounding by line, as EN 16931 has it for line amounts).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Final

from patron_core.errors import InvalidInput
from patron_core.values import Money

__all__ = ["LineAmounts", "amounts_of", "sum_of"]

_DIGITS: Final = 60


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """What a line comes to."""

    net: Money
    tax: Money


def amounts_of(*, quantity: Decimal, unit_price: Money, discount_rate: Decimal, tax_rate: Decimal) -> LineAmounts:
    """What a line comes to. discount_rate, tax_rate: 0 to 1. INVALID_INPUT beyond what money can be."""
    with localcontext(prec=_DIGITS):
        net = _rounded(quantity * unit_price.minor * (1 - discount_rate))
        tax = _rounded(net * tax_rate)
    return LineAmounts(_money(net, unit_price.currency_code), _money(tax, unit_price.currency_code))


def sum_of(amounts: Sequence[Money], *, currency_code: str) -> Money:
    """The sum of amounts of one currency."""
    return _money(sum(each.minor for each in amounts), currency_code)


def _rounded(value: Decimal) -> int:
    return int(value.to_integral_value(rounding=ROUND_HALF_EVEN))


def _money(minor: int, currency_code: str) -> Money:
    try:
        return Money(minor, currency_code)
    except ValueError:
        raise InvalidInput(
            "The quote's amount is too large. A quantity or a price was given too large. Check their units.",
            path=("lines",),
        ) from None
