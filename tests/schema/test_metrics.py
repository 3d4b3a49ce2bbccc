"""/metrics: figures for who has the token, none that tell of a tenant, and no route without one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import ValidationError
from starlette.testclient import TestClient

from patron_core.errors import StartupError
from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_schema.app import create_app
from patron_schema.hookspecs import SchemaHooks
from patron_schema.metrics import RequestFigures
from patron_schema.testing.databases import PreparedDatabase

TOKEN = "a-token-of-some-length"
SENT = {"authorization": f"Bearer {TOKEN}"}


@contextmanager
def served(database: PreparedDatabase, token: str | None = TOKEN) -> Iterator[TestClient]:
    chosen = Settings(
        database_url=database.url, migration_database_url=database.owner_url, plugins=(), metrics_token=token
    )
    with TestClient(create_app(settings=chosen, plugins=Plugins.of({}, specs=(SchemaHooks,)))) as client:
        yield client


def figures(client: TestClient) -> dict[tuple[str, ...], float]:
    """The samples by name and labels, without the worker."""
    answer = client.get("/metrics", headers=SENT)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *(value for name, value in sorted(sample.labels.items()) if name != "worker")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_operations_and_caches_are_counted(database: PreparedDatabase) -> None:
    key = {"authorization": f"Bearer {await database.key()}"}
    with served(database) as client:
        for _ in range(5):
            client.post("/graphql", json={"query": "{ customers { totalCount } }"}, headers=key)
        client.post("/graphql", json={"query": "{ nothing }"}, headers=key)
        client.request("BREW", "/graphql", headers=key)
        found = figures(client)

    assert found["patron_operations_total", "OK", "POST"] == 5
    assert found["patron_operations_total", "GRAPHQL_VALIDATION_FAILED", "POST"] == 1
    assert found["patron_operations_total", "BAD_REQUEST", "other"] == 1
    assert found["patron_operation_seconds_count", "POST"] == 6
    assert found["patron_operation_seconds_bucket", "+Inf", "POST"] == 6
    assert found["patron_operation_seconds_sum", "POST"] > 0
    assert found["patron_cache_misses_total", "documents"] == 2
    assert found["patron_cache_misses_total", "plans"] == found["patron_cache_entries", "plans"] == 1
    assert found["patron_cache_hits_total", "plans"] == 4
    assert found["patron_cache_weight", "documents"] == len("{ customers { totalCount } }") + len("{ nothing }")
    if database.dialect == "postgresql":
        assert found["patron_cache_entries", "statements"] >= 1


async def test_an_answer_over_a_socket_is_counted(database: PreparedDatabase) -> None:
    key = {"authorization": f"Bearer {await database.key()}"}
    with served(database) as client:
        with client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as socket:
            socket.send_json({"type": "connection_init", "payload": key})
            socket.send_json({"id": "1", "type": "subscribe", "payload": {"query": "{ viewer { kind } }"}})
            assert [socket.receive_json()["type"] for _ in range(3)] == ["connection_ack", "next", "complete"]

        assert figures(client)["patron_operations_total", "OK", "WS"] == 1


async def test_figures_tell_of_no_tenant_and_no_key(database: PreparedDatabase) -> None:
    key = await database.key()
    with served(database) as client:
        client.post(
            "/graphql", json={"query": "query Own { viewer { kind } }"}, headers={"authorization": f"Bearer {key}"}
        )
        text = client.get("/metrics", headers=SENT).text

    for secret in (str(database.tenant_id), "Pillows", key, "Own", TOKEN):
        assert secret not in text


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer other"}, {"authorization": TOKEN}])
async def test_who_has_no_token_sees_nothing(database: PreparedDatabase, headers: dict[str, str]) -> None:
    with served(database) as client:
        answer = client.get("/metrics", headers=headers)

    assert (answer.status_code, answer.content) == (401, b"")


async def test_the_scheme_is_read_without_regard_to_case(database: PreparedDatabase) -> None:
    with served(database) as client:
        assert client.get("/metrics", headers={"authorization": f"bearer {TOKEN}"}).status_code == 200


async def test_an_api_key_is_no_token(database: PreparedDatabase) -> None:
    with served(database) as client:
        assert client.get("/metrics", headers={"authorization": f"Bearer {await database.key()}"}).status_code == 401


async def test_without_a_token_there_are_no_metrics(database: PreparedDatabase) -> None:
    with served(database, token=None) as client:
        assert client.get("/metrics", headers=SENT).status_code == 404


def test_a_short_token_stops_the_start() -> None:
    with pytest.raises(ValidationError):
        Settings(metrics_token="short")  # type: ignore[arg-type]


def test_the_token_is_not_shown() -> None:
    assert TOKEN not in repr(Settings(metrics_token=TOKEN))  # type: ignore[arg-type]


async def test_the_missing_package_is_named(database: PreparedDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)

    with pytest.raises(StartupError, match=r"patron\[metrics\]"), served(database):
        pass


def test_durations_fall_into_their_buckets() -> None:
    made: Any = RequestFigures()

    for seconds in (0.0005, 0.001, 0.002, 11.0):
        made.note("POST", code=None, seconds=seconds)

    assert [count for count in made.durations["POST"] if count] == [2, 1, 1]
    assert made.durations["POST"][-1] == 1
