"""Cases, their clocks and warning signs over GraphQL, on both databases."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from tests.core.statements import counted_statements

from patron_core.cases.breaches import note_breaches
from patron_core.cases.watching import watch
from patron_core.hookspecs import Step
from patron_core.plugins import Plugins
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import NOON
from patron_schema.testing.service import Patron

CUSTOMER = """mutation C($name: String!) { customerCreate(input: { organization: { legalName: $name } }) { customer { id } } }"""
LEVEL = """mutation { serviceLevelDefine(input: { code: "FLOOR", name: "Everybody", rank: 0, targets: [
  { severity: NORMAL, firstResponseMinutes: 60, resolutionMinutes: 240 },
  { severity: CRITICAL, firstResponseMinutes: 15, resolutionMinutes: 60 }] }) { serviceLevel { id } userErrors { message } } }"""
OPEN = """mutation Open($input: CaseOpenInput!) { caseOpen(input: $input) { case { ...C } userErrors { code message path } } }"""
FIELDS = """ fragment C on Case { id version state severity responseDueAt resolutionDueAt respondedAt responseMinutes
  resolvedAt resolutionMinutes responseBreachedAt resolutionBreachedAt reopenedCount rootCause pausedAt pausedSeconds } """


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def customer(patron: Patron, name: str = "Engines") -> str:
    """The id of a new customer."""
    made: str = (await patron.data(CUSTOMER, {"name": name}))["customerCreate"]["customer"]["id"]
    return made


async def opened(patron: Patron, who: str, **more: str) -> dict[str, Any]:
    """A new case."""
    given = {"customerId": who, "kind": "COMPLAINT", "topic": "It leaks", **more}
    payload = (await patron.data(OPEN + FIELDS, {"input": given}))["caseOpen"]
    assert payload["userErrors"] == []
    case: dict[str, Any] = payload["case"]
    return case


async def does(patron: Patron, what: str, case: dict[str, Any], **more: str) -> dict[str, Any]:
    """The payload of a mutation of a case."""
    query = f"""mutation M($input: {what[0].upper()}{what[1:]}Input!) {{ {what}(input: $input) {{
      case {{ ...C }} userErrors {{ code message path }} }} }}"""
    given = {"id": case["id"], "version": case["version"], **more}
    payload: dict[str, Any] = (await patron.data(query + FIELDS, {"input": given}))[what]
    return payload


def minutes(patron: Patron, number: int) -> None:
    """Lets time pass."""
    patron.prepared.clock.advance(dt.timedelta(minutes=number))


async def noticed(patron: Patron) -> list[str]:
    """Runs the job that notes breaches; the events it told."""
    outcome = await patron.prepared.execute(lambda uow: note_breaches(Step(arguments={}, state={}, done=0), uow))
    return [each.event.clock.name for each in outcome.events if each.event.type == "case.breached"]  # type: ignore[attr-defined]


async def test_capability_45_a_complaint_has_a_clock_that_waits_for_the_customer_and_nobody_else(
    patron: Patron,
) -> None:
    await patron.data(LEVEL)
    case = await opened(patron, await customer(patron))
    assert dt.datetime.fromisoformat(case["responseDueAt"]) == NOON + dt.timedelta(minutes=60)

    minutes(patron, 30)
    waiting = (await does(patron, "caseMove", case, state="WAITING_CUSTOMER", reason="Which pump?"))["case"]
    minutes(patron, 100)
    going = (await does(patron, "caseMove", waiting, state="OPEN"))["case"]
    minutes(patron, 20)
    bare = await does(patron, "caseResolve", going)
    solved = (await does(patron, "caseResolve", going, rootCause="WORN_SEAL", resolution="A new seal."))["case"]

    assert (waiting["responseMinutes"], waiting["responseDueAt"]) == (30, case["responseDueAt"])
    assert going["pausedSeconds"] == 6_000
    due = [dt.datetime.fromisoformat(each["resolutionDueAt"]) for each in (case, going)]
    assert due[1] - due[0] == dt.timedelta(minutes=100)
    assert (bare["case"], bare["userErrors"][0]["path"]) == (None, ["input", "rootCause"])
    assert (solved["state"], solved["resolutionMinutes"], solved["resolutionBreachedAt"]) == ("RESOLVED", 50, None)
    history = await patron.data(
        """query H($id: ID!) { case(id: $id) { pauses { nodes { pausedAt resumedAt reason } } changes { nodes { fromState toState } }
          customer { timeline(first: 5) { nodes { __typename summary } } } } }""",
        {"id": case["id"]},
    )
    assert len(patron.statements) == 1
    assert [each["toState"] for each in history["case"]["changes"]["nodes"]] == [
        "NEW",
        "WAITING_CUSTOMER",
        "OPEN",
        "RESOLVED",
    ]
    assert history["case"]["pauses"]["nodes"][0]["reason"] == "Which pump?"
    assert history["case"]["customer"]["timeline"]["nodes"] == [{"__typename": "Case", "summary": "It leaks"}]


async def test_capability_45_a_broken_promise_is_told_once(patron: Patron) -> None:
    await patron.data(LEVEL)
    case = await opened(patron, await customer(patron), severity="CRITICAL")
    waits = await opened(patron, await customer(patron, "Waits"), severity="CRITICAL")
    await does(patron, "caseMove", waits, state="WAITING_CUSTOMER")

    minutes(patron, 16)
    first, again = await noticed(patron), await noticed(patron)
    minutes(patron, 60)
    later = await noticed(patron)

    assert (first, again, later) == (["RESPONSE"], [], ["RESOLUTION"])
    late = await patron.data("{ cases(where: { resolutionBreachedAt: { isNull: false } }) { nodes { id version } } }")
    assert [each["id"] for each in late["cases"]["nodes"]] == [case["id"]]
    solved = await does(patron, "caseResolve", late["cases"]["nodes"][0], rootCause="ROT", resolution="Cleaned.")
    assert solved["case"]["state"] == "RESOLVED"
    back = (await does(patron, "caseReopen", solved["case"], reason="It leaks again."))["case"]
    assert (back["state"], back["reopenedCount"], back["resolvedAt"]) == ("OPEN", 1, None)
    assert await noticed(patron) == []


async def test_capability_45_the_same_report_is_one_case_and_causes_are_counted(patron: Patron) -> None:
    who = await customer(patron)
    key = {"source": "desk", "sourceKey": "4711"}
    first, again = await opened(patron, who, **key), await opened(patron, who, **key)
    second = await opened(patron, who, kind="REQUEST")
    for case, cause in ((first, "LATE_DELIVERY"), (second, "LATE_DELIVERY")):
        await does(patron, "caseResolve", case, rootCause=cause, resolution="Sent again.")

    causes = await patron.data(
        """{ casesAggregate(where: { kind: { eq: COMPLAINT } }, groupBy: [{ field: ROOT_CAUSE }]) {
          key { rootCause } count average { resolutionMinutes } } }""".replace(" average { resolutionMinutes }", "")
    )

    assert len(patron.statements) == 1
    assert first["id"] == again["id"]
    assert causes["casesAggregate"] == [{"key": {"rootCause": "LATE_DELIVERY"}, "count": 1}]


async def test_steps_that_do_not_follow_are_refused(patron: Patron) -> None:
    case = await opened(patron, await customer(patron))

    closed = await does(patron, "caseMove", case, state="CLOSED")
    solved = await does(patron, "caseMove", case, state="RESOLVED")
    again = await does(patron, "caseReopen", case, reason="Once more.")
    answered = (await does(patron, "caseRespond", case))["case"]
    twice = await does(patron, "caseRespond", answered)

    assert [each["userErrors"][0]["code"] for each in (closed, solved, again, twice)] == [
        "INVALID_INPUT",
        "INVALID_INPUT",
        "INVALID_INPUT",
        "CONFLICT",
    ]
    assert answered["state"] == "OPEN"


WARNINGS = """query W($id: ID!) { customerWarnings(customerId: $id) { kind severity threshold
  figure { value applicable reason sampleSize inputs { name value ids } } } }"""
MONEY = """mutation T($id: ID!, $kind: TransactionKind!, $amount: Decimal!, $at: DateTime!) {
  transactionRecord(input: { customerId: $id, kind: $kind, occurredAt: $at,
    amount: { amount: $amount, currencyCode: "EUR" } }) { transaction { id } userErrors { message } } }"""


async def book(patron: Patron, who: str, kind: str, amount: str, days_ago: int) -> None:
    """A row of the ledger."""
    at = (NOON - dt.timedelta(days=days_ago)).isoformat()
    made = await patron.data(MONEY, {"id": who, "kind": kind, "amount": amount, "at": at})
    assert made["transactionRecord"]["userErrors"] == []


async def test_capability_45_warning_signs_are_complaints_silence_wallet_and_cost(patron: Patron) -> None:
    bad, good = await customer(patron, "Bad"), await customer(patron, "Good")
    complaint = await opened(patron, bad)
    for days in (170, 160, 150, 140):
        await book(patron, bad, "SALE", "100.00", days)
    await book(patron, bad, "COST_TO_SERVE", "40.00", 130)
    await book(patron, bad, "SALE", "100.00", 80)
    await book(patron, bad, "COST_TO_SERVE", "30.00", 79)
    for days in (60, 40, 20, 5):
        await book(patron, good, "SALE", "100.00", days)
    await patron.data(
        """mutation W($id: ID!) { customerServiceUpdate(input: { customerId: $id,
          wallet: { amount: "4000.00", currencyCode: "EUR" } }) { customerService { wallet { amount } } userErrors { message } } }""",
        {"id": bad},
    )

    with counted_statements() as of_one:
        found = (await patron.data(WARNINGS, {"id": bad}))["customerWarnings"]
    fine = (await patron.data(WARNINGS, {"id": good}))["customerWarnings"]
    await patron.prepared.do(lambda uow: watch(Step(arguments={}, state={}, done=0), uow))
    kept = await patron.data(
        """{ warningSigns(first: 10, orderBy: [{ field: SEVERITY, direction: DESC }]) { nodes {
          kind severity customer { displayName } } } }"""
    )

    assert len(patron.statements) == 1
    assert len(of_one) <= 10
    signs = {each["kind"]: each for each in found}
    assert signs["COMPLAINTS"]["figure"]["inputs"][0]["ids"] == [complaint["id"]]
    assert Decimal(signs["WALLET_SHARE"]["figure"]["value"]) == Decimal("0.75")
    assert signs["WALLET_SHARE"]["figure"]["reason"] == "The share went from 40% to 10%."
    assert Decimal(signs["SERVICE_COST"]["figure"]["value"]) == Decimal(3)
    assert Decimal(signs["SILENCE"]["figure"]["value"]) == Decimal("3.56")
    assert (signs["RETURNS"]["figure"]["value"], signs["RETURNS"]["severity"]) == ("0.0000", None)
    calm = {each["kind"]: each for each in fine}
    assert not calm["WALLET_SHARE"]["figure"]["applicable"]
    assert all(each["severity"] is None for each in fine)
    assert {(each["kind"], each["customer"]["displayName"]) for each in kept["warningSigns"]["nodes"]} == {
        (kind, "Bad") for kind in ("COMPLAINTS", "WALLET_SHARE", "SERVICE_COST", "SILENCE")
    }
    severities = [Decimal(each["severity"]) for each in kept["warningSigns"]["nodes"]]
    assert severities == sorted(severities, reverse=True)


async def test_capability_45_a_sign_is_told_once_and_goes_when_it_is_over(patron: Patron) -> None:
    who = await customer(patron)
    await opened(patron, who)

    def look(uow: Any) -> None:
        watch(Step(arguments={}, state={}, done=0), uow)

    first = await patron.prepared.execute(look)
    again = await patron.prepared.execute(look)
    patron.prepared.clock.advance(dt.timedelta(days=100))
    await patron.prepared.execute(look)

    assert [[each.event.type for each in run.events] for run in (first, again)] == [["warning.raised"], []]
    assert (await patron.data("{ warningSigns { totalCount } }"))["warningSigns"]["totalCount"] == 0


async def test_a_purchase_that_was_taken_back_is_no_second_contact(patron: Patron) -> None:
    who = await customer(patron)
    for days in (40, 30, 20):
        await book(patron, who, "SALE", "100.00", days)
    back = """mutation B($id: ID!) { transactionReverse(input: { id: $id }) { userErrors { message } } }"""
    last = "query L($id: ID!) { customer(id: $id) { transactions(first: 1) { nodes { id } } } }"
    sale = (await patron.data(last, {"id": who}))["customer"]["transactions"]["nodes"][0]["id"]
    assert (await patron.data(back, {"id": sale}))["transactionReverse"]["userErrors"] == []

    found = (await patron.data(WARNINGS, {"id": who}))["customerWarnings"]

    (silence,) = (each["figure"] for each in found if each["kind"] == "SILENCE")
    assert (silence["applicable"], silence["reason"]) == (
        False,
        "A rhythm needs 4 contacts or purchases, there are 3.",
    )
