"""SQLite: one writer thread that owns the write lock for the length of a transaction, and a few reader threads.

Every transaction that may write begins with BEGIN IMMEDIATE, so that it never has to upgrade a lock (an upgrade ignores
the busy timeout). The library is `pysqlite3`, the one SQLite of the process: two in one process corrupt files.
"""

from __future__ import annotations

import asyncio
import contextvars
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, TypeVar

import pysqlite3 as _pysqlite3
import structlog
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool, QueuePool

from patron_core.database.deadline import ENDS_AT, is_over, too_late
from patron_core.database.faults import translate
from patron_core.database.rows import insert
from patron_core.database.tenancy import TenantSession
from patron_core.encryption.keys import Vault

__all__ = ["SqliteDatabase", "sqlite_engine"]

pysqlite3: Any = _pysqlite3  # it has no types
T = TypeVar("T")

_WAL_BYTES = 64 * 1024 * 1024
_STEPS = 10_000  # of SQLite's machine between two looks at the clock, less than a millisecond
_log = structlog.get_logger("patron.database")


class SqliteDatabase:
    """The embedded database: a file in WAL mode, durable at each commit (synchronous FULL).

    readers: threads for `read`. busy_timeout_seconds: how long to wait for another process that writes. vault: the keys
    of encrypted columns.
    """

    dialect: Literal["sqlite", "postgresql"] = "sqlite"

    def __init__(
        self, url: str, *, readers: int = 4, busy_timeout_seconds: float = 5.0, vault: Vault | None = None
    ) -> None:
        self.url = url
        self.vault = vault
        self._writing = sqlite_engine(url, busy_timeout_seconds=busy_timeout_seconds)
        self._reading = sqlite_engine(url, read_only=True, size=readers, busy_timeout_seconds=busy_timeout_seconds)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="patron-sqlite-writer")
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="patron-sqlite-reader")

    async def write(self, tenant_id: uuid.UUID, work: Callable[[TenantSession], T]) -> T:
        """Runs `work` in one transaction in the writer thread; see `Database.write`."""
        return await self._run(self._writer, self._writing, tenant_id, work)

    async def read(self, tenant_id: uuid.UUID, work: Callable[[TenantSession], T]) -> T:
        """Runs `work` on one snapshot in a reader thread; see `Database.read`."""
        return await self._run(self._readers, self._reading, tenant_id, work)

    async def close(self) -> None:
        """Waits for what is running, then closes every connection."""
        for executor in (self._writer, self._readers):
            await asyncio.to_thread(executor.shutdown)
        self._reading.dispose()
        self._writing.dispose()

    async def _run(
        self, executor: ThreadPoolExecutor, engine: Engine, tenant_id: uuid.UUID, work: Callable[[TenantSession], T]
    ) -> T:
        # A cancelled caller takes back work that has not begun; what has begun ends in its thread either way.
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(
            executor, lambda: context.run(_transact, engine, tenant_id, work, self.vault)
        )


def _transact(engine: Engine, tenant_id: uuid.UUID, work: Callable[[TenantSession], T], vault: Vault | None) -> T:
    try:
        with (
            TenantSession(engine, tenant_id=tenant_id, vault=vault, expire_on_commit=False) as session,
            session.begin(),
        ):
            result = work(session)
            session.flush()
            insert(session.connection(), session.closing)
        if session.cleanse:
            _cleanse(engine)
        return result
    except Exception as error:
        raise translate(error) from error


def _cleanse(engine: Engine) -> None:
    """Rewrites the file and empties its log, so that no page holds what was deleted. The change itself is committed."""
    connection = engine.raw_connection()
    until = ENDS_AT.set(None)  # whoever waited may be gone: the promise is not
    try:
        driver: Any = connection.driver_connection
        driver.execute("VACUUM").close()
        (busy, *_), *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        if busy:
            _log.warning("sqlite_log_not_emptied", advice="A reader was at work. The next erasure or stop empties it.")
    except pysqlite3.Error as error:
        _log.warning("sqlite_not_cleansed", error=type(error).__name__, advice="Run VACUUM when nobody else writes.")
    finally:
        ENDS_AT.reset(until)
        connection.close()


def sqlite_engine(url: str, *, read_only: bool = False, size: int = 1, busy_timeout_seconds: float = 5.0) -> Engine:
    """An engine whose connections are set up as Patron needs them; size 0 opens one for each use (migrations)."""
    pool: dict[str, Any] = (
        {"poolclass": NullPool} if size == 0 else {"poolclass": QueuePool, "pool_size": size, "max_overflow": 0}
    )
    arguments = {"check_same_thread": False}
    # Without hide_parameters the texts of errors, which reach logs, would hold values of rows.
    engine = create_engine(url, module=pysqlite3, connect_args=arguments, hide_parameters=True, **pool)

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        settings = [f"busy_timeout = {int(busy_timeout_seconds * 1000)}", "foreign_keys = ON", "trusted_schema = OFF"]
        if read_only:
            settings.append("query_only = ON")
        else:
            settings += ["journal_mode = WAL", "synchronous = FULL", f"journal_size_limit = {_WAL_BYTES}"]
        for setting in settings:
            connection.execute(f"PRAGMA {setting}").close()
        connection.set_progress_handler(is_over, _STEPS)  # true interrupts the statement

    @event.listens_for(engine, "before_cursor_execute")
    def _still_in_time(*_: Any) -> None:
        if is_over():
            raise too_late()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine
