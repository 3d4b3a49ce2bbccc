"""What a flood of documents seen once does to those in use: their time before, during and after it, and the memory.

`python -m benchmarks.caches [--documents 10000] [--rounds 7] [--quick]`: one process, no HTTP, a file of SQLite. In each round the
same documents are asked alone, then each after one that nobody has seen, then alone again; only they are timed. Whoever
computes something else in between finds the processor's own caches cold: so the time during the flood is compared with that during a
flood through another service of the process, whose caches are its own. From the second round on all caches are full of it.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from benchmarks.report import note, table, write
from benchmarks.targets import Measured, Row
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import Databases, make_database
from patron_schema.testing.service import Patron, open_patron

__all__ = ["main"]

_HOT: Final = (
    "{ viewer { kind tenantName } }",
    "{ customers(first: 5) { totalCount nodes { id displayName party { id } } } }",
    "query ($n: Int = 3) { customers(first: $n) { edges { cursor node { kind since } } pageInfo { hasNextPage } } }",
    "{ customers(where: {kind: {eq: B2C}}, orderBy: [{field: DISPLAY_NAME}]) { nodes { displayName owner } } }",
    "{ parties(first: 2) { nodes { __typename id ... on Person { givenName } } } }",
)
_DURING: Final = Row("flood", "documents in use among new ones", "new ones go elsewhere", target=1.10, at="most")
_AFTER: Final = Row(
    "flood after", "documents in use after 10,000 new ones", "themselves before", target=1.10, at="most"
)
_COLD: Final = Row("flood cold", "documents in use among new ones", "themselves alone")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.caches", description=__doc__)
    parser.add_argument("--documents", type=int, default=10_000, help="how many are seen once")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="a fifth of the documents")
    options, _ = parser.parse_known_args(arguments)
    count = options.documents // 5 if options.quick else options.documents
    with tempfile.TemporaryDirectory() as folder:
        found, figures = asyncio.run(_measured(Path(folder), documents=count, rounds=options.rounds))
    write("caches", found, options={"documents": count, "rounds": options.rounds}, figures=figures)
    print(table(found))
    return 0


async def _measured(folder: Path, *, documents: int, rounds: int) -> tuple[list[Measured], dict[str, float]]:
    prepared = await make_database(Databases(folder), "sqlite", load_plugins(()))
    patron, other = open_patron(prepared), open_patron(prepared)
    flood = _flood()
    per_round = documents // rounds
    times: list[tuple[float, float, float, float]] = []
    memory: list[int] = []
    seen = 0
    for _ in range(3):
        await _alone(patron, 20)
    for number in range(rounds):
        before = await _alone(patron, per_round // len(_HOT))
        half = per_round // 2
        elsewhere = await _between(patron, other, flood, half)
        during = await _between(patron, patron, flood, per_round - half)
        seen += per_round
        elsewhere = (elsewhere + await _between(patron, other, flood, half)) / 2
        during = (during + await _between(patron, patron, flood, half)) / 2
        after = await _alone(patron, per_round // len(_HOT))
        times.append((before, elsewhere, during, after))
        memory.append(_resident())
        shown = [round(each * 1e6) for each in times[-1]]
        note("round {}: {} µs alone, {} among others elsewhere, {} among others, {} after".format(number + 1, *shown))
    gateway = patron.gateway
    figures = {
        "documents_kept": gateway.documents.figures.entries,
        "document_characters_kept": gateway.documents.figures.weight,
        "plans_kept": gateway.operations.figures.entries,
        "hot_documents_parsed_again": gateway.documents.figures.misses - seen - len(_HOT),
        "resident_mib_first_round": memory[0] / 2**20,
        "resident_mib_last_round": memory[-1] / 2**20,
        "microseconds_before": statistics.median(each[0] for each in times) * 1e6,
    }
    await other.reader.close()
    await gateway.close()
    return [
        Measured(_DURING, [during / elsewhere for _, elsewhere, during, _ in times]),
        Measured(_AFTER, [after / before for before, _, _, after in times]),
        Measured(_COLD, [during / before for before, _, during, _ in times]),
    ], figures


def _flood() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"query Seen{number} {{ once{number}: customers(first: {1 + number % 20}) {{ totalCount nodes {{ id kind }} }} }}"


async def _alone(patron: Patron, times: int) -> float:
    """The median time of the documents in use, in seconds, each kind weighing the same."""
    taken: list[list[float]] = [[] for _ in _HOT]
    for _ in range(times):
        for place, query in enumerate(_HOT):
            taken[place].append(await _time(patron, query))
    return sum(statistics.median(some) for some in taken)


async def _between(patron: Patron, flooded: Patron, flood: Iterator[str], count: int) -> float:
    """The same, each after a new document that goes to `flooded`."""
    taken: list[list[float]] = [[] for _ in _HOT]
    for number in range(count):
        await flooded.raw(next(flood))
        place = number % len(_HOT)
        taken[place].append(await _time(patron, _HOT[place]))
    return sum(statistics.median(some) for some in taken)


async def _time(patron: Patron, query: str) -> float:
    started = time.perf_counter()
    await patron.raw(query)
    return time.perf_counter() - started


def _resident() -> int:
    """The resident size of this process, in bytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
