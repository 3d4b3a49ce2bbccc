"""Deals over GraphQL on both databases: make, move, ask, and what modes and rights leave of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from patron_core.customers.models import EngagementMode
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_schema.compose import build_schema
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.service import Patron

CUSTOMER = """mutation { customerCreate(input: { organization: { legalName: "Engines" } }) { customer { id } } }"""
DEAL = """mutation Deal($customer: ID!, $more: String) {
  opportunityCreate(input: { customerId: $customer, name: "Ten engines", owner: $more,
    amount: { amount: "1000.00", currencyCode: "EUR" }, expectedCloseOn: "2026-06-01" }) {
    opportunity { id version status probability stage { code } } userErrors { code message path }
  }
}"""
MOVE = """mutation Move($id: ID!, $version: Int!, $stage: String!, $reason: String) {
  opportunityMove(input: { id: $id, version: $version, stageCode: $stage, reason: $reason }) {
    opportunity { id version status probability forecastCategory stage { code } lostReason }
    userErrors { code message path }
  }
}"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def deal(patron: Patron) -> dict[str, Any]:
    """A deal with a new customer."""
    customer = (await patron.data(CUSTOMER))["customerCreate"]["customer"]["id"]
    made: dict[str, Any] = (await patron.data(DEAL, {"customer": customer}))["opportunityCreate"]["opportunity"]
    return made


async def moved(patron: Patron, opportunity: dict[str, Any], stage: str, **more: Any) -> dict[str, Any]:
    """The payload of a move."""
    variables = {"id": opportunity["id"], "version": opportunity["version"], "stage": stage, **more}
    payload: dict[str, Any] = (await patron.data(MOVE, variables))["opportunityMove"]
    return payload


async def test_capability_61_a_deal_goes_from_stage_to_stage(patron: Patron) -> None:
    first = await deal(patron)
    assert (first["status"], first["probability"], first["stage"]["code"]) == ("OPEN", "0.1000", "QUALIFY")

    proposed = (await moved(patron, first, "PROPOSE"))["opportunity"]
    won = (await moved(patron, proposed, "WON"))["opportunity"]

    assert (proposed["forecastCategory"], proposed["probability"]) == ("BEST_CASE", "0.5000")
    assert (won["status"], won["probability"]) == ("WON", "1.0000")


async def test_what_a_stage_requires_is_an_error_of_the_input(patron: Patron) -> None:
    payload = await moved(patron, await deal(patron), "DISCOVER")

    assert payload["opportunity"] is None
    (error,) = payload["userErrors"]
    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["input", "stageCode"])
    assert "OWNER" in error["message"]


async def test_capability_50_the_funnel_and_who_left_out_what_are_groups_of_the_steps(patron: Patron) -> None:
    for stage in ("PROPOSE", "LOST"):
        await moved(patron, await deal(patron), stage, reason="Too dear.")
    funnel = """{ stageChangesAggregate(groupBy: [{ field: FROM_STAGE_CODE }, { field: TO_STAGE_CODE }],
        orderBy: { figure: COUNT, direction: DESC }) {
          key { fromStageCode toStageCode } count average { durationSeconds } } }"""
    left_out = """{ stageChangesAggregate(where: { skipped: { gt: 0 } }, groupBy: { field: CHANGED_BY }) {
        key { changedBy } count sum { skipped } } }"""

    assert [group["count"] for group in (await patron.data(funnel))["stageChangesAggregate"]] == [2, 1, 1]
    assert len(patron.statements) == 1
    (who,) = (await patron.data(left_out))["stageChangesAggregate"]
    assert (who["key"]["changedBy"], who["count"]) == (patron.prepared.actor.subject, 1)


async def test_a_customer_shows_its_deals_in_one_statement(patron: Patron) -> None:
    await deal(patron)
    query = """{ customers(first: 5, where: { opportunities: { some: { status: { eq: OPEN } } } }) { nodes { displayName
        opportunities(first: 5, orderBy: [{ field: EXPECTED_CLOSE_ON, direction: ASC }]) { nodes {
            name amount { amount currencyCode } stage { name requirements { nodes { field } } }
            stageChanges { nodes { toStage { code } } } approvalSteps { nodes { name } } } } } } }"""

    customers = (await patron.data(query))["customers"]["nodes"]

    assert len(patron.statements) == 1
    assert customers[0]["opportunities"]["nodes"][0]["amount"] == {"amount": "1000.00", "currencyCode": "EUR"}


async def test_money_of_a_deal_is_not_for_those_who_may_not_see_money(patron: Patron) -> None:
    receptionist = replace(patron.prepared.actor, roles=("receptionist",))

    answer = await patron.ask("{ opportunities { nodes { name amount { amount } } } }", actor=receptionist)

    assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_who_only_reads_moves_no_deal(patron: Patron) -> None:
    opportunity = await deal(patron)
    analyst = Actor(patron.prepared.tenant_id, "ana", "user", roles=("analyst",))

    answer = await patron.ask(MOVE, {"id": opportunity["id"], "version": 1, "stage": "LOST"}, actor=analyst)

    assert answer["errors"][0]["extensions"]["code"] in ("FORBIDDEN", "GRAPHQL_VALIDATION_FAILED")


def test_deals_belong_to_relationships() -> None:
    core = load_plugins(())

    shown = {mode: build_schema(core, mode).sdl for mode in EngagementMode}

    assert "type Opportunity" in shown[EngagementMode.RELATIONSHIP]
    assert "type Opportunity" in shown[EngagementMode.HYBRID]
    assert "Opportunity" not in shown[EngagementMode.TRANSACTION]
