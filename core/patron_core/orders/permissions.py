"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["ORDER_READ", "ORDER_WRITE", "PERMISSIONS"]

ORDER_READ: Final = "order:read"
ORDER_WRITE: Final = "order:write"

PERMISSIONS: Final = MappingProxyType(
    {
        ORDER_READ: "Read orders and what came of them.",
        ORDER_WRITE: "Place orders and move them on.",
    }
)
