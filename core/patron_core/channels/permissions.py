"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["CHANNEL_READ", "CHANNEL_WRITE", "PERMISSIONS"]

CHANNEL_READ: Final = "channel:read"
CHANNEL_WRITE: Final = "channel:write"

PERMISSIONS: Final = MappingProxyType(
    {
        CHANNEL_READ: "Read channels, and what a contact over each costs.",
        CHANNEL_WRITE: "Define channels and what a contact over each costs.",
    }
)
