"""What can have happened to forecasts. Events carry ids and days, never amounts."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event

__all__ = ["ForecastKept"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastKept(Event):
    """A forecast was kept as it was."""

    type: ClassVar[str] = "forecast.kept"
    forecast_snapshot_id: uuid.UUID
    period_from: dt.date
    period_to: dt.date
