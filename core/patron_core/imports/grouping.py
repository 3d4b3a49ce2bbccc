"""Rows of a file as records: one each, or several rows of the same key together; each key once in a file.

In come rows and a mapping, out come items and bad rows in the order of the file. A key that comes again is a bad row, for
one of the two would be lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from patron_core.imports.importer import BadRow, Item
from patron_core.imports.mapping import RecordMapping
from patron_core.imports.records import RecordReader
from patron_core.imports.remembered import Remembered
from patron_core.imports.rules import FieldError
from patron_core.imports.tables import Row

__all__ = ["records_of"]

_BROKEN: Final = "A row beside it could not be read, so it is not known whether all its lines are here."


@dataclass(slots=True)
class _Group:
    """Rows of one key that follow each other. fault: why it is not known whether all of them are here."""

    key: str
    rows: list[Row] = field(default_factory=list)
    fault: str | None = None


def records_of(rows: Iterable[Row | BadRow], mapping: RecordMapping, *, most: int) -> Iterator[Item[Any] | BadRow]:
    """The records that rows stand for. most: rows of one record."""
    reader = RecordReader(mapping)
    seen = Remembered[str, int]()
    joins = mapping.lines is not None and mapping.lines.each is None
    parts = _groups(rows, reader, most=most) if joins else _singles(rows, reader)
    for part in parts:
        if isinstance(part, BadRow):
            yield part
            continue
        first = part.rows[0]
        before = seen.get(part.key)
        if before is not None:
            yield _bad(
                part,
                mapping.key[0],
                f"The key stands in line {before} already, and one of the two would be lost.",
                "Put rows of one key together." if joins else "Remove one, or choose more key columns in the mapping.",
            )
            continue
        seen.put(part.key, first.line)
        yield _record(part, reader)


def _singles(rows: Iterable[Row | BadRow], reader: RecordReader) -> Iterator[_Group | BadRow]:
    for row in rows:
        if isinstance(row, BadRow):
            yield row
            continue
        try:
            yield _Group(reader.key(row.values), [row])
        except FieldError as error:
            yield _refused(row, error)


def _groups(rows: Iterable[Row | BadRow], reader: RecordReader, *, most: int) -> Iterator[_Group | BadRow]:
    group: _Group | None = None
    broken = False
    for row in rows:
        key: str | None = None
        unread: BadRow | None = row if isinstance(row, BadRow) else None
        if isinstance(row, Row):
            try:
                key = reader.key(row.values)
            except FieldError as error:
                unread = _refused(row, error)
        if unread is not None:
            if group is not None:
                group.fault = _BROKEN
                yield group
            yield unread
            group, broken = None, True
            continue
        assert isinstance(row, Row)
        assert key is not None
        if group is not None and group.key == key and len(group.rows) >= most:
            group.fault = f"It has more than {most:,} lines."
        if group is None or group.key != key or group.fault:
            if group is not None:
                yield group
            group = _Group(key, fault=_BROKEN if broken else None)
        group.rows.append(row)
        broken = False
    if group is not None:
        yield group


def _record(group: _Group, reader: RecordReader) -> Item[Any] | BadRow:
    first = group.rows[0]
    if group.fault is not None:
        return _bad(group, None, group.fault, "Mend that, and import all rows of this key again.")
    values = [row.values for row in group.rows]
    try:
        if len(values) == 1:
            values = list(reader.items(values[0]))
        key, value = reader.value(values)
    except FieldError as error:
        return _refused(first, error, raw=_raw(group))
    return Item(first.file, first.line, key, value, rows=len(group.rows), raw=_raw(group))


def _raw(group: _Group) -> str:
    return "\n".join(row.raw for row in group.rows)


def _bad(group: _Group, column: str | None, reason: str, advice: str) -> BadRow:
    first = group.rows[0]
    return BadRow(first.file, first.line, reason, column=column, advice=advice, raw=_raw(group))


def _refused(row: Row, error: FieldError, *, raw: str | None = None) -> BadRow:
    return BadRow(
        row.file,
        row.line,
        error.reason,
        column=error.column,
        value_class=error.value_class,
        advice=error.advice,
        raw=row.raw if raw is None else raw,
    )
