"""Reads side by side: Patron and plain Strawberry on the same PostgreSQL, the same five questions, in turns.

`python -m benchmarks.reads [--customers N] [--rounds N] [--seconds S]`. Patron runs with everything on: authentication, row-level
security, limits, cost, coercion. Answers are compared field by field before anything is timed. The ratio of each round is taken
between neighbours in time; the table shows its median and quartiles, and a JSON with the machine goes to benchmarks/results/.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from sqlalchemy import make_url

from benchmarks.dataset import TENANT, fill, some_customer
from benchmarks.load import Load, ask, press
from patron_core.access.models import Tenant
from patron_core.access.permissions import ADMINISTRATOR
from patron_core.access.service import create_key
from patron_core.columns import format_time
from patron_core.customers.models import EngagementMode
from patron_core.database import open_database
from patron_core.migrations import migrate
from patron_core.settings import Settings
from patron_core.values import RandomIds, SystemClock
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.servers import postgres_server

__all__ = ["main"]

HERE: Final = Path(__file__).parent
STAGE: Final = {"stage": "ACTIVE"}
VARIABLES: Final[dict[str, dict[str, Any]]] = {
    "q1": {"id": some_customer(500)},
    "q2": {**STAGE, "first": 50},
    "q3": {**STAGE, "first": 50},
    "q4": {**STAGE, "first": 20},
    "q5": {**STAGE, "first": 1000},
}
WHAT: Final = {
    "q1": "one customer by id",
    "q2": "50 customers",
    "q3": "50 customers, three lists each",
    "q4": "total and sums of 20",
    "q5": "1,000 customers",
}


@dataclass(frozen=True, slots=True)
class Server:
    """A peer that is up."""

    name: str
    port: int


def main() -> int:
    """The command. Gives 1 when answers differ."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reads", description=__doc__)
    parser.add_argument("--customers", type=int, default=10_000, help="how many customers (default 10000)")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each pair (default 7)")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of one measurement (default 1)")
    parser.add_argument("--connections", type=int, default=8, help="connections that ask at once (default 8)")
    options = parser.parse_args()
    with postgres_server() as postgres:
        return asyncio.run(_run(postgres.create_database(), options))


async def _run(owner_url: str, options: argparse.Namespace) -> int:
    print(f"Filling {options.customers:,} customers …", file=sys.stderr)
    key = await _prepare(owner_url, options.customers)
    app_url = make_url(owner_url).set(username="patron_app").render_as_string(hide_password=False)
    with (
        _server("patron", "benchmarks.served:application", app_url) as patron,
        _server("plain Strawberry", "benchmarks.plain:application", owner_url) as plain,
    ):
        bodies = {name: _body(name) for name in VARIABLES}
        for name, body in bodies.items():
            if not await _equal(name, body, key, patron, plain):
                return 1
        rows = {name: await _measure(name, body, key, (patron, plain), options) for name, body in bodies.items()}
    _report(rows, options)
    return 0


async def _prepare(owner_url: str, customers: int) -> str:
    """Tables, data and a key that may take large pages."""
    plugins = load_plugins(("retail",))
    await migrate(owner_url, plugins)
    await fill(owner_url, customers)
    app_url = make_url(owner_url).set(username="patron_app").render_as_string(hide_password=False)
    database = open_database(Settings(database_url=app_url))
    clock = SystemClock()

    def tenant(session: Any) -> None:
        session.add(
            Tenant(id=TENANT, name="Benchmark", mode=EngagementMode.HYBRID, plugins=["retail"], created_at=clock.now())
        )

    try:
        await database.write(TENANT, tenant)
        _, text = await create_key(
            database,
            tenant_id=TENANT,
            name="benchmark",
            roles=(ADMINISTRATOR,),
            scopes=("page:large",),
            clock=clock,
            ids=RandomIds(clock),
        )
    finally:
        await database.close()
    return text


@contextmanager
def _server(name: str, factory: str, url: str) -> Iterator[Server]:
    """A peer in a process of its own, one worker, uvloop and httptools."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "--factory", factory, "--port", str(port), "--loop", "uvloop"]
    command += ["--http", "httptools", "--log-level", "warning", "--no-access-log"]
    environment = {**os.environ, "BENCHMARK_URL": url, "PYTHONPATH": str(HERE.parent)}
    process = subprocess.Popen(command, env=environment)
    try:
        _wait(port, process)
        yield Server(name, port)
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError("A server did not start; what it said stands above.")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("A server did not start within 30 seconds.")


def _body(name: str) -> bytes:
    query = (HERE / "queries" / f"{name}.graphql").read_text()
    return json.dumps({"query": query, "variables": VARIABLES[name]}).encode()


async def _equal(name: str, body: bytes, key: str, patron: Server, plain: Server) -> bool:
    """Whether both answer the same, field by field, after parsing; cursors are opaque and left out."""
    answers = []
    for server in (patron, plain):
        status, text = await ask(server.port, body, key)
        answer = json.loads(text)
        if status != 200 or answer.get("errors"):
            print(f"{name}: {server.name} answered {status}: {answer.get('errors')}", file=sys.stderr)
            return False
        answers.append(_without_cursors(answer["data"]))
    if answers[0] != answers[1]:
        print(f"{name}: the answers differ.\n{str(answers[0])[:600]}\n{str(answers[1])[:600]}", file=sys.stderr)
    return bool(answers[0] == answers[1])


def _without_cursors(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_cursors(v) for k, v in value.items() if k not in ("cursor", "endCursor")}
    return [_without_cursors(item) for item in value] if isinstance(value, list) else value


async def _measure(
    name: str, body: bytes, key: str, servers: tuple[Server, Server], options: argparse.Namespace
) -> list[tuple[Load, Load]]:
    """The rounds of one question; each takes the peers in turn, the first one changing."""
    for server in servers:
        await press(server.port, body, key, seconds=min(0.5, options.seconds), connections=options.connections)
    rounds: list[tuple[Load, Load]] = []
    for index in range(options.rounds):
        order = servers if index % 2 == 0 else servers[::-1]
        loads = {
            s.name: await press(s.port, body, key, seconds=options.seconds, connections=options.connections)
            for s in order
        }
        rounds.append((loads[servers[0].name], loads[servers[1].name]))
    print(f"{name}: measured", file=sys.stderr)
    return rounds


def _report(rows: Mapping[str, list[tuple[Load, Load]]], options: argparse.Namespace) -> None:
    result: dict[str, Any] = {"machine": _machine(), "options": vars(options), "queries": {}}
    print(f"{'':4} {'':32} {'Patron/s':>9} {'plain/s':>9} {'ratio':>7} {'quartiles':>15}")
    for name, rounds in rows.items():
        ratios = [patron.per_second / plain.per_second for patron, plain in rounds]
        low, median, high = statistics.quantiles(ratios, n=4)
        ours, theirs = (statistics.median(r[i].per_second for r in rounds) for i in (0, 1))
        print(f"{name:4} {WHAT[name]:32} {ours:9.1f} {theirs:9.1f} {median:7.1f} {low:7.1f}–{high:<7.1f}")
        result["queries"][name] = {"patron": ours, "plain": theirs, "ratio": median, "quartiles": [low, high]}
    folder = HERE / "results"
    folder.mkdir(exist_ok=True)
    (folder / "reads.json").write_text(json.dumps(result, indent=2) + "\n")


def _machine() -> dict[str, Any]:
    packages = ("strawberry-graphql", "graphql-core", "sqlalchemy", "asyncpg", "uvicorn")
    return {
        "date": format_time(SystemClock().now())[:10],
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "versions": {name: version(name) for name in packages},
    }


if __name__ == "__main__":
    raise SystemExit(main())
