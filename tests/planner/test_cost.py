"""What an answer may take is told before any SQL, and what it took is what plain Python counts: never more than was told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from graphql import FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode, Visitor, parse, print_ast, visit
from tests.planner.asking import ask_both
from tests.planner.conftest import Twins
from tests.planner.naive_cost import taken

from patron_schema.planner.plan import Nothing
from patron_schema.planner.tally import Tally, tally
from patron_schema.testing.service import Patron

pytestmark = pytest.mark.asyncio(loop_scope="session")

BLOCK = 100


def cost(body: bytes) -> dict[str, int]:
    found: dict[str, int] = orjson.loads(body)["extensions"]["cost"]
    return found


async def expected(twins: Twins, query: str, variables: Mapping[str, Any]) -> int:
    composed = (await twins.sqlite.gateway.schemas.of(twins.sqlite.prepared.tenant_id)).composed
    return taken(twins.naive, composed.catalog, query, variables)


async def check(twins: Twins, seeds: range) -> int:
    """Asks the question of each seed; returns how many were answered."""
    answered = 0
    for seed in seeds:
        question = twins.maker.question(seed)
        asked = f"\nseed {seed}\n{question.query}\n{orjson.dumps(question.variables).decode()}"
        patron = (twins.sqlite, twins.postgresql)[seed % 2]
        answer = await ask_both(patron, question.query, question.variables)
        if answer.refused:
            continue
        answered += 1
        fast, general = cost(answer.fast), cost(answer.general)
        assert fast == general, asked
        assert fast["actual"] <= fast["requested"] <= fast["limit"], asked
        assert fast["actual"] == await expected(twins, question.query, question.variables), asked
    return answered


@pytest.mark.parametrize("block", range(4))
async def test_an_answer_takes_what_plain_python_counts(house: Twins, block: int) -> None:
    assert await check(house, range(10_000 + block * BLOCK, 10_000 + (block + 1) * BLOCK)) > 0.9 * BLOCK


@pytest.mark.soak
@pytest.mark.parametrize("block", range(100))
async def test_ten_thousand_answers_take_what_plain_python_counts(
    twins: Twins, shop: Twins, house: Twins, block: int
) -> None:
    chosen = (twins, shop, house, house)[block % 4]
    assert await check(chosen, range(20_000 + block * BLOCK, 20_000 + (block + 1) * BLOCK)) > 0.9 * BLOCK


class Inlined(Visitor):
    """Puts every fragment in the place where it is spread."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        super().__init__()
        self.fragments = fragments

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> InlineFragmentNode:
        fragment = self.fragments[node.name.value]
        return InlineFragmentNode(
            type_condition=fragment.type_condition, directives=node.directives, selection_set=fragment.selection_set
        )


def inlined(query: str) -> str:
    """The same document without named fragments."""
    document = parse(query)
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    [operation] = [d for d in document.definitions if not isinstance(d, FragmentDefinitionNode)]
    while any("..." + name in print_ast(operation) for name in fragments):
        operation = visit(operation, Inlined(fragments))
    return print_ast(operation)


async def test_fragments_cost_what_they_cost_written_out(house: Twins) -> None:
    compared = 0
    for seed in range(400):
        question = house.maker.question(seed)
        if "fragment F" in question.query:
            spread = await house.sqlite.raw(question.query, question.variables)
            written = await house.sqlite.raw(inlined(question.query), question.variables)
            if b'"limit":"tokens"' in written or b'"limit":"bytes of the query"' in written:
                continue  # written out it is too long to be asked
            assert spread == written, f"seed {seed}\n{question.query}"
            compared += 1
    assert compared > 40


async def test_a_cached_plan_costs_what_a_new_one_costs(house: Twins) -> None:
    query = "query ($first: Int!) { customers(first: $first) { edges { cursor } nodes { id party { id } } } }"

    for patron in house:
        for first, requested in ((2, 7 * 1), (10, 31), (2, 7)):
            body = await patron.raw(query, {"first": first})
            assert cost(body)["requested"] == requested
            assert cost(body)["actual"] == await expected(house, query, {"first": first})


@pytest.mark.parametrize("query", [
    "{ customers(first: 3) { nodes { id @skip(if: true) } } }",
    "{ customers(first: 3) { totalCount @skip(if: true) } }",
    "{ customers(first: 3) { edges { cursor @skip(if: true) } } }",
    "{ customers(first: 3) { edges { a: node { id } b: node { id owner } } nodes { id } } }",
    "{ parties(first: 3) { nodes { customer { transactions(first: 2) { edges { a: node { id } b: node { id } } } } } } }",
    "{ transactions(first: 3) { nodes { amount { amount } customer { amount: id } } } }",
    "{ transactions(first: 3) { a: nodes { a: amount { a: amount } b: customer { a: id } } } }",
    "{ parties(first: 9) { nodes { __typename ... on Organization { parent { __typename id } } } } }",
    '{ customers(first: 3, where: {owner: {eq: "{\\"id\\":\\"cus_"}}) { nodes { id owner } } }',
])  # fmt: skip
async def test_what_begins_alike_is_told_apart(house: Twins, query: str) -> None:
    for patron in house:
        answer = await ask_both(patron, query, {})
        assert cost(answer.fast) == cost(answer.general)
        assert cost(answer.fast)["actual"] == await expected(house, query, {})


async def tally_of(patron: Patron, query: str) -> Tally:
    [root] = (await patron.gateway._ready(patron.request(query))).prepared.roots
    assert root.statement is not None
    assert root.statement.tally is not None, "PostgreSQL marks what counts"
    return root.statement.tally


async def test_a_list_is_counted_by_one_search_for_its_rows(house: Twins) -> None:
    query = "{ customers(first: 3) { edges { cursor node { id displayName } } pageInfo { hasNextPage } } }"

    found = await tally_of(house.sqlite, query)

    assert (found.fixed, found.openings, found.node) == (1, ((b'{"id":"cus_', 1),), None)


async def test_text_that_looks_like_rows_is_not_counted(house: Twins) -> None:
    found = await tally_of(house.sqlite, "{ customers(first: 3) { nodes { id owner } } }")
    lie = '{"id":"cus_1"},{"id":"cus_2"}'

    body = orjson.dumps({"nodes": [{"id": "cus_3", "owner": lie}]})

    assert found.of(body) == 2


async def test_ids_in_any_number_and_order_share_a_plan(house: Twins) -> None:
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename ... on Customer { owner transactions(first: 2) { nodes { id } } } } }"
    customers = [row.id for row in house.naive.query.world.all("Customer")]
    persons = [row.id for row in house.naive.query.world.all("Person")]
    lists: list[list[str]] = [
        [customers[0], persons[0]], [persons[1], customers[1], persons[1], customers[1]], [customers[0][:-1] + "f", persons[0]],
        [customers[2], *persons[:30], customers[2], *customers[:30]],
    ]  # fmt: skip

    for patron in house:
        patron.gateway.operations._plans.clear()
        for ids in lists:
            body = await patron.raw(query, {"ids": ids})
            assert len(patron.statements) == 1
            assert cost(body)["actual"] == await expected(house, query, {"ids": ids}) <= cost(body)["requested"]
            assert orjson.loads(body)["data"] == house.naive.answer(query, {"ids": ids})
        assert len(patron.gateway.operations._plans) == 1


async def test_too_many_ids_are_refused_also_by_a_cached_plan(house: Twins) -> None:
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"

    for patron in house:
        assert len((await patron.data(query, {"ids": ["cus_1"] * 100}))["nodes"]) == 100
        refused = (await patron.ask(query, {"ids": ["cus_1"] * 101}))["errors"][0]["extensions"]
        assert (refused["code"], refused["limit"]) == ("LIMIT_EXCEEDED", "ids")


async def test_nothing_takes_nothing() -> None:
    assert tally(Nothing(), general=False).of(b"null") == 0
