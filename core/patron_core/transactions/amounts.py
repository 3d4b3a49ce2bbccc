"""The arithmetic of the ledger: signs by kind, lines that multiply, lines that sum. Exact, in minor units."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from patron_core.errors import InvalidInput
from patron_core.transactions.models import TransactionKind
from patron_core.validation import within
from patron_core.values import Money

__all__ = ["check_cost", "check_line", "check_sign", "check_sum", "times"]

# An adjustment may go either way; a reversal is made from the row it takes back and never asked for with an amount.
_SIGN: Final = {
    TransactionKind.SALE: 1,
    TransactionKind.FEE: 1,
    TransactionKind.COST_TO_SERVE: 1,
    TransactionKind.REFUND: -1,
}
_LARGEST_QUANTITY: Final = Decimal(10**12)


def check_sign(kind: TransactionKind, amount: Money) -> None:
    """Refuses an amount whose sign is not that of its kind; zero fits every kind."""
    sign = _SIGN.get(kind, 0)
    if sign * amount.minor < 0:
        wanted = "negative" if sign < 0 else "positive"
        raise InvalidInput(
            f"The amount has the wrong sign. A transaction of kind {kind.name} is {wanted} or zero, the other sign was "
            "given. Change the sign or the kind.",
            path=("amount",),
        )


def times(price: Money, quantity: Decimal) -> Money:
    """Price times quantity, rounded half to even to the minor unit."""
    minor = (quantity * price.minor).to_integral_value(rounding=ROUND_HALF_EVEN)
    try:
        return Money(int(minor), price.currency_code)
    except ValueError:
        raise InvalidInput(
            "The line's amount is too large. Quantity or price was given too large. Check their units.",
            path=("quantity",),
        ) from None


def check_line(quantity: Decimal, unit_price: Money, amount: Money | None) -> None:
    """Refuses quantities that cannot be kept, and amounts that are not quantity times price to the minor unit.

    Rounding up and rounding down are both right, for tills differ; a discount is a line of its own.
    """
    within(quantity, least=-_LARGEST_QUANTITY, most=_LARGEST_QUANTITY, decimals=3, path="quantity")
    worked_out = times(unit_price, quantity)
    if amount is None:
        return
    _same_currency(unit_price, amount, path=("amount",))
    if abs(amount.minor - worked_out.minor) > 1:
        raise InvalidInput(
            "The line's amount is not quantity times price. It differs by more than one minor unit. "
            "Correct it, or make the difference a line of its own.",
            path=("amount",),
        )


def check_cost(quantity: Decimal, unit_price: Money, cost: Money | None) -> None:
    """Refuses a cost of another currency than the price, or of another sign than the quantity."""
    if cost is None:
        return
    _same_currency(unit_price, cost, path=("cost",))
    if quantity * cost.minor < 0:
        raise InvalidInput(
            "The line's cost has the wrong sign. It has another one than the quantity. What comes back costs less than nothing.",
            path=("cost",),
        )


def check_sum(amount: Money, lines: Sequence[Money]) -> None:
    """Refuses lines of another currency than the transaction's, and lines that do not sum to its amount."""
    for position, line in enumerate(lines):
        _same_currency(amount, line, path=("lines", position, "unit_price"))
    total = sum(line.minor for line in lines)
    if total != amount.minor:
        raise InvalidInput(
            "The lines do not sum to the amount. Their sum differs from the amount that was given. Correct one.",
            path=("amount",),
        )


def _same_currency(expected: Money, other: Money, *, path: tuple[str | int, ...]) -> None:
    if expected.currency_code != other.currency_code:
        raise InvalidInput(
            f"Two currencies meet in one transaction. {other.currency_code} was given beside {expected.currency_code}. "
            "Use one currency, or record two transactions.",
            path=path,
        )
