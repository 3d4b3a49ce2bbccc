"""What may be changed through the API. Each input is derived from its command, each payload filled from its result."""

from __future__ import annotations

import strawberry

from patron_retail import commands, events
from patron_retail.types import LoyaltyMember, PointsEntry
from patron_schema.declare import Mutation, Subscription, extends, mutation, payload, subscription

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class LoyaltyEnrolPayload:
    """The membership."""

    member: LoyaltyMember | None = strawberry.field(description="The membership, new or as it was.")


@payload
class LoyaltyPointsRedeemPayload:
    """The member after points were spent."""

    member: LoyaltyMember | None = strawberry.field(description="The member with the points that are left.")
    entry: PointsEntry | None = strawberry.field(description="The entry in the ledger.")


@payload
class LoyaltyPointsAdjustPayload:
    """The member after points were corrected."""

    member: LoyaltyMember | None = strawberry.field(description="The member with the corrected points.")
    entry: PointsEntry | None = strawberry.field(description="The entry in the ledger.")


@extends(Mutation)
class RetailMutation:
    loyalty_enrol: LoyaltyEnrolPayload = mutation(
        commands.EnrolMember, description="Makes a customer a member of the loyalty programme."
    )
    loyalty_points_redeem: LoyaltyPointsRedeemPayload = mutation(
        commands.RedeemPoints, description="Spends a member's points; never more than there are."
    )
    loyalty_points_adjust: LoyaltyPointsAdjustPayload = mutation(
        commands.AdjustPoints, description="Corrects a member's points by hand."
    )


@extends(Subscription)
class RetailSubscription:
    """What of the programme can be followed."""

    loyalty_member_changed: LoyaltyMember = subscription(
        events.MemberEnrolled,
        events.MembersEnrolled,
        events.PointsRedeemed,
        events.PointsAdjusted,
        events.TierChanged,
        node_id="member_id",
        description="Each member who is new, spent points, had points corrected or came to another tier.",
    )


TYPES: tuple[type, ...] = (LoyaltyEnrolPayload, LoyaltyPointsRedeemPayload, LoyaltyPointsAdjustPayload)
EXTENSIONS: tuple[type, ...] = (RetailMutation, RetailSubscription)
