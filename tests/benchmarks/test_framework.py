"""The framework of the benchmarks: ratios, verdicts, comparison, what wrk reports, and the bundled load generator."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.comparison import difference
from benchmarks.contention import contend
from benchmarks.load import Load, parse_wrk, press
from benchmarks.own_reads import leaves
from benchmarks.peer import Ask, Launch, Peer, Server, ask_once, serving
from benchmarks.questions import question
from benchmarks.report import number, table
from benchmarks.rounds import measure, medians, ratios
from benchmarks.targets import Measured, Row

LEAST = Row("q1", "one customer by id", "LIMIT-S", 0.8)
MOST = Row("q9", "a Python field", "without it", 2.0, "most")

ECHO = """
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(500 if b"fail" in body else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Echo).serve_forever()
"""


@pytest.mark.parametrize(
    ("row", "values", "verdict"),
    [
        (LEAST, [0.7, 0.75, 0.9, 0.95], "PASS"),  # the upper quartile reaches it
        (LEAST, [0.7, 0.72, 0.75, 0.78], "FAIL"),
        (MOST, [1.9, 2.1, 2.5, 3.0], "FAIL"),
        (MOST, [1.5, 1.9, 2.5, 3.0], "PASS"),
        (MOST, [2.5], "FAIL"),
        (Row("q7", "a figure", "Q2"), [1.0, 2.0], ""),
    ],
)
def test_a_row_fails_only_where_three_quarters_of_its_rounds_miss_the_target(
    row: Row, values: list[float], verdict: str
) -> None:
    assert Measured(row, values).verdict == verdict


def test_ratios_pair_neighbours_of_a_round_and_medians_are_of_each_peer() -> None:
    rounds = [
        {"Patron": Load(200, 1.0, 1, 2, 0.5), "LIMIT": Load(400, 2.0, 1, 2, 0.25)},
        {"Patron": Load(50, 1.0, 1, 2, 1.5), "LIMIT": Load(100, 1.0, 1, 2, 0.5)},
    ]

    assert ratios(rounds, "Patron", "LIMIT") == [1.0, 0.5]
    assert ratios(rounds, "Patron", "LIMIT", of=lambda load: load.server_cpu_ms) == [2.0, 3.0]
    assert ratios(rounds, "Patron", "nobody") == []
    assert ratios(rounds, "Patron", "LIMIT", of=lambda load: load.per_cpu_second) == [0.5, 0.5 / 1.5]
    assert medians(rounds)["Patron"]["per_second"] == 125
    assert medians(rounds)["LIMIT"]["postgres_cpu_ms"] is None


def test_answers_are_compared_field_by_field_without_cursors() -> None:
    ours = {
        "customers": {
            "edges": [{"cursor": "a", "node": {"id": "cus_1", "since": None}}],
            "pageInfo": {"endCursor": "a"},
        }
    }
    theirs = json.loads(json.dumps(ours).replace('"a"', '"b"'))

    assert difference(ours, theirs) is None
    theirs["customers"]["edges"][0]["node"]["since"] = "2020-01-01"
    assert difference(ours, theirs) == "data.customers.edges[0].node.since: None beside '2020-01-01'"
    assert difference({"a": 1}, {"a": 1, "b": 2}) == "data: only one side has b"
    assert difference([1], [1, 2]) == "data: 1 entries beside 2"
    assert difference(True, 1) is not None


def test_what_wrk_reports_is_read_and_its_silence_is_an_error() -> None:
    counted = parse_wrk("Running 10m test\n  1 threads\nRESULT 4520 0 0.601234 1.234 5.678\n")

    assert (counted.responses, counted.errors, counted.seconds) == (4520, 0, 0.601234)
    assert (counted.p50_ms, counted.p99_ms) == (1.234, 5.678)
    with pytest.raises(RuntimeError, match="did not report"):
        parse_wrk("unable to connect")


def test_leaves_are_values_nulls_included() -> None:
    assert leaves({"a": [{"b": 1, "c": None}, {"b": 2, "c": []}]}) == 3


def test_the_table_says_median_quartiles_target_and_verdict() -> None:
    line = table([Measured(LEAST, [0.7, 0.72, 0.75, 0.78])]).splitlines()[1]

    assert line.split("  ") == ["q1", "one customer by id", "LIMIT-S", "0.73 ×", "0.72 to 0.76", "≥ 0.80", "FAIL"]
    assert [number(value) for value in (12345.6, 55.55, 1.234, 0.01234)] == ["12,346", "55.5", "1.23", "0.0123"]


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    script = tmp_path_factory.mktemp("echo") / "echo.py"
    script.write_text(ECHO)
    peer = Peer(
        name="echo",
        launch=lambda data, port: Launch([sys.executable, str(script), str(port)]),
        ask=lambda question, data: Ask((b'{"data": {"a": 1}}', b'{"data": {"a": 2}}'), "/"),
    )
    with serving(peer, None) as server:  # type: ignore[arg-type]
        yield server


def test_a_peer_is_a_process_that_is_asked_and_ended(echo: Server) -> None:
    ask = Ask((b'{"data": {"a": 1}}', b'{"data": {"a": 2}}'), "/")

    assert ask_once(echo, ask, number=3) == {"data": {"a": 2}}
    with pytest.raises(RuntimeError, match="echo answered 500"):
        ask_once(echo, Ask((b'"fail"',), "/"))
    with socket.create_connection(("127.0.0.1", echo.port), timeout=1):
        pass


@pytest.mark.parametrize("own", [True, False])
def test_load_counts_answers_and_tells_cpu(echo: Server, own: bool) -> None:
    ask = Ask((b'{"say": "1 \\" \\\\ \xc3\xa9"}', b"{}"), "/")

    load = press(echo, ask, seconds=0.3, connections=2, own=own)

    assert load.responses > 5
    assert 0.2 < load.seconds < 2
    assert load.p50_ms <= load.p99_ms
    if Path("/proc/self/stat").exists():
        assert load.server_cpu_ms is not None
        assert load.generator_cpu_ms is not None
    with pytest.raises(RuntimeError, match="failed"):
        press(echo, Ask((b"fail",), "/"), seconds=0.2, connections=2, own=own)


def test_no_answer_is_lost_among_those_that_come_at_the_same_time(echo: Server) -> None:
    asked = 0

    def writes() -> Iterator[Ask]:
        nonlocal asked
        while True:
            asked += 1
            yield Ask((b"{}",), "/")

    found = asyncio.run(contend(echo.port, [], writes(), readers=0, writers=4, seconds=0.2))

    assert found.failures == []
    assert found.writes == asked > 8


def test_rounds_measure_all_in_turns(echo: Server) -> None:
    rounds = measure(
        {"a": (echo, Ask((b"{}",), "/")), "b": (echo, Ask((b"{}",), "/"))},
        rounds=2,
        seconds=0.05,
        connections=1,
        own=True,
    )

    assert [sorted(each) for each in rounds] == [["a", "b"]] * 2


def test_every_question_has_a_document() -> None:
    asked = question("q2", "50 customers", {"first": 50})

    assert asked.document.startswith("query Q2")
    assert asked.variables == ({"first": 50},)
