"""Who may: the permissions of this slice, each with what it allows."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["PERMISSIONS", "WEBHOOK_READ", "WEBHOOK_WRITE"]

WEBHOOK_READ: Final = "webhook:read"
WEBHOOK_WRITE: Final = "webhook:write"

PERMISSIONS: Final = MappingProxyType(
    {
        WEBHOOK_READ: "See where webhooks go and how their deliveries went; never a secret.",
        WEBHOOK_WRITE: "Set up where webhooks go, within one's own rights, try them, and send again.",
    }
)
