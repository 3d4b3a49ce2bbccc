"""What runs past its deadline is stopped in the database itself, and no cancellation at any moment leaves anything behind."""

from __future__ import annotations

import asyncio
import gc
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Text, func, literal, select
from sqlalchemy import cast as sql_cast

from patron_core.address import asyncpg_url
from patron_core.database.postgresql import PostgresqlDatabase
from patron_core.errors import PublicError, Timeout
from patron_core.hookspecs import Manifest, hookimpl
from patron_core.parties.commands import CreatePerson
from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_core.unit_of_work import UnitOfWork
from patron_schema.admission import Admission
from patron_schema.context import OperationRequest
from patron_schema.hookspecs import SchemaHooks
from patron_schema.planner.execution import Found, PostgresqlReader
from patron_schema.testing.databases import PreparedDatabase
from patron_schema.testing.service import Patron
from patron_schema.transport import Service, execute

pytestmark = pytest.mark.security

DEADLINE = 0.3
LATEST = DEADLINE + 0.5
TRIES = 3  # the fastest counts: what other work on the machine adds is not ours
SLOW = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT CAST(count(*) AS TEXT) FROM n",
    "postgresql": "SELECT pg_sleep(30)::text",
}
QUERIES = {
    "list": "{ parties(first: 5) { nodes { id } } }",
    "aggregate": "{ partiesAggregate { count } }",
    "roots": "{ a: parties { nodes { id } } b: parties { nodes { id } } }",
}
CREATE = 'mutation {{ personCreate(input: {{person: {{familyName: "{}"}}}}) {{ person {{ id }} }} }}'


class Slow:
    """A plugin whose gate asks the database something that takes long, or many things that take none, for people of that name."""

    @staticmethod
    @hookimpl
    def patron_manifest() -> Manifest:
        return Manifest(name="slow", version="1", core_range=">=0", label="Slow")

    @staticmethod
    @hookimpl
    def patron_gate(command: CreatePerson, uow: UnitOfWork) -> None:
        dialect = uow.session.get_bind().dialect.name
        if command.person.family_name == "Slow":
            uow.rows(
                select(func.pg_sleep(30)) if dialect == "postgresql" else select(func.count()).select_from(_endless())
            )
        while command.person.family_name == "Many":
            uow.rows(select(literal(1)))


def _endless() -> Any:
    numbers = select(literal(1).label("i")).cte("n", recursive=True)
    return numbers.union_all(select(numbers.c.i + 1).where(numbers.c.i < 1_000_000_000))


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return Plugins.of([Slow], specs=(SchemaHooks,))


@dataclass
class SlowReader:
    """The deployment's reader, which runs something slow in place of what it is asked."""

    inner: Any
    dialect: str

    async def value(self, _sql: str, _arguments: Sequence[Any]) -> Found:
        found: Found = await self.inner.value(SLOW[self.dialect], [])
        return found

    async def plan(self, _sql: str, _params: Sequence[Any]) -> list[str]:
        return []

    async def close(self) -> None:
        await self.inner.close()


def service(patron: Patron, *, seconds: float = DEADLINE, **settings: Any) -> Service:
    chosen = Settings(deadline_seconds=seconds, **settings)

    async def nobody(*_: object, **__: object) -> Any:
        raise AssertionError

    return Service(
        gateway=patron.gateway,
        documents=patron.gateway.documents,
        authenticate=nobody,
        settings=chosen,
        ids=patron.prepared.ids,
        admission=Admission(chosen),
    )


@asynccontextmanager
async def watching(database: PreparedDatabase) -> AsyncIterator[Callable[[str], Any]]:
    """Counts the server's sessions of this database that are in a state; 0 on SQLite, which has none."""
    if database.dialect == "sqlite":

        async def nothing(_state: str) -> int:
            return 0

        yield nothing
        return
    connection = await asyncpg.connect(asyncpg_url(database.owner_url))
    try:

        async def count(state: str) -> int:
            found: int = await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE $1",
                state,
            )
            return found

        yield count
    finally:
        await connection.close()


async def _ends(work: Callable[[], Any], *, count: Callable[[str], Any]) -> float:
    """Runs work into its deadline; the seconds after which nothing of it runs in the database any more."""
    started = time.monotonic()
    with pytest.raises(Timeout):
        await work()
    while await count("active") or await count("idle in transaction%"):
        assert time.monotonic() - started < 10, "It still runs."
        await asyncio.sleep(0.01)
    return time.monotonic() - started


@pytest.mark.parametrize("shape", list(QUERIES))
async def test_c5_a_read_is_cancelled_in_the_database(
    patron: Patron, shape: str, record_property: Callable[[str, object], None]
) -> None:
    await patron.data(QUERIES[shape])
    inner = patron.gateway.reader
    slow = SlowReader(inner, patron.prepared.dialect)
    request = patron.request(QUERIES[shape])
    tries: list[float] = []
    async with watching(patron.prepared) as count:
        while len(tries) < TRIES and min(tries, default=LATEST) >= LATEST:
            patron.gateway.reader = slow
            tries.append(await _ends(lambda: execute(service(patron), request), count=count))
            patron.gateway.reader = inner
            await asyncio.wait_for(patron.data(QUERIES[shape]), 5)  # threads and connections are free again

    record_property("figure", f"stopped {max(0.0, min(tries) - DEADLINE) * 1000:.0f} ms after the deadline")
    assert min(tries) < LATEST


@pytest.mark.parametrize("name", ["Slow", "Many"])
async def test_c5_a_write_is_cancelled_in_the_database_and_undone(
    patron: Patron, name: str, caplog: pytest.LogCaptureFixture, record_property: Callable[[str, object], None]
) -> None:
    await patron.data(CREATE.format("Warm"))
    request = patron.request(CREATE.format(name))
    tries: list[float] = []
    async with watching(patron.prepared) as count:
        while len(tries) < TRIES and min(tries, default=LATEST) >= LATEST:
            tries.append(await _ends(lambda: execute(service(patron), request), count=count))
            await asyncio.wait_for(patron.data(CREATE.format("Next")), 5)  # the writer is free again

    found = await patron.data("{ parties { nodes { displayName } } }")
    assert [node["displayName"] for node in found["parties"]["nodes"]] == ["Warm", *["Next"] * len(tries)]
    record_property("figure", f"stopped {max(0.0, min(tries) - DEADLINE) * 1000:.0f} ms after the deadline")
    assert min(tries) < LATEST
    gc.collect()
    assert "never retrieved" not in caplog.text  # what nobody waits for any more is no defect


@pytest.mark.parametrize("wanted", [500, pytest.param(10_000, marks=pytest.mark.soak)])
async def test_failures_17_cancelling_at_random_moments_leaves_no_transaction_and_no_tenant_behind(
    patron: Patron, wanted: int, record_property: Callable[[str, object], None]
) -> None:
    dice = random.Random(17)
    one = service(patron, seconds=5, waiting_seconds=5)
    requests: list[OperationRequest] = [
        *(patron.request(query) for query in QUERIES.values()),
        *(patron.request(CREATE.format(f"Random{number}")) for number in range(3)),
    ]
    for request in requests:
        await execute(one, request)
    cancelled = 0
    while cancelled < wanted:
        tasks = [asyncio.create_task(_suppressed(one, dice.choice(requests))) for _ in range(20)]
        for task in dice.sample(tasks, len(tasks)):
            for _ in range(dice.randrange(12)):
                await asyncio.sleep(0)
            cancelled += task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    assert one.admission is not None
    assert one.admission.running == 0
    async with watching(patron.prepared) as count:
        for _ in range(500):  # what was begun ends in a task of its own
            if not await count("idle in transaction%") and not await count("active"):
                break
            await asyncio.sleep(0.01)
        assert await count("idle in transaction%") == 0
    await _no_tenant_is_set(patron)
    together = [asyncio.create_task(execute(one, request)) for request in requests * 4]
    await asyncio.wait_for(asyncio.gather(*together), 30)  # every connection and place has come back
    record_property("figure", f"{cancelled} cancellations, 0 transactions, 0 tenants, every connection back")


async def _suppressed(one: Service, request: OperationRequest) -> None:
    with suppress(PublicError):
        await execute(one, request)


async def _no_tenant_is_set(patron: Patron) -> None:
    database: Any = patron.prepared.database
    if not isinstance(database, PostgresqlDatabase):
        return
    for _ in range(4):
        async with database._engine.connect() as connection:
            setting = select(sql_cast(func.current_setting("app.tenant", True), Text))
            assert (await connection.execute(setting)).scalar() in (None, "")
    reader: Any = patron.reader.inner
    assert isinstance(reader, PostgresqlReader)
    for held in reader._idle:
        assert await held.connection.fetchval("SELECT current_setting('app.tenant', true)") in (None, b"", "")
        assert not held.connection.is_in_transaction()
