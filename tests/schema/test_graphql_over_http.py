"""GraphQL over HTTP: every audit of the npm package graphql-http is ok, MUST, SHOULD and MAY; none is skipped."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import strawberry
from strawberry.asgi import GraphQL
from tests.schema.graphql_http_audits.runner import run_audits
from tests.schema.loopback import AppServer, served

AUDITS = 61


@pytest.fixture(scope="module")
def cache_dir(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.cache.mkdir("graphql-http")


def test_all_audits_are_ok(app_server: AppServer, cache_dir: Path) -> None:
    audits = run_audits(f"{app_server.url}/graphql", key=app_server.key, cache_dir=cache_dir)

    assert {
        f"{audit.id} {audit.name}": f"{audit.status}: {audit.reason}" for audit in audits if audit.status != "ok"
    } == {}
    assert len({audit.id for audit in audits}) == AUDITS


def test_the_audits_find_what_a_server_gets_wrong(cache_dir: Path) -> None:
    @strawberry.type
    class Query:
        hello: str = "world"

    with served(GraphQL[None, None](strawberry.Schema(Query), graphql_ide=None)) as url:
        audits = run_audits(url, key="", cache_dir=cache_dir)

    found = Counter(audit.status for audit in audits)
    assert sum(found.values()) == AUDITS
    assert found["ok"] < AUDITS
    assert all(audit.reason for audit in audits if audit.status != "ok")
