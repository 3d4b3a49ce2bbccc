"""The planner's main proof: four answers of Patron and one of plain Python to thousands of random questions are the same.

Each question is answered on SQLite and on PostgreSQL by the fast path and by the general path, byte for byte the same, by
one statement per root field, and by the naive evaluator, which knows neither SQL nor the planner.
"""

from __future__ import annotations

import dataclasses

import orjson
import pytest
from tests.planner.asking import ask_both, data_of, without_fingerprints
from tests.planner.conftest import Twins
from tests.planner.questions import Question

from patron_schema.testing.service import Patron

pytestmark = pytest.mark.asyncio(loop_scope="session")

BLOCK = 100


async def check(twins: Twins, seeds: range) -> int:
    """Asks the question of each seed; returns how many were answered."""
    answered = 0
    for seed in seeds:
        question = twins.maker.question(seed)
        asked = f"\nseed {seed}\n{question.query}\n{orjson.dumps(question.variables).decode()}"
        small = await ask_both(twins.sqlite, question.query, question.variables)
        large = await ask_both(twins.postgresql, question.query, question.variables)
        assert small.refused == large.refused, asked
        if small.refused:
            assert small.refused == "LIMIT_EXCEEDED", f"{small.refused}{asked}"
            continue
        answered += 1
        assert small.fast == small.general, f"SQLite's paths differ{asked}"
        assert large.fast == large.general, f"PostgreSQL's paths differ{asked}"
        assert small.fast == large.fast, f"the databases differ{asked}"
        assert small.statements == large.statements == small.planned, asked
        expected = orjson.dumps(twins.naive.answer(question.query, question.variables))
        assert without_fingerprints(data_of(small.fast)) == expected, f"the planner and plain Python differ{asked}"
        if seed % 4 == 0:
            await check_stranger(twins, (twins.sqlite, twins.postgresql)[seed // 4 % 2], question, asked)
    return answered


async def check_stranger(twins: Twins, patron: Patron, question: Question, asked: str) -> None:
    """Another tenant, whose rows have the same ids and references, gets its own rows from the same cached plan."""
    answer = await patron.raw(question.query, question.variables, actor=twins.strangers[patron.prepared.dialect])
    expected = orjson.dumps(twins.lookalike.answer(question.query, question.variables))
    assert without_fingerprints(data_of(answer)) == expected, (
        f"another tenant's answer on {patron.prepared.dialect}{asked}"
    )


async def ask_block(twins: Twins, block: int) -> None:
    assert await check(twins, range(block * BLOCK, (block + 1) * BLOCK)) > 0.9 * BLOCK


@pytest.mark.parametrize("block", range(8))
async def test_every_way_gives_the_same_answer(twins: Twins, block: int) -> None:
    await ask_block(twins, block)


@pytest.mark.parametrize("block", range(4))
async def test_every_way_gives_the_same_answer_with_retail(shop: Twins, block: int) -> None:
    await ask_block(shop, block)


@pytest.mark.parametrize("block", range(8))
async def test_every_way_gives_the_same_answer_with_every_plugin(house: Twins, block: int) -> None:
    await ask_block(house, block)


@pytest.mark.soak
@pytest.mark.parametrize("block", range(12, 212))
async def test_every_way_gives_the_same_answer_for_long(twins: Twins, shop: Twins, house: Twins, block: int) -> None:
    await ask_block((twins, shop, house, house)[block % 4], block)


async def test_naming_whose_rows_are_shown_changes_no_byte(house: Twins) -> None:
    for seed in range(100):
        question = house.maker.question(seed)
        for patron in house:
            request = patron.request(question.query, question.variables)
            plain = await patron.gateway.execute(request)
            named = dataclasses.replace(request, subjects=True)
            fast = await patron.gateway.execute(named)
            general = await patron.gateway._general(await patron.gateway._ready(named, general=True))

            assert fast.body == general.body == plain.body, f"seed {seed} on {patron.prepared.dialect}"
            assert fast.subjects == general.subjects
