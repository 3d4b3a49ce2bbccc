"""Taking in what distributors sold on."""

from __future__ import annotations

import strawberry

from patron_core.distribution import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.distribution import SellThrough

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class SellThroughPayload:
    """What a mutation of a sale gives."""

    sell_through: SellThrough | None = strawberry.field(description="The sale.")


@extends(Mutation)
class DistributionMutation:
    sell_through_report: SellThroughPayload = mutation(
        commands.ReportSellThrough, description="Takes a sale of a distributor in, once for each key of a source."
    )


TYPES = (SellThroughPayload,)
EXTENSIONS = (DistributionMutation,)
