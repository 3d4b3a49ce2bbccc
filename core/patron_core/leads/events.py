"""What can have happened to leads. Events carry ids, codes and names of fields, never what the fields hold."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.leads.models import LeadState
from patron_core.messages import Event
from patron_core.touchpoints.models import Channel

__all__ = [
    "LeadChanged",
    "LeadConverted",
    "LeadForgotten",
    "LeadReceived",
    "LeadResponded",
    "LeadResponseLate",
    "LeadResponseTargetSet",
    "LeadStateChanged",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadReceived(Event):
    """A lead came in."""

    type: ClassVar[str] = "lead.received"
    lead_id: uuid.UUID
    channel: Channel
    first_response_due_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadChanged(Event):
    """Some fields of a lead changed."""

    type: ClassVar[str] = "lead.changed"
    lead_id: uuid.UUID
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadResponded(Event):
    """A lead was answered for the first time."""

    type: ClassVar[str] = "lead.responded"
    lead_id: uuid.UUID
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadResponseLate(Event):
    """The time for the first answer is over. It is told once for a lead."""

    type: ClassVar[str] = "lead.response_late"
    lead_id: uuid.UUID
    first_response_due_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadStateChanged(Event):
    """A lead was qualified or disqualified."""

    type: ClassVar[str] = "lead.state_changed"
    lead_id: uuid.UUID
    from_state: LeadState
    to_state: LeadState


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadConverted(Event):
    """A lead became a customer, and perhaps a deal. `customer_id` is set."""

    type: ClassVar[str] = "lead.converted"
    lead_id: uuid.UUID
    opportunity_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadForgotten(Event):
    """A lead and all that was kept about it was deleted."""

    type: ClassVar[str] = "lead.forgotten"
    lead_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadResponseTargetSet(Event):
    """Leads of a channel are to be answered first within other minutes."""

    type: ClassVar[str] = "lead.response_target_set"
    lead_response_target_id: uuid.UUID
    channel: Channel
    minutes: int
