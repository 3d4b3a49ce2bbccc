"""FHIR R4 data types as values: codes, instants, quantities, names, addresses.

In comes JSON of a resource, out come values or None for what is not said. `Unreadable` is for what is there and cannot
be read; its text never holds the value. What can be read and not kept is counted in `Notes`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, TypeVar, cast

from patron_core.values import Code
from patron_healthcare.commands import MOST_DIGITS

__all__ = [
    "Coding",
    "Notes",
    "Quantity",
    "Unreadable",
    "code_of",
    "coding",
    "day",
    "instant",
    "items",
    "listed",
    "members",
    "quantity",
    "text",
]

CodeT = TypeVar("CodeT", bound=Code)
_PARTIAL: Final = re.compile(r"\d{4}(-\d{2})?")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})")
#: Control characters, among them NUL, which PostgreSQL cannot store, and halves of surrogate pairs, which no encoder takes.
_UNSTORABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_MILLIONTH: Final = Decimal("0.000001")


class Unreadable(Exception):
    """Something that is there and cannot be read; the text says which element and why."""


@dataclass(frozen=True, slots=True)
class Notes:
    """Counts what is worth a number in the report."""

    counts: Counter[str] = field(default_factory=Counter[str])

    def add(self, what: str) -> None:
        """Counts one more."""
        self.counts[what] += 1


@dataclass(frozen=True, slots=True)
class Coding:
    """A code with its system, and what it means in words; one of code and text at least."""

    code: str | None
    system: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit. text: the whole in words, where a plain number would say something else (`< 5 mg/dL`)."""

    value: Decimal | None
    unit: str | None
    text: str | None


def members(value: object) -> Mapping[str, Any]:
    """A JSON object; an empty one where it is something else."""
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def items(value: object) -> Sequence[Any]:
    """A JSON array; an empty one where it is something else."""
    return cast("Sequence[Any]", value) if isinstance(value, list) else ()


def listed(value: object) -> Iterator[Mapping[str, Any]]:
    """The objects of a JSON array; nothing where it is none."""
    return (cast("Mapping[str, Any]", item) for item in items(value) if isinstance(item, dict))


def text(value: Any, *, element: str) -> str | None:
    """Text on one line, None when it is empty or not there."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise Unreadable(f"{element} is no text")
    line = " ".join(value.split())
    if _UNSTORABLE.search(line):
        raise Unreadable(f"{element} holds control characters")
    return line or None


def coding(value: Any, *, element: str, prefer: str | None = None) -> Coding | None:
    """A CodeableConcept: its coding in the system `prefer` or else its first, with the text it has."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise Unreadable(f"{element} is no CodeableConcept")
    concept = members(cast("object", value))
    codings = [item for item in listed(concept.get("coding")) if item.get("code")]
    chosen: Mapping[str, Any] = next(
        (item for item in codings if item.get("system") == prefer), codings[0] if codings else {}
    )
    code = text(chosen.get("code"), element=f"{element}.coding.code")
    words = text(concept.get("text"), element=f"{element}.text") or text(
        chosen.get("display"), element=f"{element}.coding.display"
    )
    if code is None and words is None:
        return None
    return Coding(code, text(chosen.get("system"), element=f"{element}.coding.system"), words or code or "")


def code_of(kind: type[CodeT], value: Any, *, element: str, notes: Notes) -> CodeT | None:
    """A member of a closed vocabulary by its FHIR code; one that is not on the list is counted and not kept."""
    if value is None:
        return None
    found = next((member for member in kind if member.value == value), None)
    if found is None:
        notes.add(f"values of {element} that are not on the list")
    return found


def day(value: Any, *, element: str, notes: Notes) -> dt.date | None:
    """A FHIR date; one without day or month is counted and not kept."""
    if value is None:
        return None
    if isinstance(value, str) and _PARTIAL.fullmatch(value):
        notes.add(f"values of {element} without a day")
        return None
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise Unreadable(f"{element} is no date")
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise Unreadable(f"{element} is no day of the calendar") from None


def instant(value: Any, *, element: str, zone: dt.tzinfo, notes: Notes) -> dt.datetime | None:
    """A FHIR dateTime or instant, in UTC. A day without a time is its midnight in `zone`; less is counted, not kept."""
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            return dt.datetime.fromisoformat(value).astimezone(dt.UTC)
        except (ValueError, OverflowError):
            raise Unreadable(f"{element} is no instant of the calendar") from None
    whole = day(value, element=element, notes=notes)
    if whole is None:
        return None
    try:
        return dt.datetime.combine(whole, dt.time(), tzinfo=zone).astimezone(dt.UTC)
    except OverflowError:
        raise Unreadable(f"{element} is no instant of the calendar") from None


def quantity(value: Any, *, element: str) -> Quantity:
    """A Quantity; its unit is the UCUM code where there is one. A number with a comparator is no plain number."""
    if not isinstance(value, dict):
        raise Unreadable(f"{element} is no Quantity")
    whole = members(cast("object", value))
    unit = text(whole.get("code"), element=f"{element}.code") or text(whole.get("unit"), element=f"{element}.unit")
    number = whole.get("value")
    if number is None:
        return Quantity(None, unit, None)
    if isinstance(number, bool) or not isinstance(number, int | Decimal):
        raise Unreadable(f"{element}.value is no number")
    number = Decimal(number)
    if abs(number) >= MOST_DIGITS:
        raise Unreadable(f"{element}.value has more than 12 digits before the point")
    comparator = text(whole.get("comparator"), element=f"{element}.comparator")
    if comparator is not None:
        return Quantity(None, None, " ".join(part for part in (comparator, str(number), unit) if part))
    return Quantity(number.quantize(_MILLIONTH), unit, None)
