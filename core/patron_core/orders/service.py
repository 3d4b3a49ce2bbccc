"""What happens to orders: they are made, changed as drafts, placed, moved on, called off, and items of them come back.

An order's row is locked while it moves. Its sale and its refunds are written into the ledger in the same unit of work:
`patron:orders` and the order's id are the sale's source key, so that there is one.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from patron_core.customers.models import Customer
from patron_core.errors import Conflict, InvalidInput, NotFound
from patron_core.hookspecs import CommandHandler
from patron_core.orders import events
from patron_core.orders.commands import (
    CancelOrder,
    CreateOrder,
    MoveOrder,
    NewReturnLine,
    PlaceOrder,
    ReturnOrder,
    SetOrderLines,
    check_line_currency,
)
from patron_core.orders.items import Item, items_of
from patron_core.orders.models import Order, OrderLine, OrderReturn, OrderReturnLine, OrderStatus, OrderStatusChange
from patron_core.orders.permissions import ORDER_WRITE
from patron_core.orders.states import check_move
from patron_core.orders.sums import refund_lines, sale_lines, sums_of
from patron_core.transactions.commands import NewLine, RecordTransaction, ReverseTransaction
from patron_core.transactions.models import Transaction, TransactionKind
from patron_core.transactions.service import record_transaction, reverse_transaction
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import not_later, same_version, unused
from patron_core.values import Money

__all__ = [
    "HANDLERS",
    "LEDGER_SOURCE",
    "cancel_order",
    "create_order",
    "lines_of",
    "move_order",
    "place_order",
    "return_order",
    "set_order_lines",
]

#: The source of rows of the ledger that orders write.
LEDGER_SOURCE: Final = "patron:orders"
_MOVED_TO: Final = (OrderStatus.PAID, OrderStatus.FULFILLED, OrderStatus.CLOSED)


def create_order(command: CreateOrder, uow: UnitOfWork) -> Order:
    """Makes a draft. A source key that is known gives the order that is there; CONFLICT where the number is taken."""
    customer = uow.get(Customer, command.customer_id, path=("customer_id",))
    if command.source is not None:
        known = uow.find(Order, source=command.source, source_key=command.source_key)
        if known is not None:
            return known
    if command.number is not None:
        unused(uow, Order, number=command.number)
    items = items_of(command.lines, command.currency_code, uow, price_list_code=command.price_list_code)
    id_ = uow.ids.new()
    nothing = Money(0, command.currency_code)
    order = uow.add(
        Order(
            id=id_,
            customer_id=customer.id,
            number=command.number or f"O-{id_.hex[:12]}-{id_.hex[-8:]}".upper(),
            channel=command.channel,
            status=OrderStatus.DRAFT,
            subtotal=nothing,
            discount=nothing,
            tax=nothing,
            total=nothing,
            refunded=nothing,
            source=command.source,
            source_key=command.source_key,
        )
    )
    _put_lines(order, items, uow, currency_code=command.currency_code)
    _keep(order, uow, before=None, after=OrderStatus.DRAFT, at=uow.now, reason=None)
    uow.emit(events.OrderCreated(customer_id=customer.id, order_id=order.id))
    return order


def set_order_lines(command: SetOrderLines, uow: UnitOfWork) -> Order:
    """Puts other items in the place of those of a draft. CONFLICT where it is placed."""
    order = uow.get(Order, command.id, lock=True, path=("id",))
    items = items_of(command.lines, order.total_currency, uow, price_list_code=command.price_list_code)
    for position, line in enumerate(command.lines):
        check_line_currency(line, order.total_currency, position=position)
    same_version(order, version=command.version)
    if order.status is not OrderStatus.DRAFT:
        raise Conflict(
            f"The order is no draft. It is {order.status.name}, and its lines were to be changed. Make a new order.",
            path=("id",),
        )
    for old in lines_of(order, uow):
        uow.delete(old)
    uow.flush()
    _put_lines(order, items, uow, currency_code=order.total_currency)
    uow.emit(events.OrderLinesSet(customer_id=order.customer_id, order_id=order.id))
    return order


def place_order(command: PlaceOrder, uow: UnitOfWork) -> Order:
    """Places a draft: its sale is written into the ledger, once. CONFLICT where it is no draft."""
    order = uow.get(Order, command.id, lock=True, path=("id",))
    same_version(order, version=command.version)
    check_move(order.status, OrderStatus.PLACED)
    at = _when(command.occurred_at, uow)
    sale = _record(
        order, TransactionKind.SALE, order.total, sale_lines(lines_of(order, uow)), uow, at=at, key=str(order.id)
    )
    order.sale_id, order.placed_at = sale.id, at
    _go(order, OrderStatus.PLACED, uow, at=at)
    return order


def move_order(command: MoveOrder, uow: UnitOfWork) -> Order:
    """Moves a placed order on. CONFLICT where it may not go there."""
    order = uow.get(Order, command.id, lock=True, path=("id",))
    same_version(order, version=command.version)
    if command.status not in _MOVED_TO:
        raise InvalidInput(
            "An order is not moved there. PAID, FULFILLED and CLOSED can be given. Place, cancel or return it instead.",
            path=("status",),
        )
    check_move(order.status, command.status, path="status")
    at = _when(command.occurred_at, uow)
    if command.status is OrderStatus.FULFILLED:
        order.fulfilled_at = at
    _go(order, command.status, uow, at=at)
    return order


def cancel_order(command: CancelOrder, uow: UnitOfWork) -> Order:
    """Calls an order off; a sale is taken back. CONFLICT where it is fulfilled, cancelled or returned."""
    order = uow.get(Order, command.id, lock=True, path=("id",))
    same_version(order, version=command.version)
    check_move(order.status, OrderStatus.CANCELLED)
    if order.sale_id is not None:
        reversal = ReverseTransaction(id=order.sale_id)
        uow.judge(reversal)
        reverse_transaction(reversal, uow)
    _go(order, OrderStatus.CANCELLED, uow, at=uow.now, reason=command.reason)
    return order


def return_order(command: ReturnOrder, uow: UnitOfWork) -> OrderReturn:
    """Takes items back and writes the refund. INVALID_INPUT for more than was bought; all back makes it RETURNED."""
    order = uow.get(Order, command.id, lock=True, path=("id",))
    lines = {line.id: line for line in lines_of(order, uow)}
    _check_lines(command.lines, lines)
    same_version(order, version=command.version)
    check_move(order.status, OrderStatus.RETURNED)
    items = refund_lines([(lines[new.line_id], new.quantity) for new in command.lines])
    amount = Money(sum(item.total.minor for item in items), order.total_currency)
    id_ = uow.ids.new()
    refund = _record(order, TransactionKind.REFUND, amount, items, uow, at=uow.now, key=str(id_))
    made = uow.add(
        OrderReturn(id=id_, order_id=order.id, refund_id=refund.id, occurred_at=uow.now, reason=command.reason)
    )
    for new in command.lines:
        uow.add(OrderReturnLine(order_return_id=made.id, line_id=new.line_id, quantity=new.quantity))
        lines[new.line_id].returned += new.quantity
    order.refunded += -amount
    uow.emit(events.OrderReturned(customer_id=order.customer_id, order_id=order.id, order_return_id=made.id))
    if all(line.returned == line.quantity for line in lines.values()):
        _go(order, OrderStatus.RETURNED, uow, at=uow.now, reason=command.reason)
    return made


def lines_of(order: Order, uow: UnitOfWork) -> list[OrderLine]:
    """The lines of an order in their order."""
    return uow.select(select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.number))


def _check_lines(given: Sequence[NewReturnLine], lines: dict[uuid.UUID, OrderLine]) -> None:
    for position, new in enumerate(given):
        line = lines.get(new.line_id)
        if line is None:
            raise NotFound(
                "The order has no such line. The id names none of its lines. Check the id.",
                path=("lines", position, "line_id"),
            )
        if line.returned + new.quantity > line.quantity:
            raise InvalidInput(
                "More comes back than was bought. The quantity is above what is left of the line. Give less.",
                path=("lines", position, "quantity"),
            )


def _put_lines(order: Order, items: Sequence[Item], uow: UnitOfWork, *, currency_code: str) -> None:
    lines = [
        uow.add(
            OrderLine(
                order_id=order.id,
                number=number,
                product_id=None if item.product is None else item.product.id,
                sku=item.line.sku if item.product is None else item.product.sku,
                description=item.line.description or (None if item.product is None else item.product.name),
                quantity=item.line.quantity,
                returned=0,
                unit_price=item.unit_price,
                unit_cost=item.unit_cost,
                amount=item.amount,
                discount=item.discount,
                tax=item.tax,
            )
        )
        for number, item in enumerate(items, start=1)
    ]
    sums = sums_of(lines, currency_code)
    order.subtotal, order.discount, order.tax, order.total = sums.subtotal, sums.discount, sums.tax, sums.total


def _record(
    order: Order,
    kind: TransactionKind,
    amount: Money,
    lines: tuple[NewLine, ...],
    uow: UnitOfWork,
    *,
    at: dt.datetime,
    key: str,
) -> Transaction:
    """Writes a row of the ledger, past the gates of plugins as any other."""
    command = RecordTransaction(
        customer_id=order.customer_id,
        kind=kind,
        amount=amount,
        occurred_at=at,
        channel=order.channel,
        receipt_number=order.number,
        lines=lines,
        source=LEDGER_SOURCE,
        source_key=key,
    )
    uow.judge(command)
    return record_transaction(command, uow)


def _when(given: dt.datetime | None, uow: UnitOfWork) -> dt.datetime:
    if given is not None:
        not_later(given, than=uow.now, path="occurred_at")
    return given or uow.now


def _go(order: Order, after: OrderStatus, uow: UnitOfWork, *, at: dt.datetime, reason: str | None = None) -> None:
    before = order.status
    order.status = after
    _keep(order, uow, before=before, after=after, at=at, reason=reason)
    uow.emit(events.OrderMoved(customer_id=order.customer_id, order_id=order.id, from_status=before, to_status=after))


def _keep(
    order: Order,
    uow: UnitOfWork,
    *,
    before: OrderStatus | None,
    after: OrderStatus,
    at: dt.datetime,
    reason: str | None,
) -> None:
    uow.add(
        OrderStatusChange(
            order_id=order.id,
            from_status=before,
            to_status=after,
            occurred_at=at,
            changed_by=uow.actor.subject,
            reason=reason,
        )
    )


HANDLERS: Final = (
    CommandHandler(command=CreateOrder, handler=create_order, permission=ORDER_WRITE),
    CommandHandler(command=SetOrderLines, handler=set_order_lines, permission=ORDER_WRITE),
    CommandHandler(command=PlaceOrder, handler=place_order, permission=ORDER_WRITE),
    CommandHandler(command=MoveOrder, handler=move_order, permission=ORDER_WRITE),
    CommandHandler(command=CancelOrder, handler=cancel_order, permission=ORDER_WRITE),
    CommandHandler(command=ReturnOrder, handler=return_order, permission=ORDER_WRITE),
)
