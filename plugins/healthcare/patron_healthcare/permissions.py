"""Who may: the permissions this plugin introduces, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["BOOK", "FOLLOW_UP", "RECORD", "REGISTER", "ROLES", "SCOPES"]

REGISTER: Final = "healthcare:register"
BOOK: Final = "healthcare:book"
RECORD: Final = "healthcare:record"
FOLLOW_UP: Final = "healthcare:follow_up"

SCOPES: Final = (
    (REGISTER, "Register patients and practitioners."),
    (BOOK, "Book appointments and change where they stand."),
    (RECORD, "Record observations."),
    (FOLLOW_UP, "Close follow-ups."),
)

#: What bundled roles get of this plugin beside reading, which `*:read` opens.
ROLES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "clinician": ("healthcare:*",),
        "receptionist": ("healthcare:read", REGISTER, BOOK),
        "manager": (REGISTER, BOOK),
    }
)
