"""Carts as the API shows them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from patron_core.carts import models
from patron_core.touchpoints.models import Channel
from patron_core.values import Money

from ..declare import Connection, Query, extends, planned, related, root
from ..nodes import Node
from .customers import Customer

if TYPE_CHECKING:
    from .orders import Order
    from .products import Product

__all__ = ["EXTENSIONS", "TYPES", "Cart", "CartLine"]


@planned(models.Cart)
class Cart(Node):
    """What somebody is about to buy."""

    customer: Customer | None
    channel: Channel | None
    status: models.CartStatus
    total: Money
    line_count: int
    last_activity_at: dt.datetime
    abandon_after_minutes: int
    abandons_at: dt.datetime
    abandoned_at: dt.datetime | None
    recovered_at: dt.datetime | None
    converted_at: dt.datetime | None
    order: Order | None
    version: int
    created_at: dt.datetime
    lines: Connection[CartLine] = related(models.CartLine.cart, description="What is in it.")


@planned(models.CartLine)
class CartLine(Node):
    """An item in a cart."""

    cart: Cart
    product: Product | None
    sku: str
    description: str | None
    quantity: Decimal
    unit_price: Money
    amount: Money


@extends(Customer)
class CustomerCarts:
    carts: Connection[Cart] = related(models.Cart.customer, description="The customer's carts.")


@extends(Query)
class CartQuery:
    cart: Cart | None = root(description="A cart by its id.")
    carts: Connection[Cart] = root(description="Carts.")
    cart_lines: Connection[CartLine] = root(description="Items of all carts.")


TYPES = (Cart, CartLine)
EXTENSIONS = (CustomerCarts, CartQuery)
