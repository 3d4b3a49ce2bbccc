"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["PERMISSIONS", "QUOTE_READ", "QUOTE_WRITE"]

QUOTE_READ: Final = "quote:read"
QUOTE_WRITE: Final = "quote:write"

PERMISSIONS: Final = MappingProxyType(
    {
        QUOTE_READ: "Read quotes and their versions.",
        QUOTE_WRITE: "Make quotes, send them and note the answer.",
    }
)
