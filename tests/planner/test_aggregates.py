"""Aggregates: random ones answer alike in all five ways, and what money, calendars and orders mean is said by name."""

from __future__ import annotations

import dataclasses

import pytest
from tests.planner.conftest import Twins
from tests.planner.questions import QuestionMaker
from tests.planner.test_agreement import BLOCK, check

pytestmark = pytest.mark.asyncio(loop_scope="session")


def grouping(twins: Twins) -> Twins:
    """The same deployments, asked for nothing but groups at the root."""
    maker = twins.maker
    roots = [name for name in maker.roots if name.endswith("Aggregate")]
    return dataclasses.replace(twins, maker=QuestionMaker(maker.schema, maker.samples, roots=roots))


@pytest.mark.parametrize("block", range(6))
async def test_every_way_gives_the_same_groups(twins: Twins, shop: Twins, house: Twins, block: int) -> None:
    chosen = (twins, house, shop, house, twins, house)[block]
    seeds = range(1_000_000 + block * BLOCK, 1_000_000 + (block + 1) * BLOCK)
    assert await check(grouping(chosen), seeds) > 0.9 * BLOCK
