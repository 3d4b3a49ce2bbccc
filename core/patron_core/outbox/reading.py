"""Events out of the outbox again, typed: those after a position, and those with given ids.

In come a database and a place, out come committed events in the order of their positions. Giving them positions is left to
`relay`; what a caller may see of them to `telling`.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import func, select

from patron_core.database import Database, TenantSession
from patron_core.outbox.events import CommittedEvent, Relayed
from patron_core.outbox.models import EventCounter, OutboxEvent
from patron_core.outbox.types import EventTypes

__all__ = [
    "COLUMNS",
    "EventHistory",
    "committed",
    "current_position",
    "events_by_id",
    "forgotten",
    "position_of",
    "read_events",
    "read_page",
]

#: What is read of an event's row, in the order in which `committed` takes it.
COLUMNS: Final = (
    OutboxEvent.id,
    OutboxEvent.occurred_at,
    OutboxEvent.type,
    OutboxEvent.type_version,
    OutboxEvent.payload,
    OutboxEvent.position,
    OutboxEvent.customer_sequence,
)


def committed(tenant_id: uuid.UUID, rows: Iterable[Sequence[Any]], *, types: EventTypes) -> list[CommittedEvent]:
    """The events of rows of `COLUMNS`, in their order; those whose type nobody here knows are left out."""
    found = []
    for id_, occurred_at, name, version, payload, position, sequence in rows:
        event = types.decode(name, version, payload)
        if event is not None:
            found.append(CommittedEvent(id_, tenant_id, occurred_at, None, event, position, sequence))
    return found


async def read_page(
    database: Database,
    tenant_id: uuid.UUID,
    *,
    types: EventTypes,
    after: int,
    up_to: int | None = None,
    most: int = 500,
) -> Relayed:
    """The next events after a position. `last` is where to go on; where it is `after`, there are no more.

    up_to: the last position wanted; None for all there are. most: how many rows are read.
    """

    def read(session: TenantSession) -> Relayed:
        statement = select(*COLUMNS).where(OutboxEvent.position > after)
        if up_to is not None:
            statement = statement.where(OutboxEvent.position <= up_to)
        rows = session.execute(statement.order_by(OutboxEvent.position).limit(most)).all()
        full = len(rows) == most
        ends = rows[-1].position if rows else after
        if not full:  # rows may be gone, but nobody gets their positions again
            ends = max(ends, min(up_to, position_of(session)) if up_to is not None else ends)
        return Relayed(tenant_id, after, ends, tuple(committed(tenant_id, rows, types=types)))

    return await database.read(tenant_id, read)


async def read_events(
    database: Database,
    tenant_id: uuid.UUID,
    *,
    types: EventTypes,
    after: int,
    up_to: int | None = None,
    most: int = 500,
) -> list[CommittedEvent]:
    """The events of `read_page`, for who wants no more than one page."""
    return list((await read_page(database, tenant_id, types=types, after=after, up_to=up_to, most=most)).events)


class EventHistory:
    """A tenant's events that were handed on, by their positions, for who was told of some and missed others."""

    def __init__(self, database: Database, *, types: EventTypes) -> None:
        self._database = database
        self._types = types

    async def page(self, tenant_id: uuid.UUID, *, after: int, up_to: int | None, most: int) -> Relayed:
        """The events after a position; `last` is where to go on. up_to: no further than this."""
        return await read_page(self._database, tenant_id, types=self._types, after=after, up_to=up_to, most=most)

    async def position(self, tenant_id: uuid.UUID) -> int:
        """The position of the last event; 0 where there is none."""
        return await current_position(self._database, tenant_id)

    async def forgotten(self, tenant_id: uuid.UUID) -> int:
        """The position up to which events are kept no longer."""
        return await self._database.read(tenant_id, forgotten)


async def current_position(database: Database, tenant_id: uuid.UUID) -> int:
    """The last position that was given; 0 where none was."""
    return await database.read(tenant_id, position_of)


def position_of(session: TenantSession) -> int:
    """The last position of the session's tenant."""
    return session.scalar(select(EventCounter.last).where(EventCounter.id == session.tenant_id)) or 0


def forgotten(session: TenantSession) -> int:
    """The position up to which the tenant's events are kept no longer; 0 where all are."""
    first = session.scalar(select(func.min(OutboxEvent.position)))
    return position_of(session) if first is None else first - 1


def events_by_id(session: TenantSession, ids: Collection[uuid.UUID], *, types: EventTypes) -> list[CommittedEvent]:
    """The events with these ids, in the order of their positions; those that are gone or unknown are left out."""
    statement = select(*COLUMNS).where(OutboxEvent.id.in_(sorted(ids))).order_by(OutboxEvent.position, OutboxEvent.id)
    return committed(session.tenant_id, session.execute(statement).all(), types=types)
