"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["MONITORING_READ", "MONITORING_WRITE", "PERMISSIONS"]

MONITORING_READ: Final = "monitoring:read"
MONITORING_WRITE: Final = "monitoring:write"

PERMISSIONS: Final = MappingProxyType(
    {
        MONITORING_READ: "Read rules that watch behaviour, and their alerts.",
        MONITORING_WRITE: "Define rules that watch behaviour, and deal with alerts.",
    }
)
