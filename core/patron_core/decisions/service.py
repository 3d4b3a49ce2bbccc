"""What is advised for a customer next, what was decided about it and what came of it, inside the caller's unit of work.

Advice of the core and of plugins is put together, what may not be done is left out, the most urgent comes first. A step that was
rejected is not advised again for 90 days, and one that was taken not before its outcome is noted.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy import or_, select

from patron_core.access.permissions import holds
from patron_core.customers.advice import recommendations_for
from patron_core.customers.models import Customer
from patron_core.decisions import events
from patron_core.decisions.commands import DecideNextAction, NoteActionOutcome
from patron_core.decisions.models import ActionDecision, ActionVerdict
from patron_core.decisions.permissions import DECISION_WRITE
from patron_core.decisions.rules import RULES, Advice
from patron_core.errors import Conflict, NotFound
from patron_core.hookspecs import CommandHandler
from patron_core.preferences.service import contact_channel
from patron_core.privacy.consent import standing
from patron_core.privacy.models import ConsentPurpose
from patron_core.touchpoints.models import Channel
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import same_version

__all__ = ["HANDLERS", "REJECTED_DAYS", "NextActions", "decide", "next_actions", "note_outcome"]

#: For so many days a step that was rejected is not advised again.
REJECTED_DAYS: Final = 90
#: How urgent a plugin's advice is taken to be, for plugins do not say.
_OF_PLUGINS: Final = 50


@dataclass(frozen=True, slots=True)
class NextActions:
    """What is advised, the most urgent first. channel: over which the customer wants to be reached, where that is known. left_out:
    steps that would need a consent that is not there. settled: steps that were decided on lately.
    """

    advised: tuple[Advice, ...]
    channel: Channel | None
    left_out: int
    settled: int


def next_actions(customer_id: uuid.UUID, uow: UnitOfWork) -> NextActions:
    """What is advised for a customer now; ties are broken by the code. NOT_FOUND."""
    customer = uow.get(Customer, customer_id, path=("customerId",))
    found = [advice for rule in RULES if holds(uow.actor, rule.scope) for advice in rule.find(customer, uow)]
    found += [
        Advice(
            code=made.code,
            title=made.title,
            reason=made.reason,
            score=_OF_PLUGINS,
            purpose=ConsentPurpose.SERVICE,
            evidence=(),
            source=plugin,
        )
        for plugin, made in recommendations_for(customer_id, uow)
    ]
    settled = _settled(customer_id, uow)
    open_ = [advice for advice in found if (advice.source, advice.code) not in settled]
    channel = contact_channel(customer_id, uow)
    allowed = {
        purpose: standing(uow, customer.party_id, purpose, channel).may_contact
        for purpose in sorted({advice.purpose for advice in open_}, key=lambda purpose: purpose.name)
    }
    advised = sorted((a for a in open_ if allowed[a.purpose]), key=lambda a: (-a.score, a.source, a.code))
    return NextActions(tuple(advised), channel, len(open_) - len(advised), len(found) - len(open_))


def decide(command: DecideNextAction, uow: UnitOfWork) -> ActionDecision:
    """Keeps a decision with what it rested on. NOT_FOUND where the step is not advised for the customer now."""
    customer = uow.get(Customer, command.customer_id, lock=True, path=("customer_id",))
    advice = next((a for a in next_actions(customer.id, uow).advised if a.code == command.code), None)
    if advice is None:
        raise NotFound(
            "The step is not advised. The code names none that is open for this customer. Ask what is advised now.",
            path=("code",),
        )
    made = uow.add(
        ActionDecision(
            customer_id=customer.id,
            code=advice.code,
            source=advice.source,
            reason=advice.reason,
            evidence=" ".join(advice.evidence),
            score=advice.score,
            verdict=command.verdict,
            why=command.why,
            decided_by=uow.actor.subject,
            decided_at=uow.now,
        )
    )
    uow.emit(
        events.NextActionDecided(
            customer_id=customer.id, action_decision_id=made.id, code=made.code, verdict=made.verdict
        )
    )
    return made


def note_outcome(command: NoteActionOutcome, uow: UnitOfWork) -> ActionDecision:
    """Keeps what came of a step that was taken. CONFLICT for one that was not."""
    decision = uow.get(ActionDecision, command.id, path=("id",))
    same_version(decision, version=command.version)
    if decision.verdict is not ActionVerdict.ACCEPTED:
        raise Conflict("The step was not taken. It can have no outcome. Choose one that was taken.", path=("id",))
    decision.outcome, decision.outcome_at = command.outcome, uow.now
    uow.emit(
        events.ActionOutcomeNoted(
            customer_id=decision.customer_id,
            action_decision_id=decision.id,
            code=decision.code,
            outcome=command.outcome,
        )
    )
    return decision


def _settled(customer_id: uuid.UUID, uow: UnitOfWork) -> set[tuple[str, str]]:
    """Steps that were rejected lately, or are taken and wait for their outcome."""
    lately = uow.now - dt.timedelta(days=REJECTED_DAYS)
    statement = select(ActionDecision.source, ActionDecision.code).where(
        ActionDecision.customer_id == customer_id,
        or_(
            (ActionDecision.verdict == ActionVerdict.REJECTED) & (ActionDecision.decided_at > lately),
            (ActionDecision.verdict == ActionVerdict.ACCEPTED) & ActionDecision.outcome.is_(None),
        ),
    )
    return {(row.source, row.code) for row in uow.rows(statement)}


HANDLERS: Final = (
    CommandHandler(command=DecideNextAction, handler=decide, permission=DECISION_WRITE),
    CommandHandler(command=NoteActionOutcome, handler=note_outcome, permission=DECISION_WRITE),
)
