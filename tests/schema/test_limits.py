"""Each limit of a request, driven through HTTP and WebSocket: refused by name, value and maximum, before any SQL, and quickly."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect
from tests.core.statements import counted_statements

from patron_core.plugins import Plugins
from patron_schema.app import create_app
from patron_schema.hookspecs import load_plugins
from patron_schema.http_protocol import MAX_HEAD_BYTES, bounded_protocol
from patron_schema.testing.databases import PreparedDatabase
from patron_schema.testing.service import CountingReader

pytestmark = pytest.mark.security


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return load_plugins(("retail",))


@dataclass(frozen=True)
class Attack:
    """A request beyond a limit. variables, headers: beside it. roles, scopes: of its key; an agent's where nothing is said."""

    limit: str
    value: int
    maximum: int
    query: str = ""
    variables: Mapping[str, Any] | None = None
    body: bytes | None = None
    scopes: tuple[str, ...] = ()
    method: str = "POST"


def chain(levels: int) -> str:
    text = "kind"
    for _ in range(levels - 1):
        text = f"ofType {{ {text} }}"
    return text


def conditions(count: int) -> str:
    return ", ".join('{owner: {eq: "x"}}' for _ in range(count))


def doubling(steps: int) -> str:
    parts = "".join(f"fragment F{n} on Customer {{ ...F{n + 1} ...F{n + 1} }} " for n in range(steps))
    return f"{{ customers {{ nodes {{ ...F0 }} }} }} {parts} fragment F{steps} on Customer {{ id }}"


IDS = "query($ids: [ID!]!) { customers(where: {id: {in: $ids}}) { nodes { id } } }"
CREATE = 'personCreate(input: {person: {familyName: "x"}}) { person { id } }'
MANY = "{ customers(first: %d) { nodes { relationships(first: %d) { nodes { id } } } } }"
SOME_ID = "cus_00000000-0000-7000-8000-000000000001"

ATTACKS = [
    Attack("bytes of the body", 1_000_049, 1_000_000, body=b'{"query":"{viewer{subject}}","extensions":{"x":"' + b"x" * 999_998 + b'"}}'),
    Attack("bytes of the query", 16_388, 16_384, "{ viewer { subject } } #" + "x" * 16_364),
    Attack("tokens", 1_001, 1_000, "{ customers { nodes { " + "id " * 1_000 + "} } }"),
    Attack("depth", 11, 10, "{ customers { nodes { " + "party { customer { " * 4 + "id" + " } }" * 4 + " } } }"),
    Attack("introspection depth", 16, 15, "{ __schema { types { fields { type { " + chain(12) + " } } } } }"),
    Attack("aliases", 31, 30, "{ customers { nodes { " + " ".join(f"a{n}: id" for n in range(31)) + " } } }"),
    Attack("root fields", 21, 20, "{ " + " ".join(f"a{n}: customers {{ nodes {{ id }} }}" for n in range(21)) + " }"),
    Attack("directives", 51, 50, "{ customers { nodes { " + "id @include(if: true) " * 51 + "} } }"),
    Attack("directives at one place", 6, 5, "{ customers { nodes { id " + "@include(if: true) " * 6 + "} } }"),
    Attack("fragments", 51, 50, "{ customers { nodes { ...F0 } } } " + " ".join(f"fragment F{n} on Customer {{ id }}" for n in range(51))),
    Attack("comments", 501, 500, "{ viewer { subject } }" + "\n#x" * 501),
    Attack("fields", 8_194, 5_000, doubling(13)),
    Attack(
        "mutations", 11, 10,
        "mutation { " + " ".join(f"a{n}: {CREATE}" for n in range(11)) + " }",
        scopes=("party:write",),
    ),
    Attack("first", 101, 100, "{ customers(first: 101) { nodes { id } } }"),
    Attack("last", 101, 100, "query($n: Int!) { customers(last: $n) { nodes { id } } }", {"n": 101}),
    Attack("first", 1_001, 1_000, "{ customers(first: 1001) { nodes { id } } }", scopes=("*:read", "page:large")),
    Attack("cost", 10_101, 5_000, MANY % (100, 99)),
    Attack(
        "cost", 501_001, 20_000, MANY % (500, 1_000), scopes=("*:read", "page:large")
    ),
    Attack("filter nodes", 51, 50, "{ customers(where: {or: [" + conditions(25) + "]}) { nodes { id } } }"),
    Attack("values in a list", 251, 250, IDS, {"ids": [SOME_ID] * 251}),
    Attack("values of one list or object in the variables", 2_001, 2_000, IDS, {"ids": [SOME_ID] * 2_001}),
    Attack("nesting of the request body", 33, 32, "{ viewer { subject } }", {"x": json.loads("[" * 31 + "]" * 31)}),
    Attack("bytes of the URL", 32_774, 32_768, "x" * 32_768, method="GET"),
]  # fmt: skip


@contextmanager
def talking(database: PreparedDatabase, **changed: Any) -> Iterator[TestClient]:
    """A client of the whole application with the settings' defaults."""
    settings = database.settings.model_copy(update={"min_pattern_characters": 3, **changed})
    with TestClient(create_app(settings=settings, plugins=database.plugins, clock=database.clock)) as client:
        yield client


def ask(client: TestClient, attack: Attack, key: str) -> Any:
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    if attack.method == "GET":
        return client.get("/graphql", params={"query": attack.query}, headers=headers)
    body = attack.body or json.dumps({"query": attack.query, "variables": attack.variables}).encode()
    return client.post("/graphql", content=body, headers=headers)


async def test_c3_each_limit_is_told_by_name_value_and_maximum_before_any_sql(
    database: PreparedDatabase, record_property: Callable[[str, object], None]
) -> None:
    keys = {attack.scopes: await database.key(scopes=attack.scopes or ("*:read",)) for attack in ATTACKS}
    slowest: dict[str, float] = {}
    wrong: list[Any] = []

    def talk() -> None:
        with talking(database) as client:
            gateway = client.app.state.deployment.gateway  # type: ignore[attr-defined]
            gateway.reader = CountingReader(gateway.reader)
            for key in keys.values():
                ask(client, Attack("", 0, 0, "{ viewer { subject } customers { nodes { id } } }"), key)
            gateway.reader.statements.clear()
            for attack in ATTACKS:
                with counted_statements() as statements:
                    started = time.process_time()
                    answer = ask(client, attack, keys[attack.scopes])
                    slowest[attack.limit] = time.process_time() - started
                error = answer.json().get("errors", [{"message": "", "extensions": {}}])[0]
                shown = {name: error["extensions"].get(name) for name in ("code", "limit", "value", "maximum")}
                told = {
                    "code": "LIMIT_EXCEEDED",
                    "limit": attack.limit,
                    "value": attack.value,
                    "maximum": attack.maximum,
                }
                if shown != told or str(attack.value) not in error["message"]:
                    wrong.append((told, shown, error["message"]))
                assert statements == [], attack.limit
                assert gateway.reader.statements == [], attack.limit

    await asyncio.to_thread(talk)
    assert wrong == []
    worst = max(slowest, key=lambda name: slowest[name])
    record_property(
        "figure",
        f"{len(ATTACKS)} limits, 0 SQL; slowest {worst}: {slowest[worst] * 1000:.0f} ms of CPU, client included",
    )


async def test_c3_a_text_to_be_found_anywhere_has_three_characters_at_least(database: PreparedDatabase) -> None:
    key = await database.key(scopes=("*:read", "read:pii"))
    query = "query($t: String!) { parties(where: {displayName: {contains: $t}}) { nodes { id } } }"

    def talk() -> list[Any]:
        with talking(database) as client:
            return [ask(client, Attack("", 0, 0, query, {"t": text}), key).json() for text in ("ab", "a_%", "abc")]

    short, escaped, enough = await asyncio.to_thread(talk)
    assert short["errors"][0]["extensions"]["code"] == "INVALID_INPUT"
    assert "Give at least 3" in short["errors"][0]["message"]
    assert escaped["data"] == enough["data"] == {"parties": {"nodes": []}}


async def test_c3_filters_reach_through_a_bounded_number_of_relations(database: PreparedDatabase) -> None:
    key = await database.key(scopes=("*:read", "read:pii"))
    inside = '{id: {eq: "x"}}'
    for _ in range(4):
        inside = f"{{party: {{customer: {inside}}}}}"

    def talk() -> Any:
        with talking(database) as client:
            return ask(client, Attack("", 0, 0, f"{{ customers(where: {inside}) {{ nodes {{ id }} }} }}"), key).json()

    answer = await asyncio.to_thread(talk)
    assert answer["errors"][0]["extensions"]["limit"] == "depth of filters"


async def test_c3_a_chunked_body_is_counted_while_it_comes(database: PreparedDatabase) -> None:
    key = await database.key()
    sent: list[int] = []

    def pieces() -> Iterator[bytes]:
        for _ in range(40):
            sent.append(100_000)
            yield b"x" * 100_000

    def talk() -> Any:
        with talking(database) as client:
            headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
            return client.post("/graphql", content=pieces(), headers=headers)

    answer = await asyncio.to_thread(talk)
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["extensions"]["limit"] == "bytes of the body"


# --------------------------------------------------------------------------------------------------- sockets


@contextmanager
def socket(client: TestClient, key: str) -> Iterator[WebSocketTestSession]:
    with client.websocket_connect("/graphql", ["graphql-transport-ws"]) as opened:
        opened.send_json({"type": "connection_init", "payload": {"authorization": f"Bearer {key}"}})
        yield opened


def closing(opened: WebSocketTestSession) -> tuple[int, str]:
    """How the server closes the socket, whatever it says before."""
    try:
        while True:
            opened.receive_json()
    except WebSocketDisconnect as closed:
        return closed.code, closed.reason


@pytest.mark.parametrize(
    ("setting", "whose"),
    [("ws_max_per_actor", "the actor"), ("ws_max_per_address", "the address"), ("ws_max_per_process", "the process")],
)
async def test_c3_sockets_are_limited_and_a_closed_one_makes_room(
    database: PreparedDatabase, setting: str, whose: str
) -> None:
    key = await database.key()

    def talk() -> tuple[int, str]:
        with talking(database, **{setting: 2}) as client:
            with ExitStack() as stack:
                for _ in range(2):
                    assert stack.enter_context(socket(client, key)).receive_json() == {"type": "connection_ack"}
                refused = closing(stack.enter_context(socket(client, key)))
            with socket(client, key) as again:
                assert again.receive_json() == {"type": "connection_ack"}
        return refused

    assert await asyncio.to_thread(talk) == (4429, f"Too many sockets of {whose}: 3, the maximum is 2")


async def test_c3_a_socket_that_is_silent_and_one_that_is_old_are_closed_and_a_busy_one_stays(
    database: PreparedDatabase,
) -> None:
    key = await database.key()
    listen = {"id": "1", "type": "subscribe", "payload": {"query": "subscription { customerChanged { id } }"}}

    def talk() -> None:
        with talking(database, ws_idle_seconds=0.2, ws_life_seconds=30) as client:
            with socket(client, key) as silent:
                assert closing(silent) == (1000, "Nothing was asked for a long time")
            with socket(client, key) as busy:
                busy.receive_json()
                busy.send_json(listen)
                for _ in range(3):
                    time.sleep(0.15)  # longer than a silent socket lives, with a ping to hear that it does
                    busy.send_json({"type": "ping"})
                    assert busy.receive_json() == {"type": "pong"}
        with talking(database, ws_idle_seconds=0.4, ws_life_seconds=0.2) as client, socket(client, key) as old:
            old.receive_json()
            old.send_json(listen)
            assert closing(old) == (1001, "A socket does not live longer")

    await asyncio.to_thread(talk)


async def test_c3_operations_of_a_socket_and_the_size_of_a_message_are_limited(database: PreparedDatabase) -> None:
    key = await database.key()

    def talk() -> tuple[Any, Any]:
        with talking(database) as client:
            with socket(client, key) as opened:
                opened.receive_json()
                for number in range(21):
                    query = "subscription { customerChanged { id } }"
                    opened.send_json({"id": str(number), "type": "subscribe", "payload": {"query": query}})
                refused = opened.receive_json()
            with socket(client, key) as opened:
                opened.receive_json()
                opened.send_json({"type": "ping", "payload": {"x": "x" * 256_000}})
                return refused, closing(opened)

    refused, closed = await asyncio.to_thread(talk)
    assert (refused["type"], refused["id"]) == ("error", "20")
    extensions = refused["payload"][0]["extensions"]
    assert (extensions["code"], extensions["value"], extensions["maximum"]) == ("LIMIT_EXCEEDED", 21, 20)
    assert closed == (1009, "Message too big")


# ------------------------------------------------------------------------------------------ heads of requests


@asynccontextmanager
async def server(seconds: float) -> AsyncIterator[int]:
    """uvicorn with the bounded protocol on a port of this machine."""
    import socket as sockets

    import uvicorn

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    with sockets.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, http=bounded_protocol(seconds), lifespan="off", log_config=None, ws="none")
        running = uvicorn.Server(config)
        task = asyncio.create_task(running.serve(sockets=[listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            running.should_exit = True
            await task


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (b"", b"HTTP/1.1 408"),
        (b"POST /graphql HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"HTTP/1.1 408"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Large: " + b"x" * (MAX_HEAD_BYTES + 1), b"HTTP/1.1 431"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 204"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 2 + b"GET / HT", b"HTTP/1.1 204"),
    ],
)
async def test_c3_the_head_of_a_request_is_waited_for_so_long_and_read_so_far(sent: bytes, answered: bytes) -> None:
    async with server(0.2) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        first = await asyncio.wait_for(reader.read(100), 5)
        assert first.startswith(answered)
        if answered != b"HTTP/1.1 204" or sent.endswith(b"HT"):
            rest = await asyncio.wait_for(reader.read(), 5)  # and then it is closed
            assert sent[-2:] != b"HT" or b"HTTP/1.1 408" in first + rest
        writer.close()
