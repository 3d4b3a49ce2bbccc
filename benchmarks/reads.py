"""Reads side by side: Patron and its peers on the same PostgreSQL, the same questions, in turns.

`python -m benchmarks.reads [--quick] [--customers N] [--rounds N] [--seconds S] [--connections N] [--only q1,q2]`. Answers are
compared field by field before anything is timed. `--quick` leaves out Q6 to Q10 and the slow peers. The table comes last;
benchmarks/results/reads.json has all.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from benchmarks import peers
from benchmarks.comparison import difference
from benchmarks.data import Data, prepared
from benchmarks.dataset import identifier
from benchmarks.load import generator_name
from benchmarks.own_reads import QUESTIONS as OWN
from benchmarks.own_reads import measure_own
from benchmarks.peer import Ask, Server, ask_once, serving
from benchmarks.peers.patron import PATRON
from benchmarks.questions import Question, question
from benchmarks.report import note, table, write
from benchmarks.rounds import Round, measure, medians, ratios
from benchmarks.targets import Measured, Row

__all__ = ["WHAT", "main", "options_of", "questions"]

WHAT: Final = {
    "q1": "one customer by id",
    "q2": "50 customers",
    "q3": "50 customers, three lists each",
    "q4": "total and sums of 20",
    "q5": "1,000 customers",
    **OWN,
}
_QUICK: Final = frozenset({"q1", "q2", "q3", "q4", "q5"})
_STAGE: Final = {"stage": "ACTIVE"}
#: Of LIMIT-S at least; as a multiple of PostGraphile and of plain Strawberry at least.
TARGETS: Final[Mapping[str, Mapping[str, float]]] = {
    "LIMIT-S": {"q1": 0.80, "q2": 0.85, "q3": 0.90, "q4": 0.90, "q5": 0.85},
    "PostGraphile 5": {"q1": 2, "q2": 2.5, "q3": 4, "q4": 1.4, "q5": 3},
    "plain Strawberry": {"q1": 12, "q2": 15, "q3": 40, "q4": 6, "q5": 20},
}


def questions(customers: int) -> dict[str, Question]:
    """Those that peers answer too: five all of them, the sixth hand-written SQL alone. The first takes 500 customers in turns."""
    ids = ({"id": identifier("cus", 2, 1 + n * 7919 % customers)} for n in range(500))
    return {
        "q1": question("q1", WHAT["q1"], *ids),
        "q2": question("q2", WHAT["q2"], {**_STAGE, "first": 50}),
        "q3": question("q3", WHAT["q3"], {**_STAGE, "first": 50}),
        "q4": question("q4", WHAT["q4"], {**_STAGE, "first": 20}),
        "q5": question("q5", WHAT["q5"], {**_STAGE, "first": 1000}),
        "q8": question("q8", WHAT["q8"], {"from": "2025-10-01T00:00:00.000000Z", "timezone": "Europe/Berlin"}),
    }


def options_of(arguments: Sequence[str] | None, description: str | None) -> argparse.Namespace:
    """What every benchmark's command takes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--customers", type=int, default=10_000, help="how many customers: 10000, 100000, 1000000")
    parser.add_argument(
        "--rounds", type=int, default=7, help="interleaved rounds, at least 7 for a verdict (default 7)"
    )
    parser.add_argument("--seconds", type=float, help="length of one measurement (default 1, quick 0.45)")
    parser.add_argument("--connections", type=int, default=32, help="connections that ask at once (default 32)")
    parser.add_argument("--quick", action="store_true", help="under two minutes once the data is there")
    parser.add_argument("--only", default="", help="questions, such as q1,q3")
    parser.add_argument("--peers", default="", help="names of peers, such as LIMIT,LIMIT-S")
    parser.add_argument("--own-generator", action="store_true", help="the bundled generator although wrk is there")
    parser.add_argument(
        "--by-cpu", action="store_true", help="compare answers per CPU second: for a machine that is not idle"
    )
    options = parser.parse_args(arguments)
    options.seconds = options.seconds or (0.45 if options.quick else 1.0)
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Gives 1 when answers differ, 2 when a target is missed."""
    options = options_of(arguments, __doc__)
    with prepared(options.customers) as data, contextlib.ExitStack() as stack:
        wanted = [*peers.quick(), *([] if options.quick else peers.slow())]
        if options.peers:
            wanted = [peer for peer in wanted if peer.name in options.peers.split(",")]
        servers = [stack.enter_context(serving(peer, data)) for peer in (PATRON, *wanted)]
        found, figures = _measure_all(servers, data, options)
        settings = {server.peer.name: server.peer.settings for server in servers}
    facts = {"postgresql": data.version, "generator": generator_name() if not options.own_generator else "asyncio"}
    write("reads", found, options=vars(options), figures={"questions": figures, "settings": settings}, machine=facts)
    print(table(found))
    return 2 if any(each.verdict == "FAIL" for each in found) else 0


def _measure_all(
    servers: Sequence[Server], data: Data, options: argparse.Namespace
) -> tuple[list[Measured], dict[str, Any]]:
    found: list[Measured] = []
    figures: dict[str, Any] = {}
    only = options.only.split(",") if options.only else []
    for name, asked in questions(data.customers).items():
        if (only and name not in only) or (options.quick and not only and name not in _QUICK):
            continue
        asks = _agreeing(servers, asked, data)
        rounds = _measure(name, asks, data, options)
        figures[name] = medians(rounds)
        found += _rows(asked, rounds, by_cpu=options.by_cpu)
    if not options.quick:
        more, of_them = measure_own(servers[0], data, options)
        found += more
        figures |= of_them
    return found, figures


def _agreeing(servers: Sequence[Server], asked: Question, data: Data) -> dict[str, tuple[Server, Ask]]:
    """Who answers this question, all with the same answers. Raises SystemExit with the first difference."""
    out: dict[str, tuple[Server, Ask]] = {}
    ours: list[Any] = []
    for server in servers:
        ask = server.peer.ask(asked, data)
        if ask is None:
            continue
        numbers = range(0, len(ask.bodies), max(1, len(ask.bodies) // 5))
        answers = [server.peer.answer(asked, ask_once(server, ask, number=number)) for number in numbers]
        ours = ours or answers
        apart = next((text for a, b in zip(ours, answers, strict=True) if (text := difference(a, b))), None)
        if apart:
            raise SystemExit(f"{asked.name}: Patron and {server.peer.name} answer differently. {apart}")
        out[server.peer.name] = (server, ask)
    return out


def _measure(name: str, asks: Mapping[str, tuple[Server, Ask]], data: Data, options: argparse.Namespace) -> list[Round]:
    rounds = measure(
        asks,
        rounds=options.rounds,
        seconds=options.seconds,
        connections=options.connections,
        postmaster=data.postmaster,
        own=options.own_generator,
    )
    note(f"{name}: " + "; ".join(f"{peer} {_told(figure)}" for peer, figure in medians(rounds).items()))
    return rounds


def _told(figure: Mapping[str, float | None]) -> str:
    """A peer's medians, for who waits: answers per second, and CPU of server and of PostgreSQL per answer."""
    cpu = [figure["server_cpu_ms"], figure["postgres_cpu_ms"]]
    spent = " + ".join(f"{each:.2f}" for each in cpu if each is not None)
    return f"{figure['per_second']:,.0f}/s" + (f" ({spent} ms)" if spent else "")


def _rows(asked: Question, rounds: Sequence[Round], *, by_cpu: bool) -> list[Measured]:
    """Patron against each peer that was measured."""
    out = []
    for peer in rounds[0]:
        target = TARGETS.get(peer, {}).get(asked.name)
        if peer == PATRON.name:
            continue
        if by_cpu:
            found = ratios(rounds, PATRON.name, peer, of=lambda load: load.per_cpu_second)
            out.append(Measured(Row(asked.name, f"{asked.what}, by CPU", peer, target), found))
        else:
            out.append(Measured(Row(asked.name, asked.what, peer, target), ratios(rounds, PATRON.name, peer)))
    return out


if __name__ == "__main__":
    raise SystemExit(main())
