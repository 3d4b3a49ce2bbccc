"""docs/events.md: what is promised of events, and every kind of the core and the bundled plugins, from their classes.

The catalogue comes in, Markdown goes out.
"""

from __future__ import annotations

from itertools import groupby
from typing import Final

from patron_core.outbox.types import EventField, EventType, EventTypes
from patron_core.records import INTERNAL
from patron_schema.hookspecs import load_plugins

__all__ = ["events_page"]


def events_page() -> str:
    """docs/events.md."""
    known = sorted(
        EventTypes.of(load_plugins(None)).all, key=lambda each: (each.plugin != "core", each.plugin, each.name)
    )
    parts = [_HEAD]
    for _, types in groupby(known, key=lambda each: each.plugin):
        group = list(types)
        parts.append(f"## {group[0].label}\n")
        parts += [_section(each) for each in group]
    return "\n".join(parts)


def _section(type_: EventType) -> str:
    rows = "\n".join(_row(field) for field in type_.fields)
    return f"### {type_.name}\n\n{type_.description} {_opened_by(type_)}\n\n{_TABLE}\n{rows}\n"


def _opened_by(type_: EventType) -> str:
    told = f", for those alone who may read {type_.existence.name}" if type_.existence > INTERNAL else ""
    return f"Version {type_.version}, opened by `{type_.scope}`{told}."


def _row(field: EventField) -> str:
    return f"| `{field.name}` | `{field.type}` | {field.classification.name} | {field.description} |"


_TABLE: Final = "| field | type | class | |\n|---|---|---|---|"

_HEAD: Final = """<!-- examples: empty -->

# Events

Whatever is committed is told by events: they are rows of the same transaction as the change. A relay hands them on after the commit.
Hooks of plugins (`patron_on_event`) hear them inside the transaction; webhooks, subscriptions and the feed of changes hear them from the
relay, all the same events in the same order. This page is made from the code; `eventTypes` in the API tells the same of a tenant's
own plugins, as far as the caller may hear of it:

```graphql
query EventTypes {
  eventTypes {
    name
    version
    description
    plugin
    fields { name type description classification }
  }
}
```

## What is promised

- **At least once.** An event is handed on again until whoever takes it over has committed that. Its id stays the same.
- **None that did not happen.** What is rolled back leaves no event.
- **In order for each customer.** `customerSequence` counts the events of a customer 1, 2, 3 … without gaps, in the order of the commits.
- **A position for each.** When an event is handed on it gets the next number of its tenant. None is ever handed on before one that was
  seen, so a reader that remembers the last position misses nothing, however many write at once. A number is missing only where
  an event was erased with its party.
- **What may be read.** An event opens with the scope of what it is about, each of its fields by its class, as everywhere; ids are those of
  the API. Who sees some customers hears of these.
- **For a time.** Events are kept for `PATRON_EVENTS_KEPT_DAYS` (30) days after they were handed on, longer while a webhook is to be sent.

## The feed of changes

`changes` needs the scope `event:read`, and of each event its own. Begin with `since: "0"`, keep the `position` of the answer, and pass it
the next time; the event at `since` itself does not come again. `data` holds the ids that the event names, by which a reader asks for
what it wants to know. `first` is at most 100, or 1,000 with `page:large`.

```graphql
query Changes($since: String!) {
  changes(since: $since, first: 100) {
    position
    hasMore
    events { id position type version customerId customerSequence occurredAt data }
  }
}
```

```json variables
{"since": "0"}
```

```json
{
  "data": {"changes": {"position": "0", "hasMore": false, "events": []}}
}
```

Where the events after `since` are kept no longer, the answer is INVALID_INPUT and names the position from which on they are: read
anew what you keep, and go on from there. A new position appears some tenths of a second after its commit; where somebody follows
the tenant, at once.

## Events of a plugin

A plugin's event is a frozen dataclass with a docstring and typed fields; there is nothing else to register.

```python
import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PillowPlumped(Event):
    \"\"\"A pillow was plumped. feathers: how many it has now.\"\"\"

    type: ClassVar[str] = "pillows.plumped"
    pillow_id: uuid.UUID
    feathers: int
```

What the catalogue says of it follows: `pillowId` is an id of the plugin's `Pillow`, what stands after a field's name in the docstring
is its description, money is FINANCIAL, text is PII, everything else INTERNAL; and whoever may not know that there is such a pillow is
not told that it was plumped. `names`, `classes` and `existence` of the class say otherwise where that is needed. A service does not
start with two events of one name and version, one without a docstring, or one that could not be read again from JSON. When the shape
of a payload changes so that older readers would misread it, the class gets a new `version`; a field with a default may be added to
the same.

# Kinds of events
"""
