"""Hands committed events on: gives each its place among all of the tenant's, calls who takes them over, tells who listens.

In comes the word that a tenant may have events that wait; out go their positions, calls inside one transaction, and after
its commit calls in this process. Nothing is claimed and nothing leased: who relays holds the row of the tenant's counter,
for one short transaction, so that events get positions in the order in which whoever reads may see them. A process that is
killed in between has done nothing. Finding tenants that nobody woke is left to `worker`.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import func, literal_column, select
from sqlalchemy.engine import Row

from patron_core.database import Database, TenantSession
from patron_core.outbox.events import CommittedEvent, Relayed
from patron_core.outbox.models import OutboxEvent
from patron_core.outbox.positions import give_positions, hold_counter, overtaken
from patron_core.outbox.reading import COLUMNS, committed
from patron_core.outbox.types import EventTypes
from patron_core.values import Clock
from patron_core.worker.tenant_tasks import TenantTasks

__all__ = ["CHANNEL", "HandOn", "Relay"]

#: Where PostgreSQL tells other processes of new positions: `<tenant> <first> <last>`.
CHANNEL: Final = "patron_events"
_MOST: Final = 500  # events in one transaction, before others of the tenant's writers have their turn
_LINGER_SECONDS: Final = 0.2
#: Written out: an index of what waits serves no parameter.
_WAITS: Final = OutboxEvent.status == literal_column("'PENDING'")

#: Takes events over inside the relay's transaction, which may run again. What it adds is committed with their positions.
HandOn = Callable[[TenantSession, Sequence[CommittedEvent]], None]


class Relay:
    """Hands on the events of tenants, one transaction at a time for each.

    hand_on: who takes events over, inside the transaction. told: called after each commit, on the event loop, also where
    there was nothing new. announce: likewise, only where there was. hurried: whether somebody waits for a tenant's events;
    else those of linger_seconds are handed on together, so that a busy writer is not doubled.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        types: EventTypes,
        hand_on: Sequence[HandOn] = (),
        told: Callable[[Relayed], None] | None = None,
        announce: Callable[[Relayed], None] | None = None,
        hurried: Callable[[uuid.UUID], bool] | None = None,
        linger_seconds: float = _LINGER_SECONDS,
    ) -> None:
        self.hand_on: list[HandOn] = list(hand_on)
        self.announce = announce
        self._database = database
        self._clock = clock
        self._types = types
        self._told = told
        self._hurried = hurried
        self._linger_seconds = linger_seconds
        self._lingering: dict[uuid.UUID, asyncio.TimerHandle] = {}
        self._tasks = TenantTasks("relay", self._relayed)

    def wake(self, tenant_id: uuid.UUID) -> None:
        """Says that events of a tenant may wait; must be called on the event loop, and never waits."""
        if not self._linger_seconds or self._hurried is None or self._hurried(tenant_id):
            self._now(tenant_id)
        elif tenant_id not in self._lingering:
            loop = asyncio.get_running_loop()
            self._lingering[tenant_id] = loop.call_later(self._linger_seconds, self._now, tenant_id)

    async def relay(self, tenant_id: uuid.UUID) -> int:
        """Hands on everything that waits and returns how many events that were. Raises as `Database.write` does."""
        count = 0
        while True:
            relayed, more = await self._database.write(tenant_id, self._hand_on_some)
            count += relayed.last - relayed.after
            if self._told is not None:
                self._told(relayed)
            if self.announce is not None and relayed.last > relayed.after:
                self.announce(relayed)
            if not more:
                return count

    async def idle(self) -> None:
        """Returns when nothing waits in this process and nothing runs."""
        for tenant_id in list(self._lingering):
            self._now(tenant_id)
        await self._tasks.idle()

    async def close(self) -> None:
        """Hands on what this process knows of, and ends."""
        for tenant_id in list(self._lingering):
            self._now(tenant_id)
        await self._tasks.close()

    def _now(self, tenant_id: uuid.UUID) -> None:
        timer = self._lingering.pop(tenant_id, None)
        if timer is not None:
            timer.cancel()
        self._tasks.wake(tenant_id)

    async def _relayed(self, tenant_id: uuid.UUID) -> None:
        await self.relay(tenant_id)

    def _hand_on_some(self, session: TenantSession) -> tuple[Relayed, bool]:
        """One transaction: some of what waits, and whether there may be more."""
        now = self._clock.now()
        after = hold_counter(session, now=now)
        rows, more = _waiting(session)
        if not rows:
            return Relayed(session.tenant_id, after, after), False
        ordered = _in_order(rows)
        last = give_positions(session, [row.id for row in ordered], after=after, now=now)
        found = committed(session.tenant_id, _placed(ordered, after), types=self._types)
        for take in self.hand_on:
            take(session, found)
        if session.get_bind().dialect.name == "postgresql":
            session.execute(select(func.pg_notify(CHANNEL, f"{session.tenant_id} {after + 1} {last}")))
        return Relayed(session.tenant_id, after, last, tuple(found)), more


_COLUMNS: Final = (*COLUMNS, OutboxEvent.customer_id)


def _waiting(session: TenantSession) -> tuple[Sequence[Row[Any]], bool]:
    """Events that wait, the oldest ids first, and whether there are more.

    Ids are given before the commit: an event may have a higher id than the next one of its customer. Those are taken along,
    so that no customer's events overtake each other. What one statement sees of a customer has no gap.
    """
    waiting: Any = select(*_COLUMNS).where(_WAITS).order_by(OutboxEvent.id).limit(_MOST)
    rows: Sequence[Row[Any]] = session.execute(waiting).all()
    if len(rows) < _MOST:
        return rows, False
    below: dict[uuid.UUID, int] = defaultdict(int)
    for row in rows:
        if row.customer_id is not None:
            below[row.customer_id] = max(below[row.customer_id], row.customer_sequence or 0)
    missing = overtaken(session, below, after=rows[-1].id)
    if missing:
        taken_along: Any = select(*_COLUMNS).where(OutboxEvent.id.in_(missing))
        rows = [*rows, *session.execute(taken_along).all()]
    return rows, True


def _in_order(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """In the order of the ids, but those of one customer in the order of its commits: they change places among themselves."""
    queues: dict[uuid.UUID | None, list[Row[Any]]] = defaultdict(list)
    for row in sorted(rows, key=lambda each: (each.customer_sequence or 0, each.id), reverse=True):
        queues[row.customer_id or row.id].append(row)
    return [queues[row.customer_id or row.id].pop() for row in sorted(rows, key=lambda each: each.id)]


def _placed(rows: Sequence[Row[Any]], after: int) -> list[tuple[Any, ...]]:
    """The rows with the positions that were just given to them, as `committed` takes them."""
    place = COLUMNS.index(OutboxEvent.position)
    return [(*row[:place], after + number, *row[place + 1 : len(COLUMNS)]) for number, row in enumerate(rows, start=1)]
