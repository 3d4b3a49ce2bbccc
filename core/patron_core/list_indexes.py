"""Which columns of a model an index helps to find and order by over a whole table, and which are declared to go without.

In come a model and names of columns, out come those of them that have neither. Which columns are asked for over a whole
table is known to the composed schema alone, and asked there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Table, UniqueConstraint

from .records import Record

__all__ = ["EVERY_COLUMN", "leading_columns", "without_index"]

#: In `Record.without_index`: a reason that holds for all columns of a model.
EVERY_COLUMN = "*"


def without_index(model: type[Record], columns: Iterable[str]) -> tuple[str, ...]:
    """The columns, by name, for which no index begins with (tenant_id, column) and for which the model gives no reason."""
    reasons = _reasons(model)
    if EVERY_COLUMN in reasons:
        return ()
    led = leading_columns(model)
    return tuple(name for name in dict.fromkeys(columns) if name not in led and name not in reasons)


def leading_columns(model: type[Record]) -> frozenset[str]:
    """The columns that come right after tenant_id in the key or an index; a partial index holds not all rows and does not count."""
    table = model.__table__
    assert isinstance(table, Table)
    return frozenset(names[1] for names in _indexed(table) if len(names) > 1 and names[0] == "tenant_id")


def _indexed(table: Table) -> Iterator[list[str]]:
    yield [column.name for column in table.primary_key.columns]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield [column.name for column in constraint.columns]
    for index in table.indexes:
        if not any(index.dialect_options[name].get("where") is not None for name in ("postgresql", "sqlite")):
            yield [column.name for column in index.columns]


def _reasons(model: type[Record]) -> frozenset[str]:
    declared = [vars(cls).get("without_index", ()) for cls in model.__mro__]
    return frozenset(name for pairs in declared for names, _ in pairs for name in names.split())
