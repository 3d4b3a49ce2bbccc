"""Finishes a statement's JSON: puts its page together, takes out whose rows it read, runs resolvers and splices their values into place.

The database's text is passed on as it is; only marked places are touched. The marks are keys that no response key and no escaped
text can look like.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson

from patron_core.errors import InvalidInput

from .sql import CURSOR_EXPIRED, MARK, NAME, Statement

__all__ = ["answered", "counted", "spliced", "without_subjects"]

_EXPIRED: Final = CURSOR_EXPIRED.encode()
_MARK: Final = MARK.encode()
_NAME: Final = NAME.encode()
_SUBJECT: Final = b'"\\u0001":'
#: The text of an error by which exports know that the row they stood at was deleted.
CURSOR_GONE: Final = "The cursor has expired. The row it stood at is gone. Start again from the first page."
_ID: Final = 36  # characters of an id
_PYTHON = re.compile(rb'\{"\\u0002":(\d+)(.*?),"\\u0003":0\}', re.DOTALL)


def answered(found: bytes | Sequence[bytes] | None, statement: Statement, values: Sequence[Any]) -> tuple[bytes, int]:
    """The JSON of what a statement gave, and what its own page takes; values: all of the plan's.

    Raises INVALID_INPUT when the row of a cursor is gone.
    """
    page = statement.page
    if page is None:
        text = found if isinstance(found, bytes) else b"null"
        _check(text)
        return text, 0
    rows = found.split(b"\n") if isinstance(found, bytes) else found or ()
    if len(rows) == 1:
        _check(rows[0])
    return page.of(rows, values[page.size - 1])


def _check(text: bytes) -> None:
    if text == _EXPIRED:
        raise InvalidInput(CURSOR_GONE)


def counted(text: bytes, statement: Statement, own: int) -> tuple[bytes, int]:
    """The JSON without the marks of what counts, and how much it is; own: what its own page takes, which bears no marks."""
    if statement.tally is not None:
        return text, statement.tally.of(text)
    plain = text.replace(_MARK, b"") if _MARK in text else text
    return plain, own + len(text) - len(plain)


def without_subjects(text: bytes) -> tuple[bytes, frozenset[str]]:
    """The JSON without its subject marks, and the ids of the parties whose rows it shows."""
    if _NAME in text:
        first, *marked = text.split(_NAME)
        cut = [(piece[:_ID], _ID) if piece[:1] != b"{" else (b"", 0) for piece in marked]
    else:
        first, *marked = text.split(_SUBJECT)
        cut = [_told(piece) for piece in marked]
    if not marked:
        return text, frozenset()
    rest = [piece[end:] for piece, (_, end) in zip(marked, cut, strict=True)]
    return b"".join([first, *rest]), frozenset(party.decode() for party, _ in {*cut} if party)


def _told(piece: bytes) -> tuple[bytes, int]:
    """The party that stands at the beginning of a piece, and where the rest begins. A row about nobody has null there."""
    party, end = (piece[1 : _ID + 1], _ID + 2) if piece[:1] == b'"' else (b"", 4)
    return party, end + (piece[end : end + 1] == b",")


def spliced(text: bytes, resolvers: Sequence[Callable[[Mapping[str, Any]], bytes]]) -> bytes:
    """The JSON with every resolver's place filled. Resolvers get the values they require, as JSON values, and give JSON."""

    def fill(match: re.Match[bytes]) -> bytes:
        values = orjson.loads(b"{" + match[2].removeprefix(b",") + b"}")
        return resolvers[int(match[1])](values)

    return _PYTHON.sub(fill, text)
