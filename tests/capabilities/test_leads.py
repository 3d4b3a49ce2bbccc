"""Leads over GraphQL, on both databases: ranked with reasons, answered within minutes, moved to buy, converted once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from patron_core.hookspecs import Step
from patron_core.leads.responding import note_late_leads
from patron_core.plugins import Plugins
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import NOON
from patron_schema.testing.service import Patron

RECEIVE = """mutation Receive($input: LeadReceiveInput!) {
  leadReceive(input: $input) {
    lead { id version state score firstResponseDueAt motivation motivators(first: 5) { nodes { name } } }
    userErrors { code message path } } }"""
RANKED = """{ leads(first: 10, where: { state: { in: [NEW, WORKING, QUALIFIED] } },
                    orderBy: [{ field: SCORE, direction: DESC }]) {
  totalCount
  nodes { id familyName score
    scoreFactors(first: 10, orderBy: [{ field: POINTS, direction: DESC }]) { nodes { code points most reason } } } } }"""
FIGURE = "value applicable reason sampleSize method inputs { name value rows ids }"
RESPONSE = f"""query Response($from: DateTime!, $to: DateTime!) {{ leadResponse(from: $from, to: $to) {{
  medianMinutes {{ {FIGURE} }} p90Minutes {{ {FIGURE} }} shareInTime {{ {FIGURE} }} }} }}"""
RESPOND = """mutation Respond($id: ID!) { leadRespond(input: { id: $id }) {
  lead { state respondedAt responseMinutes breachedAt } userErrors { code } } }"""
CONVERT = """mutation Convert($id: ID!) {
  leadConvert(input: { id: $id, opportunity: { name: "A bicycle" } }) {
    lead { state customer { id displayName } opportunity { name motivation stage { code } }
      party { id consents { nodes { purpose status } } } }
    userErrors { code message path } } }"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def received(patron: Patron, name: str, **given: Any) -> dict[str, Any]:
    """A lead of a person."""
    values = {"familyName": name, "source": "form", "channel": "WEB", **given}
    payload = (await patron.data(RECEIVE, {"input": values}))["leadReceive"]
    assert payload["userErrors"] == []
    lead: dict[str, Any] = payload["lead"]
    return lead


async def test_capability_47_leads_are_ranked_by_a_score_with_its_reasons(patron: Patron) -> None:
    plain = await received(patron, "Plain")
    best = await received(
        patron,
        "Best",
        channel="PHONE",
        phone="+41446681800",
        interest="A bicycle",
        budget={"amount": "900.00", "currencyCode": "EUR"},
        decisionOn=str(NOON.date() + dt.timedelta(days=20)),
    )

    found = (await patron.data(RANKED))["leads"]
    assert len(patron.statements) == 1
    rank = (await patron.data(f'{{ leadRank(leadId: "{plain["id"]}") {{ {FIGURE} }} }}'))["leadRank"]

    assert [(lead["familyName"], lead["score"]) for lead in found["nodes"]] == [("Best", 80), ("Plain", 5)]
    factors = found["nodes"][0]["scoreFactors"]["nodes"]
    assert sum(each["points"] for each in factors) == best["score"] == 80
    assert factors[0] == {"code": "BUDGET", "points": 25, "most": 25, "reason": "A budget is named."}
    assert (rank["value"], rank["inputs"][0]["ids"]) == ("2", [plain["id"]])


async def test_capability_48_a_lead_is_answered_within_minutes_or_told_once_as_late(patron: Patron) -> None:
    target = """mutation { leadResponseTargetSet(input: { channel: WEB, minutes: 15 }) {
        leadResponseTarget { minutes } userErrors { code } } }"""
    await patron.data(target)
    kept, late = await received(patron, "Kept"), await received(patron, "Late")
    assert kept["firstResponseDueAt"] == "2026-03-14T12:15:00.000000Z"
    patron.prepared.clock.advance(dt.timedelta(minutes=10))
    answered = (await patron.data(RESPOND, {"id": kept["id"]}))["leadRespond"]["lead"]

    patron.prepared.clock.advance(dt.timedelta(minutes=10))
    for _ in range(2):
        await patron.prepared.do(lambda uow: note_late_leads(Step(arguments={}, state={}, done=0), uow))
    events = await patron.data(
        "{ leads(where: { breachedAt: { isNull: false } }) { totalCount nodes { id breachedAt } } }"
    )
    figures = (await patron.data(RESPONSE, {"from": "2026-03-14T00:00:00Z", "to": "2026-03-15T00:00:00Z"}))[
        "leadResponse"
    ]

    assert (answered["state"], answered["responseMinutes"], answered["breachedAt"]) == ("WORKING", 10, None)
    assert events["leads"] == {
        "totalCount": 1,
        "nodes": [{"id": late["id"], "breachedAt": "2026-03-14T12:20:00.000000Z"}],
    }
    assert (figures["medianMinutes"]["value"], figures["p90Minutes"]["value"]) == ("10", "10")
    assert (figures["shareInTime"]["value"], figures["shareInTime"]["sampleSize"]) == ("0.5000", 2)
    empty = (await patron.data(RESPONSE, {"from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00Z"}))[
        "leadResponse"
    ]
    assert (empty["medianMinutes"]["value"], empty["medianMinutes"]["applicable"]) == (None, False)


async def test_capability_49_why_somebody_buys_is_known_and_grouped(patron: Patron) -> None:
    await received(patron, "Thinker", motivation="LOGIC", motivators=["price", "warranty"])
    await received(patron, "Wisher", motivation="IMPULSE", motivators=["colour"])
    await received(patron, "Both", motivation="MIXED")

    groups = (
        await patron.data(
            "{ leadsAggregate(groupBy: [{ field: MOTIVATION }]) { key { motivation } count average { score } } }"
        )
    )["leadsAggregate"]
    assert len(patron.statements) == 1
    moved = (
        await patron.data(
            """{ leads(where: { motivators: { some: { name: { eq: "price" } } } }) { nodes { familyName motivation
                 motivators { nodes { name } } } } }"""
        )
    )["leads"]["nodes"]
    assert len(patron.statements) == 1

    assert sorted((each["key"]["motivation"], each["count"]) for each in groups) == [
        ("IMPULSE", 1),
        ("LOGIC", 1),
        ("MIXED", 1),
    ]
    assert [(lead["familyName"], len(lead["motivators"]["nodes"])) for lead in moved] == [("Thinker", 2)]


async def test_a_lead_becomes_a_customer_and_a_deal_with_what_it_agreed_to(patron: Patron) -> None:
    lead = await received(patron, "Lovelace", sourceKey="7", motivation="LOGIC", consents=[{"purpose": "MARKETING"}])
    same = await received(patron, "Somebody else", sourceKey="7")

    first = (await patron.data(CONVERT, {"id": lead["id"]}))["leadConvert"]
    again = (await patron.data(CONVERT, {"id": lead["id"]}))["leadConvert"]

    assert same["id"] == lead["id"]
    assert (first["userErrors"], again) == ([], first)
    made = first["lead"]
    assert (made["state"], made["customer"]["displayName"]) == ("CONVERTED", "Lovelace")
    assert made["opportunity"] == {"name": "A bicycle", "motivation": "LOGIC", "stage": {"code": "QUALIFY"}}
    assert made["party"]["consents"]["nodes"] == [{"purpose": "MARKETING", "status": "GIVEN"}]
