"""The catalogue of events: every class of the core and of the installed plugins, with what its fields mean and who reads it.

In come plugins, out come event types by name and version, and what their declarations lack. An event says little: its name,
its docstring and typed fields. The rest follows: ids belong to models, amounts are financial, words are personal, and an
event tells that the rows exist which it names.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

import structlog

from patron_core.access.scopes import read_scope_of
from patron_core.fault_log import log_fault
from patron_core.messages import Event
from patron_core.outbox.decoding import Part, decoded, parts
from patron_core.plugins import Plugins
from patron_core.records import FINANCIAL, INTERNAL, PII, Classification, Record, records
from patron_core.values import Code, Money

__all__ = ["EventField", "EventType", "EventTypes"]

_log: Final = structlog.get_logger("patron.outbox")
_CORE: Final = "core"
_Model = type[Record]


@dataclass(frozen=True, slots=True)
class EventField:
    """A field of an event.

    name: as the API writes it. attribute: as the class does. type: as GraphQL writes it. target: the model whose row an id
    names; None where it is no id, or of no row.
    """

    name: str
    attribute: str
    type: str
    description: str
    classification: Classification
    target: _Model | None = None
    is_id: bool = False


@dataclass(frozen=True, slots=True)
class EventType:
    """A class of events.

    plugin: name of its plugin, `core` for the core's. label: to show. scope: opens it. existence: the class one must be able
    to read to learn that there was such an event.
    """

    name: str
    version: int
    description: str
    plugin: str
    label: str
    scope: str
    existence: Classification
    fields: tuple[EventField, ...]
    event: type[Event]


class EventTypes:
    """The event types of a set of plugins, the core's among them."""

    def __init__(self, types: Mapping[tuple[str, int], EventType]) -> None:
        self._types = dict(types)
        self._by_class = {each.event: each for each in types.values()}

    @classmethod
    def of(cls, plugins: Plugins) -> EventTypes:
        """Those of the core and of these plugins. What is declared wrongly is left out: `problems` tells of it at the start."""
        if plugins not in _KNOWN:
            _KNOWN[plugins] = cls._made(plugins)
        return _KNOWN[plugins]

    @classmethod
    def _made(cls, plugins: Plugins) -> EventTypes:
        found: dict[tuple[str, int], EventType] = {}
        for plugin, event in _classes(plugins):
            if not list(_faults(event)):
                made = _event_type(event, plugin=plugin, plugins=plugins)
                found.setdefault((made.name, made.version), made)
        return cls(dict(sorted(found.items())))

    @staticmethod
    def problems(plugins: Plugins) -> list[str]:
        """What the events of the core and of these plugins lack, each with its place and the fix."""
        found: list[str] = []
        seen: dict[tuple[str, int], type[Event]] = {}
        for _, event in _classes(plugins):
            at = f"{event.__module__}.{event.__name__}"
            found += _faults(event)
            key = (getattr(event, "type", ""), event.version)
            if key in seen:
                found.append(
                    f"{at} and {seen[key].__module__}.{seen[key].__name__} are both the event {key[0]} of version {key[1]}. "
                    "Name one of them otherwise, or count its version up."
                )
            seen[key] = event
        return found

    @property
    def all(self) -> tuple[EventType, ...]:
        """Every type, by name and version."""
        return tuple(self._types.values())

    def named(self, name: str, version: int) -> EventType | None:
        """The type of this name and version; None where nobody here knows it."""
        return self._types.get((name, version))

    def of_event(self, event: Event) -> EventType | None:
        """The type of an event; None where its plugin is not among these."""
        return self._by_class.get(type(event))

    def decode(self, type: str, version: int, payload: Mapping[str, Any]) -> Event | None:
        """The event of a stored payload; None where nobody here knows its type, or it does not fit it, which is logged."""
        known = self.named(type, version)
        if known is None:
            return None
        try:
            return decoded(known.event, payload)
        except (KeyError, TypeError, ValueError) as error:
            log_fault(_log, "event_undecodable", error=error, event_type=type, event_version=version)
            return None


#: Catalogues of registries that are in use.
_KNOWN: Final[WeakKeyDictionary[Plugins, EventTypes]] = WeakKeyDictionary()


# -- which classes there are


def _classes(plugins: Plugins) -> Iterator[tuple[str, type[Event]]]:
    """Every class of events with the name of its plugin."""
    packages = {_CORE: "patron_core", **plugins.packages}
    for package in packages.values():
        _import_events(package)
    for event in sorted(_subclasses(Event), key=lambda each: (each.__module__, each.__qualname__)):
        for plugin, package in packages.items():
            if f"{event.__module__}.".startswith(f"{package}."):
                yield plugin, event
                break


def _import_events(package: str) -> None:
    """A plugin need not have imported its events when it is loaded."""
    root = sys.modules.get(package)
    if root is not None and hasattr(root, "__path__") and importlib.util.find_spec(f"{package}.events") is not None:
        importlib.import_module(f"{package}.events")


def _subclasses(cls: type[Event]) -> Iterator[type[Event]]:
    for each in cls.__subclasses__():
        if "type" in vars(each) and _is_current(each):
            yield each
        yield from _subclasses(each)


def _is_current(cls: type[Any]) -> bool:
    """A dataclass with slots is made twice; the first is nobody's, and waits for the collector."""
    return getattr(sys.modules.get(cls.__module__), cls.__name__, cls) is cls


def _faults(event: type[Event]) -> Iterator[str]:
    at = f"{event.__module__}.{event.__name__}"
    if not (event.__doc__ or "").strip() or (event.__doc__ or "").startswith(f"{event.__name__}("):
        yield f"{at} has no docstring. Write one: it is the description of the event in the catalogue."
    try:
        found = parts(event)
    except (NameError, TypeError) as error:
        yield str(error) if isinstance(error, TypeError) else f"{at} cannot be read: {error}. Import what it names."
        return
    for part in found.values():
        if part.kind is uuid.UUID and part.name not in event.names and _target(event, part) is None:
            yield (
                f"{at}.{part.name} is an id, and its name says of no model whose. "
                f"Add it to `names`: names = {{{part.name!r}: TheModel}}, or None for an id of no row."
            )


# -- what is said of them


def _event_type(event: type[Event], *, plugin: str, plugins: Plugins) -> EventType:
    fields = tuple(_field(event, part) for part in parts(event).values())
    existence = [field.target.existence for field in fields if field.target is not None]
    return EventType(
        name=event.type,
        version=event.version,
        description=_description(event),
        plugin=plugin,
        label="Patron" if plugin == _CORE else plugins.manifests[plugin].label,
        scope=event.opened_by if event.opened_by is not None else read_scope_of(event, owner=plugin),
        existence=max([event.existence, *existence]),
        fields=fields,
        event=event,
    )


def _field(event: type[Event], part: Part) -> EventField:
    target = event.names[part.name] if part.name in event.names else _target(event, part)
    return EventField(
        name=_camel(part.name),
        attribute=part.name,
        type=part.shown,
        description=_field_description(event, part, target),
        classification=event.classes.get(part.name, _class(part)),
        target=target,
        is_id=part.kind is uuid.UUID,
    )


def _class(part: Part) -> Classification:
    """Amounts are money, words may be anybody's; ids, codes, times and counts are what an event is for."""
    return FINANCIAL if part.kind is Money else PII if part.kind is str else INTERNAL


def _target(event: type[Event], part: Part) -> type[Record] | None:
    """The model an id's name says: `party_id` of `Party`, and in the slice or plugin of the event `member_id` of `LoyaltyMember`."""
    if part.kind is not uuid.UUID:
        return None
    stem = part.name.removesuffix("s").removesuffix("_id").replace("_", "")
    home = event.__module__.rpartition(".")[0]
    models = [model for model in records() if "__tablename__" in vars(model)]
    mine = [model for model in models if model.__module__.startswith(f"{home}.")]
    of_core = [model for model in models if model.__module__.startswith("patron_core.")]
    fitting = [model for model in (*mine, *of_core) if model.__name__.lower() == stem]
    fitting += [model for model in mine if model.__name__.lower().endswith(stem)]
    return fitting[0] if fitting else None


def _description(event: type[Event]) -> str:
    """The docstring without what it says of single fields."""
    names = "|".join(parts(event))
    return _shown(re.split(rf" (?:{names}): ", f"{_words(event)} ", maxsplit=1)[0].strip(), event)


def _field_description(event: type[Event], part: Part, target: type[Record] | None) -> str:
    """What the docstring says after the field's name, or what its name and type say."""
    names = "|".join(parts(event))
    said = re.search(rf" {part.name}: (.*?)(?= (?:{names}): |$)", _words(event))
    if said is not None:
        return _shown(said[1][0].upper() + said[1][1:], event)
    if part.name == "customer_id":
        return "The customer to whose order of events it belongs, where it is of one."
    if target is not None:
        return f"Ids of {target.__name__} rows." if part.shown.startswith("[") else f"The {target.__name__}'s id."
    words = part.name.replace("_", " ").capitalize()
    return f"{words}. {_words(part.kind)}" if issubclass(part.kind, Code) and part.kind.__doc__ else f"{words}."


def _words(declared: type[Any]) -> str:
    return " ".join((declared.__doc__ or "").split())


def _shown(text: str, event: type[Event]) -> str:
    """The text with fields named as the API names them."""
    return re.sub(r"`(\w+)`", lambda found: f"`{_camel(found[1])}`" if found[1] in parts(event) else found[0], text)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
