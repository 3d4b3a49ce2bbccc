"""A listener that was away: it is told what it missed, event by event, and then takes its place among those who follow.

In comes where it left off; out go the same messages it would have had, each row as it is now. What was missed is read in
pages until nothing is missing, and in that very moment the listener joins its group: nothing has to be kept meanwhile, and
nothing is told twice or not at all. How events are read is left to `patron_core.outbox`.
"""

from __future__ import annotations

import asyncio
import uuid
from typing import Final, Protocol

from patron_core.errors import InvalidInput, LimitExceeded, Overloaded, Unavailable
from patron_core.messages import Event
from patron_core.outbox.events import CommittedEvent, Relayed

from .broadcast import Broadcaster
from .context import OperationRequest
from .following import Followed, Following, Followings, Listener
from .places import Place

__all__ = ["History", "Past", "Resumed"]

_PAGE: Final = 200  # events that are read at once
_AT_ONCE: Final = 8  # listeners of a process whose past is read at the same moment


class History(Protocol):
    """A tenant's events that were handed on, by their positions."""

    async def page(self, tenant_id: uuid.UUID, *, after: int, up_to: int | None, most: int) -> Relayed:
        """The events after a position; `last` is where to go on. up_to: no further than this."""
        ...

    async def position(self, tenant_id: uuid.UUID) -> int:
        """The position of the last event; 0 where there is none."""
        ...

    async def forgotten(self, tenant_id: uuid.UUID) -> int:
        """The position up to which events are kept no longer."""
        ...


class Past:
    """The way back into what was missed, for all listeners of a process.

    most: events one may have missed; further back a client reads `changes`.
    """

    def __init__(self, broadcaster: Broadcaster, followings: Followings, history: History, *, most: int) -> None:
        self.broadcaster = broadcaster
        self.followings = followings
        self.history = history
        self.most = most
        self.turns = asyncio.Semaphore(_AT_ONCE)

    async def begin(self, tenant_id: uuid.UUID) -> int:
        """The position up to which this process was told. Who follows without waiting in between misses nothing."""
        position = self.broadcaster.position(tenant_id)
        while position is None:
            found = await self.history.position(tenant_id)
            position = self.broadcaster.position(tenant_id)  # somebody else may have begun meanwhile
            if position is None:
                self.broadcaster.begin(tenant_id, found)
                position = found
        return position

    async def resume(
        self,
        followed: Followed,
        listener: Listener,
        *,
        customer_id: uuid.UUID | None,
        request: OperationRequest,
        seen: Place,
    ) -> Resumed:
        """Tells the listener what came after a place, and then what happens.

        Raises INVALID_INPUT for a place that is forgotten or never was, LIMIT_EXCEEDED for one too far back.
        """
        tenant_id = followed.tenant_id
        waiting = _Waiting()
        self.broadcaster.follow(tenant_id, waiting)  # from now on this process knows where the tenant stands
        try:
            await self.begin(tenant_id)
            forgotten, last = await self.history.forgotten(tenant_id), await self.history.position(tenant_id)
            self._check(seen, forgotten=forgotten, last=last)
        except BaseException:
            self.broadcaster.leave(tenant_id, waiting)
            raise
        return Resumed(self, followed, listener, waiting, customer_id=customer_id, request=request, seen=seen)

    def _check(self, seen: Place, *, forgotten: int, last: int) -> None:
        if seen.before < forgotten:
            raise InvalidInput(
                "`after` has expired. The events that follow it are kept no longer. "
                f"Read anew what you show, and subscribe without `after`, or after {forgotten}."
            )
        if seen.position > last:
            raise InvalidInput(
                "`after` is no position of an event here. No event has got so far. "
                "Read anew what you show, and subscribe without `after`."
            )
        if last - seen.before > self.most:
            raise LimitExceeded(
                limit="events to go back",
                value=last - seen.before,
                maximum=self.most,
                advice="Read `changes` from there, and subscribe after its end.",
            )


class _Waiting:
    """Follows a tenant and takes nothing."""

    events: tuple[type[Event], ...] = ()

    def take(self, committed: CommittedEvent) -> None:
        """Nothing is taken."""


class Resumed:
    """The way of one listener from its past into its group; open until it is closed."""

    def __init__(
        self,
        past: Past,
        followed: Followed,
        listener: Listener,
        waiting: _Waiting,
        *,
        customer_id: uuid.UUID | None,
        request: OperationRequest,
        seen: Place,
    ) -> None:
        self._past = past
        self._followed = followed
        self._listener = listener
        self._waiting = waiting
        self._customer_id = customer_id
        self._request = request
        self._seen = seen
        self._start = seen.before
        self._following: Following | None = None
        self._is_open = True
        self._task = asyncio.create_task(self._run(), name="patron-resuming")

    def close(self) -> None:
        """Nothing is told any more. A statement that runs is not cancelled, but nothing comes of it."""
        if self._is_open:
            self._is_open = False
            self._past.broadcaster.leave(self._followed.tenant_id, self._waiting)
        if self._following is not None:
            self._following.close()

    async def _run(self) -> None:
        try:
            while self._is_open and not self._caught_up():
                await self._read_on()
        except Exception as error:
            self._end(error)

    def _caught_up(self) -> bool:
        """Whether nothing is missing; then the listener has its place, and nothing can happen in between."""
        position = self._past.broadcaster.position(self._followed.tenant_id)
        if position is None or self._seen.before < position:
            return False
        self._following = self._past.followings.join(
            self._followed, self._listener, customer_id=self._customer_id, request=self._request, seen=self._seen
        )
        self._past.broadcaster.leave(self._followed.tenant_id, self._waiting)
        return True

    async def _read_on(self) -> None:
        before = self._seen.before
        async with self._past.turns:
            up_to = self._past.broadcaster.position(self._followed.tenant_id)
            page = await self._past.history.page(self._followed.tenant_id, after=before, up_to=up_to, most=_PAGE)
        if page.last == before:
            raise Unavailable(
                "What was missed cannot be read at the moment. The database is behind what was told already. "
                "Subscribe again from where you are."
            )
        if page.last - self._start > 2 * self._past.most:
            raise Overloaded(
                "The subscription did not catch up. More happens than it can be told. "
                "Subscribe again, asking for less of each event."
            )
        for committed in page.events:
            if isinstance(committed.event, self._followed.events):
                await self._tell(committed)
            if not self._is_open:
                return
        self._seen = max(self._seen, Place(page.last))

    async def _tell(self, committed: CommittedEvent) -> None:
        """Tells each row of an event that concerns the listener and was not told before."""
        rows = self._followed.rows(committed.event)
        for number, row_id in enumerate(rows, 1):
            place = Place.of_row(committed.position, number, of=len(rows))
            if place is None or place <= self._seen or not self._concerns(committed.event, row_id):
                continue
            async with self._past.turns:
                answer = await self._followed.answer(row_id)
                text = None if answer is None else await self._followed.text(answer, str(place), [self._request])
            if not self._is_open:
                return
            if text is not None:
                self._listener.tell(text, str(place))
                await self._listener.room()
            self._seen = place

    def _concerns(self, event: Event, row_id: uuid.UUID) -> bool:
        return self._customer_id is None or self._followed.customer(event, row_id) == self._customer_id

    def _end(self, error: Exception) -> None:
        if self._is_open:
            self.close()
            self._listener.end(error)
