"""Inputs for every mutation, read off its command: plausible values, and the places where ids of other rows stand.

In comes a command, out come inputs as GraphQL values and the references inside them; which id stands there is chosen by
the test, so that every place can be given another tenant's.
"""

from __future__ import annotations

import dataclasses
import random
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.planner.questions import Word

from patron_core.ids import IdOf
from patron_core.messages import Refused
from patron_core.predicates import WhereOf
from patron_core.values import UNSET, Code, Money, Unset
from patron_schema.compose.names import camel

__all__ = ["InputMaker", "Reference", "with_reference"]

_TEXTS: Final[Mapping[str, str]] = {
    "language": "en", "timezone": "Europe/Berlin", "country": "DE", "code": "ABC", "currency_code": "EUR",
    "value": "ada@example.com", "iban": "DE89370400440532013000", "unit": "mg/dL", "industry": "J62",
    "mapping": '{"version": 1, "target": "customers", "source": "shop", "key": ["id"], "fields": {"given_name": "name"}}',
    "receipt_number": "R1", "source": "till", "source_key": "k1", "reason": "Because.", "purpose": "TREAT",
    "stage_code": "WON", "key": "CONTACT_CHANNEL", "indicator": "REVENUE", "root_cause": "LATE", "pipeline_code": "SALES",
    "url": "https://hooks.example.com/x", "event_types": "*",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reference:
    """A place in an input where an id stands. path: of keys and positions. prefix: of the ids that belong there."""

    path: tuple[str | int, ...]
    prefix: str


class InputMaker:
    """Makes inputs. ids: gives an id of the asking tenant for a prefix."""

    def __init__(self, ids: Callable[[str], str], seed: int) -> None:
        self.ids = ids
        self.rnd = random.Random(seed)
        self.references: list[Reference] = []

    def of(self, command: type, *, full: bool) -> dict[str, Any]:
        """An input. full: with everything that may be left out, too; `references` are then the places of ids."""
        self.references = []
        return self._object(command, (), full)

    def _object(self, cls: type, path: tuple[str | int, ...], full: bool) -> dict[str, Any]:
        hints = typing.get_type_hints(cls, include_extras=True)
        out: dict[str, Any] = {}
        for field in dataclasses.fields(cls):
            optional = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
            if optional and not full:
                continue
            name = camel(field.name)
            out[name] = self._value(hints[field.name], field.name, (*path, name), full)
        return out

    def _value(self, hint: Any, name: str, path: tuple[str | int, ...], full: bool) -> Any:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Annotated:
            if any(isinstance(a, WhereOf) for a in arguments[1:]):
                return {"createdAt": {"isNull": False}}
            prefix = next((a.prefix for a in arguments[1:] if isinstance(a, IdOf)), None)
            if prefix is None:
                return self._value(arguments[0], name, path, full)
            self.references.append(Reference(path, prefix))
            return self.ids(prefix)
        if origin in (typing.Union, types.UnionType):
            rest = [a for a in arguments if a not in (type(None), Unset, Refused, type(UNSET))]
            return self._value(rest[0], name, path, full)
        if origin is tuple or origin is frozenset:
            return [self._value(arguments[0], name, (*path, 0), full)]
        if hint is Money:
            return {"amount": self.rnd.choice(("1.00", "-1.00", "5")), "currencyCode": "EUR"}
        if isinstance(hint, type) and issubclass(hint, Code):
            return Word(self.rnd.choice([member.name for member in hint]))
        if isinstance(hint, type) and dataclasses.is_dataclass(hint):
            return self._object(hint, path, full)
        return self._scalar(hint, name)

    def _scalar(self, hint: Any, name: str) -> Any:
        match getattr(hint, "__name__", str(hint)):
            case "bool":
                return self.rnd.choice((True, False))
            case "int":
                return 1
            case "Decimal":
                return "1"
            case "datetime":
                return self.rnd.choice(("2026-03-14T11:00:00Z", "2026-03-15T10:00:00Z", "2026-04-01T09:00:00Z"))
            case "date":
                return self.rnd.choice(("2026-03-14", "2026-03-16", "1990-01-01"))
            case _:
                if name == "idempotency_key":
                    return f"key-{self.rnd.getrandbits(64)}"
                return _TEXTS.get(name, "Test")


def with_reference(value: Any, path: tuple[str | int, ...], id: str) -> Any:
    """The same input with another id at a place."""
    if not path:
        return id
    first, *rest = path
    if isinstance(value, list):
        return [with_reference(v, tuple(rest), id) if i == first else v for i, v in enumerate(value)]
    return {k: with_reference(v, tuple(rest), id) if k == first else v for k, v in value.items()}


def alternatives(value: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[dict[str, Any]]:
    """The input without one of its other top-level fields each: choices that exclude each other are made one by one."""
    for name in value:
        if name != path[0]:
            yield {k: v for k, v in value.items() if k != name}
