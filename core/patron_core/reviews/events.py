"""What can have happened to reviews."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event

__all__ = ["TouchpointReviewed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchpointReviewed(Event):
    """A contact was reviewed. `customer_id` is set where the contact names a customer. score: 0 to 100."""

    type: ClassVar[str] = "touchpoint.reviewed"
    touchpoint_review_id: uuid.UUID
    touchpoint_id: uuid.UUID
    score: int
