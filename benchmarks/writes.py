"""Writes: `transactionRecord` beside PostGraphile's bare create mutation, and batches of 1,000 beside the driver's executemany.

`python -m benchmarks.writes [--quick] [--customers N] [--rounds N] [--seconds S] [--connections N]`. Patron writes the row, its audit,
an event and an idempotency key and reads its answer from the database; PostGraphile writes the row. Every request has a key of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import asyncpg

from benchmarks.batches import WANTED, measure_batches
from benchmarks.data import Data, prepared, sqlite_file
from benchmarks.dataset import identifier
from benchmarks.load import generator_name
from benchmarks.peer import NUMBER, Ask, Peer, Server, ask_once, serving
from benchmarks.peers.patron import PATRON, launch
from benchmarks.peers.postgraphile import CONDITIONS, create_ask
from benchmarks.report import note, table, write
from benchmarks.rounds import measure, medians, ratios
from benchmarks.targets import Measured, Row
from patron_core.database.sqlite import sqlite_engine

__all__ = ["main"]

#: Customers that take turns in one measurement.
_BODIES: Final = 50
_DOCUMENT: Final = """mutation Record($input: TransactionRecordInput!) {
  transactionRecord(input: $input) {
    transaction { id kind amount { amount currencyCode } occurredAt channel }
    userErrors { message code path }
  }
}"""
_RETAIL: Final = "Patron with four plugins"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Gives 2 when a target is missed."""
    options = _options(arguments)
    with prepared(options.customers, copy=True) as data, prepared(options.customers, copy=True) as full:
        asyncio.run(_without_plugins(data))
        found, figures = _over_http(data, full, options)
        with sqlite_file(data, copy=True) as path:
            more, of_them = _on_sqlite(data, path, options)
            for part, of_part in (
                (more, of_them),
                measure_batches(data, data.app_url, batches=options.batches),
                measure_batches(data, f"sqlite:///{path}", batches=options.batches),
            ):
                found += part
                figures |= of_part
    settings = {peer.name: peer.settings for peer in (PATRON, CONDITIONS)}
    facts = {"postgresql": data.version, "generator": generator_name()}
    write("writes", found, options=vars(options), figures={**figures, "settings": settings}, machine=facts)
    print(table(found))
    return 2 if any(each.verdict == "FAIL" for each in found) else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.writes", description=__doc__)
    parser.add_argument("--customers", type=int, default=10_000, help="how many customers (default 10000)")
    parser.add_argument("--rounds", type=int, default=7, help="interleaved rounds (default 7)")
    parser.add_argument("--seconds", type=float, help="length of one measurement (default 1.5, quick 0.8)")
    parser.add_argument("--connections", type=int, default=32, help="connections that ask at once (default 32)")
    parser.add_argument("--batches", type=int, help=f"batches of 1,000 rows (default 15, quick 7; wanted: {WANTED})")
    parser.add_argument("--quick", action="store_true", help="under a minute once the data is there")
    options = parser.parse_args(arguments)
    options.seconds = options.seconds or (0.8 if options.quick else 1.5)
    options.batches = options.batches or (7 if options.quick else 15)
    return options


def _over_http(data: Data, full: Data, options: argparse.Namespace) -> tuple[list[Measured], dict[str, Any]]:
    """PostgreSQL: Patron, Patron whose plugins react to each row (in a database of its own), and PostGraphile."""
    reacting = Peer(name=_RETAIL, launch=PATRON.launch, ask=PATRON.ask)
    with serving(PATRON, data) as plain, serving(reacting, full) as retail, serving(CONDITIONS, data) as theirs:
        servers = (plain, retail, theirs)
        _agree(servers, data)
        rounds = measure(
            {server.peer.name: (server, _ask_of(server, data)) for server in servers},
            rounds=options.rounds,
            seconds=options.seconds,
            connections=options.connections,
            postmaster=data.postmaster,
        )
    figures = medians(rounds)
    note("writes: answers per second: " + ", ".join(f"{n} {f['per_second']:,.0f}" for n, f in figures.items()))
    what = "transactionRecord: row, audit, event and idempotency key"
    return [
        Measured(Row("record", what, "PostGraphile's bare create", 1), ratios(rounds, PATRON.name, CONDITIONS.name)),
        Measured(
            Row("record", f"{what}, a purchase and points", "PostGraphile's bare create"),
            ratios(rounds, _RETAIL, CONDITIONS.name),
        ),
        Measured(Row("record", what, "PostgreSQL", unit="/s"), [each[PATRON.name].per_second for each in rounds]),
    ], {"record": figures}


async def _without_plugins(data: Data) -> None:
    """Takes the tenant's plugins away: no hook adds rows of its own."""
    connection = await asyncpg.connect(data.owner_url)
    try:
        await connection.execute("UPDATE tenant SET plugins = '[]'")
    finally:
        await connection.close()


def _record(server: Server, data: Data) -> Mapping[str, Any]:
    """One transaction, with its answer looked at. Raises RuntimeError where it was not written."""
    answer = ask_once(server, _ask(data, 1), number=0)
    if answer.get("errors") or answer["data"]["transactionRecord"]["userErrors"]:
        raise RuntimeError(f"Patron wrote nothing: {json.dumps(answer)[:600]}")
    made: Mapping[str, Any] = answer["data"]["transactionRecord"]["transaction"]
    return made


def _agree(servers: Sequence[Server], data: Data) -> None:
    """Whether all wrote the same. Raises SystemExit with what differs."""
    *ours, theirs = servers
    answer = ask_once(theirs, create_ask(identifier("cus", 2, 1)), number=0)
    row = answer["data"]["createLedgerTransaction"]["ledgerTransaction"]
    for server in ours:
        made = _record(server, data)
        cents = int(made["amount"]["amount"].replace(".", ""))
        if (made["kind"], cents, made["channel"]) != (row["kind"], int(row["amountMinor"]), row["channel"]):
            raise SystemExit(f"{server.peer.name} and PostGraphile wrote different rows: {made} beside {row}")


def _ask(data: Data, count: int) -> Ask:
    """Requests with keys that nobody has used; their customers take turns. NUMBER makes each key another."""
    run = secrets.token_hex(8)
    bodies = (
        {
            "customerId": identifier("cus", 2, 1 + number * 7919 % data.customers),
            "kind": "SALE",
            "amount": {"amount": "19.99", "currencyCode": "EUR"},
            "occurredAt": "2026-01-02T00:00:00Z",
            "channel": "WEB",
            "idempotencyKey": f"{run}-{NUMBER}",
        }
        for number in range(count)
    )
    made = (json.dumps({"query": _DOCUMENT, "variables": {"input": body}}).encode() for body in bodies)
    return Ask(tuple(made), headers=data.bearer)


def _ask_of(server: Server, data: Data) -> Ask:
    """What a server is asked."""
    return create_ask(identifier("cus", 2, 500)) if server.peer is CONDITIONS else _ask(data, _BODIES)


def _on_sqlite(data: Data, path: Path, options: argparse.Namespace) -> tuple[list[Measured], dict[str, Any]]:
    """The embedded database over HTTP, durable at each commit."""
    engine = sqlite_engine(f"sqlite:///{path}", size=0)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE tenant SET plugins = '[]'")
    peer = Peer(
        name="Patron on SQLite", launch=lambda data, port: launch(data, port, url=f"sqlite:///{path}"), ask=PATRON.ask
    )
    with serving(peer, data) as server:
        rounds = measure(
            {peer.name: (server, _ask(data, _BODIES))},
            rounds=max(3, options.rounds // 2),
            seconds=options.seconds,
            connections=options.connections,
        )
    what = "transactionRecord: row, audit, event and idempotency key"
    measured = Measured(Row("record", what, "SQLite", unit="/s"), [each[peer.name].per_second for each in rounds])
    return [measured], {"record on SQLite": medians(rounds)}


if __name__ == "__main__":
    raise SystemExit(main())
