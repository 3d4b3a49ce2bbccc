"""How the business does, over GraphQL, on both databases: winning and keeping customers, a balanced scorecard, a programme."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests.core.statements import counted_statements
from tests.core.value_runs import buy, person

from patron_core.customers.commands import CreateCustomer, UpdateCustomer
from patron_core.customers.models import LifecycleStage
from patron_core.parties.commands import NewPerson
from patron_core.plugins import Plugins
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.service import Patron

FIGURE = "value applicable reason sampleSize method"
ENTER = """mutation($day: Date!, $amount: Decimal!) { acquisitionCostEnter(input: {
  spentOn: $day, amount: { amount: $amount, currencyCode: "EUR" }, source: "Spring fair" }) {
    acquisitionCost { id source } userErrors { message } } }"""
SCORECARD = """mutation { scorecardDefine(input: { code: "COMPANY", name: "Company", objectives: [
  { perspective: FINANCIAL, name: "Earn", indicator: "CONTRIBUTION", target: "100" }
  { perspective: CUSTOMER, name: "Be chosen again", indicator: "REPEAT_RATE", target: "0.6" }
  { perspective: PROCESS, name: "Win customers cheaply", indicator: "ACQUISITION_COST", target: "15", direction: DOWN }
  { perspective: LEARNING, name: "Days of training", target: "5" } ] }) {
    scorecard { code objectives { nodes { id version name perspective } } } userErrors { message code path } } }"""
PROGRAMME = """mutation { programmeCreate(input: { name: "Call back within a day", indicator: "REVENUE",
  baselineFrom: "2026-01-01", baselineTo: "2026-01-31", startedOn: "2026-02-01",
  cost: { amount: "120.00", currencyCode: "EUR" } }) { programme { id name } userErrors { message code path } } }"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def test_capability_14_customers_are_won_kept_and_lost_and_winning_them_has_a_cost(patron: Patron) -> None:
    database = patron.prepared
    ada, bea = await person(database, "Ada"), await person(database, "Bea")
    for customer, day in ((ada, "2026-01-03"), (bea, "2026-01-20"), (ada, "2026-02-03")):
        await buy(database, customer, day, "20.00")
        if customer is not ada or day != "2026-02-03":
            active = UpdateCustomer(id=customer.id, version=1, lifecycle_stage=LifecycleStage.ACTIVE)
            await database.do(active)
    await patron.data(ENTER, {"day": "2026-01-10", "amount": "50.00"})
    await patron.data(ENTER, {"day": "2026-02-10", "amount": "70.00"})
    database.clock.advance(dt.timedelta(days=30))
    left = UpdateCustomer(id=bea.id, version=2, lifecycle_stage=LifecycleStage.CHURNED, stage_reason="Moved away.")
    await database.do(left)
    cohorts = """{ retentionCohorts(from: "2026-01-01", to: "2026-02-01", currency: "EUR") {
      month size months { offset customers share } } }"""
    cost = f"""{{ kpi(code: "ACQUISITION_COST", from: "2026-01-01", to: "2026-03-01", currency: "EUR", byMonth: true) {{
      name definition formula sources drillDown value {{ {FIGURE} money {{ amount }} inputs {{ name ids }} }}
      months {{ month value {{ applicable money {{ amount }} }} }} }} }}"""
    churn = f"""{{ churn: kpi(code: "CHURN_RATE", from: "2026-04-01", to: "2026-05-01") {{ value {{ {FIGURE} }} }}
      retention: kpi(code: "RETENTION_RATE", from: "2026-02-01", to: "2026-03-04", currency: "EUR") {{
        value {{ {FIGURE} }} }}
      customers(where: {{ lifecycleStage: {{ eq: CHURNED }} }}) {{ nodes {{
        displayName lifecycleChanges {{ nodes {{ fromStage toStage reason }} }} }} }} }}"""

    with counted_statements() as statements:
        (cohort,) = (await patron.data(cohorts))["retentionCohorts"]
    won = (await patron.data(cost))["kpi"]
    kept: Any = await patron.data(churn)

    assert len([text for text in statements if "ledger_transaction" in text]) == 1
    assert (cohort["month"], cohort["size"]) == ("2026-01-01", 2)
    assert [(each["offset"], each["share"]) for each in cohort["months"]] == [(0, "1.0000"), (1, "0.5000")]
    assert (won["value"]["money"]["amount"], won["value"]["sampleSize"]) == ("60.00", 2)
    assert [len(each["ids"]) for each in won["value"]["inputs"]] == [2, 2]
    assert [each["value"]["applicable"] for each in won["months"]] == [True, False]
    assert won["months"][0]["value"]["money"] == {"amount": "25.00"}
    assert kept["churn"]["value"]["value"] == kept["retention"]["value"]["value"] == "0.5000"
    (gone,) = kept["customers"]["nodes"]
    assert gone["lifecycleChanges"]["nodes"][-1]["reason"] == "Moved away."


async def test_capability_41_indicators_are_defined_computed_and_followed_to_their_rows(patron: Patron) -> None:
    ada = await person(patron.prepared, "Ada")
    await buy(patron.prepared, ada, "2026-01-03", "100.00", cost="40.00")
    await patron.prepared.do(CreateCustomer(person=NewPerson(display_name="New"), since=dt.date(2026, 1, 9)))
    query = f"""{{ kpis(from: "2026-01-01", to: "2026-02-01") {{
      code name definition formula unit sources drillDown value {{ {FIGURE} unit inputs {{ ids }} }} }} }}"""

    found = {each["code"]: each for each in (await patron.data(query))["kpis"]}

    assert {"REVENUE", "CONTRIBUTION", "ACTIVE_CUSTOMERS", "NEW_CUSTOMERS", "REPEAT_RATE", "RETENTION_RATE",
            "CHURN_RATE", "ACQUISITION_COST"} <= set(found)  # fmt: skip
    assert (found["REVENUE"]["value"]["value"], found["CONTRIBUTION"]["value"]["value"]) == ("100.00", "60.00")
    assert (found["ACTIVE_CUSTOMERS"]["value"]["value"], found["NEW_CUSTOMERS"]["value"]["value"]) == ("1", "2")
    (new,) = found["NEW_CUSTOMERS"]["value"]["inputs"]
    assert len(new["ids"]) == 2  # also who has no first day, and bought
    assert found["ACQUISITION_COST"]["value"]["reason"] == "No cost of winning customers was entered in EUR."
    for each in found.values():
        time = "T00:00:00Z" if "DateTime!" in each["drillDown"] else ""
        assert await patron.data(each["drillDown"], {"from": f"2026-01-01{time}", "to": f"2026-02-01{time}"})
        assert len(patron.statements) == 1


async def test_capability_43_a_scorecard_looks_from_four_perspectives(patron: Patron) -> None:
    database = patron.prepared
    ada, bea = await person(database, "Ada"), await person(database, "Bea")
    for customer, day in ((ada, "2026-01-03"), (ada, "2026-01-09"), (bea, "2026-01-20")):
        await buy(database, customer, day, "50.00", cost="10.00")
    await patron.data(ENTER, {"day": "2026-01-10", "amount": "32.00"})
    made = (await patron.data(SCORECARD))["scorecardDefine"]
    assert made["userErrors"] == []
    training = next(each for each in made["scorecard"]["objectives"]["nodes"] if each["perspective"] == "LEARNING")
    entered = """mutation($id: ID!) { scorecardObjectiveUpdate(input: { id: $id, version: 1, entered: "3" }) {
      objective { entered version } userErrors { message } } }"""
    report = f"""{{ scorecardReport(code: "COMPANY", from: "2026-01-01", to: "2026-02-01", currency: "EUR") {{
      name perspectives {{ perspective objectives {{ name target status actual {{ {FIGURE} }} }} }} }} }}"""
    await patron.data(entered, {"id": training["id"]})

    found = (await patron.data(report))["scorecardReport"]

    shown = {each["perspective"]: each["objectives"] for each in found["perspectives"]}
    assert list(shown) == ["FINANCIAL", "CUSTOMER", "PROCESS", "LEARNING"]
    assert [(objective["status"], objective["actual"]["value"]) for (objective,) in shown.values()] == [
        ("MET", "120.00"),
        ("MISSED", "0.5000"),
        ("NEAR", "16.00"),
        ("MISSED", "3.0000"),
    ]


async def test_capability_82_a_programme_is_weighed_by_cost_and_benefit_against_a_baseline(patron: Patron) -> None:
    ada = await person(patron.prepared, "Ada")
    await buy(patron.prepared, ada, "2026-01-03", "100.00")
    for day in ("2026-02-03", "2026-02-20"):
        await buy(patron.prepared, ada, day, "90.00")
    programme = (await patron.data(PROGRAMME))["programmeCreate"]["programme"]
    query = f"""query($id: ID!, $to: Date!) {{ programmeResult(id: $id, to: $to) {{
      before {{ {FIGURE} }} after {{ {FIGURE} }} change {{ {FIGURE} unit }} benefit {{ {FIGURE} }}
      net {{ {FIGURE} inputs {{ name value }} }} paybackMonths {{ {FIGURE} unit }} }} }}"""

    found = (await patron.data(query, {"id": programme["id"], "to": "2026-03-03"}))["programmeResult"]
    early = (await patron.data(query, {"id": programme["id"], "to": "2026-02-01"}))["programmeResult"]

    assert [found[name]["value"] for name in ("before", "after", "benefit", "net")] == [
        "100.00",
        "180.00",
        "80.00",
        "-40.00",
    ]
    assert (found["change"]["value"], found["change"]["unit"]) == ("80.0000", "EUR a month")
    assert (found["paybackMonths"]["value"], found["paybackMonths"]["unit"]) == ("1.5000", "months")
    assert "does not show what caused" in found["net"]["method"]
    assert (early["net"]["applicable"], early["net"]["reason"]) == (False, "It has not begun by then.")


@pytest.mark.parametrize(
    "asked",
    [
        'kpi(code: "RETENTION_RATE", from: "0001-01-02", to: "0003-01-02", currency: "EUR") { code }',
        'bestCustomers(asOf: "0001-01-02", currency: "EUR", days: 3000) { rank }',
        'dailyCallList(owner: "ines", on: "0001-01-02", stuckAfterDays: 365) { considered }',
        'contactConflicts(from: "0001-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z", windowDays: 90) { customerId }',
        'profitCheck(month: "9999-12-30", currency: "EUR") { __typename }',
    ],
)
async def test_days_at_the_ends_of_the_calendar_are_refused_in_words(patron: Patron, asked: str) -> None:
    answer = await patron.ask(f"{{ {asked} }}")

    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INVALID_INPUT"
