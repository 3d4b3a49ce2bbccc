"""How rows become a file: CSV, lines of JSON, or Parquet.

Rows come in page by page, bytes go into an open file; nothing is held but what a format must (Parquet a group of rows). A
file of text can be gone on with where it stopped. What happens to the file itself is left to `files`.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, BinaryIO, ClassVar, Final, Protocol

import orjson

from patron_core.errors import InvalidInput, StartupError
from patron_core.exports.cells import neutralised
from patron_core.exports.columns import Column, Kind, flat

__all__ = ["CsvWriter", "JsonLinesWriter", "ParquetWriter", "Writer"]

Row = Mapping[str, Any]
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_GROUP: Final = 10_000  # rows of Parquet that are held before they are written
#: Of amounts and other decimals: 29 digits before the point and 9 behind it, as many as any column of ours keeps.
DECIMAL_DIGITS, DECIMAL_SCALE = 38, 9


class Writer(Protocol):
    """What writes rows into one file. resumable: whether a file that broke off can be gone on with."""

    resumable: ClassVar[bool]

    def begin(self, file: BinaryIO, *, fresh: bool) -> None:
        """Takes the file. fresh: whether nothing is in it yet."""
        ...

    def write(self, rows: Sequence[Row]) -> None:
        """Adds rows."""
        ...

    def end(self) -> None:
        """Writes what is held; the file stays open."""
        ...


class CsvWriter:
    """RFC 4180 with a header, every cell in quotes; null is an empty cell.

    plain: texts as they are, for readers that are no spreadsheets. Otherwise a text that one would calculate gets an apostrophe.
    """

    resumable: ClassVar[bool] = True

    def __init__(self, columns: Sequence[Column], *, plain: bool = False) -> None:
        self._columns = columns
        self._plain = plain

    def begin(self, file: BinaryIO, *, fresh: bool) -> None:
        """Takes the file and writes the header into a fresh one."""
        self._file = file
        if fresh:
            self._put([[self._text(column.name) for column in self._columns]])

    def write(self, rows: Sequence[Row]) -> None:
        """Adds rows."""
        self._put([self._cells(row) for row in rows])

    def end(self) -> None:
        """Everything is written already."""

    def _put(self, rows: Sequence[Sequence[str]]) -> None:
        out = io.StringIO(newline="")
        csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
        self._file.write(out.getvalue().encode())

    def _cells(self, row: Row) -> list[str]:
        values = flat(row, self._columns)
        return [self._cell(value, column.kind) for value, column in zip(values, self._columns, strict=True)]

    def _cell(self, value: Any, kind: Kind) -> str:
        match value:
            case None:
                return ""
            case bool():
                return "true" if value else "false"
            case str() if kind is Kind.DECIMAL and _NUMBER.fullmatch(value):
                return value
            case str():
                return self._text(value)
            case int() | float():
                return repr(value)
            case _:
                return self._text(orjson.dumps(value).decode())

    def _text(self, text: str) -> str:
        return text if self._plain else neutralised(text)


class JsonLinesWriter:
    """One row a line, as the API answers it (jsonlines.org)."""

    resumable: ClassVar[bool] = True

    def begin(self, file: BinaryIO, *, fresh: bool) -> None:
        """Takes the file."""
        self._file = file

    def write(self, rows: Sequence[Row]) -> None:
        """Adds rows."""
        self._file.write(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows))

    def end(self) -> None:
        """Everything is written already."""


class ParquetWriter:
    """Apache Parquet: amounts are exact decimals, times are UTC in microseconds. StartupError without the extra `parquet`."""

    resumable: ClassVar[bool] = False

    def __init__(self, columns: Sequence[Column]) -> None:
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError as error:
            raise StartupError(
                [
                    "Parquet needs the package pyarrow, which is not installed. Install patron[parquet], or choose csv or jsonl."
                ]
            ) from error
        self._arrow: Any = pa
        self._parquet: Any = pq
        self._columns = columns
        self._schema: Any = pa.schema([(column.name, self._type(column.kind)) for column in columns])
        self._held: list[list[Any]] = []

    def begin(self, file: BinaryIO, *, fresh: bool) -> None:
        """Takes the file, which is empty: a Parquet file is read from its end and cannot be gone on with."""
        self._out: Any = self._parquet.ParquetWriter(file, self._schema)

    def write(self, rows: Sequence[Row]) -> None:
        """Adds rows; they are written when a group is full."""
        self._held += [self._values(row) for row in rows]
        if len(self._held) >= _GROUP:
            self._put()

    def end(self) -> None:
        """Writes what is held, and the file's index."""
        if self._held:
            self._put()
        self._out.close()

    def _put(self) -> None:
        held, self._held = self._held, []
        arrays = [
            self._arrow.array(values, type=field.type)
            for values, field in zip(zip(*held, strict=True), self._schema, strict=True)
        ]
        self._out.write_table(self._arrow.Table.from_arrays(arrays, schema=self._schema))

    def _values(self, row: Row) -> list[Any]:
        values = flat(row, self._columns)
        return [_typed(value, column) for value, column in zip(values, self._columns, strict=True)]

    def _type(self, kind: Kind) -> Any:
        arrow = self._arrow
        match kind:
            case Kind.INTEGER:
                return arrow.int64()
            case Kind.NUMBER:
                return arrow.float64()
            case Kind.DECIMAL:
                return arrow.decimal128(DECIMAL_DIGITS, DECIMAL_SCALE)
            case Kind.TRUTH:
                return arrow.bool_()
            case Kind.INSTANT:
                return arrow.timestamp("us", tz="UTC")
            case Kind.DAY:
                return arrow.date32()
            case Kind.TEXT | Kind.JSON:
                return arrow.string()


def _typed(value: Any, column: Column) -> Any:
    """A value of JSON as Parquet wants it."""
    if value is None:
        return None
    match column.kind:
        case Kind.DECIMAL:
            return _decimal(Decimal(value), column)
        case Kind.INSTANT:
            return dt.datetime.fromisoformat(value)
        case Kind.DAY:
            return dt.date.fromisoformat(value)
        case Kind.JSON:
            return orjson.dumps(value).decode()
        case _:
            return value


def _decimal(value: Decimal, column: Column) -> Decimal:
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= DECIMAL_SCALE and value.adjusted() < DECIMAL_DIGITS - DECIMAL_SCALE:
        return value
    raise InvalidInput(
        f"The column {column.name} does not fit into Parquet. A number has more than {DECIMAL_SCALE} digits behind the point, "
        f"or {DECIMAL_DIGITS - DECIMAL_SCALE} before it. Export it as csv or jsonl."
    )
