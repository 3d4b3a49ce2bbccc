"""/metrics: figures for who has the token, none that tell of a tenant, and no route without one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr, ValidationError
from starlette.testclient import TestClient

from patron_core.errors import StartupError
from patron_core.jobs.models import JobRun, JobRunStatus
from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_core.unit_of_work import UnitOfWork
from patron_schema.app import create_app
from patron_schema.hookspecs import SchemaHooks
from patron_schema.metrics import RequestFigures
from patron_schema.testing.databases import PreparedDatabase

TOKEN = "a-token-of-some-length"
SENT = {"authorization": f"Bearer {TOKEN}"}


@contextmanager
def served(database: PreparedDatabase, token: str | None = TOKEN, **more: Any) -> Iterator[TestClient]:
    chosen = database.settings.model_copy(update={"plugins": (), "metrics_token": token and SecretStr(token), **more})
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

    assert [count for count in made.durations["POST"].counts if count] == [2, 1, 1]
    assert made.durations["POST"].counts[-1] == 1


async def test_what_a_process_holds_and_what_waits_is_told(database: PreparedDatabase) -> None:
    key = {"authorization": f"Bearer {await database.key()}"}
    await database.do(late_run)
    with served(database, worker=False) as client:
        client.post("/graphql", json={"query": "{ customers { totalCount } }"}, headers=key)
        with client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as socket:
            socket.send_json({"type": "connection_init", "payload": key})
            socket.receive_json()
            found = figures(client)

    assert found["patron_statement_seconds_count",] == 1
    assert found["patron_operations_running",] == found["patron_operations_waiting",] == 0
    assert found["patron_operations_shed_total",] == 0
    assert found["patron_sockets",] == 1
    assert found["patron_subscriptions",] == found["patron_subscription_groups",] == 0
    assert found["patron_audit_unsealed_seconds",] >= 0
    assert found["patron_webhooks_sent_total", "delivered"] == 0
    assert found["patron_backlog_known",] == 1
    assert found["patron_backlog", "waiting", "jobs"] == 1
    assert found["patron_backlog_late_seconds", "jobs"] > 0
    assert found["patron_backlog", "pending", "relay"] >= 1


async def test_a_database_that_is_away_leaves_the_figures_of_the_process(database: PreparedDatabase) -> None:
    with served(database, worker=False, relay_database_url="postgresql://nobody@127.0.0.1:1/none") as client:
        found = figures(client)

    assert found["patron_backlog_known",] == (1 if database.dialect == "sqlite" else 0)
    assert found["patron_sockets",] == 0


async def test_readyz_says_why_to_who_has_the_token(database: PreparedDatabase) -> None:
    await database.do(late_run)
    with served(database, worker=False) as client:
        short = client.get("/readyz")
        long = client.get("/readyz", headers=SENT).json()

    assert short.json() == {"status": "ready"}
    assert long["status"] == "ready"
    assert long["database"] == "answers"
    assert long["migrationsPending"] == long["pluginsQuarantined"] == long["replicas"] == []
    assert long["backlog"]["jobs"]["waiting"] == 1
    assert long["sockets"] == 0
    assert "url" not in str(long).lower()


def late_run(uow: UnitOfWork) -> None:
    uow.add(JobRun(name="test.run", status=JobRunStatus.WAITING, due_at=uow.now, arguments={}, state={}))
