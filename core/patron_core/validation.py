"""Checks that commands and resolvers make of what is given: one wording and one place for each.

In come a command and names of its fields, or a value and its path; out comes nothing, or an error that names the path.
Fields that are None or UNSET are left alone. Rules of one noun stand with that noun.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Sized
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from patron_core.errors import Conflict, InvalidInput
from patron_core.records import Record
from patron_core.values import UNSET, Money, Unset, known_currency

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = [
    "LONG_TEXT",
    "SHORT_TEXT",
    "Place",
    "above_zero",
    "aware",
    "code",
    "count",
    "currency",
    "given",
    "in_order",
    "key",
    "money",
    "not_later",
    "not_negative",
    "not_null",
    "once",
    "one_line",
    "paragraphs",
    "same_version",
    "unused",
    "within",
]

#: Where something stands in what was given: the name of a field, or the way to it.
Place: TypeAlias = str | tuple[str | int, ...]

SHORT_TEXT = 200
LONGEST_KEY = 255
LONGEST_CODE = 50
LONG_TEXT = 10_000
_CODE = re.compile(r"[A-Z][A-Z0-9_]+")


def given(value: Any) -> bool:
    """Whether a field holds something: neither left out nor null."""
    return value is not None and value is not UNSET


def one_line(command: Any, *names: str, maximum: int = SHORT_TEXT) -> None:
    """Strips text fields and refuses empty ones, control characters and more than `maximum` characters."""
    _text(command, names, maximum=maximum, allowed="")


def paragraphs(command: Any, *names: str, maximum: int = LONG_TEXT) -> None:
    """As `one_line`, for fields that may hold line breaks and tabs."""
    _text(command, names, maximum=maximum, allowed="\n\r\t")


def key(command: Any, *names: str) -> None:
    """Keys another system or the caller chose: 1 to 255 characters without control characters, taken as they are."""
    for name in names:
        value = getattr(command, name)
        if given(value) and not 1 <= len(value) <= LONGEST_KEY:
            raise InvalidInput(
                f"{_words(name)} has a wrong length. It has {len(value)} characters. Use 1 to {LONGEST_KEY}.",
                path=(name,),
            )
        if given(value):
            _refuse_controls(value, name, allowed="")


def code(command: Any, *names: str, maximum: int = LONGEST_CODE) -> None:
    """Codes that a tenant gives, such as PROPOSAL: 2 to `maximum` capitals, digits and underscores, a capital first."""
    for name in names:
        value = getattr(command, name)
        if given(value) and not (len(value) <= maximum and _CODE.fullmatch(value)):
            raise InvalidInput(
                f"{_words(name)} is not well formed. It has other characters than capitals, digits and underscores, or a "
                "wrong length. Write it like PROPOSAL.",
                path=(name,),
            )


def currency(code: str, *, path: str = "currency") -> None:
    """Refuses what is no currency (ISO 4217)."""
    if not known_currency(code):
        raise InvalidInput(
            "The currency is not known. Its code is none of ISO 4217. Give three capitals such as EUR.", path=(path,)
        )


def money(amount: Decimal | str, currency_code: str, *, path: tuple[str | int, ...]) -> Money:
    """An amount in major units as money; refuses an unknown currency and more decimals or digits than it has."""
    try:
        return Money.of(amount, currency_code)
    except ValueError as error:
        raise InvalidInput(str(error), path=path) from None


def not_negative(amount: Money | Unset | None, *, path: Place) -> None:
    """Refuses an amount below zero."""
    if isinstance(amount, Money) and amount.minor < 0:
        raise InvalidInput(
            f"{_named(path)} is negative. An amount below zero was given. Give zero or more.", path=_place(path)
        )


def above_zero(amount: Money | Unset | None, *, path: Place) -> None:
    """Refuses an amount of zero or below."""
    if isinstance(amount, Money) and amount.minor <= 0:
        raise InvalidInput(
            f"{_named(path)} is too small. It is not above zero. Give more than zero.", path=_place(path)
        )


def within(
    value: int | Decimal | Unset | None,
    *,
    most: int | Decimal,
    path: Place,
    least: int | Decimal = 1,
    decimals: int | None = None,
) -> None:
    """Refuses a number outside of `least` to `most`, both inside, or one that has more than so many decimals."""
    if value is None or isinstance(value, Unset):
        return
    if not Decimal(value).is_finite() or not least <= value <= most:
        raise InvalidInput(
            f"{_named(path)} is out of range. It lies outside of {least:,} to {most:,}. Correct it.", path=_place(path)
        )
    if decimals is not None and value != round(value, decimals):
        raise InvalidInput(
            f"{_named(path)} is too exact. It has more than {decimals} decimals. Round it.", path=_place(path)
        )


def count(values: Sized | Unset | None, *, most: int, path: Place, least: int = 0) -> None:
    """Refuses a list of fewer than `least` or more than `most`."""
    if isinstance(values, Sized) and not least <= len(values) <= most:
        raise InvalidInput(
            f"{_named(path)} holds too many or too few. {len(values)} were given. Give {least:,} to {most:,}.",
            path=_place(path),
        )


def once(values: Iterable[Hashable], *, path: Place) -> None:
    """Refuses a list that names something twice."""
    if any(times > 1 for times in Counter(values).values()):
        raise InvalidInput(
            f"{_named(path)} names something twice. The same was given again. Give each once.", path=_place(path)
        )


def in_order(begins: dt.date | None, ends: dt.date | None, *, path: Place) -> None:
    """Refuses an end that is not after the beginning; two days or two instants, None where a side is open. path: the end's."""
    if begins is not None and ends is not None and ends <= begins:
        raise InvalidInput(
            f"The time would never count. {_named(path)} is not after its beginning. Correct one of them.",
            path=_place(path),
        )


def aware(command: Any, *names: str) -> None:
    """Refuses times without a zone."""
    for name in names:
        value = getattr(command, name)
        if given(value) and (value.tzinfo is None or value.utcoffset() is None):
            raise InvalidInput(
                f"{_words(name)} has no time zone. It was given as a local time. Add Z or an offset.", path=(name,)
            )


def not_null(command: Any, *names: str) -> None:
    """Refuses null in the fields of an update that may be left out but not emptied."""
    for name in names:
        if getattr(command, name) is None:
            raise InvalidInput(
                f"{_words(name)} cannot be empty. It was given as null. Leave it out, or give a value.", path=(name,)
            )


def unused(uow: UnitOfWork, model: type[Record], *, reserved: Collection[Any] = (), **key: Any) -> None:
    """Refuses a key that another row of the tenant has (`Conflict`). reserved: values that count as taken."""
    name, value = next(iter(key.items()))
    if value in reserved or uow.find(model, **key) is not None:
        raise Conflict(
            f"There is such a {_words(model.__name__).lower()} already. Its {name} was given again. Use the one there is, "
            f"or give another {name}.",
            path=(name,),
        )


def same_version(record: Record, *, version: int) -> None:
    """Refuses an update made from an older state of the row (`Conflict`)."""
    if record.version != version:
        raise Conflict(
            f"The {_words(type(record).__name__).lower()} changed in between. It has version {record.version}, "
            f"version {version} was given. Read it again and repeat the change.",
            path=("version",),
        )


def not_later(moment: dt.datetime, *, than: dt.datetime, path: str) -> None:
    """Refuses a time after `than`."""
    if moment > than:
        raise InvalidInput(
            f"{_words(path)} lies in the future. It may be at most {than:%Y-%m-%dT%H:%M:%SZ}. Correct it or its zone.",
            path=(path,),
        )


def _text(command: Any, names: tuple[str, ...], *, maximum: int, allowed: str) -> None:
    for name in names:
        value = getattr(command, name)
        if not given(value):
            continue
        stripped = value.strip()
        if not stripped:
            raise InvalidInput(
                f"{_words(name)} is empty. It was given without any letter. Leave it out, or write something.",
                path=(name,),
            )
        if len(stripped) > maximum:
            raise InvalidInput(
                f"{_words(name)} is too long. It has {len(stripped)} characters, the most is {maximum}. Shorten it.",
                path=(name,),
            )
        _refuse_controls(stripped, name, allowed=allowed)
        object.__setattr__(command, name, stripped)


def _refuse_controls(value: str, name: str, *, allowed: str) -> None:
    # Cc: control characters, among them NUL, which PostgreSQL cannot store; Cs: halves of surrogate pairs, which no
    # encoder accepts. What Python calls printable has neither.
    if not value.isprintable() and any(
        unicodedata.category(character) in ("Cc", "Cs") and character not in allowed for character in value
    ):
        raise InvalidInput(
            f"{_words(name)} holds a control character. Such characters cannot be stored. Remove it.", path=(name,)
        )


def _place(path: Place) -> tuple[str | int, ...]:
    return (path,) if isinstance(path, str) else path


def _named(path: Place) -> str:
    return _words(next(str(step) for step in reversed(_place(path)) if isinstance(step, str)))


def _words(name: str) -> str:
    """`given_name` and `ContactMedium` as words: "Given name", "Contact medium"."""
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
    return spaced.replace("_", " ").capitalize()
