"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = [
    "PERMISSIONS",
    "PRIVACY_CONSENT",
    "PRIVACY_ERASE",
    "PRIVACY_EXPORT",
    "PRIVACY_HOLD",
    "PRIVACY_OWN",
    "PRIVACY_READ",
]

PRIVACY_READ: Final = "privacy:read"
PRIVACY_CONSENT: Final = "privacy:consent"
PRIVACY_EXPORT: Final = "privacy:export"
PRIVACY_ERASE: Final = "privacy:erase"
PRIVACY_HOLD: Final = "privacy:hold"
PRIVACY_OWN: Final = "privacy:own"

PERMISSIONS: Final = MappingProxyType(
    {
        PRIVACY_READ: "Read consents, legal holds and receipts of erasures.",
        PRIVACY_CONSENT: "Record what parties agreed to, and that they withdrew it.",
        PRIVACY_EXPORT: "Take out everything that is kept about a party.",
        PRIVACY_ERASE: "Erase a party, and see beforehand what would go and what would stay.",
        PRIVACY_HOLD: "Place and release legal holds.",
        PRIVACY_OWN: "Take out what is kept about the party that the credential itself is.",
    }
)
