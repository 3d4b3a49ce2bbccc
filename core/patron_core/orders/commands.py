"""What may be asked about orders: make one, change its lines, place, move, cancel it, take items back.

Commands check their own form; where an order may go and what came back already is the business of `service`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from patron_core import validation
from patron_core.customers.commands import CustomerId
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.orders.models import Order, OrderLine, OrderStatus
from patron_core.products.commands import ProductId
from patron_core.touchpoints.commands import check_source
from patron_core.touchpoints.models import Channel
from patron_core.transactions import amounts
from patron_core.validation import aware, key, once, one_line, within
from patron_core.values import Money

__all__ = [
    "CancelOrder",
    "CreateOrder",
    "MoveOrder",
    "NewOrderLine",
    "NewReturnLine",
    "OrderId",
    "OrderLineId",
    "PlaceOrder",
    "ReturnOrder",
    "SetOrderLines",
]

OrderId = Annotated[uuid.UUID, IdOf(Order)]
OrderLineId = Annotated[uuid.UUID, IdOf(OrderLine)]

MOST_LINES = 500
_LARGEST_QUANTITY = Decimal("999999999.999")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrderLine:
    """An item of an order."""

    product_id: ProductId | None = argument("The product; its sku will do as well.", default=None)
    sku: str | None = argument(
        "Stock-keeping unit, of a product or of none; the product's own where one is named by its id.", default=None
    )
    description: str | None = argument("What it is; the product's name when left out.", default=None)
    quantity: Decimal = argument("How many, above zero, with up to 3 decimals.", default=Decimal(1))
    unit_price: Money | None = argument("Price of one; that of the price list when left out.", default=None)
    unit_cost: Money | None = argument("What one costs us; the product's when left out.", default=None)
    discount: Money | None = argument("Taken off quantity times price.", default=None)
    tax: Money | None = argument("Put on what is left.", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateOrder(Command):
    """Makes an order as a draft; the same source and source key again give the order that is there."""

    customer_id: CustomerId = argument("Who orders.")
    number: str | None = argument("Its number, unique; made when left out.", default=None)
    channel: Channel | None = argument("Where it is ordered.", default=None)
    currency_code: str = argument("The currency of all its amounts, such as EUR.")
    price_list_code: str = argument("Where prices come from that are left out.", default="STANDARD")
    lines: tuple[NewOrderLine, ...] = argument("Its items, 1 to 500.")
    source: str | None = argument("The system that reports it.", default=None)
    source_key: str | None = argument("Its key there; needs a source.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "number", "price_list_code", maximum=80)
        key(self, "source", "source_key", "idempotency_key")
        check_source(self.source, self.source_key)
        validation.currency(self.currency_code, path="currency_code")
        check_lines(self.lines, self.currency_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOrderLines(Command):
    """Puts other items in the place of those of a draft."""

    id: OrderId = argument("The order.")
    version: int = argument("The version the change was made from.")
    price_list_code: str = argument("Where prices come from that are left out.", default="STANDARD")
    lines: tuple[NewOrderLine, ...] = argument("Its items, 1 to 500.")

    def __post_init__(self) -> None:
        one_line(self, "price_list_code", maximum=80)
        check_lines(self.lines, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder(Command):
    """Places an order: the sale is written into the ledger, with the cost of each item."""

    id: OrderId = argument("The order.")
    version: int = argument("The version the change was made from.")
    occurred_at: dt.datetime | None = argument("When it was ordered; now when left out.", default=None)

    def __post_init__(self) -> None:
        aware(self, "occurred_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveOrder(Command):
    """Moves a placed order on: to PAID, FULFILLED or CLOSED."""

    id: OrderId = argument("The order.")
    version: int = argument("The version the change was made from.")
    status: OrderStatus = argument("Where it goes.")
    occurred_at: dt.datetime | None = argument("When; now when left out.", default=None)

    def __post_init__(self) -> None:
        aware(self, "occurred_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder(Command):
    """Calls an order off; the sale of one that was placed is taken back in the ledger."""

    id: OrderId = argument("The order.")
    version: int = argument("The version the change was made from.")
    reason: str | None = argument("Why.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReturnLine:
    """How many of a line come back."""

    line_id: OrderLineId = argument("The line of the order.")
    quantity: Decimal = argument("How many, above zero, with up to 3 decimals.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnOrder(Command):
    """Takes items of an order back: the refund is written into the ledger; never more than was bought."""

    id: OrderId = argument("The order.")
    version: int = argument("The version the change was made from.")
    lines: tuple[NewReturnLine, ...] = argument("What comes back, each line at most once.")
    reason: str | None = argument("Why.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "reason")
        key(self, "idempotency_key")
        validation.count(self.lines, least=1, most=MOST_LINES, path="lines")
        for position, line in enumerate(self.lines):
            check_quantity(line.quantity, path=("lines", position, "quantity"))
        once((line.line_id for line in self.lines), path="lines")


def check_lines(lines: tuple[NewOrderLine, ...], currency_code: str | None) -> None:
    """Refuses lines that cannot be items of an order, each with its place. currency_code: None where an order says it."""
    validation.count(lines, least=1, most=MOST_LINES, path="lines")
    for position, line in enumerate(lines):
        try:
            _check_line(line)
        except InvalidInput as error:
            raise InvalidInput(error.message, path=("lines", position, *error.path)) from None
        if currency_code is not None:
            check_line_currency(line, currency_code, position=position)


def check_line_currency(line: NewOrderLine, currency_code: str, *, position: int) -> None:
    """Refuses a line with an amount in another currency than its order's."""
    for name in ("unit_price", "unit_cost", "discount", "tax"):
        amount = getattr(line, name)
        if amount is not None and amount.currency_code != currency_code:
            raise InvalidInput(
                "Two currencies meet in one order. A line's amount has another one than the order. Use one currency.",
                path=("lines", position, name),
            )


def _check_line(line: NewOrderLine) -> None:
    one_line(line, "sku", maximum=100)
    one_line(line, "description", maximum=500)
    check_quantity(line.quantity, path="quantity")
    if line.product_id is None and line.sku is None and line.unit_price is None:
        raise InvalidInput(
            "The line has no price. Neither a product nor a price was given. Give one of them.", path=("unit_price",)
        )
    if line.unit_price is not None:
        amounts.times(line.unit_price, line.quantity)


def check_quantity(quantity: Decimal, *, path: validation.Place) -> None:
    """Refuses a quantity that is not above zero, too large, or has more than three decimals."""
    within(quantity, least=Decimal("0.001"), most=_LARGEST_QUANTITY, decimals=3, path=path)
