"""Traces: a span for each part of an operation, under the caller's, without a value; and no cost where there are none."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.testclient import TestClient

from patron_core import tracing
from patron_core.errors import NotFound, StartupError
from patron_core.plugins import Plugins
from patron_schema.app import create_app
from patron_schema.hookspecs import SchemaHooks
from patron_schema.testing.databases import PreparedDatabase

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"
SECRET = "Xylophone-Canary"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Where spans are collected while this process is traced."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    tracing.turn_on()
    yield exporter
    tracing.turn_off()
    provider.shutdown()


def served(database: PreparedDatabase) -> TestClient:
    settings = database.settings.model_copy(update={"plugins": (), "traces": True, "worker": False})
    return TestClient(create_app(settings=settings, plugins=Plugins.of({}, specs=(SchemaHooks,))))


async def test_an_operation_is_a_tree_of_spans_under_the_callers(
    database: PreparedDatabase, spans: InMemorySpanExporter
) -> None:
    headers = {
        "authorization": f"Bearer {await database.key()}",
        "traceparent": f"00-{TRACE}-{CALLER}-01",
    }
    query = "mutation($n: String!) { customerCreate(input: {person: {givenName: $n}}) { customer { displayName } } }"
    with served(database) as client:
        spans.clear()
        answer = client.post("/graphql", json={"query": query, "variables": {"n": SECRET}}, headers=headers)

    found = {span.name: span for span in spans.get_finished_spans()}
    root = found["patron.request"]
    assert answer.json()["data"]["customerCreate"]["customer"] == {"displayName": SECRET}
    assert {"patron.request", "patron.plan", "patron.command", "patron.statement"} <= found.keys()
    assert root.parent is not None
    assert (f"{root.context.trace_id:032x}", f"{root.parent.span_id:016x}") == (TRACE, CALLER)
    assert dict(root.attributes or {})["patron.code"] == "OK"
    assert dict(root.attributes or {})["patron.request_id"] == answer.headers["x-request-id"]
    assert dict(found["patron.command"].attributes or {}) == {"patron.command": "CreateCustomer"}
    for name in ("patron.plan", "patron.command", "patron.statement"):
        parent = found[name].parent
        assert parent is not None
        assert parent.span_id == root.context.span_id
    assert not [span.name for span in found.values() if SECRET in told(span)]


def told(span: ReadableSpan) -> str:
    return span.to_json()


async def test_a_refused_request_has_its_code_and_a_wrong_traceparent_a_trace_of_its_own(
    database: PreparedDatabase, spans: InMemorySpanExporter
) -> None:
    with served(database) as client:
        spans.clear()
        client.post("/graphql", json={"query": "{ customers { id } }"}, headers={"traceparent": "garbage"})

    (root,) = [span for span in spans.get_finished_spans() if span.name == "patron.request"]
    assert dict(root.attributes or {})["patron.code"] == "UNAUTHENTICATED"
    assert root.parent is None


def test_an_error_is_named_and_never_quoted(spans: InMemorySpanExporter) -> None:
    for error in (NotFound(SECRET), ValueError(SECRET)):
        with pytest.raises(type(error)), tracing.span("patron.test"):
            raise error

    finished = spans.get_finished_spans()
    assert [dict(span.attributes or {})["error.type"] for span in finished] == ["NOT_FOUND", "ValueError"]
    assert not [span for span in finished if SECRET in told(span)]


def test_without_the_package_the_start_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)

    with pytest.raises(StartupError, match=r"patron\[otel\]"):
        tracing.turn_on()
    assert not tracing.is_on()


def test_a_span_that_is_off_costs_less_than_a_microsecond(record_property: Callable[[str, object], None]) -> None:
    def loop(work: Callable[[], Any]) -> float:
        started = time.perf_counter()
        for _ in range(20_000):
            work()
        return time.perf_counter() - started

    def bare() -> None:
        pass

    def spanned() -> None:
        with tracing.span("patron.statement"):
            pass

    pairs = [(loop(bare), loop(spanned)) for _ in range(9)]  # in turn, so that a busy machine slows both
    cost = min(with_span - without for without, with_span in pairs) / 20_000 * 1e9

    record_property("figure", f"{cost:.0f} ns for a span that is off")
    assert not tracing.is_on()
    assert cost < 2_000  # usually 150; a small query takes 300,000
