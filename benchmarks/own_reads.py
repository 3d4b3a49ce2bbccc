"""Q6, Q7, Q9 and Q10: reads that are compared with another question to Patron itself, such as a page far behind with the first one.

In come Patron's server, the data and the options of `reads`, out come rows and figures. Nobody else answers these questions here;
that Patron answers them rightly is tested in tests/planner.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from benchmarks.data import Data
from benchmarks.dataset import TENANT
from benchmarks.peer import Ask, Server, as_data, ask_once
from benchmarks.questions import Question, question
from benchmarks.report import note
from benchmarks.rounds import Round, measure, medians
from benchmarks.targets import Measured, Row

__all__ = ["QUESTIONS", "leaves", "measure_own"]

QUESTIONS: Final = {
    "q6": "50 customers with fields of four plugins",
    "q7": "filters through relations into plugins",
    "q8": "three months of transactions by month and kind",
    "q9": "one Python field among 20 planned, 50 rows",
    "q10": "page 1,000 by cursor",
}
_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Pair:
    """Two questions. per_leaf: whether the cost of a leaf is compared, or that of an answer."""

    row: Row
    question: Question
    beside: Question
    per_leaf: bool = False


def measure_own(server: Server, data: Data, options: argparse.Namespace) -> tuple[list[Measured], dict[str, Any]]:
    """Measures each question beside the one it is compared with."""
    only = options.only.split(",") if options.only else []
    found: list[Measured] = []
    figures: dict[str, Any] = {}
    for pair in _pairs(server, data):
        name = pair.row.name
        if only and name not in only:
            continue
        asks = {each.name: (server, _ask(server, each, data)) for each in (pair.question, pair.beside)}
        answers = {key: as_data(pair.question, ask_once(*both)) for key, both in asks.items()}
        _not_empty(name, answers)
        rounds = measure(
            asks,
            rounds=options.rounds,
            seconds=options.seconds,
            connections=options.connections,
            postmaster=data.postmaster,
            own=options.own_generator,
        )
        counts = {key: leaves(answer) if pair.per_leaf else 1 for key, answer in answers.items()}
        found.append(Measured(pair.row, _costs(rounds, pair, counts)))
        figures[name] = {**medians(rounds), "leaves": {key: leaves(answer) for key, answer in answers.items()}}
        note(f"{name}: {found[-1].median:.2f} times the cost of {pair.beside.name}")
    return found, figures


def leaves(value: Any) -> int:
    """How many values an answer has, nulls included."""
    if isinstance(value, Mapping):
        return sum(leaves(each) for each in value.values())
    return sum(leaves(each) for each in value) if isinstance(value, list) else 1


def _ask(server: Server, asked: Question, data: Data) -> Ask:
    ask = server.peer.ask(asked, data)
    assert ask is not None, "Patron answers all questions"
    return ask


def _not_empty(name: str, answers: Mapping[str, Any]) -> None:
    for key, answer in answers.items():
        if leaves(answer) < 10:
            raise SystemExit(f"{name}: {key} is answered with hardly anything: {answer}")


def _costs(rounds: list[Round], pair: Pair, counts: Mapping[str, int]) -> list[float]:
    """How many times the cost of the other question, per round."""
    ours, beside = pair.question.name, pair.beside.name
    work = [(each[ours].per_second * counts[ours], each[beside].per_second * counts[beside]) for each in rounds]
    return [right / left for left, right in work]


def _pairs(server: Server, data: Data) -> list[Pair]:
    page = {"stage": "ACTIVE", "first": _PAGE}
    third = question("q3", "50 customers, three lists each", page)
    second = question("q2", "50 customers", page)
    filtered = question("q7", QUESTIONS["q7"], {"first": _PAGE, "points": 400})
    fields = {"first": _PAGE}
    after = asyncio.run(_cursor(server, data))
    first_page = question("q10-first", "page 1", {"first": _PAGE, "after": None}, file="q10")
    return [
        Pair(
            Row("q6", f"{QUESTIONS['q6']}, cost of a leaf", "Q3's", 1.6, "most"), question("q6", "", page), third, True
        ),
        Pair(Row("q7", QUESTIONS["q7"], "Q2"), filtered, second),
        Pair(
            Row("q9", QUESTIONS["q9"], "without it", 2.0, "most"),
            question("q9", "", fields),
            question("q9-planned", "", fields, file="q9_planned"),
        ),
        Pair(
            Row("q10", QUESTIONS["q10"], "page 1", 1.2, "most"),
            question("q10", "", {"first": _PAGE, "after": after}),
            first_page,
        ),
    ]


async def _cursor(server: Server, data: Data) -> str:
    """The cursor behind the 999th page: the id from the dataset's order, the fingerprint from the first page's."""
    connection = await asyncpg.connect(data.owner_url)
    try:
        found = await connection.fetchval(
            "SELECT id FROM ledger_transaction WHERE tenant_id = $1 ORDER BY occurred_at DESC, id OFFSET $2 LIMIT 1",
            TENANT,
            999 * _PAGE - 1,
        )
    finally:
        await connection.close()
    first = question("q10", "", {"first": 1, "after": None})
    answer = as_data(first, ask_once(server, _ask(server, first, data)))
    end: str = answer["transactions"]["pageInfo"]["endCursor"]
    return f"txn_{found}.{end.partition('.')[2]}"
