"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["LEAD_DEFINE", "LEAD_READ", "LEAD_WRITE", "PERMISSIONS"]

LEAD_READ: Final = "lead:read"
LEAD_WRITE: Final = "lead:write"
LEAD_DEFINE: Final = "lead:define"

PERMISSIONS: Final = MappingProxyType(
    {
        LEAD_READ: "Read those who may become customers.",
        LEAD_WRITE: "Take leads in, answer, score and convert them.",
        LEAD_DEFINE: "Set within how many minutes leads are to be answered.",
    }
)
