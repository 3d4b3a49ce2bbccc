"""Demo rows: a cart that is being filled, and two that were left behind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from patron_core.carts.aging import abandon_carts
from patron_core.carts.commands import OpenCart, SetCartLine
from patron_core.carts.models import Cart
from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext, Step
from patron_core.touchpoints.models import Channel

__all__ = ["fill"]


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Carts of three people; the job says which of them are abandoned."""
    for hours, customer in zip((0, 3, 26), people, strict=False):
        cart: Cart = demo.uow.handle(OpenCart(customer_id=customer.id, channel=Channel.WEB, currency_code="EUR"))
        demo.uow.flush()
        for sku in demo.random.sample(("TEA-01", "MUG-07", "LMP-05"), k=2):
            demo.uow.handle(SetCartLine(id=cart.id, version=cart.version, sku=sku))
            demo.uow.flush()
        cart.last_activity_at -= dt.timedelta(hours=hours)
        cart.abandons_at -= dt.timedelta(hours=hours)
    demo.uow.flush()
    abandon_carts(Step(arguments={}, state={}, done=0), demo.uow)
