"""The importers of the core: tables (CSV, TSV) and JSON Lines of any system, read by a mapping.

In come files and a mapping, out come customers, relationships, touchpoints or transactions. What a row means is left to
`records`, writing to `intake`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from patron_core.errors import InvalidInput
from patron_core.imports.grouping import records_of
from patron_core.imports.importer import BadRow, Counts, Importer, ImportOptions, Item, Source, WrongFormat
from patron_core.imports.intake import take_in
from patron_core.imports.json_lines import read_json_lines
from patron_core.imports.mapping import RecordMapping, load_mapping
from patron_core.imports.tables import Row, check_header, read_table
from patron_core.unit_of_work import UnitOfWork

__all__ = ["CORE_IMPORTERS", "CsvRecords", "JsonLines", "MappedOptions", "TableOptions"]

_DELIMITERS: Final[Mapping[str, str]] = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


def _loaded(value: Any) -> Any:
    """A mapping from the name of a file or of a bundled one, which is how a command line gives it."""
    if not isinstance(value, str | Path):
        return value
    try:
        return load_mapping(value)
    except InvalidInput as error:
        raise ValueError(error.message) from None


def _delimiter(value: Any) -> Any:
    return _DELIMITERS.get(value, value) if isinstance(value, str) else value


class MappedOptions(ImportOptions):
    """What rows mean."""

    mapping: Annotated[RecordMapping | None, BeforeValidator(_loaded)] = Field(
        None, description="What the columns mean: a file in TOML or JSON, or the name of a bundled mapping."
    )

    @property
    def given(self) -> RecordMapping:
        """The mapping; INVALID_INPUT where none was given."""
        if self.mapping is None:
            raise InvalidInput(
                "It is not said what the columns mean. No mapping was given. "
                "Name one with --mapping, or begin with patron import mapping suggest FILE.",
                path=("mapping",),
            )
        return self.mapping


class TableOptions(MappedOptions):
    """How a table is written."""

    delimiter: Annotated[str, BeforeValidator(_delimiter)] = Field(
        ",", min_length=1, max_length=1, description="What stands between fields; `tab` for TSV."
    )
    encoding: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,40}$")] = Field(
        "utf-8-sig", description="The file's encoding, such as utf-8, cp1252 or utf-16."
    )


class CsvRecords(Importer[Any, TableOptions]):
    """Tables of any system."""

    name = "csv"
    description = "Customers, relationships, touchpoints or transactions from a table (CSV, TSV), by a mapping."
    options = TableOptions
    suffixes = (".csv", ".tsv", ".txt")

    def check(self, source: Source, *, options: TableOptions) -> None:
        """Refuses a file without the mapping's columns, and a mapping that is none."""
        mapping = options.given
        _check_encoding(source.file, options.encoding)
        if mapping.lines is not None and mapping.lines.each is not None:
            raise InvalidInput(
                "The mapping is for JSON. It takes items from a list, and a table has none. Leave out `lines.each`.",
                path=("mapping",),
            )
        check_header(
            source.file,
            columns=mapping.columns,
            format=self.name,
            delimiter=options.delimiter,
            encoding=options.encoding,
        )

    def read(self, source: Source, *, options: TableOptions) -> Iterator[Item[Any] | BadRow]:
        """A record for each row, or for rows with the same key that follow each other where the mapping has lines."""
        rows = read_table(source.file, delimiter=options.delimiter, encoding=options.encoding)
        return records_of(rows, options.given, most=self.batch_rows)

    def apply(self, items: Sequence[Item[Any]], *, uow: UnitOfWork, options: TableOptions) -> Counts:
        """Writes a batch."""
        return take_in(items, mapping=options.given, uow=uow)


class JsonLines(Importer[Any, MappedOptions]):
    """JSON Lines of any system."""

    name = "jsonl"
    description = "Customers, relationships, touchpoints or transactions from JSON Lines, by a mapping."
    options = MappedOptions
    suffixes = (".jsonl", ".ndjson")

    def check(self, source: Source, *, options: MappedOptions) -> None:
        """Refuses a file whose first line is no object, and a mapping that is none."""
        _ = options.given
        first = next(read_json_lines(source.file), None)
        if not isinstance(first, Row):
            raise WrongFormat(
                file=source.file,
                format=self.name,
                what="It is empty." if first is None else first.reason,
                advice="Pass a file with one JSON object a line.",
            )

    def read(self, source: Source, *, options: MappedOptions) -> Iterator[Item[Any] | BadRow]:
        """A record for each object."""
        return records_of(read_json_lines(source.file), options.given, most=self.batch_rows)

    def apply(self, items: Sequence[Item[Any]], *, uow: UnitOfWork, options: MappedOptions) -> Counts:
        """Writes a batch."""
        return take_in(items, mapping=options.given, uow=uow)


def _check_encoding(file: Path, encoding: str) -> None:
    try:
        with file.open(encoding=encoding) as stream:
            stream.read(0)
    except LookupError:
        raise InvalidInput(
            "There is no such encoding. The option encoding names none. Choose one such as utf-8 or cp1252.",
            path=("encoding",),
        ) from None


#: What can be imported without any plugin.
CORE_IMPORTERS: Final[tuple[Importer[Any, Any], ...]] = (CsvRecords(), JsonLines())
