"""PostgreSQL over asyncpg: each unit of work is one transaction with the tenant set locally, in a task of its own.

The task is shielded, so that a cancelled caller can neither leave an open transaction in the pool nor lose an
acknowledged commit. Serialization failures and deadlocks are run again; a connection that broke before the commit was
sent is replaced once. After an unknown commit nothing is repeated: that is what idempotency keys are for.

A transaction begins with its first statement, tenant included, in one round trip; rows that nobody waited for are one
statement at the end, and where that is all, it is the transaction.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import greenlet_spawn

from patron_core.database.deadline import seconds_left, too_late
from patron_core.database.faults import is_disconnect, is_retryable, translate
from patron_core.database.opening import OPENING, Opening, tenant_connection
from patron_core.database.rows import NewRows, insert
from patron_core.database.tenancy import TenantSession
from patron_core.encryption.keys import Vault

__all__ = ["PostgresqlDatabase"]

T = TypeVar("T")

_MOST_TRIES: Final = 5
_POOL_WAIT_SECONDS: Final = 2  # for a connection that others use


class PostgresqlDatabase:
    """The production database, used as the role `patron_app` under row-level security.

    pool_size: connections of this process for units of work. statement_timeout_seconds: after which the server cancels
    a statement. lock_timeout_seconds: after which it gives up waiting for a row somebody else holds. jitter: makes the
    waits between tries differ. vault: the keys of encrypted columns.
    """

    dialect: Literal["sqlite", "postgresql"] = "postgresql"

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        statement_timeout_seconds: float = 8,
        lock_timeout_seconds: float = 2,
        jitter: random.Random | None = None,
        vault: Vault | None = None,
    ) -> None:
        self.url = url
        self.vault = vault
        self._jitter = jitter or random.Random()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=_POOL_WAIT_SECONDS,
            hide_parameters=True,  # texts of errors reach logs
            connect_args={
                "timeout": 5,
                "connection_class": tenant_connection(),
                "server_settings": {
                    "application_name": "patron",
                    "jit": "off",
                    "statement_timeout": f"{int(statement_timeout_seconds * 1000)}ms",
                    "lock_timeout": f"{int(lock_timeout_seconds * 1000)}ms",
                },
            },
        )

    async def write(self, tenant_id: uuid.UUID, work: Callable[[TenantSession], T]) -> T:
        """Runs `work` in one transaction; see `Database.write`."""
        return await self._shielded(tenant_id, work, read_only=False)

    async def read(self, tenant_id: uuid.UUID, work: Callable[[TenantSession], T]) -> T:
        """Runs `work` in a read-only transaction; see `Database.read`."""
        return await self._shielded(tenant_id, work, read_only=True)

    async def close(self) -> None:
        """Waits for what is running, then closes every connection."""
        while self._tasks:
            await asyncio.wait(self._tasks)
        await self._engine.dispose()

    async def _shielded(self, tenant_id: uuid.UUID, work: Callable[[TenantSession], T], *, read_only: bool) -> T:
        running = _Running()
        task = asyncio.create_task(self._tries(tenant_id, work, read_only=read_only, running=running))
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        left = seconds_left()
        if left is not None:
            timer = asyncio.get_running_loop().call_later(left, running.stop, task)
            task.add_done_callback(lambda _: timer.cancel())
        return await asyncio.shield(task)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # retrieved here, for the caller may be gone

    async def _tries(
        self, tenant_id: uuid.UUID, work: Callable[[TenantSession], T], *, read_only: bool, running: _Running
    ) -> T:
        replaced = False
        for attempt in range(1, _MOST_TRIES + 1):
            transaction = running.transaction = _Transaction(self._engine, tenant_id, read_only, self.vault)
            try:
                return await transaction.run(work)
            except asyncio.CancelledError:
                raise too_late() if running.stopped else asyncio.CancelledError from None
            except Exception as error:
                if is_retryable(error) and attempt < _MOST_TRIES:
                    await asyncio.sleep(0.005 * 2**attempt * self._jitter.random())
                elif is_disconnect(error) and not transaction.committing and not replaced:
                    replaced = True
                else:
                    raise translate(error) from error
        raise AssertionError("the last try returns or raises")


class _Running:
    """A unit of work on its way. stopped: whether its time was over before its commit was sent."""

    def __init__(self) -> None:
        self.transaction: _Transaction | None = None
        self.stopped = False

    def stop(self, task: asyncio.Task[Any]) -> None:
        """Cancels what the server does and undoes it, unless it is being committed."""
        if self.transaction is None or not self.transaction.committing:
            self.stopped = task.cancel()


class _Transaction:
    """One try of a unit of work. `committing` says whether COMMIT was sent, after which the outcome may be unknown."""

    def __init__(self, engine: AsyncEngine, tenant_id: uuid.UUID, read_only: bool, vault: Vault | None) -> None:
        self._engine = engine.sync_engine
        self._tenant_id = tenant_id
        self._vault = vault
        self._opening = Opening(tenant_id=tenant_id, read_only=read_only)
        self.committing = False

    async def run(self, work: Callable[[TenantSession], T]) -> T:
        OPENING.set(self._opening)  # of this task, which runs nothing else
        return await greenlet_spawn(lambda: self._run(work))

    def _run(self, work: Callable[[TenantSession], T]) -> T:
        with TenantSession(
            self._engine, tenant_id=self._tenant_id, vault=self._vault, expire_on_commit=False
        ) as session:
            result = work(session)
            session.flush()
            if self._opening.begun:
                insert(session.connection(), session.closing)
                self.committing = True  # only COMMIT itself is left; what failed before it may be tried again
                session.commit()
            elif session.closing:
                self._write_alone(session.closing)
            return result

    def _write_alone(self, rows: Sequence[NewRows]) -> None:
        """Where nothing was sent before the end, one statement is the whole transaction."""
        self._opening.alone = True
        with self._engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            self.committing = not driver.is_closed()  # what is known to be broken was sent nothing, and is replaced
            insert(connection, rows, tenant_id=self._tenant_id)
