"""What can have happened to next steps. Events carry ids and codes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.decisions.models import ActionOutcome, ActionVerdict
from patron_core.messages import Event

__all__ = ["ActionOutcomeNoted", "NextActionDecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextActionDecided(Event):
    """A next step was taken or rejected. `customer_id` is set."""

    type: ClassVar[str] = "next_action.decided"
    action_decision_id: uuid.UUID
    code: str
    verdict: ActionVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionOutcomeNoted(Event):
    """What came of a next step was noted. `customer_id` is set."""

    type: ClassVar[str] = "next_action.outcome_noted"
    action_decision_id: uuid.UUID
    code: str
    outcome: ActionOutcome
