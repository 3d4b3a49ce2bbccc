"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["CAMPAIGN_READ", "CAMPAIGN_WRITE", "PERMISSIONS"]

CAMPAIGN_READ: Final = "campaign:read"
CAMPAIGN_WRITE: Final = "campaign:write"

PERMISSIONS: Final = MappingProxyType(
    {
        CAMPAIGN_READ: "Read campaigns, who is in them and what they brought.",
        CAMPAIGN_WRITE: "Plan campaigns and run them.",
    }
)
