"""The plan cache: what decides a plan is in its key, what does not is not, and it is bounded.

Requests that share a document and differ in their variables come in a random order, so that each may meet the plan of another;
every answer is the one plain Python gives.
"""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pytest
from tests.planner.asking import without_fingerprints
from tests.planner.conftest import Twins

from patron_schema.testing.service import Patron

pytestmark = pytest.mark.asyncio(loop_scope="session")

ABSENT = object()


def plans(patron: Patron) -> int:
    """How many plans are kept."""
    return len(patron.gateway.operations._plans)


async def check(twins: Twins, query: str, requests: Sequence[Mapping[str, Any]], *, most: int | None = None) -> None:
    """Asks one document with all variables, three times over in random order. most: how many plans that may make."""
    rnd = random.Random(query)
    for patron in twins:
        patron.gateway.operations._plans.clear()
        for variables in rnd.sample([*requests] * 3, len(requests) * 3):
            data = orjson.dumps(await patron.data(query, variables))
            expected = orjson.dumps(twins.naive.answer(query, variables))
            assert without_fingerprints(data) == expected, f"{patron.prepared.dialect} {variables}"
        if most is not None:
            assert plans(patron) <= most


def choices(**values: Sequence[Any]) -> list[dict[str, Any]]:
    """Every combination of values of variables; `ABSENT` leaves one out."""
    every = [dict(zip(values, chosen, strict=True)) for chosen in itertools.product(*values.values())]
    return [{name: value for name, value in one.items() if value is not ABSENT} for one in every]


async def test_what_is_skipped_and_included_decides_the_plan(twins: Twins) -> None:
    query = """query ($a: Boolean!, $b: Boolean = true) { customers(first: 2) {
        totalCount @skip(if: $a) nodes { id owner @include(if: $b) ... @include(if: $a) { since party @skip(if: $b) { id } } }
        ...F } } fragment F on CustomerConnection { edges @include(if: $b) { node { kind } } }"""

    await check(twins, query, choices(a=(True, False), b=(True, False, ABSENT)), most=6)


ORDERS = ("DISPLAY_NAME", "CREATED_AT", "OWNER", "PARTY_DISPLAY_NAME", "SINCE")


@pytest.mark.parametrize(("declared", "given"), [
    ("$field: CustomerOrderField!, $direction: OrderDirection!", "[{field: $field, direction: $direction}]"),
    ("$field: CustomerOrderField!, $direction: OrderDirection!", "{field: $field, direction: $direction}"),
    ("$field: CustomerOrderField = OWNER, $direction: OrderDirection = DESC", "{field: $field, direction: $direction}"),
])  # fmt: skip
async def test_the_parts_of_an_order_decide_the_plan(twins: Twins, declared: str, given: str) -> None:
    query = f"query ({declared}) {{ customers(first: 4, orderBy: {given}) {{ nodes {{ id }} }} }}"
    absent = (ABSENT,) if "=" in declared else ()

    await check(twins, query, choices(field=(*ORDERS, *absent), direction=("ASC", "DESC", *absent)))


async def test_an_order_decides_the_plan(twins: Twins) -> None:
    query = "query ($order: [CustomerOrder!]) { customers(first: 4, orderBy: $order) { edges { cursor node { id } } } }"
    steps = [{"field": "OWNER"}, {"field": "OWNER", "direction": "DESC"}, {"field": "SINCE"}]
    orders = [None, ABSENT, [], steps[0], *([a, b] for a in steps for b in steps), *([a] for a in steps)]

    await check(twins, query, choices(order=orders))


async def test_one_step_of_an_order_decides_the_plan(twins: Twins) -> None:
    query = (
        """query ($step: CustomerOrder!) { customers(first: 4, orderBy: [{field: KIND}, $step]) { nodes { id } } }"""
    )

    await check(twins, query, choices(step=[{"field": f, "direction": d} for f in ORDERS for d in ("ASC", "DESC")]))


async def test_which_conditions_are_there_decides_the_plan(twins: Twins) -> None:
    query = "query ($where: CustomerWhere) { customers(where: $where) { totalCount } }"
    wheres = [
        ABSENT, None, {}, {"owner": None}, {"owner": {}}, {"owner": {"eq": None}}, {"owner": {"eq": "ann"}},
        {"owner": {"eq": "bob"}}, {"owner": {"ne": "ann"}}, {"owner": {"isNull": True}}, {"owner": {"isNull": False}},
        {"owner": {"in": ["ann"]}}, {"owner": {"in": []}}, {"owner": {"in": None}}, {"owner": {"notIn": ["ann", "bob"]}},
        {"kind": {"eq": "B2B"}}, {"kind": {"eq": "B2C"}}, {"kind": {"ne": "B2B"}, "owner": {"eq": "ann"}},
        {"and": []}, {"or": []}, {"not": {}}, {"not": None}, {"or": [{"owner": {"eq": "ann"}}, {"kind": {"eq": "B2B"}}]},
        {"or": [{"owner": {"eq": "ann"}}]}, {"or": {"owner": {"eq": "ann"}}}, {"party": {}}, {"party": None},
        {"party": {"kind": {"eq": "PERSON"}}}, {"transactions": {"some": {}}}, {"transactions": {"none": {}}},
        {"transactions": {"every": {"kind": {"eq": "SALE"}}}}, {"transactions": {"some": None}}, {"transactions": {}},
        {"transactions": {"some": {"amount": {"amount": {"gt": "1"}}}}},
        {"transactions": {"some": {"amount": {"currencyCode": {"eq": "EUR"}}}}},
    ]  # fmt: skip

    await check(twins, query, choices(where=wheres))


async def test_one_condition_or_none_or_null_decides_the_plan(twins: Twins) -> None:
    query = """query ($owner: String, $comparator: StringComparator, $list: [String!], $where: CustomerWhere = {kind: {eq: B2B}}) {
        a: customers(where: {owner: {eq: $owner, notIn: $list}}) { totalCount }
        b: customers(where: {owner: $comparator, and: [{not: {owner: {eq: $owner}}}]}) { totalCount }
        c: customers(where: $where) { totalCount } }"""
    owners, comparators = (ABSENT, None, "ann", "bob"), (ABSENT, None, {"eq": "ann"}, {"ne": "ann"})
    lists, wheres = (ABSENT, None, [], ["ann"]), (ABSENT, None, {"kind": {"eq": "B2C"}})

    await check(twins, query, choices(owner=owners, comparator=comparators, list=lists, where=wheres))


@pytest.mark.parametrize("query", [
    "query ($id: ID!) { node(id: $id) { __typename id ...P ... on Customer { owner } } } fragment P on Party { displayName }",
    "query ($id: ID!) { ... { n: node(id: $id) { __typename id ... on Party { kind } ... on TimelineEntry { summary } } } }",
    "query ($id: ID!) { ...Q } fragment Q on Query { nodes(ids: [$id]) { __typename id ... on Transaction { kind } } }",
])  # fmt: skip
async def test_the_kind_of_an_id_decides_the_plan(twins: Twins, query: str) -> None:
    known = [rows[0].id for rows in twins.naive.query.world.entities.values() if rows]
    strange = ["", "_", "nothing", "cus_", "zzz_1", "cus_00000000-0000-7000-8000-000000000000", known[0].upper()]

    await check(twins, query, choices(id=[*known, *strange]), most=len(known) + 5)


async def test_the_kinds_of_several_ids_decide_the_plan(twins: Twins) -> None:
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Customer { owner } ... on Touchpoint { topic } } }"
    kinds = [twins.naive.query.world.entities[name] for name in ("Customer", "Touchpoint", "Person")]
    rnd = random.Random(1)
    lists: list[Any] = [[rnd.choice(rnd.choice(kinds)).id for _ in range(rnd.randrange(4))] for _ in range(40)]

    await check(twins, query, choices(ids=[*lists, kinds[0][0].id]))


async def test_the_direction_of_a_page_decides_the_plan(twins: Twins) -> None:
    query = "query ($first: Int, $last: Int) { customers(first: $first, last: $last) { nodes { id } pageInfo { hasNextPage } } }"
    requests = [{}, {"first": 1}, {"first": 3}, {"last": 1}, {"last": 4, "first": None}, {"first": 2, "last": None}]

    await check(twins, query, requests)


async def test_which_operation_of_a_document_decides_the_plan(twins: Twins) -> None:
    query = "query A { customers(first: 1) { nodes { id } } } query B { customers(first: 1) { nodes { owner } } }"

    for patron in twins:
        for name in ("A", "B", "A", "B"):
            [node] = (await patron.ask(query, operation=name))["data"]["customers"]["nodes"]
            assert list(node) == (["id"] if name == "A" else ["owner"])


async def test_values_do_not_decide_the_plan(twins: Twins) -> None:
    query = """query ($text: String!, $list: [String!]!, $first: Int!, $moment: DateTime!, $amount: Decimal!, $id: ID!, $flag: Boolean!) {
        customers(first: $first, where: {displayName: {contains: $text}, owner: {in: $list, isNull: $flag}, id: {ne: $id},
          transactions: {none: {occurredAt: {lt: $moment}, amount: {amount: {gt: $amount}}}}}) { nodes { id } } }"""
    requests = choices(
        text=("", "a", "😀"), list=([], ["ann"], ["ann", "bob", "x"]), first=(1, 50), moment=("2026-01-01T00:00:00Z",),
        amount=("0", 5), id=("cus_1", "x"), flag=(True, False),
    )  # fmt: skip

    await check(twins, query, requests, most=1)


async def test_who_may_take_large_pages_does_not_share_a_plan(twins: Twins) -> None:
    query = "query ($first: Int!) { customers(first: $first) { totalCount } }"

    for patron in twins:
        actor = patron.prepared.actor
        large = dataclasses.replace(actor, scopes=(*actor.scopes, "page:large"))
        for _ in range(2):
            assert "data" in await patron.ask(query, {"first": 101}, actor=large)
            refused = await patron.ask(query, {"first": 101})
            assert refused["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"


async def test_tenants_share_a_plan_and_no_row(twins: Twins) -> None:
    query = "query ($id: ID!) { customer(id: $id) { displayName owner party { id displayName } transactions { nodes { id } } } }"
    customers = [row.id for row in twins.naive.query.world.all("Customer")]

    for patron in twins:
        patron.gateway.operations._plans.clear()
        stranger = twins.strangers[patron.prepared.dialect]
        for id in customers:
            assert await patron.data(query, {"id": id}) == twins.naive.answer(query, {"id": id})
            assert await patron.data(query, {"id": id}, actor=stranger) == twins.lookalike.answer(query, {"id": id})
        assert plans(patron) == 1


async def test_the_cache_is_bounded(twins: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    twins.sqlite.gateway.operations._plans.clear()
    monkeypatch.setattr(twins.sqlite.gateway.operations.figures, "most_entries", 10)

    for count in range(30):
        data = await twins.sqlite.data("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["x"] * count})
        assert data == {"nodes": [None] * count}
        assert plans(twins.sqlite) <= 10
