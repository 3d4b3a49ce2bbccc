"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["PERMISSIONS", "PREFERENCE_READ", "PREFERENCE_WRITE"]

PREFERENCE_READ: Final = "preference:read"
PREFERENCE_WRITE: Final = "preference:write"

PERMISSIONS: Final = MappingProxyType(
    {
        PREFERENCE_READ: "Read what customers like and wish.",
        PREFERENCE_WRITE: "Note what customers like and wish.",
    }
)
