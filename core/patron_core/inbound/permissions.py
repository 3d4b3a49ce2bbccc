"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["INBOUND_READ", "INBOUND_WRITE", "PERMISSIONS"]

INBOUND_READ: Final = "inbound:read"
INBOUND_WRITE: Final = "inbound:write"

PERMISSIONS: Final = MappingProxyType(
    {
        INBOUND_READ: "See sources that push records, and the log of what they sent; never a secret.",
        INBOUND_WRITE: "Set up sources that push records, change, rotate and disable them.",
    }
)
