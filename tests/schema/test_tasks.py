"""Tasks, rhythms of contact, the list of calls and conflicts over GraphQL, on both databases."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from tests.core.statements import counted_statements

from patron_core.hookspecs import Step
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.tasks.plans import plan_contacts
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import NOON
from patron_schema.testing.service import Patron

CUSTOMER = """mutation Customer($name: String!, $owner: String) {
  customerCreate(input: { organization: { legalName: $name }, owner: $owner }) { customer { id party { id } } } }"""
TASK = """mutation Task($input: TaskCreateInput!) {
  taskCreate(input: $input) { task { id version state dueAt customer { id } } userErrors { code message path } } }"""
COMPLETE = """mutation Complete($id: ID!, $version: Int!, $outcome: String!) {
  taskComplete(input: { id: $id, version: $version, outcome: $outcome }) {
    task { state outcome doneBy } userErrors { code path } } }"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def customer(patron: Patron, name: str = "Engines", owner: str | None = "ada") -> str:
    made: str = (await patron.data(CUSTOMER, {"name": name, "owner": owner}))["customerCreate"]["customer"]["id"]
    return made


async def task(patron: Patron, **given: Any) -> dict[str, Any]:
    values = {"title": "Call back", "dueAt": (NOON - dt.timedelta(days=3)).isoformat(), **given}
    made: dict[str, Any] = (await patron.data(TASK, {"input": values}))["taskCreate"]
    return made


async def test_a_task_about_a_row_is_for_whom_the_row_is_about(patron: Patron) -> None:
    theirs, others = await customer(patron), await customer(patron, "Bridges")
    deal = (
        await patron.data(
            'mutation M($c: ID!) { opportunityCreate(input: { customerId: $c, name: "Ten" }) { opportunity { id } } }',
            {"c": theirs},
        )
    )["opportunityCreate"]["opportunity"]["id"]

    made = await task(patron, aboutId=deal)
    refused = await task(patron, aboutId=deal, customerId=others)
    unknown = await task(patron, aboutId="opp_00000000-0000-7000-8000-000000000000")

    assert made["task"]["customer"]["id"] == theirs
    assert refused["userErrors"][0]["code"] == "INVALID_INPUT"
    assert (unknown["userErrors"][0]["code"], unknown["userErrors"][0]["path"]) == ("NOT_FOUND", ["input", "aboutId"])
    found = await patron.data(
        "query Q($id: String!) { tasks(where: { aboutId: { eq: $id } }) { totalCount } }", {"id": deal}
    )
    assert found["tasks"]["totalCount"] == 1


async def test_a_task_that_is_done_has_an_outcome_and_stays_done(patron: Patron) -> None:
    made = (await task(patron, customerId=await customer(patron)))["task"]

    done = await patron.data(COMPLETE, {"id": made["id"], "version": made["version"], "outcome": "They agree."})
    again = (await patron.data(COMPLETE, {"id": made["id"], "version": 2, "outcome": "Again."}))["taskComplete"]

    assert done["taskComplete"]["task"] == {
        "state": "DONE",
        "outcome": "They agree.",
        "doneBy": patron.prepared.actor.subject,
    }
    assert again["userErrors"][0]["code"] == "CONFLICT"


async def test_the_timeline_has_tasks_and_contacts_and_knowledge_in_one_statement(patron: Patron) -> None:
    theirs = await customer(patron)
    await task(patron, customerId=theirs)
    await patron.data(
        """mutation M($c: ID!) { touchpointLog(input: { customerId: $c, channel: PHONE, direction: OUTBOUND,
            topic: "Asked how it goes" }) { touchpoint { id } } }""",
        {"c": theirs},
    )
    query = """query T($id: ID!) { customer(id: $id) { timeline(first: 10) { nodes {
        __typename occurredAt summary ... on Task { state } ... on Touchpoint { channel agent } } } } }"""

    nodes = (await patron.data(query, {"id": theirs}))["customer"]["timeline"]["nodes"]

    assert len(patron.statements) == 1
    assert [node["__typename"] for node in nodes] == ["Touchpoint", "Task"]
    assert nodes[0]["agent"] == patron.prepared.actor.subject


async def test_a_list_of_calls_costs_the_same_statements_for_one_customer_and_for_twenty(patron: Patron) -> None:
    query = '{ dailyCallList(owner: "ada", n: 50) { considered entries { customerId score } } }'
    await task(patron, customerId=await customer(patron))
    with counted_statements() as few:
        await patron.data(query)
    for number in range(19):
        await task(patron, customerId=await customer(patron, f"Engines {number}"))

    with counted_statements() as many:
        listed = (await patron.data(query))["dailyCallList"]

    assert (listed["considered"], len(listed["entries"])) == (20, 20)
    assert len(many) == len(few)


async def test_numbers_beyond_their_bounds_are_refused(patron: Patron) -> None:
    for question in (
        'dailyCallList(owner: "ada", n: 51) { on }',
        'dailyCallList(owner: "ada", stuckAfterDays: 0) { on }',
    ):
        answer = await patron.ask(f"{{ {question} }}")
        assert answer["errors"][0]["extensions"]["code"] == "INVALID_INPUT"
    span = 'from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z"'
    for more in ("windowDays: 0", "windowDays: 91", "first: 201"):
        answer = await patron.ask(f"{{ contactConflicts({span}, {more}) {{ customerId }} }}")
        assert answer["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


async def test_who_may_not_see_money_gets_a_list_without_it_and_who_sees_own_rows_only_those(patron: Patron) -> None:
    theirs = await customer(patron)
    await task(patron, customerId=theirs)
    await patron.data(
        """mutation M($c: ID!) { transactionRecord(input: { customerId: $c, kind: SALE,
            amount: { amount: "10.00", currencyCode: "EUR" }, idempotencyKey: "k" }) { transaction { id } userErrors { code } } }""",
        {"c": theirs},
    )
    query = '{ dailyCallList(owner: "ada") { entries { customerId reasons { code } } } }'
    actor = patron.prepared.actor
    receptionist = replace(actor, roles=("receptionist",), scopes=())
    limited = replace(actor, rows=frozenset({"own"}))
    portal = Actor(patron.prepared.tenant_id, "eve", "user", roles=("customer_portal",))

    mine = (await patron.data(query))["dailyCallList"]["entries"]
    theirs_ = (await patron.ask(query, actor=receptionist))["data"]["dailyCallList"]["entries"]
    nobodys = (await patron.ask(query, actor=limited))["data"]["dailyCallList"]["entries"]
    unknown = await patron.ask(query, actor=portal)

    assert [reason["code"] for reason in mine[0]["reasons"]] == ["TASK_DUE", "VALUE"]
    assert [reason["code"] for reason in theirs_[0]["reasons"]] == ["TASK_DUE"]
    assert nobodys == []
    assert "data" not in unknown  # whom to call is not shown to those who are called


async def test_plans_are_found_by_what_is_overdue_in_one_statement(patron: Patron) -> None:
    await customer(patron)
    await patron.data(
        'mutation { cadenceDefine(input: { name: "Monthly", everyDays: 30, owner: "ada" }) { cadence { id } } }'
    )
    patron.prepared.clock.advance(dt.timedelta(days=40))
    await patron.prepared.do(lambda uow: plan_contacts(Step(arguments={}, state={}, done=0), uow))
    query = """query Gaps($now: DateTime!) { contactPlans(where: { nextTouchDue: { lt: $now } }) { nodes {
        customer { displayName owner } cadence { name everyDays } lastContactAt gapSince task { state assignee } } } }"""

    (gap,) = (await patron.data(query, {"now": patron.prepared.clock.now().isoformat()}))["contactPlans"]["nodes"]

    assert len(patron.statements) == 1
    assert (gap["cadence"]["everyDays"], gap["lastContactAt"]) == (30, None)
    assert gap["task"] == {"state": "OPEN", "assignee": "ada"}
