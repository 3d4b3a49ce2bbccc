"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["CURRENCY_READ", "CURRENCY_WRITE", "PERMISSIONS"]

CURRENCY_READ: Final = "currency:read"
CURRENCY_WRITE: Final = "currency:write"

PERMISSIONS: Final = MappingProxyType(
    {
        CURRENCY_READ: "Read rates between currencies by day.",
        CURRENCY_WRITE: "Enter rates between currencies.",
    }
)
