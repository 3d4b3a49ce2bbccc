"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["PERMISSIONS", "TOUCHPOINT_READ", "TOUCHPOINT_WRITE"]

TOUCHPOINT_READ: Final = "touchpoint:read"
TOUCHPOINT_WRITE: Final = "touchpoint:write"

PERMISSIONS: Final = MappingProxyType(
    {
        TOUCHPOINT_READ: "Read touchpoints and who took part.",
        TOUCHPOINT_WRITE: "Log touchpoints.",
    }
)
