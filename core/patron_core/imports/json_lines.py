"""Objects of a JSON Lines file, one a line, read one at a time; what is no object comes out as a bad row.

Numbers stay the text they were written as: an amount must not become a binary fraction.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from patron_core.imports.importer import BadRow
from patron_core.imports.lines import BoundedLines
from patron_core.imports.tables import Row
from patron_core.imports.value_class import value_class

__all__ = ["read_json", "read_json_lines"]

_DEEPEST: Final = 32


def read_json_lines(file: Path, *, encoding: str = "utf-8-sig") -> Iterator[Row | BadRow]:
    """The objects of a file, empty lines left out."""
    with file.open(encoding=encoding, errors="surrogateescape", newline="") as stream:
        lines = BoundedLines(stream)
        while True:
            lines.begin()
            line = next(lines, None)
            if line is None:
                return
            if lines.too_long:
                reason = f"The line is longer than {lines.most:,} characters."
                yield BadRow(file.name, lines.number, reason, advice="No object is that long. Look at the line's end.")
            elif line.strip():
                yield _object(line, file=file.name, line=lines.number, raw=lines.taken)


def read_json(text: str) -> Any:
    """A JSON value, its numbers as texts; ValueError for what is none, or deeper than 32 levels."""
    try:
        value = json.loads(text, parse_float=str, parse_int=str, parse_constant=_refuse)
    except RecursionError:
        raise ValueError from None
    _check(value, depth=0)
    return value


def _object(text: str, *, file: str, line: int, raw: str) -> Row | BadRow:
    try:
        value = read_json(text)
    except ValueError:
        reason = "The line is no JSON of text in the file's encoding."
        return BadRow(file, line, reason, advice="Write one object a line.", raw=raw)
    if not isinstance(value, dict):
        reason = "The line is JSON and no object."
        return BadRow(file, line, reason, value_class=value_class(value), advice="Write one object a line.", raw=raw)
    return Row(file=file, line=line, values=value, raw=raw)


def _check(value: Any, *, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError
    if isinstance(value, str) and ("\x00" in value or not _is_text(value)):
        raise ValueError
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check(part, depth=depth + 1)


def _is_text(value: str) -> bool:
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)


def _refuse(_constant: str) -> None:
    raise ValueError
