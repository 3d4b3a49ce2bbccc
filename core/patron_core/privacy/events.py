"""What can have happened to personal data. Events carry ids and codes, never what was agreed, held, taken out or erased."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event
from patron_core.privacy.models import ConsentDecision, ConsentPurpose, ErasureOutcome
from patron_core.touchpoints.models import Channel

__all__ = ["ConsentRecorded", "LegalHoldPlaced", "LegalHoldReleased", "PartyErased", "PartyExported"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecorded(Event):
    """A party said something about the use of their data, a withdrawal included."""

    type: ClassVar[str] = "consent.recorded"
    consent_id: uuid.UUID
    party_id: uuid.UUID
    purpose: ConsentPurpose
    channel: Channel | None
    status: ConsentDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyExported(Event):
    """Everything about a party was taken out. rows: how many there were."""

    type: ClassVar[str] = "party.exported"
    party_id: uuid.UUID
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyErased(Event):
    """A party was forgotten, as far as law and holds allow: whoever has a copy does the same."""

    type: ClassVar[str] = "party.erased"
    party_id: uuid.UUID
    outcome: ErasureOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHoldPlaced(Event):
    """A party may not be erased for now."""

    type: ClassVar[str] = "legal_hold.placed"
    legal_hold_id: uuid.UUID
    party_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHoldReleased(Event):
    """A legal hold on a party ended."""

    type: ClassVar[str] = "legal_hold.released"
    legal_hold_id: uuid.UUID
    party_id: uuid.UUID
