"""Many rows in few statements: INSERT of many and set-based UPDATE, with the standard columns and audit of single ones.

In come mappings of values by attribute name (a Money or Period may be given whole), out come the ids written.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, insert, update
from sqlalchemy import inspect as inspect_mapper
from sqlalchemy.dialects import postgresql, sqlite

from patron_core.database import TenantSession
from patron_core.database.tenancy import AUDITED
from patron_core.records import Record
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
    values = [_columns_of(model, row) for row in rows]
    if not values:
        return []
    names = dict.fromkeys(name for row in values for name in row)
    standard = {
        "tenant_id": changes.actor.tenant_id,
        "version": 1,
        "created_at": changes.now,
        "updated_at": changes.now,
    }
    standard |= _identity(model)
    full = [{**dict.fromkeys(names), **row, **standard, "id": row.get("id") or changes.ids.new()} for row in values]
    session.flush()  # what these rows refer to may still be waiting
    if unless_exists:
        ids = _insert_new(session, model, full, ["tenant_id", *unless_exists])
    else:
        session.execute(insert(_table(model)), full)
        ids = [row["id"] for row in full]
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


def _insert_new(
    session: TenantSession, model: type[Record], rows: list[dict[str, Any]], key: list[str]
) -> list[uuid.UUID]:
    """Inserts the rows whose key is not there yet, in one atomic statement, also while others insert the same."""
    table = _table(model)
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table).on_conflict_do_nothing(index_elements=key).returning(table.c.id)
    return list(session.scalars(statement, rows))


def _columns_of(model: type[Record], row: Mapping[str, Any]) -> dict[str, Any]:
    columns = inspect_mapper(model).columns
    out: dict[str, Any] = {}
    for name, value in row.items():
        if name in model.composites:
            parts = model.composites[name].columns
            out.update(zip(parts, _parts_of(value), strict=True))
        elif name in columns:
            out[columns[name].name] = value
        else:
            raise TypeError(
                f"{model.__name__} has no column {name!r}. Give values by attribute name, references as <name>_id."
            )
    return out


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
    mapper = inspect_mapper(model)
    if mapper.polymorphic_on is None or mapper.polymorphic_identity is None:
        return {}
    return {str(mapper.polymorphic_on.name): mapper.polymorphic_identity}


def _table(model: type[Record]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table
