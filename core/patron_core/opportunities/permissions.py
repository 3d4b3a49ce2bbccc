"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["OPPORTUNITY_DEFINE", "OPPORTUNITY_READ", "OPPORTUNITY_WRITE", "PERMISSIONS"]

OPPORTUNITY_READ: Final = "opportunity:read"
OPPORTUNITY_WRITE: Final = "opportunity:write"
OPPORTUNITY_DEFINE: Final = "opportunity:define"

PERMISSIONS: Final = MappingProxyType(
    {
        OPPORTUNITY_READ: "Read deals, their history and the pipelines.",
        OPPORTUNITY_WRITE: "Make deals, change and move them, keep their approvals.",
        OPPORTUNITY_DEFINE: "Define pipelines, their stages and what a stage requires.",
    }
)
