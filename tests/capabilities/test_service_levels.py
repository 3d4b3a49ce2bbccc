"""Levels of service over GraphQL, on both databases: the floor, who has which and why, fairness, channels, and the portal."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests.core.statements import counted_statements

from patron_core.hookspecs import Step
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.service_levels.assigning import apply_all_rules
from patron_schema.compose.commands import decode_id
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import NOON
from patron_schema.testing.service import Patron

DEFINE = """mutation Define($input: ServiceLevelDefineInput!) {
  serviceLevelDefine(input: $input) { serviceLevel { id version code rank isFloor } userErrors { code message path } } }"""
RULE = """mutation Rule($input: ServiceLevelRuleDefineInput!) {
  serviceLevelRuleDefine(input: $input) { serviceLevelRule { id version } userErrors { code message path } } }"""
ASSIGN = """mutation Assign($customer: ID!, $level: ID!, $reason: String!) {
  serviceLevelAssign(input: { customerId: $customer, serviceLevelId: $level, reason: $reason }) {
    serviceLevelAssignment { id version assignedBy reason serviceLevel { code } } userErrors { code message path } } }"""
SALE = """mutation Sale($customer: ID!, $amount: Decimal!, $at: DateTime) {
  transactionRecord(input: { customerId: $customer, kind: SALE, occurredAt: $at,
    amount: { amount: $amount, currencyCode: "EUR" } }) { transaction { id } userErrors { message } } }"""
EXPLAIN = """query Explain($customer: ID!) { serviceLevelExplanation(customerId: $customer) {
  levelCode levelRank origin reason decidedBy nextLevelCode
  rules { ruleCode levelCode holds measured { value unit applicable method money { amount } } missing { value applicable } } } }"""
FLOOR = {
    "code": "FLOOR",
    "name": "Everybody",
    "rank": 0,
    "targets": [{"severity": "NORMAL", "firstResponseMinutes": 480, "resolutionMinutes": 2880}],
    "entitlements": [{"code": "HELPLINE", "name": "A helpline"}, {"code": "VISITS", "name": "Visits", "quantity": "1"}],
}
GOLD: dict[str, Any] = {
    "code": "GOLD",
    "name": "Gold",
    "rank": 10,
    "targets": [{"severity": "NORMAL", "firstResponseMinutes": 60, "resolutionMinutes": 480}],
    "entitlements": [
        {"code": "HELPLINE", "name": "A helpline"},
        {"code": "VISITS", "name": "Visits", "quantity": "4"},
        {"code": "SELF_SERVICE_DATA", "name": "Your own figures"},
    ],
}


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def customer(patron: Patron, name: str, **more: str) -> dict[str, Any]:
    """A new customer, a company."""
    query = """mutation C($input: CustomerCreateInput!) { customerCreate(input: $input) {
      customer { id party { id } } userErrors { message } } }"""
    made = await patron.data(query, {"input": {"organization": {"legalName": name}, **more}})
    found: dict[str, Any] = made["customerCreate"]["customer"]
    return found


async def levels(patron: Patron, *defined: dict[str, Any]) -> dict[str, str]:
    """The ids of levels that are defined, by code."""
    made = [(await patron.data(DEFINE, {"input": each}))["serviceLevelDefine"] for each in defined or (FLOOR, GOLD)]
    return {each["serviceLevel"]["code"]: each["serviceLevel"]["id"] for each in made}


async def gold_for(patron: Patron, gold: str, amount: str = "1000.00") -> None:
    """Gold for whoever bought that much within a year."""
    rule = {"code": "BIG", "serviceLevelId": gold, "metric": "VOLUME"}
    await patron.data(RULE, {"input": {**rule, "amount": {"amount": amount, "currencyCode": "EUR"}}})


async def sell(patron: Patron, to: dict[str, Any], *amounts: str, days_ago: int = 1) -> None:
    """Sales to a customer."""
    for amount in amounts:
        at = (NOON - dt.timedelta(days=days_ago)).isoformat()
        await patron.data(SALE, {"customer": to["id"], "amount": amount, "at": at})


async def apply(patron: Patron) -> None:
    """Runs the job that gives levels."""
    await patron.prepared.do(lambda uow: apply_all_rules(Step(arguments={}, state={}, done=0), uow))


def portal(patron: Patron, who: dict[str, Any]) -> Actor:
    """A customer in the portal."""
    party = who["party"]["id"]
    prefix = party.split("_")[0]
    return Actor(
        patron.prepared.tenant_id, "portal", "user", roles=("customer_portal",), party_id=decode_id(party, prefix)
    )


async def test_capability_38_no_level_falls_below_the_floor(patron: Patron) -> None:
    early = (await patron.data(DEFINE, {"input": GOLD}))["serviceLevelDefine"]
    assert early["userErrors"][0]["code"] == "CONFLICT"
    ids = await levels(patron)

    worse = {**GOLD, "code": "TIN", "rank": 5, "entitlements": GOLD["entitlements"][1:]}
    worse["targets"] = [{"severity": "NORMAL", "firstResponseMinutes": 481, "resolutionMinutes": 2881}]
    refused = (await patron.data(DEFINE, {"input": worse}))["serviceLevelDefine"]
    raised = await patron.data(
        """mutation U($id: ID!) { serviceLevelUpdate(input: { id: $id, version: 1, entitlements: [
          { code: "HELPLINE", name: "A helpline" }, { code: "VISITS", name: "Visits" }] }) {
            serviceLevel { id } userErrors { code message } } }""",
        {"id": ids["FLOOR"]},
    )

    (error,) = refused["userErrors"]
    assert refused["serviceLevel"] is None
    assert "TIN: entitlement HELPLINE, first response NORMAL, resolution NORMAL" in error["message"]
    assert "GOLD: entitlement VISITS" in raised["serviceLevelUpdate"]["userErrors"][0]["message"]
    shown = await patron.data(
        """{ serviceLevels(orderBy: [{ field: RANK, direction: ASC }]) { nodes { code rank isFloor
          targets { nodes { severity firstResponseMinutes } } entitlements(orderBy: [{ field: CODE }]) { nodes { code quantity } } } } }"""
    )
    assert len(patron.statements) == 1
    assert [(level["code"], level["isFloor"]) for level in shown["serviceLevels"]["nodes"]] == [
        ("FLOOR", True),
        ("GOLD", False),
    ]
    assert shown["serviceLevels"]["nodes"][0]["entitlements"]["nodes"][1]["quantity"] == "1.000"


async def test_capability_38_a_level_is_given_with_a_reason_and_kept_in_the_history(patron: Patron) -> None:
    ids = await levels(patron)
    who = await customer(patron, "Engines")
    bare = await patron.data(ASSIGN, {"customer": who["id"], "level": ids["GOLD"], "reason": " "})
    assert bare["serviceLevelAssign"]["userErrors"][0]["code"] == "INVALID_INPUT"
    given = (await patron.data(ASSIGN, {"customer": who["id"], "level": ids["GOLD"], "reason": "A pilot."}))[
        "serviceLevelAssign"
    ]["serviceLevelAssignment"]
    await patron.data(
        """mutation R($id: ID!) { serviceLevelRelease(input: { id: $id, version: 1, reason: "It is over." }) {
          serviceLevelAssignment { id } userErrors { message } } }""",
        {"id": given["id"]},
    )

    shown = await patron.data(
        """query H($id: ID!) { customers(where: { id: { eq: $id } }) { nodes { service { serviceLevel { code } }
          serviceLevelAssignments { nodes { serviceLevel { code } origin reason assignedBy validity { from to } } } } } }""",
        {"id": who["id"]},
    )

    assert len(patron.statements) == 1
    (found,) = shown["customers"]["nodes"]
    history = found["serviceLevelAssignments"]["nodes"]
    assert [(each["serviceLevel"]["code"], each["origin"]) for each in history] == [
        ("GOLD", "MANUAL"),
        ("FLOOR", "RULE"),
    ]
    assert history[0]["validity"]["to"] == history[1]["validity"]["from"]
    assert (history[0]["reason"], history[0]["assignedBy"]) == ("A pilot.", patron.prepared.actor.subject)
    assert found["service"]["serviceLevel"]["code"] == "FLOOR"


async def test_capability_39_volume_gives_a_level_that_answers_faster_and_opens_own_figures(patron: Patron) -> None:
    ids = await levels(patron)
    await gold_for(patron, ids["GOLD"])
    big, small = await customer(patron, "Big"), await customer(patron, "Small")
    await sell(patron, big, "600.00", "600.00")
    await sell(patron, small, "200.00")
    await sell(patron, small, "5000.00", days_ago=400)

    await apply(patron)
    locked = await patron.data("{ myInsights { unlocked months { purchases } } }", actor=portal(patron, small))
    opened = await patron.data(
        "{ myInsights { unlocked months { purchases amount { amount } } } }", actor=portal(patron, big)
    )
    cases = [
        (
            await patron.data(
                """mutation O($id: ID!) { caseOpen(input: { customerId: $id, kind: REQUEST, topic: "A claim" }) {
                  case { occurredAt responseDueAt serviceLevel { code } } } }""",
                {"id": each["id"]},
            )
        )["caseOpen"]["case"]
        for each in (big, small)
    ]

    assert locked["myInsights"] == {"unlocked": False, "months": []}
    assert opened["myInsights"] == {"unlocked": True, "months": [{"purchases": 2, "amount": {"amount": "1200.00"}}]}
    waits = [dt.datetime.fromisoformat(c["responseDueAt"]) - dt.datetime.fromisoformat(c["occurredAt"]) for c in cases]
    assert waits == [dt.timedelta(minutes=60), dt.timedelta(minutes=480)]
    explained = (await patron.data(EXPLAIN, {"customer": small["id"]}))["serviceLevelExplanation"]
    assert (explained["levelCode"], explained["nextLevelCode"]) == ("FLOOR", "GOLD")
    (rule,) = explained["rules"]
    assert (rule["holds"], rule["measured"]["value"], rule["missing"]["value"]) == (False, "200.00", "800.00")


async def test_capability_39_a_level_follows_profit_purchases_and_segments(patron: Patron) -> None:
    silver = {**GOLD, "code": "SILVER", "rank": 5}
    ids = await levels(patron, FLOOR, silver, GOLD)
    query = """mutation S { segmentCreate(input: { name: "Engine makers",
      customers: { displayName: { eq: "Member" } } }) { segment { id } userErrors { message path } } }"""
    segment = (await patron.data(query))["segmentCreate"]["segment"]["id"]
    for rule in (
        {"code": "OFTEN", "serviceLevelId": ids["SILVER"], "metric": "PURCHASES", "count": 3},
        {"code": "MEMBER", "serviceLevelId": ids["GOLD"], "metric": "SEGMENT", "segmentId": segment},
    ):
        assert (await patron.data(RULE, {"input": rule}))["serviceLevelRuleDefine"]["userErrors"] == []
    member, often = await customer(patron, "Member"), await customer(patron, "Often")
    await sell(patron, often, "1.00", "1.00", "1.00")
    old = await patron.data(
        """mutation O($customer: ID!) { transactionRecord(input: { customerId: $customer, occurredAt: "2020-01-01T00:00:00Z",
          amount: { amount: "9.00", currencyCode: "EUR" } }) { transaction { id } } }""",
        {"customer": often["id"]},
    )
    await patron.data(  # what is taken back of the years before takes nothing from those of now
        "mutation B($id: ID!) { transactionReverse(input: { id: $id }) { transaction { id } } }",
        {"id": old["transactionRecord"]["transaction"]["id"]},
    )
    await patron.data(
        "mutation R($id: ID!) { segmentRefresh(input: { id: $id }) { segment { memberCount } userErrors { message } } }",
        {"id": segment},
    )

    await apply(patron)

    found = [
        (await patron.data(EXPLAIN, {"customer": each["id"]}))["serviceLevelExplanation"] for each in (member, often)
    ]
    assert [(each["levelCode"], each["origin"]) for each in found] == [("GOLD", "RULE"), ("SILVER", "RULE")]
    assert found[1]["reason"] == "The rule OFTEN holds."
    await apply(patron)  # nothing changes, nothing is written
    history = await patron.data("{ serviceLevelAssignmentsAggregate { count } }")
    assert history["serviceLevelAssignmentsAggregate"] == [{"count": 2}]


async def test_capability_40_who_decided_by_hand_and_how_levels_are_spread_is_shown(patron: Patron) -> None:
    ids = await levels(patron)
    await gold_for(patron, ids["GOLD"])
    friend, big = (
        await customer(patron, "Friend", since="2025-12-01"),
        await customer(patron, "Big", since="2010-01-01"),
    )
    await customer(patron, "Third")
    await sell(patron, big, "2000.00")
    await patron.data(ASSIGN, {"customer": friend["id"], "level": ids["GOLD"], "reason": "A friend of the house."})
    await apply(patron)

    report = (
        await patron.data(
            """{ serviceLevelFairness(days: 90) { shares { levelCode kind age customers byHand }
              deciders { subject assignments aboveFloor } performance { levelCode cases } } }"""
        )
    )["serviceLevelFairness"]
    explained = (await patron.data(EXPLAIN, {"customer": friend["id"]}))["serviceLevelExplanation"]

    assert [(s["levelCode"], s["age"], s["customers"], s["byHand"]) for s in report["shares"]] == [
        ("FLOOR", "UNKNOWN", 1, 0),
        ("GOLD", "OVER_3", 1, 0),
        ("GOLD", "UNDER_1", 1, 1),
    ]
    assert report["deciders"] == [{"subject": patron.prepared.actor.subject, "assignments": 1, "aboveFloor": 1}]
    assert (explained["origin"], explained["reason"]) == ("MANUAL", "A friend of the house.")
    assert explained["rules"][0]["holds"] is False
    some = await patron.ask("{ serviceLevelFairness { asOf } }", actor=portal(patron, friend))
    assert some["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_other_thresholds_are_tried_without_writing(patron: Patron) -> None:
    ids = await levels(patron)
    await gold_for(patron, ids["GOLD"])
    names = {name: await customer(patron, name) for name in ("Big", "Middle", "Small", "Friend")}
    for name, amount in (("Big", "2000.00"), ("Middle", "600.00"), ("Small", "10.00")):
        await sell(patron, names[name], amount)
    await patron.data(ASSIGN, {"customer": names["Friend"]["id"], "level": ids["GOLD"], "reason": "A friend."})
    await apply(patron)
    query = """query S($changes: [ThresholdChangeInput!]!) { serviceLevelChangeSimulate(changes: $changes) {
      customers gaining losing decidedByHand moves { fromLevelCode toLevelCode customers }
      targets { severity responseMinutesBefore responseMinutesAfter } } }"""
    before = await patron.data("{ serviceLevelAssignmentsAggregate { count } }")

    lower = {"ruleCode": "BIG", "amount": {"amount": "500.00", "currencyCode": "EUR"}}
    easier = (await patron.data(query, {"changes": [lower]}))["serviceLevelChangeSimulate"]
    without = (await patron.data(query, {"changes": [{"ruleCode": "BIG", "active": False}]}))[
        "serviceLevelChangeSimulate"
    ]
    unknown = await patron.ask(query, {"changes": [{"ruleCode": "NONE"}]})

    assert (easier["customers"], easier["gaining"], easier["losing"], easier["decidedByHand"]) == (4, 1, 0, 1)
    assert easier["moves"] == [
        {"fromLevelCode": "FLOOR", "toLevelCode": "FLOOR", "customers": 1},
        {"fromLevelCode": "FLOOR", "toLevelCode": "GOLD", "customers": 1},
        {"fromLevelCode": "GOLD", "toLevelCode": "GOLD", "customers": 2},
    ]
    assert easier["targets"] == [
        {"severity": "NORMAL", "responseMinutesBefore": "270.0", "responseMinutesAfter": "165.0"}
    ]
    assert (without["gaining"], without["losing"]) == (0, 1)
    assert unknown["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert await patron.data("{ serviceLevelAssignmentsAggregate { count } }") == before


CHANNEL = """query Ch($customer: ID!, $purpose: ConsentPurpose!) { channelFor(customerId: $customer, purpose: $purpose) {
  channel origin reason considered { channel origin allowed } } }"""


async def test_capability_46_a_policy_of_cheap_channels_overrides_no_wish_and_no_consent(patron: Patron) -> None:
    ids = await levels(patron)
    policy = """mutation P($input: ChannelPolicyDefineInput!) { channelPolicyDefine(input: $input) {
      channelPolicy { id } userErrors { message } } }"""
    cheap = {"position": 1, "serviceLevelId": ids["FLOOR"], "channel": "CHAT", "reason": "Chat is there at once."}
    dear = {"position": 2, "channel": "PHONE", "reason": "We call."}
    for each in (cheap, dear):
        assert (await patron.data(policy, {"input": each}))["channelPolicyDefine"]["userErrors"] == []
    who, silent = await customer(patron, "Wishes"), await customer(patron, "Silent")
    wish = """mutation W($id: ID!, $channel: Channel) { customerServiceUpdate(input: { customerId: $id, preferredChannel: $channel }) {
      customerService { preferredChannel } userErrors { message } } }"""
    await patron.data(wish, {"id": who["id"], "channel": "FIELD"})

    wished = (await patron.data(CHANNEL, {"customer": who["id"], "purpose": "SERVICE"}))["channelFor"]
    offered = (await patron.data(CHANNEL, {"customer": silent["id"], "purpose": "SERVICE"}))["channelFor"]
    forbidden = (await patron.data(CHANNEL, {"customer": who["id"], "purpose": "MARKETING"}))["channelFor"]
    await patron.data(
        """mutation G($party: ID!) {
          consentRecord(input: { partyId: $party, purpose: MARKETING, channel: PHONE }) { userErrors { message } } }""",
        {"party": who["party"]["id"]},
    )
    agreed = (await patron.data(CHANNEL, {"customer": who["id"], "purpose": "MARKETING"}))["channelFor"]

    assert (wished["channel"], wished["origin"]) == ("FIELD", "WISH")
    assert (offered["channel"], offered["origin"]) == ("CHAT", "POLICY")
    assert (forbidden["channel"], len(forbidden["considered"])) == (None, 3)
    assert (agreed["channel"], agreed["origin"]) == ("PHONE", "POLICY")


async def test_capability_46_what_a_customer_said_of_its_channel_is_a_wish_and_what_was_seen_is_none(
    patron: Patron,
) -> None:
    await levels(patron)
    policy = """mutation P($input: ChannelPolicyDefineInput!) { channelPolicyDefine(input: $input) { userErrors { message } } }"""
    await patron.data(policy, {"input": {"position": 1, "channel": "PHONE", "reason": "We call."}})
    note = """mutation N($input: PreferenceNoteInput!) { preferenceNote(input: $input) { userErrors { message } } }"""
    offered = {}
    for name, origin in (("Said", "EXPLICIT"), ("Seen", "INFERRED")):
        who = await customer(patron, name)
        word = {"customerId": who["id"], "key": "CONTACT_CHANNEL", "preferred": "EMAIL", "origin": origin}
        assert (await patron.data(note, {"input": word}))["preferenceNote"]["userErrors"] == []
        found = (await patron.data(CHANNEL, {"customer": who["id"], "purpose": "SERVICE"}))["channelFor"]
        offered[name] = (found["channel"], found["origin"])

    assert offered == {"Said": ("EMAIL", "WISH"), "Seen": ("PHONE", "POLICY")}


INSIGHTS = """{ myInsights(months: 6) { customerId unlocked serviceLevel { levelCode rules { ruleCode measured { value } } }
  entitlements { code quantity } targets { severity firstResponseMinutes } months { month purchases amount { amount } }
  cases { topic state } renewals { contractNumber noticeBy } } }"""


async def test_capability_12_a_client_manages_itself_by_its_own_figures(patron: Patron) -> None:
    ids = await levels(patron)
    await gold_for(patron, ids["GOLD"])
    who = await customer(patron, "Engines")
    await sell(patron, who, "700.00", "800.00")
    await sell(patron, who, "90.00", days_ago=40)
    await sell(patron, who, "9999.00", days_ago=300)
    await apply(patron)
    await patron.data(
        """mutation O($id: ID!) { caseOpen(input: { customerId: $id, kind: QUESTION, topic: "Which oil?" }) { case { id } } }""",
        {"id": who["id"]},
    )

    with counted_statements() as statements:
        mine = (await patron.data(INSIGHTS, actor=portal(patron, who)))["myInsights"]

    assert mine["customerId"] == who["id"]
    assert mine["months"] == [
        {"month": "2026-03-01", "purchases": 2, "amount": {"amount": "1500.00"}},
        {"month": "2026-02-01", "purchases": 1, "amount": {"amount": "90.00"}},
    ]
    assert mine["serviceLevel"]["levelCode"] == "GOLD"
    assert mine["serviceLevel"]["rules"] == [{"ruleCode": "BIG", "measured": {"value": "11589.00"}}]
    assert [each["code"] for each in mine["entitlements"]] == ["HELPLINE", "SELF_SERVICE_DATA", "VISITS"]
    assert mine["cases"] == [{"topic": "Which oil?", "state": "NEW"}]
    assert len(statements) <= 20


async def test_capability_19_even_the_customer_sees_information_and_nothing_of_others(patron: Patron) -> None:
    ids = await levels(patron)
    ann, bob = await customer(patron, "Ann's Engines"), await customer(patron, "Bob's Boats")
    for each in (ann, bob):
        await sell(patron, each, "5.00")
        await patron.data(ASSIGN, {"customer": each["id"], "level": ids["GOLD"], "reason": "A secret of the house."})
        await patron.data(
            """mutation O($id: ID!, $t: String!) { caseOpen(input: { customerId: $id, kind: COMPLAINT, topic: $t }) { case { id } } }""",
            {"id": each["id"], "t": "Late"},
        )
    actor = portal(patron, ann)

    mine = (await patron.data(INSIGHTS, actor=actor))["myInsights"]
    rows = await patron.data(
        """{ cases { totalCount nodes { customer { displayName } } } serviceLevelAssignments { totalCount }
          customers { nodes { displayName service { serviceLevel { code } } } } transactions { totalCount } }""",
        actor=actor,
    )
    others = [
        await patron.ask(query, {"customer": bob["id"], "purpose": "SERVICE"}, actor=actor)
        for query in (EXPLAIN.replace("$customer: ID!", "$customer: ID!, $purpose: ConsentPurpose"), CHANNEL)
    ]
    whole = [await patron.ask(query, actor=actor) for query in ("{ serviceLevelFairness { asOf } }",)]
    hidden = [
        await patron.ask(query, actor=actor)
        for query in (
            "{ channelPolicies { totalCount } }",
            "{ serviceLevelRules { totalCount } }",
            "{ serviceLevelChangeSimulate(changes: []) { customers } }",
        )
    ]
    stranger = await patron.ask(INSIGHTS)

    assert mine["customerId"] == ann["id"]
    assert [row["customer"]["displayName"] for row in rows["cases"]["nodes"]] == ["Ann's Engines"]
    assert (rows["serviceLevelAssignments"]["totalCount"], rows["transactions"]["totalCount"]) == (1, 1)
    assert [row["displayName"] for row in rows["customers"]["nodes"]] == ["Ann's Engines"]
    assert "Bob" not in str((mine, rows, others, whole))
    assert [codes(each) for each in (*whole, stranger)] == [["FORBIDDEN"], ["FORBIDDEN"]]
    assert codes(others[1]) == ["NOT_FOUND"]
    assert all(codes(each) == ["GRAPHQL_VALIDATION_FAILED"] for each in hidden)


def codes(answer: dict[str, Any]) -> list[str]:
    """The codes of an answer's errors."""
    return [error["extensions"]["code"] for error in answer["errors"]]
