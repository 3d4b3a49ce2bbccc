"""Runs planned statements. The only room of the planner that holds a connection.

PostgreSQL: own asyncpg connections with held prepared statements, last used first. SQLite: reader threads, one connection each.
A connection whose statement did not end well is thrown away: a cancelled one may still hold a transaction.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import threading
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol, TypeAlias

import pysqlite3 as _pysqlite3

from patron_core.cache import Cache, CacheFigures
from patron_core.columns import format_time
from patron_core.errors import InvalidInput, LimitExceeded, Unavailable

from .database_plan import postgresql_plan, sqlite_plan
from .plan import Param, RootPlan
from .sql.functions import register

__all__ = ["Found", "PostgresqlReader", "Reader", "SqliteReader", "bind", "sqlite_value"]

#: Per connection. PostgreSQL keeps a plan for each, some thirty times as large as its text.
_HELD_STATEMENTS: Final = 256
_HELD_CHARACTERS: Final = 1_000_000
_GOODBYE_SECONDS: Final = 2.0
Found: TypeAlias = bytes | list[bytes] | None
sqlite: Any = _pysqlite3  # it carries no types


class Reader(Protocol):
    """Runs statements that give one value."""

    @property
    def dialect(self) -> str:
        """sqlite or postgresql."""
        ...

    async def value(self, sql: str, arguments: Sequence[Any]) -> Found:
        """The statement's one value, a text in UTF-8 or several. Raises UNAVAILABLE when the database cannot be reached."""
        ...

    async def plan(self, sql: str, params: Sequence[Param]) -> list[str]:
        """How the database would go about a statement, as lines of text. params: those it binds."""
        ...

    async def close(self) -> None:
        """Lets go of all connections."""
        ...


def bind(plan: RootPlan, tenant_id: uuid.UUID, variables: Mapping[str, Any]) -> list[Any]:
    """The arguments of a plan in one request, checked and converted, by parameter number. Raises INVALID_INPUT, LIMIT_EXCEEDED."""
    return [tenant_id, *(p.convert(p.source.read(variables)) for p in plan.params[1:])]


class SqliteReader:
    """A few threads with a read-only connection each. path: of the database file. threads: 1 to 16."""

    dialect = "sqlite"

    def __init__(self, path: str, *, threads: int = 2) -> None:
        self._path = path
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="patron-reader")
        self._local = threading.local()
        self._open: list[Any] = []
        self._changing = threading.Lock()

    async def value(self, sql: str, arguments: Sequence[Any]) -> Found:
        plain = [sqlite_value(argument) for argument in arguments]
        running: list[Any] = []
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, self._run, sql, plain, running)
        except asyncio.CancelledError:
            with self._changing:
                for connection in running:
                    connection.interrupt()
            raise

    async def plan(self, sql: str, params: Sequence[Param]) -> list[str]:
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, lambda: sqlite_plan(self._connection(), sql, params)
        )

    def _run(self, sql: str, arguments: list[Any], running: list[Any]) -> bytes | None:
        connection = self._connection()
        running.append(connection)
        try:
            row = connection.execute(sql, arguments).fetchone()
        except sqlite.OperationalError as error:
            raise _translated(str(error), sql) from error
        finally:
            with self._changing:  # a cancellation must not meet the next statement of this thread
                running.clear()
        return None if row is None else row[0]

    def _connection(self) -> Any:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite.connect(
                f"file:{self._path}?mode=ro", uri=True, check_same_thread=False, cached_statements=256
            )
            connection.execute("PRAGMA busy_timeout = 5000")
            connection.execute("PRAGMA query_only = ON")
            register(connection)
            connection.text_factory = bytes  # an answer goes from the database to the socket as it is
            self._local.connection = connection
            self._open.append(connection)
        return connection

    async def close(self) -> None:
        self._pool.shutdown(wait=True)
        for connection in self._open:
            connection.close()


def _translated(message: str, sql: str) -> Exception:
    """What a driver's refusal means to the caller; its text never travels."""
    if "parser stack overflow" in message or "too many" in message or "too large" in message or "too deep" in message:
        return _too_large(sql)
    if any(each in message for each in ("unable to open", "disk I/O", "disk is full", "locked")):
        return Unavailable(
            "The database cannot be read now. What was asked could not be answered. Try again in a moment."
        )
    if "integer overflow" in message or "user-defined function" in message:  # ours fail for nothing else
        return _beyond()
    return RuntimeError(message)


def _too_large(sql: str) -> LimitExceeded:
    """The database refused the statement for its size or depth; how much it would take depends on its shape."""
    advice = "Ask for fewer levels, or in several requests."
    return LimitExceeded(limit="characters of the statement", value=len(sql), maximum=len(sql) - 1, advice=advice)


def _beyond() -> InvalidInput:
    """A sum or an average of an aggregate, or a stored number or a total whose field is an Int."""
    return InvalidInput(
        "A number is beyond what its type holds: 64 bits of a sum or average, 32 bits of an Int. It would not be exact. "
        "Ask for fewer rows in a group, for its `sum`, or for other fields."
    )


def sqlite_value(value: Any) -> Any:
    """A value as SQLite takes it."""
    match value:
        case uuid.UUID():
            return str(value)
        case dt.datetime():
            return format_time(value)
        case dt.date():
            return value.isoformat()
        case bool():
            return int(value)
        case list():
            return json.dumps([sqlite_value(item) for item in value])
        case _:
            return value


class _Held:
    """A connection with its prepared statements. One that leaves the cache is closed on the server with the next that is prepared."""

    def __init__(self, connection: Any, figures: CacheFigures) -> None:
        self.connection = connection
        self.statements: Cache[str, Any] = Cache(
            figures.name, most_entries=figures.most_entries, most_weight=figures.most_weight, figures=figures
        )
        self._prepared = 0

    async def statement(self, sql: str) -> Any:
        found = self.statements.get(sql)
        if found is None:
            # without a name of its own asyncpg prepares it anew for each execution
            self._prepared += 1
            found = await self.connection.prepare(sql, name=f"patron_{self._prepared}")
            self.statements.put(sql, found, weight=len(sql))
        return found

    def terminate(self) -> None:
        """Ends the connection at once, and with it what it held."""
        self.connection.terminate()
        self.statements.clear()


class PostgresqlReader:
    """Up to `size` connections (1 to 64), opened as needed, handed out last used first."""

    dialect = "postgresql"

    def __init__(self, url: str, *, size: int = 8) -> None:
        self._url = url.replace("postgresql+asyncpg://", "postgresql://", 1)
        self._idle: list[_Held] = []
        self._busy: set[_Held] = set()
        self._free = asyncio.Semaphore(size)
        self._closing: set[asyncio.Task[None]] = set()
        self.statements = CacheFigures("statements", most_entries=_HELD_STATEMENTS, most_weight=_HELD_CHARACTERS)

    async def value(self, sql: str, arguments: Sequence[Any]) -> Found:
        async with self._free:
            held = await self._take()
            self._busy.add(held)
            try:
                statement = await held.statement(sql)
                value: Found = await statement.fetchval(*arguments)
            except asyncio.CancelledError:
                self._let_go(held)
                raise
            except BaseException as error:
                held.terminate()
                shown = _public(error, sql)
                if shown is error:
                    raise
                raise shown from error
            finally:
                self._busy.discard(held)
            self._idle.append(held)
            return value

    def drop(self) -> None:
        """Ends all connections at once; who waits for a value gets UNAVAILABLE. Later statements open new ones."""
        for held in (*self._idle, *self._busy):
            held.terminate()

    def _let_go(self, held: _Held) -> None:
        """Closes a connection whose statement was cancelled: asyncpg tells the server, which goes on otherwise."""
        held.statements.clear()
        task = asyncio.get_running_loop().create_task(_closed(held.connection))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def plan(self, sql: str, params: Sequence[Param]) -> list[str]:
        async with self._free:
            held = await self._take()
            try:
                lines = await postgresql_plan(held.connection, sql, params)
            except BaseException:
                held.terminate()
                raise
            self._idle.append(held)
            return lines

    async def _take(self) -> _Held:
        while self._idle:
            held = self._idle.pop()
            if not held.connection.is_closed():
                return held
            held.statements.clear()
        import asyncpg

        settings = {"timezone": "UTC", "datestyle": "ISO", "plan_cache_mode": "force_generic_plan", "jit": "off"}
        try:
            connection = await asyncpg.connect(self._url, server_settings=settings, statement_cache_size=0, timeout=5)
            await connection.set_type_codec(
                "text", schema="pg_catalog", encoder=str.encode, decoder=bytes, format="binary"
            )
        except (OSError, TimeoutError, asyncpg.PostgresError) as error:
            raise _unavailable() from error
        return _Held(connection, self.statements)

    async def close(self) -> None:
        while self._idle:
            held = self._idle.pop()
            held.statements.clear()
            await held.connection.close(timeout=2)
        if self._closing:
            await asyncio.wait(self._closing)


async def _closed(connection: Any) -> None:
    """Closes a connection in good order, and where that takes long without."""
    try:
        await connection.close(timeout=_GOODBYE_SECONDS)
    except Exception:  # it may be broken in any way; nobody needs it any more
        connection.terminate()


def _unavailable() -> Unavailable:
    return Unavailable("The database cannot be reached. What was asked could not be answered. Try again in a moment.")


def _public(error: BaseException, sql: str) -> BaseException:
    """A broken connection is UNAVAILABLE; everything else stays what it is and is masked at the door."""
    import asyncpg

    gone = (
        OSError,
        asyncpg.InterfaceError,
        asyncpg.PostgresConnectionError,
        asyncpg.AdminShutdownError,
        asyncpg.InternalClientError,
        asyncpg.InsufficientResourcesError,
    )
    if isinstance(error, gone):
        return _unavailable()
    if isinstance(
        error, asyncpg.StatementTooComplexError | asyncpg.TooManyArgumentsError | asyncpg.TooManyColumnsError
    ):
        return _too_large(sql)
    if isinstance(error, asyncpg.NumericValueOutOfRangeError):
        return _beyond()
    if isinstance(error, asyncpg.InvalidParameterValueError) and "AT TIME ZONE" in sql:
        return InvalidInput(
            "`timezone` names no time zone. The database does not know it. Pass another name of the place."
        )
    return error
