"""Types for the naive evaluator read off their declarations: what any plugin's `types.py` says, carried out in Python.

`naive_core` and `naive_retail` say by hand what their types mean; here the same words (`related`, `total`, `expression`,
`value`, `gathered`, `resolver`) are given their meaning once, so that every installed plugin can be compared. Expressions are
evaluated over rows by `naive_expressions`. Nothing of the catalog, the composer or the planner is used.
"""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import inspect as inspect_mapper
from tests.planner.naive import Entity, Gathered, NaiveEvaluator, World
from tests.planner.naive_core import money, period
from tests.planner.naive_expressions import evaluate
from tests.planner.rows import Rows

from patron_core.columns import Scaled
from patron_core.records import META, Record, subject_paths
from patron_core.values import Money
from patron_schema import declare as d
from patron_schema.plugin import Contribution

__all__ = ["declared_evaluator"]


@dataclass(frozen=True, slots=True)
class DeclaredField:
    """A field as its class declares it."""

    name: str
    hint: Any
    binding: Any
    function: Callable[..., Any] | None


class Part(Entity):
    """A row, or a part of one, as a declared type shows it."""

    model: ClassVar[type[Record]]
    declared: ClassVar[type]
    fields: ClassVar[Mapping[str, DeclaredField]]
    kinds: ClassVar[Mapping[type, type[Part]]]

    def __getattr__(self, name: str) -> Any:
        field = self.fields.get(name)
        if field is None:
            return self.row[name]
        match field.binding:
            case d.Related(attribute=attribute, other=other, via=via):
                id = self.row["id" if via is None else f"{via.key}_id"]
                found = self._pointing(attribute, id)
                found += [entity for entity in self._pointing(other, id) if entity not in found] if other else []
                return found if _many(field.hint) else next(iter(found), None)
            case d.Computed(value=value, via=via):
                row = self._at(via.key).row if via is not None else self.row
                return evaluate(value, row)
            case d.Total():
                return self._total(field.binding)
            case d.Value(present=present):
                absent = present is not None and not self._pointing(present, self.row["id"])
                return None if absent else self.kinds[_inner(field.hint)](self.world, self.row)
            case d.Gathered():
                return self._gathered(_inner(field.hint))
            case d.Resolver(requires=requires):
                assert field.function is not None
                return field.function(types.SimpleNamespace(**{each: getattr(self, each) for each in requires}))
            case _:
                return self._plain(name)

    def _plain(self, name: str) -> Any:
        if name in self.model.composites:
            return (money if self.model.composites[name].kind is Money else period)(self.row, name)
        mapper = inspect_mapper(self.model)
        if name in mapper.relationships:
            return self._at(name)
        value, column = self.row[name], mapper.columns[name]
        if isinstance(column.type, Scaled) and value is not None:
            return Decimal(value).quantize(Decimal(1).scaleb(-column.type.scale))
        return value

    def _at(self, reference: str) -> Any:
        id, target = self.row[f"{reference}_id"], inspect_mapper(self.model).relationships[reference].info[META].target
        found = (self.world.one(name, id) for name in _names(self.world, target))
        return next((entity for entity in found if entity is not None), None)

    def _pointing(self, attribute: Any, id: Any) -> list[Entity]:
        column, source = f"{attribute.property.key}_id", attribute.class_
        return [e for name in _names(self.world, source) for e in self.world.pointing(name, column, id)]

    def _total(self, binding: d.Total) -> Any:
        rows = [entity.row for entity in self._pointing(binding.via, self.row["id"])]
        counted = [row for row in rows if binding.where is None or evaluate(binding.where, row)]
        if binding.value is None:
            return len(counted)
        return sum(value for row in counted if (value := evaluate(binding.value, row)) is not None)

    def _gathered(self, interface: type) -> Gathered:
        found = Gathered()
        for kind in [kind for cls, kind in self.kinds.items() if issubclass(cls, interface) and kind.model]:
            [path, *_] = subject_paths(kind.model, self.model)
            found += [e for e in self.world.entities[kind.model.__name__] if _follow(e, path) == self.row["id"]]
        return found


def _follow(entity: Any, path: Iterable[str]) -> Any:
    for step in path:
        if entity is None:
            return None
        entity = entity._at(step)
    return None if entity is None else entity.row["id"]


def _names(world: World, model: type) -> list[str]:
    """The models whose rows are rows of a model."""
    kinds = {
        name: cls
        for listed in world.entities.values()
        for e in listed[:1]
        for name, cls in [(e.model.__name__, e.model)]
    }
    return [name for name, cls in kinds.items() if issubclass(cls, model)]


def _many(hint: Any) -> bool:
    return typing.get_origin(hint) is d.Connection


def _inner(hint: Any) -> Any:
    found = [a for a in typing.get_args(hint) if a is not type(None)]
    return _inner(found[0]) if found else hint


def declared_evaluator(contributions: Iterable[Contribution]) -> Callable[[str, Rows], NaiveEvaluator]:
    """What makes the evaluator of a schema from its SDL and one tenant's rows."""
    listed = list(contributions)
    shown = {cls.__name__: cls for c in listed for cls in c.types}
    extensions = [cls for c in listed for cls in c.extensions]
    kinds: dict[type, type[Part]] = {}
    for name, cls in shown.items():
        model = cls.__patron__.model  # type: ignore[attr-defined]
        parts = [cls, *(e for e in extensions if issubclass(cls, e.__patron__.extends))]
        fields = {field.name: field for part in parts for field in _fields(part, shown)}
        values = {"model": model, "declared": cls, "fields": fields, "kinds": kinds}
        kinds[cls] = type(name, (Part,), {**values, "prefix": model.id_prefix if model else ""})
    of_model = {
        kind.model.__name__: kind
        for cls, kind in kinds.items()
        if kind.model and cls.__patron__.kind == "node"  # type: ignore[attr-defined]
    }
    roots = [field for e in extensions if e.__patron__.extends is d.Query for field in _fields(e, shown)]
    return lambda sdl, rows: NaiveEvaluator(sdl, _query(World(rows.by_model, of_model), roots))


def _fields(cls: Any, shown: Mapping[str, type]) -> Iterable[DeclaredField]:
    names: dict[str, Any] = {}
    for part in reversed(cls.__mro__):
        names |= vars(sys.modules[part.__module__])
    hints = typing.get_type_hints(cls, localns={**names, **shown})
    for field in cls.__strawberry_definition__.fields:
        function = field.base_resolver.wrapped_func if field.base_resolver else None
        yield DeclaredField(field.python_name, hints.get(field.python_name), field.metadata.get(META), function)


def _query(world: World, roots: Iterable[DeclaredField]) -> Any:
    """An object whose attributes are the planned root fields."""
    query = types.SimpleNamespace(world=world)
    for root in roots:
        if isinstance(root.binding, d.Root):
            setattr(query, root.name, _root(world, root.hint))
    return query


def _root(world: World, hint: Any) -> Any:
    wanted = _inner(hint)
    everybody: list[Any] = [e for listed in world.entities.values() for e in listed if issubclass(e.declared, wanted)]
    if _many(hint):
        return everybody
    by_id = {entity.id: entity for entity in everybody}
    if typing.get_origin(hint) is list:
        return lambda ids: [by_id.get(id) for id in ids]
    return lambda id: by_id.get(id)
