"""Products and prices over GraphQL."""

from __future__ import annotations

from dataclasses import replace

from patron_core.messages import Actor
from patron_schema.testing.service import Patron

MAKE = """mutation { productCreate(input: { sku: "MUG-07", name: "Mug", category: "Kitchen",
    unitCost: { amount: "5.20", currencyCode: "EUR" } }) { product { id version } userErrors { code path } } }"""
PRICE = """mutation Price($product: ID!, $amount: MoneyInput!) {
  priceSet(input: { productId: $product, amount: $amount }) { price { id amount { amount } } userErrors { code path } } }"""
SHOWN = """{ products(first: 5, where: { sku: { eq: "MUG-07" } }) { nodes { name kind unitCost { amount }
    prices(first: 5) { nodes { amount { amount currencyCode } priceList { code } validity { from to } } } } } }"""


async def test_a_product_is_shown_with_its_prices_in_one_statement(patron: Patron) -> None:
    product = (await patron.data(MAKE))["productCreate"]["product"]["id"]
    amount = {"amount": "12.50", "currencyCode": "EUR"}
    assert (await patron.data(PRICE, {"product": product, "amount": amount}))["priceSet"]["userErrors"] == []

    (shown,) = (await patron.data(SHOWN))["products"]["nodes"]

    assert len(patron.statements) == 1
    assert shown["unitCost"] == {"amount": "5.20"}
    (price,) = shown["prices"]["nodes"]
    assert (price["amount"], price["priceList"], price["validity"]["to"]) == (amount, {"code": "STANDARD"}, None)


async def test_a_taken_sku_is_an_error_of_the_input(patron: Patron) -> None:
    await patron.data(MAKE)

    (error,) = (await patron.data(MAKE))["productCreate"]["userErrors"]

    assert (error["code"], error["path"]) == ("CONFLICT", ["input", "sku"])


async def test_what_it_costs_us_is_not_for_those_who_may_not_see_money(patron: Patron) -> None:
    await patron.data(MAKE)
    receptionist = replace(patron.prepared.actor, roles=("receptionist",))

    answer = await patron.ask("{ products { nodes { unitCost { amount } } } }", actor=receptionist)
    shown = await patron.data("{ products { nodes { name } } }", actor=receptionist)

    assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert shown["products"]["nodes"] == [{"name": "Mug"}]


async def test_who_only_reads_makes_no_product(patron: Patron) -> None:
    analyst = Actor(patron.prepared.tenant_id, "ana", "user", roles=("analyst",))

    answer = await patron.ask(MAKE, actor=analyst)

    assert answer["errors"][0]["extensions"]["code"] in ("FORBIDDEN", "GRAPHQL_VALIDATION_FAILED")
