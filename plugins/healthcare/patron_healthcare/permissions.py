"""Who may: the permissions this plugin introduces, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from typing import Final

__all__ = ["BOOK", "FOLLOW_UP", "RECORD", "REGISTER", "SCOPES"]

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
