"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["OFFER_READ", "OFFER_WRITE", "PERMISSIONS"]

OFFER_READ: Final = "offer:read"
OFFER_WRITE: Final = "offer:write"

PERMISSIONS: Final = MappingProxyType(
    {
        OFFER_READ: "Read offers and who took them.",
        OFFER_WRITE: "Make offers, present them and note the answer.",
    }
)
