"""Purchases and abandoned carts over GraphQL, on both databases."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from patron_core.carts.aging import abandon_carts
from patron_core.hookspecs import Step
from patron_core.plugins import Plugins
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.service import Patron

CUSTOMER = """mutation { customerCreate(input: { person: { familyName: "Almond" } }) { customer { id } } }"""
OPEN = """mutation($customer: ID!) { cartOpen(input: { customerId: $customer, currencyCode: "EUR", channel: WEB,
    abandonAfterMinutes: 30 }) { cart { id version status } userErrors { code } } }"""
LINE = """mutation($id: ID!, $version: Int!, $sku: String!) { cartLineSet(input: { id: $id, version: $version, sku: $sku,
    quantity: "2", unitPrice: { amount: "12.50", currencyCode: "EUR" } }) {
    cart { id version status total { amount } } userErrors { code message } } }"""
RECOVER = """mutation($id: ID!, $version: Int!) { cartRecover(input: { id: $id, version: $version }) {
    cart { version status recoveredAt } userErrors { code } } }"""
CONVERT = """mutation($id: ID!, $version: Int!) { cartConvert(input: { id: $id, version: $version }) {
    cart { status order { number status total { amount } lines(first: 5) { nodes { sku quantity } } } }
    userErrors { code } } }"""
ABANDONED = """{ carts(first: 10, where: { status: { eq: ABANDONED } }, orderBy: [{ field: ABANDONED_AT }]) { totalCount
    nodes { id version abandonedAt total { amount } customer { displayName } lines(first: 5) { nodes { sku quantity } } } } }"""
HISTORY = """query($customer: ID!) { customer(id: $customer) {
    carts(first: 5) { nodes { status order { status } } }
    orders(first: 5) { nodes { status total { amount } lines(first: 5) { nodes { sku } } } } } }"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def look_for_abandoned(patron: Patron) -> None:
    await patron.prepared.do(lambda uow: abandon_carts(Step(arguments={}, state={}, done=0), uow))


async def test_capability_66_a_cart_is_abandoned_recovered_and_bought(patron: Patron) -> None:
    customer = (await patron.data(CUSTOMER))["customerCreate"]["customer"]["id"]
    cart: dict[str, Any] = (await patron.data(OPEN, {"customer": customer}))["cartOpen"]["cart"]
    for sku in ("MUG", "TEA"):
        cart = (await patron.data(LINE, {**cart, "sku": sku}))["cartLineSet"]["cart"]
    assert (cart["status"], cart["total"]) == ("OPEN", {"amount": "50.00"})

    patron.prepared.clock.advance(dt.timedelta(minutes=29))
    await look_for_abandoned(patron)
    assert (await patron.data(ABANDONED))["carts"]["totalCount"] == 0
    patron.prepared.clock.advance(dt.timedelta(minutes=1))
    await look_for_abandoned(patron)

    abandoned = (await patron.data(ABANDONED))["carts"]
    assert len(patron.statements) == 1
    (left,) = abandoned["nodes"]
    assert (left["id"], left["customer"]["displayName"], left["total"]) == (cart["id"], "Almond", {"amount": "50.00"})
    assert {line["sku"] for line in left["lines"]["nodes"]} == {"MUG", "TEA"}

    back = (await patron.data(RECOVER, {"id": left["id"], "version": left["version"]}))["cartRecover"]["cart"]
    bought = (await patron.data(CONVERT, {"id": left["id"], "version": back["version"]}))["cartConvert"]["cart"]
    assert (back["status"], bought["status"]) == ("OPEN", "CONVERTED")
    assert (bought["order"]["status"], bought["order"]["total"]) == ("DRAFT", {"amount": "50.00"})


async def test_capability_66_a_customers_purchases_and_carts_are_one_statement(patron: Patron) -> None:
    customer = (await patron.data(CUSTOMER))["customerCreate"]["customer"]["id"]
    cart = (await patron.data(OPEN, {"customer": customer}))["cartOpen"]["cart"]
    cart = (await patron.data(LINE, {**cart, "sku": "MUG"}))["cartLineSet"]["cart"]
    await patron.data(CONVERT, {"id": cart["id"], "version": cart["version"]})
    await patron.data(OPEN, {"customer": customer})

    history = (await patron.data(HISTORY, {"customer": customer}))["customer"]

    assert len(patron.statements) == 1
    assert [each["status"] for each in history["carts"]["nodes"]] == ["CONVERTED", "OPEN"]
    assert history["orders"]["nodes"] == [
        {"status": "DRAFT", "total": {"amount": "25.00"}, "lines": {"nodes": [{"sku": "MUG"}]}}
    ]


async def test_capability_66_who_left_most_behind_is_a_group(patron: Patron) -> None:
    customer = (await patron.data(CUSTOMER))["customerCreate"]["customer"]["id"]
    for _ in range(2):
        cart = (await patron.data(OPEN, {"customer": customer}))["cartOpen"]["cart"]
        await patron.data(LINE, {**cart, "sku": "MUG"})
    patron.prepared.clock.advance(dt.timedelta(hours=1))
    await look_for_abandoned(patron)

    (group,) = (
        await patron.data("""{ cartsAggregate(where: { status: { eq: ABANDONED } }, groupBy: [{ field: CHANNEL }]) {
            key { channel } count sum { total { amount currencyCode } } } }""")
    )["cartsAggregate"]

    assert len(patron.statements) == 1
    assert (group["key"], group["count"]) == ({"channel": "WEB"}, 2)
    assert group["sum"]["total"] == [{"amount": "50.00", "currencyCode": "EUR"}]
