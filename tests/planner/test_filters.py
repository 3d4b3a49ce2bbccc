"""Filters and orders alone: thousands of random ones over every list there is, against plain Python.

One document per list, filter and order by variables: it is cheap, so there are many, and most of them pick some rows of many.
"""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from graphql import get_named_type
from tests.planner.asking import without_fingerprints
from tests.planner.conftest import Twins

pytestmark = pytest.mark.asyncio(loop_scope="session")


def lists(twins: Twins) -> list[tuple[str, str]]:
    """The root fields that can be filtered, and the type of their rows."""
    query: Any = twins.maker.schema.query_type
    found = [(name, query.fields[name]) for name in twins.maker.roots if "after" in query.fields[name].args]
    return [(name, get_named_type(field.type).name.removesuffix("Connection")) for name, field in found]


async def check(twins: Twins, field: str, target: str, seeds: range, *, depth: int) -> tuple[int, int]:
    """Filters and orders a list; returns how many filters picked some rows and not all, and how many there were."""
    query = f"""query F($where: {target}Where, $order: [{target}Order!]) {{
        {field}(first: 100, where: $where, orderBy: $order) {{ totalCount nodes {{ id }} }} }}"""
    everybody = len(twins.naive.answer(query)[field]["nodes"])
    telling = 0
    for seed in seeds:
        variables = {"where": twins.maker.where(seed, target, depth), "order": twins.maker.order(seed, target)}
        expected = twins.naive.answer(query, variables)
        telling += 0 < expected[field]["totalCount"] < everybody
        for patron in twins:
            got = without_fingerprints(orjson.dumps(await patron.data(query, variables)))
            asked = f"{patron.prepared.dialect} {query}\n{orjson.dumps(variables).decode()}"
            assert got == orjson.dumps(expected), asked
    return telling, len(seeds)


@pytest.mark.parametrize("depth", [1, 3])
async def test_every_list_is_filtered_and_ordered_as_plain_python_does(house: Twins, depth: int) -> None:
    counted = [await check(house, field, target, range(40), depth=depth) for field, target in lists(house)]

    assert sum(telling for telling, _ in counted) > 0.2 * sum(asked for _, asked in counted)


@pytest.mark.parametrize("block", range(4))
async def test_customers_and_transactions_are_filtered_as_plain_python_does(twins: Twins, block: int) -> None:
    seeds = range(block * 60, block * 60 + 60)

    for field, target in (("customers", "Customer"), ("transactions", "Transaction"), ("touchpoints", "Touchpoint")):
        await check(twins, field, target, seeds, depth=2)


@pytest.mark.soak
@pytest.mark.parametrize("block", range(1, 50))
async def test_every_list_is_filtered_and_ordered_for_long(house: Twins, block: int) -> None:
    for field, target in lists(house):
        await check(house, field, target, range(block * 100, block * 100 + 100), depth=block % 3 + 1)
