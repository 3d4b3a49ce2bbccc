"""Carts: what somebody is about to buy, and what became of it."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..customers.models import Customer
from ..orders.models import Order
from ..products.models import Product
from ..records import FINANCIAL, INTERNAL, PUBLIC, Record, column, money, reference, subject
from ..touchpoints.models import Channel
from ..values import Code, Money

__all__ = ["Cart", "CartLine", "CartStatus"]


class CartStatus(Code):
    """What became of a cart."""

    OPEN = "open", "Somebody is at it."
    ABANDONED = "abandoned", "Nobody touched it for its time; a job says so. It can be recovered."
    CONVERTED = "converted", "It became an order."
    EXPIRED = "expired", "Too old to be bought as it is."


class Cart(Record):
    """What somebody is about to buy."""

    __tablename__ = "cart"
    id_prefix = "crt"
    without_index = (
        (
            "channel line_count total_minor total_currency abandoned_at recovered_at converted_at last_activity_at",
            "Asked within a status or a customer's carts.",
        ),
    )
    __table_args__ = (
        Index(None, "tenant_id", "status", "abandons_at", "id"),
        Index(None, "tenant_id", "abandons_at", "id"),
        CheckConstraint("(status = 'CONVERTED') = (order_id IS NOT NULL)", name="converted"),
    )

    customer: Mapped[Customer | None] = subject(
        Customer, optional=True, doc="Whose cart; null while nobody said who they are."
    )
    channel: Mapped[Channel | None] = column(PUBLIC, doc="Where it is filled.", filterable=True)
    status: Mapped[CartStatus] = column(INTERNAL, doc="What became of it.", filterable=True, orderable=True)
    total: Mapped[Money] = money(FINANCIAL, doc="Its lines together.", filterable=True, orderable=True)
    line_count: Mapped[int] = column(INTERNAL, doc="How many lines it has.", filterable=True, orderable=True)
    last_activity_at: Mapped[dt.datetime] = column(
        INTERNAL, doc="When it was last touched.", filterable=True, orderable=True
    )
    abandon_after_minutes: Mapped[int] = column(
        INTERNAL, doc="After how many minutes without activity it counts as abandoned."
    )
    abandons_at: Mapped[dt.datetime] = column(
        INTERNAL, doc="From when on it counts as abandoned unless it is touched.", filterable=True, orderable=True
    )
    abandoned_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it was last found abandoned.", filterable=True, orderable=True
    )
    recovered_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When somebody came back to it.", filterable=True, orderable=True
    )
    converted_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it became an order.", filterable=True, orderable=True
    )
    order: Mapped[Order | None] = reference(Order, optional=True, unique=True, doc="The order it became.")

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID | None]
        order_id: Mapped[uuid.UUID | None]
        total_currency: Mapped[str]


class CartLine(Record):
    """An item in a cart."""

    __tablename__ = "cart_line"
    id_prefix = "crl"
    without_index = (("*", "Asked of one cart's lines, which its reference finds, or by product."),)
    __table_args__ = (
        UniqueConstraint("tenant_id", "cart_id", "sku"),
        CheckConstraint("quantity > 0", name="quantity"),
    )

    cart: Mapped[Cart] = subject(Cart, doc="The cart.")
    product: Mapped[Product | None] = reference(Product, optional=True, doc="What it is, where it is known.")
    sku: Mapped[str] = column(INTERNAL, doc="Stock-keeping unit; a cart has one line of each.", filterable=True)
    description: Mapped[str | None] = column(INTERNAL, doc="What it is, in words.")
    quantity: Mapped[Decimal] = column(INTERNAL, doc="How many.", scale=3, filterable=True, orderable=True)
    unit_price: Mapped[Money] = money(FINANCIAL, doc="Price of one.", filterable=True)
    amount: Mapped[Money] = money(FINANCIAL, doc="Quantity times price.", filterable=True, orderable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        cart_id: Mapped[uuid.UUID]
        product_id: Mapped[uuid.UUID | None]
