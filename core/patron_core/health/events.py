"""What can have happened to the health of customers. Events carry ids, never the score."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event
from patron_core.records import FINANCIAL, Classification

__all__ = ["HealthFell"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthFell(Event):
    """A customer's health came to lie below 40 of 100. `customer_id` is set."""

    type: ClassVar[str] = "health.fell"
    existence: ClassVar[Classification] = FINANCIAL
    health_snapshot_id: uuid.UUID
