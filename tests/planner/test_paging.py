"""Cursors: walking a list forward or backward meets every row once, and a page from anywhere is the one plain Python gives."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson
import pytest
from graphql import get_named_type
from tests.planner.asking import without_fingerprints
from tests.planner.conftest import Twins

from patron_schema.testing.service import Patron

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGE = """{ totalCount nodes { id } edges { cursor node { id } }
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"""
ROOTS = ("customers", "parties", "relationships", "relationshipTypes", "touchpoints", "transactions")
#: Lists inside rows: the type of the row, the field and what is in it.
NESTED = (
    ("Customer", "transactions"), ("Customer", "touchpoints"), ("Customer", "lifecycleChanges"),
    ("RelationshipType", "relationships"), ("Party", "outgoingRelationships"), ("Party", "contactMedia"),
    ("Transaction", "lines"),
)  # fmt: skip


def root_page(twins: Twins, field: str) -> tuple[str, str]:
    """The query of a page of a root field, and the type of its rows."""
    query: Any = twins.maker.schema.query_type
    target = get_named_type(query.fields[field].type).name.removesuffix("Connection")
    arguments = "first: $first, after: $after, last: $last, before: $before, where: $where, orderBy: $orderBy"
    return f"query P({parameters(target)}) {{ {field}({arguments}) {PAGE} }}", target


def nested_page(twins: Twins, parent: str, field: str, *, plain: bool = False) -> tuple[str, str]:
    """The query of a page of a list inside the row `$id`, and the type of its rows."""
    kind: Any = twins.maker.schema.type_map[parent]
    target = get_named_type(kind.fields[field].type).name.removesuffix("Connection")
    declared, arguments = parameters(target), "first: $first, after: $after, last: $last, before: $before"
    if plain:
        declared = declared.partition(", $where")[0]
    else:
        arguments += ", where: $where, orderBy: $orderBy"
    return (
        f"query P($id: ID!, {declared}) {{ node(id: $id) {{ ... on {parent} {{ {field}({arguments}) {PAGE} }} }} }}",
        target,
    )


def parameters(target: str) -> str:
    return (
        f"$first: Int, $after: String, $last: Int, $before: String, $where: {target}Where, $orderBy: [{target}Order!]"
    )


def connection(data: Mapping[str, Any]) -> dict[str, Any]:
    """The connection in an answer, at the root or inside a node."""
    while "totalCount" not in data:
        [data] = data.values()
    return dict(data)


async def walk(
    patron: Patron, query: str, wanted: Mapping[str, Any], size: int, *, backward: bool
) -> AsyncIterator[Any]:
    """The pages of a list, from its start or from its end."""
    cursor = None
    for number in range(200):
        way = {"last": size, "before": cursor} if backward else {"first": size, "after": cursor}
        page = connection(await patron.data(query, {**wanted, **way}))
        info = page["pageInfo"]
        assert info["hasNextPage" if backward else "hasPreviousPage"] is (number > 0)
        yield page
        if not info["hasPreviousPage" if backward else "hasNextPage"]:
            return
        assert len(page["nodes"]) == size
        cursor = info["startCursor" if backward else "endCursor"]
    raise AssertionError("the list does not end")


async def check_walks(twins: Twins, query: str, wanted: Mapping[str, Any], size: int) -> int:
    """Walks a list both ways on both databases; returns how many rows it has."""
    expected = [row["id"] for row in connection(twins.naive.answer(query, {**wanted, "first": 1000}))["nodes"]]
    for patron in twins:
        for backward in (False, True):
            met: list[str] = []
            async for page in walk(patron, query, wanted, size, backward=backward):
                ids = [row["id"] for row in page["nodes"]]
                met = [*ids, *met] if backward else [*met, *ids]
                assert [edge["node"]["id"] for edge in page["edges"]] == ids
                cursors = [edge["cursor"] for edge in page["edges"]]
                info = page["pageInfo"]
                ends = (cursors[0], cursors[-1]) if cursors else (None, None)
                assert (info["startCursor"], info["endCursor"]) == ends
                assert page["totalCount"] == len(expected)
            assert met == expected, f"{patron.prepared.dialect} {'backward' if backward else 'forward'}"
    return len(expected)


@pytest.mark.parametrize("field", ROOTS)
async def test_a_walk_in_any_order_meets_every_row_once(twins: Twins, field: str) -> None:
    query, target = root_page(twins, field)
    rnd, met = random.Random(field), 0

    for seed in range(12):
        wanted = {"orderBy": twins.maker.order(seed, target)}
        if seed % 3:
            wanted["where"] = twins.maker.where(seed, target)
        met += await check_walks(twins, query, wanted, rnd.choice((1, 2, 3, 5, 8)))

    assert met > 30


async def test_a_walk_over_a_plugins_list_meets_every_row_once(house: Twins) -> None:
    query_type: Any = house.maker.schema.query_type
    lists = [field for field in house.maker.roots if "after" in query_type.fields[field].args]

    for number, field in enumerate(sorted(set(lists) - set(ROOTS))):
        query, target = root_page(house, field)
        await check_walks(house, query, {"orderBy": house.maker.order(number, target)}, number % 4 + 2)


@pytest.mark.parametrize(("parent", "field"), NESTED)
async def test_a_walk_inside_a_row_meets_its_rows_once(twins: Twins, parent: str, field: str) -> None:
    query, target = nested_page(twins, parent, field)
    models = {"Party": ("Person", "Organization")}.get(parent, (parent,))
    met = 0

    for seed, row in enumerate(twins.naive.query.world.all(*models)[:8]):
        wanted = {"id": row.id, "orderBy": twins.maker.order(seed, target) if seed % 4 else None}
        met += await check_walks(twins, query, wanted, seed % 3 + 1)

    assert met > 5


async def test_a_walk_along_a_timeline_meets_every_entry_once(twins: Twins) -> None:
    query, _ = nested_page(twins, "Customer", "timeline", plain=True)

    met = [
        await check_walks(twins, query, {"id": customer.id}, size)
        for customer in twins.naive.query.world.all("Customer")
        for size in (1, 2, 5)
    ]

    assert sum(met) > 100


async def compare_page(twins: Twins, query: str, variables: Mapping[str, Any]) -> None:
    expected = orjson.dumps(twins.naive.answer(query, variables))
    for patron in twins:
        got = without_fingerprints(orjson.dumps(await patron.data(query, variables)))
        assert got == expected, f"{patron.prepared.dialect}\n{query}\n{orjson.dumps(variables).decode()}"


def position(rnd: random.Random, cursors: list[str]) -> dict[str, Any]:
    """A page from anywhere: after, before or between rows, which need not meet the filter or stand in this order."""
    return {
        rnd.choice(("first", "last")): rnd.randrange(1, 8),
        "after": rnd.choice(cursors) if rnd.random() < 0.7 else None,
        "before": rnd.choice(cursors) if rnd.random() < 0.5 else None,
    }


@pytest.mark.parametrize("field", ROOTS)
async def test_a_page_from_anywhere_is_the_one_plain_python_gives(twins: Twins, field: str) -> None:
    query, target = root_page(twins, field)
    rnd = random.Random(field)

    for seed in range(25):
        wanted = {"orderBy": twins.maker.order(seed, target) if seed % 5 else None}
        every = connection(await twins.sqlite.data(query, {**wanted, "first": 100}))
        cursors = [edge["cursor"] for edge in every["edges"]]
        where = twins.maker.where(seed, target) if rnd.random() < 0.6 else None
        await compare_page(twins, query, {**wanted, "where": where, **position(rnd, cursors)})


async def test_a_page_of_a_timeline_from_anywhere_is_the_one_plain_python_gives(twins: Twins) -> None:
    query, _ = nested_page(twins, "Customer", "timeline", plain=True)
    rnd = random.Random(1)
    customers = [row.id for row in twins.naive.query.world.all("Customer")]
    cursors = []
    for customer in customers:
        page = connection(await twins.sqlite.data(query, {"id": customer, "first": 100}))
        cursors += [edge["cursor"] for edge in page["edges"]]

    for _ in range(100):
        await compare_page(twins, query, {"id": rnd.choice(customers), **position(rnd, cursors)})


async def test_one_cursor_stands_in_the_list_of_every_row(twins: Twins) -> None:
    query = """query ($after: String, $order: [TransactionOrder!]) { customers(first: 30) { nodes {
                 transactions(first: 3, after: $after, orderBy: $order) { nodes { id } pageInfo { hasNextPage } } } } }"""
    every, _ = root_page(twins, "transactions")

    for seed in range(10):
        order = twins.maker.order(seed, "Transaction")
        edges = connection(await twins.sqlite.data(every, {"orderBy": order, "first": 100}))["edges"]
        await compare_page(twins, query, {"order": order, "after": edges[seed * 3]["cursor"]})
