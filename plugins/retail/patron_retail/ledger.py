"""The ledger of points: what sales earn and returns take back, for one transaction or a thousand in the same statements.

In come rows of the core's ledger, out go entries, members' running sums and tiers. Members are locked in one
order before anything is worked out, so that whoever sells to the same member at the same time waits.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import ColumnElement, Select, func, select

from patron_core.transactions.models import TransactionKind
from patron_core.unit_of_work import UnitOfWork
from patron_retail import events
from patron_retail.models import LoyaltyMember, LoyaltyTier, PointsEntry, PointsEntryKind
from patron_retail.sales import Sold
from patron_retail.settings import RetailSettings

__all__ = ["enrol", "post_transactions", "review_all_tiers"]

EARN, BURN, REVERSE, ADJUST = PointsEntryKind

#: What counts for the tier: spending points costs nobody their tier.
_COUNTED = (EARN, REVERSE)
_CHUNK = 500


def enrol(uow: UnitOfWork, customer_ids: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """Makes members of the customers who are none yet, and returns the new members' ids."""
    first = uow.plugins.settings(RetailSettings).next_tier_at(0)
    rows = [
        {
            "customer_id": customer_id,
            "enrolled_at": uow.now,
            "points": 0,
            "tier": LoyaltyTier.BRONZE,
            "tier_points": 0,
            "next_tier_at": first,
        }
        for customer_id in customer_ids
    ]
    return uow.add_many(LoyaltyMember, rows, unless_exists=("customer_id",))


def post_transactions(uow: UnitOfWork, sold: Sequence[Sold]) -> None:
    """Moves the points that these rows of the core's ledger earn or take back; what was moved before is not again.

    A sale earns by its amount. A row that takes another back moves what that one moved, the other way. A refund takes
    back what its amount would have earned, at most what the member has earned: it may be for a purchase before the
    membership.
    """
    members = _members(uow, sold)
    entries = _entries(uow, sold, members)
    if entries:
        uow.add_many(PointsEntry, entries)
        balance(uow, {entry["member_id"] for entry in entries})


def balance(uow: UnitOfWork, member_ids: Collection[uuid.UUID]) -> None:
    """Makes the members' points the sum of their entries, and their tiers what the last twelve months give."""
    uow.update_rows(
        LoyaltyMember,
        uow.among(LoyaltyMember.id, member_ids),
        values={"points": _sum().scalar_subquery(), "tier_points": _sum_of_the_year(uow).scalar_subquery()},
    )
    _review_tiers(uow, member_ids)


def review_all_tiers(uow: UnitOfWork) -> None:
    """The nightly job: points older than twelve months stop to count, and changed thresholds begin to hold."""
    year = _sum_of_the_year(uow).scalar_subquery()
    stale = uow.select(select(LoyaltyMember.id).where(LoyaltyMember.tier_points != year).order_by(LoyaltyMember.id))
    for start in range(0, len(stale), _CHUNK):
        chunk = stale[start : start + _CHUNK]
        balance(uow, _locked_members(uow, uow.among(LoyaltyMember.id, chunk)).values())
    _review_tiers(uow)


def _members(uow: UnitOfWork, sold: Sequence[Sold]) -> dict[uuid.UUID, uuid.UUID]:
    """The members among the customers, by customer, locked; who buys for the first time becomes one."""
    customers = {row.customer_id for row in sold if row.customer_id is not None}
    if not customers:
        return {}
    members = _locked_members(uow, uow.among(LoyaltyMember.customer_id, customers))
    if uow.plugins.settings(RetailSettings).enrol_on_purchase:
        buyers = {row.customer_id for row in sold if row.customer_id is not None and row.is_purchase}
        strangers = sorted(buyers - set(members))
        if enrolled := enrol(uow, strangers):
            uow.emit(events.MembersEnrolled(member_ids=tuple(enrolled)))
        if strangers:
            members |= _locked_members(uow, uow.among(LoyaltyMember.customer_id, strangers))
    return members


def _locked_members(uow: UnitOfWork, criterion: ColumnElement[bool]) -> dict[uuid.UUID, uuid.UUID]:
    """The ids of members by customer; nobody else changes them until this unit of work ends."""
    members = select(LoyaltyMember.customer_id, LoyaltyMember.id).where(criterion)
    return {row.customer_id: row.id for row in uow.rows(members.order_by(LoyaltyMember.id).with_for_update())}


def _entries(uow: UnitOfWork, sold: Sequence[Sold], members: Mapping[uuid.UUID, uuid.UUID]) -> list[dict[str, Any]]:
    """The entries that these transactions of members still need."""
    settings = uow.plugins.settings(RetailSettings)
    moving = [
        (row, members[row.customer_id]) for row in sold if row.customer_id is not None and row.customer_id in members
    ]
    moved = _moved(uow, [row for row, _ in moving])
    left = _left_to_take_back(uow, {member_id for row, member_id in moving if row.kind is TransactionKind.REFUND})
    entries: list[dict[str, Any]] = []
    for row, member_id in moving:
        if row.reverses_id is not None:
            delta = -moved.get(row.reverses_id, 0)
        elif row.kind is TransactionKind.SALE:
            delta = settings.points_for(row.amount)
        else:
            delta = -min(settings.points_for(-row.amount), max(left.get(member_id, 0), 0))
        if delta and row.id not in moved:
            moved[row.id] = delta
            left[member_id] = left.get(member_id, 0) + delta
            entries.append(
                {
                    "member_id": member_id,
                    "kind": EARN if delta > 0 else REVERSE,
                    "delta": delta,
                    "occurred_at": row.occurred_at,
                    "transaction_id": row.id,
                }
            )
    return entries


def _moved(uow: UnitOfWork, sold: Sequence[Sold]) -> dict[uuid.UUID, int]:
    """The points that these transactions, and those they take back, have moved so far."""
    ids = {row.id for row in sold} | {row.reverses_id for row in sold if row.reverses_id is not None}
    wanted = select(PointsEntry.transaction_id, PointsEntry.delta)
    return {row.transaction_id: row.delta for row in uow.look_up(wanted, PointsEntry.transaction_id, ids)}


def _left_to_take_back(uow: UnitOfWork, returning: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """What the members who return something have earned, less what was taken back before."""
    wanted = select(PointsEntry.member_id, func.sum(PointsEntry.delta).label("points"))
    wanted = wanted.where(PointsEntry.kind.in_(_COUNTED)).group_by(PointsEntry.member_id)
    return {row.member_id: int(row.points) for row in uow.look_up(wanted, PointsEntry.member_id, returning)}


def _sum() -> Select[Any]:
    """The sum of a member's entries, for a statement on members."""
    return select(func.coalesce(func.sum(PointsEntry.delta), 0)).where(
        PointsEntry.tenant_id == LoyaltyMember.tenant_id, PointsEntry.member_id == LoyaltyMember.id
    )


def _sum_of_the_year(uow: UnitOfWork) -> Select[Any]:
    since = uow.now - relativedelta(months=12)
    return _sum().where(PointsEntry.kind.in_(_COUNTED), PointsEntry.occurred_at > since)


def _review_tiers(uow: UnitOfWork, member_ids: Collection[uuid.UUID] | None = None) -> None:
    """Gives the members, or all, the tier that their points of the year give, and tells of each change."""
    settings = uow.plugins.settings(RetailSettings)
    wanted = select(
        LoyaltyMember.id,
        LoyaltyMember.customer_id,
        LoyaltyMember.tier,
        LoyaltyMember.tier_points,
        LoyaltyMember.next_tier_at,
    )
    if member_ids is not None:
        wanted = wanted.where(uow.among(LoyaltyMember.id, member_ids))
    due: dict[tuple[LoyaltyTier, int | None], list[Any]] = {}
    for row in uow.rows(wanted):
        place = settings.tier_of(row.tier_points), settings.next_tier_at(row.tier_points)
        if place != (row.tier, row.next_tier_at):
            due.setdefault(place, []).append(row)
    for (tier, next_tier_at), rows in due.items():
        values = {"tier": tier, "next_tier_at": next_tier_at}
        uow.update_rows(LoyaltyMember, uow.among(LoyaltyMember.id, [row.id for row in rows]), values=values)
        for row in rows:
            if row.tier is not tier:
                changed = events.TierChanged(
                    customer_id=row.customer_id, member_id=row.id, from_tier=row.tier, to_tier=tier
                )
                uow.emit(changed)
