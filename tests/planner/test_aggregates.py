"""Aggregates: random ones answer alike in all five ways, and what money, calendars and orders mean is said by name."""

from __future__ import annotations

import dataclasses

import pytest
from tests.planner.conftest import Twins
from tests.planner.questions import QuestionMaker
from tests.planner.test_agreement import BLOCK, check
from tests.planner.test_plan_cache import check as check_cached

from patron_core.access.grants import READABLE, Grant
from patron_core.errors import Forbidden
from patron_core.messages import Actor
from patron_core.records import Classification
from patron_schema.planner.grants import Grants
from patron_schema.planner.planner import Planner
from patron_schema.planner.selection import Selection

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


@pytest.mark.soak
@pytest.mark.parametrize("block", range(6, 106))
async def test_every_way_gives_the_same_groups_for_long(twins: Twins, shop: Twins, house: Twins, block: int) -> None:
    chosen = (twins, house, shop, house)[block % 4]
    seeds = range(1_000_000 + block * BLOCK, 1_000_000 + (block + 1) * BLOCK)
    assert await check(grouping(chosen), seeds) > 0.9 * BLOCK


# -- the plan

ROWS = """query ($field: TransactionGroupField!, $bucket: DateBucket, $zone: String, $order: [TransactionAggregateOrder!],
    $having: TransactionHaving, $first: Int) {
    transactionsAggregate(groupBy: {field: $field, bucket: $bucket, timezone: $zone}, orderBy: $order, having: $having,
        first: $first) { key { kind occurredAt channel } count sum { amount { amount currencyCode } } } }"""
EUROS = {"figure": "SUM", "measure": "AMOUNT", "currencyCode": "EUR"}


async def test_what_decides_groups_decides_the_plan_and_values_do_not(twins: Twins) -> None:
    kinds = [{"field": field} for field in ("KIND", "CHANNEL")]
    times = [
        {"field": "OCCURRED_AT", "bucket": bucket, "zone": zone}
        for bucket in ("DAY", "QUARTER")
        for zone in ("Europe/Berlin", "Pacific/Apia", None)
    ]
    orders = [
        None,
        [],
        [{"figure": "COUNT"}],
        [EUROS],
        [{**EUROS, "currencyCode": "JPY"}],
        [{**EUROS, "figure": "MAX"}],
    ]
    havings = [
        None,
        {},
        {"count": {"gt": 3}},
        {"count": {"gt": 5}},
        {"sum": {"amount": {"currencyCode": "EUR", "gt": "1"}}},
    ]
    requests = [
        {**keys, "order": order, "having": having}
        for keys in (*kinds, *times)
        for order in orders
        for having in havings
    ]

    await check_cached(twins, ROWS, [{**r, "first": f} for r in requests[::7] for f in (1, 3)])


async def test_a_field_without_a_grant_is_no_oracle(house: Twins) -> None:
    composed = (await house.sqlite.gateway.schemas.of(house.sqlite.prepared.tenant_id)).composed

    def plan(query: str, forbidden: Classification) -> None:
        document = house.sqlite.gateway.documents.load(composed.graphql, composed.key, query, None)
        opened = Grant(classes=READABLE - {forbidden})
        actor = Actor(house.sqlite.prepared.tenant_id, "somebody", "user", scopes=("*",), grants=(opened,))
        grants = Grants(actor, composed.catalog)
        selection = Selection(composed.graphql, document.fragments, {})
        limits = {"page_default": 20, "page_max": 100, "filter_max": 50, "pattern_min": 1}
        planner = Planner(composed.catalog, composed.graphql, selection, grants, general=False, **limits)
        for key, nodes in selection.root(document.operation.selection_set, "Query").items():
            planner.root(key, nodes)

    for query, coordinate, use in [
        ("{ financialAccountsAggregate(groupBy: {field: KIND}) { count } }", "FinancialAccount.kind", "group"),
        ("{ financialAccountsAggregate(where: {status: {eq: ENABLED}}) { count } }", "FinancialAccount.status", "filter"),
        ("{ accountEntriesAggregate { max { bookedOn } } }", "AccountEntry.bookedOn", "aggregate"),
        ("{ accountEntriesAggregate { sum { amount { currencyCode } } } }", "AccountEntry.amount.amount", "aggregate"),
        ('{ accountEntriesAggregate(having: {sum: {amount: {currencyCode: "EUR", gt: "9"}}}) { count } }',
         "AccountEntry.amount.amount", "having"),
        ('{ accountEntriesAggregate(orderBy: {figure: MAX, measure: BOOKED_ON}) { count } }', "AccountEntry.bookedOn", "aggregate"),
        ("{ accountEntriesAggregate(groupBy: {field: ACCOUNT_KIND}) { count } }", "FinancialAccount.kind", "group"),
    ]:  # fmt: skip
        with pytest.raises(Forbidden) as refused:
            plan(query, Classification.FINANCIAL)
        assert refused.value.details["coordinate"] == coordinate, query
        assert f"used to {use}" in str(refused.value)
        plan(query, Classification.PHI)


# -- what the databases do


async def test_a_sub_select_of_a_row_is_written_once(shop: Twins) -> None:
    query = """{ loyaltyMembersAggregate(groupBy: {field: TIER}, having: {sum: {earned: {gt: "0"}}},
        orderBy: {figure: AVERAGE, measure: EARNED}) { sum { earned } average { earned } min { earned } max { earned } } }"""

    for patron in shop:
        await patron.data(query)
        [(statement, _)] = patron.statements
        assert statement.count("FROM retail_points_entry") == 1
        assert "OFFSET 0" in statement


async def test_a_reference_is_joined_once_whatever_is_asked_of_its_rows(shop: Twins) -> None:
    query = """{ transactionsAggregate(groupBy: [{field: CUSTOMER_KIND}, {field: CUSTOMER_CREATED_AT, bucket: MONTH}],
        orderBy: {key: CUSTOMER_KIND}) { key { customerKind } count } }"""

    for patron in shop:
        await patron.data(query)
        [(statement, _)] = patron.statements
        assert statement.count("LEFT JOIN customer") == statement.count("customer ") == 1
