"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["KNOWLEDGE_READ", "KNOWLEDGE_WRITE", "PERMISSIONS"]

KNOWLEDGE_READ: Final = "knowledge:read"
KNOWLEDGE_WRITE: Final = "knowledge:write"

PERMISSIONS: Final = MappingProxyType(
    {
        KNOWLEDGE_READ: "Read what is known and whom it was given to.",
        KNOWLEDGE_WRITE: "Write what is known down, and give it to customers.",
    }
)
