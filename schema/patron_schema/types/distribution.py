"""What distributors sold on, as the API shows it: each sale with the one before and those after it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from patron_core.distribution import models
from patron_core.values import Money

from ..declare import Connection, Query, extends, planned, related, root
from ..nodes import Node

if TYPE_CHECKING:
    from .parties import Party

__all__ = ["EXTENSIONS", "TYPES", "SellThrough"]


@planned(models.SellThrough)
class SellThrough(Node):
    """Goods that one party sold on to another, as it was reported."""

    seller: Party
    buyer: Party | None
    upstream: SellThrough | None
    step: int
    to_end_customer: bool
    sku: str
    quantity: Decimal
    amount: Money | None
    sold_on: dt.date
    source: str
    source_key: str
    downstream: Connection[SellThrough] = related(
        models.SellThrough.upstream, description="The sales by which the buyer sold it on."
    )


@extends(Query)
class DistributionQuery:
    sell_throughs: Connection[SellThrough] = root(description="What distributors sold on, down to end customers.")


TYPES = (SellThrough,)
EXTENSIONS = (DistributionQuery,)
