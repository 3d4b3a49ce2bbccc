"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["PERMISSIONS", "SERVICE_LEVEL_DEFINE", "SERVICE_LEVEL_READ", "SERVICE_LEVEL_WRITE"]

SERVICE_LEVEL_READ: Final = "service_level:read"
SERVICE_LEVEL_WRITE: Final = "service_level:write"
SERVICE_LEVEL_DEFINE: Final = "service_level:define"

PERMISSIONS: Final = MappingProxyType(
    {
        SERVICE_LEVEL_READ: "Read levels of service, what they promise, and who has which.",
        SERVICE_LEVEL_WRITE: "Give customers levels of service, keep what they asked for and their wallet.",
        SERVICE_LEVEL_DEFINE: "Define levels of service, the rules that give them and the policy of channels, and see these.",
    }
)
