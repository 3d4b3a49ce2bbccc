"""Bar A9: sockets that never read, never initialise or never finish their handshake cost a known amount, and then they are gone."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest
from tests.faults.conftest import MakePlace
from tests.faults.connection import Connection
from tests.faults.hostile_sockets import (
    HostileSocket,
    half_open,
    never_initialised,
    never_reads_events,
    never_reads_socket,
)
from tests.faults.server_tree import ServerTree, served
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

pytestmark = pytest.mark.faults

CREATE: Final = (
    "mutation($i: CustomerCreateInput!) { customerCreate(input: $i) { customer { id } userErrors { code } } }"
)
INGEST: Final = "mutation($i: TransactionsIngestInput!) { transactionsIngest(input: $i) { created } }"
#: About 6,200 bytes for each event.
FOLLOW: Final = (
    "subscription { transactionRecorded { sourceKey "
    + " ".join(f"c{number}: customer {{ displayName }}" for number in range(28))
    + " } }"
)
NAME: Final = "A" * 190
BATCH, BATCHES = 25, 9  # 225 events: more than a queue takes (256 or 1 MB), its kernel buffers and uvicorn's
READERS: Final = 2
TOKEN: Final = "a token of the tests for figures"
MOST_BYTES: Final = 200_000_000
GONE_SECONDS: Final = 20.0
OTHER_FILES: Final = 8  # a pool may have opened some of its own meanwhile


class Publisher:
    """Records transactions in batches, and knows how long a small query takes meanwhile."""

    def __init__(self, port: int, key: str) -> None:
        self.connection = Connection(port, key=key)
        self.customer = ""
        self.published = 0
        self.seconds: list[float] = []

    async def start(self) -> None:
        given = {"i": {"person": {"displayName": NAME}}}
        self.customer = (await self.connection.ask(CREATE, given)).json["data"]["customerCreate"]["customer"]["id"]

    async def publish(self) -> None:
        rows = [
            {
                "customerId": self.customer,
                "amount": {"amount": "1.00", "currencyCode": "EUR"},
                "occurredAt": "2026-01-01T00:00:00Z",
                "sourceKey": str(self.published + number),
            }
            for number in range(BATCH)
        ]
        answer = await self.connection.ask(INGEST, {"i": {"source": "pos", "rows": rows}})
        assert answer.json["data"]["transactionsIngest"]["created"] == BATCH
        self.published += BATCH

    async def query(self, count: int) -> list[float]:
        """How long that many small queries took."""
        found = []
        for _ in range(count):
            began = time.perf_counter()
            await self.connection.ask("{ viewer { kind } }", {})
            found.append(time.perf_counter() - began)
        return found


async def reader(port: int, key: str) -> ClientConnection:
    """A client as it should be, with the same subscription."""
    socket = await connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")])
    await socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {key}"}}))
    assert json.loads(await socket.recv()) == {"type": "connection_ack"}
    await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": FOLLOW}}))
    return socket


async def heard(socket: ClientConnection, count: int) -> list[str]:
    """The keys of the next events."""
    async with asyncio.timeout(30):
        messages = [json.loads(await socket.recv()) for _ in range(count)]
    return [message["payload"]["data"]["transactionRecorded"]["sourceKey"] for message in messages]


def p99(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.99)]


async def made(count: int, make: Callable[[], HostileSocket]) -> list[HostileSocket]:
    """That many, from a few threads."""
    with ThreadPoolExecutor(max_workers=8) as threads:
        return await asyncio.to_thread(lambda: list(threads.map(lambda _: make(), range(count))))


async def looked_at(sockets: list[HostileSocket], look: Callable[[HostileSocket], Any]) -> list[Any]:
    with ThreadPoolExecutor(max_workers=32) as threads:
        return await asyncio.to_thread(lambda: list(threads.map(look, sockets)))


async def sockets(port: int) -> int:
    """How many sockets and streams the server counts."""
    page = Connection(port, key=TOKEN)
    try:
        found = re.search(rb"^patron_sockets(?:\{[^}]*\})? ([0-9.]+)$", (await page.get("/metrics")).body, re.MULTILINE)
    finally:
        page.close()
    assert found is not None
    return int(float(found[1]))


async def gone(server: ServerTree, files: int) -> float:
    """Returns when the server holds no more files than that; after how many seconds."""
    began = time.monotonic()
    while server.open_files() > files + OTHER_FILES:
        assert time.monotonic() - began < GONE_SECONDS, f"{server.open_files() - files} connections are left"
        await asyncio.sleep(0.05)
    return time.monotonic() - began


@pytest.mark.parametrize("count", [pytest.param(200, id="ci"), pytest.param(1_000, id="real", marks=pytest.mark.soak)])
async def test_a9_hostile_sockets_are_bounded_and_gone_and_others_are_served(
    place: MakePlace, count: int, record_property: Callable[[str, object], None]
) -> None:
    most = str(4 * count)
    limits = {"ws_max_per_address": most, "ws_max_per_actor": most, "ws_max_per_process": most}
    here = place(**limits, ws_init_seconds="3", header_seconds="3", unread_seconds="4", metrics_token=TOKEN)
    async with served(here.environment) as server:
        key = here.new_tenant()
        publisher = Publisher(server.port, key)
        await publisher.start()
        good = [await reader(server.port, key) for _ in range(READERS)]
        await publisher.publish()
        first = [await heard(socket, BATCH) for socket in good]
        calm = await publisher.query(200)
        files, before = server.open_files(), server.memory_bytes()

        never = await made(count, lambda: never_initialised(server.port))
        half = await made(count, lambda: half_open(server.port))
        slow = await made(count // 2, lambda: never_reads_socket(server.port, key=key, query=FOLLOW))
        streams = await made(count - count // 2, lambda: never_reads_events(server.port, key=key, query=FOLLOW))
        held, peak, stormy = server.open_files() - files, server.memory_bytes(), list[float]()
        codes = await looked_at(never, lambda each: each.close_code())
        ends = await looked_at(half, lambda each: each.to_the_end())
        told: list[list[str]] = [[] for _ in good]
        polite: list[int | None] = []
        for _ in range(BATCHES):
            await publisher.publish()
            stormy += await publisher.query(20)
            for number, socket in enumerate(good):
                told[number] += await heard(socket, BATCH)
            peak = max(peak, server.memory_bytes())
            if not polite and await sockets(server.port) <= READERS + count // 2:  # the streams have gone, sockets wait
                polite = await looked_at(slow[:5], lambda each: each.close_code())

        seconds = await gone(server, files)
        late = await looked_at(slow[5:], lambda each: each.close_code())
        cut = await looked_at(streams, lambda each: each.to_the_end())
        await publisher.publish()
        last = [await heard(socket, BATCH) for socket in good]
        after = server.memory_bytes()
        for socket in good:
            await socket.close()
        publisher.connection.close()
        log = server.log

    keys = [str(number) for number in range((BATCHES + 2) * BATCH)]
    assert [[*a, *b, *c] for a, b, c in zip(first, told, last, strict=True)] == [keys] * READERS
    assert held >= 2 * count  # those whose time ended early have gone
    assert set(codes) == {4408}
    assert all(each.startswith(b"HTTP/1.1 408 ") for each in ends)
    assert set(polite) == {4429}
    assert set(late) <= {4429, None}  # whoever takes nothing cannot be told
    assert not any(b"event: complete" in each and b"OVERLOADED" not in each for each in cut)
    assert peak - before <= MOST_BYTES
    assert after - before <= MOST_BYTES
    assert p99(stormy) <= max(5 * p99(calm), 0.5)  # twice is the aim; the machine of the tests is never alone
    assert "Traceback" not in log
    record_property(
        "figure",
        f"{here.dialect}: 3 x {count} hostile sockets: peak +{(peak - before) / 1e6:.0f} MB, +{(after - before) / 1e6:.0f} MB"
        f" after, gone {seconds:.1f} s after the last event; {READERS} readers told {len(keys)} of {len(keys)} events; small"
        f" queries p99 {p99(calm) * 1e3:.1f} ms calm, {p99(stormy) * 1e3:.1f} ms meanwhile",
    )
