"""B5 for what stays open: sockets and event streams end within five seconds, also where another process took the right away."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2
import pytest
from tests.server_process import ServerProcess, prepared_environment, server_process
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from patron_core.address import Dialect
from patron_schema.testing.databases import Databases

pytestmark = pytest.mark.security

PROMISED_SECONDS: Final = 5.0
FOLLOW: Final = "subscription { customerChanged { id owner } }"
CREATE_ROLE: Final = """mutation ($input: RoleCreateInput!) { roleCreate(input: $input) {
  role { id version } userErrors { code message } } }"""
UPDATE_ROLE: Final = "mutation ($input: RoleUpdateInput!) { roleUpdate(input: $input) { userErrors { code message } } }"
CREATE_KEY: Final = """mutation ($input: ApiKeyCreateInput!) { apiKeyCreate(input: $input) {
  text apiKey { id } userErrors { code message } } }"""
REVOKE: Final = "mutation ($input: ApiKeyRevokeInput!) { apiKeyRevoke(input: $input) { userErrors { code message } } }"
CREATE: Final = """mutation ($input: CustomerCreateInput!) { customerCreate(input: $input) {
  customer { id } userErrors { code message } } }"""
CLERK: Final = {
    "name": "clerk",
    "description": "Sees customers.",
    "scopes": ["party:read", "customer:read"],
    "grants": [{"classes": ["PUBLIC", "INTERNAL", "PII"]}],
}


@dataclass
class Ended:
    """How an open connection ended. at: by this machine's clock. events: that were told before."""

    how: Any = None
    at: float = 0.0
    events: int = 0
    told: asyncio.Event = field(default_factory=asyncio.Event)


@pytest.fixture
def two_servers(
    databases: Databases, dialect: Dialect, request: pytest.FixtureRequest
) -> Iterator[tuple[ServerProcess, ServerProcess]]:
    """Two processes that serve the same database."""
    if dialect == "postgresql":
        databases.server = request.getfixturevalue("postgres_server")
    environment = prepared_environment(databases, dialect)
    with server_process(environment) as one, server_process(environment) as other:
        yield one, other


async def ask(server: ServerProcess, key: str, query: str, **given: Any) -> dict[str, Any]:
    async with httpx2.AsyncClient(timeout=30) as client:
        answer = await client.post(
            f"{server.url}/graphql",
            json={"query": query, "variables": {"input": given}},
            headers={"authorization": f"Bearer {key}"},
        )
    found: dict[str, Any] = next(iter(answer.json()["data"].values()))
    assert found["userErrors"] == []
    return found


async def socket(server: ServerProcess, key: str, ended: Ended) -> None:
    url = f"ws://127.0.0.1:{server.port}/graphql"
    async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as client:
        await client.send(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {key}"}}))
        await client.recv()
        await client.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": FOLLOW}}))
        try:
            while True:
                ended.events += json.loads(await client.recv())["type"] == "next"
                ended.told.set()
        except ConnectionClosed as closed:
            ended.at, ended.how = time.monotonic(), closed.rcvd.code if closed.rcvd else None


async def stream(server: ServerProcess, key: str, ended: Ended) -> None:
    headers = {"authorization": f"Bearer {key}", "accept": "text/event-stream"}
    async with (
        httpx2.AsyncClient(timeout=60) as client,
        client.stream("POST", f"{server.url}/graphql", json={"query": FOLLOW}, headers=headers) as answer,
    ):
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                data = json.loads(line.removeprefix("data: "))
                if "errors" in data:
                    ended.at, ended.how = time.monotonic(), data["errors"][0]["extensions"]["code"]
                else:
                    ended.events += 1
                    ended.told.set()


@asynccontextmanager
async def open_connections(server: ServerProcess, keys: list[str]) -> AsyncIterator[list[Ended]]:
    """A socket and a stream for each key; all have ended when the block has."""
    ends = [Ended() for _ in keys for _ in range(2)]
    kinds: list[Callable[..., Any]] = [socket, stream] * len(keys)
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(60):
        for kind, key, ended in zip(kinds, [key for key in keys for _ in range(2)], ends, strict=True):
            tasks.create_task(kind(server, key, ended))
        yield ends


async def test_b5_open_connections_end_within_five_seconds_wherever_the_right_was_taken(
    two_servers: tuple[ServerProcess, ServerProcess], dialect: Dialect, record_property: Callable[[str, object], None]
) -> None:
    here, elsewhere = two_servers
    owner = here.new_tenant("Pillows")
    role = (await ask(here, owner, CREATE_ROLE, **CLERK))["role"]
    changed = (await ask(here, owner, CREATE_KEY, name="changed", roles=["clerk"]))["text"]
    revoked = await ask(here, owner, CREATE_KEY, name="revoked", roles=["agent"])
    expires = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=10)
    expired = (await ask(here, owner, CREATE_KEY, name="expired", roles=["agent"], expiresAt=expires.isoformat()))[
        "text"
    ]
    stays = (await ask(here, owner, CREATE_KEY, name="stays", roles=["agent"]))["text"]
    left: list[asyncio.Task[None]] = []
    kept = Ended()

    async with open_connections(here, [changed, revoked["text"], expired]) as ends:
        left.append(asyncio.create_task(socket(here, stays, kept)))
        async with asyncio.timeout(8):
            while not all(each.told.is_set() for each in (*ends, kept)):
                await ask(here, owner, CREATE, person={"displayName": "Ada"})
        began = time.monotonic()
        await ask(elsewhere, owner, UPDATE_ROLE, id=role["id"], version=role["version"], scopes=["party:read"])
        await ask(elsewhere, owner, REVOKE, id=revoked["apiKey"]["id"])
    told = [each.events for each in ends]
    ending = began + max(0.0, (expires - dt.datetime.now(dt.UTC)).total_seconds() + time.monotonic() - began)

    before = kept.events
    kept.told.clear()
    await ask(here, owner, CREATE, person={"displayName": "Bob"})
    async with asyncio.timeout(5):
        await kept.told.wait()

    assert [each.how for each in ends] == [4403, "FORBIDDEN", 4401, "UNAUTHENTICATED", 4401, "UNAUTHENTICATED"]
    seconds = [each.at - began for each in ends[:4]]
    late = [each.at - ending for each in ends[4:]]
    assert max(*seconds, *late) <= PROMISED_SECONDS
    assert min(late) >= -0.5
    assert [each.events for each in ends] == told
    assert kept.events > before  # the others are told on
    left[0].cancel()
    record_property(
        "figure",
        f"{dialect}, 2 processes: role changed {seconds[0]:.1f} s (socket) and {seconds[1]:.1f} s (stream), key revoked"
        f" {seconds[2]:.1f} and {seconds[3]:.1f} s, expired {late[0]:.1f} and {late[1]:.1f} s after its time; 0 events later",
    )
