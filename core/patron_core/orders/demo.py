"""Demo rows: what some of the demo's customers ordered in the last months, and a lamp that came back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext
from patron_core.orders.commands import (
    CreateOrder,
    MoveOrder,
    NewOrderLine,
    NewReturnLine,
    PlaceOrder,
    ReturnOrder,
)
from patron_core.orders.models import Order, OrderStatus
from patron_core.orders.service import lines_of
from patron_core.touchpoints.models import Channel
from patron_core.values import Money

__all__ = ["fill"]

_SKUS = ("TEA-01", "MUG-07", "BAG-02", "MAP-11", "LMP-05", "CLK-03")


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Orders of a few people and of each company, in different states."""
    for customer in [*people[:5], *companies]:
        _placed(demo, customer, days_ago=demo.random.randrange(20, 90))
    if companies:
        _returned(demo, companies[0])
        _draft(demo, companies[-1])


def _draft(demo: DemoContext, customer: Customer) -> Order:
    lines = tuple(
        NewOrderLine(
            sku=sku,
            quantity=Decimal(demo.random.randrange(1, 5)),
            tax=Money(demo.random.randrange(50, 500), "EUR"),
        )
        for sku in demo.random.sample(_SKUS, k=2)
    )
    order: Order = demo.uow.handle(
        CreateOrder(customer_id=customer.id, currency_code="EUR", channel=Channel.WEB, lines=lines)
    )
    demo.uow.flush()
    return order


def _placed(demo: DemoContext, customer: Customer, *, days_ago: int) -> Order:
    order = _draft(demo, customer)
    at = demo.uow.now - dt.timedelta(days=days_ago)
    demo.uow.handle(PlaceOrder(id=order.id, version=order.version, occurred_at=at))
    demo.uow.flush()
    for status in (OrderStatus.PAID, OrderStatus.FULFILLED)[: demo.random.randrange(3)]:
        at += dt.timedelta(days=2)
        demo.uow.handle(MoveOrder(id=order.id, version=order.version, status=status, occurred_at=at))
        demo.uow.flush()
    return order


def _returned(demo: DemoContext, customer: Customer) -> None:
    order = _placed(demo, customer, days_ago=15)
    if order.status is not OrderStatus.FULFILLED:
        demo.uow.handle(MoveOrder(id=order.id, version=order.version, status=OrderStatus.FULFILLED))
        demo.uow.flush()
    line = lines_of(order, demo.uow)[0]
    back = NewReturnLine(line_id=line.id, quantity=Decimal(1))
    demo.uow.handle(ReturnOrder(id=order.id, version=order.version, lines=(back,), reason="Arrived broken."))
    demo.uow.flush()
