"""Bar A10: whoever goes away in the middle leaves nothing open: no transaction, no connection, no tenant's setting, no task."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from tests.faults.conftest import MakePlace
from tests.faults.looking import rows
from tests.faults.server_tree import served
from tests.faults.stories import CUSTOMER, customer_create

from patron_core.database import PostgresqlDatabase, SqliteDatabase
from patron_core.errors import Overloaded
from patron_core.parties.commands import CreatePerson, NewPerson
from patron_core.plugins import Plugins
from patron_core.unit_of_work import execute
from patron_schema.app import Deployment, deploy
from patron_schema.context import OperationRequest
from patron_schema.hookspecs import SchemaHooks
from patron_schema.planner.execution import PostgresqlReader
from patron_schema.testing.databases import PreparedDatabase

pytestmark = pytest.mark.faults

AT_ONCE = 16
FIRST_TURNS = 40  # of the loop, in which an operation gets as far as its first wait for the database
READS = (
    "{ customers(first: 5) { totalCount nodes { id party { id displayName } } } }",
    "{ a: customers(first: 2) { totalCount } b: parties(first: 2) { totalCount } c: transactions { totalCount } }",
)


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return Plugins.of({}, specs=(SchemaHooks,))


@pytest_asyncio.fixture
async def deployment(database: PreparedDatabase) -> AsyncIterator[Deployment]:
    """What a process serves, with sealer and audit, on a database of its own."""
    await database.database.close()
    generous = {"rate_points": 1_000_000_000, "rate_points_per_second": 1_000_000_000, "pool_size": 4}
    made = deploy(settings=database.settings.model_copy(update=generous), plugins=database.plugins)
    try:
        yield made
    finally:
        await made.close()


@pytest.mark.parametrize(
    "cancellations", [pytest.param(2_000, id="ci"), pytest.param(10_000, id="real", marks=pytest.mark.soak)]
)
async def test_a10_operations_cancelled_anywhere_leave_nothing_open(
    database: PreparedDatabase,
    deployment: Deployment,
    cancellations: int,
    record_property: Callable[[str, object], None],
) -> None:
    seconds = [await _seconds_of(deployment, database, kind) for kind in range(4)]
    await _quiet()
    tasks_before = len(asyncio.all_tasks())
    chance, cut = random.Random(10), 0

    async def client(number: int) -> None:
        nonlocal cut
        turn = 0
        while cut < cancellations:
            turn += 1
            kind = chance.randrange(4)
            task = asyncio.ensure_future(_operation(deployment, database, kind, f"c{number}n{turn}"))
            if chance.random() < 0.5:
                for _ in range(chance.randrange(FIRST_TURNS)):
                    await asyncio.sleep(0)
            else:
                await asyncio.sleep(1.2 * AT_ONCE * seconds[kind] * chance.random())
            cut += task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Overloaded):  # many wait for the few connections
                await task

    await asyncio.gather(*(client(number) for number in range(AT_ONCE)))
    await _quiet()
    for _ in range(1_200):  # what has begun ends by itself, one after another
        if len(asyncio.all_tasks()) <= tasks_before:
            break
        await asyncio.sleep(0.05)

    assert len(asyncio.all_tasks()) <= tasks_before
    left = await _left(deployment, database)
    assert left == {"transactions": 0, "connections": 0, "settings": 0}
    halves = await rows(
        database.owner_url,
        "SELECT count(*) FROM party p WHERE NOT EXISTS (SELECT 1 FROM audit_entry a WHERE a.record_id = p.id)",
    )
    assert halves == [(0,)]
    assert not (await deployment.gateway.execute(_request(database, READS[0]))).body.startswith(b'{"errors"')
    record_property(
        "figure",
        f"{database.dialect}: {cut} cancellations of operations and units of work: 0 open transactions, 0 connections not "
        "given back, 0 tenants' settings left, tasks as before",
    )


async def test_a10_clients_that_hang_up_leave_nothing_open(
    place: MakePlace, record_property: Callable[[str, object], None]
) -> None:
    here, chance, hung_up = place(), random.Random(100), 200
    async with served(here.environment) as server:
        key = here.new_tenant()

        async def hang_up(number: int) -> None:
            operation = customer_create(f"h{number}")
            body = _json({"query": CUSTOMER, "variables": operation.variables})
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(_head(key, len(body)) + body)
            await asyncio.sleep(chance.random() / 20)
            writer.transport.abort()

        for start in range(0, hung_up, AT_ONCE):
            await asyncio.gather(*(hang_up(start + number) for number in range(AT_ONCE)))
        left: Any = None
        for _ in range(100):
            left = await _open_transactions(here.owner_url)
            if not left:
                break
            await asyncio.sleep(0.1)
        log = server.log

    assert not left
    assert "Traceback" not in log
    media, parties = "SELECT count(*) FROM contact_medium", "SELECT count(*) FROM party"
    assert await rows(here.owner_url, media) == [(2 * (await rows(here.owner_url, parties))[0][0],)]
    record_property("figure", f"{here.dialect}: {hung_up} clients hung up: 0 transactions left open, 0 halves written")


def _operation(deployment: Deployment, database: PreparedDatabase, kind: int, label: str) -> Any:
    """One of the kinds of work: reads of one root and of three, a mutation, a unit of work by itself."""
    if kind == 3:
        return _unit_of_work(deployment, database, label)
    if kind == 2:
        return deployment.gateway.execute(_request(database, CUSTOMER, customer_create(label).variables))
    return deployment.gateway.execute(_request(database, READS[kind]))


async def _unit_of_work(deployment: Deployment, database: PreparedDatabase, label: str) -> Any:
    return await execute(
        deployment.database,
        CreatePerson(person=NewPerson(family_name=label)),
        actor=database.actor,
        clock=deployment.clock,
        ids=deployment.ids,
        plugins=database.plugins,
    )


def _request(database: PreparedDatabase, query: str, variables: Any = None) -> OperationRequest:
    return OperationRequest(
        query=query, variables=variables or {}, actor=database.actor, request_id="req_test", transport="POST"
    )


async def _seconds_of(deployment: Deployment, database: PreparedDatabase, kind: int) -> float:
    """How long a kind of work takes when it is alone."""
    took = []
    for turn in range(5):
        began = time.monotonic()
        await _operation(deployment, database, kind, f"whole{kind}.{turn}")
        took.append(time.monotonic() - began)
    return min(took)


async def _quiet() -> None:
    """Lets what was begun by others and goes on without them come to its end."""
    for _ in range(20):
        await asyncio.sleep(0.02)


async def _left(deployment: Deployment, database: PreparedDatabase) -> dict[str, int]:
    """What is still open when nothing runs."""
    own: Any = deployment.database
    transactions = len(await _open_transactions(database.owner_url))
    if isinstance(own, SqliteDatabase):
        pools: list[Any] = [own._writing.pool, own._reading.pool]
        return {"transactions": transactions, "connections": sum(p.checkedout() for p in pools), "settings": 0}
    assert isinstance(own, PostgresqlDatabase)
    reader = deployment.gateway.reader
    assert isinstance(reader, PostgresqlReader)
    out = own._engine.pool.checkedout() + deployment.settings.pool_size - reader._free._value  # type: ignore[attr-defined]
    tenant = "SELECT current_setting('app.tenant', true)"
    seen = [await held.connection.fetchval(tenant) for held in reader._idle if not held.connection.is_closed()]
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(own._engine.pool.checkedin()):  # type: ignore[attr-defined]
            connection = await stack.enter_async_context(own._engine.connect())
            seen.append((await connection.exec_driver_sql(tenant)).scalar())
    return {"transactions": transactions, "connections": out, "settings": sum(bool(each) for each in seen)}


async def _open_transactions(owner_url: str) -> list[Any]:
    """Connections of the application that hold a transaction; on SQLite, whether anybody holds the file."""
    if owner_url.startswith("sqlite"):
        ((busy, *_),) = await rows(owner_url, "PRAGMA wal_checkpoint(TRUNCATE)")
        return [busy] if busy else []
    return await rows(
        owner_url,
        "SELECT pid, state FROM pg_stat_activity WHERE datname = current_database() AND usename = 'patron_app' "
        "AND xact_start IS NOT NULL",
    )


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _head(key: str, length: int) -> bytes:
    return (
        f"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\n"
        f"content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    ).encode()
