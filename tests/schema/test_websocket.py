"""graphql-transport-ws: the protocol's messages, how sockets end, and that none of the checks of HTTP is missing."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import pytest
from structlog.testing import capture_logs
from tests.schema.example_service import CLOCK, KEY, TENANT, Example, example

from patron_core.errors import Unavailable
from patron_core.messages import Event
from patron_core.outbox.events import CommittedEvent
from patron_schema.broadcast import Broadcaster
from patron_schema.context import OperationRequest, OperationResponse
from patron_schema.credential_watch import CredentialWatch
from patron_schema.following import Answer, Followed, Followings, Listener
from patron_schema.transport import OpenSubscription
from patron_schema.websocket import SUBPROTOCOL, GraphQLWebSocket

INIT = {"type": "connection_init", "payload": {"authorization": KEY.decode()}}
ACK = {"type": "connection_ack"}


@dataclass
class Socket:
    """A client's end of a socket. `reads` is cleared for a client that does not read."""

    to_server: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)
    from_server: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)
    reads: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, *messages: object) -> None:
        for message in messages:
            text = message if isinstance(message, str) else json.dumps(message)
            await self.to_server.put({"type": "websocket.receive", "text": text})

    async def next(self) -> Any:
        """The next thing the server does: a message as JSON, or ("close", code, reason)."""
        event = await asyncio.wait_for(self.from_server.get(), 5)
        if event["type"] == "websocket.send":
            return json.loads(event["text"])
        return ("close", event["code"], event["reason"])

    async def all(self, count: int) -> list[Any]:
        return [await self.next() for _ in range(count)]


@asynccontextmanager
async def connected(
    one: Example,
    *,
    headers: Sequence[tuple[bytes, bytes]] = (),
    subprotocols: Sequence[str] = (SUBPROTOCOL,),
    app: GraphQLWebSocket | None = None,
    **options: Any,
) -> AsyncIterator[Socket]:
    app = app or GraphQLWebSocket(one.service, **options)
    socket = Socket()
    socket.reads.set()
    await socket.to_server.put({"type": "websocket.connect"})

    async def send(event: Any) -> None:
        await socket.reads.wait()
        await socket.from_server.put(event)

    scope = {"type": "websocket", "path": "/graphql", "headers": list(headers), "subprotocols": list(subprotocols)}
    serving = asyncio.create_task(app(scope, socket.to_server.get, send))
    accept = await asyncio.wait_for(socket.from_server.get(), 5)
    if accept["type"] == "websocket.accept":
        assert accept.get("subprotocol") in (SUBPROTOCOL, None)
    else:
        await socket.from_server.put(accept)
    yield socket
    await socket.to_server.put({"type": "websocket.disconnect", "code": 1001})
    await asyncio.wait_for(serving, 5)


@asynccontextmanager
async def initialised(one: Example, **options: Any) -> AsyncIterator[Socket]:
    async with connected(one, **options) as socket:
        await socket.send(INIT)
        assert await socket.next() == ACK
        yield socket


def subscribe(query: str, *, id: Any = "1", **payload: Any) -> dict[str, Any]:
    return {"id": id, "type": "subscribe", "payload": {"query": query, **payload}}


# -------------------------------------------------------------------------------- operations


async def test_a_subscription_yields_its_results_and_completes() -> None:
    async with initialised(example()) as socket:
        await socket.send(subscribe("subscription S($n: Int!) { count(to: $n) }", variables={"n": 2}))

        assert await socket.all(3) == [
            {"id": "1", "type": "next", "payload": {"data": {"count": 0}}},
            {"id": "1", "type": "next", "payload": {"data": {"count": 1}}},
            {"id": "1", "type": "complete"},
        ]


@pytest.mark.parametrize("query", ['{ echo(text: "a") }', 'mutation { echo: rename(name: "a") }'])
async def test_queries_and_mutations_go_through_the_same_gateway(query: str) -> None:
    one = example()

    async with initialised(one) as socket:
        await socket.send(subscribe(query))
        assert await socket.all(2) == [
            {"id": "1", "type": "next", "payload": {"data": {"echo": "a"}}},
            {"id": "1", "type": "complete"},
        ]

    assert [request.transport for request in one.gateway.seen] == ["WS"]


async def test_several_operations_run_at_once_and_ids_can_be_used_again() -> None:
    async with initialised(example()) as socket:
        await socket.send(subscribe("subscription { silence }", id="a"), subscribe("{ __typename }", id="b"))
        assert [message["id"] for message in await socket.all(2)] == ["b", "b"]
        await socket.send(subscribe("{ __typename }", id="b"))
        assert [message["type"] for message in await socket.all(2)] == ["next", "complete"]


async def test_complete_ends_a_subscription_at_its_source() -> None:
    one = example()
    async with initialised(one) as socket:
        await socket.send(subscribe("subscription { silence }"))
        await until(lambda: one.gateway.open_subscriptions == 1)

        await socket.send({"id": "1", "type": "complete"}, {"id": "unknown", "type": "complete"})

        await until(lambda: one.gateway.open_subscriptions == 0)
        await socket.send({"type": "ping"})
        assert await socket.next() == {"type": "pong"}


async def test_a_client_that_leaves_leaves_nothing_behind() -> None:
    one = example()
    async with initialised(one) as socket:
        await socket.send(subscribe("subscription { silence }"), subscribe("{ endless }", id="2"))
        await until(lambda: one.gateway.open_subscriptions == 1 and len(one.gateway.seen) == 2)

    assert one.gateway.open_subscriptions == 0
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "subscription { nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query Q($n: Int!) { number(n: $n) }", "variables": {"n": "SECRETPHI"}}, "BAD_REQUEST"),
        ({"query": "{ " + "__typename " * 30 + "}"}, "LIMIT_EXCEEDED"),
        ({"query": "query A { __typename } query B { __typename }"}, "BAD_REQUEST"),
    ],
)
async def test_a_refused_operation_is_an_error_message_with_a_code(payload: dict[str, Any], code: str) -> None:
    async with initialised(example()) as socket:
        await socket.send({"id": "7", "type": "subscribe", "payload": payload}, {"type": "ping"})

        message, pong = sorted(await socket.all(2), key=lambda found: found["type"])

    assert (message["type"], message["id"]) == ("error", "7")
    assert message["payload"][0]["extensions"]["code"] == code
    assert message["payload"][0]["extensions"]["requestId"]
    assert "SECRETPHI" not in json.dumps(message)
    assert pong == {"type": "pong"}  # the socket lives on


async def test_faults_are_masked() -> None:
    with capture_logs() as logs:
        async with initialised(example()) as socket:
            await socket.send(subscribe("{ broken }"), subscribe("subscription { failing }", id="2"))
            messages = await socket.all(4)

    text = json.dumps(messages)
    assert "secret" not in text
    assert text.count('"INTERNAL"') == 2
    assert "secret" not in json.dumps([line for line in logs if line["log_level"] != "debug"])


async def test_an_operation_past_its_deadline_is_an_error() -> None:
    async with initialised(example(deadline_seconds=0.01)) as socket:
        await socket.send(subscribe("{ endless }"))

        message = await socket.next()

    assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "TIMEOUT")


async def test_the_21st_operation_is_refused_and_the_others_live() -> None:
    one = example()
    async with initialised(one) as socket:
        await socket.send(*(subscribe("subscription { silence }", id=str(number)) for number in range(21)))
        message = await socket.next()
        await until(lambda: one.gateway.open_subscriptions == 20)

    assert (message["id"], message["type"]) == ("20", "error")
    assert message["payload"][0]["extensions"] | {"requestId": ""} == {
        "code": "LIMIT_EXCEEDED",
        "limit": "operations of a socket",
        "value": 21,
        "maximum": 20,
        "requestId": "",
    }


# -------------------------------------------------------------------------------- the handshake


@pytest.mark.parametrize("subprotocols", [[], ["graphql-ws"], ["soap"]])
async def test_other_subprotocols_are_refused(subprotocols: list[str]) -> None:
    async with connected(example(), subprotocols=subprotocols) as socket:
        assert await socket.next() == ("close", 4406, "Subprotocol not acceptable")


@pytest.mark.security
@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (b"https://crm.example.com", True),
        (b"http://crm.example.com", True),
        (b"https://app.example.com", True),
        (b"HTTPS://APP.EXAMPLE.COM", True),
        (b"https://evil.example.com", False),
        (b"https://crm.example.com.evil.com", False),
        (b"https://crm.example.com:444", False),
        (b"http://app.example.com", False),
        (b"null", False),
        (b"http://[", False),
        (b"", False),
    ],
)
async def test_only_pages_of_this_host_or_of_configured_origins_may_connect(origin: bytes, *, allowed: bool) -> None:
    headers = [(b"host", b"crm.example.com"), (b"origin", origin)]
    async with connected(example(), headers=headers, allowed_origins=["https://app.example.com/"]) as socket:
        await socket.send(INIT)
        assert await socket.next() == (ACK if allowed else ("close", 4403, "Origin not allowed"))


# -------------------------------------------------------------------------------- credentials


async def test_the_header_of_the_handshake_is_a_credential_too() -> None:
    async with connected(example(), headers=[(b"authorization", KEY)]) as socket:
        await socket.send({"type": "connection_init"})
        assert await socket.next() == ACK


@pytest.mark.security
@pytest.mark.parametrize(
    "payload", [None, {}, {"authorization": "Bearer wrong"}, {"authorization": ""}, {"token": "x"}]
)
async def test_without_a_valid_key_a_socket_is_closed(payload: Any) -> None:
    async with connected(example()) as socket:
        await socket.send({"type": "connection_init", "payload": payload})
        assert await socket.next() == ("close", 4401, "Unauthorized")


@pytest.mark.security
async def test_a_wrong_key_in_connection_init_is_not_mended_by_the_header() -> None:
    async with connected(example(), headers=[(b"authorization", KEY)]) as socket:
        await socket.send({"type": "connection_init", "payload": {"authorization": "Bearer wrong"}})
        assert await socket.next() == ("close", 4401, "Unauthorized")


@pytest.mark.security
async def test_an_operation_before_connection_init_is_refused() -> None:
    one = example()
    async with connected(one, headers=[(b"authorization", KEY)]) as socket:
        await socket.send(subscribe("{ __typename }"))
        assert await socket.next() == ("close", 4401, "Unauthorized")
    assert one.gateway.seen == []


@pytest.mark.security
async def test_a_live_subscription_ends_when_its_key_is_revoked() -> None:
    one = example()
    async with initialised(one, watch=CredentialWatch.of(one.service, interval_seconds=0.01)) as socket:
        await socket.send(subscribe("subscription { silence }"))
        await until(lambda: one.gateway.open_subscriptions == 1)

        one.keys.refuses = True

        assert await socket.next() == ("close", 4401, "Unauthorized")
        await until(lambda: one.gateway.open_subscriptions == 0)


@pytest.mark.security
async def test_a_live_subscription_ends_when_its_permissions_change() -> None:
    one = example()
    async with initialised(one, watch=CredentialWatch.of(one.service, interval_seconds=0.01)) as socket:
        one.keys.roles = ("agent",)
        assert await socket.next() == ("close", 4403, "Permissions changed")


async def test_connection_init_must_come_in_time() -> None:
    async with connected(example(ws_init_seconds=0.01)) as socket:
        assert await socket.next() == ("close", 4408, "Connection initialisation timeout")


async def test_a_second_connection_init_closes() -> None:
    async with initialised(example()) as socket:
        await socket.send(INIT)
        assert await socket.next() == ("close", 4429, "Too many initialisation requests")


async def test_a_database_that_is_away_says_to_come_back() -> None:
    one = example()

    async def away(_headers: object, **_: object) -> Any:
        raise Unavailable("The database is away. It did not answer. Try again.")

    object.__setattr__(one.service, "authenticate", away)
    async with connected(one) as socket:
        await socket.send(INIT)
        assert await socket.next() == ("close", 1013, "UNAVAILABLE")


# -------------------------------------------------------------------------------- messages that are none


async def test_ping_is_answered_before_and_after_connection_init() -> None:
    async with connected(example()) as socket:
        await socket.send({"type": "ping"}, {"type": "pong"}, INIT, {"type": "ping", "payload": {"a": 1}})
        assert await socket.all(3) == [{"type": "pong"}, ACK, {"type": "pong"}]


BAD: dict[str, object] = {
    "text 5": "5",
    "nothing": "",
    "half an object": '{"type":',
    "a list": [INIT],
    "no type": {"id": "1"},
    "a type that is a number": {"type": 5},
    "an unknown type": {"type": "start", "id": "1"},
    "a legacy type": {"type": "connection_terminate"},
    "an id that is an object": subscribe("{ __typename }", id={"a": 1}),
    "an id that is a number": subscribe("{ __typename }", id=1),
    "an empty id": subscribe("{ __typename }", id=""),
    "an endless id": subscribe("{ __typename }", id="x" * 1_000),
    "no id": {"type": "subscribe", "payload": {"query": "{ __typename }"}},
    "complete without an id": {"type": "complete"},
    "complete with an object as id": {"type": "complete", "id": {}},
    "no payload": {"type": "subscribe", "id": "1"},
    "a payload that is a list": {"type": "subscribe", "id": "1", "payload": [{"query": "{ __typename }"}]},
    "no query": {"type": "subscribe", "id": "1", "payload": {}},
    "a query that is an object": {"type": "subscribe", "id": "1", "payload": {"query": {}}},
    "variables that are a list": subscribe("{ __typename }", variables=[]),
    "a payload 50,000 deep": '{"id":"1","type":"subscribe","payload":' + "[" * 50_000 + "]" * 50_000 + "}",
    "a lone surrogate": '{"type":"ping","payload":{"a":"\\ud800"}}',
    "a surrogate in the text": '{"type":"ping","payload":"\ud800"}',
    "NaN": '{"type":"ping","payload":NaN}',
    "an integer of 10,000 digits": '{"type":"ping","payload":' + "1" * 10_000 + "}",
    "a name twice": '{"type":"ping","type":"pong"}',
    "connection_init with a list": {"type": "connection_init", "payload": []},
    "connection_init with a list as key": {"type": "connection_init", "payload": {"authorization": []}},
}


@pytest.mark.parametrize("name", BAD)
async def test_what_is_not_a_message_closes_4400_without_a_traceback(name: str) -> None:
    message = BAD[name]
    with capture_logs() as logs:
        if "connection_init" in name:
            async with connected(example()) as socket:
                await socket.send(message)
                ending = await socket.next()
        else:
            async with initialised(example()) as socket:
                await socket.send(message)
                ending = await socket.next()

    assert ending[:2] == ("close", 4400)
    assert len(ending[2].encode()) <= 123
    assert [line for line in logs if line["log_level"] == "error"] == []


async def test_a_binary_frame_closes() -> None:
    async with initialised(example()) as socket:
        await socket.to_server.put({"type": "websocket.receive", "bytes": b"{}"})
        assert (await socket.next())[:2] == ("close", 4400)


async def test_a_frame_that_is_too_large_closes() -> None:
    async with initialised(example()) as socket:
        await socket.send({"type": "ping", "payload": "x" * 300_000})
        assert await socket.next() == ("close", 1009, "Message too big")


async def test_an_id_in_use_closes() -> None:
    async with initialised(example()) as socket:
        await socket.send(subscribe("subscription { silence }"), subscribe("subscription { silence }"))
        assert await socket.next() == ("close", 4409, "Subscriber for 1 already exists")


async def test_a_client_that_does_not_read_is_closed_before_memory_grows() -> None:
    one = example()
    async with initialised(one) as socket:
        socket.reads.clear()
        await socket.send(subscribe("subscription { flood }"))
        await until(lambda: one.gateway.open_subscriptions == 1)
        await until(lambda: one.gateway.open_subscriptions == 0)
        assert socket.from_server.empty()
        socket.reads.set()

        assert (await socket.next())[:2] == ("close", 4429)


# -------------------------------------------------------------------------------- many sockets


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened(Event):
    type: ClassVar[str] = "test.happened"
    row_id: uuid.UUID


class Sharing:
    """A gateway whose only subscription is shared by all: it tells of each event once."""

    def __init__(self) -> None:
        self.broadcaster = Broadcaster()
        self.followings = Followings(self.broadcaster)
        self.answered = 0

    async def execute(self, request: OperationRequest) -> OperationResponse:
        raise NotImplementedError

    async def follow(self, request: OperationRequest, listener: Listener) -> OpenSubscription:
        followed = Followed("all", TENANT, (Happened,), "row_id", self._answer)
        return self.followings.join(followed, listener, customer_id=None)

    async def _answer(self, row_id: uuid.UUID) -> Answer:
        self.answered += 1
        return Answer(json.dumps({"data": {"silence": row_id.int}}))

    def happen(self, number: int, *, position: int | None = None) -> None:
        event = Happened(row_id=uuid.UUID(int=number))
        self.broadcaster.publish([CommittedEvent(uuid.uuid4(), TENANT, CLOCK.now(), None, event, position)])


def sharing() -> tuple[Example, Sharing]:
    one, gateway = example(ws_max_per_actor=100), Sharing()
    one.service = replace(one.service, gateway=gateway)
    return one, gateway


@asynccontextmanager
async def listening(one: Example, count: int) -> AsyncIterator[list[Socket]]:
    """Sockets of one application, each with one subscription of its own id."""
    app = GraphQLWebSocket(one.service)
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(connected(one, app=app)) for _ in range(count)]
        for number, socket in enumerate(sockets):
            await socket.send(INIT, subscribe("subscription { silence }", id=f'"{number}"'))
            assert await socket.next() == ACK
        yield sockets


async def test_sockets_frame_one_answer_with_their_own_ids() -> None:
    one, gateway = sharing()
    async with listening(one, 40) as sockets:
        await until(lambda: gateway.followings.listeners == 40)
        gateway.happen(7)

        told = [await socket.next() for socket in sockets]

    assert told == [{"id": f'"{number}"', "type": "next", "payload": {"data": {"silence": 7}}} for number in range(40)]
    assert gateway.answered == 1
    assert gateway.followings.listeners == gateway.followings.groups == 0


async def test_a_socket_that_listens_has_no_task_but_the_servers() -> None:
    one, gateway = sharing()
    before = len(asyncio.all_tasks())

    async with listening(one, 10):
        await until(lambda: gateway.followings.listeners == 10)
        await until(lambda: len(asyncio.all_tasks()) <= before + 10 + 1)  # and one watches all credentials
        assert one.keys.calls == 10

    assert len(asyncio.all_tasks()) == before


async def test_one_that_does_not_read_ends_and_holds_up_nobody() -> None:
    one, gateway = sharing()
    async with listening(one, 3) as (first, lagging, last):
        await until(lambda: gateway.followings.listeners == 3)
        lagging.reads.clear()

        for number in range(300):
            gateway.happen(number)
            for socket in (first, last):
                assert (await socket.next())["payload"]["data"]["silence"] == number
        await until(lambda: gateway.followings.listeners == 2)
        lagging.reads.set()

        assert (await lagging.next())[:2] == ("close", 4429)
        assert gateway.answered == 300


async def test_a_subscription_the_server_ends_is_an_error_and_its_id_is_free_again() -> None:
    one, gateway = sharing()
    async with listening(one, 2) as (first, second):
        await until(lambda: gateway.followings.listeners == 2)

        for number in range(257):
            gateway.happen(number)  # nothing runs in between: the group falls behind

        for number, socket in enumerate((first, second)):
            message = await socket.next()
            assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "OVERLOADED")
            await socket.send(subscribe("subscription { silence }", id=f'"{number}"'))
        await until(lambda: gateway.followings.listeners == 2)
        gateway.happen(5)
        assert (await first.next())["payload"] == {"data": {"silence": 5}}


async def until(condition: Callable[[], bool]) -> None:
    """Lets other tasks run until something holds; a test that waits in vain fails after five seconds."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 (any state is waited for, most have no event)
            await asyncio.sleep(0)
