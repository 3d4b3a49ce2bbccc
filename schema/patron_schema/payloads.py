"""What mutations give: a command's result as the values of its payload, and how the fast path prints those values.

A settled command and a selection come in, values by field and JSON go out. Rows that a payload shows are planned in
`operations` and read by the gateway; here they are ids.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson
from graphql import FieldNode, GraphQLObjectType, get_named_type, is_leaf_type, is_list_type, is_non_null_type

from patron_core.errors import PublicError
from patron_core.records import Record

from .compose import Composed, MutationField
from .compose.names import camel
from .planner.planner import NotPlannable
from .planner.selection import Selection
from .resolvers import planned_types
from .types.values import UserError

__all__ = ["Payload", "Settled", "payload_of", "settle"]

#: From a value to what stands in the JSON; None for a row, which is read.
Printer: TypeAlias = Callable[[Any], Any]
ReadRow: TypeAlias = Callable[[str, Any], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a command: the values of its payload by field, or the error that takes the payload's place."""

    values: Mapping[str, Any]
    error: Exception | None = None


async def settle(
    composed: Composed, field: MutationField, value: Mapping[str, Any], handle: Callable[[Any], Awaitable[Any]]
) -> Settled:
    """Handles the command of a mutation's input, once. What the caller can mend becomes user errors; raises nothing."""
    fields = _fields(composed, field)
    try:
        try:
            result = await handle(field.decode(value))
        except PublicError as error:
            if not error.mendable:
                raise
            nothing: dict[str, Any] = {n: [] if is_non_null_type(made.type) else None for n, made in fields.items()}
            return Settled({**nothing, "userErrors": [_user_error(error)]})
        cls = composed.payloads[field.payload]
        shown = cls.of(result) if hasattr(cls, "of") else result
        return Settled({**{name: _shown(shown, name, fields) for name in fields}, "userErrors": []})
    except Exception as error:
        return Settled({}, error)


def _fields(composed: Composed, field: MutationField) -> dict[str, Any]:
    payload: Any = composed.graphql.type_map[field.payload]
    return {n: f for n, f in payload.fields.items() if n != "userErrors"}


def _shown(result: Any, name: str, fields: Mapping[str, Any]) -> Any:
    """A payload's value: the result itself when it is the one row the payload shows, else its attribute of that name."""
    if isinstance(result, Record):
        value: Any = result if len(fields) == 1 else getattr(result, _snake(name), None)
    else:
        value = getattr(result, _snake(name), None)
    return value.id if isinstance(value, Record) else value


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _user_error(error: PublicError) -> UserError:
    path: Sequence[str | int] = ("input", *error.path)
    return UserError(message=error.message, code=error.public_code, path=[camel(str(step)) for step in path])


@dataclass(frozen=True, slots=True)
class Payload:
    """How a selected payload is printed. entries: response key, field and printer, in the order of the selection."""

    mutation: MutationField
    entries: tuple[tuple[str, str, Printer | None], ...]

    async def text(self, values: Mapping[str, Any], row: ReadRow) -> bytes:
        """The payload's JSON. row: reads a row by response key and id. Raises what printing and reading raise."""
        parts: list[bytes] = []
        for key, name, printer in self.entries:
            value = values.get(name)
            if printer is None and value is not None:
                text = await row(key, value)
            else:
                text = b"null" if printer is None else orjson.dumps(printer(value))
            parts.append(b'"%b":%b' % (key.encode(), text))
        return b"{%b}" % b",".join(parts)


def payload_of(
    composed: Composed, selection: Selection, mutation: MutationField, nodes: Sequence[FieldNode]
) -> Payload:
    """How the payload of a mutation's field is printed. Raises NotPlannable where it takes graphql-core."""
    kind: Any = composed.graphql.type_map[mutation.payload]
    printers = _Printers(composed, selection)
    entries: list[tuple[str, str, Printer | None]] = []
    for key, merged in selection.fields(nodes, mutation.payload).items():
        name = merged[0].name.value
        if name == "__typename":
            entries.append((key, name, _constant(mutation.payload)))
            continue
        type_ = kind.fields[name].type
        row = getattr(type_, "name", None) in composed.catalog.types
        entries.append((key, name, None if row else printers.of(type_, merged)))
    return Payload(mutation, tuple(entries))


class _Printers:
    """Makes printers of values that Python holds: leaves, lists, and objects that show their attributes."""

    def __init__(self, composed: Composed, selection: Selection) -> None:
        self._planned = planned_types(composed)
        self._selection = selection

    def of(self, type_: Any, nodes: Sequence[FieldNode]) -> Printer:
        """A printer of a type's values; it raises TypeError for a null that must not be."""
        inner = self._nullable(type_.of_type if is_non_null_type(type_) else type_, nodes)
        return _required(inner) if is_non_null_type(type_) else lambda value: None if value is None else inner(value)

    def _nullable(self, type_: Any, nodes: Sequence[FieldNode]) -> Printer:
        if is_list_type(type_):
            item = self.of(type_.of_type, nodes)
            return lambda values: [item(value) for value in values]
        if is_leaf_type(type_):
            leaf: Printer = type_.coerce_output_value
            return leaf
        name = get_named_type(type_).name
        if not isinstance(type_, GraphQLObjectType) or name in self._planned:
            raise NotPlannable(f"{name} inside a payload is no plain object")
        return self._object(type_, nodes)

    def _object(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Printer:
        entries: list[tuple[str, str, Printer]] = []
        for key, merged in self._selection.fields(nodes, type_.name).items():
            name = merged[0].name.value
            if name == "__typename":
                entries.append((key, "__class__", _constant(type_.name)))  # an attribute that every object has
                continue
            field = type_.fields[name]
            definition = field.extensions.get("strawberry-definition")
            if definition is None or not definition.is_basic_field or field.args:
                raise NotPlannable(f"{type_.name}.{name} inside a payload is resolved")
            entries.append((key, definition.python_name, self.of(field.type, merged)))
        return lambda value: {key: printer(getattr(value, name)) for key, name, printer in entries}


def _required(inner: Printer) -> Printer:
    def printed(value: Any) -> Any:
        text = None if value is None else inner(value)
        if text is None:
            raise TypeError("a field that is never null gave null")
        return text

    return printed


def _constant(text: str) -> Printer:
    return lambda _: text
