"""What growth costs: more customers, more plugins, and a start from nothing.

`python -m benchmarks.growth [--quick] [--rounds N] [--seconds S] [--million]`. Cost is CPU of server and PostgreSQL per answer, which a
busy machine disturbs less than time. Quick compares 1,000 with 10,000 customers; `--million` adds that size, as `make soak` does.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from benchmarks.data import PLUGINS, Data, prepared, sqlite_file
from benchmarks.dataset import identifier
from benchmarks.load import Load, generator_name
from benchmarks.peer import ROOT, Ask, Peer, Server, ask_once, serving
from benchmarks.peers.patron import PATRON, launch
from benchmarks.questions import Question, question
from benchmarks.report import note, table, write
from benchmarks.rounds import Round, measure, medians, ratios
from benchmarks.starting import Started, composing_seconds, started
from benchmarks.targets import Measured, Row
from benchmarks.vendors import write_vendors

__all__ = ["main"]

_ROWS_AT_MOST: Final = 1.3
_PLUGINS_AT_MOST: Final = 1.05
_START_AT_MOST: Final = 3.0
_VENDORS: Final = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Gives 2 when a target is missed."""
    options = _options(arguments)
    found: list[Measured] = []
    figures: dict[str, Any] = {}
    for part in (_customers, _plugins, _start):
        more, of_them = part(options)
        found += more
        figures |= of_them
    write("growth", found, options=vars(options), figures=figures, machine={"generator": generator_name()})
    print(table(found))
    return 2 if any(each.verdict == "FAIL" for each in found) else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="interleaved rounds (default 7)")
    parser.add_argument("--seconds", type=float, help="length of one measurement (default 1, quick 0.45)")
    parser.add_argument("--connections", type=int, default=8, help="connections that ask at once (default 8)")
    parser.add_argument("--starts", type=int, default=5, help="how often the process is started (default 5)")
    parser.add_argument("--quick", action="store_true", help="1,000 and 10,000 customers, shorter measurements")
    parser.add_argument("--million", action="store_true", help="a million customers too; filling them takes minutes")
    options, _ = parser.parse_known_args(arguments)  # the driver passes on what others take
    options.seconds = options.seconds or (0.45 if options.quick else 1.0)
    return options


def _questions(customers: int) -> dict[str, Question]:
    """The same pages of each size; single rows from all over the table, so that no index page stays at hand by chance."""
    step = max(1, customers // 200)
    ids = [{"id": identifier("cus", 2, 1 + number * step)} for number in range(200)]
    page = {"stage": "ACTIVE", "first": 50}
    return {
        "q1": question("q1", "one customer by id", *ids),
        "q2": question("q2", "50 customers", page),
        "q3": question("q3", "50 customers, three lists each", page),
    }


def _cost(load: Load) -> float | None:
    """CPU of both per answer; the server's alone where PostgreSQL is elsewhere."""
    if load.server_cpu_ms is None:
        return None
    return load.server_cpu_ms + (load.postgres_cpu_ms or 0)


def _customers(options: argparse.Namespace) -> tuple[list[Measured], dict[str, Any]]:
    """The same questions of a small and of large tenants, in turns."""
    sizes = [1_000, 10_000] if options.quick else [10_000, 100_000] + ([1_000_000] if options.million else [])
    found: list[Measured] = []
    figures: dict[str, Any] = {}
    with contextlib.ExitStack() as stack:
        served: dict[str, tuple[Server, Data]] = {}
        for size in sizes:
            data = stack.enter_context(prepared(size))
            peer = replace(PATRON, name=f"{size:,}")
            served[peer.name] = (stack.enter_context(serving(peer, data)), data)
        smallest, *larger = served
        for name in ("q1", "q2", "q3"):
            asks = {
                of: (server, _ask(server, _questions(data.customers)[name], data))
                for of, (server, data) in served.items()
            }
            rounds = _measure(asks, options, next(iter(served.values()))[1])
            figures[f"{name} by customers"] = medians(rounds)
            what = _questions(sizes[0])[name].what
            for size in larger:
                row = Row(name, f"{what}: cost with {size} customers", f"{smallest} customers", _ROWS_AT_MOST, "most")
                found += _kept(row, ratios(rounds, size, smallest, of=_cost))
    return found, figures


def _measure(asks: Mapping[str, tuple[Server, Ask]], options: argparse.Namespace, data: Data) -> list[Round]:
    for server, ask in asks.values():
        answer = ask_once(server, ask)
        if answer.get("errors"):
            raise RuntimeError(f"{server.peer.name} answered with errors: {str(answer['errors'])[:600]}")
    return measure(
        asks,
        rounds=options.rounds,
        seconds=options.seconds,
        connections=options.connections,
        postmaster=None
        if data.postmaster is None
        else int(data.postmaster),  # all its databases: each size has its own
    )


def _kept(row: Row, values: Sequence[float]) -> list[Measured]:
    """None where the machine does not tell the CPU time of processes."""
    if not values:
        note(f"{row.what}: this machine does not tell.")
        return []
    found = Measured(row, values)
    note(f"{row.what}: {found.median:.2f} {row.unit}")
    return [found]


def _ask(server: Server, asked: Question, data: Data) -> Ask:
    ask = server.peer.ask(asked, data)
    if ask is None:
        raise RuntimeError(f"{server.peer.name} cannot answer {asked.name}.")
    return ask


def _plugins(options: argparse.Namespace) -> tuple[list[Measured], dict[str, Any]]:
    """The same questions with the four plugins and with twenty vendors' beside them, on SQLite and one file each."""
    found: list[Measured] = []
    figures: dict[str, Any] = {}
    with (
        tempfile.TemporaryDirectory(prefix="vendors-") as folder,
        prepared(10_000) as data,
        sqlite_file(data) as few_file,
        sqlite_file(data, copy=True) as many_file,
    ):
        names = [*PLUGINS, *write_vendors(Path(folder), _VENDORS)]
        path = _python_path(folder)
        _install(many_file, names, path)
        few = replace(PATRON, name="4 plugins", launch=lambda d, p: launch(d, p, url=f"sqlite:///{few_file}"))
        many = _with_plugins(many_file, names, path)
        with serving(few, data) as four, serving(many, data) as all_of_them:
            for name, asked in _questions(data.customers).items():
                asks = {server.peer.name: (server, _ask(server, asked, data)) for server in (four, all_of_them)}
                rounds = _measure(asks, options, data)
                figures[f"{name} by plugins"] = medians(rounds)
                row = Row(name, f"{asked.what}: cost with {len(names)} plugins", "4 plugins", _PLUGINS_AT_MOST, "most")
                of_server = ratios(rounds, many.name, few.name, of=lambda load: load.server_cpu_ms)
                found += _kept(row, of_server)
        for which, python_path in ((PLUGINS, _python_path()), (names, path)):
            seconds = [composing_seconds(which, python_path) for _ in range(options.starts)]
            row = Row("schema", f"composed with {len(which)} plugins, CPU", "", unit="s")
            found += _kept(row, seconds)
    return found, figures


def _python_path(*more: str) -> str:
    """Where a process finds the benchmarks, what else is given, and whatever this one was told."""
    return os.pathsep.join((str(ROOT), *more, *filter(None, [os.environ.get("PYTHONPATH")])))


def _with_plugins(file: Path, names: Sequence[str], path: str) -> Peer:
    def launched(data: Data, port: int) -> Any:
        usual = launch(data, port, url=f"sqlite:///{file}")
        return replace(usual, environment={**usual.environment, "PATRON_PLUGINS": ",".join(names), "PYTHONPATH": path})

    return replace(PATRON, name=f"{len(names)} plugins", launch=launched)


def _install(file: Path, names: Sequence[str], path: str) -> None:
    """The vendors' tables, and the vendors for the tenant: it is its plugins that make a schema, not the deployment's."""
    program = (
        "import asyncio, json, sys; from patron_core.migrations import migrate; "
        "from patron_schema.hookspecs import load_plugins; import pysqlite3; "
        "names = sys.argv[2].split(','); asyncio.run(migrate(f'sqlite:///{sys.argv[1]}', load_plugins(names))); "
        "file = pysqlite3.connect(sys.argv[1]); "
        "file.execute('UPDATE tenant SET plugins = ?', (json.dumps(sorted(names)),)); file.commit(); file.close()"
    )
    command = [sys.executable, "-c", program, str(file), ",".join(names)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": path})


def _start(options: argparse.Namespace) -> tuple[list[Measured], dict[str, Any]]:
    """Process start to the first 200 of /readyz, with four plugins, on PostgreSQL."""
    with prepared(1_000 if options.quick else 10_000) as data:
        starts: list[Started] = [started(data) for _ in _noted(options.starts)]
    rows = [
        Measured(
            Row("start", "to ready, 4 plugins", "", _START_AT_MOST, "most", "s"), [each.seconds for each in starts]
        )
    ]
    spent = [each.cpu_seconds for each in starts if each.cpu_seconds is not None]
    rows += _kept(Row("start", "CPU to ready", "", unit="s"), spent)
    memory = [each.memory_mib for each in starts if each.memory_mib is not None]
    rows += _kept(Row("memory", "idle process, 4 plugins", "", unit="MiB"), memory)
    return rows, {"start": {"seconds": statistics.median(each.seconds for each in starts)}}


def _noted(count: int) -> Iterator[int]:
    for number in range(count):
        note(f"Start {number + 1} of {count}")
        yield number


if __name__ == "__main__":
    raise SystemExit(main())
