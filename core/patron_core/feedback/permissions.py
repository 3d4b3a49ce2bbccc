"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["FEEDBACK_READ", "FEEDBACK_WRITE", "PERMISSIONS"]

FEEDBACK_READ: Final = "feedback:read"
FEEDBACK_WRITE: Final = "feedback:write"

PERMISSIONS: Final = MappingProxyType(
    {
        FEEDBACK_READ: "Read what customers think.",
        FEEDBACK_WRITE: "Take in what customers think.",
    }
)
