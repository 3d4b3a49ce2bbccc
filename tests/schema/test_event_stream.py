"""Subscriptions over HTTP: the protocol of graphql-sse, how streams end, and that none of the checks of HTTP is missing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from structlog.testing import capture_logs
from tests.schema.event_stream_client import SSE, Event, streaming
from tests.schema.example_service import GRAPHQL, JSON, KEY, Example, ask, example
from tests.schema.test_websocket import Sharing

from patron_core.errors import Unavailable
from patron_schema.credential_watch import CredentialWatch
from patron_schema.endpoint import GraphQLEndpoint
from patron_schema.event_stream import EventStreams, next_event
from patron_schema.negotiation import stream_wish
from patron_schema.websocket_limits import Sockets

COUNT = "subscription S($n: Int!) { count(to: $n) }"
SILENCE = "subscription { silence }"
URQL = (
    b"accept",
    b"application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed",
)


def streams_of(one: Example, *, recheck: float = 5.0) -> tuple[GraphQLEndpoint, EventStreams]:
    """An endpoint and its streams at hand."""
    watch = CredentialWatch.of(one.service, interval_seconds=recheck)
    streams = EventStreams(one.service, sockets=Sockets(one.service.settings), watch=watch)
    return GraphQLEndpoint(one.service, streams=streams), streams


async def until(condition: Callable[[], bool]) -> None:
    """Lets other tasks run until something holds; a test that waits in vain fails after five seconds."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 (any state is waited for, most have no event)
            await asyncio.sleep(0)


def code(event: Event | None) -> str:
    assert event is not None
    found: str = event.data["errors"][0]["extensions"]["code"]
    return found


# -------------------------------------------------------------------------------- the protocol


async def test_a_subscription_streams_its_results_and_completes() -> None:
    one = example()

    async with streaming(one.endpoint, COUNT, variables={"n": 2}) as stream:
        assert await stream.rest() == [
            Event("next", {"data": {"count": 0}}),
            Event("next", {"data": {"count": 1}}),
            Event("complete"),
        ]

    assert stream.status == 200
    assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert stream.headers["cache-control"] == "no-store, no-transform"
    assert stream.headers["x-request-id"]
    assert stream.comments >= 1  # what stands between passes the head on
    assert [request.transport for request in one.gateway.seen] == ["SSE"]
    assert one.gateway.open_subscriptions == 0


async def test_a_subscription_can_be_asked_for_by_get() -> None:
    given = urlencode({"query": COUNT, "variables": '{"n": 1}'}).encode()
    async with streaming(example().endpoint, "", method="GET", query_string=given) as stream:
        assert await stream.rest() == [Event("next", {"data": {"count": 0}}), Event("complete")]


@pytest.mark.parametrize(
    ("accept", "wish"),
    [
        (b"text/event-stream", "rather"),
        (b"text/event-stream, multipart/mixed", "rather"),
        (b"Text/Event-Stream;q=0.9, application/json;q=0.5", "rather"),
        (b"application/json;q=0.9, text/event-stream;q=0.5", "if needed"),
        (URQL[1], "if needed"),
        (b"text/event-stream;q=0", "never"),
        (b"text/*", "never"),
        (b"*/*", "never"),
        (b"", "never"),
    ],
)
def test_events_are_for_those_who_name_them(accept: bytes, wish: str) -> None:
    assert stream_wish(accept) == wish


async def test_what_urql_accepts_makes_a_query_json_and_a_subscription_a_stream() -> None:
    answer = await ask(example().endpoint, {"query": '{ echo(text: "a") }'}, headers=(JSON, URQL))
    assert answer.headers["content-type"].startswith("application/graphql-response+json")
    assert answer.json == {"data": {"echo": "a"}}

    async with streaming(example().endpoint, COUNT, variables={"n": 0}, headers=(URQL,)) as stream:
        assert await stream.rest() == [Event("complete")]


@pytest.mark.parametrize("query", ['{ echo(text: "a") }', 'mutation { echo: rename(name: "a") }'])
async def test_whoever_takes_events_alone_gets_every_answer_as_events(query: str) -> None:
    async with streaming(example().endpoint, query) as stream:
        assert await stream.rest() == [Event("next", {"data": {"echo": "a"}}), Event("complete")]
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert "content-length" in stream.headers


async def test_a_mutation_by_get_stays_refused_whatever_is_accepted() -> None:
    given = urlencode({"query": 'mutation { rename(name: "a") }'}).encode()
    one = example()
    async with streaming(one.endpoint, "", method="GET", query_string=given) as stream:
        assert (await stream.body())["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert (stream.status, one.gateway.seen) == (405, [])


@pytest.mark.parametrize("accept", [GRAPHQL, (b"accept", b"*/*"), (b"accept", b"application/json, text/*")])
async def test_a_subscription_is_never_answered_as_json(accept: tuple[bytes, bytes]) -> None:
    answer = await ask(example().endpoint, {"query": SILENCE}, headers=(JSON, accept))
    assert (answer.status, answer.code) == (400, "BAD_REQUEST")
    assert "text/event-stream" in answer.json["errors"][0]["message"]


def test_an_answer_with_line_breaks_between_its_tokens_is_one_event() -> None:
    assert next_event('{\n"a":\r\n1}', "7") == 'event: next\nid: 7\ndata: { "a":  1}\n\n'


# -------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("query", "variables", "wanted"),
    [
        ("{", None, "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { " + "__typename " * 30 + "}", None, "LIMIT_EXCEEDED"),
    ],
)
async def test_an_operation_that_would_be_refused_again_is_an_event_so_that_clients_do_not_try_again(
    query: str, variables: Any, wanted: str
) -> None:
    async with streaming(example().endpoint, query, variables=variables) as stream:
        first, last, end = await stream.all(3)

    assert stream.status == 200
    assert (code(first), last, end) == (wanted, Event("complete"), None)
    assert first is not None
    assert first.data["errors"][0]["extensions"]["requestId"] == stream.headers["x-request-id"]


@pytest.mark.security
async def test_without_a_valid_key_there_is_no_stream() -> None:
    for key in (None, b"Bearer wrong"):
        async with streaming(example().endpoint, SILENCE, key=key) as stream:
            assert (await stream.body())["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert stream.status == 401
        assert stream.headers["content-type"].startswith("application/graphql-response+json")


async def test_a_database_that_is_away_is_a_status_by_which_clients_try_again() -> None:
    one = example()
    one.gateway.raises = Unavailable("The database is away. It did not answer. Try again.")
    async with streaming(one.endpoint, SILENCE) as stream:
        assert (await stream.body())["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    assert stream.status == 503
    assert "retry-after" in stream.headers


@pytest.mark.security
async def test_faults_are_masked_before_and_in_a_stream() -> None:
    one = example()
    with capture_logs() as logs:
        async with streaming(one.endpoint, "subscription { failing }") as stream:
            first, second, last = await stream.rest()
        one.gateway.raises = RuntimeError("secret")
        async with streaming(one.endpoint, SILENCE) as broken:
            body = await broken.body()

    assert (first.data, code(second), last) == ({"data": {"failing": 1}}, "INTERNAL", Event("complete"))
    assert broken.status == 500
    assert "secret" not in json.dumps([second.data, body, [line for line in logs if line["log_level"] != "debug"]])


async def test_streams_count_as_sockets_do_and_give_their_places_back() -> None:
    one = example(ws_max_per_actor=2)
    endpoint, streams = streams_of(one)

    async with streaming(endpoint, SILENCE) as first, streaming(endpoint, SILENCE):
        async with streaming(endpoint, SILENCE) as third:
            body = await third.body()
        assert (third.status, body["errors"][0]["extensions"]["code"]) == (429, "RATE_LIMITED")
        assert "Too many sockets of the actor: 3, the maximum is 2" in body["errors"][0]["message"]
        first.gone.set()
        await until(lambda: streams.count == 1)
        async with streaming(endpoint, SILENCE) as again:
            assert again.status == 200

    one = example(ws_max_per_address=1)
    endpoint, _ = streams_of(one)
    async with streaming(endpoint, "subscription { nothing }") as refused:
        assert len(await refused.rest()) == 2  # what is refused takes no place
    async with streaming(endpoint, SILENCE), streaming(endpoint, SILENCE) as second:
        assert second.status == 429


# -------------------------------------------------------------------------------- how streams end


async def test_a_client_that_goes_leaves_nothing_behind() -> None:
    one = example()
    endpoint, streams = streams_of(one)
    before = asyncio.all_tasks()

    async with streaming(endpoint, SILENCE):
        await until(lambda: one.gateway.open_subscriptions == 1)
        assert streams.count == 1

    await until(lambda: one.gateway.open_subscriptions == 0 and asyncio.all_tasks() == before)
    assert (streams.count, streams.watch.credentials) == (0, 0)
    assert streams.sockets.refusal(None) is None


@pytest.mark.security
async def test_a_stream_ends_when_its_key_is_revoked() -> None:
    one = example()
    endpoint, _ = streams_of(one, recheck=0.01)
    async with streaming(endpoint, SILENCE) as stream:
        await until(lambda: one.gateway.open_subscriptions == 1)

        one.keys.refuses = True

        first, last = await stream.rest()
    assert (code(first), last) == ("UNAUTHENTICATED", Event("complete"))
    await until(lambda: one.gateway.open_subscriptions == 0)


@pytest.mark.security
async def test_a_stream_ends_when_its_permissions_change() -> None:
    one = example()
    endpoint, _ = streams_of(one, recheck=0.01)
    async with streaming(endpoint, SILENCE) as stream:
        one.keys.roles = ("agent",)
        first, last = await stream.rest()
    assert (code(first), last) == ("FORBIDDEN", Event("complete"))


async def test_a_stream_that_lived_long_enough_ends_without_complete_so_that_clients_go_on() -> None:
    one = example(ws_life_seconds=0.01)
    async with streaming(one.endpoint, SILENCE) as stream:
        assert await stream.rest() == []
    assert one.gateway.open_subscriptions == 0


async def test_a_server_that_goes_ends_streams_without_complete() -> None:
    endpoint, streams = streams_of(example())
    async with streaming(endpoint, SILENCE) as one, streaming(endpoint, SILENCE) as other:
        streams.close()
        assert [await one.rest(), await other.rest()] == [[], []]
    assert streams.count == 0


async def test_a_silent_stream_shows_that_it_lives() -> None:
    one = example(sse_heartbeat_seconds=0.01)
    async with streaming(one.endpoint, SILENCE) as stream:
        waiting = asyncio.ensure_future(stream.next())
        await until(lambda: stream.comments >= 4)
        waiting.cancel()


async def test_a_client_that_does_not_read_is_let_go_before_memory_grows() -> None:
    one = example()
    endpoint, streams = streams_of(one)
    async with streaming(endpoint, "subscription { flood }", reads=False) as stream:
        await until(lambda: one.gateway.open_subscriptions == 1)
        await until(lambda: one.gateway.open_subscriptions == 0)
        await until(lambda: streams.count == 0)
        assert stream.messages.empty()
        stream.reads.set()

        *_, error, last = await stream.rest()
    assert (code(error), last) == ("OVERLOADED", Event("complete"))


async def test_one_that_does_not_read_holds_up_nobody() -> None:
    gateway = Sharing()
    one = example()
    one.service = replace(one.service, gateway=gateway)
    endpoint, _ = streams_of(one)
    async with streaming(endpoint, SILENCE) as reading, streaming(endpoint, SILENCE, reads=False) as lagging:
        await until(lambda: gateway.followings.listeners == 2)
        for number in range(300):
            gateway.happen(number, position=number + 1)
            told = await reading.next()
            answer = {"data": {"silence": number}, "extensions": {"position": str(number + 1)}}
            assert told == Event("next", answer, id=str(number + 1))
        await until(lambda: gateway.followings.listeners == 1)
        lagging.reads.set()
        *_, error, last = await lagging.rest()
    assert (code(error), last) == ("OVERLOADED", Event("complete"))
    assert gateway.answered == 300


# -------------------------------------------------------------------------------- going on


@pytest.mark.parametrize(
    ("header", "after"), [((), None), (((b"last-event-id", b"12.3"),), "12.3"), (((b"last-event-id", b""),), None)]
)
async def test_the_id_of_the_last_event_says_where_to_go_on(header: Any, after: str | None) -> None:
    one = example()
    async with streaming(one.endpoint, COUNT, variables={"n": 0}, headers=(SSE, *header)) as stream:
        await stream.rest()
    assert [request.after for request in one.gateway.seen] == [after]


@pytest.mark.security
async def test_a_stream_needs_a_key_of_its_own_which_no_foreign_page_has() -> None:
    """An EventSource of another host's page sends neither header nor body, and there are no cookies to add to it."""
    one = example()
    given = urlencode({"query": SILENCE}).encode()
    headers = (SSE, (b"origin", b"https://evil.example"), (b"cookie", b"authorization=" + KEY))
    async with streaming(one.endpoint, "", method="GET", query_string=given, headers=headers, key=None) as stream:
        await stream.body()
    assert (stream.status, one.gateway.seen) == (401, [])
    assert not [name for name in stream.headers if name.startswith("access-control")]
