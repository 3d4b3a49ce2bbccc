"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["CUSTOMER_READ", "CUSTOMER_WRITE", "PERMISSIONS"]

CUSTOMER_READ: Final = "customer:read"
CUSTOMER_WRITE: Final = "customer:write"

PERMISSIONS: Final = MappingProxyType(
    {
        CUSTOMER_READ: "Read customers and the history of their stages.",
        CUSTOMER_WRITE: "Make and change customers, with the parties they are.",
    }
)
