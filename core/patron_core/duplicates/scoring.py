"""How much speaks for two parties being one: pure decisions on what is known of each, with reasons.

Points for what agrees and against what differs are added, in the manner of Fellegi and Sunter (A Theory for Record Linkage,
1969); the points themselves are ours, chosen so that no single one reaches the usual minimum of 60. Names are compared with
rapidfuzz, letters without accents and words in any order.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rapidfuzz import fuzz

from patron_core.parties.models import PartyKind
from patron_core.values import Code

__all__ = ["MINIMUM", "DuplicateReason", "Evidence", "Facts", "compare", "keys_of", "sound"]

#: Points from which two parties are proposed.
MINIMUM: Final = 60

_EMAIL: Final = 45
_PHONE: Final = 35
_BIRTH_DATE: Final = 25
_OTHER_BIRTH_DATE: Final = -40
_IDENTIFIER: Final = 30
_ADDRESS: Final = 15
_NAME: Final = 40
#: Below this likeness names say nothing, from it on they earn points up to `_NAME`.
_NAME_FROM: Final = 60
_ALIKE: Final = 90
_SHORTEST_IDENTIFIER: Final = 5
_LEGAL_FORMS: Final = frozenset(
    {
        *("ag", "as", "bv", "co", "company", "corp", "corporation", "gmbh", "inc", "incorporated", "kg", "limited"),
        *("llc", "llp", "ltd", "nv", "oy", "plc", "sa", "sarl", "sas", "spa", "srl"),
    }
)
_SOUNDS: Final = {
    **dict.fromkeys("bfpv", "1"),
    **dict.fromkeys("cgjkqsxz", "2"),
    **dict.fromkeys("dt", "3"),
    "l": "4",
    **dict.fromkeys("mn", "5"),
    "r": "6",
}


class DuplicateReason(Code):
    """What speaks for two parties being one."""

    SIMILAR_NAME = "similar_name", "Their names are alike: up to 40 points, none below a likeness of 60."
    SAME_EMAIL = "same_email", "They share an e-mail address: 45 points."
    SAME_PHONE = "same_phone", "They share a telephone number: 35 points."
    SAME_IDENTIFIER = "same_identifier", "Two other systems call them the same: 30 points."
    SAME_BIRTH_DATE = "same_birth_date", "They were born on the same day: 25 points; on different days: 40 points less."
    SIMILAR_ADDRESS = "similar_address", "They have much the same postal address: 15 points."


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a party. identifiers: (system, value)."""

    party_id: uuid.UUID | None
    kind: PartyKind
    names: tuple[str, ...]
    birth_date: dt.date | None = None
    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    identifiers: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for two parties being one. score: 0 to 100. name_similarity: 0 to 100."""

    score: int
    name_similarity: int
    same_email: bool
    same_phone: bool
    same_birth_date: bool | None
    same_identifier: bool
    similar_address: bool

    @property
    def reasons(self) -> tuple[DuplicateReason, ...]:
        """What speaks for it."""
        found = {
            DuplicateReason.SIMILAR_NAME: self.name_similarity > _NAME_FROM,
            DuplicateReason.SAME_EMAIL: self.same_email,
            DuplicateReason.SAME_PHONE: self.same_phone,
            DuplicateReason.SAME_IDENTIFIER: self.same_identifier,
            DuplicateReason.SAME_BIRTH_DATE: self.same_birth_date is True,
            DuplicateReason.SIMILAR_ADDRESS: self.similar_address,
        }
        return tuple(reason for reason, holds in found.items() if holds)


def compare(one: Facts, other: Facts) -> Evidence:
    """What speaks for two parties of the same kind being one; nothing does where their kinds differ."""
    if one.kind is not other.kind:
        return Evidence(0, 0, False, False, None, False, False)
    names = _likeness(one, other)
    email, phone = bool(one.emails & other.emails), bool(one.phones & other.phones)
    birth = None if one.birth_date is None or other.birth_date is None else one.birth_date == other.birth_date
    identifier = any(_alike_identifiers(one, other))
    address = any(
        fuzz.token_sort_ratio(_folded(a), _folded(b)) >= _ALIKE for a in one.addresses for b in other.addresses
    )
    points = (
        _EMAIL * email
        + _PHONE * phone
        + _IDENTIFIER * identifier
        + _ADDRESS * address
        + (0 if birth is None else _BIRTH_DATE if birth else _OTHER_BIRTH_DATE)
        + _NAME * max(0, names - _NAME_FROM) // (100 - _NAME_FROM)
    )
    return Evidence(max(0, min(100, points)), names, email, phone, birth, identifier, address)


def keys_of(facts: Facts) -> frozenset[str]:
    """The keys that a party shares with whom it is compared: only parties with a key in common are."""
    return frozenset(_keys(facts))


def _keys(facts: Facts) -> Iterator[str]:
    yield from (f"e:{email}" for email in facts.emails)
    yield from (f"p:{phone}" for phone in facts.phones)
    yield from (f"x:{value.lower()}" for _, value in facts.identifiers if len(value) >= _SHORTEST_IDENTIFIER)
    for name in facts.names:
        words = _words(name)
        if not words:
            continue
        if facts.kind is PartyKind.PERSON:
            sounds = sorted({sound(words[0]), sound(words[-1])})
            yield f"n:{'-'.join(sounds)}"
            if facts.birth_date is not None:
                yield f"b:{facts.birth_date}:{sound(words[-1])}"
        else:
            yield f"o:{'-'.join(sound(word) for word in words[:2])}"


def sound(word: str) -> str:
    """The Soundex of a word (US National Archives, 2007): its first letter and three digits; of other letters, their beginning."""
    letters = [letter for letter in _folded(word) if "a" <= letter <= "z"]
    if not letters:
        return _folded(word)[:4]
    code, last = "", _SOUNDS.get(letters[0], "")
    for letter in letters[1:]:
        digit = _SOUNDS.get(letter, "")
        if digit and digit != last:
            code += digit
        if letter not in "hw":
            last = digit
    return letters[0] + f"{code}000"[:3]


def _likeness(one: Facts, other: Facts) -> int:
    return max(
        (
            round(fuzz.token_sort_ratio(" ".join(_words(a)), " ".join(_words(b))))
            for a in one.names
            for b in other.names
        ),
        default=0,
    )


def _alike_identifiers(one: Facts, other: Facts) -> Iterator[bool]:
    for system, value in one.identifiers:
        for other_system, other_value in other.identifiers:
            yield system != other_system and value == other_value and len(value) >= _SHORTEST_IDENTIFIER


@lru_cache(maxsize=20_000)
def _words(name: str) -> tuple[str, ...]:
    """The words of a name without legal forms; a name of nothing else keeps them."""
    words = re.findall(r"\w+", _folded(name))
    return tuple(word for word in words if word not in _LEGAL_FORMS) or tuple(words)


@lru_cache(maxsize=20_000)
def _folded(text: str) -> str:
    """Without accents and case."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
