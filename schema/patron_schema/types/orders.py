"""Orders as the API shows them: lines, states with their history, returns, and the sale and refunds in the ledger."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from patron_core.customers.models import Customer as CustomerRow
from patron_core.orders import models, repeats
from patron_core.orders.permissions import ORDER_READ
from patron_core.touchpoints.models import Channel
from patron_core.values import Money

from ..declare import Connection, Query, extends, planned, related, resolver, root
from ..nodes import Node
from .customers import Customer
from .figures import Figure, shown

if TYPE_CHECKING:
    from .products import Product
    from .transactions import Transaction

__all__ = ["EXTENSIONS", "TYPES", "Order", "OrderLine", "OrderReturn", "OrderReturnLine", "OrderStatusChange"]


@planned(models.Order)
class Order(Node):
    """What a customer ordered."""

    customer: Customer
    number: str
    channel: Channel | None
    status: models.OrderStatus
    subtotal: Money
    discount: Money
    tax: Money
    total: Money
    refunded: Money
    placed_at: dt.datetime | None
    fulfilled_at: dt.datetime | None
    sale: Transaction | None
    source: str | None
    source_key: str | None
    version: int
    created_at: dt.datetime
    lines: Connection[OrderLine] = related(models.OrderLine.order, description="Its items.")
    status_changes: Connection[OrderStatusChange] = related(
        models.OrderStatusChange.order, description="Through which states it went."
    )
    returns: Connection[OrderReturn] = related(models.OrderReturn.order, description="What came back of it.")


@planned(models.OrderLine)
class OrderLine(Node):
    """An item of an order."""

    order: Order
    number: int
    product: Product | None
    sku: str | None
    description: str | None
    quantity: Decimal
    returned: Decimal
    unit_price: Money
    unit_cost: Money | None
    amount: Money
    discount: Money
    tax: Money


@planned(models.OrderStatusChange)
class OrderStatusChange(Node):
    """An order went from one state to another."""

    order: Order
    from_status: models.OrderStatus | None
    to_status: models.OrderStatus
    occurred_at: dt.datetime
    changed_by: str
    reason: str | None


@planned(models.OrderReturn)
class OrderReturn(Node):
    """Items of an order that came back, with the refund in the ledger."""

    order: Order
    refund: Transaction
    occurred_at: dt.datetime
    reason: str | None
    lines: Connection[OrderReturnLine] = related(models.OrderReturnLine.order_return, description="What came back.")


@planned(models.OrderReturnLine)
class OrderReturnLine(Node):
    """How many of a line came back in a return."""

    order_return: OrderReturn
    line: OrderLine
    quantity: Decimal


@extends(Customer)
class CustomerOrders:
    orders: Connection[Order] = related(models.Order.customer, description="What the customer ordered.")


@strawberry.type(description="A customer whose usual time between two purchases has passed.")
class DueForRepeat:
    customer_id: strawberry.ID = strawberry.field(description="Who is due; `customers` and `node` show more.")
    last_purchase_on: dt.date = strawberry.field(description="The day of the last purchase.")
    due_on: dt.date = strawberry.field(description="The day on which the next one was to be expected.")
    overdue_days: int = strawberry.field(description="How many days ago that was.")
    interval: Figure = strawberry.field(description="The usual number of days between two purchases.")
    reason: str = strawberry.field(description="Why, in a sentence.")


AsOf = Annotated[dt.datetime | None, strawberry.argument(description="Up to when purchases count; now when left out.")]
Limit = Annotated[int, strawberry.argument(description="How many, 1 to 200.")]
Least = Annotated[int, strawberry.argument(description="Days with a purchase of which a habit is told, at least 3.")]
Lapsed = Annotated[
    Decimal, strawberry.argument(description="After how many usual intervals somebody has lapsed and is not due.")
]


@extends(Query)
class OrderQuery:
    order: Order | None = root(description="An order by its id.")
    orders: Connection[Order] = root(description="Orders.")
    order_lines: Connection[OrderLine] = root(description="Items of all orders.")
    order_returns: Connection[OrderReturn] = root(description="Items that came back.")

    @resolver(scope=ORDER_READ)
    async def due_for_repeat(
        self,
        info: strawberry.Info[Any, Any],
        as_of: AsOf = None,
        limit: Limit = 20,
        least_purchases: Least = repeats.LEAST_PURCHASES,
        lapsed_after: Lapsed = repeats.LAPSED_AFTER,
    ) -> list[DueForRepeat]:
        """Customers who usually would have bought again by now, with the habit that says so."""
        found = await info.context.read(
            lambda uow: repeats.due_for_repeat(
                uow, as_of=as_of, limit=limit, least_purchases=least_purchases, lapsed_after=lapsed_after
            )
        )
        return [_due(each) for each in found]


def _due(each: repeats.DueForRepeat) -> DueForRepeat:
    return DueForRepeat(
        customer_id=strawberry.ID(f"{CustomerRow.id_prefix}_{each.customer_id}"),
        last_purchase_on=each.last_purchase_on,
        due_on=each.due_on,
        overdue_days=each.overdue_days,
        interval=shown(each.interval),
        reason=each.reason,
    )


TYPES = (Order, OrderLine, OrderStatusChange, OrderReturn, OrderReturnLine)
EXTENSIONS = (CustomerOrders, OrderQuery)
