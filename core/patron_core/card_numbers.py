"""Numbers of payment cards are refused wherever text comes in, so that none is ever kept (PCI DSS 4.0.1, requirement 3).

A text, or a command with texts anywhere inside, comes in; yes or no, or INVALID_INPUT with the place and never the number, goes out. The
unit of work asks for every command, imports ask for every item. A number counts as a card's where its first digits and its length are
those of a card scheme and its check digit is right (ISO/IEC 7812); IBANs, UUIDs, hashes, GTINs and telephone numbers are let pass.
"""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import cache
from typing import Any, Final, TypeVar, cast

from patron_core.errors import InvalidInput
from patron_core.messages import Command, Refused

__all__ = ["MESSAGE", "check_text", "cleared", "has_card_number", "masked", "place_of_card_number"]

MESSAGE: Final = (
    "A text looks like a card number. Numbers of payment cards are not kept here. "
    "Leave it out, or send a token or its last four digits."
)
_SHORTEST: Final = 13
_LONGEST: Final = 19
#: What people and word processors put between digits.
_GAP: Final = "[ .\\-\u00a0\u2007\u2009\u200a\u200b-\u200d\u2010-\u2015\u202f\ufeff]{0,2}"
_RUN: Final = re.compile(rf"\d(?:{_GAP}\d){{{_SHORTEST - 1},}}")
_IBAN: Final = re.compile(r"\b[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?\b")
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_HEX: Final = re.compile(r"(?<![0-9A-Za-z])(?=[0-9]*[A-Fa-f])[0-9A-Fa-f]{24,}(?![0-9A-Za-z])")  # a hash
#: First digits and lengths of the schemes (ISO/IEC 7812 issuer ranges as the schemes publish them).
_SCHEMES: Final = tuple(
    (re.compile(first), frozenset(lengths))
    for first, lengths in (
        ("4", (13, 16, 18, 19)),  # Visa
        ("5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", (16,)),  # Mastercard
        ("3[47]", (15,)),  # American Express
        ("30[0-5]|3095|36|3[89]", (14, 16)),  # Diners Club
        ("6011|64[4-9]|65", (16, 17, 18, 19)),  # Discover
        ("352[89]|35[3-8]", (16, 17, 18, 19)),  # JCB
        ("62", (16, 17, 18, 19)),  # UnionPay
        ("5018|5020|5038|5893|6304|6759|676[1-3]", tuple(range(13, 20))),  # Maestro
        ("220[0-4]", (16, 17, 18, 19)),  # Mir
    )
)
#: Fields of a command that hold the number of a product, which is a GTIN more often than anything else.
_PRODUCT_FIELDS: Final = frozenset({"sku", "gtin", "ean"})

CommandT = TypeVar("CommandT", bound=Command)


def has_card_number(text: str, *, product: bool = False) -> bool:
    """Whether there is a card's number anywhere in the text. product: whether it is the number of a product."""
    return len(text) >= _SHORTEST and _RUN.search(text) is not None and any(_found(text, product=product))


def masked(text: str) -> str:
    """The text with each card's number in it replaced; for logs, where nothing can be refused."""
    return _masked(text) if _RUN.search(text) is not None else text


def check_text(text: str, *, path: tuple[str | int, ...]) -> None:
    """Raises INVALID_INPUT with the path where there is a card's number in the text."""
    if has_card_number(text):
        raise InvalidInput(MESSAGE, path=path)


def cleared(command: CommandT) -> CommandT:
    """The command; a row of a batch that holds a card's number is refused in its place, where the command allows that.

    Raises INVALID_INPUT with the place of the number otherwise.
    """
    place = place_of_card_number(command)
    while place is not None:
        replaced = _without_row(command, place)
        if replaced is None:
            raise InvalidInput(MESSAGE, path=place)
        command = replaced
        place = place_of_card_number(command)
    return command


def place_of_card_number(value: Any, *, product: bool = False) -> tuple[str | int, ...] | None:
    """Where inside a value a text holds a card's number: names of fields, keys and positions; None where none does."""
    kind: Any = type(value)
    if kind is str:
        return () if has_card_number(value, product=product) else None
    parts = _parts_of(kind)
    if parts is None:
        return None
    for step, part in parts(value):
        inner: Any = type(part)
        if inner is str:
            if len(part) >= _SHORTEST and has_card_number(part, product=step in _PRODUCT_FIELDS):
                return (step,)
        elif _parts_of(inner) is not None:
            place = place_of_card_number(part)
            if place is not None:
                return (step, *place)
    return None


Parts = Callable[[Any], Iterator[tuple[str | int, Any]]]


@cache
def _parts_of(kind: Any) -> Parts | None:
    """How the parts of a value of this type are told; None where it has none that could hold text."""
    if dataclasses.is_dataclass(kind):
        names = tuple(field.name for field in dataclasses.fields(kind))
        return lambda value: ((name, getattr(value, name)) for name in names)
    if issubclass(kind, Enum):
        return None
    if issubclass(kind, Mapping):
        return _parts_of_mapping
    if issubclass(kind, list | tuple | set | frozenset):
        return enumerate
    return (lambda value: iter(((0, str(value)),))) if issubclass(kind, str) else None


def _parts_of_mapping(value: Mapping[Any, Any]) -> Iterator[tuple[str | int, Any]]:
    for position, (key, item) in enumerate(value.items()):
        # A key may be the number itself, so that only a harmless one stands in a path.
        yield position, key
        yield (key if isinstance(key, str) and not has_card_number(key) else position), item


def _without_row(command: CommandT, place: tuple[str | int, ...]) -> CommandT | None:
    """The command with the row refused that the place lies in; None where it does not refuse rows by themselves."""
    name, kind = str(place[0]), cast("Any", type(command))
    if name not in _refusing(kind) or len(place) < 2:
        return None
    rows = list(getattr(command, name))
    rows[int(place[1])] = Refused(InvalidInput.code, MESSAGE, place[2:])
    changed: CommandT = dataclasses.replace(command, **{name: tuple(rows)})
    return changed


@cache
def _refusing(kind: Any) -> frozenset[str]:
    """The fields of a command whose rows may be refused one by one (`tuple[Row | Refused, ...]`)."""
    hints = typing.get_type_hints(kind)
    return frozenset(
        name
        for name, hint in hints.items()
        if typing.get_origin(hint) is tuple and Refused in typing.get_args(typing.get_args(hint)[0])
    )


def _found(text: str, *, product: bool = False) -> Iterator[tuple[int, int]]:
    """Where the card's numbers of a text begin and end."""
    text = _IBAN.sub(lambda found: _blank(found) if _is_iban(found[0]) else found[0], text)
    text = _HEX.sub(_blank, _UUID.sub(_blank, text))
    for run in _RUN.finditer(text):
        dialled = run.start() > 0 and text[run.start() - 1] == "+"
        groups = [(run.start() + each.start(), run.start() + each.end()) for each in re.finditer(r"\d+", run[0])]
        for first in range(len(groups)):
            digits = ""
            for start, end in groups[first:]:
                digits += "".join(str(int(digit)) for digit in text[start:end])  # digits of any script
                if len(digits) > _LONGEST:
                    break
                if _is_card(digits, product=product) and not (dialled and first == 0):
                    yield groups[first][0], end


def _blank(found: re.Match[str]) -> str:
    return "x" * len(found[0])


def _is_card(digits: str, *, product: bool) -> bool:
    size = len(digits)
    if size < _SHORTEST or not any(size in lengths and first.match(digits) for first, lengths in _SCHEMES):
        return False
    is_gtin = (size == 13 or (size == 14 and product)) and _gs1_check(digits)
    return _luhn(digits) and not is_gtin


def _luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1, annex B."""
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (doubled + sum(int(digit) for digit in digits[-1::-2])) % 10 == 0


def _gs1_check(digits: str) -> bool:
    """The check digit of a GTIN (GS1 General Specifications, 7.9)."""
    return (3 * sum(map(int, digits[-2::-2])) + sum(map(int, digits[-1::-2]))) % 10 == 0


def _is_iban(text: str) -> bool:
    """The check digits of ISO 13616 (ISO 7064 MOD 97-10)."""
    plain = text.replace(" ", "").upper()
    return int("".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])) % 97 == 1


def _masked(text: str) -> str:
    out, done = [], 0
    for start, end in _found(text):
        if start >= done:
            out += [text[done:start], "[card number]"]
            done = end
    return "".join([*out, text[done:]])
