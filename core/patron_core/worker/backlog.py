"""How much work waits, of all tenants together: for metrics, readiness and `patron doctor`.

In comes who knows it (`waiting`), out come numbers and ages by the name of who does the work, at most some seconds old.
No tenant is in them.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import structlog

from patron_core.values import Clock
from patron_core.worker.waiting import JOBS, RELAY, WEBHOOKS, Waiting

__all__ = ["Backlog", "Backlogs", "Work"]

_AGE: Final = dt.timedelta(seconds=10)
_SECONDS: Final = 5.0
_log: Final = structlog.stdlib.get_logger("patron.worker")


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of work. counts: rows by status. late_seconds: how long the oldest of those that wait has been due, 0 for none."""

    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    late_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Backlog:
    """All kinds of work, by the names of `waiting`: relay (PENDING), webhooks (WAITING, RUNNING), jobs (also PARKED)."""

    work: Mapping[str, Work]

    def of(self, name: str) -> Work:
        """One kind."""
        return self.work.get(name, Work())


class Backlogs:
    """Asks the database at most every ten seconds, however often it is asked itself."""

    def __init__(self, waiting: Waiting, *, clock: Clock) -> None:
        self._waiting = waiting
        self._clock = clock
        self._asking = asyncio.Lock()
        self._known: tuple[dt.datetime, Backlog | None] | None = None

    async def backlog(self) -> Backlog | None:
        """What waits; None where nobody knows: no relay connection, or a database that does not answer."""
        async with self._asking:
            now = self._clock.now()
            if self._known is None or not dt.timedelta(0) <= now - self._known[0] < _AGE:
                self._known = (now, await self._ask(now))
            return self._known[1]

    async def close(self) -> None:
        """Lets go of the connection."""
        await self._waiting.close()

    async def _ask(self, now: dt.datetime) -> Backlog | None:
        try:
            async with asyncio.timeout(_SECONDS):
                rows = await self._waiting.counted()
        except Exception as error:
            _log.warning("backlog_unknown", error=type(error).__name__)
            return None
        if rows is None:
            return None
        counts: dict[str, dict[str, int]] = {name: {} for name in (RELAY, WEBHOOKS, JOBS)}
        late = dict.fromkeys(counts, 0.0)
        for name, status, count, oldest in rows:
            counts[name][status] = count
            if status in ("PENDING", "WAITING") and oldest is not None:
                late[name] = max(late[name], (now - oldest).total_seconds())
        return Backlog({name: Work(counts[name], late[name]) for name in counts})
