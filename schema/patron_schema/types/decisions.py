"""Next steps as the API shows them: what is advised for a customer now, what was decided, and what came of it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import strawberry

from patron_core import validation
from patron_core.decisions import models, service
from patron_core.decisions.permissions import DECISION_READ
from patron_core.touchpoints.models import Channel

from ..compose.commands import decode_id
from ..declare import Connection, Query, extends, planned, related, resolver, root
from ..nodes import Node
from .customers import Customer

__all__ = ["EXTENSIONS", "TYPES", "ActionDecision"]

_MOST = 20


@planned(models.ActionDecision)
class ActionDecision(Node):
    """A decision on a next step for a customer, with the evidence it rested on."""

    customer: Customer
    code: str
    source: str
    reason: str
    evidence: str
    score: int
    verdict: models.ActionVerdict
    why: str | None
    decided_by: str
    decided_at: dt.datetime
    outcome: models.ActionOutcome | None
    outcome_at: dt.datetime | None
    version: int


@extends(Customer)
class CustomerDecisions:
    action_decisions: Connection[ActionDecision] = related(
        models.ActionDecision.customer, description="Which next steps were decided on, and what came of them."
    )


@strawberry.type(description="A next step that is advised, with what speaks for it.")
class NextAction:
    code: str = strawberry.field(description="Its stable code, by which it is decided on.")
    title: str = strawberry.field(description="What to do.")
    reason: str = strawberry.field(description="From which facts it follows.")
    score: int = strawberry.field(description="How urgent it is, 0 to 100.")
    source: str = strawberry.field(description="Who advises it: core, or a plugin's name.")
    evidence: list[strawberry.ID] = strawberry.field(description="Ids of the rows it follows from; `node` shows each.")


@strawberry.type(description="What to do next with a customer.")
class NextActions:
    actions: list[NextAction] = strawberry.field(description="What is advised, the most urgent first.")
    channel: Channel | None = strawberry.field(
        description="Over which channel the customer wants to be reached; null where that is not known."
    )
    left_out: int = strawberry.field(description="How many steps would need a consent that is not there.")
    settled: int = strawberry.field(
        description="How many steps were rejected in the last 90 days, or wait for their outcome."
    )


def _shown(found: service.NextActions, first: int) -> NextActions:
    return NextActions(
        actions=[
            NextAction(
                code=each.code,
                title=each.title,
                reason=each.reason,
                score=each.score,
                source=each.source,
                evidence=[strawberry.ID(id_) for id_ in each.evidence],
            )
            for each in found.advised[:first]
        ],
        channel=found.channel,
        left_out=found.left_out,
        settled=found.settled,
    )


Whose = Annotated[strawberry.ID, strawberry.argument(description="The customer.")]
First = Annotated[int, strawberry.argument(description="How many steps at most, 1 to 20.")]


@extends(Query)
class DecisionQuery:
    action_decisions: Connection[ActionDecision] = root(
        description="Decisions on next steps, and what came of them: which advice is any good."
    )

    @resolver(scope=DECISION_READ)
    async def next_best_actions(
        self, info: strawberry.Info[Any, Any], customer_id: Whose, first: First = 3
    ) -> NextActions | None:
        """What to do next with a customer, with what speaks for it; plugins advise too. The same facts give the same advice."""
        wanted = decode_id(customer_id, "cus")
        validation.within(first, most=_MOST, path="first")
        return _shown(await info.context.read(lambda uow: service.next_actions(wanted, uow)), first)


TYPES = (ActionDecision,)
EXTENSIONS = (CustomerDecisions, DecisionQuery)
