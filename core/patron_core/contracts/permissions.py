"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["CONTRACT_READ", "CONTRACT_WRITE", "PERMISSIONS"]

CONTRACT_READ: Final = "contract:read"
CONTRACT_WRITE: Final = "contract:write"

PERMISSIONS: Final = MappingProxyType(
    {
        CONTRACT_READ: "Read contracts, subscriptions and renewals.",
        CONTRACT_WRITE: "Make contracts and subscriptions, give notice, decide renewals.",
    }
)
