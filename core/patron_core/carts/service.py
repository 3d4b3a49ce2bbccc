"""What happens to carts: they are opened, filled, recovered and made into orders. That time goes by is left to `aging`."""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import select

from patron_core.carts import events
from patron_core.carts.commands import ConvertCart, OpenCart, RecoverCart, SetCartLine
from patron_core.carts.models import Cart, CartLine, CartStatus
from patron_core.carts.permissions import CART_WRITE
from patron_core.customers.models import Customer
from patron_core.errors import Conflict, InvalidInput
from patron_core.hookspecs import CommandHandler
from patron_core.orders.commands import CreateOrder, NewOrderLine, check_line_currency
from patron_core.orders.items import items_of
from patron_core.orders.service import create_order
from patron_core.products.service import STANDARD
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import same_version
from patron_core.values import Money

__all__ = ["HANDLERS", "convert_cart", "open_cart", "recover_cart", "set_cart_line"]

MOST_LINES: Final = 200


def open_cart(command: OpenCart, uow: UnitOfWork) -> Cart:
    """Opens an empty cart."""
    if command.customer_id is not None:
        uow.get(Customer, command.customer_id, path=("customer_id",))
    cart = uow.add(
        Cart(
            customer_id=command.customer_id,
            channel=command.channel,
            status=CartStatus.OPEN,
            total=Money(0, command.currency_code),
            line_count=0,
            last_activity_at=uow.now,
            abandon_after_minutes=command.abandon_after_minutes,
            abandons_at=uow.now + dt.timedelta(minutes=command.abandon_after_minutes),
        )
    )
    uow.emit(events.CartOpened(customer_id=command.customer_id, cart_id=cart.id))
    return cart


def set_cart_line(command: SetCartLine, uow: UnitOfWork) -> Cart:
    """Sets how many of a sku are in a cart. CONFLICT where it is converted or expired."""
    cart = _at_hand(command, uow)
    lines = {line.sku: line for line in _lines(cart, uow)}
    if command.quantity == 0:
        if command.sku in lines:
            uow.delete(lines.pop(command.sku))
    else:
        lines[command.sku] = _put(command, cart, lines.get(command.sku), uow)
    if len(lines) > MOST_LINES:
        raise InvalidInput(
            f"The cart is full. It would have {len(lines)} lines, the most is {MOST_LINES}. Take something out.",
            path=("sku",),
        )
    cart.total = Money(sum(line.amount.minor for line in lines.values()), cart.total_currency)
    cart.line_count = len(lines)
    _touch(cart, uow)
    uow.emit(events.CartChanged(customer_id=cart.customer_id, cart_id=cart.id))
    return cart


def recover_cart(command: RecoverCart, uow: UnitOfWork) -> Cart:
    """Opens an abandoned cart again. CONFLICT where it is not abandoned."""
    cart = _at_hand(command, uow)
    if cart.status is not CartStatus.ABANDONED:
        raise Conflict(f"The cart is not abandoned. It is {cart.status.name}. Go on with it as it is.", path=("id",))
    _touch(cart, uow)
    return cart


def convert_cart(command: ConvertCart, uow: UnitOfWork) -> Cart:
    """Makes a draft of an order of a cart. INVALID_INPUT for an empty one, or one of nobody."""
    if command.customer_id is not None:
        uow.get(Customer, command.customer_id, path=("customer_id",))
    cart = _at_hand(command, uow)
    customer_id = cart.customer_id or command.customer_id
    if customer_id is None:
        raise InvalidInput(
            "Nobody orders. The cart has no customer, and none was given. Give one.", path=("customer_id",)
        )
    if cart.customer_id is not None and command.customer_id not in (None, cart.customer_id):
        raise InvalidInput(
            "The cart is another customer's. It has one, and another one was given. Leave it out.",
            path=("customer_id",),
        )
    lines = _lines(cart, uow)
    if not lines:
        raise InvalidInput("The cart is empty. Nothing in it can be ordered. Put something in.", path=("id",))
    asked = CreateOrder(
        customer_id=customer_id,
        currency_code=cart.total_currency,
        channel=cart.channel,
        lines=tuple(
            NewOrderLine(sku=line.sku, description=line.description, quantity=line.quantity, unit_price=line.unit_price)
            for line in lines
        ),
    )
    uow.judge(asked)
    order = create_order(asked, uow)
    cart.customer_id = customer_id
    cart.status, cart.converted_at, cart.order_id = CartStatus.CONVERTED, uow.now, order.id
    uow.emit(events.CartConverted(customer_id=customer_id, cart_id=cart.id, order_id=order.id))
    return cart


def _at_hand(command: SetCartLine | RecoverCart | ConvertCart, uow: UnitOfWork) -> Cart:
    """The cart, held, while something can still be done with it."""
    cart = uow.get(Cart, command.id, lock=True, path=("id",))
    same_version(cart, version=command.version)
    if cart.status in (CartStatus.CONVERTED, CartStatus.EXPIRED):
        raise Conflict(f"The cart is {cart.status.name}. Nothing can be changed in it. Open a new one.", path=("id",))
    return cart


def _put(command: SetCartLine, cart: Cart, line: CartLine | None, uow: UnitOfWork) -> CartLine:
    wanted = NewOrderLine(
        sku=command.sku, description=command.description, quantity=command.quantity, unit_price=command.unit_price
    )
    try:
        check_line_currency(wanted, cart.total_currency, position=0)
        (item,) = items_of((wanted,), cart.total_currency, uow, price_list_code=STANDARD)
    except InvalidInput as error:
        raise InvalidInput(error.message, path=error.path[2:]) from None
    if line is None:
        line = uow.add(CartLine(cart_id=cart.id, sku=command.sku))
    line.product_id = None if item.product is None else item.product.id
    line.description = command.description or (None if item.product is None else item.product.name)
    line.quantity, line.unit_price, line.amount = command.quantity, item.unit_price, item.amount
    return line


def _touch(cart: Cart, uow: UnitOfWork) -> None:
    if cart.status is CartStatus.ABANDONED:
        cart.status, cart.recovered_at = CartStatus.OPEN, uow.now
        uow.emit(events.CartRecovered(customer_id=cart.customer_id, cart_id=cart.id))
    cart.last_activity_at = uow.now
    cart.abandons_at = uow.now + dt.timedelta(minutes=cart.abandon_after_minutes)


def _lines(cart: Cart, uow: UnitOfWork) -> list[CartLine]:
    return uow.select(select(CartLine).where(CartLine.cart_id == cart.id).order_by(CartLine.id))


HANDLERS: Final = (
    CommandHandler(command=OpenCart, handler=open_cart, permission=CART_WRITE),
    CommandHandler(command=SetCartLine, handler=set_cart_line, permission=CART_WRITE),
    CommandHandler(command=RecoverCart, handler=recover_cart, permission=CART_WRITE),
    CommandHandler(command=ConvertCart, handler=convert_cart, permission=CART_WRITE),
)
