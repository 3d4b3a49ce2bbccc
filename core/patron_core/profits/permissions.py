"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["PERMISSIONS", "PROFIT_READ", "PROFIT_WRITE"]

PROFIT_READ: Final = "profit:read"
PROFIT_WRITE: Final = "profit:write"

PERMISSIONS: Final = MappingProxyType(
    {
        PROFIT_READ: "Read what customers bring and cost by month.",
        PROFIT_WRITE: "Work out what customers bring and cost.",
    }
)
