"""What can have happened to groups of parties. Events carry ids and codes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.households.models import HouseholdKind, HouseholdRole
from patron_core.messages import Event

__all__ = ["HouseholdCreated", "HouseholdEnded", "HouseholdMemberAdded", "HouseholdMemberEnded", "HouseholdUpdated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdCreated(Event):
    """There is a group of parties."""

    type: ClassVar[str] = "household.created"
    household_id: uuid.UUID
    kind: HouseholdKind


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdUpdated(Event):
    """A group has another name or kind."""

    type: ClassVar[str] = "household.updated"
    household_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdEnded(Event):
    """A group has ended, and all memberships with it."""

    type: ClassVar[str] = "household.ended"
    household_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdMemberAdded(Event):
    """A party belongs to a group."""

    type: ClassVar[str] = "household.member_added"
    household_id: uuid.UUID
    household_member_id: uuid.UUID
    party_id: uuid.UUID
    role: HouseholdRole


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdMemberEnded(Event):
    """A party belongs to a group no more."""

    type: ClassVar[str] = "household.member_ended"
    household_id: uuid.UUID
    household_member_id: uuid.UUID
    party_id: uuid.UUID
