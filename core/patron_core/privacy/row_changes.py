"""Changes of rows that only this slice may make: deleting many, emptying them, giving them to another owner.

In come a unit of work, a model and ids, out go set-based statements with their audit, also into append-only tables. On
PostgreSQL these let a row be changed only in a transaction that says so (`opened`), and only in columns that their
migration names.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from patron_core.database.tenancy import AUDITED
from patron_core.records import Record, table_of
from patron_core.unit_of_work import UnitOfWork

__all__ = ["change_rows", "delete_rows", "opened"]


@contextmanager
def opened(uow: UnitOfWork) -> Iterator[None]:
    """While it lasts, this transaction may change what migrations name of append-only tables.

    SQLite overwrites from here on what it deletes, and rewrites its file after the commit where the session is told to.
    """
    uow.flush()
    _say(uow, "on")
    yield
    uow.flush()
    _say(uow, "")
    uow.session.expire_all()  # what was read before is no longer so


def _say(uow: UnitOfWork, value: str) -> None:
    if uow.session.get_bind().dialect.name == "postgresql":
        uow.session.execute(select(func.set_config("app.privacy", value, True)))
    elif value:
        uow.session.connection().exec_driver_sql("PRAGMA secure_delete = ON")


def delete_rows(uow: UnitOfWork, model: type[Record], ids: Collection[uuid.UUID]) -> None:
    """Deletes rows. Nothing that stays may refer to them."""
    if ids:
        table = table_of(model)
        uow.session.execute(delete(table).where(_these(uow, table, ids)), execution_options=_OPTIONS)
        uow.changes.note("DELETE", table.name, sorted(ids))


def change_rows(uow: UnitOfWork, model: type[Record], ids: Collection[uuid.UUID], values: Mapping[str, Any]) -> None:
    """Writes the same values, by column name, into rows; their version goes up."""
    if ids and values:
        table = table_of(model)
        written = {**values, "version": table.c.version + 1, "updated_at": uow.now}
        statement = update(table).where(_these(uow, table, ids)).values(written)
        uow.session.execute(statement, execution_options=_OPTIONS)
        uow.changes.note("UPDATE", table.name, sorted(ids), columns=sorted(values))


_OPTIONS = {AUDITED: True, "synchronize_session": False}


def _these(uow: UnitOfWork, table: Table, ids: Collection[uuid.UUID]) -> ColumnElement[bool]:
    key: InstrumentedAttribute[Any] = table.c.id  # type: ignore[assignment]  # asked for its type and compared, as columns are
    return and_(table.c.tenant_id == uow.tenant_id, uow.among(key, sorted(ids)))
