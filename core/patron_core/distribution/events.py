"""What can have happened in distribution. Events carry ids and codes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event

__all__ = ["SellThroughReported"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SellThroughReported(Event):
    """A distributor sold something on."""

    type: ClassVar[str] = "sell_through.reported"
    sell_through_id: uuid.UUID
    step: int
