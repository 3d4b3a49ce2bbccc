"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["MEASURE_READ", "MEASURE_WRITE", "PERMISSIONS"]

MEASURE_READ: Final = "measure:read"
MEASURE_WRITE: Final = "measure:write"

PERMISSIONS: Final = MappingProxyType(
    {
        MEASURE_READ: "Read figures of the business: indicators, scorecards, programmes.",
        MEASURE_WRITE: "Define indicators, scorecards and programmes.",
    }
)
