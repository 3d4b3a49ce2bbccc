"""Input types derived from commands: the fields, types and descriptions of the dataclass become those of the GraphQL input.

Ids are decoded from their outer form, absent fields become `UNSET` or the command's default, nested dataclasses become nested
inputs. What comes back is a function from graphql-core's coerced input to a validated command.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import types
import typing
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.field import StrawberryField

from patron_core import validation
from patron_core.columns import format_time
from patron_core.errors import InvalidInput, PublicError
from patron_core.ids import IdOf
from patron_core.messages import Refused
from patron_core.predicates import WhereOf
from patron_core.values import UNSET, Code, Money, Unset

from ..filters import InputTypes, enum_definition
from .names import camel, capital

__all__ = ["CommandInputs", "decode_id"]

Decode = Callable[[Any], Any]


def decode_id(text: str, prefix: str) -> uuid.UUID:
    """The uuid of an outer id such as `cus_0190…`. Raises INVALID_INPUT when it is not an id of that kind."""
    head, _, rest = text.rpartition("_")
    if head != prefix or len(rest) != 36:
        raise InvalidInput(f"The id is not one of this kind. Ids here begin with {prefix}_. Pass the id the API gave.")
    try:
        return uuid.UUID(rest)
    except ValueError:
        raise InvalidInput("The id is damaged. What follows the prefix is no uuid. Pass the id the API gave.") from None


class CommandInputs:
    """Makes one input type per command, and per dataclass nested in one; same class, same input."""

    def __init__(self, inputs: InputTypes) -> None:
        self.inputs = inputs
        self._made: dict[type, tuple[str, Decode]] = {}

    def of_command(self, mutation: str, command: type) -> tuple[StrawberryAnnotation, Decode]:
        """The annotation of the `input` argument of a mutation, and how its value becomes the command."""
        name = f"{capital(mutation)}Input"
        made, decode = self._dataclass(command, name, f"What {mutation} takes.")
        return self.inputs.annotation(made), decode

    def _dataclass(self, cls: type, name: str, description: str) -> tuple[str, Decode]:
        if cls in self._made:
            return self._made[cls]
        hints = typing.get_type_hints(cls, include_extras=True)
        served: list[StrawberryField] = []
        decoders: dict[str, tuple[str, Decode]] = {}
        for field in dataclasses.fields(cls):
            annotation, decode = self._type(hints[field.name])
            required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
            optional = annotation if required else f"{annotation} | None"
            options: dict[str, Any] = {} if required else {"default": strawberry.UNSET}
            served.append(
                StrawberryField(
                    python_name=field.name,
                    graphql_name=camel(field.name),
                    type_annotation=self.inputs.annotation(optional),
                    description=field.metadata.get("doc"),
                    **options,
                )
            )
            decoders[camel(field.name)] = (field.name, decode)
        self.inputs.input(name, description, served)
        self._made[cls] = name, _reader(cls, decoders, hints)
        return self._made[cls]

    def _type(self, hint: Any) -> tuple[str, Decode]:
        """The annotation text and the decoder of a command's field type."""
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Annotated:
            return self._identifier(arguments)
        if origin in (typing.Union, types.UnionType):
            rest = [a for a in arguments if a not in (type(None), Unset, Refused)]
            text, decode = self._type(rest[0])
            return text, lambda value: None if value is None else decode(value)
        if origin is tuple:
            text, decode = self._type(arguments[0])
            keeps = Refused in typing.get_args(arguments[0])
            return f"list[{text}]", lambda value: _each(value, decode, keeps_refused=keeps)
        if hint is Money:
            return self._money()
        if isinstance(hint, type) and issubclass(hint, Code):
            enum_definition(hint)
            self.inputs.namespace[hint.__name__] = hint
            return hint.__name__, lambda value: value if isinstance(value, Code) else hint[value]
        if isinstance(hint, type) and dataclasses.is_dataclass(hint):
            nested: type = hint
            doc = " ".join((nested.__doc__ or "").split())
            return self._dataclass(nested, f"{nested.__name__}Input", doc)
        return {"datetime": "dt.datetime", "date": "dt.date"}.get(hint.__name__, hint.__name__), lambda value: value

    def _identifier(self, arguments: tuple[Any, ...]) -> tuple[str, Decode]:
        for mark in arguments[1:]:
            if isinstance(mark, WhereOf) and self.inputs.where(mark.type_name) is not None:
                return f"{mark.type_name}Where", plain_where
        marks = [a for a in arguments[1:] if isinstance(a, IdOf)]
        if not marks:
            return self._type(arguments[0])
        prefix = marks[0].prefix
        return "strawberry.ID", lambda value: decode_id(value, prefix)

    def _money(self) -> tuple[str, Decode]:
        if "MoneyInput" not in self.inputs.namespace:
            fields = [
                ("amount", "Decimal", "Amount in major units, exact: 12.50."),
                ("currencyCode", "str", "ISO 4217 code."),
            ]
            made = [
                StrawberryField(
                    python_name=n, graphql_name=n, type_annotation=self.inputs.annotation(t), description=doc
                )
                for n, t, doc in fields
            ]
            self.inputs.input("MoneyInput", "An exact amount of money.", made)
        return "MoneyInput", _read_money


def plain_where(value: Any) -> Any:
    """A coerced `where` as plain JSON, as a client would send it; what is null says nothing and is left out."""
    match value:
        case Mapping():
            return {key: plain_where(item) for key, item in value.items() if item is not None and item is not UNSET}
        case list() | tuple():
            return [plain_where(item) for item in value if item is not None]
        case enum.Enum():
            return value.name
        case dt.datetime():
            return format_time(value)
        case dt.date():
            return value.isoformat()
        case Decimal():
            return str(value)
        case _:
            return value


def _each(values: Any, decode: Decode, *, keeps_refused: bool) -> tuple[Any, ...]:
    """Decodes a list. An error is told the position it stands at, or takes the item's place where the command keeps it."""
    out: list[Any] = []
    for index, value in enumerate(values):
        try:
            out.append(decode(value))
        except PublicError as error:
            if not keeps_refused:
                error.path = (index, *error.path)
                raise
            out.append(Refused(error.public_code, error.message, error.path))
    return tuple(out)


def _read_money(value: Mapping[str, Any]) -> Money:
    return validation.money(value["amount"], value["currencyCode"], path=())


def _reader(cls: type, decoders: Mapping[str, tuple[str, Decode]], hints: Mapping[str, Any]) -> Decode:
    nullable = {n: _accepts_none(hint) for n, hint in hints.items()}
    defaults = {field.name: field.default for field in dataclasses.fields(cls)}

    def read(value: Mapping[str, Any]) -> Any:
        given: dict[str, Any] = {}
        for key, item in value.items():
            name, decode = decoders[key]
            if item is UNSET or item is strawberry.UNSET:
                continue
            if item is None and not nullable[name]:
                if defaults[name] is UNSET:
                    raise InvalidInput(
                        "A field that is never empty was given null. It can be changed and not taken away. Leave it out.",
                        path=(key,),
                    )
                continue
            try:
                given[name] = None if item is None else decode(item)
            except PublicError as error:
                error.path = (key, *error.path)
                raise
        return cls(**given)

    return read


def _accepts_none(hint: Any) -> bool:
    return type(None) in typing.get_args(hint)
