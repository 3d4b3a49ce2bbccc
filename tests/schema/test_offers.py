"""Offers over GraphQL on both databases: presented with consent, refused with a code, simulated without a trace."""

from __future__ import annotations

from typing import Any

import pytest
from tests.core.statements import counted_statements

from patron_core.plugins import Plugins
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.service import Patron

CUSTOMER = """mutation { customerCreate(input: { person: { familyName: "Almond" } }) {
    customer { id party { id } } } }"""
CONSENT = """mutation($party: ID!) { consentRecord(input: { partyId: $party, purpose: MARKETING }) {
    userErrors { code message } } }"""
OFFER = """mutation { offerCreate(input: { code: "SPRING_10", name: "Spring", channel: EMAIL, maxRedemptions: 1,
    cost: { amount: "10.00", currencyCode: "EUR" }, budget: { amount: "25.00", currencyCode: "EUR" } }) {
    offer { id version status } userErrors { code path } } }"""
OUT = """mutation($id: ID!, $version: Int!) { offerStatusSet(input: { id: $id, version: $version, status: ACTIVE }) {
    offer { status } userErrors { code } } }"""
PRESENT = """mutation($offer: ID!, $customer: ID!) { offerPresent(input: { offerId: $offer, customerId: $customer }) {
    offerPresentation { id status channel } userErrors { code message path } } }"""
REDEEM = """mutation($id: ID!) { offerRedeem(input: { id: $id }) {
    offerRedemption { amount { amount } presentation { status offer { redeemedCount spent { amount } } } }
    userErrors { code path } } }"""
SHOWN = """{ offers(first: 5, where: { status: { eq: ACTIVE } }) { nodes { code redeemedCount maxRedemptions
    presentations(first: 5) { nodes { status customer { displayName } redemptions(first: 5) { nodes { amount { amount } } } } } } } }"""
SIMULATE = """query($most: Int) { offerSimulate(cost: "10.00", currencyCode: "EUR", channel: EMAIL, maxRedemptions: $most) {
    eligible withConsent withoutConsent redemptions limitedBy
    cost { money { amount currencyCode } applicable reason inputs { name value } } } }"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def customer(patron: Patron, *, consents: bool) -> str:
    made = (await patron.data(CUSTOMER))["customerCreate"]["customer"]
    if consents:
        assert (await patron.data(CONSENT, {"party": made["party"]["id"]}))["consentRecord"]["userErrors"] == []
    id_: str = made["id"]
    return id_


async def active(patron: Patron) -> str:
    offer: dict[str, Any] = (await patron.data(OFFER))["offerCreate"]["offer"]
    assert (await patron.data(OUT, {"id": offer["id"], "version": 1}))["offerStatusSet"]["userErrors"] == []
    id_: str = offer["id"]
    return id_


async def test_an_offer_is_presented_and_redeemed_until_it_is_used_up(patron: Patron) -> None:
    offer, first, second = (
        await active(patron),
        await customer(patron, consents=True),
        await customer(patron, consents=True),
    )
    shown = [(await patron.data(PRESENT, {"offer": offer, "customer": who}))["offerPresent"] for who in (first, second)]
    assert [each["offerPresentation"]["channel"] for each in shown] == ["EMAIL", "EMAIL"]

    had, refused = [
        (await patron.data(REDEEM, {"id": each["offerPresentation"]["id"]}))["offerRedeem"] for each in shown
    ]

    assert had["offerRedemption"]["presentation"] == {
        "status": "REDEEMED", "offer": {"redeemedCount": 1, "spent": {"amount": "10.00"}},
    }  # fmt: skip
    assert [(error["code"], error["path"]) for error in refused["userErrors"]] == [("OFFER_EXHAUSTED", ["input", "id"])]
    (row,) = (await patron.data(SHOWN))["offers"]["nodes"]
    assert len(patron.statements) == 1
    assert sorted(each["status"] for each in row["presentations"]["nodes"]) == ["PRESENTED", "REDEEMED"]


async def test_without_consent_an_offer_is_refused_with_a_code(patron: Patron) -> None:
    asked = {"offer": await active(patron), "customer": await customer(patron, consents=False)}

    payload = (await patron.data(PRESENT, asked))["offerPresent"]

    assert payload["offerPresentation"] is None
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [
        ("CONSENT_REQUIRED", ["input", "customerId"])
    ]


async def test_who_was_deleted_is_offered_nothing(patron: Patron) -> None:
    offer, gone = await active(patron), await customer(patron, consents=True)
    await customer(patron, consents=True)
    delete = """mutation($id: ID!) { customerDelete(input: { id: $id, version: 1 }) { userErrors { code } } }"""
    assert (await patron.data(delete, {"id": gone}))["customerDelete"]["userErrors"] == []

    found = (await patron.data(SIMULATE))["offerSimulate"]
    payload = (await patron.data(PRESENT, {"offer": offer, "customer": gone}))["offerPresent"]

    assert (found["eligible"], found["withConsent"], found["cost"]["money"]["amount"]) == (1, 1, "10.00")
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [
        ("CONFLICT", ["input", "customerId"])
    ]


async def test_a_simulation_says_who_lacks_consent_and_what_it_costs(patron: Patron) -> None:
    for consents in (True, True, False):
        await customer(patron, consents=consents)

    with counted_statements() as statements:
        found = (await patron.data(SIMULATE))["offerSimulate"]
    capped = (await patron.data(SIMULATE, {"most": 1}))["offerSimulate"]

    assert sum("FROM consent" in statement for statement in statements) == 1
    assert (found["eligible"], found["withConsent"], found["withoutConsent"]) == (3, 2, 1)
    assert (found["redemptions"], found["limitedBy"], found["cost"]["money"]["amount"]) == (2, "CUSTOMERS", "20.00")
    assert (capped["redemptions"], capped["limitedBy"], capped["cost"]["money"]["amount"]) == (
        1,
        "REDEMPTIONS",
        "10.00",
    )
    assert (await patron.data("{ offers(first: 5) { totalCount } }"))["offers"]["totalCount"] == 0
