"""Quotes over GraphQL, on both databases: collected beside inquiries, in versions, and ranked against bids of others."""

from __future__ import annotations

from typing import Any

import pytest

from patron_core.plugins import Plugins
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.service import Patron

CUSTOMER = """mutation { customerCreate(input: { organization: { legalName: "Engines" } }) { customer { id } } }"""
DEAL = """mutation Deal($customer: ID!) { opportunityCreate(input: { customerId: $customer, name: "Ten engines",
  amount: { amount: "1000.00", currencyCode: "EUR" } }) { opportunity { id } } }"""
QUOTE = """mutation Quote($customer: ID!, $deal: ID) {
  quoteCreate(input: { customerId: $customer, opportunityId: $deal, number: "Q-1", validUntil: "2026-04-30", lines: [
    { description: "Engine", sku: "E-1", quantity: "3", unitPrice: { amount: "333.33", currencyCode: "EUR" },
      discountRate: "0.1", taxRate: "0.19" }] }) {
    quote { id version state net { amount } tax { amount } total { amount currencyCode } } userErrors { code message } } }"""
SEND = """mutation Send($id: ID!, $version: Int!) { quoteSend(input: { id: $id, version: $version }) {
  quote { id version state sentAt } userErrors { code message } } }"""
REVISE = """mutation Revise($id: ID!, $version: Int!) {
  quoteRevise(input: { id: $id, version: $version, validUntil: "2026-05-31", lines: [
    { description: "Engine", quantity: "3", unitPrice: { amount: "300.00", currencyCode: "EUR" } }] }) {
    quote { id version revision state total { amount } supersedes { revision state } } userErrors { code message } } }"""
ACCEPT = """mutation Accept($id: ID!, $version: Int!) { quoteAccept(input: { id: $id, version: $version }) {
  quote { id version state } userErrors { code message } } }"""
INQUIRY = """mutation Inquiry($customer: ID!) { touchpointLog(input: { customerId: $customer, channel: EMAIL,
  direction: INBOUND, topic: "Asked for an offer" }) { touchpoint { id } userErrors { code message } } }"""
COLLECTED = """query Collected($id: ID!) { customer(id: $id) {
  quotes(first: 5, orderBy: [{ field: REVISION }]) { totalCount nodes {
    number revision state total { amount currencyCode } supersededBy { revision }
    lines { nodes { position sku description quantity net { amount } tax { amount } } } } }
  touchpoints(first: 5, where: { direction: { eq: INBOUND } }) { totalCount nodes { topic channel } } } }"""
REPORT = """{ quotesAggregate(groupBy: [{ field: STATE }], orderBy: { figure: COUNT, direction: DESC }) {
  key { state } count sum { total { amount currencyCode } } } }"""
BID = """mutation Bid($deal: ID!, $who: String!, $amount: Decimal!, $currency: String!) {
  competingOfferAdd(input: { opportunityId: $deal, competitor: $who, source: "The auction",
    amount: { amount: $amount, currencyCode: $currency } }) { competingOffer { id } userErrors { code message } } }"""
RATE = """mutation { exchangeRateEnter(input: { baseCurrency: "EUR", quoteCurrency: "USD", day: "2026-03-13", rate: "1.10",
  source: "ECB" }) { exchangeRate { rate } userErrors { code message } } }"""
RANKING = """query Ranking($deal: ID!) { bidRanking(opportunityId: $deal) { currencyCode
  bids { rank bidder ours amount { amount currencyCode } comparable { amount currencyCode } }
  gap { value unit applicable reason inputs { name value ids } } } }"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def quoted(patron: Patron) -> tuple[str, str, dict[str, Any]]:
    """A customer, a deal with it, and a quote for the deal that was sent."""
    customer = (await patron.data(CUSTOMER))["customerCreate"]["customer"]["id"]
    deal = (await patron.data(DEAL, {"customer": customer}))["opportunityCreate"]["opportunity"]["id"]
    made = (await patron.data(QUOTE, {"customer": customer, "deal": deal}))["quoteCreate"]["quote"]
    assert (made["net"]["amount"], made["tax"]["amount"]) == ("899.99", "171.00")
    assert made["total"] == {"amount": "1070.99", "currencyCode": "EUR"}
    out = (await patron.data(SEND, {"id": made["id"], "version": made["version"]}))["quoteSend"]["quote"]
    return customer, deal, out


async def test_capability_22_quotes_and_inquiries_are_collected_and_reported(patron: Patron) -> None:
    customer, _, out = await quoted(patron)
    await patron.data(INQUIRY, {"customer": customer})
    revised = (await patron.data(REVISE, {"id": out["id"], "version": out["version"]}))["quoteRevise"]["quote"]
    assert (revised["revision"], revised["supersedes"]) == (2, {"revision": 1, "state": "SUPERSEDED"})
    sent = (await patron.data(SEND, {"id": revised["id"], "version": revised["version"]}))["quoteSend"]["quote"]
    accepted = (await patron.data(ACCEPT, {"id": sent["id"], "version": sent["version"]}))["quoteAccept"]["quote"]

    collected = (await patron.data(COLLECTED, {"id": customer}))["customer"]
    assert len(patron.statements) == 1
    report = (await patron.data(REPORT))["quotesAggregate"]
    assert len(patron.statements) == 1
    frozen = (await patron.data(REVISE, {"id": accepted["id"], "version": accepted["version"]}))["quoteRevise"]

    first, second = collected["quotes"]["nodes"]
    assert (first["state"], first["supersededBy"], second["state"]) == ("SUPERSEDED", {"revision": 2}, "ACCEPTED")
    assert first["lines"]["nodes"][0]["sku"] == "E-1"
    assert collected["touchpoints"]["nodes"] == [{"topic": "Asked for an offer", "channel": "EMAIL"}]
    assert {each["key"]["state"]: each["sum"]["total"] for each in report} == {
        "ACCEPTED": [{"amount": "900.00", "currencyCode": "EUR"}],
        "SUPERSEDED": [{"amount": "1070.99", "currencyCode": "EUR"}],
    }
    assert frozen["userErrors"][0]["code"] == "CONFLICT"


async def test_capability_64_bids_of_an_auction_are_ranked_against_our_quote(patron: Patron) -> None:
    _, deal, _ = await quoted(patron)
    for who, amount, currency in (("Acme", "990.00", "EUR"), ("Bolt", "880.00", "USD"), ("Acme", "850.00", "EUR")):
        await patron.data(BID, {"deal": deal, "who": who, "amount": amount, "currency": currency})
    without = (await patron.data(RANKING, {"deal": deal}))["bidRanking"]
    await patron.data(RATE)

    ranking = (await patron.data(RANKING, {"deal": deal}))["bidRanking"]

    assert [(bid["bidder"], bid["rank"]) for bid in without["bids"]] == [("Acme", 1), (None, 2), ("Bolt", None)]
    assert [(bid["bidder"], bid["ours"], bid["rank"]) for bid in ranking["bids"]] == [
        ("Bolt", False, 1),
        ("Acme", False, 2),
        (None, True, 3),
    ]
    assert ranking["bids"][0]["comparable"] == {"amount": "800.00", "currencyCode": "EUR"}
    assert (ranking["gap"]["value"], ranking["gap"]["unit"]) == ("99.99", "EUR")
    assert {each["name"] for each in ranking["gap"]["inputs"]} == {"ours", "best", "rateUSD"}


async def test_an_amount_is_told_in_another_currency_or_not_at_all(patron: Patron) -> None:
    ask = """{ amountConverted(amount: "11.00", currency: "USD", into: "EUR") {
        value money { amount currencyCode } applicable reason inputs { name ids } } }"""
    before = (await patron.data(ask))["amountConverted"]
    await patron.data(RATE)

    after = (await patron.data(ask))["amountConverted"]

    assert (before["value"], before["applicable"]) == (None, False)
    assert after["money"] == {"amount": "10.00", "currencyCode": "EUR"}
    assert after["inputs"][1]["name"] == "rateUSD"
