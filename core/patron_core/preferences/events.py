"""What can have happened to wishes. Events carry ids and keys, never what is wished."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event
from patron_core.preferences.models import PreferenceStanding, WishOrigin

__all__ = ["PreferenceEnded", "PreferenceNoted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceNoted(Event):
    """A wish was noted. `customer_id` is set."""

    type: ClassVar[str] = "preference.noted"
    preference_id: uuid.UUID
    key: str
    origin: WishOrigin
    standing: PreferenceStanding


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceEnded(Event):
    """A word on a wish was taken back or ran out. `customer_id` is set."""

    type: ClassVar[str] = "preference.ended"
    preference_id: uuid.UUID
    key: str
