"""Forecasts over GraphQL, on both databases: history joins deals, every part is explained, and what was foreseen is judged."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests.core.statements import counted_statements

from patron_core.forecasts.history import month_of, months_before
from patron_core.forecasts.recurring import keep_forecasts
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import NOON
from patron_schema.testing.service import Patron

FIGURE = "value applicable reason sampleSize method asOf money { amount currencyCode } inputs { name value rows ids }"
CUSTOMER = """mutation { customerCreate(input: { organization: { legalName: "Engines" } }) { customer { id } } }"""
SALE = """mutation Sale($customer: ID!, $amount: Decimal!, $at: DateTime!) {
  transactionRecord(input: { customerId: $customer, kind: SALE, amount: { amount: $amount, currencyCode: "EUR" },
    occurredAt: $at }) { transaction { id } userErrors { code message } } }"""
DEAL = """mutation Deal($customer: ID!, $currency: String!) { opportunityCreate(input: { customerId: $customer, name: "Engines",
  amount: { amount: "1000.00", currencyCode: $currency }, expectedCloseOn: "2026-04-10" }) { opportunity { id } } }"""
RATE = """mutation { exchangeRateEnter(input: { baseCurrency: "USD", quoteCurrency: "EUR", day: "2026-03-01", rate: "0.9",
  source: "ECB" }) { exchangeRate { id } } }"""
FORECAST = f"""{{ forecast(from: "2026-04-01", to: "2026-05-01", currency: "EUR") {{ from to currencyCode
  booked {{ value }} closed {{ value }} runRate {{ {FIGURE} }} expected {{ {FIGURE} }}
  categories {{ category full {{ value }} weighted {{ {FIGURE} }} }} }} }}"""
SNAPSHOTS = """{ forecastSnapshots(first: 5, orderBy: [{ field: PERIOD_FROM, direction: DESC }]) { totalCount nodes {
  periodFrom periodTo cause expected { amount currencyCode } runRate { amount } pipeline { amount } } } }"""
ACCURACY = f"""{{ forecastAccuracy(currency: "EUR") {{ mape {{ {FIGURE} }} bias {{ {FIGURE} }}
  periods {{ snapshotId from to expected {{ amount }} actual {{ amount }} }} }} }}"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def customer(patron: Patron) -> str:
    found: str = (await patron.data(CUSTOMER))["customerCreate"]["customer"]["id"]
    return found


async def sold(patron: Patron, who: str, day: dt.date, amount: str = "300.00") -> None:
    at = f"{day}T09:00:00Z"
    payload = (await patron.data(SALE, {"customer": who, "amount": amount, "at": at}))["transactionRecord"]
    assert payload["userErrors"] == []


async def test_capability_62_a_forecast_joins_sales_history_with_deals(patron: Patron) -> None:
    buyer = await customer(patron)
    for first, _ in months_before(NOON.date(), 6):
        await sold(patron, buyer, first)
    await patron.data(DEAL, {"customer": await customer(patron), "currency": "EUR"})
    await patron.data(DEAL, {"customer": await customer(patron), "currency": "USD"})
    without_rate = (await patron.data(FORECAST))["forecast"]
    await patron.data(RATE)

    with counted_statements() as statements:
        made = (await patron.data(FORECAST))["forecast"]

    assert (without_rate["expected"]["applicable"], without_rate["expected"]["value"]) == (False, None)
    assert "USD" in without_rate["expected"]["reason"]
    assert made["runRate"]["money"] == {"amount": "300.00", "currencyCode": "EUR"}
    assert (made["runRate"]["sampleSize"], "mean of the last months" in made["runRate"]["method"]) == (6, True)
    assert made["categories"][2]["full"]["value"] == "1900.00"
    assert made["categories"][2]["weighted"]["value"] == "190.00"
    deals = next(each for each in made["categories"][2]["weighted"]["inputs"] if each["name"] == "deals")
    assert (len(deals["ids"]), deals["rows"]) == (2, 2)
    assert made["expected"]["value"] == "490.00"
    assert [each["name"] for each in made["expected"]["inputs"]][:3] == ["booked", "closed", "runRate"]
    assert len(statements) <= 10, statements


async def test_capability_62_forecasts_are_kept_and_judged_by_what_came(patron: Patron) -> None:
    buyer = await customer(patron)
    await patron.data(DEAL, {"customer": await customer(patron), "currency": "EUR"})
    for first, _ in months_before(NOON.date(), 6):
        await sold(patron, buyer, first)
    before = (await patron.data(ACCURACY))["forecastAccuracy"]

    for amount in ("330.00", "270.00", "300.00"):
        await patron.prepared.do(keep_forecasts)
        _, following = month_of(patron.prepared.clock.now().date())
        patron.prepared.clock.instant = dt.datetime.combine(following, dt.time(12), dt.UTC)
        await sold(patron, buyer, following, amount)
    patron.prepared.clock.advance(dt.timedelta(days=32))
    kept = (await patron.data(SNAPSHOTS))["forecastSnapshots"]
    after = (await patron.data(ACCURACY))["forecastAccuracy"]

    assert (before["mape"]["applicable"], before["mape"]["value"]) == (False, None)
    assert kept["totalCount"] == 6
    assert kept["nodes"][0]["cause"] == "JOB"
    assert [each["actual"]["amount"] for each in after["periods"]] == ["300.00", "270.00", "330.00"]
    assert after["mape"]["sampleSize"] == 3
    # Of April, on its first day: 330 booked, 29 of 30 days of 1,800 in seven months, and a tenth of the deal.
    assert after["periods"][2]["expected"]["amount"] == "678.57"
    assert after["mape"]["inputs"][0]["ids"] == [each["snapshotId"] for each in after["periods"]]


@pytest.mark.parametrize("role", ["customer_portal", "receptionist"])
async def test_a_forecast_is_not_for_who_sees_some_rows_or_no_amounts(patron: Patron, role: str) -> None:
    actor = Actor(patron.prepared.tenant_id, "eve", "user", roles=(role,))

    answer: Any = await patron.ask(FORECAST, actor=actor)

    assert answer["errors"][0]["extensions"]["code"] in ("FORBIDDEN", "GRAPHQL_VALIDATION_FAILED")


async def test_a_period_must_have_a_length(patron: Patron) -> None:
    answer: Any = await patron.ask(FORECAST.replace("2026-05-01", "2026-04-01"))

    assert answer["errors"][0]["extensions"]["code"] == "INVALID_INPUT"
