"""Rows of text tables (CSV, TSV): read one at a time, with line numbers, bad rows told apart, nothing held in memory.

A file's header is checked by `check_header` before anything is written; a line that is no UTF-8, holds a NUL or has
the wrong number of fields comes out as a `BadRow` and the next one follows. What the values mean is the importer's
business.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from patron_core.imports.importer import BadRow, WrongFormat

__all__ = ["Row", "check_header", "first_rows", "read_table"]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table. file: the file's name. line: its last line in the file, from 1. values: text by column name."""

    file: str
    line: int
    values: Mapping[str, str]

    def bad(self, reason: str) -> BadRow:
        """This row as one that cannot be taken in; the reason names columns and never holds values."""
        return BadRow(file=self.file, line=self.line, reason=reason)


def read_table(
    file: Path, *, delimiter: str = ",", columns: Sequence[str] | None = None, encoding: str = "utf-8-sig"
) -> Iterator[Row | BadRow]:
    """The rows of a table, empty lines left out.

    delimiter: one character. columns: names for a file without a header line; without them the first line names the
    columns. encoding: of the file; what does not decode makes its row bad.
    """
    with file.open(encoding=encoding, errors="surrogateescape", newline="") as stream:
        reader = csv.reader(stream, delimiter=delimiter)
        names = list(columns) if columns is not None else next(_fields(reader, file=file.name), None)
        if isinstance(names, list):
            for fields in _fields(reader, file=file.name):
                line = reader.line_num
                yield fields if isinstance(fields, BadRow) else _row(fields, names, file=file.name, line=line)


def first_rows(file: Path, *, count: int, delimiter: str = ",", encoding: str = "utf-8-sig") -> list[list[str]]:
    """Up to `count` rows from the top as lists of text, for a check of what a file is; a broken row ends them."""
    rows: list[list[str]] = []
    with file.open(encoding=encoding, errors="surrogateescape", newline="") as stream:
        for fields in _fields(csv.reader(stream, delimiter=delimiter), file=file.name):
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
    if missing:
        raise WrongFormat(
            file=file,
            format=format,
            what=f"Its first line does not name the columns {', '.join(missing)}."
            if rows
            else "It is empty or holds no text.",
            advice="Pass the file as it was published, with its header line.",
        )


def _fields(reader: Iterator[list[str]], *, file: str) -> Iterator[list[str] | BadRow]:
    """Rows as the csv module splits them; what it refuses is a bad row, after which it goes on with the next line."""
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            reason = "The line is not a row of this table: a quote is open or a field is too long."
            yield BadRow(file=file, line=_line(reader), reason=reason)
        else:
            if fields:
                yield fields


def _line(reader: Iterator[list[str]]) -> int:
    number: int = getattr(reader, "line_num", 0)
    return number


def _row(fields: list[str], names: list[str], *, file: str, line: int) -> Row | BadRow:
    if len(fields) != len(names):
        reason = f"The row has {len(fields)} fields. The table has {len(names)} columns."
        return BadRow(file=file, line=line, reason=reason)
    values = dict(zip(names, fields, strict=True))
    for name, value in values.items():
        if "\x00" in value or not _is_text(value):
            reason = f"Column {name} holds bytes that are no text in the file's encoding."
            return BadRow(file=file, line=line, reason=reason)
    return Row(file=file, line=line, values=values)


def _is_text(value: str) -> bool:
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)
