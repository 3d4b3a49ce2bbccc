"""Two data sets that are equal but for what an actor may not see, and the actor that is to see no difference.

In come rows and a rule, out come the same rows in which every value, or every row, that the rule names is another one: what
its table allows and nothing that others refer to. Whoever may not see it must get the same bytes from both.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import inspect as inspect_mapper
from tests.planner.random_plugin_rows import _Rules, _value, references
from tests.planner.random_rows import RandomRows
from tests.planner.rows import Row, Rows, store
from tests.security.realm import SEED

from patron_core.address import Dialect
from patron_core.columns import Identifier
from patron_core.parties.models import Party
from patron_core.plugins import Plugins
from patron_core.records import META, Classification, Record, subject_paths
from patron_schema.testing.databases import Databases, make_database
from patron_schema.testing.service import Patron, open_patron

__all__ = ["changed", "class_of", "opened", "visible_rows"]

_STANDARD = ("tenant_id", "id", "version", "kind")


def class_of(model: type[Record], column: str) -> Classification:
    """The classification of a column."""
    found: Classification = inspect_mapper(model).columns[column].info[META].classification
    return found


def changed(rows: Rows, differs: Callable[[type[Record], Row, str], bool], *, flavour: int = 9) -> tuple[Rows, int]:
    """The rows with other values where `differs` says so, and how many values are other ones."""
    made, out, count = RandomRows(SEED, flavour=flavour), Rows(), 0
    by_table: dict[str, _Rules] = {}
    for name, model in rows.models.items():
        links = {f"{reference}_id" for reference, _ in references(model)}
        pairs = {part: owner for owner, meta in model.composites.items() for part in meta.columns}
        table = model.__table__
        rules = by_table.setdefault(table.name, _Rules(table))  # type: ignore[attr-defined,arg-type]
        nothing = dict.fromkeys(table.c.keys())
        unique = {name.removesuffix("_bidx") for names in rules.unique for name in names}  # a text, by its blind index
        columns = [c for c in inspect_mapper(model).columns if not isinstance(c.type, Identifier)]  # which row it is
        free = [c for c in columns if c.key not in (*_STANDARD, *links)]
        for row in rows.by_model[name]:
            other = dict(row)
            for column in free:
                key = str(column.key)
                if not differs(model, row, key) or key in pairs or key.endswith("_bidx"):
                    continue
                if key in unique:  # another value that no other row can have, or the same one
                    other[key] = f"{row[key]}-{flavour}" if type(row[key]) is str else row[key]
                else:
                    other[key] = _other(made, column, row[key])
            for owner, meta in model.composites.items():
                if all(differs(model, row, part) for part in meta.columns) and row[meta.columns[0]] is not None:
                    other.update(made.period(owner) if meta.columns[0].endswith("_from") else made.money(owner))
            kept = other if rules.allow({**nothing, **other}) else dict(row)
            count += sum(kept[key] != row[key] for key in row)
            out.models[name] = model
            out.by_model.setdefault(name, []).append(kept)
    return out, count


def _other(made: RandomRows, column: Any, value: Any) -> Any:
    for _ in range(8):
        found = _value(made, column, null=0.2 if column.nullable else 0.0)
        if found != value:
            return found
    return value


def visible_rows(rows: Rows, parties: set[uuid.UUID], *, outside: bool = False) -> dict[str, set[uuid.UUID]]:
    """By model, the ids of rows that are about one of the parties, or about none; for outsiders without those that are ours."""
    ours = {row["id"] for name, model in rows.models.items() for row in rows.by_model[name] if _is_ours(model, row)}
    by_id: dict[uuid.UUID, Row] = {row["id"]: row for each in rows.by_model.values() for row in each}
    if outside:
        by_id = {id_: row for id_, row in by_id.items() if id_ not in ours}

    def about(model: type[Record], row: Row, path: Sequence[str]) -> uuid.UUID | None:
        at: Row | None = by_id.get(row["id"])
        for step in path:
            if at is None or at.get(f"{step}_id") is None:
                return None
            found = at[f"{step}_id"]
            at = by_id.get(found)
            if step == path[-1]:
                return found  # type: ignore[no-any-return]
        return None if at is None else at["id"]

    shown: dict[str, set[uuid.UUID]] = {}
    for name, model in rows.models.items():
        paths = subject_paths(model, Party)
        for row in rows.by_model[name]:
            free = model.not_about_a_party and row["id"] in by_id
            if free or any(about(model, row, path) in parties for path in paths):
                shown.setdefault(name, set()).add(row["id"])
    return shown


def _is_ours(model: type[Record], row: Row) -> bool:
    return model.ours_where is not None and row[model.ours_where[0]] is model.ours_where[1]


@asynccontextmanager
async def opened(
    databases: Databases, dialect: Dialect, plugins: Plugins, variants: Mapping[str, Rows]
) -> AsyncIterator[dict[str, Patron]]:
    """A deployment for each variant of the rows; they share documents and composed schemas."""
    made: dict[str, Patron] = {}
    for name, rows in variants.items():
        prepared = await make_database(databases, dialect, plugins)
        await store(prepared, rows, prepared.actor)
        made[name] = open_patron(prepared)
    first = next(iter(made.values()))
    for patron in made.values():
        patron.gateway.documents = first.gateway.documents
        patron.gateway.schemas._composed = first.gateway.schemas._composed
    yield made
    for patron in made.values():
        await patron.gateway.close()
        databases.drop(patron.prepared.owner_url)
