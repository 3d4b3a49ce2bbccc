"""The decisions about preferences that need no database: which one counts, and what stays tell.

What the guest said outweighs what stays or other systems tell; between those two the newer word counts. A wish for all
hotels also outweighs what was inferred or imported for one. Nothing is thrown away: what does not count says why.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from patron_hospitality.models import PreferenceOrigin, PreferenceStatus

__all__ = ["Agreement", "Verdict", "Word", "agreement", "settle"]


@dataclass(frozen=True, slots=True)
class Word:
    """What one origin says about a guest in one category. property_id: where it holds; None in all hotels."""

    id: uuid.UUID
    property_id: uuid.UUID | None
    origin: PreferenceOrigin
    value: str
    recorded_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a word counts for. settled_by: the word that counts instead."""

    status: PreferenceStatus
    settled_by: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """What stays agree on. stays: how many do."""

    value: str
    stays: int


def settle(words: Sequence[Word]) -> dict[uuid.UUID, Verdict]:
    """What each of a guest's words in one category counts for: one is active per place, at most."""
    said_everywhere = next((w for w in words if w.property_id is None and w.origin is PreferenceOrigin.EXPLICIT), None)
    verdicts: dict[uuid.UUID, Verdict] = {}
    for place in {word.property_id for word in words}:
        here = [word for word in words if word.property_id == place]
        winner = max(here, key=_weight)
        if winner.origin is not PreferenceOrigin.EXPLICIT and said_everywhere is not None:
            winner = said_everywhere
        verdicts.update({word.id: _verdict(word, winner) for word in here})
    return verdicts


def agreement(values: Sequence[str | None], *, at_least: int) -> Agreement | None:
    """The value that at least so many stays have in common, or None.

    values: of the last stays, newest first; None where a stay tells nothing. Of two equally frequent ones the newer.
    """
    frequent = Counter(value for value in values if value is not None).most_common(1)  # ties in order of appearance
    if not frequent or frequent[0][1] < at_least:
        return None
    return Agreement(*frequent[0])


def _weight(word: Word) -> tuple[bool, dt.datetime, uuid.UUID]:
    return word.origin is PreferenceOrigin.EXPLICIT, word.recorded_at, word.id


def _verdict(word: Word, winner: Word) -> Verdict:
    if word.id == winner.id:
        return Verdict(PreferenceStatus.ACTIVE)
    same = word.value.casefold() == winner.value.casefold()
    return Verdict(PreferenceStatus.AGREES if same else PreferenceStatus.OVERRULED, winner.id)
