"""The peer plain Strawberry on SQLite: the same schema and DataLoaders, with sessions that work in threads.

SQLAlchemy's own way to asynchronous SQLite, aiosqlite, crosses threads at each step of a statement; here a statement and the making
of its rows are one step, which is faster. `application` is what uvicorn runs; BENCHMARK_URL names the file, BENCHMARK_THREADS how many.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from sqlalchemy.orm import Session, sessionmaker

from benchmarks.data import Data
from benchmarks.peer import Launch, Peer, uvicorn
from benchmarks.peers.plain import PLAIN, PlainGraphQL, make_app
from patron_core.database.sqlite import sqlite_engine

__all__ = ["application", "plain_sqlite"]


class Rows(list[Any]):
    """What a statement gave, all of it."""

    def all(self) -> Rows:
        """Itself."""
        return self


class ThreadedSession:
    """The part of AsyncSession that the peer uses; each call is one piece of work in a thread, with a session of its own."""

    def __init__(self, sessions: sessionmaker[Session], pool: ThreadPoolExecutor) -> None:
        self._sessions = sessions
        self._pool = pool

    async def __aenter__(self) -> ThreadedSession:
        return self

    async def __aexit__(self, *failure: object) -> None:
        return None

    async def scalars(self, statement: Any) -> Rows:
        """The first column of each row."""
        return await self._run(lambda session: Rows(session.scalars(statement).all()))

    async def execute(self, statement: Any) -> Rows:
        """All rows."""
        return await self._run(lambda session: Rows(session.execute(statement).all()))

    async def scalar(self, statement: Any) -> Any:
        """One value."""
        return await self._run(lambda session: session.scalar(statement))

    async def get(self, model: Any, key: Any) -> Any:
        """A row by its key, or None."""
        return await self._run(lambda session: session.get(model, key))

    async def _run(self, work: Callable[[Session], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._work, work)

    def _work(self, work: Callable[[Session], Any]) -> Any:
        with self._sessions() as session:
            return work(session)


def application() -> PlainGraphQL:
    """What uvicorn runs."""
    threads = int(os.environ.get("BENCHMARK_THREADS", "2"))
    engine = sqlite_engine(os.environ["BENCHMARK_URL"], read_only=True, size=threads)
    sessions = sessionmaker(engine, expire_on_commit=False)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="plain-reader")
    made: Any = lambda: ThreadedSession(sessions, pool)  # noqa: E731 - what async_sessionmaker is to the peer
    return make_app(made)


def plain_sqlite(url: str, *, threads: int = 1) -> Peer:
    """The peer on a file. url: `sqlite:///…`. threads: how many read at once; with more than one it was slower, they share the GIL."""

    def launch(data: Data, port: int) -> Launch:
        return uvicorn(
            "benchmarks.peers.plain_sqlite:application",
            data,
            port,
            BENCHMARK_URL=url,
            BENCHMARK_THREADS=str(threads),
        )

    return Peer(
        name="plain Strawberry",
        launch=launch,
        ask=PLAIN.ask,
        connections=_CONNECTIONS,
        settings=f"SQLAlchemy on pysqlite3, threads: {threads}, DataLoaders, ParserCache and ValidationCache, orjson, uvicorn with uvloop "
        f"and httptools. Asked on {_CONNECTIONS} connections at most, where it is at its best.",
    )


_CONNECTIONS: Final = 2
