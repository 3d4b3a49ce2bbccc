"""Imports beside executemany: the importers on real files, and the same rows of the same tables handed to the driver by hand.

`python -m benchmarks.imports [--quick] [--formats …] [--databases …] [--rows N] [--rounds N]`, with PATRON_DATA_DIR naming the public
data sets. In each round a file is imported into an empty database by a process of its own, and the rows that this made, audit and outbox
among them, are inserted into another by the driver's executemany, in the same transactions and with the same durability. The ratio is
the result; rows of the file per second are an indication. Memory is the peak of the importing process over where it began.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from benchmarks.data import PLUGINS
from benchmarks.dataset import TENANT
from benchmarks.empty import Empty, empty_databases
from benchmarks.executemany import Transaction, count, insert_by_hand, rows_written, without_journal
from benchmarks.machine import memory_kib
from benchmarks.report import note, table, write
from benchmarks.targets import Measured, Row
from patron_core.database import open_database
from patron_core.imports.runner import collect_rarely, run_import
from patron_core.messages import Actor
from patron_core.settings import Settings
from patron_core.values import RandomIds, SystemClock
from patron_schema.hookspecs import load_plugins

__all__ = ["main"]


@dataclass(frozen=True, slots=True)
class Format:
    """A format with its real file. flat: a record a line, for which the targets hold."""

    path: str
    flat: bool = True


FORMATS: Final = {
    "berka": Format("banking"),
    "cdnow": Format("retail/cdnow.txt"),
    "online-retail": Format("retail/online_retail.csv"),
    "hotel-bookings": Format("hospitality/hotel_bookings.csv"),
    "fhir": Format("healthcare", flat=False),
}
LEAST_RATIO: Final = 0.5
MOST_MEMORY_MB: Final = 150


@dataclass(frozen=True, slots=True)
class Import:
    """What an import took. seconds, again_seconds: of the first and of a second import of the file. memory_mb: its peak
    over the process before it.
    """

    rows: int
    seconds: float
    again_seconds: float
    memory_mb: float


@dataclass(frozen=True, slots=True)
class Round:
    """An import, and the seconds of executemany for the same rows, with audit and outbox and without."""

    imported: Import
    whole: float
    bare: float


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; `one` in the place of options is its own child process."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["one"]:
        print(json.dumps(asdict(asyncio.run(_import(*given[1:])))))
        return 0
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imports", description=__doc__)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS), help="which formats")
    parser.add_argument("--databases", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    parser.add_argument("--rows", type=int, default=20_000, help="lines of a file, at most (default 20000)")
    parser.add_argument("--rounds", type=int, default=7, help="rounds (default 7)")
    parser.add_argument("--quick", action="store_true", help="3 rounds of 5,000 lines")
    options = parser.parse_args(given)
    if options.quick:
        options.rows, options.rounds = 5_000, 3
    folder = os.environ.get("PATRON_DATA_DIR")
    if folder is None:
        note("Imports are not measured. PATRON_DATA_DIR is not set. Let it name the folder of the public data sets.")
        return 0
    measured, figures = _measure_all(Path(folder), options)
    shown = {name: getattr(options, name) for name in ("rows", "rounds", "formats", "databases")}
    write("imports", measured, options=shown, figures=figures)
    print(table(measured))
    return 0


def _measure_all(folder: Path, options: argparse.Namespace) -> tuple[list[Measured], dict[str, Any]]:
    measured: list[Measured] = []
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="patron-imports-") as temporary:
        for kind in options.databases:
            for name in options.formats:
                path = _first_lines(folder / FORMATS[name].path, options.rows, Path(temporary))
                rounds, tables = _rounds(kind, name, path, options.rounds)
                measured += _rows(kind, name, rounds)
                figures[f"{name} {kind}"] = _figures(rounds, tables)
                note(f"{name} on {kind}: {figures[f'{name} {kind}']}")
    return measured, figures


def _first_lines(path: Path, lines: int, folder: Path) -> Path:
    """The file, or a copy of its first lines; folders are taken whole."""
    if path.is_dir():
        return path
    part = folder / path.name
    with path.open("rb") as whole, part.open("wb") as out:
        out.writelines(islice(whole, lines + 1))
    return part


def _rounds(kind: Any, name: str, path: Path, wanted: int) -> tuple[list[Round], int]:
    """The rounds, and how many rows of tables the file makes. Who goes first changes from round to round."""
    with empty_databases(kind) as fresh:
        with fresh() as database:
            _in_a_process(name, path, database)
            whole = rows_written(database)
        bare = without_journal(whole)

        def by_hand(rows: Sequence[Transaction]) -> float:
            with fresh() as database:
                return insert_by_hand(database, rows)

        def imported() -> Import:
            with fresh() as database:
                return _in_a_process(name, path, database)

        rounds = []
        for index in range(wanted):
            if index % 2 == 0:
                first = imported()
                rounds.append(Round(first, by_hand(whole), by_hand(bare)))
            else:
                hands = by_hand(bare), by_hand(whole)
                rounds.append(Round(imported(), hands[1], hands[0]))
    return rounds, count(whole)


def _in_a_process(name: str, path: Path, database: Empty) -> Import:
    command = [sys.executable, "-m", "benchmarks.imports", "one", name, str(path), database.app_url]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1])
    return Import(**json.loads(done.stdout.splitlines()[-1]))


async def _import(name: str, path: str, url: str) -> Import:
    """Imports a file twice, as `patron import` does."""
    plugins = load_plugins(PLUGINS)
    importer = next(each for _, group in plugins.each("patron_importers") for each in group if each.name == name)
    database = open_database(Settings(database_url=url))
    clock = SystemClock()
    actor = Actor(TENANT, "benchmark", "system", reason="Imports are measured.")
    collect_rarely()
    before = memory_kib(os.getpid()) or 0
    seconds: list[float] = []
    rows = 0
    try:
        for _ in range(2):
            began = time.perf_counter()
            report = await run_import(
                database, importer, [Path(path)], actor=actor, plugins=plugins, clock=clock, ids=RandomIds(clock)
            )
            seconds.append(time.perf_counter() - began)
            rows = report.rows + report.bad_row_count
    finally:
        await database.close()
    return Import(rows, seconds[0], seconds[1], (_peak_kib() - before) / 1024)


def _peak_kib() -> int:
    """The most memory this process has had; not by getrusage, which tells the parent's where that was larger."""
    text = Path("/proc/self/status").read_text()
    return int(text.partition("VmHWM:")[2].split()[0])


def _rows(kind: str, name: str, rounds: Sequence[Round]) -> list[Measured]:
    at, flat = f"{name}, {kind}", FORMATS[name].flat
    rates = [each.imported.rows / each.imported.seconds for each in rounds]
    again = [each.imported.rows / each.imported.again_seconds for each in rounds]
    ratios = [each.whole / each.imported.seconds for each in rounds]
    bare = [each.bare / each.imported.seconds for each in rounds]
    memory = [each.imported.memory_mb for each in rounds]
    target = LEAST_RATIO if flat else None
    return [
        Measured(Row(at, "first import", "executemany of the same rows", target), ratios),
        Measured(Row(at, "first import", "executemany without audit and outbox"), bare),
        Measured(Row(at, "first import", "", unit="rows/s"), rates),
        Measured(Row(at, "the same file again", "", unit="rows/s"), again),
        Measured(Row(at, "memory over the baseline", "", MOST_MEMORY_MB, "most", "MB"), memory),
    ]


def _figures(rounds: Sequence[Round], tables: int) -> dict[str, float]:
    rows = rounds[0].imported.rows
    return {
        "rows of the file": rows,
        "rows of tables": tables,
        "import seconds": round(statistics.median(each.imported.seconds for each in rounds), 3),
        "executemany seconds": round(statistics.median(each.whole for each in rounds), 3),
    }


if __name__ == "__main__":
    sys.exit(main())
