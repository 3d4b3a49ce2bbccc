"""PostgreSQL over asyncpg: each unit of work is one transaction with the tenant set locally, in a task of its own.

The task is shielded, so that a cancelled caller can neither leave an open transaction in the pool nor lose an
acknowledged commit. Serialization failures and deadlocks are run again; a connection that broke before the commit was
sent is replaced once. After an unknown commit nothing is repeated: that is what idempotency keys are for.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Callable
from typing import Any, Final, Literal, TypeVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from patron_core.database.faults import is_disconnect, is_retryable, translate
from patron_core.database.tenancy import TenantSession

__all__ = ["PostgresqlDatabase"]

T = TypeVar("T")

_MOST_TRIES: Final = 5
_SET_LOCAL: Final = text(
    "SELECT set_config('app.tenant', :tenant, true), set_config('statement_timeout', :timeout, true),"
    " set_config('transaction_read_only', :read_only, true)"
)


class PostgresqlDatabase:
    """The production database, used as the role `patron_app` under row-level security.

    pool_size: connections of this process for units of work. statement_timeout_seconds: after which the server cancels
    a statement. jitter: makes the waits between tries differ.
    """

    dialect: Literal["sqlite", "postgresql"] = "postgresql"

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        statement_timeout_seconds: float = 30,
        jitter: random.Random | None = None,
    ) -> None:
        self.url = url
        self._timeout = f"{int(statement_timeout_seconds * 1000)}ms"
        self._jitter = jitter or random.Random()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=5,
            hide_parameters=True,  # texts of errors reach logs
            connect_args={"timeout": 5, "server_settings": {"application_name": "patron", "jit": "off"}},
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
        task = asyncio.create_task(self._tries(tenant_id, work, read_only=read_only))
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # retrieved here, for the caller may be gone

    async def _tries(self, tenant_id: uuid.UUID, work: Callable[[TenantSession], T], *, read_only: bool) -> T:
        replaced = False
        for attempt in range(1, _MOST_TRIES + 1):
            transaction = _Transaction(self._engine, tenant_id, self._timeout, read_only)
            try:
                return await transaction.run(work)
            except Exception as error:
                if is_retryable(error) and attempt < _MOST_TRIES:
                    await asyncio.sleep(0.005 * 2**attempt * self._jitter.random())
                elif is_disconnect(error) and not transaction.committing and not replaced:
                    replaced = True
                else:
                    raise translate(error) from error
        raise AssertionError("the last try returns or raises")


class _Transaction:
    """One try of a unit of work. `committing` says whether COMMIT was sent, after which the outcome may be unknown."""

    def __init__(self, engine: AsyncEngine, tenant_id: uuid.UUID, timeout: str, read_only: bool) -> None:
        self._engine = engine
        self._tenant_id = tenant_id
        self._local = {"tenant": str(tenant_id), "timeout": timeout, "read_only": "on" if read_only else "off"}
        self.committing = False

    async def run(self, work: Callable[[TenantSession], T]) -> T:
        options: dict[str, Any] = {"tenant_id": self._tenant_id, "expire_on_commit": False}
        async with AsyncSession(self._engine, sync_session_class=TenantSession, **options) as session:
            connection = await session.connection()
            await connection.execute(_SET_LOCAL, self._local)
            result = await session.run_sync(lambda s: _work_and_flush(s, work))
            self.committing = True
            await session.commit()
            return result


def _work_and_flush(session: Any, work: Callable[[TenantSession], T]) -> T:
    result = work(session)
    session.flush()  # so that only COMMIT itself is left, and what fails before it may be tried again
    return result
