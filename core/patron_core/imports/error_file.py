"""The file of errors: every row that could not be taken in, as it stood, behind what is to be said against it.

In come bad rows while an import runs, out comes a table that is mended and imported by the same mapping: the columns
`patron_…` in front of the row are then columns that no mapping names. Of JSON Lines each object gets a key `patron`. The
file holds the rows' values: it is the owner's, readable by nobody else, and written where they ask for it.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final

from patron_core.errors import InvalidInput
from patron_core.imports.importer import BadRow
from patron_core.imports.json_lines import read_json
from patron_core.imports.lines import BoundedLines

__all__ = ["ErrorFile"]

_COLUMNS: Final = ("patron_file", "patron_line", "patron_column", "patron_value", "patron_reason", "patron_advice")


class ErrorFile:
    """Writes bad rows to a path; by its suffix as JSON Lines (.jsonl) or as a table. There is no file where all rows are good.

    header: the path whose first line names the columns of a table; None where rows have no columns of their own.
    delimiter, encoding: of that file, and of this one.
    """

    def __init__(
        self, path: Path, *, header: Path | None = None, delimiter: str = ",", encoding: str = "utf-8-sig"
    ) -> None:
        if path.exists():
            raise InvalidInput(
                f"{path.name} cannot be written. There is such a file already. Choose another name, or remove it."
            )
        self._path = path
        self._header = header
        self._delimiter = delimiter
        self._encoding = encoding
        self._out: IO[str] | None = None
        self._write: Callable[[BadRow], str] = self._object if path.suffix == ".jsonl" else self._row
        self.rows = 0

    @property
    def name(self) -> str:
        """What the file is called."""
        return self._path.name

    def __enter__(self) -> ErrorFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._out is not None:
            self._out.close()

    def add(self, row: BadRow) -> None:
        """Writes a bad row."""
        if self._out is None:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._out = os.fdopen(descriptor, "w", encoding=self._encoding, errors="surrogateescape", newline="")
            if self._path.suffix != ".jsonl":
                self._out.write(f"{self._joined(_COLUMNS)}{self._head()}\r\n")
        self._out.write(self._write(row))
        self._out.flush()
        self.rows += 1

    def _head(self) -> str:
        """The columns of the file itself, as they stand there."""
        if self._header is None:
            return ""
        encoding = self._encoding
        with self._header.open(encoding=encoding, errors="surrogateescape", newline="") as stream:
            lines = BoundedLines(stream)
            next(csv.reader(lines, delimiter=self._delimiter), None)
            return f"{self._delimiter}{lines.taken}"

    def _row(self, row: BadRow) -> str:
        before = self._joined(_told(row))
        if row.raw is None:
            return f"{before}\r\n"
        return "".join(f"{before}{self._delimiter}{line}\r\n" for line in _rows_of(row.raw, self._delimiter))

    def _object(self, row: BadRow) -> str:
        told = dict(zip(_COLUMNS, _told(row), strict=True))
        try:
            value: Any = None if row.raw is None else read_json(row.raw)
        except ValueError:
            value = None
        if isinstance(value, dict) and row.raw is not None:  # as it stood: its numbers must not change
            return f'{row.raw.rstrip()[:-1]}{", " if value else ""}"patron": {json.dumps(told)}}}\n'
        return json.dumps({"patron": {**told, "patron_row": row.raw}}) + "\n"

    def _joined(self, cells: tuple[str, ...]) -> str:
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=self._delimiter, lineterminator="").writerow(cells)
        return out.getvalue()


def _told(row: BadRow) -> tuple[str, ...]:
    return row.file, str(row.line), row.column or "", row.value_class or "", row.reason, row.advice or ""


def _rows_of(raw: str, delimiter: str) -> list[str]:
    """The rows of a record, each as it stood; one that is no row of a table stays in one piece."""
    lines = BoundedLines(io.StringIO(raw, newline=""))
    reader, rows = csv.reader(lines, delimiter=delimiter), []
    try:
        while True:
            lines.begin()
            next(reader)
            rows.append(lines.taken)
    except StopIteration:
        return rows
    except csv.Error:
        return [raw]
