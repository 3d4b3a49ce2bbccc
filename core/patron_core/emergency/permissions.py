"""Who may: the permissions of this slice, each with what it allows. Reviewing is `access:review`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["EMERGENCY_READ", "EMERGENCY_TAKE", "PERMISSIONS"]

EMERGENCY_READ: Final = "emergency:read"
EMERGENCY_TAKE: Final = "emergency:take"

PERMISSIONS: Final = MappingProxyType(
    {
        EMERGENCY_READ: "Read who took emergency access to whom, why, and what the review found.",
        EMERGENCY_TAKE: "Open everything about one party in an emergency, for at most 60 minutes and with a reason.",
    }
)
