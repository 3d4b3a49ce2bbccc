"""Rows of text tables (CSV, TSV): read one at a time, with line numbers, bad rows told apart, nothing held in memory.

A file's header is checked by `check_header` before anything is written; a line that is no UTF-8, holds a NUL, is longer than
a row can be or has the wrong number of fields comes out as a `BadRow` and the next one follows. What the values mean is the
importer's business.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from patron_core.imports.importer import BadRow, WrongFormat
from patron_core.imports.lines import BoundedLines

if TYPE_CHECKING:
    from io import TextIOWrapper

__all__ = ["MOST_COLUMNS", "Row", "check_header", "first_rows", "read_table"]

MOST_COLUMNS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table. file: the file's name. line: its last line in the file, from 1. values: by column
    name: text, or what an object of JSON holds.

    raw: its text as it stands in the file.
    """

    file: str
    line: int
    values: Mapping[str, Any]
    raw: str = field(default="", repr=False, compare=False)

    def bad(self, reason: str) -> BadRow:
        """This row as one that cannot be taken in; the reason names columns and never holds values."""
        return BadRow(file=self.file, line=self.line, reason=reason, raw=self.raw)


def read_table(
    file: Path, *, delimiter: str = ",", columns: Sequence[str] | None = None, encoding: str = "utf-8-sig"
) -> Iterator[Row | BadRow]:
    """The rows of a table, empty lines left out.

    delimiter: one character. columns: names for a file without a header line; without them the first line names the
    columns. encoding: of the file; what does not decode makes its row bad.
    """
    with _opened(file, encoding) as stream:
        lines = BoundedLines(stream)
        reader = csv.reader(lines, delimiter=delimiter)
        names = list(columns) if columns is not None else next(_fields(reader, lines, file=file.name), None)
        if isinstance(names, list):
            for fields in _fields(reader, lines, file=file.name):
                if isinstance(fields, BadRow):
                    yield fields
                else:
                    yield _row(fields, names, file=file.name, lines=lines)


def first_rows(file: Path, *, count: int, delimiter: str = ",", encoding: str = "utf-8-sig") -> list[list[str]]:
    """Up to `count` rows from the top as lists of text, for a check of what a file is; a broken row ends them."""
    rows: list[list[str]] = []
    with _opened(file, encoding) as stream:
        lines = BoundedLines(stream)
        for fields in _fields(csv.reader(lines, delimiter=delimiter), lines, file=file.name):
            if isinstance(fields, BadRow) or len(rows) == count:
                break
            rows.append(fields)
    return rows


def check_header(
    file: Path, *, columns: Sequence[str], format: str, delimiter: str = ",", encoding: str = "utf-8-sig"
) -> None:
    """Refuses a file whose first line does not name all `columns`, in whatever order and company (`WrongFormat`)."""
    rows = first_rows(file, count=1, delimiter=delimiter, encoding=encoding)
    missing = [name for name in columns if not rows or name not in rows[0]]
    what = (
        f"Its first line does not name the columns {', '.join(missing)}." if rows else "It is empty or holds no text."
    )
    if rows and len(rows[0]) > MOST_COLUMNS:
        missing, what = ["?"], f"It has {len(rows[0]):,} columns, and the most is {MOST_COLUMNS:,}."
    if missing:
        advice = "Pass the file as it was published, with its header line."
        raise WrongFormat(file=file, format=format, what=what, advice=advice)


def _opened(file: Path, encoding: str) -> TextIOWrapper:
    return file.open(encoding=encoding, errors="surrogateescape", newline="")


def _fields(reader: Iterator[list[str]], lines: BoundedLines, *, file: str) -> Iterator[list[str] | BadRow]:
    """Rows as the csv module splits them; what it refuses is a bad row, after which it goes on with the next line."""
    while True:
        lines.begin()
        try:
            fields = next(reader)
        except StopIteration:
            if lines.too_long:
                yield _too_long(lines, file)
            return
        except csv.Error:
            reason = "The line is not a row of this table: a quote is open or a field is too long."
            yield BadRow(
                file=file,
                line=lines.number,
                reason=reason,
                advice="Close the quote. What stands in the lines that it took in is not lost: it is part of this row.",
                raw=lines.taken,
            )
            continue
        if lines.too_long:
            yield _too_long(lines, file)
        elif fields:
            yield fields


def _too_long(lines: BoundedLines, file: str) -> BadRow:
    reason = f"The line is longer than {lines.most:,} characters."
    return BadRow(file=file, line=lines.number, reason=reason, advice="No row is that long. Look at the line's end.")


def _row(fields: list[str], names: list[str], *, file: str, lines: BoundedLines) -> Row | BadRow:
    raw = lines.taken
    if len(fields) != len(names):
        reason = f"The row has {len(fields)} fields. The table has {len(names)} columns."
        return BadRow(file=file, line=lines.number, reason=reason, raw=raw)
    if raw.isascii() and "\x00" not in raw:
        return Row(file=file, line=lines.number, values=dict(zip(names, fields, strict=True)), raw=raw)
    for name, value in zip(names, fields, strict=True):
        if "\x00" in value or not _is_text(value):
            reason = f"Column {name} holds bytes that are no text in the file's encoding."
            return BadRow(file=file, line=lines.number, reason=reason, column=name, raw=raw)
    return Row(file=file, line=lines.number, values=dict(zip(names, fields, strict=True)), raw=raw)


def _is_text(value: str) -> bool:
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)
