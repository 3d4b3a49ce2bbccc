"""What may be asked: the fields a shop adds to customers and transactions, and its own types.

Plain annotations are columns and references of the model; filters, order keys, paging and permissions follow from it.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import case

from patron_retail import models
from patron_retail.models import PointsEntryKind
from patron_schema.declare import Connection, Query, expression, extends, planned, related, resolver, root, total
from patron_schema.nodes import Node
from patron_schema.types.customers import Customer
from patron_schema.types.timeline import TimelineEntry
from patron_schema.types.transactions import Transaction, TransactionLine

__all__ = ["EXTENSIONS", "TYPES", "LoyaltyMember", "PointsEntry", "Purchase"]

_SUMMARY = case(
    (models.PointsEntry.kind == PointsEntryKind.EARN, "Points earned"),
    (models.PointsEntry.kind == PointsEntryKind.BURN, "Points redeemed"),
    (models.PointsEntry.kind == PointsEntryKind.REVERSE, "Points taken back"),
    else_="Points adjusted",
)


@planned(models.LoyaltyMember)
class LoyaltyMember(Node):
    """A customer's membership in the loyalty programme."""

    customer: Customer
    enrolled_at: dt.datetime
    tier: models.LoyaltyTier
    points: int
    tier_points: int
    next_tier_at: int | None
    version: int
    entries: Connection[PointsEntry] = related(
        models.PointsEntry.member, description="The ledger: every time points came or went."
    )
    earned: int = total(
        models.PointsEntry.delta,
        via=models.PointsEntry.member,
        where=models.PointsEntry.kind == PointsEntryKind.EARN,
        description="Points ever earned by purchases.",
    )
    redeemed: int = total(
        -models.PointsEntry.delta,
        via=models.PointsEntry.member,
        where=models.PointsEntry.kind == PointsEntryKind.BURN,
        description="Points ever redeemed.",
    )
    can_redeem: bool = expression(models.LoyaltyMember.points > 0, description="Whether there are points to spend.")

    @resolver("tier_points", "next_tier_at")
    def points_to_next_tier(self) -> int | None:
        """Points missing for the next tier; null at the highest."""
        return None if self.next_tier_at is None else max(self.next_tier_at - self.tier_points, 0)


@planned(models.PointsEntry)
class PointsEntry(TimelineEntry):
    """Points that came or went."""

    member: LoyaltyMember
    kind: models.PointsEntryKind
    delta: int
    occurred_at: dt.datetime
    summary: str = expression(_SUMMARY, description="What happened.", filterable=False, orderable=False)
    reason: str | None
    transaction: Transaction | None


@planned(models.Purchase)
class Purchase(Node):
    """What a sale says about buying beside its money."""

    customer: Customer | None
    transaction: Transaction
    occurred_at: dt.datetime
    units: Decimal | None
    products: int | None


@extends(Customer)
class RetailCustomer:
    loyalty: LoyaltyMember | None = related(
        models.LoyaltyMember.customer, description="Membership in the loyalty programme; null for others."
    )
    purchases: Connection[Purchase] = related(models.Purchase.customer, description="What the customer bought.")


@extends(Transaction)
class RetailTransaction:
    purchase: Purchase | None = related(
        models.Purchase.transaction, description="What this sale says about buying; null for other kinds."
    )


@extends(Query)
class RetailQuery:
    loyalty_member: LoyaltyMember | None = root(description="A membership by its id.")
    loyalty_members: Connection[LoyaltyMember] = root(description="Memberships in the loyalty programme.")
    purchases: Connection[Purchase] = root(description="Purchases of all customers, and of those nobody knows.")
    purchase_lines: Connection[TransactionLine] = root(description="Items of all transactions.")


TYPES: tuple[type, ...] = (LoyaltyMember, PointsEntry, Purchase)
EXTENSIONS: tuple[type, ...] = (RetailCustomer, RetailTransaction, RetailQuery)
