"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["PARTY_READ", "PARTY_WRITE", "PERMISSIONS"]

PARTY_READ: Final = "party:read"
PARTY_WRITE: Final = "party:write"

PERMISSIONS: Final = MappingProxyType(
    {
        PARTY_READ: "Read parties, ways to reach them and what other systems call them.",
        PARTY_WRITE: "Make, change and place parties, add ways to reach them and identifiers of other systems.",
    }
)
