"""Deciding on next steps, and noting what came of them."""

from __future__ import annotations

import strawberry

from patron_core.decisions import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.decisions import ActionDecision

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class ActionDecisionPayload:
    """What a mutation of a decision gives."""

    decision: ActionDecision | None = strawberry.field(description="The decision, as it is now.")


@extends(Mutation)
class DecisionMutation:
    next_action_decide: ActionDecisionPayload = mutation(
        commands.DecideNextAction, description="Takes or rejects a next step that is advised now, with its evidence."
    )
    next_action_outcome: ActionDecisionPayload = mutation(
        commands.NoteActionOutcome, description="Notes what came of a next step that was taken."
    )


TYPES = (ActionDecisionPayload,)
EXTENSIONS = (DecisionMutation,)
