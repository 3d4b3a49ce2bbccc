"""How many operations run at once: of an actor, of a tenant, in the process; further ones wait their turn, and too many are shed.

An actor comes in and a place goes out, held while its operation runs; or OVERLOADED, before anything is asked of a database. How
much an actor may ask for in a time is left to `rate_limits`.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from types import TracebackType
from typing import Final

from patron_core.errors import Overloaded
from patron_core.messages import Actor
from patron_core.settings import Settings
from patron_schema.deadlines import Deadline

__all__ = ["Admission", "Place"]

_RETRY_AFTER_MS: Final = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class _Waiter:
    place: Place
    turn: asyncio.Future[None]


class Admission:
    """The places of one process. Whoever waited longest goes first, among those whose actor and tenant have room.

    shed: how many got none.
    """

    def __init__(self, settings: Settings) -> None:
        self._per_actor = settings.running_per_actor
        self._per_tenant = settings.running_per_tenant
        self._per_process = settings.running_per_process
        self._max_waiting = settings.max_waiting
        self._patience = settings.waiting_seconds
        self._running: dict[Hashable, int] = {}
        self._all = 0
        self._waiting: deque[_Waiter] = deque()
        self.shed = 0  # operations that got no place

    def place(self, actor: Actor) -> Place:
        """A place for one operation of the actor, taken by `async with`. Raises OVERLOADED there, where none comes free in time."""
        return Place(self, actor)

    @property
    def running(self) -> int:
        """Operations that run now."""
        return self._all

    @property
    def waiting(self) -> int:
        """Operations that wait for a place now."""
        return len(self._waiting)

    def fits(self, place: Place) -> bool:
        """Whether the place could be taken now."""
        return (
            self._all < self._per_process
            and self._running.get(place.actor, 0) < self._per_actor
            and self._running.get(place.tenant, 0) < self._per_tenant
        )

    def take(self, place: Place) -> None:
        """Counts one more that runs."""
        self._all += 1
        self._running[place.actor] = self._running.get(place.actor, 0) + 1
        self._running[place.tenant] = self._running.get(place.tenant, 0) + 1

    def leave(self, place: Place) -> None:
        """Counts one less, and lets whoever fits now take its turn."""
        self._all -= 1
        for key in (place.actor, place.tenant):
            left = self._running[key] - 1
            if left:
                self._running[key] = left
            else:
                del self._running[key]
        if self._waiting:
            self._call_next()

    async def wait(self, place: Place) -> None:
        """Waits until the place was taken for the waiter. Raises OVERLOADED where too many wait, or for too long."""
        if len(self._waiting) >= self._max_waiting:
            raise self._refused(f"{self._max_waiting} operations wait already.")
        waiter = _Waiter(place, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        deadline = Deadline(self._patience)
        try:
            with deadline:
                await waiter.turn
        except BaseException as error:
            if waiter.turn.done() and not waiter.turn.cancelled():
                self.leave(place)  # its turn came in the same moment
            elif waiter in self._waiting:
                self._waiting.remove(waiter)
            if isinstance(error, TimeoutError) and deadline.expired:
                raise self._refused(f"This one waited {self._patience:g} s for its turn.") from None
            raise

    def _refused(self, why: str) -> Overloaded:
        self.shed += 1
        return Overloaded(f"The server is busy. {why} Try again in a second.", retryAfterMs=_RETRY_AFTER_MS)

    def _call_next(self) -> None:
        for waiter in self._waiting:
            if self.fits(waiter.place) and not waiter.turn.done():
                self._waiting.remove(waiter)
                self.take(waiter.place)
                waiter.turn.set_result(None)
                return


class Place:
    """One operation's place; `actor` and `tenant` are what it is counted under."""

    __slots__ = ("_admission", "actor", "tenant")

    def __init__(self, admission: Admission, actor: Actor) -> None:
        self._admission = admission
        self.tenant: uuid.UUID = actor.tenant_id
        self.actor: Hashable = (actor.tenant_id, actor.subject)

    async def __aenter__(self) -> None:
        if self._admission.fits(self):  # whoever waits does not fit: each leaving lets one in at once
            self._admission.take(self)
        else:
            await self._admission.wait(self)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._admission.leave(self)
