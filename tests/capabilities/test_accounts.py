"""How customers are developed: capabilities 8, 16, 51 and 54, over GraphQL on both databases."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from tests.core.statements import counted_statements

from patron_core.accounts.recurring import miss_goals
from patron_core.hookspecs import Step
from patron_core.parties.commands import CreateOrganization, NewOrganization
from patron_core.plugins import Plugins
from patron_core.products.commands import CreateProduct
from patron_core.transactions.commands import NewLine, RecordTransaction
from patron_core.transactions.models import TransactionKind
from patron_core.values import Money
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import NOON
from patron_schema.testing.service import Patron

COMPANY = """mutation Company($name: String!, $parent: ID, $industry: String) {
  customerCreate(input: { organization: { legalName: $name, parentId: $parent, industry: $industry } }) {
    customer { id party { id } } userErrors { message path } } }"""
PLAN = """mutation Plan($customer: ID!) { accountPlanCreate(input: { customerId: $customer, name: "Grow", owner: "Bob",
  developmentStage: FIRST_PURCHASE, startsOn: "2026-01-01", endsOn: "2027-01-01",
  targetAmount: { amount: "50000.00", currencyCode: "EUR" } }) {
    accountPlan { id version status developmentStage } userErrors { code message path } } }"""
WHITESPACE = """query Whitespace($id: ID!, $by: WhitespaceBy! = PRODUCT, $share: Decimal! = "0.2") {
  accountWhitespace(customerId: $id, by: $by, minimumShare: $share) { truncated
    openPositions { value applicable reason sampleSize method inputs { name value ids } }
    positions { key name customerId buyers comparable share reason } } }"""
NEED = """mutation Need($input: NeedCreateInput!) { needCreate(input: $input) {
  need { id version status } userErrors { code message path } } }"""
GOAL = """mutation Goal($customer: ID!, $due: Date!) { goalCreate(input: { customerId: $customer, name: "Less waste",
  unit: "percent", baseline: "12", target: "4", dueOn: $due,
  milestones: [{ name: "Measure" }, { name: "Train", dueOn: $due }] }) {
    goal { id version status progress milestoneCount milestones { nodes { id version name } } }
    userErrors { code message path } } }"""
PROGRESS = """mutation Progress($id: ID!, $version: Int!, $value: Decimal!, $status: GoalStatus) {
  goalProgress(input: { id: $id, version: $version, value: $value, status: $status }) {
    goal { version status progress current } userErrors { code message path } } }"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def company(patron: Patron, name: str, **more: Any) -> dict[str, Any]:
    made = (await patron.data(COMPANY, {"name": name, **more}))["customerCreate"]
    assert made["userErrors"] == []
    found: dict[str, Any] = made["customer"]
    return found


def plain(outer: str) -> Any:
    """The uuid of an outer id."""
    return uuid.UUID(outer.partition("_")[2])


async def bought(patron: Patron, customer: dict[str, Any], *skus: str) -> None:
    lines = tuple(NewLine(sku=sku, description=f"A {sku}", unit_price=Money(100, "EUR")) for sku in skus)
    command = RecordTransaction(
        customer_id=plain(customer["id"]),
        kind=TransactionKind.SALE,
        amount=Money(100 * len(skus), "EUR"),
        occurred_at=NOON - dt.timedelta(days=20),
        lines=lines,
    )
    await patron.prepared.do(command)


async def market(patron: Patron) -> dict[str, Any]:
    """An account that bought saws, among five comparable customers of whom four bought drills and one bought glue."""
    for sku, category in (("SAW", "Tools"), ("DRILL", "Tools"), ("GLUE", "Supplies")):
        await patron.prepared.do(CreateProduct(sku=sku, name=f"{sku.title()} of ours", category=category))
    account = await company(patron, "Account", industry="C16")
    await bought(patron, account, "SAW")
    for number in range(5):
        peer = await company(patron, f"Peer {number}", industry="C16")
        await bought(patron, peer, "SAW", "DRILL" if number < 4 else "GLUE")
    other = await company(patron, "Of another industry", industry="J62")
    await bought(patron, other, "PAPER")
    return account


async def test_capability_08_whitespace_is_what_comparable_customers_buy_and_this_one_does_not(patron: Patron) -> None:
    account = await market(patron)

    with counted_statements() as statements:
        found = (await patron.data(WHITESPACE, {"id": account["id"]}))["accountWhitespace"]
    wide = (await patron.data(WHITESPACE, {"id": account["id"], "share": "0.5"}))["accountWhitespace"]
    categories = (await patron.data(WHITESPACE, {"id": account["id"], "by": "CATEGORY"}))["accountWhitespace"]

    assert [(each["key"], each["name"], each["buyers"], each["share"]) for each in found["positions"]] == [
        ("DRILL", "Drill of ours", 4, "0.8000"),
        ("GLUE", "Glue of ours", 1, "0.2000"),
    ]
    assert found["positions"][0]["reason"] == (
        "4 of 5 comparable customers bought it within 365 days, this one did not."
    )
    assert (found["openPositions"]["value"], found["openPositions"]["sampleSize"]) == ("2", 5)
    assert [each["key"] for each in wide["positions"]] == ["DRILL"]
    assert [each["key"] for each in categories["positions"]] == ["Supplies"]
    assert len([each for each in statements if "ledger_transaction" in each]) == 3


async def test_capability_08_whitespace_is_products_times_parts_of_the_account(patron: Patron) -> None:
    account = await market(patron)
    part = await company(patron, "Part", parent=account["party"]["id"], industry="C16")
    await bought(patron, part, "DRILL")

    found = (await patron.data(WHITESPACE, {"id": account["id"]}))["accountWhitespace"]

    assert {(each["key"], each["customerId"]) for each in found["positions"]} == {
        ("SAW", part["id"]),
        ("DRILL", account["id"]),
        ("GLUE", account["id"]),
        ("GLUE", part["id"]),
    }
    (units,) = (each for each in found["openPositions"]["inputs"] if each["name"] == "units")
    assert units["ids"] == [account["id"], part["id"]]


async def test_capability_08_with_too_few_to_compare_with_nothing_is_told(patron: Patron) -> None:
    account = await company(patron, "Alone")

    found = (await patron.data(WHITESPACE, {"id": account["id"]}))["accountWhitespace"]

    assert (found["openPositions"]["value"], found["openPositions"]["applicable"], found["positions"]) == (
        None,
        False,
        [],
    )
    assert "5 are needed" in found["openPositions"]["reason"]


async def test_capability_08_an_account_is_developed_stage_by_stage(patron: Patron) -> None:
    account = await company(patron, "Account")
    plan = (await patron.data(PLAN, {"customer": account["id"]}))["accountPlanCreate"]["accountPlan"]
    await patron.data(
        """mutation Update($id: ID!) { accountPlanUpdate(input: { id: $id, version: 1, status: ACTIVE,
             developmentStage: REPEAT }) { accountPlan { version } userErrors { message } } }""",
        {"id": plan["id"]},
    )
    item = """mutation Item($plan: ID!) { accountWhitespaceAdd(input: { planId: $plan, sku: "DRILL", reason: "As others do." }) {
        whitespaceItem { id version status } userErrors { code path } } }"""
    first = (await patron.data(item, {"plan": plan["id"]}))["accountWhitespaceAdd"]
    again = (await patron.data(item, {"plan": plan["id"]}))["accountWhitespaceAdd"]
    await patron.data(
        """mutation Sold($id: ID!) { accountWhitespaceUpdate(input: { id: $id, version: 1, status: SOLD }) {
             whitespaceItem { status } userErrors { message } } }""",
        {"id": first["whitespaceItem"]["id"]},
    )

    found = await patron.data(
        """{ accountPlans(where: { status: { eq: ACTIVE } }) { nodes { developmentStage targetAmount { amount }
             customer { displayName } whitespaceItems { nodes { sku status } }
             developmentChanges { nodes { fromStage toStage } } } } }"""
    )

    assert len(patron.statements) == 1
    assert (again["whitespaceItem"], again["userErrors"]) == (None, [{"code": "CONFLICT", "path": ["input", "sku"]}])
    assert found["accountPlans"]["nodes"] == [
        {
            "developmentStage": "REPEAT",
            "targetAmount": {"amount": "50000.00"},
            "customer": {"displayName": "Account"},
            "whitespaceItems": {"nodes": [{"sku": "DRILL", "status": "SOLD"}]},
            "developmentChanges": {
                "nodes": [
                    {"fromStage": None, "toStage": "FIRST_PURCHASE"},
                    {"fromStage": "FIRST_PURCHASE", "toStage": "REPEAT"},
                ]
            },
        }
    ]


async def test_capability_16_a_need_is_matched_with_products_by_category_and_words(patron: Patron) -> None:
    for sku, name, category in (
        ("SAW-1", "Quiet band saw", "Tools"),
        ("SAW-2", "Band saw", "Tools"),
        ("CAP-1", "Quiet cap", "Clothes"),
        ("INK-1", "Ink", "Office"),
    ):
        await patron.prepared.do(CreateProduct(sku=sku, name=name, category=category))
    customer = await company(patron, "Joinery")
    wanted = {"customerId": customer["id"], "name": "A saw nobody hears", "horizon": "SHORT"}
    made = await patron.data(NEED, {"input": {**wanted, "category": "tools", "keywords": "quiet saw"}})
    need = made["needCreate"]["need"]

    found = await patron.data(
        """query Proposals($id: ID!) { needProposals(needId: $id) { truncated reason method
             matches { sku score reason } } }""",
        {"id": need["id"]},
    )
    match = """mutation Match($need: ID!, $sku: String!) { needMatch(input: { needId: $need, sku: $sku }) {
        needMatch { id version score reason } userErrors { code path } } }"""
    taken = (await patron.data(match, {"need": need["id"], "sku": "SAW-1"}))["needMatch"]["needMatch"]
    unknown = (await patron.data(match, {"need": need["id"], "sku": "NONE"}))["needMatch"]
    await patron.data(
        """mutation Decide($id: ID!) { needMatchDecide(input: { id: $id, version: 1, accepted: true }) {
             needMatch { status } userErrors { message } } }""",
        {"id": taken["id"]},
    )
    after = await patron.data("{ needs { nodes { status matches { nodes { sku status } } } } }")

    assert [(each["sku"], each["score"]) for each in found["needProposals"]["matches"]] == [
        ("SAW-1", "1.0000"),
        ("SAW-2", "0.8000"),
        ("CAP-1", "0.2000"),
    ]
    assert found["needProposals"]["matches"][1]["reason"] == (
        "Its category is the one needed, Tools. Its name has 1 of 2 words: saw."
    )
    assert taken["score"] == "1.0000"
    assert unknown["userErrors"] == [{"code": "NOT_FOUND", "path": ["input", "sku"]}]
    assert after["needs"]["nodes"] == [
        {"status": "MATCHED", "matches": {"nodes": [{"sku": "SAW-1", "status": "ACCEPTED"}]}}
    ]


async def test_capability_51_needs_of_each_division_add_up_over_the_organization(patron: Patron) -> None:
    group = await company(patron, "Group")
    parent = group["party"]["id"]
    ids: dict[str, str] = {}
    for name, above in (("Works", parent), ("Paint shop", "Works"), ("Office", parent)):
        id_ = ids.get(above, above)
        made = await patron.prepared.do(
            CreateOrganization(organization=NewOrganization(legal_name=name, parent_id=plain(id_)))
        )
        ids[name] = f"pty_{made.id}"
    stranger = await company(patron, "Stranger")
    for division, horizon in (("Paint shop", "SHORT"), ("Paint shop", "LONG"), ("Works", "SHORT"), (None, "LONG")):
        input_ = {"customerId": group["id"], "divisionId": ids.get(division or ""), "name": "N", "horizon": horizon}
        assert (await patron.data(NEED, {"input": input_}))["needCreate"]["userErrors"] == []
    wrong = {"customerId": group["id"], "divisionId": stranger["party"]["id"], "name": "N", "horizon": "LONG"}
    refused = (await patron.data(NEED, {"input": wrong}))["needCreate"]

    with counted_statements() as statements:
        found = await patron.data(
            """query RollUp($id: ID!) { needRollUp(customerId: $id) { truncated divisions { displayName level parentId
                 own { short long } total { short long unmatched } } } }""",
            {"id": group["id"]},
        )
    groups = await patron.data(
        """{ needsAggregate(where: { status: { eq: OPEN } }, groupBy: [{ field: DIVISION_DISPLAY_NAME }, { field: HORIZON }]) {
             key { divisionDisplayName horizon } count } }"""
    )

    assert len(patron.statements) == 1
    assert [error["path"] for error in refused["userErrors"]] == [["input", "divisionId"]]
    shown = [
        (each["displayName"], each["level"], each["own"], each["total"]) for each in found["needRollUp"]["divisions"]
    ]
    assert shown == [
        ("Group", 0, {"short": 0, "long": 1}, {"short": 2, "long": 2, "unmatched": 4}),
        ("Office", 1, {"short": 0, "long": 0}, {"short": 0, "long": 0, "unmatched": 0}),
        ("Works", 1, {"short": 1, "long": 0}, {"short": 2, "long": 1, "unmatched": 3}),
        ("Paint shop", 2, {"short": 1, "long": 1}, {"short": 1, "long": 1, "unmatched": 2}),
    ]
    assert len([each for each in statements if "customer_need" in each]) == 1
    counted = {
        (each["key"]["divisionDisplayName"], each["key"]["horizon"]): each["count"] for each in groups["needsAggregate"]
    }
    assert counted == {("Paint shop", "SHORT"): 1, ("Paint shop", "LONG"): 1, ("Works", "SHORT"): 1, (None, "LONG"): 1}


async def test_capability_54_a_long_term_goal_has_steps_progress_and_a_history(patron: Patron) -> None:
    customer = await company(patron, "Bakery")
    due = str(NOON.date() + dt.timedelta(days=300))
    goal = (await patron.data(GOAL, {"customer": customer["id"], "due": due}))["goalCreate"]["goal"]
    assert (goal["status"], goal["progress"], goal["milestoneCount"]) == ("OPEN", "0.0000", 2)
    first = goal["milestones"]["nodes"][0]
    await patron.data(
        """mutation Done($id: ID!) { goalMilestoneComplete(input: { id: $id, version: 1 }) {
             milestone { doneOn } userErrors { message } } }""",
        {"id": first["id"]},
    )
    version = goal["version"]
    seen = []
    for value, status in (("10", "AT_RISK"), ("6", None), ("4", None)):
        asked = {"id": goal["id"], "version": version, "value": value, "status": status}
        now = (await patron.data(PROGRESS, asked))["goalProgress"]["goal"]
        version = now["version"]
        seen.append((now["status"], now["progress"]))

    found = await patron.data(
        """{ goals(where: { status: { eq: REACHED } }) { nodes { customer { displayName } milestonesDone milestoneCount
             changes { nodes { fromStatus toStatus value } } } } }"""
    )

    assert seen == [("AT_RISK", "0.2500"), ("AT_RISK", "0.7500"), ("REACHED", "1.0000")]
    assert len(patron.statements) == 1
    (reached,) = found["goals"]["nodes"]
    assert (reached["customer"]["displayName"], reached["milestonesDone"], reached["milestoneCount"]) == (
        "Bakery",
        1,
        2,
    )
    assert [(each["toStatus"], each["value"]) for each in reached["changes"]["nodes"]] == [
        ("OPEN", "12.000"),
        ("AT_RISK", "10.000"),
        ("AT_RISK", "6.000"),
        ("REACHED", "4.000"),
    ]


async def test_capability_54_a_goal_whose_day_passed_is_missed_once(patron: Patron) -> None:
    customer = await company(patron, "Bakery")
    due = NOON.date() + dt.timedelta(days=10)
    await patron.data(GOAL, {"customer": customer["id"], "due": str(due)})
    step = Step(arguments={}, state={}, done=0)
    await patron.prepared.do(lambda uow: miss_goals(step, uow))
    patron.prepared.clock.advance(dt.timedelta(days=11))
    for _ in range(2):
        await patron.prepared.do(lambda uow: miss_goals(step, uow))

    found = await patron.data("{ goals { nodes { status changes { nodes { toStatus } } } } }")

    assert found["goals"]["nodes"] == [
        {"status": "MISSED", "changes": {"nodes": [{"toStatus": "OPEN"}, {"toStatus": "MISSED"}]}}
    ]
