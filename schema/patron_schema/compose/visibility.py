"""The schema as one actor sees it: what no role or scope opens is not there, not even its name.

In comes a composed schema, an actor and the permission of each mutation, out comes the same schema with fewer types,
fields, arguments and keys; the catalog behind it stays whole. An actor whose rows are limited gets references that may
be null, for the row at the other end may not be its own. That a visible field is used within its grants is checked by
the planner.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final, cast

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_introspection_type,
    is_required_input_field,
    is_specified_scalar_type,
)

from patron_core.access.grants import opens
from patron_core.messages import Actor

from ..planner.catalog import Catalog, OrderPath, RelationField, Shape, path_name
from ..planner.grants import Grants
from . import Composed
from .names import DERIVED

__all__ = ["sees_everything", "visible"]

#: What graphql-core keeps of an enum beside its values.
_LOOKED_UP: Final = frozenset({"_value_lookup", "_values_lookup"})


def sees_everything(actor: Actor) -> bool:
    """Whether no part of a schema is kept from the actor."""
    grants = any(grant.type == "*" and len(grant.classes) == 5 for grant in actor.opened)
    return "*" in actor.permissions and grants and not actor.limits


def visible(composed: Composed, actor: Actor, *, permissions: Mapping[type, str]) -> Composed:
    """The schema that the actor sees. permissions: the scope of each command."""
    if sees_everything(actor):
        return composed
    kept = _Kept(composed, actor, permissions)
    graphql = _Copy(composed.graphql, kept).schema()
    return replace(composed, graphql=graphql, key=f"{composed.key}.{actor.fingerprint}")


class _Kept:
    """Which types, fields and keys exist for an actor."""

    def __init__(self, composed: Composed, actor: Actor, permissions: Mapping[type, str]) -> None:
        self.composed = composed
        self.catalog: Catalog = composed.catalog
        self.grants = Grants(actor, composed.catalog)
        self.actor = actor
        self.limited = bool(actor.limits)
        self.permissions = permissions
        self.removed = {
            f"{name}{suffix}" for name in self.catalog.types if not self.grants.sees(name) for suffix in ("", *DERIVED)
        }
        self.fields = {name: self._rule(name) for name in composed.graphql.type_map}
        self._remove_empty()

    def field(self, type_name: str, name: str) -> bool:
        """Whether a field of a type exists, its own type being there."""
        return type_name not in self.removed and self.fields[type_name](name)

    def shows(self, kind: Any) -> bool:
        """Whether the type of a field or an argument exists."""
        return get_named_type(kind).name not in self.removed

    def may_be_null(self, type_name: str, name: str) -> bool:
        """Whether a reference leads to a row that the actor may not see."""
        entry = self.catalog.types.get(type_name)
        field = entry.fields.get(name) if entry is not None and self.limited else None
        if not isinstance(field, RelationField) or field.shape is not Shape.ONE:
            return False
        return self.catalog.types[field.target].subjects is not None

    def _rule(self, type_name: str) -> Callable[[str], bool]:
        """Which fields or keys of a type exist."""
        if type_name in ("Query", "Mutation", "Subscription"):
            return partial(self._root, type_name)
        if type_name in self.catalog.types:
            return partial(self._of_type, type_name)
        for suffix, rule in (
            ("OrderField", self._ordered),
            ("GroupField", self._grouped),
            ("MeasureField", self._measured),
            ("GroupKey", self._group_key),
            ("Figures", self._figure),
            ("Extremes", self._figure),
            ("FiguresHaving", self._figure),
            ("ExtremesHaving", self._figure),
            ("Where", self._filtered),
        ):
            target = type_name.removesuffix(suffix)
            if target != type_name and target in self.catalog.types:
                return partial(rule, target)
        return lambda _: True

    def _root(self, kind: str, name: str) -> bool:
        if kind == "Mutation" and name in self.composed.mutations:
            permission = self.permissions.get(self.composed.mutations[name].command)
            return permission is None or opens(self.actor.permissions, permission)
        if kind == "Subscription" and name in self.composed.subscriptions:
            return self.grants.sees(self.composed.subscriptions[name].target)
        root = self.catalog.roots.get(name) if kind == "Query" else None
        if root is not None:
            return self.grants.sees(root.target)
        scope = self.composed.scopes.get(name) if kind == "Query" else None
        return scope is None or opens(self.actor.permissions, scope)

    def _of_type(self, type_name: str, name: str) -> bool:
        field = self.catalog.types[type_name].fields.get(name)
        return field is None or self.grants.shows(type_name, field)

    def _filtered(self, type_name: str, name: str) -> bool:
        return name in ("and", "or", "not") or self._of_type(type_name, name)

    def _ordered(self, type_name: str, key: str) -> bool:
        return self._reached(type_name, self.catalog.orders.get(type_name, {}), key)

    def _grouped(self, type_name: str, key: str) -> bool:
        return self._reached(type_name, self.catalog.groups.get(type_name, {}), key)

    def _measured(self, type_name: str, key: str) -> bool:
        return self._reached(type_name, self.catalog.measures.get(type_name, {}), key)

    def _group_key(self, type_name: str, name: str) -> bool:
        return self._named(type_name, self.catalog.groups.get(type_name, {}), name)

    def _figure(self, type_name: str, name: str) -> bool:
        return self._named(type_name, self.catalog.measures.get(type_name, {}), name)

    def _reached(self, type_name: str, paths: Mapping[str, OrderPath], key: str) -> bool:
        return key not in paths or self.grants.reaches(type_name, paths[key])

    def _named(self, type_name: str, paths: Mapping[str, OrderPath], name: str) -> bool:
        path = next((path for path in paths.values() if path_name(path) == name), None)
        return path is None or self.grants.reaches(type_name, path)

    def _remove_empty(self) -> None:
        """Removes types of which nothing is left, and what needs them, until nothing changes."""
        types = self.composed.graphql.type_map
        while True:
            more = {name for name, kind in types.items() if name not in self.removed and self._is_empty(name, kind)}
            if not more:
                return
            self.removed |= more

    def _is_empty(self, name: str, kind: GraphQLNamedType) -> bool:
        if is_introspection_type(kind) or name == "Query":
            return False
        match kind:
            case GraphQLObjectType() | GraphQLInterfaceType():
                return not any(self.field(name, n) and self.shows(f.type) for n, f in kind.fields.items())
            case GraphQLInputObjectType():
                needed = any(not self.shows(f.type) for f in kind.fields.values() if is_required_input_field(f))
                words = {"and", "or", "not"} if name.endswith(("Where", "Having")) else set()
                left = [n for n, f in kind.fields.items() if self.field(name, n) and self.shows(f.type)]
                return needed or not set(left) - words
            case GraphQLEnumType():
                return not any(self.field(name, key) for key in kind.values)
            case _:
                return False


class _Copy:
    """Copies what is kept of a graphql-core schema; resolvers and definitions stay the ones of the original."""

    def __init__(self, schema: GraphQLSchema, kept: _Kept) -> None:
        self.original = schema
        self.kept = kept
        self.types: dict[str, GraphQLNamedType] = {
            name: self._type(kind) for name, kind in schema.type_map.items() if name not in kept.removed
        }

    def schema(self) -> GraphQLSchema:
        """The schema of what can be reached, and of the types behind interfaces."""
        kwargs: dict[str, Any] = {**self.original.to_kwargs()}
        roots = {word: self._root(kwargs[word]) for word in ("query", "mutation", "subscription")}
        behind = [kind for kind in self.types.values() if isinstance(kind, GraphQLObjectType) and kind.interfaces]
        return GraphQLSchema(**{**kwargs, **roots, "types": behind, "assume_valid": True})

    def _root(self, kind: GraphQLObjectType | None) -> GraphQLObjectType | None:
        return None if kind is None else cast("GraphQLObjectType | None", self.types.get(kind.name))

    def _type(self, kind: GraphQLNamedType) -> GraphQLNamedType:
        if isinstance(kind, GraphQLScalarType) or is_introspection_type(kind) or is_specified_scalar_type(kind):
            return kind
        kwargs: dict[str, Any] = {**kind.to_kwargs()}
        match kind:
            case GraphQLObjectType() | GraphQLInterfaceType():
                kwargs["fields"] = partial(self._fields, kind)
                kwargs["interfaces"] = partial(self._interfaces, kind)
            case GraphQLInputObjectType():
                kwargs["fields"] = partial(self._input_fields, kind)
            case GraphQLEnumType():
                return self._enum(kind)
            case GraphQLUnionType():
                kwargs["types"] = [member for member in kind.types if member.name not in self.kept.removed]
        return type(kind)(**kwargs)

    def _enum(self, kind: GraphQLEnumType) -> GraphQLEnumType:
        """An enum with fewer values; Strawberry's own class of them cannot be made a second time."""
        values = {key: value for key, value in kind.values.items() if self.kept.field(kind.name, key)}
        if len(values) == len(kind.values):
            return kind
        made = object.__new__(type(kind))
        kept = {name: value for name, value in vars(kind).items() if name not in _LOOKED_UP}
        vars(made).update({**kept, "values": values})
        return made

    def _fields(self, kind: GraphQLObjectType | GraphQLInterfaceType) -> dict[str, GraphQLField]:
        made = {}
        for name, field in kind.fields.items():
            if not (self.kept.field(kind.name, name) and self.kept.shows(field.type)):
                continue
            shown = self._wrapped(field.type)
            if isinstance(shown, GraphQLNonNull) and self.kept.may_be_null(kind.name, name):
                shown = shown.of_type
            arguments = {n: self._argument(a) for n, a in field.args.items() if self.kept.shows(a.type)}
            made[name] = GraphQLField(**{**field.to_kwargs(), "type_": shown, "args": arguments})
        return made

    def _argument(self, argument: GraphQLArgument) -> GraphQLArgument:
        return GraphQLArgument(**{**argument.to_kwargs(), "type_": self._wrapped(argument.type)})

    def _input_fields(self, kind: GraphQLInputObjectType) -> dict[str, GraphQLInputField]:
        return {
            name: GraphQLInputField(**{**field.to_kwargs(), "type_": self._wrapped(field.type)})
            for name, field in kind.fields.items()
            if self.kept.field(kind.name, name) and self.kept.shows(field.type)
        }

    def _interfaces(self, kind: GraphQLObjectType | GraphQLInterfaceType) -> list[GraphQLInterfaceType]:
        return [cast("GraphQLInterfaceType", self.types[i.name]) for i in kind.interfaces if i.name in self.types]

    def _wrapped(self, kind: Any) -> Any:
        if isinstance(kind, GraphQLNonNull):
            return GraphQLNonNull(self._wrapped(kind.of_type))
        if isinstance(kind, GraphQLList):
            return GraphQLList(self._wrapped(kind.of_type))
        return self.types[kind.name]
