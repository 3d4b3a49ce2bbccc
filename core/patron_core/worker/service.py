"""The worker: has the work of all tenants done, woken by who left it and by a look around each second.

In come those who do the work, by name, and who knows where work waits; out comes nothing. It is embedded in `patron
serve` and runs by itself as `patron worker`: any number of them may run at once.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from typing import Final, Protocol

import structlog

from patron_core.errors import PublicError
from patron_core.fault_log import log_fault
from patron_core.values import Clock
from patron_core.worker.waiting import JOBS, Waiting

__all__ = ["Doer", "Worker"]

_LOOK_FOR_TENANTS: Final = 60  # looks for work between two looks for new tenants
_LOOK_AT_ALL: Final = 3_600  # looks for work between two looks whether each tenant's jobs are planned as they should
_log: Final = structlog.stdlib.get_logger("patron.worker")


class Doer(Protocol):
    """Who does one kind of work, such as a `TenantTasks`."""

    def wake(self, tenant_id: uuid.UUID) -> None:
        """Says that there may be something to do for a tenant; never waits."""
        ...

    async def close(self) -> None:
        """Takes no more and waits for what runs."""
        ...


class Worker:
    """Wakes those who do the work.

    doers: by the names of `waiting` (RELAY, WEBHOOKS, JOBS). waiting: closed with the worker. poll_seconds: between two
    looks for work that nobody told of: what another process left, and what has become due.
    """

    def __init__(self, doers: Mapping[str, Doer], waiting: Waiting, *, clock: Clock, poll_seconds: float = 1.0) -> None:
        self._doers = doers
        self._waiting = waiting
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._looking: asyncio.Task[None] | None = None
        self._planned: set[uuid.UUID] = set()
        self._failing = False

    def wake(self, tenant_id: uuid.UUID, *names: str) -> None:
        """Says that a tenant may have something to do for these, or for all; on the event loop, and never waits."""
        self._waiting.woken(tenant_id)
        for name in names or tuple(self._doers):
            if name in self._doers:
                self._doers[name].wake(tenant_id)

    @property
    def is_started(self) -> bool:
        """Whether this process looks for work."""
        return self._looking is not None

    def start(self) -> None:
        """Begins to look for work; on the event loop."""
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_again_and_again(), name="patron-worker")

    async def stop(self, *, seconds: float = 8) -> None:
        """Takes no new work and waits so long for what runs; what has not ended by then is left to its lease."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
            self._looking = None
        closing = [asyncio.create_task(doer.close()) for doer in self._doers.values()]
        if closing:
            _, running = await asyncio.wait(closing, timeout=seconds)
            for task in running:
                task.cancel()
            if running:
                _log.warning("worker_stopped_early", seconds=seconds, note="What still ran is taken over in a minute.")
        await self._waiting.close()

    async def look(self) -> None:
        """Wakes whoever has something due. Raises what the database raises."""
        for name, tenants in (await self._waiting.due(now=self._clock.now())).items():
            for tenant_id in tenants if name in self._doers else ():
                self._doers[name].wake(tenant_id)

    async def look_for_tenants(self) -> None:
        """Wakes the runner of jobs for tenants it has not planned for lately: new ones, and each once an hour."""
        if JOBS in self._doers:
            for tenant_id in {*await self._waiting.tenants()} - self._planned:
                self._planned.add(tenant_id)
                self._doers[JOBS].wake(tenant_id)

    async def _look_again_and_again(self) -> None:
        looks = 0
        while True:
            if looks % _LOOK_AT_ALL == 0:
                self._planned.clear()  # schedules and plugins change, and clocks are set right
            if await self._looked(with_tenants=looks % _LOOK_FOR_TENANTS == 0):
                looks += 1
            await asyncio.sleep(self._poll_seconds)

    async def _looked(self, *, with_tenants: bool) -> bool:
        """Whether the database answered. It may be away for a while, and says so once."""
        try:
            if with_tenants:
                await self.look_for_tenants()
            await self.look()
        except Exception as error:
            if not self._failing:
                _failed(error)
            self._failing = True
            return False
        if self._failing:
            _log.info("worker_sees_again")
        self._failing = False
        return True


def _failed(error: Exception) -> None:
    if isinstance(error, PublicError | OSError | TimeoutError):
        _log.warning("worker_sees_nothing", error=type(error).__name__, note="The database does not answer.")
    else:
        log_fault(_log, "worker_sees_nothing", error=error)
