"""Rows of the audit for tests, the hand of somebody who may change any row, and a process that appends."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any

import asyncpg
import pysqlite3

from patron_core.address import asyncpg_url, sqlite_path
from patron_core.audit.sealing import Sealer
from patron_core.database import open_database
from patron_core.messages import Actor
from patron_core.parties.models import Person
from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_core.unit_of_work import UnitOfWork, execute
from patron_core.values import RandomIds, SystemClock

__all__ = ["Hand", "append", "hand_on", "person"]


def person(uow: UnitOfWork) -> Person:
    """One new row, and so one row of the audit."""
    return uow.add(Person(display_name="Somebody", given_name="Some", family_name="Body"))


class Hand:
    """Writes where nobody may: as the superuser, or into the file itself, without the triggers."""

    def __init__(self, run: Any) -> None:
        self._run = run

    async def __call__(self, sql: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """Runs one statement; `?` stands for an argument."""
        rows: list[tuple[Any, ...]] = await self._run(sql, arguments)
        return rows


@contextlib.asynccontextmanager
async def hand_on(owner_url: str) -> AsyncIterator[Hand]:
    """The hand on a database; when it leaves, the triggers are as they were."""
    if owner_url.startswith("sqlite"):
        connection = pysqlite3.connect(str(sqlite_path(owner_url)), isolation_level=None)
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _sql in triggers:
            connection.execute(f"DROP TRIGGER {name}")

        async def run(sql: str, arguments: Sequence[Any]) -> list[tuple[Any, ...]]:
            plain = [str(each) if isinstance(each, uuid.UUID) else each for each in arguments]
            return list(connection.execute(sql, plain).fetchall())

        try:
            yield Hand(run)
        finally:
            for _name, sql in triggers:
                connection.execute(sql)
            connection.close()
        return
    server = await asyncpg.connect(asyncpg_url(owner_url))
    await server.execute("SET session_replication_role = replica")

    async def ask(sql: str, arguments: Sequence[Any]) -> list[tuple[Any, ...]]:
        parts = sql.split("?")
        numbered = "".join(f"{part}${n}" for n, part in enumerate(parts[:-1], 1)) + parts[-1]
        return [tuple(row) for row in await server.fetch(numbered, *arguments)]

    try:
        yield Hand(ask)
    finally:
        await server.close()


async def append(url: str, tenant_id: uuid.UUID, count: int) -> None:
    """Appends so many rows to the audit, each in a transaction of its own, while a sealer of this process seals."""
    clock = SystemClock()
    database, ids, plugins = open_database(Settings(database_url=url, pool_size=2)), RandomIds(clock), Plugins.of({})
    sealer = Sealer(database, clock=clock, seconds=0.05)
    actor = Actor(tenant_id, "appender", "system", reason="Rows are appended.")
    for _number in range(count):
        await execute(database, person, actor=actor, clock=clock, ids=ids, plugins=plugins)
        sealer.note(tenant_id)
    await sealer.close()
    await database.close()


if __name__ == "__main__":
    from patron_core import catalogue as _models  # noqa: F401 - the metadata must be complete

    asyncio.run(append(sys.argv[1], uuid.UUID(sys.argv[2]), int(sys.argv[3])))
