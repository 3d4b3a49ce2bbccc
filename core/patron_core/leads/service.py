"""What happens to leads: taken in once, changed with their score, answered, qualified, disqualified, forgotten.

Becoming a customer is left to `converting`, the clock of the first answer to `responding`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from patron_core.errors import Conflict, InvalidInput
from patron_core.hookspecs import CommandHandler
from patron_core.leads import events
from patron_core.leads.commands import (
    ConvertLead,
    DisqualifyLead,
    ForgetLead,
    QualifyLead,
    ReceiveLead,
    RespondLead,
    SetLeadResponseTarget,
    UpdateLead,
)
from patron_core.leads.converting import convert_lead
from patron_core.leads.models import OPEN, Lead, LeadConsent, LeadMotivator, LeadScoreFactor, LeadState
from patron_core.leads.permissions import LEAD_DEFINE, LEAD_WRITE
from patron_core.leads.responding import due_at, minutes_for, respond_lead, set_lead_response_target
from patron_core.leads.scoring import score_of
from patron_core.parties.models import Party
from patron_core.unit_of_work import UnitOfWork
from patron_core.updates import apply_update
from patron_core.validation import not_later, same_version

__all__ = [
    "HANDLERS",
    "ForgottenLead",
    "disqualify_lead",
    "forget_lead",
    "qualify_lead",
    "receive_lead",
    "rescore",
    "update_lead",
]

_DRAFT: Final = (
    *("party_id", "given_name", "family_name", "organization_name", "email", "phone", "interest", "source"),
    *("source_key", "channel", "motivation", "budget", "decision_on", "owner"),
)


@dataclass(frozen=True, slots=True)
class ForgottenLead:
    """What is left of a lead that was forgotten."""

    forgotten: bool


def receive_lead(command: ReceiveLead, uow: UnitOfWork) -> Lead:
    """Takes a lead in. A source key that is known gives the lead that is there."""
    received_at = command.received_at or uow.now
    not_later(received_at, than=uow.now, path="received_at")
    if command.party_id is not None:
        uow.get(Party, command.party_id, path=("party_id",))
    minutes = command.first_response_minutes or minutes_for(command.channel, uow)
    values = {
        **{name: getattr(command, name) for name in _DRAFT},
        "state": LeadState.NEW,
        "score": 0,
        "received_at": received_at,
        "first_response_minutes": minutes,
        "first_response_due_at": due_at(received_at, minutes=minutes),
    }
    if command.source_key is None:
        lead = uow.add(Lead(**values))
    elif made := uow.add_many(Lead, [values], unless_exists=("source", "source_key")):
        lead = uow.get(Lead, made[0])
    else:
        return _known(command, uow)
    for name in command.motivators:
        uow.add(LeadMotivator(lead_id=lead.id, name=name))
    for given in command.consents:
        decided_at = given.decided_at or received_at
        not_later(decided_at, than=uow.now, path="decided_at")
        uow.add(
            LeadConsent(
                lead_id=lead.id,
                purpose=given.purpose,
                channel=given.channel,
                status=given.status,
                decided_at=decided_at,
                text_version=given.text_version,
            )
        )
    rescore(lead, uow, motivators=len(command.motivators))
    uow.emit(
        events.LeadReceived(lead_id=lead.id, channel=lead.channel, first_response_due_at=lead.first_response_due_at)
    )
    return lead


def update_lead(command: UpdateLead, uow: UnitOfWork) -> Lead:
    """Changes a lead and makes its score anew. CONFLICT where it is closed."""
    lead = uow.get(Lead, command.id, lock=True, path=("id",))
    same_version(lead, version=command.version)
    _refuse_closed(lead)
    changed = apply_update(command, to=lead, but=("motivators",))
    if isinstance(command.motivators, tuple) and _replace_motivators(lead, command.motivators, uow):
        changed = (*changed, "motivators")
    if changed:
        rescore(lead, uow)
        uow.emit(events.LeadChanged(lead_id=lead.id, fields=changed))
    return lead


def qualify_lead(command: QualifyLead, uow: UnitOfWork) -> Lead:
    """Says that a lead is worth an offer. CONFLICT where it is closed."""
    lead = uow.get(Lead, command.id, lock=True, path=("id",))
    same_version(lead, version=command.version)
    _refuse_closed(lead)
    if lead.state is LeadState.QUALIFIED:
        raise InvalidInput(
            "The lead is qualified already. It was to be qualified again. Nothing is to be done.", path=("id",)
        )
    _move(lead, LeadState.QUALIFIED, uow)
    lead.qualified_at = uow.now
    return lead


def disqualify_lead(command: DisqualifyLead, uow: UnitOfWork) -> Lead:
    """Says that nothing will come of a lead. CONFLICT where it is closed."""
    lead = uow.get(Lead, command.id, lock=True, path=("id",))
    same_version(lead, version=command.version)
    _refuse_closed(lead)
    _move(lead, LeadState.DISQUALIFIED, uow)
    lead.closed_at, lead.disqualified_reason = uow.now, command.reason
    return lead


def forget_lead(command: ForgetLead, uow: UnitOfWork) -> ForgottenLead:
    """Deletes a lead. CONFLICT where it was converted: the party it became is erased instead."""
    lead = uow.get(Lead, command.id, lock=True, path=("id",))
    same_version(lead, version=command.version)
    if lead.state is LeadState.CONVERTED:
        raise Conflict(
            "The lead has become a customer. It was to be forgotten alone. Erase the party it became.", path=("id",)
        )
    for model in (LeadMotivator, LeadScoreFactor, LeadConsent):
        for row in uow.select(select(model).where(model.lead_id == lead.id)):
            uow.delete(row)
    uow.flush()
    uow.delete(lead)
    uow.emit(events.LeadForgotten(lead_id=lead.id))
    return ForgottenLead(True)


def rescore(lead: Lead, uow: UnitOfWork, *, motivators: int | None = None) -> bool:
    """Makes a lead's score and its factors anew; whether the score changed. motivators: how many, where that is known."""
    if motivators is None:
        uow.flush()
        counted = select(func.count()).select_from(LeadMotivator).where(LeadMotivator.lead_id == lead.id)
        motivators = int(uow.rows(counted)[0][0])
    made = score_of(lead, motivators=motivators, today=uow.now.date())
    known = {row.code: row for row in uow.select(select(LeadScoreFactor).where(LeadScoreFactor.lead_id == lead.id))}
    for each in made:
        row = known.get(each.code)
        if row is None:
            uow.add(
                LeadScoreFactor(lead_id=lead.id, code=each.code, points=each.points, most=each.most, reason=each.reason)
            )
        elif (row.points, row.reason) != (each.points, each.reason):
            row.points, row.reason = each.points, each.reason
    before, lead.score = lead.score, sum(each.points for each in made)
    return before != lead.score


def _known(command: ReceiveLead, uow: UnitOfWork) -> Lead:
    known = uow.find(Lead, source=command.source, source_key=command.source_key)
    if known is None:  # written and not yet visible: another transaction is about to commit it
        raise Conflict("The lead is being taken in by another request. It has the same source key. Try again.")
    return known


def _replace_motivators(lead: Lead, names: tuple[str, ...], uow: UnitOfWork) -> bool:
    there = uow.select(select(LeadMotivator).where(LeadMotivator.lead_id == lead.id))
    for row in there:
        if row.name not in names:
            uow.delete(row)
    new = [name for name in names if name not in {row.name for row in there}]
    for name in new:
        uow.add(LeadMotivator(lead_id=lead.id, name=name))
    return bool(new) or any(row.name not in names for row in there)


def _move(lead: Lead, state: LeadState, uow: UnitOfWork) -> None:
    before, lead.state = lead.state, state
    uow.emit(events.LeadStateChanged(lead_id=lead.id, from_state=before, to_state=state))


def _refuse_closed(lead: Lead) -> None:
    if lead.state not in OPEN:
        raise Conflict(
            f"The lead is closed. It is {lead.state.name.lower()}. Take it in anew where something may come of it.",
            path=("id",),
        )


HANDLERS: Final[tuple[CommandHandler, ...]] = (
    CommandHandler(command=ReceiveLead, handler=receive_lead, permission=LEAD_WRITE),
    CommandHandler(command=UpdateLead, handler=update_lead, permission=LEAD_WRITE),
    CommandHandler(command=RespondLead, handler=respond_lead, permission=LEAD_WRITE),
    CommandHandler(command=QualifyLead, handler=qualify_lead, permission=LEAD_WRITE),
    CommandHandler(command=DisqualifyLead, handler=disqualify_lead, permission=LEAD_WRITE),
    CommandHandler(command=ConvertLead, handler=convert_lead, permission=LEAD_WRITE),
    CommandHandler(command=ForgetLead, handler=forget_lead, permission=LEAD_WRITE),
    CommandHandler(command=SetLeadResponseTarget, handler=set_lead_response_target, permission=LEAD_DEFINE),
)
