"""Noting who has a say at a customer, on which side they are and what they worry about."""

from __future__ import annotations

import strawberry

from patron_core.stakeholders import commands, events

from ..declare import Mutation, Subscription, extends, mutation, payload, subscription
from ..types.stakeholders import Concern, Stakeholder

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class StakeholderPayload:
    """What a mutation of a stakeholder gives."""

    stakeholder: Stakeholder | None = strawberry.field(description="The stakeholder, as it is now.")


@payload
class ConcernPayload:
    """What a mutation of a concern gives."""

    concern: Concern | None = strawberry.field(description="The concern, as it is now.")


@extends(Mutation)
class StakeholderMutation:
    stakeholder_add: StakeholderPayload = mutation(
        commands.AddStakeholder,
        description="Names somebody who has a say at a customer or in a deal; there is one economic buyer at a time.",
    )
    stakeholder_update: StakeholderPayload = mutation(
        commands.UpdateStakeholder,
        description="Changes what is noted of a stakeholder; another stance is kept with the stage of the deal.",
    )
    stakeholder_end: StakeholderPayload = mutation(
        commands.EndStakeholder, description="Notes that somebody has no say any more; what was noted stays."
    )
    stakeholder_concern_add: ConcernPayload = mutation(
        commands.AddConcern, description="Notes something that a stakeholder worries about."
    )
    stakeholder_concern_resolve: ConcernPayload = mutation(
        commands.ResolveConcern, description="Notes that a concern is settled, and how."
    )


@extends(Subscription)
class StakeholderSubscription:
    stakeholder_changed: Stakeholder = subscription(
        events.StakeholderAdded,
        events.StakeholderChanged,
        events.StakeholderEnded,
        node_id="stakeholder_id",
        description="Each stakeholder that was named, changed or has no say any more.",
    )


TYPES = (StakeholderPayload, ConcernPayload)
EXTENSIONS = (StakeholderMutation, StakeholderSubscription)
