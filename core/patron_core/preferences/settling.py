"""The decision that needs no database: which of the words on one wish counts.

What the customer said outweighs what was seen or imported; between those the surer one counts, then the newer one. Nothing is
thrown away: a word that does not count says whether it agrees.
"""

from __future__ import annotations

from collections.abc import Sequence

from patron_core.preferences.models import Preference, PreferenceStanding, WishOrigin

__all__ = ["settle"]


def settle(words: Sequence[Preference]) -> dict[PreferenceStanding, list[Preference]]:
    """How each of the words on one wish stands: one is active, the others agree with it or are overruled.

    words: those that did not end, of one customer, key and scope.
    """
    stands: dict[PreferenceStanding, list[Preference]] = {}
    for word in words:
        stands.setdefault(_standing(word, max(words, key=_weight)), []).append(word)
    return stands


def _weight(word: Preference) -> tuple[object, ...]:
    return word.origin is WishOrigin.EXPLICIT, word.confidence, word.recorded_at, word.id


def _standing(word: Preference, winner: Preference) -> PreferenceStanding:
    if word is winner:
        return PreferenceStanding.ACTIVE
    same = word.preferred.casefold() == winner.preferred.casefold()
    return PreferenceStanding.AGREES if same else PreferenceStanding.OVERRULED
