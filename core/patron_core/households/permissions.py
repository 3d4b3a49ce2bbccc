"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["HOUSEHOLD_READ", "HOUSEHOLD_WRITE", "PERMISSIONS"]

HOUSEHOLD_READ: Final = "household:read"
HOUSEHOLD_WRITE: Final = "household:write"

PERMISSIONS: Final = MappingProxyType(
    {
        HOUSEHOLD_READ: "Read households and other groups of parties.",
        HOUSEHOLD_WRITE: "Make groups of parties and say who belongs to them.",
    }
)
