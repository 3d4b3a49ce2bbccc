"""Rows for tests of the planner, kept twice: in Python lists for the naive evaluator, and in a database for the planner.

`Rows` are one tenant's, by model; `store` writes them as they are, with ids, times and versions of their own. What they
contain is made by `random_rows` (many, nasty, seeded) and `small_rows` (few, written by hand, for golden answers).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table, insert
from sqlalchemy import inspect as inspect_mapper

from patron_core.database.rows import NewRows
from patron_core.encryption.sealing import encrypted_columns
from patron_core.messages import Actor
from patron_core.records import Record
from patron_core.unit_of_work import UnitOfWork
from patron_schema.testing.databases import PreparedDatabase

__all__ = ["BEGINNING", "Row", "Rows", "store"]

#: A row: values by attribute of its model; references as `<name>_id`, money and periods by their columns.
Row = dict[str, Any]

BEGINNING = dt.datetime(2026, 1, 1, 8, 30, tzinfo=dt.UTC)


@dataclass(slots=True)
class Rows:
    """All rows of one tenant by the name of their model, in the order they were added."""

    by_model: dict[str, list[Row]] = field(default_factory=dict)
    models: dict[str, type[Record]] = field(default_factory=dict)

    def add(self, model: type[Record], id: uuid.UUID, **values: Any) -> Row:
        """Adds a row; columns not named are null, and version and times have their usual values."""
        names = [column.key for column in inspect_mapper(model).columns if column.key not in ("tenant_id", "kind_")]
        standard = {"id": id, "version": 1, "created_at": BEGINNING, "updated_at": BEGINNING}
        identity = inspect_mapper(model).polymorphic_identity
        if identity is not None:
            standard["kind"] = identity
        row = {**dict.fromkeys(names), **standard, **values}
        assert set(row) == set(names), f"{model.__name__}: {sorted(set(row) ^ set(names))}"
        self.models[model.__name__] = model
        self.by_model.setdefault(model.__name__, []).append(row)
        return row

    def of(self, *models: str) -> list[Row]:
        """The rows of models, by their names."""
        return [row for model in models for row in self.by_model.get(model, ())]


async def store(prepared: PreparedDatabase, rows: Rows, actor: Actor) -> None:
    """Writes rows as the actor's tenant's, in one transaction, past the services and their rules."""

    def write(uow: UnitOfWork) -> None:
        for name, model in rows.models.items():
            table = model.__table__
            assert isinstance(table, Table)
            every = {column.name for column in table.columns}
            listed = [{**dict.fromkeys(every), **row, "tenant_id": actor.tenant_id} for row in rows.by_model[name]]
            for batch in _parents_first(listed):
                if encrypted_columns(table):
                    uow.session.wait(NewRows(table, {}, {name: [row[name] for row in batch] for name in sorted(every)}))
                    uow.flush()
                else:
                    uow.session.execute(insert(table), batch)

    await prepared.do(write, actor=actor)


def _parents_first(rows: list[Row]) -> Iterable[list[Row]]:
    """Batches in which no row points to a later one of its own table."""
    waiting, ids = rows, {row["id"] for row in rows}
    while waiting:
        ready = [row for row in waiting if not {v for k, v in row.items() if k.endswith("_id")} & ids]
        assert ready, "rows point at each other in a circle"
        yield ready
        ids -= {row["id"] for row in ready}
        waiting = [row for row in waiting if row["id"] in ids]
