"""Purchases at the level of single items, and who is due to buy again, over GraphQL on both databases."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests.core.statements import counted_statements

from patron_core.plugins import Plugins
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import NOON
from patron_schema.testing.service import Patron

CUSTOMER = """mutation { customerCreate(input: { organization: { legalName: "Engines" } }) { customer { id } } }"""
PRODUCT = """mutation Product($sku: String!, $cost: Decimal!) {
  productCreate(input: { sku: $sku, name: $sku, unitCost: { amount: $cost, currencyCode: "EUR" } }) { product { id } } }"""
PRICE = """mutation Price($product: ID!, $amount: Decimal!) {
  priceSet(input: { productId: $product, amount: { amount: $amount, currencyCode: "EUR" } }) { userErrors { code } } }"""
ORDER = """mutation Order($customer: ID!) {
  orderCreate(input: { customerId: $customer, number: "O-1", currencyCode: "EUR", channel: WEB, lines: [
    { sku: "MUG", quantity: "3", discount: { amount: "2.50", currencyCode: "EUR" } },
    { sku: "LAMP", tax: { amount: "9.31", currencyCode: "EUR" } } ] }) {
    order { id version status total { amount } lines(first: 5) { nodes { id sku } } } userErrors { code message path } } }"""
PLACE = """mutation($id: ID!, $version: Int!) { orderPlace(input: { id: $id, version: $version }) {
    order { version status sale { id margin { amount } } } userErrors { code message } } }"""
FULFIL = """mutation($id: ID!, $version: Int!) { orderMove(input: { id: $id, version: $version, status: FULFILLED }) {
    order { version status } userErrors { code message } } }"""
RETURN = """mutation($id: ID!, $version: Int!, $line: ID!, $quantity: Decimal!) {
  orderReturn(input: { id: $id, version: $version, lines: [{ lineId: $line, quantity: $quantity }] }) {
    orderReturn { refund { kind amount { amount } margin { amount } } order { status refunded { amount } } }
    userErrors { code path } } }"""
ITEMS = """{ transactions(first: 10, orderBy: [{ field: OCCURRED_AT }]) { nodes { kind amount { amount } margin { amount }
    lines(first: 20) { nodes { sku description quantity amount { amount } cost { amount } margin { amount } } } } } }"""
BY_SKU = """{ orderLinesAggregate(groupBy: { field: SKU }) { key { sku } count sum { quantity amount { amount currencyCode } } } }"""
SALE = """mutation($customer: ID!, $at: DateTime!) { transactionRecord(input: { customerId: $customer, occurredAt: $at,
    amount: { amount: "10.00", currencyCode: "EUR" } }) { transaction { id } userErrors { code } } }"""
DUE = """{ dueForRepeat(limit: 5) { customerId lastPurchaseOn dueOn overdueDays reason
    interval { value unit applicable sampleSize method inputs { name value rows ids } } } }"""
ACCOUNT = """query($id: ID!) { customer(id: $id) { displayName timeline(first: 3) { nodes { __typename occurredAt summary } }
    transactions(first: 2, orderBy: [{ field: OCCURRED_AT, direction: DESC }]) { totalCount nodes { amount { amount } } }
    orders(first: 5) { nodes { number status } } } }"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def catalogue(patron: Patron) -> None:
    for sku, cost, price in (("MUG", "5.20", "12.50"), ("LAMP", "21.50", "49.00")):
        product = (await patron.data(PRODUCT, {"sku": sku, "cost": cost}))["productCreate"]["product"]["id"]
        await patron.data(PRICE, {"product": product, "amount": price})


async def customer(patron: Patron) -> str:
    made: str = (await patron.data(CUSTOMER))["customerCreate"]["customer"]["id"]
    return made


async def fulfilled(patron: Patron) -> dict[str, Any]:
    """An order of three mugs and a lamp that was delivered: its id, version and lines."""
    await catalogue(patron)
    made = (await patron.data(ORDER, {"customer": await customer(patron)}))["orderCreate"]
    assert made["userErrors"] == []
    order: dict[str, Any] = made["order"]
    for move, name in ((PLACE, "orderPlace"), (FULFIL, "orderMove")):
        moved = (await patron.data(move, {"id": order["id"], "version": order["version"]}))[name]
        order |= moved["order"]
    return order


async def test_capability_25_behaviour_is_seen_item_by_item_with_its_margin(patron: Patron) -> None:
    order = await fulfilled(patron)
    assert (order["status"], order["total"]) == ("FULFILLED", {"amount": "93.31"})

    (sale,) = (await patron.data(ITEMS))["transactions"]["nodes"]

    assert len(patron.statements) == 1
    assert (sale["amount"]["amount"], sale["margin"]["amount"]) == ("93.31", "46.90")
    items = [
        (i["sku"] or i["description"], i["amount"]["amount"], i["margin"]["amount"]) for i in sale["lines"]["nodes"]
    ]
    assert items == [
        ("MUG", "37.50", "21.90"),
        ("Discount", "-2.50", "-2.50"),
        ("LAMP", "49.00", "27.50"),
        ("Tax", "9.31", "0.00"),
    ]
    groups = (await patron.data(BY_SKU))["orderLinesAggregate"]
    assert len(patron.statements) == 1
    assert {group["key"]["sku"]: group["sum"]["quantity"] for group in groups} == {"MUG": "3.000", "LAMP": "1.000"}


async def test_capability_25_what_comes_back_is_a_row_of_its_own_and_changes_none(patron: Patron) -> None:
    order = await fulfilled(patron)
    mugs = order["lines"]["nodes"][0]["id"]
    asked = {"id": order["id"], "version": order["version"], "line": mugs}

    refused = (await patron.data(RETURN, {**asked, "quantity": "4"}))["orderReturn"]
    back = (await patron.data(RETURN, {**asked, "quantity": "1"}))["orderReturn"]

    assert [(e["code"], e["path"]) for e in refused["userErrors"]] == [
        ("INVALID_INPUT", ["input", "lines", "0", "quantity"])
    ]
    refund = back["orderReturn"]["refund"]
    assert (refund["kind"], refund["amount"]["amount"], refund["margin"]["amount"]) == ("REFUND", "-11.67", "-6.47")
    assert back["orderReturn"]["order"] == {"status": "FULFILLED", "refunded": {"amount": "11.67"}}
    rows = (await patron.data(ITEMS))["transactions"]["nodes"]
    assert [(row["kind"], row["amount"]["amount"]) for row in rows] == [("SALE", "93.31"), ("REFUND", "-11.67")]


async def test_capability_58_who_is_due_to_buy_again_and_why(patron: Patron) -> None:
    regular, seldom = await customer(patron), await customer(patron)
    for who, days_ago in ((regular, (45, 30, 16)), (seldom, (40, 20))):
        for days in days_ago:
            await patron.data(SALE, {"customer": who, "at": (NOON - dt.timedelta(days=days)).isoformat()})

    with counted_statements() as statements:
        (due,) = (await patron.data(DUE))["dueForRepeat"]
    assert sum("ledger_transaction" in statement for statement in statements) == 1
    account = (await patron.data(ACCOUNT, {"id": regular}))["customer"]

    assert (due["customerId"], due["dueOn"], due["overdueDays"]) == (regular, "2026-03-13", 1)
    assert due["reason"] == "Usually buys every 14.5 days, and bought 16 days ago."
    interval = due["interval"]
    assert (interval["value"], interval["unit"], interval["sampleSize"]) == ("14.5", "days", 2)
    purchases = interval["inputs"][0]
    assert (purchases["name"], purchases["rows"], len(purchases["ids"])) == ("purchases", 3, 3)
    assert (await patron.data("query($id: ID!) { node(id: $id) { id } }", {"id": purchases["ids"][0]}))["node"]
    assert account["transactions"]["totalCount"] == 3
    assert [entry["summary"] for entry in account["timeline"]["nodes"]] == ["Sale"] * 3
