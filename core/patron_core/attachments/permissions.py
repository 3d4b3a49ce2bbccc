"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["ATTACHMENT_READ", "ATTACHMENT_WRITE", "PERMISSIONS"]

ATTACHMENT_READ: Final = "attachment:read"
ATTACHMENT_WRITE: Final = "attachment:write"

PERMISSIONS: Final = MappingProxyType(
    {
        ATTACHMENT_READ: "Read files that belong to rows.",
        ATTACHMENT_WRITE: "Add files to rows and take them away.",
    }
)
