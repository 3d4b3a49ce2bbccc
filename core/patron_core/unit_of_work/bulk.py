"""Many rows in few statements: INSERT of many and set-based UPDATE, with the standard columns and audit of single ones.

In come mappings of values by attribute name (a Money or Period may be given whole), out come the ids written.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlalchemy import inspect as inspect_mapper

from patron_core.database import TenantSession
from patron_core.database.rows import NewRows, defaults_of, insert_new
from patron_core.database.tenancy import AUDITED
from patron_core.records import Record, table_of
from patron_core.unit_of_work.changes import Changes
from patron_core.values import Money, Period

__all__ = ["insert_rows", "update_rows"]


def insert_rows(
    session: TenantSession,
    changes: Changes,
    model: type[Record],
    rows: Sequence[Mapping[str, Any]],
    *,
    unless_exists: Sequence[str] = (),
) -> list[uuid.UUID]:
    """See `UnitOfWork.add_many`."""
    if not rows:
        return []
    key = ("tenant_id", *unless_exists) if unless_exists else ()
    new = _new_rows(model, rows, changes, key)
    ids: list[uuid.UUID] = list(new.columns["id"])
    if key:
        session.flush()  # what these rows refer to may still be waiting
        written = insert_new(session.connection(), session.sealer.rows(new))
        ids = [id_ for id_ in ids if id_ in written]
    else:
        session.wait(new)
    changes.note("CREATE", model.__tablename__, ids)
    return ids


def update_rows(
    session: TenantSession,
    changes: Changes,
    model: type[Record],
    criteria: Sequence[ColumnElement[bool]],
    values: Mapping[str, Any],
) -> list[uuid.UUID]:
    """See `UnitOfWork.update_rows`."""
    if model.append_only:
        raise TypeError(
            f"Rows of {model.__name__} were to be changed. Its table is append-only. Add reversing rows instead."
        )
    session.flush()
    columns = _columns_of(model, values)
    statement = (
        update(model)
        .where(*criteria)
        .values({**columns, "version": model.version + 1, "updated_at": changes.now})
        .returning(model.id)
        .execution_options(**{AUDITED: True, "synchronize_session": False})
    )
    ids = list(session.scalars(statement))
    if ids:
        changes.note("UPDATE", model.__tablename__, ids, columns=sorted(columns))
        for row in list(session.identity_map.values()):
            if isinstance(row, model) and row.id in ids:
                session.expire(row)  # read again when it is used
    return ids


def _new_rows(
    model: type[Record], rows: Sequence[Mapping[str, Any]], changes: Changes, key: tuple[str, ...]
) -> NewRows:
    """The rows column by column. What a row does not mention is null, or the column's default where no row does."""
    layout = _layout(model)
    shared: dict[str, Any] = {
        **layout.always,
        "tenant_id": changes.actor.tenant_id,
        "version": 1,
        "created_at": changes.now,
        "updated_at": changes.now,
    }
    columns: dict[str, list[Any]] = {"id": _ids(rows, changes)}
    for name in dict.fromkeys(name for row in rows for name in row):
        values = [row.get(name) for row in rows]
        parts = _where(model, name)
        if name in model.composites:
            columns |= zip(parts, map(list, zip(*map(_parts_of, values), strict=True)), strict=True)
        elif name != "id":
            columns[parts[0]] = values
    for name, default in defaults_of(model).items():
        (column,) = _where(model, name)
        if column not in columns and column not in shared:
            columns[column] = [default() for _ in rows]
    return NewRows(table_of(model), shared, {n: v for n, v in columns.items() if n not in shared}, key)


def _ids(rows: Sequence[Mapping[str, Any]], changes: Changes) -> list[uuid.UUID]:
    given = [row.get("id") for row in rows]
    fresh = iter(changes.ids.many(given.count(None)))
    return [id_ if id_ is not None else next(fresh) for id_ in given]


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where a model's attributes are kept. always: what each of its rows holds."""

    columns: Mapping[str, tuple[str, ...]]
    always: Mapping[str, Any]


@cache
def _layout(model: type[Record]) -> _Layout:
    mapper = inspect_mapper(model)
    columns: dict[str, tuple[str, ...]] = {name: (column.name,) for name, column in mapper.columns.items()}
    columns |= {name: composite.columns for name, composite in model.composites.items()}
    return _Layout(columns, _identity(model))


def _columns_of(model: type[Record], values: Mapping[str, Any]) -> dict[str, Any]:
    """One set of values by column."""
    out: dict[str, Any] = {}
    for name, value in values.items():
        parts = _where(model, name)
        out |= zip(parts, _parts_of(value), strict=True) if name in model.composites else ((parts[0], value),)
    return out


def _where(model: type[Record], name: str) -> tuple[str, ...]:
    """The columns of an attribute."""
    parts = _layout(model).columns.get(name)
    if parts is None:
        raise TypeError(
            f"{model.__name__} has no column {name!r}. Give values by attribute name, references as <name>_id."
        )
    return parts


def _parts_of(value: Any) -> tuple[Any, Any]:
    match value:
        case Money(minor=minor, currency_code=currency):
            return minor, currency
        case Period(start=start, end=end):
            return start, end
        case None:
            return None, None
        case _:
            raise TypeError(f"A {type(value).__name__} was given where Money or a Period is kept. Pass one of these.")


def _identity(model: type[Record]) -> dict[str, Any]:
    """What tells the rows of a class from those of its siblings in the same table."""
    mapper = inspect_mapper(model)
    if mapper.polymorphic_on is None or mapper.polymorphic_identity is None:
        return {}
    return {str(mapper.polymorphic_on.name): mapper.polymorphic_identity}
