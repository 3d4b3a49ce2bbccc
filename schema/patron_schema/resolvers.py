"""Gives the composed graphql-core schema its resolvers: planned values by response key, Python fields on planned rows, writes.

This is the general path: Strawberry's types and graphql-core's executor over the same plans as the fast path.
"""

from __future__ import annotations

import datetime as dt
import inspect
import uuid
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any, Final, Protocol

import orjson
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from patron_core.encryption.cipher import Undecipherable
from patron_core.errors import PublicError
from patron_core.values import Code

from .compose import Composed, MutationField
from .declare import row_class
from .planner.catalog import (
    ColumnField,
    ExpressionField,
    Kind,
    OrderPath,
    PythonField,
    ScalarField,
    TypeEntry,
    ValueField,
    path_name,
)
from .planner.plan import Python
from .planner.replanning import PartFailed
from .types.values import MoneyValue, PeriodValue

#: What a Python field's text may hold: a hundredth of what an answer may, so that a page of them can be one.
MOST_CHARACTERS: Final = 1_000_000

__all__ = ["OperationContext", "attach", "leaf_resolvers", "planned_types"]


class OperationContext(Protocol):
    """What resolvers need of the running operation; it is graphql-core's context value."""

    async def planned(self, key: str) -> Any:
        """The value of a planned root field."""
        ...

    async def mutate(self, key: str, field: MutationField, value: Mapping[str, Any]) -> Mapping[str, Any]:
        """Handles a mutation; the payload's own values by GraphQL name."""
        ...

    async def payload_row(self, key: str, inner: str, row_id: uuid.UUID) -> Any:
        """The row a payload shows."""
        ...

    def part_failed(self, owner: str, part: str, error: Exception) -> PublicError:
        """Notes that a plugin's part failed; the error that takes its place."""
        ...


def attach(composed: Composed) -> None:
    """Sets the resolvers of a schema that was just composed."""
    types = composed.graphql.type_map
    catalog = composed.catalog
    for name in planned_types(composed) & set(types):
        kind = types[name]
        if isinstance(kind, GraphQLInterfaceType):
            kind.resolve_type = _type_of
        elif isinstance(kind, GraphQLObjectType):
            kind.is_type_of = None
            entry = catalog.types.get(name)
            for field_name, field in kind.fields.items():
                field.resolve = _resolver(entry, field_name, field)
    for name, paths in catalog.groups.items():
        if f"{name}GroupKey" in types:
            _attach_keys(types[f"{name}GroupKey"], paths)
    for name in catalog.roots:
        query = composed.graphql.query_type
        assert query is not None
        query.fields[name].resolve = _planned_root
    for name in composed.subscriptions:
        followed = composed.graphql.subscription_type
        assert followed is not None
        followed.fields[name].resolve = _planned_root
    for mutation in composed.mutations.values():
        _attach_mutation(composed, mutation)


def planned_types(composed: Composed) -> set[str]:
    """The names of all types whose values a plan gives, whether the schema has them or not."""
    names = composed.catalog.types
    return {*names, "PageInfo", "Money", "Period"} | {f"{name}{suffix}" for name in names for suffix in _MADE_OF_TYPES}


_ATTRIBUTES: Final = {"currencyCode": "currency_code", "from": "from_"}
_MADE_OF_TYPES: Final = ("Connection", "Edge", "Aggregate", "GroupKey", "Figures", "Extremes")


def _attach_keys(kind: Any, paths: Mapping[str, OrderPath]) -> None:
    """Sets the resolvers of groups' keys that are codes."""
    for path in paths.values():
        code = getattr(path[-1], "code", None)
        if code is not None:
            kind.fields[path_name(path)].resolve = _member(code)


def _type_of(value: Any, *_: Any) -> str:
    return str(value["$type"])


async def _planned_root(_: Any, info: Any, **__: Any) -> Any:
    return await info.context.planned(info.path.key)


def _by_key(source: Any, info: Any, **_: Any) -> Any:
    if isinstance(source, MoneyValue | PeriodValue):  # which a resolver made, in a figure
        return getattr(source, _ATTRIBUTES.get(info.field_name) or str(info.field_name))
    return source[info.path.key]


def _resolver(entry: TypeEntry | None, name: str, field: GraphQLField) -> Callable[..., Any]:
    bound = entry.fields.get(name) if entry is not None else None
    if isinstance(bound, PythonField) and entry is not None:
        return _on_row(entry, bound, field)
    if isinstance(bound, ColumnField | ExpressionField) and bound.code is not None:
        return _member(bound.code)
    if isinstance(bound, ColumnField) and bound.sealed is not None:
        return _text(bound.sealed)
    return _by_key


def _text(place: str) -> Callable[..., Any]:
    """A resolver of an encrypted text, which was opened or could not be."""

    def text(source: Any, info: Any, **_: Any) -> Any:
        return _readable(source[info.path.key], place)

    return text


def _readable(value: Any, place: str) -> Any:
    if isinstance(value, dict):
        raise Undecipherable(place, "The log has the reason under the request's id.")
    return value


def _member(code: type[Code]) -> Callable[..., Any]:
    """A resolver of the member of a code that a planned value names."""

    def member(source: Any, info: Any, **_: Any) -> Any:
        value = source[info.path.key]
        return value if value is None or isinstance(value, PartFailed) else code[value]

    return member


def _on_row(entry: TypeEntry, bound: PythonField, field: GraphQLField) -> Callable[..., Any]:
    """A resolver over an object that holds exactly the planned values it requires."""
    inner = field.resolve
    assert inner is not None
    definition = field.extensions["strawberry-definition"]
    names = tuple(python for python, _ in bound.requires)
    holder: type[Any] = row_class(definition.origin if isinstance(definition.origin, type) else entry.cls, names)
    decoders = {python: _decoder(entry.fields[name]) for python, name in bound.requires}

    def resolve(source: Any, info: Any, **arguments: Any) -> Any:
        if info is not None and isinstance(source.get(info.path.key), PartFailed):
            return source[info.path.key]
        row = object.__new__(holder)
        row.__dict__.update({name: decode(source[f"${name}"]) for name, decode in decoders.items()})
        return _bounded(inner(row, info, **arguments))

    return resolve if bound.owner == "core" else _walled(resolve, bound.owner)


def _walled(resolve: Callable[..., Any], owner: str) -> Callable[..., Any]:
    """A plugin's resolver: what it raises is told of under its name. Without graphql-core the fast path is left instead."""

    def walled(source: Any, info: Any, **arguments: Any) -> Any:
        if info is None:
            return resolve(source, info, **arguments)
        try:
            made = resolve(source, info, **arguments)
        except Exception as error:
            raise info.context.part_failed(owner, f"{info.parent_type.name}.{info.field_name}", error) from error
        return _awaited(made, info, owner) if inspect.isawaitable(made) else made

    return walled


async def _awaited(made: Awaitable[Any], info: Any, owner: str) -> Any:
    try:
        return _bounded(await made)
    except Exception as error:
        raise info.context.part_failed(owner, f"{info.parent_type.name}.{info.field_name}", error) from error


def _bounded(value: Any) -> Any:
    """What a resolver gives, where it is no text larger than any answer may be."""
    if isinstance(value, str) and (size := len(value)) > MOST_CHARACTERS:
        del value  # the error keeps this frame alive, and with it what is in it
        raise ValueError(f"a resolver gave {size} characters, the maximum is {MOST_CHARACTERS}")
    return value


def _decoder(field: Any) -> Callable[[Any], Any]:
    if isinstance(field, ValueField):
        return lambda value: value
    assert isinstance(field, ColumnField | ExpressionField)
    place = field.sealed
    if place is not None:
        return lambda value: _readable(value, place)
    convert = _conversion(field)
    return lambda value: None if value is None else convert(value)


def _conversion(field: ScalarField) -> Callable[[Any], Any]:
    match field.kind:
        case Kind.CODE:
            code = field.code
            assert code is not None
            return lambda value: code[value]
        case Kind.TIME:
            return dt.datetime.fromisoformat
        case Kind.DATE:
            return dt.date.fromisoformat
        case Kind.DECIMAL | Kind.AMOUNT:
            return Decimal
        case _:
            return lambda value: value


def leaf_resolvers(composed: Composed, python: tuple[Python, ...]) -> list[Callable[[Mapping[str, Any]], bytes]]:
    """Per Python field of a plan, a function from the values it requires to its JSON, for the fast path.

    What it raises sends the operation to the general path, which reports it at its place.
    """
    return [_leaf(composed, node) for node in python]


def _leaf(composed: Composed, node: Python) -> Callable[[Mapping[str, Any]], bytes]:
    kind: Any = composed.graphql.type_map[node.type_name]
    field: GraphQLField = kind.fields[node.field.name]
    resolve = field.resolve
    assert resolve is not None

    def run(values: Mapping[str, Any]) -> bytes:
        result = resolve({f"${name}": value for name, value in values.items()}, None)
        return orjson.dumps(_serialised(result, field.type))

    return run


def _serialised(value: Any, type_: Any) -> Any:
    if is_non_null_type(type_):
        if value is None:
            raise TypeError("a field that is never null gave null")
        return _serialised(value, type_.of_type)
    if value is None:
        return None
    if is_list_type(type_):
        return [_serialised(item, type_.of_type) for item in value]
    assert is_leaf_type(type_)
    return type_.serialize(value)


def _attach_mutation(composed: Composed, mutation: MutationField) -> None:
    root = composed.graphql.mutation_type
    assert root is not None

    async def resolve(_: Any, info: Any, input: Mapping[str, Any]) -> Any:
        return await info.context.mutate(info.path.key, mutation, input)

    root.fields[mutation.name].resolve = resolve
    payload: Any = composed.graphql.type_map[mutation.payload]
    payload.is_type_of = None
    for name, field in payload.fields.items():
        planned = str(getattr(get_named_type(field.type), "name", "")) in composed.catalog.types
        field.resolve = _payload_row(name) if planned else _payload_value(name)


def _payload_row(name: str) -> Callable[..., Any]:
    async def resolve(source: Any, info: Any) -> Any:
        row_id = source[name]
        if row_id is None:
            return None
        return await info.context.payload_row(info.path.prev.key, info.path.key, row_id)

    return resolve


def _payload_value(name: str) -> Callable[..., Any]:
    return lambda source, info: source[name]
