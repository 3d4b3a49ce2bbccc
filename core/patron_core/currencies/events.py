"""What can have happened to rates."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event

__all__ = ["ExchangeRateEntered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRateEntered(Event):
    """A rate was entered or corrected."""

    type: ClassVar[str] = "exchange_rate.entered"
    exchange_rate_id: uuid.UUID
    base: str
    quote: str
    day: dt.date
