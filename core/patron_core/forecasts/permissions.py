"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["FORECAST_READ", "FORECAST_WRITE", "PERMISSIONS"]

FORECAST_READ: Final = "forecast:read"
FORECAST_WRITE: Final = "forecast:write"

PERMISSIONS: Final = MappingProxyType(
    {
        FORECAST_READ: "Read forecasts and how good they were.",
        FORECAST_WRITE: "Keep forecasts.",
    }
)
