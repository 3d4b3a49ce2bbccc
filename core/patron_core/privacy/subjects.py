"""Which rows are about a party, in the tables of the core and of every plugin, found by the subject paths models declare.

In come a unit of work and a party, out come ids by model. What is done with the rows is left to `erasure`, `export` and
`moving`. A table whose plugin is not loaded cannot be read: it is named, so that nobody takes it for empty.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from sqlalchemy import inspect, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from patron_core.parties.models import Party
from patron_core.records import META, Record, ReferenceMeta, records, subject_paths, table_of

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = [
    "Reference",
    "Rows",
    "base_of",
    "kinds",
    "kinds_about",
    "kinds_here",
    "references",
    "rows_about",
    "steps",
    "unread_tables",
]

#: Ids by the model that reads all rows of a table.
Rows: TypeAlias = dict[type[Record], set[uuid.UUID]]


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference of one kind of rows to another.

    owner: the model that declares it, the kind itself or one of its subclasses. target: the kind it points to.
    """

    owner: type[Record]
    name: str
    target: type[Record]
    optional: bool

    @property
    def column(self) -> InstrumentedAttribute[Any]:
        """The column that holds the id."""
        return cast("InstrumentedAttribute[Any]", getattr(self.owner, f"{self.name}_id"))


def base_of(model: type[Record]) -> type[Record]:
    """The model that reads all rows of a model's table: `Party` for `Person`."""
    return cast("type[Record]", inspect(model).base_mapper.class_)


def kinds() -> tuple[type[Record], ...]:
    """Every model that has a table of its own."""
    return tuple(model for model in records() if base_of(model) is model)


def kinds_here(uow: UnitOfWork) -> tuple[type[Record], ...]:
    """Those whose tables the database has: a model may belong to a plugin that this deployment does not use."""
    tables = _tables(uow)
    return tuple(model for model in kinds() if table_of(model).name in tables)


def unread_tables(uow: UnitOfWork) -> tuple[str, ...]:
    """Tables of the database that no model of this process reads: those of plugins that are not loaded."""
    known = {table_of(model).name for model in kinds()} | {"tenant"}
    return tuple(sorted(name for name in _tables(uow) - known if not name.endswith("_version")))


def _tables(uow: UnitOfWork) -> set[str]:
    return set(inspect(uow.session.connection()).get_table_names())


def references(model: type[Record]) -> tuple[Reference, ...]:
    """All references of a kind's rows, also those that only a subclass has."""
    found: dict[str, Reference] = {}
    for mapper in inspect(model).self_and_descendants:
        for relation in mapper.relationships:
            meta: ReferenceMeta | None = relation.info.get(META)
            if meta is not None and relation.key not in found:
                owner = cast("type[Record]", mapper.class_)
                found[relation.key] = Reference(owner, relation.key, base_of(meta.target), meta.optional)
    return tuple(found.values())


def steps(model: type[Record]) -> tuple[Reference, ...]:
    """The references by which a kind's rows are about a party; none for parties themselves and what is about nobody."""
    if model is Party or model.not_about_a_party:
        return ()
    first = {
        path[0]
        for mapper in inspect(model).self_and_descendants
        for path in subject_paths(mapper.class_, Party)
        if path
    }
    return tuple(reference for reference in references(model) if reference.name in first)


def kinds_about(models: Iterable[type[Record]]) -> tuple[type[Record], ...]:
    """The kinds among `models` that are about parties, each after those it refers to on its path."""
    wanted = [model for model in models if model is Party or steps(model)]
    out: list[type[Record]] = []

    def visit(model: type[Record], above: tuple[type[Record], ...]) -> None:
        for step in steps(model):
            if step.target not in above:
                visit(step.target, (*above, model))
        if model not in out:
            out.append(model)

    for model in wanted:
        visit(model, (model,))
    return tuple(model for model in out if model in wanted)


def rows_about(uow: UnitOfWork, party_id: uuid.UUID, *, models: Iterable[type[Record]] | None = None) -> Rows:
    """The ids of all rows about a party, its own row included, by kind; kinds without any are left out."""
    found: Rows = {Party: {party_id}}
    for model in kinds_about(kinds_here(uow) if models is None else models):
        if model is not Party and (ids := _ids_about(uow, model, found)):
            found[model] = ids
    return found


def _ids_about(
    uow: UnitOfWork, model: type[Record], found: Mapping[type[Record], Collection[uuid.UUID]]
) -> set[uuid.UUID]:
    criteria = list(_criteria(uow, model, found))
    if not criteria:
        return set()
    return set(uow.select(select(model.id).where(or_(*criteria))))


def _criteria(
    uow: UnitOfWork, model: type[Record], found: Mapping[type[Record], Collection[uuid.UUID]]
) -> Iterator[Any]:
    for step in steps(model):
        if ids := found.get(step.target):
            yield uow.among(step.column, sorted(ids))
