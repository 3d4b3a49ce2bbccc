"""Deals over GraphQL, on both databases: the way to care in numbers, the same way for all, what customers can spend, and scenarios."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests.core.statements import counted_statements

from patron_core.plugins import Plugins
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.service import Patron

FIGURE = "value unit applicable reason sampleSize method inputs { name value rows ids }"
SPAN = {"from": "2026-03-01T00:00:00Z", "to": "2026-04-01T00:00:00Z"}
CUSTOMER = (
    """mutation { customerCreate(input: { organization: { legalName: "Engines" } }) { customer { id version } } }"""
)
ACTIVATE = """mutation Activate($id: ID!, $version: Int!) {
  customerUpdate(input: { id: $id, version: $version, lifecycleStage: ACTIVE }) { customer { id } userErrors { code } } }"""
DEAL = """mutation Deal($input: OpportunityCreateInput!) { opportunityCreate(input: $input) {
  opportunity { id version stage { code } } userErrors { code message path } } }"""
MOVE = """mutation Move($id: ID!, $version: Int!, $stage: String!, $reason: String) {
  opportunityMove(input: { id: $id, version: $version, stageCode: $stage, reason: $reason }) {
    opportunity { id version status stage { code } } userErrors { code message path } } }"""
LEAD = """mutation Lead($name: String!) { leadReceive(input: { familyName: $name, source: "form", channel: WEB }) {
  lead { id version } } }"""
FUNNEL = f"""query Funnel($from: DateTime!, $to: DateTime!) {{ salesFunnel(from: $from, to: $to) {{
  part code name reached conversion {{ {FIGURE} }} hours {{ {FIGURE} }} }} }}"""
CONFORMANCE = f"""query Conformance($from: DateTime!, $to: DateTime!) {{ pipelineConformance(from: $from, to: $to) {{
  conforming {{ {FIGURE} }} movers {{ changedBy moves skipping conforming {{ value }} }}
  skips {{ opportunityId stageChangeId changedBy fromStage toStage skipped }} lacking {{ opportunityId stage field }} }} }}"""
WIN_LOSS = f"""query WinLoss($by: WinLossBy!, $from: DateTime!, $to: DateTime!) {{
  winLoss(by: $by, from: $from, to: $to) {{ key won lost winRate {{ {FIGURE} }} }} }}"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def customer(patron: Patron) -> dict[str, Any]:
    made: dict[str, Any] = (await patron.data(CUSTOMER))["customerCreate"]["customer"]
    return made


async def deal(patron: Patron, **given: Any) -> dict[str, Any]:
    """A deal with a new customer that may enter every stage."""
    values = {
        "customerId": (await customer(patron))["id"],
        "name": "Ten engines",
        "owner": "north",
        "amount": {"amount": "1000.00", "currencyCode": "EUR"},
        "expectedCloseOn": "2026-04-10",
        "decisionOn": "2026-04-05",
        **given,
    }
    payload = (await patron.data(DEAL, {"input": values}))["opportunityCreate"]
    assert payload["userErrors"] == []
    made: dict[str, Any] = payload["opportunity"]
    return made


async def moved(patron: Patron, opportunity: dict[str, Any], *stages: str, reason: str | None = None) -> dict[str, Any]:
    """The deal, moved through stages, an hour in each."""
    for stage in stages:
        patron.prepared.clock.advance(dt.timedelta(hours=1))
        variables = {"id": opportunity["id"], "version": opportunity["version"], "stage": stage, "reason": reason}
        payload = (await patron.data(MOVE, variables))["opportunityMove"]
        assert payload["userErrors"] == [], payload
        opportunity = payload["opportunity"]
    return opportunity


async def test_capability_23_the_way_from_a_first_contact_to_care_is_counted_and_timed(patron: Patron) -> None:
    lead = (await patron.data(LEAD, {"name": "Lovelace"}))["leadReceive"]["lead"]
    await patron.data(LEAD, {"name": "Babbage"})
    patron.prepared.clock.advance(dt.timedelta(minutes=30))
    await patron.data("mutation R($id: ID!) { leadRespond(input: { id: $id }) { lead { id } } }", {"id": lead["id"]})
    await patron.data("mutation C($id: ID!) { leadConvert(input: { id: $id }) { lead { id } } }", {"id": lead["id"]})
    await moved(patron, await deal(patron), "DISCOVER", "PROPOSE", "NEGOTIATE", "WON")
    await moved(patron, await deal(patron), "DISCOVER", "LOST", reason="Too dear.")
    bought = await customer(patron)
    await patron.data(ACTIVATE, {"id": bought["id"], "version": bought["version"]})

    with counted_statements() as statements:
        steps = (await patron.data(FUNNEL, SPAN))["salesFunnel"]

    by_code = {step["code"]: step for step in steps}
    assert [step["part"] for step in steps] == ["LEAD"] * 4 + ["OPPORTUNITY"] * 5 + ["CUSTOMER"] * 4
    assert [by_code[code]["reached"] for code in ("RECEIVED", "RESPONDED", "QUALIFIED", "CONVERTED")] == [2, 1, 1, 1]
    assert [by_code[code]["reached"] for code in ("QUALIFY", "DISCOVER", "PROPOSE", "NEGOTIATE", "WON")] == [
        2,
        2,
        1,
        1,
        1,
    ]
    assert (by_code["RESPONDED"]["conversion"]["value"], by_code["PROPOSE"]["conversion"]["value"]) == (
        "0.5000",
        "0.5000",
    )
    assert (by_code["RECEIVED"]["hours"]["value"], by_code["DISCOVER"]["hours"]["value"]) == ("0.50", "1.00")
    assert (by_code["PROSPECT"]["reached"], by_code["ACTIVE"]["reached"]) == (4, 1)
    assert by_code["WON"]["hours"]["applicable"] is False
    assert len([each for each in statements if "opportunity_stage_change" in each]) == 2
    assert len(statements) <= 10, statements


async def test_capability_50_everyone_goes_the_same_way_with_the_same_data(patron: Patron) -> None:
    kept = await moved(patron, await deal(patron), "DISCOVER", "PROPOSE")
    skipping = await moved(patron, await deal(patron), "NEGOTIATE")
    bare = await deal(patron, owner=None, amount=None, expectedCloseOn=None)
    variables = {"id": bare["id"], "version": bare["version"], "stage": "PROPOSE"}
    refused = (await patron.data(MOVE, variables))["opportunityMove"]
    emptied = """mutation Empty($id: ID!, $version: Int!) {
        opportunityUpdate(input: { id: $id, version: $version, expectedCloseOn: null }) { userErrors { code } } }"""
    await patron.data(emptied, {"id": kept["id"], "version": kept["version"]})

    with counted_statements() as statements:
        report = (await patron.data(CONFORMANCE, SPAN))["pipelineConformance"]

    assert refused["opportunity"] is None
    assert "AMOUNT, EXPECTED_CLOSE" in refused["userErrors"][0]["message"]
    assert (report["conforming"]["value"], report["conforming"]["sampleSize"]) == ("0.6667", 3)
    (skip,) = report["skips"]
    assert (skip["opportunityId"], skip["fromStage"], skip["toStage"]) == (skipping["id"], "QUALIFY", "NEGOTIATE")
    assert skip["skipped"] == 2
    assert report["conforming"]["inputs"][1]["ids"] == [skip["stageChangeId"]]
    (mover,) = report["movers"]
    assert (mover["changedBy"], mover["moves"], mover["skipping"]) == (patron.prepared.actor.subject, 3, 1)
    assert report["lacking"] == [{"opportunityId": kept["id"], "stage": "PROPOSE", "field": "EXPECTED_CLOSE"}]
    assert len(statements) <= 10, statements


async def test_capability_53_deals_have_their_own_budget_time_and_approval(patron: Patron) -> None:
    opportunity = await deal(patron, budget={"amount": "800.00", "currencyCode": "EUR"})
    step = """mutation Step($id: ID!, $name: String!) { opportunityApprovalStepAdd(input: { opportunityId: $id, name: $name }) {
        approvalStep { id version position } } }"""
    decide = """mutation Decide($id: ID!, $version: Int!) {
        opportunityApprovalDecide(input: { id: $id, version: $version, approved: true }) { approvalStep { status } } }"""
    steps = [
        (await patron.data(step, {"id": opportunity["id"], "name": name}))["opportunityApprovalStepAdd"]["approvalStep"]
        for name in ("The budget", "The contract")
    ]
    await patron.data(decide, {"id": steps[0]["id"], "version": steps[0]["version"]})
    win = {"id": opportunity["id"], "version": opportunity["version"], "stage": "WON"}
    refused = (await patron.data(MOVE, win))["opportunityMove"]

    found = (
        await patron.data(
            """{ opportunities(first: 5, where: { budget: { amount: { lt: "1000" }, currencyCode: { eq: "EUR" } },
                 approvalSteps: { some: { status: { eq: PENDING } } } }, orderBy: [{ field: DECISION_ON }]) {
                 nodes { budget { amount } amount { amount } expectedCloseOn decisionOn
                   approvalSteps(orderBy: [{ field: POSITION }]) { nodes { position name status } } } } }"""
        )
    )["opportunities"]["nodes"]

    assert len(patron.statements) == 1
    assert "APPROVALS" in refused["userErrors"][0]["message"]
    (shown,) = found
    assert (shown["budget"]["amount"], shown["decisionOn"], shown["expectedCloseOn"]) == (
        "800.00",
        "2026-04-05",
        "2026-04-10",
    )
    assert [each["status"] for each in shown["approvalSteps"]["nodes"]] == ["APPROVED", "PENDING"]
    await patron.data(decide, {"id": steps[1]["id"], "version": steps[1]["version"]})
    assert (await patron.data(MOVE, win))["opportunityMove"]["opportunity"]["status"] == "WON"


async def test_capability_61_deals_make_scenarios_of_growth(patron: Patron) -> None:
    await moved(patron, await deal(patron), "DISCOVER", "PROPOSE", "NEGOTIATE")
    await moved(patron, await deal(patron), "DISCOVER", "PROPOSE")
    await deal(patron)
    scenario = """{ forecast(from: "2026-04-01", to: "2026-05-01", currency: "EUR") {
        pessimistic { value } expected { value } optimistic { value }
        categories { category full { value sampleSize } weighted { value inputs { name ids } } } } }"""

    made = (await patron.data(scenario))["forecast"]
    board = (
        await patron.data(
            """{ pipelines(first: 1, where: { code: { eq: "SALES" } }) { nodes { stages(orderBy: [{ field: POSITION }]) {
                 nodes { code probability opportunities { totalCount nodes { name amount { amount } } } } } } } }"""
        )
    )["pipelines"]["nodes"][0]["stages"]["nodes"]

    assert len(patron.statements) == 1
    assert [made[name]["value"] for name in ("pessimistic", "expected", "optimistic")] == [
        "750.00",
        "1350.00",
        "2100.00",
    ]
    assert [part["category"] for part in made["categories"]] == ["COMMIT", "BEST_CASE", "PIPELINE"]
    assert [len(part["weighted"]["inputs"][1]["ids"]) for part in made["categories"]] == [1, 1, 1]
    assert [stage["opportunities"]["totalCount"] for stage in board] == [1, 0, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("REASON", {"Too dear.": (0, 1), None: (1, 0)}),
        ("COMPETITOR", {"Acme": (1, 1)}),
        ("OWNER", {"north": (1, 0), "south": (0, 1)}),
        ("STAGE", {"PROPOSE": (1, 0), "QUALIFY": (0, 1)}),
    ],
)
async def test_what_is_won_and_lost_is_told_apart(
    patron: Patron, by: str, keys: dict[str | None, tuple[int, int]]
) -> None:
    await moved(patron, await deal(patron, competitor="Acme"), "DISCOVER", "PROPOSE", "WON")
    await moved(patron, await deal(patron, competitor="Acme", owner="south"), "LOST", reason="Too dear.")

    rows = (await patron.data(WIN_LOSS, {**SPAN, "by": by}))["winLoss"]

    assert {row["key"]: (row["won"], row["lost"]) for row in rows} == keys
    assert all(row["winRate"]["sampleSize"] == row["won"] + row["lost"] for row in rows)


async def test_reports_of_nothing_say_so(patron: Patron) -> None:
    funnel = (await patron.data(FUNNEL, SPAN))["salesFunnel"]
    report = (await patron.data(CONFORMANCE, SPAN))["pipelineConformance"]

    assert {step["reached"] for step in funnel} == {0}
    assert (report["conforming"]["value"], report["conforming"]["applicable"], report["skips"]) == (None, False, [])
