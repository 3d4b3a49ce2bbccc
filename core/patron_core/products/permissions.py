"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["PERMISSIONS", "PRODUCT_READ", "PRODUCT_WRITE"]

PRODUCT_READ: Final = "product:read"
PRODUCT_WRITE: Final = "product:write"

PERMISSIONS: Final = MappingProxyType(
    {
        PRODUCT_READ: "Read goods and services, and their prices.",
        PRODUCT_WRITE: "Make goods and services and price them.",
    }
)
