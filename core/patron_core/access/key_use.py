"""When keys were last used: noted on the request's path as one entry of a dictionary, written in the background.

In come keys in use, out go their times, at most one for each key and minute. What is not written yet when the process ends
in good order is written then; a process that is killed loses what it noted since the last writing.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Mapping
from functools import partial
from typing import Final

import structlog
from sqlalchemy import update

from patron_core.access.models import ApiKey
from patron_core.database import Database, TenantSession
from patron_core.database.tenancy import AUDITED

__all__ = ["KeyUse"]

_log: Final = structlog.stdlib.get_logger("patron.access")
_PERIOD: Final = dt.timedelta(minutes=1)
_MOST_REMEMBERED: Final = 10_000


class KeyUse:
    """Notes uses of keys and writes them. delay_seconds: how long the first note waits for others to be written with it."""

    def __init__(self, database: Database, *, delay_seconds: float = 5.0) -> None:
        self._database = database
        self._delay = delay_seconds
        self._noted: dict[tuple[uuid.UUID, uuid.UUID], dt.datetime] = {}
        self._written: dict[uuid.UUID, dt.datetime] = {}
        self._writing: asyncio.Task[None] | None = None
        self._one_at_a_time = asyncio.Lock()

    def note(self, tenant_id: uuid.UUID, key_id: uuid.UUID, now: dt.datetime) -> None:
        """Notes a use, unless one was noted for the key within the last minute. Never waits."""
        last = self._written.get(key_id)
        if last is not None and now - last < _PERIOD:
            return
        if len(self._written) >= _MOST_REMEMBERED:
            self._written.clear()  # each is then written once more than needed
        self._written[key_id] = now
        self._noted[tenant_id, key_id] = now
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_soon(), name="patron-key-use")

    async def close(self) -> None:
        """Writes what was noted."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.wait([self._writing])
        await self.flush()

    async def flush(self) -> None:
        """Writes what was noted so far; what cannot be written is given up, and told to the log."""
        async with self._one_at_a_time:  # who closes waits for a writing that runs
            noted, self._noted = self._noted, {}
            tenants: dict[uuid.UUID, dict[uuid.UUID, dt.datetime]] = {}
            for (tenant_id, key_id), moment in noted.items():
                tenants.setdefault(tenant_id, {})[key_id] = moment
            for tenant_id, moments in tenants.items():
                try:
                    await self._database.write(tenant_id, partial(_write, moments))
                except Exception as error:
                    _log.warning("key_use_not_written", tenant_id=str(tenant_id), error=type(error).__name__)

    async def _write_soon(self) -> None:
        while self._noted:
            await asyncio.sleep(self._delay)
            await asyncio.shield(asyncio.ensure_future(self.flush()))


def _write(moments: Mapping[uuid.UUID, dt.datetime], session: TenantSession) -> None:
    """Neither a version nor an audit row comes of it: nobody changed the key."""
    for key_id, moment in moments.items():
        statement = update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=moment)
        session.execute(statement.execution_options(**{AUDITED: True, "synchronize_session": False}))
