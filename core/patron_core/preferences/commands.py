"""What may be asked about wishes: note one, take one back. Commands check their own form."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from patron_core import validation
from patron_core.customers.commands import CustomerId
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.preferences.models import Preference, WishOrigin
from patron_core.validation import aware, key, one_line

__all__ = ["EndPreference", "NotePreference", "PreferenceId"]

PreferenceId = Annotated[uuid.UUID, IdOf(Preference)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotePreference(Command):
    """Notes what a customer likes or wishes. What the customer said counts before what was seen or imported."""

    customer_id: CustomerId = argument("Whose wish it is.")
    key: str = argument("What it is about, a code in capitals such as CONTACT_CHANNEL.")
    preferred: str = argument("What is liked or wished, such as EMAIL.")
    scope: str = argument("Where it holds, such as a shop or a brand; empty for everywhere.", default="")
    origin: WishOrigin = argument("How it came to be known.", default=WishOrigin.EXPLICIT)
    confidence: Decimal = argument("How sure it is, 0 to 1; what the customer said is 1.", default=Decimal(1))
    evidence: str | None = argument("From what it was concluded, or where it was said.", default=None)
    valid_until: dt.datetime | None = argument("From when on it counts no more.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "preferred", "evidence")
        aware(self, "valid_until")
        key(self, "idempotency_key")
        if self.scope:
            one_line(self, "scope", maximum=80)
        validation.code(self, "key")
        certain = self.origin is WishOrigin.EXPLICIT
        if not self.confidence.is_finite() or not 0 <= self.confidence <= 1 or (certain and self.confidence != 1):
            raise InvalidInput(
                "The confidence does not fit. It lies outside of 0 to 1, or is not 1 where the customer said it. "
                "Correct it.",
                path=("confidence",),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class EndPreference(Command):
    """Takes a word on a wish back: another one may count again."""

    id: PreferenceId = argument("The word.")
    version: int = argument("The version the change was made from.")
