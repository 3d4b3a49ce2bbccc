"""Faults of the planner that were found, mostly by random questions: each has a case named after it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest
from tests.planner.asking import ask_both
from tests.planner.conftest import Twins

from patron_core.columns import format_time

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOBODY = '{id: {eq: "cus_00000000-0000-7000-8000-000000000000"}}'


async def same(twins: Twins, query: str, variables: dict[str, Any] | None = None) -> Any:
    """The data of a query, which is the same on both paths and databases and in plain Python."""
    answers = [await ask_both(patron, query, variables or {}) for patron in twins]
    assert len({body for answer in answers for body in (answer.fast, answer.general)}) == 1
    data = await twins.sqlite.data(query, variables)
    assert data == twins.naive.answer(query, variables)
    return data


@pytest.mark.parametrize("selection", ["__typename", "hasPreviousPage", "__typename hasPreviousPage"])
@pytest.mark.parametrize("where", ["{}", NOBODY])
async def test_a_page_of_whose_rows_nothing_is_asked_is_one_object(twins: Twins, where: str, selection: str) -> None:
    data = await same(twins, f"{{ customers(where: {where}) {{ pageInfo {{ {selection} }} }} }}")

    assert isinstance(data["customers"]["pageInfo"], dict)


async def test_a_backward_page_of_whose_rows_nothing_is_asked_is_one_object(twins: Twins) -> None:
    query = (
        "{ customers(last: 2) { pageInfo { hasNextPage } nodes { timeline(last: 1) { pageInfo { hasNextPage } } } } }"
    )

    await same(twins, query)


@pytest.mark.parametrize("query", ["{ customers { __typename } }", '{ nodes(ids: ["nothing"]) { id } }'])
async def test_a_statement_without_rows_binds_no_tenant(twins: Twins, query: str) -> None:
    await same(twins, query)


async def test_the_first_and_last_day_that_are_kept_come_back(twins: Twins) -> None:
    days = {node["since"] for node in (await same(twins, "{ customers { nodes { since } } }"))["customers"]["nodes"]}

    assert {"0001-01-02", "9999-12-30"} <= days


async def test_a_year_below_1000_comes_before_others(twins: Twins) -> None:
    data = await same(twins, '{ touchpoints(where: {occurredAt: {lt: "0999-01-01T00:00:00Z"}}) { totalCount } }')

    assert format_time(dt.datetime(999, 1, 2, tzinfo=dt.UTC)) == "0999-01-02T00:00:00.000000Z"
    assert data["touchpoints"]["totalCount"] == 0


@pytest.mark.parametrize("query", [
    "{ touchpoints(where: {source: {notIn: []}}) { totalCount } }",
    "{ touchpoints(where: {not: {source: {notIn: []}}}) { totalCount } }",
])  # fmt: skip
async def test_null_is_not_in_no_list_at_all(twins: Twins, query: str) -> None:
    await same(twins, query)


async def test_a_null_that_decides_an_include_is_refused(twins: Twins) -> None:
    query = "query ($with: Boolean = true) { customers @include(if: $with) { totalCount } }"

    for patron in twins:
        assert (await ask_both(patron, query, {"with": None})).refused == "BAD_REQUEST"


async def test_amounts_are_ordered_as_they_are_shown(twins: Twins) -> None:
    query = "{ transactions(first: 100, orderBy: [{field: AMOUNT}]) { nodes { amount { amount } } } }"

    nodes = (await same(twins, query))["transactions"]["nodes"]

    shown = [float(node["amount"]["amount"]) for node in nodes]
    assert shown == sorted(shown)


@pytest.mark.parametrize("variables", [{"first": 1}, {"first": 1, "last": 1}])
async def test_a_page_has_one_direction_however_it_is_said(twins: Twins, variables: dict[str, int]) -> None:
    query = "query ($first: Int, $last: Int = 2) { customers(first: $first, last: $last) { totalCount } }"

    for patron in twins:
        assert (await ask_both(patron, query, variables)).refused == "INVALID_INPUT"


@pytest.mark.parametrize("query", [
    "{ customers(first: null, last: 2) { totalCount } }",
    "query ($first: Int) { customers(first: $first, last: 2) { totalCount } }",
])  # fmt: skip
async def test_a_null_page_size_is_none(twins: Twins, query: str) -> None:
    await same(twins, query)


@pytest.mark.parametrize("where", [
    '{amount: {amount: {gt: "0.00999999999999999999999999999999999999", lt: "0.5"}}}',
    '{amount: {amount: {eq: "1.00000000000000000000000000000000000001"}}}',
    '{lines: {some: {quantity: {gt: "1.49999999999999999999999999999999999"}}}}',
])  # fmt: skip
async def test_a_number_of_more_digits_than_a_decimal_context_keeps_is_compared_exactly(
    twins: Twins, where: str
) -> None:
    await same(twins, f"{{ transactions(where: {where}) {{ totalCount }} }}")


@pytest.mark.parametrize("text", ["\x00", "\ud83d"])
@pytest.mark.parametrize("comparator", ["{eq: $text}", "{in: [$text]}", "{contains: $text}"])
async def test_a_text_that_no_database_holds_is_refused(twins: Twins, comparator: str, text: str) -> None:
    query = f"query ($text: String!) {{ customers(where: {{owner: {comparator}}}) {{ totalCount }} }}"

    for patron in twins:
        assert (await ask_both(patron, query, {"text": text})).refused == "INVALID_INPUT"


async def test_a_row_about_nobody_leaves_no_mark_in_the_answer(twins: Twins) -> None:
    query = "{ transactions(first: 100) { nodes { id customer { id } } } }"

    for patron in twins:
        request = dataclasses.replace(patron.request(query), subjects=True)
        answer = await patron.gateway.execute(request)
        assert answer.body == await patron.raw(query)
        assert len(answer.subjects) > 5


async def test_a_part_that_is_not_there_is_ordered_as_null(house: Twins) -> None:
    query = """{ customers(first: 100, orderBy: [{field: PORTFOLIO_ACCOUNT_COUNT}]) { nodes { portfolio { accountCount } } } }"""

    nodes = (await same(house, query))["customers"]["nodes"]

    counts = [node["portfolio"] and node["portfolio"]["accountCount"] for node in nodes]
    assert None in counts
    assert counts == sorted(counts, key=lambda count: (count is None, count))


async def test_a_resolver_of_a_module_that_postpones_annotations_takes_the_fast_path(shop: Twins) -> None:
    await same(shop, "{ loyaltyMembers(first: 100) { nodes { pointsToNextTier } } }")
