"""What an event is made of, and how it is made again from its payload.

In comes the annotation of an event's field, out come the function that reads its JSON value and its type as GraphQL names
it. What may be read by whom is left to `types`.
"""

from __future__ import annotations

import datetime as dt
import sys
import typing
import uuid
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, dataclass, fields
from decimal import Decimal
from functools import cache
from types import MappingProxyType, NoneType, SimpleNamespace, UnionType
from typing import Any, Final, cast

from patron_core.messages import Event
from patron_core.values import Code, Money, Period

__all__ = ["Part", "decoded", "parts"]

_Read = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A field of an event. kind: the class of its value, or of each of several. shown: its type as GraphQL writes it."""

    name: str
    kind: type[Any]
    shown: str
    read: _Read
    required: bool


def parts(event: type[Event]) -> Mapping[str, Part]:
    """The fields of a class of events by name. TypeError for one that could not be read again from JSON."""
    return _parts(cast("Hashable", event))


@cache
def _parts(cls: Hashable) -> Mapping[str, Part]:
    event, found = cast("type[Event]", cls), {}
    for field in fields(event):
        kind, shown, read = _type(_hint(event, field.name), at=f"{event.__module__}.{event.__name__}.{field.name}")
        required = field.default is MISSING and field.default_factory is MISSING
        found[field.name] = Part(field.name, kind, shown, read, required)
    return MappingProxyType(found)


def decoded(event: type[Event], payload: Mapping[str, Any]) -> Event:
    """The event of a payload. What the payload does not name takes its default; what the class does not name is left out.

    Raises KeyError, TypeError or ValueError for a payload that is none of this class.
    """
    known = parts(event)
    values = {name: part.read(payload[name]) for name, part in known.items() if part.required or name in payload}
    return event(**values)


def _hint(event: type[Event], name: str) -> Any:
    """The annotation of one field. Not those of the whole class: in it, `type` is a text."""
    for cls in event.__mro__:
        if name in vars(cls).get("__annotations__", {}):
            chosen = SimpleNamespace(__annotations__={name: vars(cls)["__annotations__"][name]})
            return typing.get_type_hints(chosen, globalns=vars(sys.modules[cls.__module__]))[name]
    raise TypeError(f"{event.__name__}.{name} has no annotation. Nothing says what it holds. Annotate it.")


def _type(hint: Any, *, at: str) -> tuple[type[Any], str, _Read]:
    origin, given = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, UnionType):
        inner = [part for part in given if part is not NoneType]
        if len(inner) == 1:
            kind, shown, read = _type(inner[0], at=at)
            return kind, shown.removesuffix("!"), lambda value: None if value is None else read(value)
    elif origin is tuple and len(given) == 2 and given[1] is Ellipsis:
        kind, shown, read = _type(given[0], at=at)
        return kind, f"[{shown}]!", lambda value: tuple(map(read, value))
    elif isinstance(hint, type) and issubclass(hint, Code):
        return hint, f"{hint.__name__}!", lambda name: hint[name]
    elif hint in _READERS:
        name, read = _READERS[hint]
        return hint, f"{name}!", read
    raise TypeError(
        f"{at} is of a type that could not be read again from JSON. An event may be delivered by another process. "
        "Use text, numbers, ids, times, Money, Period, a Code, or a tuple of one of them."
    )


def _same(kind: type) -> _Read:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(
                f"A {kind.__name__} was expected. Another type was found. Look at the version of the event."
            )
        return value

    return read


def _time(value: str) -> dt.datetime:
    return dt.datetime.fromisoformat(value)


def _money(value: Mapping[str, Any]) -> Money:
    return Money.of(Decimal(value["amount"]), value["currencyCode"])


def _period(value: Mapping[str, Any]) -> Period:
    start, end = value["from"], value["to"]
    return Period(None if start is None else _time(start), None if end is None else _time(end))


#: The types of values, their names in GraphQL, and what makes them of JSON.
_READERS: Final[Mapping[Any, tuple[str, _Read]]] = MappingProxyType(
    {
        bool: ("Boolean", _same(bool)),
        int: ("Int", _same(int)),
        str: ("String", _same(str)),
        uuid.UUID: ("ID", uuid.UUID),
        dt.datetime: ("DateTime", _time),
        dt.date: ("Date", dt.date.fromisoformat),
        Money: ("Money", _money),
        Period: ("Period", _period),
    }
)
