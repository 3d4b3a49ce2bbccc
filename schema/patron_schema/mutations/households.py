"""Making groups of parties, and letting parties belong to them."""

from __future__ import annotations

import strawberry

from patron_core.households import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.households import Household, HouseholdMember

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class HouseholdPayload:
    """What a mutation of a group gives."""

    household: Household | None = strawberry.field(description="The group, as it is now.")


@payload
class HouseholdMemberPayload:
    """What a mutation of a membership gives."""

    household_member: HouseholdMember | None = strawberry.field(description="The membership, as it is now.")


@extends(Mutation)
class HouseholdMutation:
    household_create: HouseholdPayload = mutation(
        commands.CreateHousehold, description="Makes a group of parties, without members yet."
    )
    household_update: HouseholdPayload = mutation(
        commands.UpdateHousehold, description="Gives a group another name or kind."
    )
    household_end: HouseholdPayload = mutation(
        commands.EndHousehold, description="Ends a group, and the membership of all who belong to it."
    )
    household_member_add: HouseholdMemberPayload = mutation(
        commands.AddHouseholdMember, description="Lets a party belong to a group in a role."
    )
    household_member_end: HouseholdMemberPayload = mutation(
        commands.EndHouseholdMember, description="Ends the membership of a party."
    )


TYPES = (HouseholdPayload, HouseholdMemberPayload)
EXTENSIONS = (HouseholdMutation,)
