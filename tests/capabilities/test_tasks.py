"""Contacts and what is around them: channels, knowledge, rhythms, reminders, calls to make, reviews, conflicts; both databases."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests.core.statements import counted_statements

from patron_core.hookspecs import Step
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.tasks.plans import plan_contacts, remind_of_tasks
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import NOON
from patron_schema.testing.service import Patron

FIRST = Step(arguments={}, state={}, done=0)
CUSTOMER = """mutation Customer($name: String!, $owner: String) {
  customerCreate(input: { organization: { legalName: $name }, owner: $owner }) { customer { id party { id } } } }"""
CONTACT = """mutation Contact($input: TouchpointLogInput!) {
  touchpointLog(input: $input) { touchpoint { id customer { id } } userErrors { code message path } } }"""
CHANNEL = """mutation Channel($code: String!, $kind: Channel!, $cost: MoneyInput) {
  channelDefine(input: { code: $code, kind: $kind, name: "Ours", unitCost: $cost }) {
    channelDefinition { id version } userErrors { code } } }"""
TASK = """mutation Task($input: TaskCreateInput!) {
  taskCreate(input: $input) { task { id version state assignee team } userErrors { code message path } } }"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def customer(patron: Patron, name: str = "Engines", owner: str | None = "ada") -> str:
    made: str = (await patron.data(CUSTOMER, {"name": name, "owner": owner}))["customerCreate"]["customer"]["id"]
    return made


async def contact(patron: Patron, **given: Any) -> dict[str, Any]:
    values = {"channel": "PHONE", "direction": "OUTBOUND", "topic": "Asked how it goes", **given}
    made: dict[str, Any] = (await patron.data(CONTACT, {"input": values}))["touchpointLog"]
    return made


async def task(patron: Patron, **given: Any) -> dict[str, Any]:
    values = {"title": "Call back", "dueAt": (NOON - dt.timedelta(days=3)).isoformat(), **given}
    made: dict[str, Any] = (await patron.data(TASK, {"input": values}))["taskCreate"]["task"]
    return made


async def asked(patron: Patron, query: str, variables: dict[str, Any]) -> tuple[Any, list[str]]:
    """The data of a field that is resolved in Python, and the statements that read for it."""
    with counted_statements() as statements:
        data = await patron.data(query, variables)
    return data, [each for each in statements if " FROM " in each.replace("\n", " ")]


def days(count: int) -> str:
    return (NOON + dt.timedelta(days=count)).isoformat()


async def test_capability_02_the_mix_of_channels_with_what_each_cost(patron: Patron) -> None:
    theirs = await customer(patron)
    lines = {}
    for code, kind, cost in (("HOTLINE", "PHONE", ("4.50", "EUR")), ("LONDON", "STORE", ("6.00", "GBP"))):
        money = {"amount": cost[0], "currencyCode": cost[1]}
        made = await patron.data(CHANNEL, {"code": code, "kind": kind, "cost": money})
        lines[code] = made["channelDefine"]["channelDefinition"]["id"]
    for _ in range(2):
        await contact(patron, customerId=theirs, channelDefinitionId=lines["HOTLINE"])
    await contact(patron, customerId=theirs, channel="STORE", channelDefinitionId=lines["LONDON"])
    await contact(patron, channel="EMAIL")
    await contact(patron, channel="EMAIL", occurredAt=days(-50))
    query = """query Mix($from: DateTime!, $to: DateTime!, $customer: ID) {
      channelMix(from: $from, to: $to, customerId: $customer) {
        contacts
        shares { channel code contacts share { value } cost { money { amount currencyCode } applicable reason } }
        costs { money { amount currencyCode } sampleSize method inputs { name ids rows } }
      }
    }"""

    data, statements = await asked(patron, query, {"from": days(-30), "to": days(1)})
    mix = data["channelMix"]
    assert len(statements) == 1
    of_one = (await patron.data(query, {"from": days(-30), "to": days(1), "customer": theirs}))["channelMix"]

    assert (mix["contacts"], of_one["contacts"]) == (4, 3)
    first, *rest = mix["shares"]
    assert (first["code"], first["contacts"], first["share"]["value"]) == ("HOTLINE", 2, "0.5000")
    assert first["cost"]["money"] == {"amount": "9.00", "currencyCode": "EUR"}
    mail = next(share for share in rest if share["channel"] == "EMAIL")
    assert (mail["code"], mail["cost"]["applicable"], mail["cost"]["reason"]) == (None, False, "No unit cost is known.")
    assert [cost["money"] for cost in mix["costs"]] == [
        {"amount": "9.00", "currencyCode": "EUR"},
        {"amount": "6.00", "currencyCode": "GBP"},
    ]
    assert mix["costs"][0]["inputs"] == [{"name": "HOTLINE", "ids": [lines["HOTLINE"]], "rows": 2}]
    counted = await patron.data("{ touchpointsAggregate(groupBy: { field: CHANNEL }) { key { channel } count } }")
    assert len(patron.statements) == 1
    assert {group["key"]["channel"]: group["count"] for group in counted["touchpointsAggregate"]} == {
        "EMAIL": 2,
        "PHONE": 2,
        "STORE": 1,
    }


async def test_capability_10_who_finished_what_we_teach(patron: Patron) -> None:
    keen, slow = await customer(patron), await customer(patron, "Bridges")
    write = """mutation { knowledgeWrite(input: { code: "TORQUE", title: "About torque", kind: COURSE, language: "en",
        url: "https://learn.example.com/torque" }) { knowledgeAsset { id version edition state } userErrors { code } } }"""
    publish = """mutation P($id: ID!, $version: Int!) { knowledgePublish(input: { id: $id, version: $version }) {
        knowledgeAsset { state edition } userErrors { code } } }"""
    deliver = """mutation D($asset: ID!, $customer: ID!) { knowledgeDeliver(input: { assetId: $asset,
        customerId: $customer, channel: EMAIL }) { knowledgeDelivery { id version } userErrors { code path } } }"""
    progress = """mutation N($id: ID!, $at: DateTime!) { knowledgeProgressNote(input: { id: $id, version: 1,
        finishedAt: $at }) { knowledgeDelivery { openedAt finishedAt } userErrors { code } } }"""
    asset = (await patron.data(write))["knowledgeWrite"]["knowledgeAsset"]
    early = (await patron.data(deliver, {"asset": asset["id"], "customer": keen}))["knowledgeDeliver"]
    assert early["userErrors"] == [{"code": "CONFLICT", "path": ["input", "assetId"]}]
    published = await patron.data(publish, {"id": asset["id"], "version": asset["version"]})
    assert published["knowledgePublish"]["knowledgeAsset"] == {"state": "PUBLISHED", "edition": 1}
    given = [
        (await patron.data(deliver, {"asset": asset["id"], "customer": each}))["knowledgeDeliver"]["knowledgeDelivery"]
        for each in (keen, slow)
    ]
    noted = (await patron.data(progress, {"id": given[0]["id"], "at": NOON.isoformat()}))["knowledgeProgressNote"]
    assert noted["knowledgeDelivery"]["openedAt"] == noted["knowledgeDelivery"]["finishedAt"]

    who = await patron.data(
        """{ knowledgeAssets(where: { code: { eq: "TORQUE" }, state: { eq: PUBLISHED } }) { nodes { title
              finished: deliveries(where: { finishedAt: { isNull: false } }) { totalCount
                nodes { customer { displayName } finishedAt } }
              waiting: deliveries(where: { finishedAt: { isNull: true } }) { nodes { customer { displayName } } } } } }"""
    )

    assert len(patron.statements) == 1
    (shown,) = who["knowledgeAssets"]["nodes"]
    assert (shown["finished"]["totalCount"], shown["finished"]["nodes"][0]["customer"]["displayName"]) == (1, "Engines")
    assert [each["customer"]["displayName"] for each in shown["waiting"]["nodes"]] == ["Bridges"]


async def test_capability_11_a_gap_in_contact_is_told_once_and_closed_by_a_contact(patron: Patron) -> None:
    theirs = await customer(patron)
    await patron.data(
        'mutation { cadenceDefine(input: { name: "Monthly", everyDays: 30, channel: PHONE }) { cadence { id } } }'
    )
    await contact(patron, customerId=theirs)
    query = """query Plan($id: ID!) { customer(id: $id) { contactPlan { nextTouchDue lastContactAt gapSince
        cadence { name } task { id title state dueAt assignee } } } }"""

    async def planned() -> list[str]:
        outcome = await patron.prepared.execute(lambda uow: plan_contacts(FIRST, uow))
        return [committed.event.type for committed in outcome.events]

    assert await planned() == []
    plan = (await patron.data(query, {"id": theirs}))["customer"]["contactPlan"]
    assert plan["nextTouchDue"].startswith((NOON + dt.timedelta(days=30)).strftime("%Y-%m-%dT%H:%M"))
    assert (plan["cadence"]["name"], plan["gapSince"], plan["task"]) == ("Monthly", None, None)
    patron.prepared.clock.advance(dt.timedelta(days=33))
    assert sorted(await planned()) == ["contact_gap.opened", "task.created"]
    assert await planned() == []
    overdue = (await patron.data(query, {"id": theirs}))["customer"]["contactPlan"]
    assert (overdue["task"]["state"], overdue["task"]["assignee"]) == ("OPEN", "ada")

    await contact(patron, customerId=theirs)

    closed = (await patron.data(query, {"id": theirs}))["customer"]["contactPlan"]
    assert len(patron.statements) == 1
    assert closed["gapSince"] is None
    assert closed["nextTouchDue"].startswith((NOON + dt.timedelta(days=63)).strftime("%Y-%m-%d"))


async def test_capability_17_a_reminder_is_told_once_when_it_is_due(patron: Patron) -> None:
    theirs = await customer(patron)
    due = await task(patron, customerId=theirs, dueAt=days(2), remindAt=days(1))
    update = """mutation Later($id: ID!, $version: Int!, $due: DateTime!) { taskUpdate(input: { id: $id,
        version: $version, dueAt: $due }) { task { remindAt remindedAt version } userErrors { code } } }"""

    async def reminded() -> list[tuple[str, Any]]:
        outcome = await patron.prepared.execute(lambda uow: remind_of_tasks(FIRST, uow))
        return [(committed.event.type, committed.event.customer_id) for committed in outcome.events]

    assert await reminded() == []
    patron.prepared.clock.advance(dt.timedelta(days=1, minutes=1))
    (told,) = await reminded()
    assert (told[0], f"cus_{told[1]}") == ("task.due", theirs)
    assert await reminded() == []

    moved = (await patron.data(update, {"id": due["id"], "version": 2, "due": days(5)}))["taskUpdate"]["task"]
    patron.prepared.clock.advance(dt.timedelta(days=4))

    assert moved["remindedAt"] is None
    assert [type_ for type_, _ in await reminded()] == ["task.due"]


async def test_capability_21_a_contact_of_any_channel_is_taken_in_once(patron: Patron) -> None:
    theirs = await customer(patron)
    channels = ("WEB", "CHAT", "PHONE", "EMAIL", "MAIL", "SOCIAL")
    for _ in range(2):
        for channel in channels:
            inbound = {"channel": channel, "direction": "INBOUND", "source": "inbox", "sourceKey": f"k-{channel}"}
            made = await contact(patron, customerId=theirs, **inbound)
            assert made["userErrors"] == []

    found = await patron.data(
        """query Came($id: ID!) { customer(id: $id) { touchpoints: timeline(first: 20) { nodes { __typename
             ... on Touchpoint { channel source sourceKey } } } }
           touchpoints(where: { source: { eq: "inbox" } }) { totalCount } }""",
        {"id": theirs},
    )

    nodes = found["customer"]["touchpoints"]["nodes"]
    assert sorted(node["channel"] for node in nodes) == sorted(channels)
    assert found["touchpoints"]["totalCount"] == len(channels)


async def test_capability_26_three_customers_to_call_every_day(patron: Patron) -> None:
    query = """query Calls($owner: String!, $n: Int!) {
      dailyCallList(owner: $owner, n: $n) {
        on considered method
        entries { rank customerId score reasons { code points text evidenceIds } }
        leftOut { code customers }
      }
    }"""
    late, dull, deal_, barred, called, other = [
        await customer(patron, name, owner)
        for name, owner in (
            ("Late", "ada"), ("Dull", "ada"), ("Deal", "ada"), ("Barred", "ada"), ("Called", "ada"), ("Other", "bob"),
        )
    ]  # fmt: skip
    urgent = await task(patron, customerId=late, priority="URGENT")
    for each in (dull, barred, called, other):
        await task(patron, customerId=each, priority="LOW")
    opportunity = (
        await patron.data(
            """mutation O($c: ID!, $on: Date!) { opportunityCreate(input: { customerId: $c, name: "Ten engines",
                expectedCloseOn: $on }) { opportunity { id } } }""",
            {"c": deal_, "on": str((NOON + dt.timedelta(days=7)).date())},
        )
    )["opportunityCreate"]["opportunity"]["id"]
    party = (await patron.data("query P($id: ID!) { customer(id: $id) { party { id } } }", {"id": barred}))["customer"]
    await patron.data(
        """mutation W($p: ID!) { consentRecord(input: { partyId: $p, purpose: SERVICE, channel: PHONE, status: DENIED,
            lawfulBasis: CONSENT }) { consent { id } userErrors { code message } } }""",
        {"p": party["party"]["id"]},
    )
    await contact(patron, customerId=called, occurredAt=(NOON - dt.timedelta(hours=2)).isoformat())

    data, statements = await asked(patron, query, {"owner": "ada", "n": 3})
    listed = data["dailyCallList"]
    again = (await patron.data(query, {"owner": "ada", "n": 3}))["dailyCallList"]

    assert len(statements) == 8  # tasks, gaps, complaints, renewals, deals, contacts, consents, purchases
    assert again == listed
    assert [entry["customerId"] for entry in listed["entries"]] == [late, dull, deal_]
    assert [entry["score"] for entry in listed["entries"]] == [63, 33, 25]
    (reason,) = listed["entries"][0]["reasons"]
    assert (reason["code"], reason["points"], reason["evidenceIds"]) == ("TASK_DUE", 63, [urgent["id"]])
    assert listed["entries"][2]["reasons"][0]["evidenceIds"] == [opportunity]
    assert listed["leftOut"] == [{"code": "CONTACTED", "customers": 1}, {"code": "NO_CONSENT", "customers": 1}]
    assert (listed["considered"], listed["on"]) == (5, str(NOON.date()))

    await contact(patron, customerId=late)
    rest = (await patron.data(query, {"owner": "ada", "n": 3}))["dailyCallList"]
    assert [entry["customerId"] for entry in rest["entries"]] == [dull, deal_]


async def test_capability_44_which_of_our_values_are_lived_in_contacts(patron: Patron) -> None:
    review = """mutation Review($id: ID!, $score: Int!, $kept: Boolean!) {
      touchpointReview(input: { touchpointId: $id, score: $score, note: "Listened well.",
        criteria: [{ code: "LISTENS", lived: true }, { code: "KEEPS_PROMISES", lived: $kept }] }) {
        touchpointReview { score agent reviewer } userErrors { code path } } }"""
    theirs = await customer(patron)
    own = (await contact(patron, customerId=theirs))["touchpoint"]["id"]
    of_bob = [
        (await contact(patron, customerId=theirs, agent="bob", channel=channel))["touchpoint"]["id"]
        for channel in ("PHONE", "EMAIL")
    ]

    refused = (await patron.data(review, {"id": own, "score": 100, "kept": True}))["touchpointReview"]
    for id_, score, kept in zip(of_bob, (90, 60), (True, False), strict=True):
        assert (await patron.data(review, {"id": id_, "score": score, "kept": kept}))["touchpointReview"][
            "userErrors"
        ] == []
    twice = (await patron.data(review, {"id": of_bob[0], "score": 10, "kept": True}))["touchpointReview"]

    assert refused["userErrors"] == [{"code": "INVALID_INPUT", "path": ["input", "touchpointId"]}]
    assert twice["userErrors"][0]["code"] == "CONFLICT"
    by_agent = await patron.data(
        """{ touchpointReviewsAggregate(groupBy: [{ field: AGENT }]) { key { agent } count average { score } min { score } } }"""
    )
    assert len(patron.statements) == 1
    (group,) = by_agent["touchpointReviewsAggregate"]
    assert (group["key"]["agent"], group["count"], group["min"]["score"]) == ("bob", 2, 60)
    assert float(group["average"]["score"]) == 75
    by_channel = await patron.data(
        "{ touchpointReviewsAggregate(groupBy: [{ field: TOUCHPOINT_CHANNEL }]) { key { touchpointChannel } count } }"
    )
    assert {each["key"]["touchpointChannel"] for each in by_channel["touchpointReviewsAggregate"]} == {"PHONE", "EMAIL"}
    lived = await patron.data(
        "{ reviewCriteriaAggregate(where: { lived: { eq: true } }, groupBy: { field: CODE }) { key { code } count } }"
    )
    assert {each["key"]["code"]: each["count"] for each in lived["reviewCriteriaAggregate"]} == {
        "LISTENS": 2,
        "KEEPS_PROMISES": 1,
    }


async def test_capability_58_the_history_of_an_account_has_everything_in_its_order(patron: Patron) -> None:
    theirs = await customer(patron)
    await contact(patron, customerId=theirs, occurredAt=days(-9), sentiment="POSITIVE", team="sales")
    await patron.data(
        """mutation S($c: ID!, $at: DateTime!) { transactionRecord(input: { customerId: $c, kind: SALE, occurredAt: $at,
            amount: { amount: "10.00", currencyCode: "EUR" }, idempotencyKey: "k" }) { transaction { id } } }""",
        {"c": theirs, "at": days(-8)},
    )
    made = await task(patron, customerId=theirs, dueAt=days(-5))
    await patron.data(
        """mutation C($id: ID!) { taskComplete(input: { id: $id, version: 1, outcome: "They want more." }) { task { id } } }""",
        {"id": made["id"]},
    )
    asset = (
        await patron.data(
            """mutation { knowledgeWrite(input: { code: "CARE", title: "About care", kind: GUIDE, language: "en",
                body: "Oil it." }) { knowledgeAsset { id } } }"""
        )
    )["knowledgeWrite"]["knowledgeAsset"]["id"]
    await patron.data(
        "mutation P($id: ID!) { knowledgePublish(input: { id: $id, version: 1 }) { userErrors { code } } }",
        {"id": asset},
    )
    await patron.data(
        """mutation D($a: ID!, $c: ID!, $at: DateTime!) { knowledgeDeliver(input: { assetId: $a, customerId: $c,
            occurredAt: $at }) { userErrors { code message } } }""",
        {"a": asset, "c": theirs, "at": days(-2)},
    )
    query = """query History($id: ID!) { customer(id: $id) { displayName timeline(first: 20) { nodes { __typename
        occurredAt summary
        ... on Touchpoint { channel sentiment team } ... on Task { state outcome }
        ... on KnowledgeDelivery { asset { code } finishedAt } ... on Transaction { amount { amount } } } } } }"""

    nodes = (await patron.data(query, {"id": theirs}))["customer"]["timeline"]["nodes"]

    assert len(patron.statements) == 1
    assert [node["__typename"] for node in nodes] == ["Task", "KnowledgeDelivery", "Transaction", "Touchpoint"]
    assert (nodes[0]["outcome"], nodes[1]["summary"], nodes[3]["sentiment"]) == (
        "They want more.",
        "About care",
        "POSITIVE",
    )


async def test_capability_59_two_teams_at_one_customer_within_a_week_are_seen(patron: Patron) -> None:
    theirs, calm = await customer(patron), await customer(patron, "Calm")
    query = """query Conflicts($from: DateTime!, $to: DateTime!, $window: Int) {
      contactConflicts(from: $from, to: $to, windowDays: $window) {
        customerId earlier { id hands at planned } later { id hands at planned }
      }
    }"""
    first = (await contact(patron, customerId=theirs, team="sales", occurredAt=days(-6)))["touchpoint"]["id"]
    second = (await contact(patron, customerId=theirs, team="marketing", occurredAt=days(-2)))["touchpoint"]["id"]
    await contact(patron, customerId=theirs, team="support", direction="INBOUND", occurredAt=days(-4))
    for ago in (-6, -2):
        await contact(patron, customerId=calm, team="sales", occurredAt=days(ago))
    await contact(patron, customerId=calm, team="marketing", occurredAt=days(-30))
    planned = await task(patron, customerId=theirs, dueAt=days(3), team="branch", assignee="bob")
    assert (planned["assignee"], planned["team"]) == ("bob", "branch")

    data, statements = await asked(patron, query, {"from": days(-10), "to": days(10)})
    found = data["contactConflicts"]
    assert len(statements) == 1
    close = (await patron.data(query, {"from": days(-10), "to": days(10), "window": 4}))["contactConflicts"]

    assert {each["customerId"] for each in found} == {theirs}
    assert [(each["earlier"]["id"], each["later"]["id"]) for each in found] == [
        (second, planned["id"]),
        (first, second),
    ]
    assert [each["later"]["planned"] for each in found] == [True, False]
    assert [(each["earlier"]["hands"], each["later"]["hands"]) for each in close] == [("sales", "marketing")]


async def test_capability_59_a_task_goes_to_another_team(patron: Patron) -> None:
    made = await task(patron, customerId=await customer(patron), team="sales")
    analyst = Actor(patron.prepared.tenant_id, "ana", "user", roles=("analyst",))
    give = """mutation Give($id: ID!, $version: Int!) { taskUpdate(input: { id: $id, version: $version, team: "support",
        assignee: "bob" }) { task { team assignee version } userErrors { code } } }"""

    given = (await patron.data(give, {"id": made["id"], "version": made["version"]}))["taskUpdate"]["task"]
    stale = (await patron.data(give, {"id": made["id"], "version": made["version"]}))["taskUpdate"]
    refused = await patron.ask(give, {"id": made["id"], "version": 2}, actor=analyst)

    assert given == {"team": "support", "assignee": "bob", "version": 2}
    assert stale["userErrors"][0]["code"] == "CONFLICT"
    assert refused["errors"][0]["extensions"]["code"] in ("FORBIDDEN", "GRAPHQL_VALIDATION_FAILED")
