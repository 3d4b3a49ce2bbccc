"""What customers bring, cost, are worth and may bring, over GraphQL, on both databases."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from tests.core.statements import counted_statements
from tests.core.value_runs import at, buy, company, days_after, person, run, take_in_cdnow

from patron_core.customers.models import Customer
from patron_core.messages import Actor
from patron_core.opportunities.commands import CreateOpportunity
from patron_core.plugins import Plugins
from patron_core.profits.building import build_profits
from patron_core.profits.clv import score_clv
from patron_core.profits.rfm import score_rfm
from patron_core.transactions.models import TransactionKind
from patron_core.values import Money
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.service import Patron

FIGURE = "value applicable reason sampleSize method asOf"
CONTRIBUTIONS = """query($customer: ID!) { customer(id: $customer) {
  profitContributions(orderBy: [{ field: MONTH }]) { nodes {
    month granularity coverage ledgerRows revenue { amount currencyCode } costOfGoods { amount } costToServe { amount }
    contribution { amount } } }
  transactions(where: { occurredAt: { gte: "2026-01-01T00:00:00Z", lt: "2026-02-01T00:00:00Z" } }) {
    totalCount nodes { kind amount { amount } lines { nodes { amount { amount } cost { amount } } } } } } }"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


def outer(customer: Customer) -> str:
    return f"cus_{customer.id}"


async def a_month(patron: Patron) -> Customer:
    """A consumer with a sale, a refund and a cost to serve in January."""
    database = patron.prepared
    ada = await person(database, "Ada")
    await buy(database, ada, "2026-01-03", "100.00", cost="60.00")
    await buy(database, ada, "2026-01-05", "-10.00", cost="-6.00", kind=TransactionKind.REFUND)
    await buy(database, ada, "2026-01-09", "5.00", kind=TransactionKind.COST_TO_SERVE)
    return ada


async def test_capability_01_repeat_business_has_a_rate_an_interval_and_a_flag(patron: Patron) -> None:
    ada, bea = await person(patron.prepared, "Ada"), await person(patron.prepared, "Bea")
    for day in ("2026-01-03", "2026-01-13", "2026-01-31"):
        await buy(patron.prepared, ada, day, "20.00")
    await buy(patron.prepared, bea, "2026-01-07", "20.00")
    whole = f"""{{ repeatBusiness(from: "2026-01-01", to: "2026-03-01", currency: "EUR") {{
      repeatPurchaseRate {{ {FIGURE} inputs {{ name value }} }} purchaseInterval {{ {FIGURE} unit }} }} }}"""
    each = """query($id: ID!) { customerMetrics(customerId: $id, currency: "EUR") {
      repeat purchaseInterval { value applicable reason } } }"""

    with counted_statements() as statements:
        found = (await patron.data(whole))["repeatBusiness"]
    of_ada = (await patron.data(each, {"id": outer(ada)}))["customerMetrics"]
    of_bea = (await patron.data(each, {"id": outer(bea)}))["customerMetrics"]

    assert len([text for text in statements if "ledger_transaction" in text]) == 2
    assert (found["repeatPurchaseRate"]["value"], found["repeatPurchaseRate"]["sampleSize"]) == ("0.5000", 2)
    assert (float(found["purchaseInterval"]["value"]), found["purchaseInterval"]["unit"]) == (14, "days")
    assert (of_ada["repeat"], float(of_ada["purchaseInterval"]["value"])) == (True, 14)
    assert (of_bea["repeat"], of_bea["purchaseInterval"]["applicable"]) == (False, False)


async def test_capability_07_fifths_of_consumers_are_not_given_to_few_customers_and_to_businesses(
    patron: Patron,
) -> None:
    firm, ada = await company(patron.prepared, "Engines"), await person(patron.prepared, "Ada")
    for customer in (firm, ada):
        await buy(patron.prepared, customer, "2026-01-03", "20.00")
    query = """{ customers(orderBy: [{ field: DISPLAY_NAME }]) { nodes { displayName rfm {
      value applicable reason sampleSize method asOf recency model { number reason parameters { nodes { name value } } } }
      clv { value { amount } applicable reason sampleSize } } } }"""
    await run(patron.prepared, score_rfm)
    await run(patron.prepared, score_clv)

    small, business = (await patron.data(query))["customers"]["nodes"]
    assert len(patron.statements) == 1
    assert (small["displayName"], small["rfm"]["value"], small["rfm"]["applicable"]) == ("Ada", None, False)
    assert (small["rfm"]["sampleSize"], small["rfm"]["asOf"]) == (1, "2026-03-14")
    assert "20 are needed" in small["rfm"]["reason"]
    assert "100 and 30 are needed" in small["clv"]["reason"]
    assert (business["rfm"]["applicable"], business["clv"]["value"]) == (False, None)
    assert "a business" in business["rfm"]["reason"]

    for number in range(19):
        customer = await person(patron.prepared, f"P{number:02}")
        await buy(patron.prepared, customer, days_after("2026-02-01", number), "20.00")
    await run(patron.prepared, score_rfm)
    found: Any = (await patron.data(query))["customers"]["nodes"]

    assert (found[0]["rfm"]["value"], found[0]["rfm"]["recency"], found[0]["rfm"]["sampleSize"]) == (111, 1, 20)
    assert found[1]["rfm"]["applicable"] is False
    cut_offs = {each["name"]: float(each["value"]) for each in found[0]["rfm"]["model"]["parameters"]["nodes"]}
    assert cut_offs == {"recency_1": 70, "recency_2": 38, "recency_3": 34, "recency_4": 30, "recency_5": 26,
                        "frequency_1": 1, "monetary_1": 20}  # fmt: skip
    best = """{ rfmScores(where: { recency: { gte: 5 } }, orderBy: [{ field: LAST_PURCHASE_ON, direction: DESC }]) {
      nodes { customer { displayName } } } }"""
    names = [node["customer"]["displayName"] for node in (await patron.data(best))["rfmScores"]["nodes"]]
    assert names == ["P18", "P17", "P16", "P15"]


async def test_capability_15_the_best_customers_change_from_day_to_day(patron: Patron) -> None:
    ada, bea = await person(patron.prepared, "Ada"), await person(patron.prepared, "Bea")
    await buy(patron.prepared, ada, "2026-01-03", "100.00", cost="50.00")
    await buy(patron.prepared, bea, "2026-01-10", "80.00", cost="10.00")
    await buy(patron.prepared, ada, "2026-01-11", "60.00", cost="30.00")
    query = f"""query($day: Date!, $before: Date, $by: BestBy!) {{
      bestCustomers(asOf: $day, by: $by, currency: "EUR", first: 5, comparedWith: $before) {{
        customerId displayName rank previousRank value {{ {FIGURE} money {{ amount }} inputs {{ name value }} }} }} }}"""

    async def ranked(day: str, by: str = "CONTRIBUTION", before: str | None = None) -> list[tuple[Any, ...]]:
        found = (await patron.data(query, {"day": day, "by": by, "before": before}))["bestCustomers"]
        return [(each["displayName"], each["previousRank"], each["value"]["money"]["amount"]) for each in found]

    assert await ranked("2026-01-09") == [("Ada", None, "50.00")]
    with counted_statements() as statements:
        tenth = await ranked("2026-01-10", before="2026-01-09")
    assert tenth == [("Bea", None, "70.00"), ("Ada", 1, "50.00")]
    assert len([text for text in statements if "ledger_transaction" in text]) == 2
    assert await ranked("2026-01-11", before="2026-01-10") == [("Ada", 2, "80.00"), ("Bea", 1, "70.00")]
    assert [name for name, *_ in await ranked("2026-01-10", by="REVENUE")] == ["Ada", "Bea"]


@pytest.mark.parametrize(
    "query",
    [
        '{ bestCustomers(asOf: "0001-01-02", currency: "EUR") { rank } }',
        '{ profitCheck(month: "9999-12-01", currency: "EUR") { holds } }',
        '{ dailyCallList(owner: "ines", on: "0001-01-02") { entries { score } } }',
        '{ dailyCallList(owner: "ines", on: "9999-12-01") { entries { score } } }',
    ],
)
async def test_a_day_whose_year_leaves_the_calendar_is_refused_and_no_fault(patron: Patron, query: str) -> None:
    (error,) = (await patron.ask(query))["errors"]

    assert error["extensions"]["code"] == "INVALID_INPUT"


async def test_capability_33_a_month_of_a_customer_is_built_from_its_transactions(patron: Patron) -> None:
    ada = await a_month(patron)
    asked = """mutation { profitsBuild(input: { startsOn: "2026-01-01", endsOn: "2026-03-01" }) {
      jobRun { name status } userErrors { message } } }"""
    check = """{ profitCheck(month: "2026-01-15", currency: "EUR") {
      holds ledgerRows kept { amount } booked { amount } differing } }"""
    before = (await patron.data(check))["profitCheck"]
    assert (await patron.data(asked))["profitsBuild"]["jobRun"] == {"name": "core.build_profits", "status": "WAITING"}
    await run(patron.prepared, build_profits)

    found = (await patron.data(CONTRIBUTIONS, {"customer": outer(ada)}))["customer"]
    assert len(patron.statements) == 1
    after = (await patron.data(check))["profitCheck"]

    (month,) = found["profitContributions"]["nodes"]
    assert (month["month"], month["revenue"]) == ("2026-01-01", {"amount": "90.00", "currencyCode": "EUR"})
    amounts = [month[name]["amount"] for name in ("costOfGoods", "costToServe", "contribution")]
    assert amounts == ["54.00", "5.00", "31.00"]
    assert month["ledgerRows"] == found["transactions"]["totalCount"] == 3
    costs = [line["cost"]["amount"] for row in found["transactions"]["nodes"] for line in row["lines"]["nodes"]]
    assert sorted(costs) == ["-6.00", "60.00"]
    assert (before["holds"], before["differing"]) == (False, [outer(ada)])
    assert (after["holds"], after["kept"], after["differing"]) == (True, {"amount": "31.00"}, [])
    groups = """{ profitContributionsAggregate(groupBy: [{ field: MONTH }]) {
      key { month } sum { contribution { amount } } } }"""
    (group,) = (await patron.data(groups))["profitContributionsAggregate"]
    assert group["sum"]["contribution"] == [{"amount": "31.00"}]


async def test_capability_35_each_value_says_how_finely_it_is_known(patron: Patron) -> None:
    ada, bea = await a_month(patron), await person(patron.prepared, "Bea")
    await buy(patron.prepared, bea, "2026-01-03", "30.00", cost="10.00")
    await buy(patron.prepared, bea, "2026-01-04", "10.00")
    await run(patron.prepared, build_profits)

    known = (await patron.data(CONTRIBUTIONS, {"customer": outer(ada)}))["customer"]["profitContributions"]["nodes"]
    guessed = (await patron.data(CONTRIBUTIONS, {"customer": outer(bea)}))["customer"]["profitContributions"]["nodes"]
    broad = """{ profitContributions(where: { coverage: { lt: "1" } }) {
      nodes { granularity customer { displayName } } } }"""

    assert [(row["granularity"], row["coverage"]) for row in known] == [("TRANSACTION", "1.0000")]
    assert [(row["granularity"], row["coverage"]) for row in guessed] == [("ESTIMATED", "0.7500")]
    assert (await patron.data(broad))["profitContributions"]["nodes"] == [
        {"granularity": "ESTIMATED", "customer": {"displayName": "Bea"}}
    ]


async def test_capability_36_who_brings_nothing_is_counted_and_gets_a_treatment(patron: Patron) -> None:
    for number in range(8):
        customer = await person(patron.prepared, f"P{number}")
        await buy(patron.prepared, customer, "2026-01-03", "100.00", cost="50.00")
    dear, costly = await person(patron.prepared, "Dear"), await person(patron.prepared, "Costly")
    await buy(patron.prepared, dear, "2026-01-03", "10.00", cost="110.00")
    await buy(patron.prepared, costly, "2026-01-03", "100.00", cost="50.00")
    await buy(patron.prepared, costly, "2026-01-04", "150.00", kind=TransactionKind.COST_TO_SERVE)
    await run(patron.prepared, build_profits)
    query = f"""{{ profitDistribution(from: "2026-01-01", to: "2026-02-01", currency: "EUR") {{
      tenths {{ number customers contribution {{ amount }} cumulativeShare }}
      notProfitable {{ {FIGURE} }} peak {{ {FIGURE} }}
      suggestions {{ treatment reason customers contribution {{ amount }} }} }}
      unprofitableCustomers(from: "2026-01-01", to: "2026-02-01", currency: "EUR", first: 1) {{
        customerId treatment reason contribution {{ amount }} }} }}"""

    with counted_statements() as statements:
        answer = await patron.data(query)

    assert len([text for text in statements if "profit_contribution" in text]) == 3
    found = answer["profitDistribution"]
    assert (found["notProfitable"]["value"], found["peak"]["value"]) == ("0.2000", "2.0000")
    assert [tenth["cumulativeShare"] for tenth in found["tenths"]][-3:] == ["2.0000", "1.5000", "1.0000"]
    assert [(each["treatment"], each["customers"]) for each in found["suggestions"]] == [
        ("REPRICE", 1),
        ("SERVE_FOR_LESS", 1),
    ]
    (worst,) = answer["unprofitableCustomers"]
    assert worst["contribution"] == {"amount": "-100.00"}
    portal = replace(patron.prepared.actor, roles=("customer_portal",), party_id=dear.party_id, rows=frozenset({"own"}))
    refused = await patron.ask(query, actor=portal)
    assert refused["errors"][0]["extensions"]["code"] in ("FORBIDDEN", "GRAPHQL_VALIDATION_FAILED")


async def test_capability_37_what_is_and_what_may_come_are_kept_apart(patron: Patron) -> None:
    database = patron.prepared
    firm = await company(database, "Engines")
    await buy(database, firm, "2026-01-03", "1000.00", cost="700.00")
    deal = CreateOpportunity(customer_id=firm.id, name="Ten engines", amount=Money.of("5000.00", "EUR"))
    await database.do(deal)
    query = f"""query($id: ID!, $in: String!) {{ customerValue(customerId: $id, currency: $in) {{
      current {{ {FIGURE} money {{ amount }} inputs {{ name value }} }}
      potential {{ {FIGURE} money {{ amount }} inputs {{ name ids }} }} }} }}"""

    found = (await patron.data(query, {"id": outer(firm), "in": "EUR"}))["customerValue"]
    elsewhere = (await patron.data(query, {"id": outer(firm), "in": "USD"}))["customerValue"]

    assert (found["current"]["money"]["amount"], found["potential"]["money"]["amount"]) == ("300.00", "500.00")
    assert found["current"]["reason"].startswith("TRANSACTION: Of 100%")
    assert found["potential"]["inputs"][0]["ids"][0].startswith("opp_")
    assert (elsewhere["current"]["applicable"], elsewhere["potential"]["applicable"]) == (False, False)


async def test_capability_37_cdnow_tells_what_consumers_may_bring(patron: Patron) -> None:
    await take_in_cdnow(patron.prepared)
    asked = """mutation { valueModelMake(input: { kind: CLV, asOf: "1997-09-30", currency: "USD" }) {
      jobRun { name status } userErrors { message } } }"""
    assert (await patron.data(asked))["valueModelMake"]["jobRun"]["name"] == "core.score_clv"
    await run(patron.prepared, score_clv, asOf="1997-09-30", currency="USD", horizonDays=365)
    models = """{ valueModels(where: { kind: { eq: CLV } }) { nodes {
      applicable sampleSize asOf horizonDays method parameters { nodes { name value } } } }
      clvScores(first: 1, orderBy: [{ field: VALUE, direction: DESC }], where: { applicable: { eq: true } }) {
        totalCount nodes { customer { id } value { amount } expectedPurchases alive expectedSpend { amount } } } }"""

    answer = await patron.data(models)

    assert len(patron.statements) == 2
    (model,) = answer["valueModels"]["nodes"]
    found = {each["name"]: float(each["value"]) for each in model["parameters"]["nodes"]}
    published = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    assert {name: found[name] for name in published} == pytest.approx(published, rel=0.01)
    assert (model["applicable"], model["sampleSize"], answer["clvScores"]["totalCount"]) == (True, 2_357, 2_357)
    (top,) = answer["clvScores"]["nodes"]
    product = float(top["expectedPurchases"]) * float(top["expectedSpend"]["amount"])
    assert float(top["value"]["amount"]) == pytest.approx(product, rel=0.001)
    value = """query($id: ID!) { customerValue(customerId: $id, currency: "USD") {
      current { applicable } potential { money { amount } sampleSize asOf } } }"""
    worth = (await patron.data(value, {"id": top["customer"]["id"]}))["customerValue"]
    assert worth["current"]["applicable"] is False  # nothing was bought in the last year
    assert worth["potential"]["money"] == top["value"]
    assert worth["potential"]["asOf"].startswith("1997-10-01")


async def test_figures_over_all_customers_are_for_who_may_see_money(patron: Patron) -> None:
    receptionist = Actor(patron.prepared.tenant_id, "rex", "user", roles=("receptionist",))
    query = """{ bestCustomers(asOf: "2026-01-01", currency: "EUR") { rank } }"""

    answer = await patron.ask(query, actor=receptionist)
    analyst = Actor(patron.prepared.tenant_id, "ana", "user", roles=("analyst",))
    await buy(patron.prepared, await person(patron.prepared, "Ada"), "2026-01-01", "10.00")
    shown = await patron.data(
        """{ bestCustomers(asOf: "2026-01-01", currency: "EUR") { displayName rank } }""", actor=analyst
    )

    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert shown["bestCustomers"] == [{"displayName": None, "rank": 1}]
    assert at("2026-01-01") == dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
