"""Bar A7: SIGTERM under load: what was accepted is answered, sockets are told 1012, and the process is gone in ten seconds."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from tests.faults.conftest import MakePlace
from tests.faults.connection import Connection, Lost
from tests.faults.looking import rows
from tests.faults.server_tree import ServerTree, served
from tests.faults.stories import customer_create
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

pytestmark = pytest.mark.faults

WRITERS, READERS = 8, 8
REST_SECONDS = 0.08  # between two requests of one client: 200 a second of all together, where the machine can
NAMES = "SELECT family_name FROM party WHERE family_name LIKE 'drain%'"
READ = "{ customers(first: 20) { nodes { id displayName } } }"
FOLLOW = "subscription { customerChanged { id } }"


@dataclass(slots=True)
class Load:
    """Clients until the server takes no more. acknowledged: names of writes that were answered well. unclear: without an answer."""

    port: int
    key: str
    turn: int
    answers: int = 0
    refused: int = 0
    acknowledged: set[str] = field(default_factory=set)
    unclear: list[str] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)

    async def run(self) -> None:
        """Ends when every client was refused a connection."""
        writers = (self._client(number, writes=True) for number in range(WRITERS))
        readers = (self._client(number, writes=False) for number in range(READERS))
        await asyncio.gather(*writers, *readers)

    async def _client(self, client: int, *, writes: bool) -> None:
        connection, number = Connection(self.port, key=self.key), 0
        while True:
            number += 1
            label = f"drain{self.turn}c{client}n{number}"
            operation = customer_create(label)
            query, variables = (operation.query, operation.variables) if writes else (READ, None)
            try:
                answer = await connection.ask(query, variables)
            except Lost as lost:
                if not lost.sent:
                    self.refused += 1
                    return
                if writes:
                    self.unclear.append(label)
                continue
            self.answers += 1
            if answer.status != 200 or answer.codes:
                self.bad.append(f"{answer.status} {answer.codes}")
            elif writes:
                self.acknowledged.add(label)
            await asyncio.sleep(REST_SECONDS)


async def opened(port: int, key: str) -> ClientConnection:
    """A socket that follows something."""
    socket = await connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=["graphql-transport-ws"])  # type: ignore[list-item]
    await socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {key}"}}))
    assert json.loads(await socket.recv())["type"] == "connection_ack"
    await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": FOLLOW}}))
    return socket


async def close_code(socket: ClientConnection) -> int | None:
    with contextlib.suppress(ConnectionClosed):
        while True:
            await socket.recv()
    return socket.close_code


async def streamed(port: int, key: str) -> bool:
    """Follows by an event stream till it ends; whether it ended in order."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = json.dumps({"query": FOLLOW}).encode()
    writer.write(
        f"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\naccept: text/event-stream\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode()
        + body
    )
    answer = await reader.read()
    writer.close()
    return answer.startswith(b"HTTP/1.1 200") and b"errors" not in answer


async def gone(server: ServerTree, *, since: float) -> float:
    """How many seconds the process still lived."""
    while server.is_alive:
        await asyncio.sleep(0.02)
        assert time.monotonic() - since < 30, server.log[-2_000:]
    return time.monotonic() - since


@pytest.mark.parametrize(
    ("times", "sockets"), [pytest.param(3, 30, id="ci"), pytest.param(20, 100, id="real", marks=pytest.mark.soak)]
)
async def test_a7_sigterm_under_load_drops_nothing_that_was_accepted(
    place: MakePlace, times: int, sockets: int, record_property: Callable[[str, object], None]
) -> None:
    here, instants = place(ws_max_per_actor="200", ws_max_per_address="200"), random.Random(7)
    key, answers, unclear, ends = here.new_tenant(), 0, 0, []

    for turn in range(times):
        async with served(here.environment) as server:
            open_sockets = await asyncio.gather(*(opened(server.port, key) for _ in range(sockets)))
            stream = asyncio.create_task(streamed(server.port, key))
            load = Load(server.port, key, turn)
            running = asyncio.create_task(load.run())
            codes = [asyncio.create_task(close_code(each)) for each in open_sockets]
            await asyncio.sleep(1 + instants.random())

            began = time.monotonic()
            os.kill(server.pid, signal.SIGTERM)
            await running
            ends.append(await gone(server, since=began))

            assert load.bad == []
            assert load.refused == WRITERS + READERS
            assert {await code for code in codes} == {1012}
            assert await stream
            assert "Traceback" not in server.log
            assert '"draining"' in server.log
        made = {name for (name,) in await rows(here.owner_url, NAMES) if name.startswith(f"drain{turn}c")}
        assert made == load.acknowledged  # whatever was accepted was answered, and whatever was answered is there
        answers, unclear = answers + load.answers, unclear + len(load.unclear)

    record_property(
        "figure",
        f"{times} ends under load: 0 of {answers} accepted requests dropped ({unclear} writes met a port that closed, "
        f"none had an effect), {sockets} sockets each 1012, at most {max(ends):.1f} s",
    )
    assert max(ends) <= 10
