"""The clock of the first answer: how many minutes a lead may wait, when it was answered, and that it is late, told once.

Minutes are those of the calendar, nights and Sundays included: who asks at night has asked somebody else by the morning.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from patron_core.errors import InvalidInput
from patron_core.hookspecs import Progress, Step
from patron_core.leads import events
from patron_core.leads.models import OPEN, Lead, LeadResponseTarget, LeadState
from patron_core.validation import not_later

if TYPE_CHECKING:
    from patron_core.leads.commands import RespondLead, SetLeadResponseTarget
    from patron_core.touchpoints.models import Channel
    from patron_core.unit_of_work import UnitOfWork

__all__ = [
    "DEFAULT_MINUTES",
    "due_at",
    "minutes_for",
    "note_late_leads",
    "respond_lead",
    "set_lead_response_target",
]

#: Where nothing is set. Firms that answered within an hour qualified seven times as many leads as those that took an hour
#: longer (Oldroyd, McElheran, Elkington: The Short Life of Online Sales Leads, Harvard Business Review, March 2011).
DEFAULT_MINUTES: Final = 60
_AT_ONCE: Final = 500


def due_at(received_at: dt.datetime, *, minutes: int) -> dt.datetime:
    """Until when a lead is to be answered first."""
    return received_at + dt.timedelta(minutes=minutes)


def minutes_for(channel: Channel, uow: UnitOfWork) -> int:
    """Within how many minutes leads of a channel are to be answered first."""
    target = uow.find(LeadResponseTarget, channel=channel)
    return DEFAULT_MINUTES if target is None else target.minutes


def set_lead_response_target(command: SetLeadResponseTarget, uow: UnitOfWork) -> LeadResponseTarget:
    """Sets the minutes of a channel; leads that are there keep theirs."""
    values = {"channel": command.channel, "minutes": command.minutes}
    uow.add_many(LeadResponseTarget, [values], unless_exists=("channel",))
    target = uow.find(LeadResponseTarget, channel=command.channel)
    assert target is not None
    target.minutes = command.minutes
    uow.emit(
        events.LeadResponseTargetSet(lead_response_target_id=target.id, channel=target.channel, minutes=target.minutes)
    )
    return target


def respond_lead(command: RespondLead, uow: UnitOfWork) -> Lead:
    """Keeps the first answer; a lead that was answered stays as it is. A late one is told as such, if nobody did."""
    lead = uow.get(Lead, command.id, lock=True, path=("id",))
    responded_at = command.responded_at or uow.now
    not_later(responded_at, than=uow.now, path="responded_at")
    if responded_at < lead.received_at:
        raise InvalidInput(
            "A lead cannot be answered before it came in. An earlier time was given. Give a later one.",
            path=("responded_at",),
        )
    if lead.responded_at is not None:
        return lead
    lead.responded_at = responded_at
    lead.response_minutes = minutes = int((responded_at - lead.received_at).total_seconds() // 60)
    if lead.state is LeadState.NEW:
        lead.state = LeadState.WORKING
    if responded_at > lead.first_response_due_at and lead.breached_at is None:
        _note_late(lead, uow)
    uow.emit(events.LeadResponded(lead_id=lead.id, minutes=minutes))
    return lead


def note_late_leads(step: Step, uow: UnitOfWork) -> Progress | None:
    """Tells of open leads whose first answer is late, each once, up to 500 in each step."""
    late = (
        select(Lead)
        .where(Lead.breached_at.is_(None), Lead.first_response_due_at < uow.now)
        .where(Lead.responded_at.is_(None), Lead.state.in_(OPEN))
        .order_by(Lead.first_response_due_at, Lead.id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    found = uow.select(late)
    for lead in found:
        _note_late(lead, uow)
    return Progress(done=step.done + len(found)) if len(found) == _AT_ONCE else None


def _note_late(lead: Lead, uow: UnitOfWork) -> None:
    lead.breached_at = uow.now
    uow.emit(events.LeadResponseLate(lead_id=lead.id, first_response_due_at=lead.first_response_due_at))
