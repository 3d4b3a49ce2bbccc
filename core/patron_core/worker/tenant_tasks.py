"""Work for tenants, one run of it at a time for each: whoever wakes a tenant twice gets one run more, not two at once.

In come tenants that have something to do, out goes a call for each. What the work is, and who finds tenants that nobody
woke, is left to others.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from patron_core.fault_log import log_fault
from patron_core.tracing import span

__all__ = ["TenantTasks"]

_log: Final = structlog.stdlib.get_logger("patron.worker")


class TenantTasks:
    """Runs the same work for tenants.

    name: in the log. work: called with a tenant; it does all there is to do now. A failure is logged and not repeated here:
    who sweeps wakes the tenant again. at_once: how many tenants at a time.
    """

    def __init__(self, name: str, work: Callable[[uuid.UUID], Awaitable[None]], *, at_once: int = 8) -> None:
        self.name = name
        self._work = work
        self._places = asyncio.Semaphore(at_once)
        self._running: dict[uuid.UUID, asyncio.Task[None]] = {}
        self._again: set[uuid.UUID] = set()
        self._closed = False

    def wake(self, tenant_id: uuid.UUID) -> None:
        """Says that there may be something to do; must be called on the event loop, and never waits."""
        if self._closed:
            return
        if tenant_id in self._running:
            self._again.add(tenant_id)
            return
        self._running[tenant_id] = asyncio.create_task(self._run(tenant_id), name=f"patron-{self.name}")

    async def idle(self) -> None:
        """Returns when nothing runs."""
        while self._running:
            await asyncio.wait(tuple(self._running.values()))

    async def close(self) -> None:
        """Takes no more and waits for what runs."""
        self._closed = True
        self._again.clear()
        await self.idle()

    async def _run(self, tenant_id: uuid.UUID) -> None:
        try:
            while True:
                self._again.discard(tenant_id)
                async with self._places:
                    await self._done(tenant_id)
                if tenant_id not in self._again:
                    return
        finally:
            del self._running[tenant_id]

    async def _done(self, tenant_id: uuid.UUID) -> None:
        try:
            with span(f"patron.{self.name}", tenant=str(tenant_id)):
                await self._work(tenant_id)
        except Exception as error:
            log_fault(_log, f"{self.name}_failed", error=error, tenant_id=str(tenant_id))
