"""Leads, quotes and reports over GraphQL: what modes and rights leave of them, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from patron_core.customers.models import EngagementMode
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_schema.compose import build_schema
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.service import Patron

LEAD = """mutation { leadReceive(input: { familyName: "Lovelace", email: "ada@example.com", source: "form", channel: WEB,
  budget: { amount: "5.00", currencyCode: "EUR" } }) { lead { id version } userErrors { code message path } } }"""
DISQUALIFY = """mutation Disqualify($id: ID!, $version: Int!) { leadDisqualify(input: { id: $id, version: $version,
  reason: "Spam." }) { lead { state version disqualifiedReason } userErrors { code path } } }"""
CONVERT = """mutation Convert($id: ID!) { leadConvert(input: { id: $id }) { lead { id } userErrors { code path } } }"""
FORGET = """mutation Forget($id: ID!, $version: Int!) { leadForget(input: { id: $id, version: $version }) {
  forgotten userErrors { code path } } }"""
REPORTS = (
    '{ salesFunnel(from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z") { code } }',
    '{ pipelineConformance(from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z") { conforming { value } } }',
    '{ winLoss(by: OWNER, from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z") { key } }',
    '{ leadResponse(from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z") { medianMinutes { value } } }',
    '{ forecastAccuracy(currency: "EUR") { mape { value } } }',
)


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def received(patron: Patron) -> dict[str, Any]:
    made: dict[str, Any] = (await patron.data(LEAD))["leadReceive"]["lead"]
    return made


def test_leads_and_rates_are_for_all_and_deals_for_relationships() -> None:
    core = load_plugins(())

    shown = {mode: build_schema(core, mode).sdl for mode in EngagementMode}

    for sdl in shown.values():
        assert "type Lead " in sdl
        assert "type ExchangeRate " in sdl
    for name in ("type Quote ", "type Forecast ", "type FunnelStep ", "type BidRanking "):
        assert name in shown[EngagementMode.RELATIONSHIP]
        assert name not in shown[EngagementMode.TRANSACTION]


async def test_a_lead_that_was_disqualified_is_not_converted_and_may_be_forgotten(patron: Patron) -> None:
    lead = await received(patron)
    gone = (await patron.data(DISQUALIFY, lead))["leadDisqualify"]["lead"]

    refused = (await patron.data(CONVERT, {"id": lead["id"]}))["leadConvert"]
    forgotten = (await patron.data(FORGET, {"id": lead["id"], "version": gone["version"]}))["leadForget"]

    assert (gone["state"], gone["disqualifiedReason"]) == ("DISQUALIFIED", "Spam.")
    assert refused == {"lead": None, "userErrors": [{"code": "CONFLICT", "path": ["input", "id"]}]}
    assert forgotten == {"forgotten": True, "userErrors": []}
    assert (await patron.data("{ leads { totalCount } }"))["leads"]["totalCount"] == 0


async def test_who_may_not_see_who_somebody_is_sees_scores_without_names(patron: Patron) -> None:
    await received(patron)
    analyst = Actor(patron.prepared.tenant_id, "ana", "user", roles=("analyst",))

    shown = await patron.data("{ leads { nodes { score state budget { amount } } } }", actor=analyst)
    refused = await patron.ask("{ leads { nodes { familyName } } }", actor=analyst)
    writing = await patron.ask(LEAD, actor=analyst)

    assert shown["leads"]["nodes"] == [{"score": 35, "state": "NEW", "budget": {"amount": "5.00"}}]
    for answer in (refused, writing):
        assert answer["errors"][0]["extensions"]["code"] in ("FORBIDDEN", "GRAPHQL_VALIDATION_FAILED")


@pytest.mark.parametrize("query", REPORTS, ids=[query.split("(")[0].strip("{ ") for query in REPORTS])
async def test_figures_of_the_whole_business_are_for_those_who_see_all_rows(patron: Patron, query: str) -> None:
    portal = Actor(patron.prepared.tenant_id, "eve", "user", roles=("customer_portal",))

    answer = await patron.ask(query, actor=portal)

    assert (answer.get("data") or {}).get(query.split("(", maxsplit=1)[0].strip("{ ")) is None
    assert answer["errors"][0]["extensions"]["code"] in ("FORBIDDEN", "GRAPHQL_VALIDATION_FAILED")


@pytest.mark.parametrize(
    "query",
    [
        REPORTS[0].replace("2026-02-01", "2026-01-01"),
        REPORTS[0].replace("to:", 'pipelineCode: "NONE", to:'),
        REPORTS[1].replace("to:", "first: 101, to:"),
        REPORTS[4].replace('"EUR"', '"EUR", daysAhead: 0'),
        REPORTS[4].replace("EUR", "XYZQ"),
        '{ amountConverted(amount: "1.001", currency: "EUR", into: "USD") { value } }',
        '{ leadRank(leadId: "led_00000000-0000-7000-8000-000000000001") { value } }',
    ],
)
async def test_what_a_report_cannot_answer_is_an_error_with_a_code(patron: Patron, query: str) -> None:
    answer = await patron.ask(query)

    assert answer["errors"][0]["extensions"]["code"] in ("INVALID_INPUT", "NOT_FOUND")
