"""What an actor is told of an event: the one place where webhooks, feeds and exports leave out what may not be read.

In come an event and an actor, out comes what of its payload the actor's scopes and classes open, named as the API names it.
Whose events an actor may hear of at all, where its rows are limited, is left to who asks the database.
"""

from __future__ import annotations

import uuid
from typing import Any

from patron_core.access.grants import reads
from patron_core.access.kept_back import is_outside
from patron_core.access.permissions import holds
from patron_core.messages import Actor, Event
from patron_core.outbox.types import EventField, EventType, EventTypes
from patron_core.records import Record

__all__ = ["may_hear_of", "outer_id", "told"]


def may_hear_of(type: EventType, actor: Actor) -> bool:
    """Whether the actor may learn that there was an event of a type."""
    return holds(actor, type.scope) and reads(actor.opened, type.existence)


def told(event: Event, actor: Actor, *, types: EventTypes, thin: bool = False) -> dict[str, Any] | None:
    """The event's fields that the actor may read, as JSON values; None where it may not learn of the event.

    Ids are those of the API, such as `cus_…`. thin: ids alone.
    """
    type_ = types.of_event(event)
    if type_ is None or not may_hear_of(type_, actor) or (is_outside(actor) and _is_ours(event, type_)):
        return None
    payload = event.payload()
    return {
        field.name: _shown(getattr(event, field.attribute), payload[field.attribute], field)
        for field in type_.fields
        if reads(actor.opened, field.classification) and (field.is_id or not thin)
    }


def outer_id(id: uuid.UUID, model: type[Record]) -> str:
    """An id as the API writes it."""
    return f"{model.id_prefix}_{id}"


def _is_ours(event: Event, type_: EventType) -> bool:
    """Whether it names a row of those that are kept back from customers and partners, by the code that it has of it."""
    kept = [field.target.ours_where for field in type_.fields if field.target is not None]
    return any(where is not None and getattr(event, where[0], None) is where[1] for where in kept)


def _shown(value: Any, plain: Any, field: EventField) -> Any:
    if field.target is None or value is None:
        return plain
    several = isinstance(value, tuple)
    return [outer_id(each, field.target) for each in value] if several else outer_id(value, field.target)
