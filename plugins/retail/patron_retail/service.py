"""What happens when somebody asks: members are made, points redeemed and corrected.

Points that sales earn and returns take back are moved by `ledger`, when the core tells of them.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from patron_core.customers.models import Customer, LifecycleStage
from patron_core.errors import InvalidInput
from patron_core.hookspecs import CommandHandler, Veto
from patron_core.unit_of_work import UnitOfWork
from patron_retail import events
from patron_retail.commands import AdjustPoints, EnrolMember, RedeemPoints
from patron_retail.ledger import enrol
from patron_retail.models import LoyaltyMember, PointsEntry, PointsEntryKind
from patron_retail.permissions import RETAIL_ADJUST, RETAIL_ENROL, RETAIL_REDEEM

__all__ = ["HANDLERS", "Posted", "adjust_points", "enrol_member", "judge_redemption", "redeem_points"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A member after points moved, and the entry that says so."""

    member: LoyaltyMember
    entry: PointsEntry


def enrol_member(command: EnrolMember, uow: UnitOfWork) -> LoyaltyMember:
    """Makes a customer a member. One who is a member stays as they are. NOT_FOUND for a customer nobody has."""
    customer = uow.get(Customer, command.customer_id, path=("customer_id",))
    created = enrol(uow, [customer.id])
    member = uow.select(select(LoyaltyMember).where(LoyaltyMember.customer_id == customer.id))[0]
    if created:
        uow.emit(events.MemberEnrolled(customer_id=customer.id, member_id=member.id))
    return member


def redeem_points(command: RedeemPoints, uow: UnitOfWork) -> Posted:
    """Spends points. INVALID_INPUT where there are fewer, whoever else redeems at the same time."""
    member = uow.get(LoyaltyMember, command.member_id, path=("member_id",))
    _move(uow, member.id, -command.points, path="points")
    entry = _enter(uow, member.id, PointsEntryKind.BURN, -command.points, command.reason)
    uow.emit(
        events.PointsRedeemed(
            customer_id=member.customer_id, member_id=member.id, entry_id=entry.id, points=command.points
        )
    )
    return Posted(member=member, entry=entry)


def adjust_points(command: AdjustPoints, uow: UnitOfWork) -> Posted:
    """Corrects points by hand. INVALID_INPUT where fewer are there than are to be taken away."""
    member = uow.get(LoyaltyMember, command.member_id, path=("member_id",))
    _move(uow, member.id, command.delta, path="delta")
    entry = _enter(uow, member.id, PointsEntryKind.ADJUST, command.delta, command.reason)
    uow.emit(
        events.PointsAdjusted(
            customer_id=member.customer_id, member_id=member.id, entry_id=entry.id, delta=command.delta
        )
    )
    return Posted(member=member, entry=entry)


def judge_redemption(command: RedeemPoints, uow: UnitOfWork) -> Veto | None:
    """The gate: a customer who has left redeems nothing, until they are won back."""
    stage = (
        select(Customer.lifecycle_stage)
        .join(LoyaltyMember, LoyaltyMember.customer_id == Customer.id)
        .where(LoyaltyMember.id == command.member_id)
    )
    if uow.select(stage) != [LifecycleStage.CHURNED]:
        return None
    return Veto(
        "LOYALTY_BLOCKED",
        "The points are blocked. The customer has left. Win the customer back, then redeem.",
        path=("member_id",),
    )


def _move(uow: UnitOfWork, member_id: uuid.UUID, delta: int, *, path: str) -> None:
    """Changes the points, in one atomic statement that refuses to go below zero."""
    enough = [LoyaltyMember.points >= -delta] if delta < 0 else []
    changed = uow.update_rows(
        LoyaltyMember, LoyaltyMember.id == member_id, *enough, values={"points": LoyaltyMember.points + delta}
    )
    if not changed:
        raise InvalidInput(
            f"There are not enough points. {-delta} were asked for, and the member has fewer. Ask for less.",
            path=(path,),
        )


def _enter(uow: UnitOfWork, member_id: uuid.UUID, kind: PointsEntryKind, delta: int, reason: str | None) -> PointsEntry:
    return uow.add(PointsEntry(member_id=member_id, kind=kind, delta=delta, occurred_at=uow.now, reason=reason))


HANDLERS: Final = (
    CommandHandler(command=EnrolMember, handler=enrol_member, permission=RETAIL_ENROL),
    CommandHandler(command=RedeemPoints, handler=redeem_points, permission=RETAIL_REDEEM),
    CommandHandler(command=AdjustPoints, handler=adjust_points, permission=RETAIL_ADJUST),
)
