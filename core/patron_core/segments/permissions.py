"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["PERMISSIONS", "SEGMENT_READ", "SEGMENT_WRITE"]

SEGMENT_READ: Final = "segment:read"
SEGMENT_WRITE: Final = "segment:write"

PERMISSIONS: Final = MappingProxyType(
    {
        SEGMENT_READ: "Read segments, and who came and left.",
        SEGMENT_WRITE: "Define segments and refresh them.",
    }
)
