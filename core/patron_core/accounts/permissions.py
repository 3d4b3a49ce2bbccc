"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["ACCOUNT_READ", "ACCOUNT_WRITE", "PERMISSIONS"]

ACCOUNT_READ: Final = "account:read"
ACCOUNT_WRITE: Final = "account:write"

PERMISSIONS: Final = MappingProxyType(
    {
        ACCOUNT_READ: "Read plans and goals for customers.",
        ACCOUNT_WRITE: "Plan for customers and keep their goals.",
    }
)
