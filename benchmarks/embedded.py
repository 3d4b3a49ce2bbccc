"""Patron on SQLite over HTTP: reads beside plain Strawberry on the same file, and reads while others write all the time.

`python -m benchmarks.embedded [--quick] [--customers N] [--rounds N] [--seconds S]`. Answers are compared field by field first. The
second part counts answers that were not good: requests read and write over HTTP, and another process commits to the same file.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from benchmarks.comparison import difference
from benchmarks.contention import Answers, contend
from benchmarks.data import Data, prepared, sqlite_file
from benchmarks.dataset import TENANT, identifier
from benchmarks.load import generator_name
from benchmarks.peer import Ask, Peer, Server, ask_once, serving
from benchmarks.peers.patron import PATRON, launch
from benchmarks.peers.plain_sqlite import plain_sqlite
from benchmarks.questions import Question, question
from benchmarks.report import note, table, write
from benchmarks.rounds import measure, medians, ratios
from benchmarks.targets import Measured, Row
from patron_core.database.sqlite import sqlite_engine

__all__ = ["main"]

_AT_LEAST: Final = 5.0
_ASKED: Final = ("q2", "q3", "q5")
_RECORD: Final = """mutation Record($input: TransactionRecordInput!) {
  transactionRecord(input: $input) { transaction { id amount { amount currencyCode } } userErrors { code message } } }"""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Gives 1 when answers differ, 2 when a target is missed."""
    options = _options(arguments)
    with prepared(options.customers) as data:
        with sqlite_file(data) as path:
            found, figures = _reads(data, f"sqlite:///{path}", options)
        with sqlite_file(data, copy=True) as path:
            more, counted = _while_writing(data, path, options)
    measured = found + more
    write(
        "embedded",
        measured,
        options=vars(options),
        figures={"questions": figures, "while writing": counted},
        machine={"generator": generator_name()},
    )
    print(table(measured))
    return 2 if any(each.verdict == "FAIL" for each in measured) else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.embedded", description=__doc__)
    parser.add_argument("--customers", type=int, default=10_000, help="how many customers (default 10000)")
    parser.add_argument("--rounds", type=int, default=7, help="interleaved rounds (default 7)")
    parser.add_argument("--seconds", type=float, help="length of one measurement (default 1, quick 0.45)")
    parser.add_argument("--connections", type=int, default=32, help="connections that ask at once (default 32)")
    parser.add_argument("--quick", action="store_true", help="shorter measurements")
    options, _ = parser.parse_known_args(arguments)  # the driver passes on what others take
    options.seconds = options.seconds or (0.45 if options.quick else 1.0)
    return options


def _questions() -> dict[str, Question]:
    stage = {"stage": "ACTIVE"}
    return {
        "q1": question("q1", "one customer by id", {"id": identifier("cus", 2, 500)}),
        "q2": question("q2", "50 customers", {**stage, "first": 50}),
        "q3": question("q3", "50 customers, three lists each", {**stage, "first": 50}),
        "q5": question("q5", "1,000 customers", {**stage, "first": 1000}),
    }


def _patron(url: str) -> Peer:
    return replace(PATRON, launch=lambda data, port: launch(data, port, url=url))


def _reads(data: Data, url: str, options: argparse.Namespace) -> tuple[list[Measured], dict[str, Any]]:
    """Patron beside plain Strawberry on one file that nobody changes."""
    found: list[Measured] = []
    figures: dict[str, Any] = {}
    peer = plain_sqlite(url)
    with serving(_patron(url), data) as patron, serving(peer, data) as plain:
        asked = _questions()
        for name in _ASKED:
            asks = {server.peer.name: (server, _ask(server, asked[name], data)) for server in (patron, plain)}
            _agree(asked[name], *asks.values())
            rounds = measure(asks, rounds=options.rounds, seconds=options.seconds, connections=options.connections)
            figures[name] = medians(rounds)
            row = Row(name, f"{asked[name].what}, SQLite", peer.name, _AT_LEAST)
            found.append(Measured(row, ratios(rounds, PATRON.name, peer.name)))
            note(f"{name}: {found[-1].median:.1f} × {peer.name}")
    return found, {**figures, "settings": {peer.name: peer.settings}}


def _ask(server: Server, asked: Question, data: Data) -> Ask:
    ask = server.peer.ask(asked, data)
    if ask is None:
        raise RuntimeError(f"{server.peer.name} cannot answer {asked.name}.")
    return ask


def _agree(asked: Question, ours: tuple[Server, Ask], theirs: tuple[Server, Ask]) -> None:
    answers = [server.peer.answer(asked, ask_once(server, ask)) for server, ask in (ours, theirs)]
    apart = difference(*answers)
    if apart:
        raise SystemExit(f"{asked.name}: Patron and {theirs[0].peer.name} answer differently on SQLite. {apart}")


def _while_writing(data: Data, path: Path, options: argparse.Namespace) -> tuple[list[Measured], dict[str, Any]]:
    """Reads, writes over HTTP, and commits of another process, all at once on one file."""
    url = f"sqlite:///{path}"
    seconds = 3.0 if options.quick else 10.0
    with serving(_patron(url), data) as patron:
        reads = [_ask(patron, each, data) for name, each in _questions().items() if name != "q5"]
        records = _records(data)
        for ask in (*reads, next(records)):  # what a first request pays is not at issue
            ask_once(patron, ask)
        with _stranger(url) as commits:
            found = asyncio.run(contend(patron.port, reads, records, readers=24, writers=8, seconds=seconds))
    for failure in found.failures[:3]:
        note(f"An answer that was not good: {failure}")
    note(f"While writing: {found.reads} reads, {found.writes} writes, {len(commits)} commits of another process.")
    return _counted(found), {
        "seconds": seconds,
        "reads": found.reads,
        "writes": found.writes,
        "commits of another process": len(commits),
        "slowest write, seconds": round(found.slowest_write_seconds, 3),
        "failures": found.failures[:20],
    }


def _counted(found: Answers) -> list[Measured]:
    """No failure among enough answers, and no word of a lock in any."""
    what = "answers that failed, 24 readers and 8 writers, SQLite"
    locked = [each for each in found.failures if "locked" in each]
    return [
        Measured(Row("busy", what, "another writing process", 0, "most", ""), [float(len(found.failures))]),
        Measured(
            Row("busy", "answers that say “locked”", "another writing process", 0, "most", ""), [float(len(locked))]
        ),
        Measured(
            Row("busy", "reads and writes answered meanwhile", "", 100, "least", ""),
            [float(min(found.reads, found.writes))],
        ),
    ]


def _records(data: Data) -> Iterator[Ask]:
    for number in itertools.count():
        row = {
            "customerId": identifier("cus", 2, 1 + number % data.customers),
            "kind": "SALE",
            "amount": {"amount": "19.99", "currencyCode": "EUR"},
            "occurredAt": "2026-01-02T00:00:00Z",
            "channel": "WEB",
            "idempotencyKey": f"embedded-{number}",
        }
        yield Ask((json.dumps({"query": _RECORD, "variables": {"input": row}}).encode(),), headers=data.bearer)


@contextlib.contextmanager
def _stranger(url: str) -> Iterator[list[float]]:
    """Commits again and again from this process, which is not the server's; the times it took stand in the list."""
    ended = threading.Event()
    took: list[float] = []
    thread = threading.Thread(target=_commit, args=(url, ended, took), name="stranger")
    thread.start()
    try:
        yield took
    finally:
        ended.set()
        thread.join()


def _commit(url: str, ended: threading.Event, took: list[float]) -> None:
    engine = sqlite_engine(url, busy_timeout_seconds=30)
    try:
        while not ended.wait(0.02):
            began = time.monotonic()
            with engine.begin() as connection:
                connection.exec_driver_sql(
                    "UPDATE customer SET owner = ? WHERE tenant_id = ? AND id = ?",
                    (f"team {len(took)}", str(TENANT), identifier("cus", 2, 1 + len(took)).removeprefix("cus_")),
                )
                ended.wait(0.005)  # the lock is held as an import holds it, for several statements
            took.append(time.monotonic() - began)
    finally:
        engine.dispose()


if __name__ == "__main__":
    raise SystemExit(main())
