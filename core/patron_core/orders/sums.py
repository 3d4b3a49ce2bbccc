"""The arithmetic of orders: what lines come to, how a sale and a refund stand in the ledger. Pure and exact, in minor units."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from patron_core.orders.models import OrderLine
from patron_core.transactions.amounts import times
from patron_core.transactions.commands import NewLine
from patron_core.values import Money

__all__ = ["Sums", "refund_lines", "sale_lines", "share", "sums_of"]


@dataclass(frozen=True, slots=True)
class Sums:
    """What the lines of an order come to."""

    subtotal: Money
    discount: Money
    tax: Money
    total: Money


def sums_of(lines: Iterable[OrderLine], currency_code: str) -> Sums:
    """Total = sum of lines - discounts + tax, exactly."""
    held = list(lines)
    subtotal, discount, tax = (
        sum(getattr(line, name).minor for line in held) for name in ("amount", "discount", "tax")
    )
    return Sums(
        subtotal=Money(subtotal, currency_code),
        discount=Money(discount, currency_code),
        tax=Money(tax, currency_code),
        total=Money(subtotal - discount + tax, currency_code),
    )


def sale_lines(lines: Sequence[OrderLine]) -> tuple[NewLine, ...]:
    """Lines as items of a sale. Discounts and tax are items of their own: a discount cost nothing, tax all it brought."""
    return tuple(
        item
        for line in lines
        for item in _items(
            line,
            quantity=line.quantity,
            amount=line.amount,
            cost=None if line.unit_cost is None else times(line.unit_cost, line.quantity),
            discount=line.discount,
            tax=line.tax,
            sign=1,
        )
    )


def refund_lines(returned: Sequence[tuple[OrderLine, Decimal]]) -> tuple[NewLine, ...]:
    """What comes back now as items of a refund: (line as it stands before, quantity).

    Each amount is the share of all that is back afterwards less the share that was back before, so that the refunds of
    a line that comes back in parts sum to exactly what it was sold for.
    """
    return tuple(item for line, quantity in returned for item in _back(line, quantity))


def share(whole: Money, part: Decimal, of: Decimal) -> Money:
    """The share of an amount, rounded half to even to the minor unit."""
    return Money(round(Fraction(part) * whole.minor / Fraction(of)), whole.currency_code)


def _back(line: OrderLine, quantity: Decimal) -> Iterable[NewLine]:
    amount = _between(line.amount, line, quantity)
    left = _between(line.amount + -line.discount, line, quantity)  # what is given back is never below zero
    cost = None if line.unit_cost is None else _between(times(line.unit_cost, line.quantity), line, quantity)
    tax = _between(line.tax, line, quantity)
    return _items(line, quantity=quantity, amount=amount, cost=cost, discount=amount + -left, tax=tax, sign=-1)


def _between(whole: Money, line: OrderLine, quantity: Decimal) -> Money:
    after, before = share(whole, line.returned + quantity, line.quantity), share(whole, line.returned, line.quantity)
    return after + -before


def _items(
    line: OrderLine, *, quantity: Decimal, amount: Money, cost: Money | None, discount: Money, tax: Money, sign: int
) -> Iterable[NewLine]:
    def signed(money: Money) -> Money:
        return Money(sign * money.minor, money.currency_code)

    yield NewLine(
        sku=line.sku,
        description=line.description,
        quantity=sign * quantity,
        unit_price=line.unit_price,
        amount=signed(amount),
        cost=None if cost is None else signed(cost),
    )
    if discount.minor:
        free = Money(0, discount.currency_code)
        yield NewLine(description="Discount", quantity=Decimal(sign), unit_price=-discount, cost=free)
    if tax.minor:
        yield NewLine(description="Tax", quantity=Decimal(sign), unit_price=tax, cost=signed(tax))
