"""Checks that commands make of themselves, and the services of versions and times: one wording and one place for each.

In come a command and names of its fields, or a value and its path; out comes nothing, or an error that names the path.
Fields that are None or UNSET are left alone. Rules of one noun stand with that noun.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import Any

from patron_core.errors import Conflict, InvalidInput
from patron_core.records import Record
from patron_core.values import UNSET

__all__ = [
    "LONG_TEXT",
    "SHORT_TEXT",
    "aware",
    "given",
    "key",
    "not_later",
    "not_null",
    "one_line",
    "paragraphs",
    "same_version",
]

SHORT_TEXT = 200
LONGEST_KEY = 255
LONG_TEXT = 10_000


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


def _words(name: str) -> str:
    """`given_name` and `ContactMedium` as words: "Given name", "Contact medium"."""
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
    return spaced.replace("_", " ").capitalize()
