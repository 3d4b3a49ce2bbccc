"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["HEALTH_READ", "HEALTH_WRITE", "PERMISSIONS"]

HEALTH_READ: Final = "health:read"
HEALTH_WRITE: Final = "health:write"

PERMISSIONS: Final = MappingProxyType(
    {
        HEALTH_READ: "Read how well customers do, and why, and warning signs.",
        HEALTH_WRITE: "Weigh what makes a customer do well.",
    }
)
