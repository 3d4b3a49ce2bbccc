"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["DECISION_READ", "DECISION_WRITE", "PERMISSIONS"]

DECISION_READ: Final = "decision:read"
DECISION_WRITE: Final = "decision:write"

PERMISSIONS: Final = MappingProxyType(
    {
        DECISION_READ: "Read which next steps were advised, taken and what came of them.",
        DECISION_WRITE: "Decide on next steps and note what came of them.",
    }
)
