"""What can have happened to stakeholders. Events carry ids and codes, never who somebody is or what was said."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event, Named
from patron_core.parties.models import Party
from patron_core.stakeholders.models import StakeholderRole, Stance

__all__ = [
    "ConcernRaised",
    "ConcernResolved",
    "StakeholderAdded",
    "StakeholderChanged",
    "StakeholderEnded",
    "StanceTaken",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class StakeholderAdded(Event):
    """Somebody has a say. `customer_id` is set."""

    type: ClassVar[str] = "stakeholder.added"
    names: ClassVar[Named] = {"person_id": Party}
    stakeholder_id: uuid.UUID
    person_id: uuid.UUID
    opportunity_id: uuid.UUID | None = None
    role: StakeholderRole


@dataclass(frozen=True, slots=True, kw_only=True)
class StakeholderChanged(Event):
    """Something about a stakeholder is noted otherwise. `customer_id` is set."""

    type: ClassVar[str] = "stakeholder.changed"
    stakeholder_id: uuid.UUID
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StanceTaken(Event):
    """A stakeholder changed sides. `customer_id` is set."""

    type: ClassVar[str] = "stakeholder.stance_taken"
    stakeholder_id: uuid.UUID
    from_stance: Stance
    to_stance: Stance


@dataclass(frozen=True, slots=True, kw_only=True)
class StakeholderEnded(Event):
    """Somebody has no say any more. `customer_id` is set."""

    type: ClassVar[str] = "stakeholder.ended"
    stakeholder_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcernRaised(Event):
    """A stakeholder worries about something. `customer_id` is set."""

    type: ClassVar[str] = "stakeholder.concern_raised"
    stakeholder_id: uuid.UUID
    concern_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcernResolved(Event):
    """A stakeholder's concern is settled. `customer_id` is set."""

    type: ClassVar[str] = "stakeholder.concern_resolved"
    stakeholder_id: uuid.UUID
    concern_id: uuid.UUID
