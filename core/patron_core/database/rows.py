"""Rows into tables with few statements and little Python: one text for a table and its columns, values column by column.

In come a connection and rows of one or of several tables, out go one statement on PostgreSQL (an INSERT from unnest, many
joined by WITH) and an executemany for each table on SQLite. Numbers from counters are given in the same statement. Who
writes for which tenant, and what is audited, is left to the unit of work.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import count
from typing import Any, Final

from sqlalchemy import Column, Connection, Dialect, Table
from sqlalchemy import inspect as inspect_mapper

from patron_core.columns import Json
from patron_core.database.counting import Counting, adding_text, amounts, behind, numbers
from patron_core.errors import InvalidInput
from patron_core.records import Record, table_of
from patron_core.values import OutOfRange

__all__ = ["Counting", "NewRows", "defaults_of", "gated_insert", "insert", "insert_new", "rows_of"]

_UNSEEN: Final = object()


@dataclass(frozen=True, slots=True)
class NewRows:
    """Rows for one table, by column name.

    shared: values that all rows have. columns: the other values, each column in the order of the rows. unless_exists:
    names of the columns of a unique constraint; a row whose key is there already is left out. counting: which column gets
    a number from which counter.
    """

    table: Table
    shared: Mapping[str, Any]
    columns: Mapping[str, Sequence[Any]]
    unless_exists: tuple[str, ...] = ()
    counting: Counting | None = None

    @property
    def count(self) -> int:
        """How many rows."""
        return len(next(iter(self.columns.values())))

    @property
    def counted(self) -> Counting | None:
        """Its counting, where any of the rows has a counter."""
        counting = self.counting
        return counting if counting and any(name is not None for name in self.columns[counting.by]) else None


def rows_of(records: Sequence[Record]) -> NewRows:
    """Records of one model, of which there is at least one, as rows; what they do not mention is null or the default."""
    model = type(records[0])
    defaults = defaults_of(model)
    columns: dict[str, Sequence[Any]] = {}
    for name, column in _attributes(model):
        if name in defaults:
            for record in records:
                if name not in vars(record):
                    setattr(record, name, defaults[name]())
        columns[column] = [vars(record).get(name) for record in records]
    return NewRows(table_of(model), {}, columns)


@cache
def _attributes(model: type[Record]) -> tuple[tuple[str, str], ...]:
    return tuple((name, column.name) for name, column in inspect_mapper(model).columns.items())


@cache
def defaults_of(model: type[Record]) -> Mapping[str, Callable[[], Any]]:
    """What makes the values of columns that are left out, by attribute. TypeError for a default in SQL."""
    columns = inspect_mapper(model).columns.items()
    return {name: _default(column.default) for name, column in columns if column.default is not None}


def _default(default: Any) -> Callable[[], Any]:
    if default.is_scalar:
        return lambda: default.arg
    if default.is_callable:
        return lambda: default.arg(None)
    raise TypeError("A column has an SQL expression as its default. Rows are written with values. Use a Python value.")


def insert(connection: Connection, rows: Sequence[NewRows], *, tenant_id: uuid.UUID | None = None) -> None:
    """Writes rows of any tables, those of one table in their order.

    References between them hold on PostgreSQL in any order, on SQLite where what is referred to comes first.
    tenant_id: makes it a transaction by itself, which sets the tenant that row security asks for (PostgreSQL only).
    INVALID_INPUT for a value that its column cannot keep.
    """
    dialect = connection.dialect
    if dialect.name == "sqlite":
        for part in rows:
            numbered = part if part.counted is None else _numbered(part, part.counted, connection)
            connection.exec_driver_sql(_sqlite_text(*_shape(numbered)), _tuples(numbered, dialect))
    elif rows:
        text, arguments = _one_statement(rows, dialect, gated=tenant_id is not None)
        connection.exec_driver_sql(text, arguments if tenant_id is None else (str(tenant_id), *arguments))


def gated_insert(rows: NewRows, dialect: Dialect, *, tenant_id: uuid.UUID) -> tuple[str, tuple[Any, ...]]:
    """The statement that writes the rows as a transaction by itself, and its arguments, for asyncpg alone (PostgreSQL)."""
    text, arguments = _one_statement([rows], dialect, gated=True)
    return text, (str(tenant_id), *arguments)


def insert_new(connection: Connection, rows: NewRows) -> set[uuid.UUID]:
    """Writes the rows whose key is not there yet, atomically, also while others write the same; returns their ids."""
    dialect = connection.dialect
    if dialect.name != "sqlite":
        text, arguments = _one_statement([rows], dialect)
        return set(connection.exec_driver_sql(f"{text} RETURNING id", arguments).scalars())
    written = connection.exec_driver_sql(_sqlite_text(*_shape(rows)), _tuples(rows, dialect)).rowcount
    ids: Sequence[uuid.UUID] = rows.columns["id"]
    if written in (0, rows.count):
        return set(ids) if written else set()
    named = f"SELECT id FROM {rows.table.name} WHERE tenant_id = ? AND id IN (SELECT value FROM json_each(?))"
    listed = '["' + '","'.join(map(str, ids)) + '"]'
    return {
        uuid.UUID(id_) for id_ in connection.exec_driver_sql(named, (str(rows.shared["tenant_id"]), listed)).scalars()
    }


def _numbered(rows: NewRows, counting: Counting, connection: Connection) -> NewRows:
    """The rows with their numbers (SQLite)."""
    tenant, now = _converted_of(rows.table, ("tenant_id", "created_at"), rows.shared, connection.dialect)
    given = numbers(connection, counting, rows.columns[counting.by], tenant=tenant, now=now)
    return replace(rows, columns={**rows.columns, counting.into: given}, counting=None)


def _converted_of(table: Table, names: tuple[str, ...], values: Mapping[str, Any], dialect: Dialect) -> Iterator[Any]:
    """Some of the shared values as the driver takes them."""
    for name, process in zip(names, _processes(table, names, dialect), strict=True):
        yield values[name] if process is None else process(values[name])


# -- texts

_Shape = tuple[Table, tuple[str, ...], tuple[str, ...], tuple[str, ...]]


def _shape(rows: NewRows) -> _Shape:
    return rows.table, tuple(rows.shared), tuple(rows.columns), rows.unless_exists


@lru_cache(maxsize=512)
def _sqlite_text(
    table: Table, shared: tuple[str, ...], columns: tuple[str, ...], unless_exists: tuple[str, ...]
) -> str:
    names = (*shared, *columns)
    marks = ", ".join("?" * len(names))
    return f"INSERT INTO {table.name} ({_list(names)}) VALUES ({marks}){_on_conflict(unless_exists)}"


def _one_statement(rows: Sequence[NewRows], dialect: Dialect, *, gated: bool = False) -> tuple[str, tuple[Any, ...]]:
    text = _postgresql_text(tuple((*_shape(part), part.count > 1, part.counted) for part in rows), gated, dialect)
    return text, tuple(argument for part in rows for argument in _arguments(part, dialect))


# Each INSERT of a gated statement has the gate: in what order they run is PostgreSQL's choice. It is a filter evaluated
# once, before the first row, and what row security asks of a row is asked after it.
_GATE: Final = " WHERE (SELECT set_config('app.tenant', $1::text, true)) IS NOT NULL"


@lru_cache(maxsize=512)
def _postgresql_text(
    shapes: tuple[tuple[Table, tuple[str, ...], tuple[str, ...], tuple[str, ...], bool, Counting | None], ...],
    gated: bool,
    dialect: Dialect,
) -> str:
    places, gate = count(2 if gated else 1), _GATE if gated else ""
    before: list[str] = []
    last = ""
    for number, (table, shared, columns, unless_exists, many, counting) in enumerate(shapes):
        if last:
            before.append(f"i{number - 1} AS ({last})")
        if counting is not None:
            tenant, ids, gives, now = (f"${next(places)}" for _ in range(4))
            before.append(f"c{number} AS ({adding_text(counting, tenant, ids, gives, now, gate=gate)})")
        counted = None if counting is None else (counting, f"c{number}")
        last = _postgresql_insert(
            table, shared, columns, unless_exists, many, counted=counted, places=places, gate=gate, dialect=dialect
        )
    return f"WITH {', '.join(before)} {last}" if before else last


def _postgresql_insert(
    table: Table,
    shared: tuple[str, ...],
    columns: tuple[str, ...],
    unless_exists: tuple[str, ...],
    many: bool,
    *,
    counted: tuple[Counting, str] | None,
    places: Iterator[int],
    gate: str,
    dialect: Dialect,
) -> str:
    """An INSERT whose values are parameters, in arrays where there are many rows: as fast as COPY, which row security forbids.

    counted: what counts the rows, and the name of the part that adds to the counters.
    """
    kept = {name: _kept(table.c[name], dialect) for name in (*shared, *columns)}
    values = [kept[name].value(f"${next(places)}::{kept[name].sent}") for name in shared]
    source = ""
    if many:
        values += [kept[name].value(f"u.{name}") for name in columns]
        arrays = [f"${next(places)}::{kept[name].sent}[]" for name in columns]
        named: Sequence[str] = columns
        if counted is not None:
            arrays, named = [*arrays, f"${next(places)}::bigint[]"], (*columns, "behind")
        source = f" FROM unnest({', '.join(arrays)}) AS u ({_list(named)})"
    else:
        values += [kept[name].value(f"${next(places)}::{kept[name].sent}") for name in columns]
    names: tuple[str, ...] = (*shared, *columns)
    if counted is not None:
        counting, part = counted
        names = (*names, counting.into)
        values.append(f"{part}.last - u.behind" if many else f"(SELECT last FROM {part})")
        source += f" LEFT JOIN {part} ON {part}.id = u.{counting.by}" if many else ""
    return f"INSERT INTO {table.name} ({_list(names)}) SELECT {', '.join(values)}{source}{gate}{_on_conflict(unless_exists)}"


def _on_conflict(unless_exists: tuple[str, ...]) -> str:
    return f" ON CONFLICT ({_list(unless_exists)}) DO NOTHING" if unless_exists else ""


def _list(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


# -- values


_Process = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Kept:
    """How a column's values travel. sent: their type as a parameter. cast: what makes the column's type of it."""

    sent: str
    cast: str

    def value(self, sent: str) -> str:
        return sent + self.cast


def _kept(column: Column[Any], dialect: Dialect) -> _Kept:
    if isinstance(column.type, Json):  # as text, which is what both the single value and the array can be
        return _Kept("text", "::jsonb")
    return _Kept(column.type.dialect_impl(dialect).compile(dialect).partition(" COLLATE")[0], "")


@lru_cache(maxsize=512)
def _processes(table: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[_Process | None, ...]:
    """What makes of a column's values what the driver takes; None where they are the same."""
    return tuple(table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names)


def _tuples(rows: NewRows, dialect: Dialect) -> list[tuple[Any, ...]]:
    """The rows as a driver's executemany takes them."""
    shared, columns = _sent(rows, dialect)
    return list(zip(*([value] * rows.count for value in shared), *columns, strict=True))


def _arguments(rows: NewRows, dialect: Dialect) -> list[Any]:
    """The rows as parameters: what is added to counters, each shared value, then each column as one array."""
    shared, columns = _sent(rows, dialect)
    counting = rows.counted
    if counting is None:
        return shared + (columns if rows.count > 1 else [values[0] for values in columns])
    names = rows.columns[counting.by]
    tenant, now = _converted_of(rows.table, ("tenant_id", "created_at"), rows.shared, dialect)
    adding = [tenant, *amounts(names), now]
    return adding + shared + ([*columns, behind(names)] if rows.count > 1 else [values[0] for values in columns])


def _sent(rows: NewRows, dialect: Dialect) -> tuple[list[Any], list[Sequence[Any]]]:
    """The shared values and the columns as the driver takes them."""
    of_shared = _processes(rows.table, tuple(rows.shared), dialect)
    of_columns = _processes(rows.table, tuple(rows.columns), dialect)
    try:
        return (
            [v if p is None else p(v) for p, v in zip(of_shared, rows.shared.values(), strict=True)],
            [v if p is None else _converted(p, v) for p, v in zip(of_columns, rows.columns.values(), strict=True)],
        )
    except OutOfRange as error:
        raise InvalidInput(str(error)) from None


def _converted(process: _Process, values: Sequence[Any]) -> list[Any]:
    """A column's values; one that stands several times in a row is converted once."""
    if len(values) == 1:
        return [process(values[0])]
    out: list[Any] = []
    last, done = _UNSEEN, None
    for value in values:
        if value is not last:
            last, done = value, process(value)
        out.append(done)
    return out
