"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["DUPLICATE_READ", "DUPLICATE_WRITE", "PERMISSIONS"]

DUPLICATE_READ: Final = "duplicate:read"
DUPLICATE_WRITE: Final = "duplicate:write"

PERMISSIONS: Final = MappingProxyType(
    {
        DUPLICATE_READ: "Read who may be twice in the books, and what was merged.",
        DUPLICATE_WRITE: "Merge, take merges back, and say who is not the same.",
    }
)
