"""Who may: the permissions of this slice, each with what it allows."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["EVENT_READ", "PERMISSIONS"]

EVENT_READ: Final = "event:read"

PERMISSIONS: Final = MappingProxyType(
    {EVENT_READ: "Read which kinds of events there are and the feed of changes; each event needs its own scope too."}
)
