"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["NEED_READ", "NEED_WRITE", "PERMISSIONS"]

NEED_READ: Final = "need:read"
NEED_WRITE: Final = "need:write"

PERMISSIONS: Final = MappingProxyType(
    {
        NEED_READ: "Read what customers need, near and far.",
        NEED_WRITE: "Note what customers need.",
    }
)
