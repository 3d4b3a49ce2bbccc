"""Opening, working on and solving cases, and following them."""

from __future__ import annotations

import strawberry

from patron_core.cases import commands, events

from ..declare import Mutation, Subscription, extends, mutation, payload, subscription
from ..types.cases import Case

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class CasePayload:
    """What a mutation of a case gives."""

    case: Case | None = strawberry.field(description="The case, as it is now.")


@extends(Mutation)
class CaseMutation:
    case_open: CasePayload = mutation(
        commands.OpenCase,
        description="Opens a case, once for each key of its source; the customer's level sets its clock.",
    )
    case_update: CasePayload = mutation(commands.UpdateCase, description="Changes a case.")
    case_respond: CasePayload = mutation(commands.RespondToCase, description="Keeps that the customer was answered.")
    case_move: CasePayload = mutation(
        commands.MoveCase,
        description="Moves a case to OPEN, WAITING_CUSTOMER or CLOSED; the clock stands still in waiting.",
    )
    case_resolve: CasePayload = mutation(
        commands.ResolveCase, description="Solves a case; a complaint needs its root cause and what was done."
    )
    case_reopen: CasePayload = mutation(commands.ReopenCase, description="Opens a solved or closed case again.")


@extends(Subscription)
class CaseSubscription:
    case_changed: Case = subscription(
        events.CaseOpened,
        events.CaseChanged,
        events.CaseStateChanged,
        events.CaseBreached,
        node_id="case_id",
        description="Each case that was opened, changed, moved, or not answered or solved in time.",
    )


TYPES = (CasePayload,)
EXTENSIONS = (CaseMutation, CaseSubscription)
