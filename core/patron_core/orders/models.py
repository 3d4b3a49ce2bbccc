"""Orders: what a customer ordered, through which states an order went, and what came back of it."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..customers.models import Customer
from ..products.models import Product
from ..records import FINANCIAL, INTERNAL, PII, PUBLIC, Record, column, money, reference, subject
from ..touchpoints.models import Channel
from ..transactions.models import Transaction
from ..values import Code, Money

__all__ = ["Order", "OrderLine", "OrderReturn", "OrderReturnLine", "OrderStatus", "OrderStatusChange"]


class OrderStatus(Code):
    """Where an order stands."""

    DRAFT = "draft", "Being put together; nothing is owed."
    PLACED = "placed", "Ordered: the sale stands in the ledger."
    PAID = "paid", "Paid."
    FULFILLED = "fulfilled", "Delivered or done."
    CLOSED = "closed", "Nothing more is to be done."
    CANCELLED = "cancelled", "Called off; a sale was taken back."
    RETURNED = "returned", "All of it came back."


class Order(Record):
    """What a customer ordered."""

    __tablename__ = "customer_order"
    id_prefix = "ord"
    without_index = (
        ("channel source source_key placed_at fulfilled_at", "Asked within a status or a customer's orders."),
        (
            "discount_minor discount_currency total_minor total_currency refunded_minor refunded_currency",
            "Asked within a status or a customer's orders.",
        ),
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("tenant_id", "source", "source_key"),
        Index(None, "tenant_id", "status", "placed_at", "id"),
        CheckConstraint("total_minor = subtotal_minor - discount_minor + tax_minor", name="total"),
        CheckConstraint("refunded_minor >= 0", name="refunded"),
    )

    customer: Mapped[Customer] = subject(Customer, doc="Who ordered.")
    number: Mapped[str] = column(INTERNAL, doc="Its number, unique.", filterable=True, orderable=True)
    channel: Mapped[Channel | None] = column(PUBLIC, doc="Where it was ordered.", filterable=True)
    status: Mapped[OrderStatus] = column(INTERNAL, doc="Where it stands.", filterable=True, orderable=True)
    subtotal: Mapped[Money] = money(FINANCIAL, doc="The lines together, before discounts and tax.")
    discount: Mapped[Money] = money(FINANCIAL, doc="The discounts of the lines together.", filterable=True)
    tax: Mapped[Money] = money(FINANCIAL, doc="The tax of the lines together.")
    total: Mapped[Money] = money(
        FINANCIAL, doc="What is owed: the lines less discounts, with tax.", filterable=True, orderable=True
    )
    refunded: Mapped[Money] = money(FINANCIAL, doc="What was given back for items that came back.", filterable=True)
    placed_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it was ordered.", filterable=True, orderable=True
    )
    fulfilled_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it was delivered or done.", filterable=True, orderable=True
    )
    sale: Mapped[Transaction | None] = reference(
        Transaction, optional=True, unique=True, doc="The sale in the ledger, once it was placed."
    )
    source: Mapped[str | None] = column(INTERNAL, doc="The system that reported it.", filterable=True)
    source_key: Mapped[str | None] = column(
        INTERNAL, doc="Its key there: the same key twice is one order.", filterable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]
        sale_id: Mapped[uuid.UUID | None]
        total_minor: Mapped[int]
        total_currency: Mapped[str]


class OrderLine(Record):
    """An item of an order."""

    __tablename__ = "customer_order_line"
    id_prefix = "orl"
    without_index = (("*", "Asked of one order's lines, which its reference finds, or by product."),)
    __table_args__ = (
        UniqueConstraint("tenant_id", "order_id", "number"),
        CheckConstraint("quantity > 0 AND returned >= 0 AND returned <= quantity", name="returned"),
    )

    order: Mapped[Order] = subject(Order, doc="The order.")
    number: Mapped[int] = column(INTERNAL, doc="Position, from 1.", filterable=True, orderable=True)
    product: Mapped[Product | None] = reference(Product, optional=True, doc="What was ordered, where it is known.")
    sku: Mapped[str | None] = column(INTERNAL, doc="Stock-keeping unit.", filterable=True)
    description: Mapped[str | None] = column(INTERNAL, doc="What was ordered, in words.")
    returned: Mapped[Decimal] = column(INTERNAL, doc="How many came back.", scale=3, filterable=True)
    quantity: Mapped[Decimal] = column(INTERNAL, doc="How many.", scale=3, filterable=True, orderable=True)
    unit_price: Mapped[Money] = money(FINANCIAL, doc="Price of one.", filterable=True)
    unit_cost: Mapped[Money | None] = money(FINANCIAL, doc="What one cost us then.", optional=True, ours=True)
    amount: Mapped[Money] = money(FINANCIAL, doc="Quantity times price.", filterable=True, orderable=True)
    discount: Mapped[Money] = money(FINANCIAL, doc="Taken off the amount.", filterable=True)
    tax: Mapped[Money] = money(FINANCIAL, doc="Put on what is left.")

    if TYPE_CHECKING:  # the columns that references and composites make
        order_id: Mapped[uuid.UUID]
        product_id: Mapped[uuid.UUID | None]


class OrderStatusChange(Record):
    """An order went from one state to another."""

    __tablename__ = "customer_order_status_change"
    id_prefix = "osc"
    append_only = True
    without_index = (("from_status to_status changed_by", "Asked of one order or within a time."),)
    __table_args__ = (Index(None, "tenant_id", "occurred_at", "id"),)

    order: Mapped[Order] = subject(Order, doc="The order.")
    from_status: Mapped[OrderStatus | None] = column(
        INTERNAL, doc="Where it stood; null when it was new.", filterable=True
    )
    to_status: Mapped[OrderStatus] = column(INTERNAL, doc="Where it went.", filterable=True)
    occurred_at: Mapped[dt.datetime] = column(INTERNAL, doc="When.", filterable=True, orderable=True)
    changed_by: Mapped[str] = column(INTERNAL, doc="Who did it.", filterable=True)
    reason: Mapped[str | None] = column(PII, doc="Why, where one was given.")

    if TYPE_CHECKING:  # the columns that references and composites make
        order_id: Mapped[uuid.UUID]


class OrderReturn(Record):
    """Items of an order that came back, with the refund in the ledger."""

    __tablename__ = "customer_order_return"
    id_prefix = "ret"
    append_only = True
    __table_args__ = (Index(None, "tenant_id", "occurred_at", "id"),)

    order: Mapped[Order] = subject(Order, doc="The order.")
    refund: Mapped[Transaction] = reference(Transaction, unique=True, doc="The refund in the ledger.")
    occurred_at: Mapped[dt.datetime] = column(INTERNAL, doc="When they came back.", filterable=True, orderable=True)
    reason: Mapped[str | None] = column(PII, doc="Why, where one was given.")

    if TYPE_CHECKING:  # the columns that references and composites make
        order_id: Mapped[uuid.UUID]
        refund_id: Mapped[uuid.UUID]


class OrderReturnLine(Record):
    """How many of a line came back in a return."""

    __tablename__ = "customer_order_return_line"
    id_prefix = "rtl"
    append_only = True
    without_index = (("quantity", "Asked of one return's lines or one line's returns."),)
    __table_args__ = (UniqueConstraint("tenant_id", "order_return_id", "line_id"),)

    order_return: Mapped[OrderReturn] = subject(OrderReturn, doc="The return.")
    line: Mapped[OrderLine] = reference(OrderLine, doc="The line of the order.")
    quantity: Mapped[Decimal] = column(INTERNAL, doc="How many.", scale=3, filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        order_return_id: Mapped[uuid.UUID]
        line_id: Mapped[uuid.UUID]
