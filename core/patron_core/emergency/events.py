"""What can have happened to emergency access. Events carry ids, never the reason."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.emergency.models import ReviewOutcome
from patron_core.messages import Event

__all__ = ["EmergencyAccessGranted", "EmergencyAccessReviewed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyAccessGranted(Event):
    """Somebody took emergency access: an alert for those who watch."""

    type: ClassVar[str] = "emergency_access.granted"
    emergency_access_id: uuid.UUID
    party_id: uuid.UUID
    actor: str
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyAccessReviewed(Event):
    """Somebody else looked at it."""

    type: ClassVar[str] = "emergency_access.reviewed"
    emergency_access_id: uuid.UUID
    reviewed_by: str
    outcome: ReviewOutcome
