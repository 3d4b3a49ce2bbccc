"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["PERMISSIONS", "REVIEW_READ", "REVIEW_WRITE"]

REVIEW_READ: Final = "review:read"
REVIEW_WRITE: Final = "review:write"

PERMISSIONS: Final = MappingProxyType(
    {
        REVIEW_READ: "Read how good contacts were.",
        REVIEW_WRITE: "Review contacts.",
    }
)
