"""Demo rows: a small catalogue with prices, the goods that the demo's ledger tells of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext
from patron_core.products.commands import CreateProduct, SetPrice
from patron_core.products.models import ProductKind
from patron_core.values import Money

__all__ = ["fill"]

_CATALOGUE: Final = (
    ("TEA-01", "Green tea, 100 g", "Pantry", 310, 690),
    ("MUG-07", "Enamel mug", "Kitchen", 520, 1250),
    ("BAG-02", "Canvas bag", "Travel", 700, 1890),
    ("MAP-11", "Folded map", "Travel", 290, 950),
    ("LMP-05", "Desk lamp", "Home", 2150, 4900),
    ("CLK-03", "Wall clock", "Home", 3900, 7400),
    ("WRK-01", "An hour of repair", "Service", 3200, 6000),
)


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Makes the catalogue; the prices were raised a month ago."""
    for sku, name, category, cost, price in _CATALOGUE:
        kind = ProductKind.SERVICE if category == "Service" else ProductKind.GOODS
        product = demo.uow.handle(
            CreateProduct(sku=sku, name=name, category=category, kind=kind, unit_cost=Money(cost, "EUR"))
        )
        demo.uow.flush()
        for amount, days in ((price * 9 // 10, 400), (price, 30)):
            begins = demo.clock.now() - dt.timedelta(days=days)
            demo.uow.handle(SetPrice(product_id=product.id, amount=Money(amount, "EUR"), valid_from=begins))
