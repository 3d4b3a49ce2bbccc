"""Sends what waits: one task for each endpoint that has something due, so that nobody waits for somebody else's endpoint.

In come tenants that were woken, out go signed requests. What a body says is asked of `Bodies`, when nothing is held of the
database; what is written down and claimed stands in `turns`.
"""

from __future__ import annotations

import asyncio
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

import structlog

from patron_core.database import Database
from patron_core.errors import BadRequest, Forbidden, InvalidInput, LimitExceeded, ValidationFailed
from patron_core.fault_log import log_fault
from patron_core.messages import Actor
from patron_core.outbox.types import EventTypes
from patron_core.plugins import Plugins
from patron_core.tracing import span
from patron_core.unit_of_work import Broadcast, execute
from patron_core.values import Clock, IdSource
from patron_core.webhooks.letters import Ended, Letter
from patron_core.webhooks.models import WebhookParkedReason
from patron_core.webhooks.trying import Courier, Post
from patron_core.webhooks.turns import Turn, due_endpoints, take_turn
from patron_core.worker.tenant_tasks import TenantTasks

__all__ = ["REFUSALS", "Bodies", "Misfit", "SenderFigures", "WebhookSender"]

_AT_ONCE: Final = 16  # requests to one endpoint
_FIRST_WINDOW: Final = 4  # of them, before it has answered
_SOCKETS: Final = 256  # requests of the process
_LETTER_SECONDS: Final = 45.0  # for making a body, waiting for a socket and sending: less than a lease
_PAUSE_SECONDS: Final = 1.0  # before what could not be written down is written again
_MOST_PAUSES: Final = 30
#: What the gateway refuses for what is asked: asking again gives the same.
REFUSALS: Final = (BadRequest, Forbidden, InvalidInput, LimitExceeded, ValidationFailed)
_RANDOM: Final = secrets.SystemRandom()
_log: Final = structlog.stdlib.get_logger("patron.webhooks")


class Misfit(Exception):
    """An endpoint's condition does not fit the schema or its scopes any more."""


class Bodies(Protocol):
    """Makes what is sent, as the endpoint's actor."""

    async def of(self, letter: Letter) -> bytes | None:
        """The body; None where the endpoint's condition does not hold. Raises PublicError, and `Misfit`."""
        ...


@dataclass(slots=True)
class SenderFigures:
    """What became of deliveries in this process since it began, and how many requests are under way now."""

    delivered: int = 0
    failed: int = 0
    skipped: int = 0
    parked: int = 0
    under_way: int = 0


class WebhookSender:
    """Sends the deliveries of a process's tenants; a worker wakes it, and several processes may each have one.

    bodies: what is sent. types: events of the deployment's plugins. broadcast: told the events that sending causes.
    draw: gives numbers from 0 to 1. at_once: requests to one endpoint; sockets: of all.
    """

    def __init__(
        self,
        database: Database,
        *,
        outbound: Post,
        bodies: Bodies,
        types: EventTypes,
        clock: Clock,
        ids: IdSource,
        broadcast: Broadcast | None = None,
        draw: Callable[[], float] = _RANDOM.random,
        at_once: int = _AT_ONCE,
        sockets: int = _SOCKETS,
    ) -> None:
        self.figures = SenderFigures()
        self._database = database
        self._courier = Courier(outbound, clock=clock)
        self._bodies = bodies
        self._types = types
        self._clock = clock
        self._ids = ids
        self._broadcast = broadcast
        self._draw = draw
        self._at_once = at_once
        self._sockets = asyncio.Semaphore(sockets)
        self._looking = TenantTasks("webhooks", self._look)
        self._routes: dict[tuple[uuid.UUID, uuid.UUID], _Route] = {}
        self._closing = False

    def wake(self, tenant_id: uuid.UUID) -> None:
        """Says that there may be something to send; must be called on the event loop, and never waits."""
        self._looking.wake(tenant_id)

    async def idle(self) -> None:
        """Returns when nothing that was woken is to be sent any more."""
        await self._looking.idle()
        while self._routes:
            await asyncio.wait([route.task for route in self._routes.values()])
            await self._looking.idle()

    async def close(self) -> None:
        """Takes no more, and waits for what is under way: as long as one request may take."""
        self._closing = True
        await self._looking.close()
        await self.idle()

    async def _look(self, tenant_id: uuid.UUID) -> None:
        """Finds the endpoints that have something due, and leaves each to a task of its own."""
        found = await self._database.read(tenant_id, partial(due_endpoints, now=self._clock.now()))
        for endpoint_id in found:
            route = self._routes.get((tenant_id, endpoint_id))
            if route is not None:
                route.woken.set()
            elif not self._closing:
                self._routes[tenant_id, endpoint_id] = _Route(self, tenant_id, endpoint_id)

    async def turn(self, tenant_id: uuid.UUID, endpoint_id: uuid.UUID, ended: list[Ended], *, room: int) -> Turn:
        """Writes down what has ended, and claims what comes next."""
        outcome = await execute(
            self._database,
            lambda uow: take_turn(
                uow, endpoint_id, ended, types=self._types, room=0 if self._closing else room, draw=self._draw
            ),
            actor=Actor(tenant_id, "webhooks", "system", reason="Webhooks are sent."),
            clock=self._clock,
            ids=self._ids,
            plugins=_NO_PLUGINS,
            broadcast=self._broadcast,
        )
        turn = outcome.value
        self.figures.delivered += turn.delivered
        self.figures.skipped += turn.skipped
        self.figures.parked += turn.parked
        return turn

    async def send(self, letter: Letter) -> Ended:
        """Sends one letter, once; raises nothing."""
        self.figures.under_way += 1
        try:
            async with asyncio.timeout(_LETTER_SECONDS):
                with span("patron.webhook", type=letter.delivery.event_type):
                    return await self._send(letter)
        except Misfit:
            return Ended(letter, self._clock.now(), parked=WebhookParkedReason.NOT_OPEN, misfit=True)
        except REFUSALS:
            return Ended(letter, self._clock.now(), parked=WebhookParkedReason.NOT_OPEN)
        except Exception as error:
            tenant_id = str(letter.event.tenant_id)
            log_fault(_log, "webhook_not_made", error=error, tenant_id=tenant_id, delivery=str(letter.delivery.id))
            return Ended(letter, self._clock.now())
        finally:
            self.figures.under_way -= 1

    async def _send(self, letter: Letter) -> Ended:
        body = await self._bodies.of(letter)
        if body is None:
            return Ended(letter, self._clock.now(), skipped=True)
        to = letter.destination
        async with self._sockets:
            tried = await self._courier.bring(to.url, body, keys=to.keys, message_id=letter.message_id)
        self.figures.failed += not tried.delivered
        return Ended(letter, tried.at, tried.outcome, tried.http_status, tried.milliseconds, tried.asked)

    def forget(self, route: _Route) -> None:
        """A route has ended."""
        self._routes.pop((route.tenant_id, route.endpoint_id), None)


_NO_PLUGINS: Final = Plugins.of({})


class _Route:
    """The way to one endpoint, as long as there is something to send: as many letters side by side as it answers well.

    The window opens by one with each answer and closes by one with each failure: an endpoint that is dead holds few
    connections, and one that mostly answers gets them all, however the rest fails.
    """

    def __init__(self, sender: WebhookSender, tenant_id: uuid.UUID, endpoint_id: uuid.UUID) -> None:
        self.tenant_id = tenant_id
        self.endpoint_id = endpoint_id
        self.woken = asyncio.Event()
        self._sender = sender
        self._window = min(_FIRST_WINDOW, sender._at_once)
        self._under_way: set[asyncio.Task[Ended]] = set()
        self.task = asyncio.create_task(self._go(), name="patron-webhook-route")

    async def _go(self) -> None:
        try:
            await self._rounds()
        except Exception as error:
            log_fault(_log, "webhooks_failed", error=error, tenant_id=str(self.tenant_id))
        finally:
            self._sender.forget(self)

    async def _rounds(self) -> None:
        ended: list[Ended] = []
        while True:
            self.woken.clear()
            turn = await self._turn(ended)
            for letter in turn.letters:
                self._under_way.add(asyncio.create_task(self._sender.send(letter), name="patron-webhook"))
            if not self._under_way and not self.woken.is_set():
                return
            ended = await self._next()

    async def _turn(self, ended: list[Ended]) -> Turn:
        """A turn; what has ended is written down as soon as the database takes it, within the time of its lease."""
        for pause in range(_MOST_PAUSES):
            try:
                room = max(self._window - len(self._under_way), 0)
                return await self._sender.turn(self.tenant_id, self.endpoint_id, ended, room=room)
            except Exception as error:
                if pause == _MOST_PAUSES - 1 or not (ended or self._under_way):
                    raise
                log_fault(_log, "webhooks_not_written", error=error, tenant_id=str(self.tenant_id))
                await asyncio.sleep(_PAUSE_SECONDS)
        raise AssertionError("a turn was taken or failed")

    async def _next(self) -> list[Ended]:
        """What has ended, once something has, or once there may be more to send."""
        if not self._under_way:
            return []
        woken = asyncio.create_task(self.woken.wait())
        try:
            done, _ = await asyncio.wait({*self._under_way, woken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()
        ended: list[Ended] = []
        for task in [task for task in self._under_way if task in done]:
            self._under_way.discard(task)
            ended.append(task.result())
            good = ended[-1].outcome is None or ended[-1].outcome.name == "DELIVERED"
            self._window = min(self._window + 1, self._sender._at_once) if good else max(self._window - 1, 1)
        return ended
