"""Demo rows of distribution: goods that went through two companies to a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from patron_core.customers.models import Customer
from patron_core.distribution.commands import ReportSellThrough
from patron_core.distribution.models import SellThrough
from patron_core.hookspecs import DemoContext

__all__ = ["fill"]


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Ten lamps to a company, four on to another one, one of these to a person."""
    if len(companies) < 3 or not people:
        return
    chain = [*companies[:3], people[0]]
    before: SellThrough | None = None
    for step, (seller, buyer, quantity) in enumerate(zip(chain, chain[1:], (10, 4, 1), strict=False), start=1):
        before = demo.uow.handle(
            ReportSellThrough(
                seller_id=seller.party_id,
                buyer_id=buyer.party_id,
                upstream_id=None if before is None else before.id,
                to_end_customer=step == 3,
                sku="LMP-05",
                quantity=Decimal(quantity),
                sold_on=demo.clock.now().date() - dt.timedelta(days=40 - 10 * step),
                source="demo",
                source_key=f"lamp-{step}",
            )
        )
        demo.uow.flush()
