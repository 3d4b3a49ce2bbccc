"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["CART_READ", "CART_WRITE", "PERMISSIONS"]

CART_READ: Final = "cart:read"
CART_WRITE: Final = "cart:write"

PERMISSIONS: Final = MappingProxyType(
    {
        CART_READ: "Read carts, those left behind too.",
        CART_WRITE: "Fill, leave and convert carts.",
    }
)
