"""Several API processes, a primary with a streaming replica, and NATS, each killed in turn under load (bar A1, A4, D2).

Nothing acknowledged is lost or doubled, whoever wrote reads it, and whoever follows misses nothing, on whichever process.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from functools import partial

import asyncpg
import pytest
from sqlalchemy import make_url
from tests.faults.conftest import MakePlace
from tests.faults.followers import Follower
from tests.faults.looking import rows
from tests.faults.server_tree import ServerTree, served
from tests.faults.stories import customer_create
from tests.faults.writers import Operation, Story, Writers
from tests.schema.nats_server import NatsServer
from tests.server_process import command

from patron_core.address import asyncpg_url
from patron_schema.testing.servers import PostgresProcess

pytestmark = pytest.mark.faults

NAMES = "SELECT p.display_name FROM customer c JOIN party p ON p.tenant_id = c.tenant_id AND p.id = c.party_id"
READ = "query($id: ID!) { node(id: $id) { ... on Customer { displayName } } }"
LIST = "{ customers(first: 5, orderBy: [{field: CREATED_AT, direction: DESC}]) { nodes { displayName } } }"
READS = "SELECT sum(xact_commit) FROM pg_stat_database WHERE datname = $1"


@pytest.fixture
def replica(own_postgres: PostgresProcess) -> Iterator[PostgresProcess]:
    """A standby that streams from the PostgreSQL that may be killed."""
    process = own_postgres.standby()
    try:
        process.start()
        yield process
    finally:
        process.remove()


@pytest.fixture
def nats() -> Iterator[NatsServer]:
    server = NatsServer()
    server.start()
    try:
        yield server
    finally:
        server.remove()


def write_and_read(stale: list[str], first: int, client: int) -> Story:
    """A client that without end makes a customer and at once reads it."""
    number = 0
    while True:
        number += 1
        label = f"s{first}c{client}n{number}"
        made = yield customer_create(label)
        assert made is not None
        wanted = made["customerCreate"]["customer"]["id"]
        read = yield Operation("read", f"{label}r", READ, {"id": wanted})
        if read is None or read["node"] != {"displayName": label}:
            stale.append(label)


def read_all(reader: int, _client: int) -> Story:
    """A client of somebody who writes nothing: the replica may answer."""
    number = 0
    while True:
        number += 1
        yield Operation("list", f"r{reader}n{number}l", LIST, {})


@pytest.mark.parametrize(
    ("servers", "clients", "between", "rounds"),
    [pytest.param(2, 3, 15, 1, id="ci"), pytest.param(4, 8, 100, 3, id="real", marks=pytest.mark.soak)],
)
async def test_a1_a4_d2_each_part_of_several_machines_is_killed_under_load(
    own_place: MakePlace,
    own_postgres: PostgresProcess,
    replica: PostgresProcess,
    nats: NatsServer,
    servers: int,
    clients: int,
    between: int,
    rounds: int,
    record_property: Callable[[str, object], None],
) -> None:
    here = own_place(nats_url=nats.url, pool_size="5", log_level="warning")
    address = make_url(here.environment["PATRON_DATABASE_URL"]).set(port=replica.port)
    environment = {**here.environment, "PATRON_DATABASE_REPLICA_URLS": address.render_as_string(hide_password=False)}
    key, stale, back = here.new_tenant(), list[str](), dict[str, float]()

    async with AsyncExitStack() as stack:
        trees = await asyncio.gather(*(stack.enter_async_context(served(environment)) for _ in range(servers)))
        followers = [Follower(tree.port, key, "0") for tree in trees]
        for follower in followers:
            stack.push_async_callback(follower.close)
            await follower.start()
        writers = [
            Writers(tree.port, key, partial(write_and_read, stale, number), clients=clients)
            for number, tree in enumerate(trees)
        ]
        other = command(here.environment, "key", "create", "--tenant", "Pillows", "--name", "reader").split()[0]
        readers = [Writers(tree.port, other, partial(read_all, at), clients=1) for at, tree in enumerate(trees)]
        for each in (*writers, *readers):
            each.start()
        for _ in range(rounds):
            async for what in killed_in_turn(trees, replica, nats, own_postgres):
                began = time.monotonic()
                await asyncio.gather(*(each.more(between) for each in writers))
                back[what] = max(back.get(what, 0), time.monotonic() - began)
        for each in (*writers, *readers):
            await each.finish()
        made = [name for (name,) in await rows(here.owner_url, NAMES)]
        for follower in followers:
            await follower.has(set(made))
        by_replica = await _reads(replica, here.owner_url)
        logs = "".join(tree.log for tree in trees)

    done = Counter(ack.operation.label for each in writers for ack in each.acknowledged)
    written = {label for label in done if not label.endswith("r")}
    assert len(made) == len(set(made))
    assert set(made) == written
    assert stale == []
    assert not any(each.refused or each.hangs or each.traces for each in (*writers, *readers))
    assert "Traceback" not in logs
    for follower in followers:
        positions = [int(position) for position, _ in follower.told]
        assert positions == sorted(set(positions))
        assert {name for _, name in follower.told} == written
    assert (
        by_replica > 0
    )  # its statistics begin anew when it is killed: that it answers reads is shown in test_replicas

    lost = sum(each.lost for each in writers)
    slowest = max(each.slowest for each in writers)
    record_property(
        "figure",
        f"{servers} processes, a primary, a replica and NATS, each killed {rounds} time(s) under {servers * clients} clients: "
        f"{len(written)} acknowledged writes, 0 lost, 0 doubled; {len(written)} read at once, 0 stale; {servers} followers told "
        f"all of them once and in order over {sum(each.sockets for each in followers)} sockets; {lost} answers lost and asked "
        f"again; slowest answer {slowest:.1f} s; {by_replica} transactions on the replica; "
        f"{between} more answers for each took "
        + ", ".join(f"{took:.1f} s after {what}" for what, took in back.items()),
    )


async def killed_in_turn(
    trees: list[ServerTree], replica: PostgresProcess, nats: NatsServer, primary: PostgresProcess
) -> AsyncIterator[str]:
    """Kills one thing after another, and says what; what was killed is started before, or while, others go on."""
    yield "the start"
    await trees[0].kill()
    await trees[0].start()
    yield "a process"
    await asyncio.to_thread(replica.kill)
    yield "the replica went"
    await asyncio.to_thread(replica.start)
    yield "the replica came back"
    nats.kill()
    yield "NATS went"
    await asyncio.to_thread(nats.start)
    yield "NATS came back"
    await asyncio.to_thread(primary.kill)
    await asyncio.to_thread(primary.start)
    yield "the primary"
    for number, tree in enumerate(trees[2:], start=3):
        await tree.kill()
        await tree.start()
        yield f"process {number}"


async def _reads(server: PostgresProcess, owner_url: str) -> int:
    """How many transactions a server has ended in the database since it was started last."""
    connection = await asyncpg.connect(asyncpg_url(server.url))
    try:
        return int(await connection.fetchval(READS, make_url(owner_url).database) or 0)
    finally:
        await connection.close()
