"""Events as the API shows them: which kinds there are, and the feed of what has changed since a position."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Final

import orjson
import strawberry

from patron_core import validation
from patron_core.access.permissions import holds
from patron_core.access.scopes import PAGE_LARGE
from patron_core.customers.models import Customer
from patron_core.errors import InvalidInput
from patron_core.outbox import types as catalogue
from patron_core.outbox.feed import Change, Feed, changes, heard_types
from patron_core.outbox.models import OutboxEvent
from patron_core.outbox.permissions import EVENT_READ
from patron_core.outbox.telling import outer_id

from ..compose.commands import decode_id
from ..declare import Query, extends, resolver

__all__ = ["EXTENSIONS", "parsed_position"]

_MOST: Final = 100
_MOST_LARGE: Final = 1_000
_DIGITS: Final = 18  # a position is a 64-bit integer


@strawberry.type(description="A field of a kind of event.")
class EventField:
    name: str = strawberry.field(description="Its name in the payload.")
    type: str = strawberry.field(description="Its type, as GraphQL writes it.")
    description: str = strawberry.field(description="What it says.")
    classification: str = strawberry.field(
        description="How sensitive it is; who may not read that class is not told it."
    )

    @staticmethod
    def of(field: catalogue.EventField) -> EventField:
        """A field of the catalogue."""
        return EventField(
            name=field.name,
            type=field.type,
            description=field.description,
            classification=field.classification.name,
        )


@strawberry.type(description="A kind of event: what webhooks, subscriptions and the feed of changes tell of.")
class EventType:
    name: str = strawberry.field(description="Its name, such as `customer.created`.")
    version: int = strawberry.field(description="Version of the shape of its payload.")
    description: str = strawberry.field(description="What has happened.")
    plugin: str = strawberry.field(description="Whose it is: the plugin's name, or core.")
    scope: str = strawberry.field(description="The scope that opens it.")
    fields: list[EventField] = strawberry.field(description="What it tells.")

    @staticmethod
    def of(type: catalogue.EventType) -> EventType:
        """A type of the catalogue."""
        return EventType(
            name=type.name,
            version=type.version,
            description=type.description,
            plugin=type.plugin,
            scope=type.scope,
            fields=[EventField.of(field) for field in type.fields],
        )


@strawberry.type(description="Something that has changed, by the event that told of it.")
class ChangeEvent:
    id: strawberry.ID = strawberry.field(description="Identifies the event; webhooks carry the same id.")
    position: str = strawberry.field(description="Its place among all events of the tenant: pass it as `since`.")
    type: str = strawberry.field(description="What has happened, such as `customer.created`.")
    version: int = strawberry.field(description="Version of the shape of its payload.")
    customer_id: strawberry.ID | None = strawberry.field(description="The customer it is of, where it is of one.")
    customer_sequence: str | None = strawberry.field(
        description="Its place among the events of that customer, from 1 without gaps, in the order of the commits."
    )
    occurred_at: dt.datetime = strawberry.field(description="When it was committed.")
    data: str = strawberry.field(description="The ids it names, as a JSON object; read by them what you need.")

    @staticmethod
    def of(change: Change) -> ChangeEvent:
        """An event of the feed."""
        sequence = change.customer_sequence
        return ChangeEvent(
            id=strawberry.ID(outer_id(change.id, OutboxEvent)),
            position=str(change.position),
            type=change.type.name,
            version=change.type.version,
            customer_id=None if change.customer_id is None else strawberry.ID(outer_id(change.customer_id, Customer)),
            customer_sequence=None if sequence is None else str(sequence),
            occurred_at=change.occurred_at,
            data=orjson.dumps(change.data).decode(),
        )


@strawberry.type(description="A page of the feed of changes.")
class ChangeFeed:
    events: list[ChangeEvent] = strawberry.field(description="What has changed, in the order of the positions.")
    position: str = strawberry.field(
        description="Pass it as `since` to go on; it moves on past events you may not see."
    )
    has_more: bool = strawberry.field(description="Whether there are more events behind it by now.")

    @staticmethod
    def of(feed: Feed) -> ChangeFeed:
        """A page of the feed."""
        return ChangeFeed(
            events=[ChangeEvent.of(change) for change in feed.changes],
            position=str(feed.position),
            has_more=feed.has_more,
        )


Since = Annotated[
    str,
    strawberry.argument(
        description="The position after which to begin, that one not included; 0 for the start. INVALID_INPUT where the events "
        "that follow it are kept no longer."
    ),
]
First = Annotated[int, strawberry.argument(description=f"How many, 1 to {_MOST}, or {_MOST_LARGE} with page:large.")]
Types = Annotated[list[str] | None, strawberry.argument(description="Names of event types; null for all you may see.")]
Whose = Annotated[strawberry.ID | None, strawberry.argument(description="Of one customer only.")]


@extends(Query)
class EventQuery:
    @resolver(scope=EVENT_READ)
    async def event_types(self, info: strawberry.Info[Any, Any]) -> list[EventType]:
        """The kinds of events of the caller's tenant that the caller may hear of, by name."""
        found: list[catalogue.EventType] = await info.context.read(heard_types)
        return [EventType.of(each) for each in found]

    @resolver(scope=EVENT_READ)
    async def changes(
        self,
        info: strawberry.Info[Any, Any],
        since: Since = "0",
        first: First = 20,
        types: Types = None,
        customer_id: Whose = None,
    ) -> ChangeFeed | None:
        """What has changed after a position, oldest first: each event once, and none ever before one that was seen."""
        most = _MOST_LARGE if holds(info.context.actor, PAGE_LARGE) else _MOST
        validation.within(first, most=most, path="first")
        after = parsed_position(since, path="since")
        customer = None if customer_id is None else decode_id(customer_id, Customer.id_prefix)
        found: Feed = await info.context.read(
            lambda uow: changes(uow, since=after, first=first, types=types, customer_id=customer)
        )
        return ChangeFeed.of(found)


def parsed_position(text: str, *, path: str) -> int:
    """The number of a position; INVALID_INPUT for a text that is none. path: the argument."""
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise InvalidInput(
            f"`{path}` is no position. It is made of digits alone. Pass one that the API gave.", path=(path,)
        )
    return int(text)


EXTENSIONS = (EventQuery,)
