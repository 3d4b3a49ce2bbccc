"""What can have happened to orders. Events carry ids and codes, never amounts or reasons."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event
from patron_core.orders.models import OrderStatus

__all__ = ["OrderCreated", "OrderLinesSet", "OrderMoved", "OrderReturned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCreated(Event):
    """There is an order, as a draft. `customer_id` is set."""

    type: ClassVar[str] = "order.created"
    order_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLinesSet(Event):
    """A draft has other items. `customer_id` is set."""

    type: ClassVar[str] = "order.lines_set"
    order_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderMoved(Event):
    """An order went from one state to another: it was placed, paid, fulfilled, closed, cancelled or returned."""

    type: ClassVar[str] = "order.moved"
    order_id: uuid.UUID
    from_status: OrderStatus
    to_status: OrderStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReturned(Event):
    """Items of an order came back. `customer_id` is set."""

    type: ClassVar[str] = "order.items_returned"
    order_id: uuid.UUID
    order_return_id: uuid.UUID
