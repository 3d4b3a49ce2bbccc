"""The naive evaluator: what an answer must be, said in plain Python over lists of rows. It knows no SQL and no planner.

graphql-core executes the document against the SDL alone; this module says what a connection, a filter, an order and a page
mean. `naive_core` says what the types are. Slow and short on purpose: it is the specification the planner is tested with.

What it holds to. A filter's conditions all hold; a comparison with null does not hold; what is not known to hold does not
hold. Text is compared by code point, amounts in major units. Ascending, nulls come last; descending, first; ties go by id.
A cursor is a row, and a page is what comes after or before that row in the list's order, whether or not the row is in it.
"""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, Final

from graphql import (
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    execute_sync,
    get_named_type,
    parse,
)
from tests.planner.naive_aggregates import aggregate

__all__ = ["Entity", "Gathered", "NaiveEvaluator", "World"]

Value = Mapping[str, Any]  # money or a period: an object without an id


class Entity:
    """A row as the API shows it. A subclass names its GraphQL type and id prefix, and all fields that are no column."""

    prefix: ClassVar[str]

    def __init__(self, world: World, row: Mapping[str, Any]) -> None:
        self.world = world
        self.row = row

    @property
    def id(self) -> str:
        """The outer id."""
        return f"{self.prefix}_{self.row['id']}"

    def __getattr__(self, column: str) -> Any:
        return self.row[column]


class Gathered(list[Entity]):
    """Rows of several types, which come newest first and are neither filtered nor ordered."""


class World:
    """The rows of one tenant as entities. kinds: entity class by model name."""

    def __init__(self, rows: Mapping[str, Sequence[Mapping[str, Any]]], kinds: Mapping[str, type[Entity]]) -> None:
        self.entities = {name: [kind(self, row) for row in rows.get(name, ())] for name, kind in kinds.items()}
        self._by_id = {entity.id: entity for listed in self.entities.values() for entity in listed}
        self._pointing: dict[tuple[str, str], dict[Any, list[Entity]]] = {}

    def all(self, *models: str) -> list[Entity]:
        """Every row of models."""
        return [entity for model in models for entity in self.entities[model]]

    def by_id(self, id: str) -> Entity | None:
        """The row with an outer id."""
        return self._by_id.get(id)

    def one(self, model: str, id: Any) -> Entity | None:
        """The row a reference points to."""
        return next(iter(self.pointing(model, "id", id)), None) if id is not None else None

    def pointing(self, model: str, column: str, id: Any) -> list[Entity]:
        """The rows whose reference points to an id."""
        found = self._pointing.get((model, column))
        if found is None:
            found = self._pointing[model, column] = {}
            for entity in self.entities[model]:
                found.setdefault(entity.row[column], []).append(entity)
        return list(found.get(id, ()))


def field_of(thing: Entity | Value, name: str) -> Any:
    """The value of a field by its GraphQL name."""
    value = thing[name] if isinstance(thing, Mapping) else getattr(thing, _snake(name))
    return value.name if isinstance(value, enum.Enum) else value


def _snake(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


# -- filters


def holds(kind: GraphQLInputObjectType, where: Mapping[str, Any], thing: Entity | Value) -> bool:
    """Whether all conditions of a `where` hold for a row; a condition that is null is as if not there."""
    return all(_holds(kind, name, given, thing) for name, given in where.items() if given is not None)


def _holds(kind: GraphQLInputObjectType, name: str, given: Any, thing: Entity | Value) -> bool:
    match name:
        case "and":
            return all(holds(kind, each, thing) for each in given)
        case "or":
            return any(holds(kind, each, thing) for each in given)
        case "not":
            return not holds(kind, given, thing)
    value = field_of(thing, name)
    inner: Any = get_named_type(kind.fields[name].type)
    if inner.name.endswith("Comparator"):
        return all(compares(word, value, operand) for word, operand in given.items() if operand is not None)
    if inner.name.endswith("ListWhere"):
        one: Any = get_named_type(inner.fields["some"].type)
        return all(_QUANTIFIERS[word](holds(one, each, row) for row in value)
                   for word, each in given.items() if each is not None)  # fmt: skip
    return value is not None and holds(inner, given, value)


_QUANTIFIERS: Final[Mapping[str, Callable[[Any], bool]]] = {"some": any, "every": all, "none": lambda it: not any(it)}


def compares(word: str, value: Any, operand: Any) -> bool:
    """Whether one comparison holds; with a value that is null only `isNull` can."""
    if word == "isNull":
        return (value is None) is operand
    return value is not None and _COMPARISONS[word](value, operand)


_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "eq": lambda value, operand: value == operand,
    "ne": lambda value, operand: value != operand,
    "in": lambda value, operand: value in operand,
    "notIn": lambda value, operand: value not in operand,
    "lt": lambda value, operand: value < operand,
    "lte": lambda value, operand: value <= operand,
    "gt": lambda value, operand: value > operand,
    "gte": lambda value, operand: value >= operand,
    "startsWith": lambda value, operand: value.startswith(operand),
    "contains": lambda value, operand: operand in value,
}


# -- orders and pages


def _new(steps: Sequence[tuple[Sequence[str], bool]]) -> list[tuple[Sequence[str], bool]]:
    """The steps without those whose path came before."""
    paths = [tuple(path) for path, _ in steps]
    return [step for index, step in enumerate(steps) if paths[index] not in paths[:index]]


def in_order(rows: Sequence[Entity], steps: Sequence[tuple[Sequence[str], bool]]) -> list[Entity]:
    """Rows by steps of (path to a value, descending), then by id as the last new step goes. Nulls are the largest values."""
    if isinstance(rows, Gathered):
        return sorted(rows, key=lambda row: (row.occurred_at, row.id), reverse=True)
    new = _new(steps)
    ordered = sorted(rows, key=lambda row: row.id, reverse=bool(new) and new[-1][1])
    for path, descending in reversed(steps):  # sorting is stable, so the last step is sorted by first

        def largest_null(row: Entity, path: Sequence[str] = path) -> tuple[bool, Any]:
            value: Any = row
            for name in path:
                value = None if value is None else field_of(value, name)
            return value is None, value

        ordered.sort(key=largest_null, reverse=descending)
    return ordered


def page(world: World, rows: Sequence[Entity], order: Any, arguments: Mapping[str, Any]) -> Value:
    """The connection a list is shown as. order: puts rows into the list's order."""
    first, last = arguments.get("first"), arguments.get("last")
    after, before = arguments.get("after"), arguments.get("before")
    shown = order(rows)
    if after is not None:
        shown = _around(world, rows, order, after)[1]
    if before is not None:
        until = {row.id for row in _around(world, rows, order, before)[0]}
        shown = [row for row in shown if row.id in until]
    cut = shown[-last:] if last is not None else shown[:first]
    more = len(shown) > len(cut)
    return {
        "totalCount": len(rows),
        "nodes": cut,
        "edges": [{"cursor": row.id, "node": row} for row in cut],
        "pageInfo": {
            "hasNextPage": more if last is None else before is not None,
            "hasPreviousPage": more if last is not None else after is not None,
            "startCursor": cut[0].id if cut else None,
            "endCursor": cut[-1].id if cut else None,
        },
    }


def _around(world: World, rows: Sequence[Entity], order: Any, cursor: str) -> tuple[list[Entity], list[Entity]]:
    """The rows before and after the row of a cursor, which need not be among them."""
    id, row = cursor.rpartition(".")[0], None
    row = world.by_id(id)
    assert row is not None, f"no row for {cursor}"
    others = [other for other in rows if other.id != id]
    everybody = order(type(rows)([*others, row]))  # type: ignore[call-arg]
    place = next(index for index, other in enumerate(everybody) if other.id == id)
    return everybody[:place], everybody[place + 1 :]


# -- execution


@cache
def _schema(sdl: str) -> GraphQLSchema:
    """The schema of an SDL, whose fields are answered by the evaluator that is asked."""
    schema = build_schema(sdl, no_location=True)
    for name, (read, show) in _SCALARS.items():
        scalar = schema.type_map[name]
        assert isinstance(scalar, GraphQLScalarType)
        scalar.coerce_input_value, scalar.coerce_output_value = read, show
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for field in kind.fields.values():
                field.resolve = _resolve
        elif hasattr(kind, "resolve_type"):
            kind.resolve_type = lambda value, *_: type(value).__name__
    return schema


def _resolve(source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
    evaluator: NaiveEvaluator = info.context
    return evaluator.resolve(source, info, arguments)


class NaiveEvaluator:
    """Answers documents about one tenant's rows. query: an object whose attributes are the root fields."""

    def __init__(self, sdl: str, query: Any) -> None:
        self.schema = _schema(sdl)
        self.query = query

    def answer(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The data of a query that must work."""
        result = execute_sync(
            self.schema, parse(query), self.query, context_value=self, variable_values=dict(variables or {})
        )
        if result.errors:
            raise result.errors[0].original_error or result.errors[0]
        assert result.data is not None
        return result.data

    def resolve(self, source: Any, info: GraphQLResolveInfo, arguments: dict[str, Any]) -> Any:
        """What a field of an object is."""
        kind = get_named_type(info.return_type)
        if kind.name.endswith("Aggregate"):
            return self._aggregate(source, info, arguments)
        if not isinstance(source, Entity | Mapping):
            value = getattr(source, _snake(info.field_name))
            value = value(**arguments) if callable(value) else value
        else:
            value = field_of(source, info.field_name)
        if not kind.name.endswith("Connection"):
            return value
        definition = info.parent_type.fields[info.field_name]
        where = arguments.get("where")
        if where is not None:
            input_type: Any = get_named_type(definition.args["where"].type)
            value = type(value)(row for row in value if holds(input_type, where, row))
        steps = [self._step(definition, step) for step in arguments.get("orderBy") or ()]
        return page(self.query.world, value, lambda rows: in_order(rows, steps), arguments)

    def _aggregate(self, source: Any, info: GraphQLResolveInfo, arguments: Mapping[str, Any]) -> Any:
        definition, name = info.parent_type.fields[info.field_name], info.field_name.removesuffix("Aggregate")
        rows = field_of(source, name) if isinstance(source, Entity | Mapping) else getattr(source, _snake(name))
        where = arguments.get("where")
        if where is not None:
            input_type: Any = get_named_type(definition.args["where"].type)
            rows = [row for row in rows if holds(input_type, where, row)]
        return aggregate(definition, rows, arguments, field_of, compares)

    def _step(self, definition: Any, step: Mapping[str, str]) -> tuple[list[str], bool]:
        """A step of an order: the description of its key says which value it is, as in "By party.displayName."."""
        order: Any = get_named_type(definition.args["orderBy"].type)
        keys: Any = get_named_type(order.fields["field"].type)
        description = keys.values[step["field"]].description
        return description.removeprefix("By ").removesuffix(".").split("."), step["direction"] == "DESC"


def _read_time(value: Any) -> dt.datetime:
    moment = dt.datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("no zone")
    return moment.astimezone(dt.UTC)


def _show_time(value: dt.datetime) -> str:
    return value.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


_SCALARS: Final[Mapping[str, tuple[Any, Any]]] = {
    "DateTime": (_read_time, _show_time),
    "Date": (dt.date.fromisoformat, dt.date.isoformat),
    "Decimal": (Decimal, lambda value: format(value, "f")),
}
