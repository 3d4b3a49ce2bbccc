"""What can have happened to feedback. Events carry ids and scores, never what was said."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.feedback.models import FeedbackKind
from patron_core.messages import Event

__all__ = ["FeedbackRecorded", "UnhappyFeedbackGiven"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackRecorded(Event):
    """A customer answered. `customer_id` is set."""

    type: ClassVar[str] = "feedback.recorded"
    feedback_id: uuid.UUID
    kind: FeedbackKind


@dataclass(frozen=True, slots=True, kw_only=True)
class UnhappyFeedbackGiven(Event):
    """A customer is a detractor (0 to 6 of 10) or gave 1 or 2 of 5: somebody should get back to them. `customer_id` is set."""

    type: ClassVar[str] = "feedback.unhappy"
    feedback_id: uuid.UUID
    kind: FeedbackKind
