"""Payment histories over GraphQL, on both databases."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.core.statements import counted_statements

from patron_core.billing.overdue import find_overdue
from patron_core.hookspecs import Step
from patron_core.plugins import Plugins
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import NOON
from patron_schema.testing.service import Patron

CUSTOMER = """mutation { customerCreate(input: { organization: { legalName: "Engines" } }) { customer { id } } }"""
ISSUE = """mutation($customer: ID!, $number: String!, $issued: Date!, $due: Date!, $amount: Decimal!) {
  invoiceIssue(input: { customerId: $customer, number: $number, issuedOn: $issued, dueOn: $due,
    total: { amount: $amount, currencyCode: "EUR" } }) { invoice { id status } userErrors { code path } } }"""
PAY = """mutation($customer: ID!, $invoice: ID!, $day: Date!, $amount: Decimal!) {
  paymentRecord(input: { customerId: $customer, receivedOn: $day, amount: { amount: $amount, currencyCode: "EUR" },
    allocations: [{ invoiceId: $invoice, amount: { amount: $amount, currencyCode: "EUR" } }] }) {
    payment { allocations(first: 5) { nodes { invoice { number status outstanding { amount } } } } }
    userErrors { code message path } } }"""
HISTORY = """query($customer: ID!) { customer(id: $customer) {
    invoices(first: 10, orderBy: [{ field: DUE_ON }]) { nodes { number dueOn paidOn daysLate status outstanding { amount }
      allocations(first: 5) { nodes { amount { amount } payment { receivedOn method } } } } }
    payments(first: 10) { totalCount } } }"""
LATE = """{ invoices(first: 5, where: { daysLate: { gt: 5 } }, orderBy: [{ field: DAYS_LATE, direction: DESC }]) {
    nodes { number daysLate } } }"""
OWED = """{ invoicesAggregate(where: { status: { in: [OPEN, PARTLY_PAID] } }, groupBy: [{ field: STATUS }]) {
    key { status } count sum { outstanding { amount currencyCode } } } }"""
BEHAVIOUR = """query($customer: ID!) { paymentBehaviour(customerId: $customer) {
    daysLate { value unit applicable reason sampleSize method inputs { name value rows ids } }
    shareLate { value unit sampleSize } } }"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def test_capability_18_a_payment_history_says_how_late_each_invoice_was_paid(patron: Patron) -> None:
    customer = (await patron.data(CUSTOMER))["customerCreate"]["customer"]["id"]
    today = NOON.date()
    for number, amount, due, paid in (
        ("I-1", "100.00", 60, 60),
        ("I-2", "300.00", 30, 10),
        ("I-3", "100.00", 10, None),
    ):
        due_on = today - dt.timedelta(days=due)
        days = {"issued": str(due_on - dt.timedelta(days=14)), "due": str(due_on)}
        issued = await patron.data(ISSUE, {"customer": customer, "number": number, "amount": amount, **days})
        if paid is not None:
            day = str(today - dt.timedelta(days=paid))
            payment = {"customer": customer, "invoice": issued["invoiceIssue"]["invoice"]["id"], "amount": amount}
            assert (await patron.data(PAY, {**payment, "day": day}))["paymentRecord"]["userErrors"] == []

    history = (await patron.data(HISTORY, {"customer": customer}))["customer"]
    assert len(patron.statements) == 1
    rows = history["invoices"]["nodes"]
    assert [(row["number"], row["status"], row["daysLate"]) for row in rows] == [
        ("I-1", "PAID", 0), ("I-2", "PAID", 20), ("I-3", "OPEN", None),
    ]  # fmt: skip
    assert history["payments"]["totalCount"] == 2
    assert (await patron.data(LATE))["invoices"]["nodes"] == [{"number": "I-2", "daysLate": 20}]
    assert len(patron.statements) == 1
    (owed,) = (await patron.data(OWED))["invoicesAggregate"]
    assert owed["sum"]["outstanding"] == [{"amount": "100.00", "currencyCode": "EUR"}]


async def test_capability_18_how_a_customer_pays_is_a_figure_with_its_invoices(patron: Patron) -> None:
    customer = (await patron.data(CUSTOMER))["customerCreate"]["customer"]["id"]
    for number, amount, late in (("I-1", "100.00", 0), ("I-2", "300.00", 20), ("I-3", "100.00", None)):
        due_on = NOON.date() - dt.timedelta(days=30)
        days = {"issued": str(due_on), "due": str(due_on)}
        issued = await patron.data(ISSUE, {"customer": customer, "number": number, "amount": amount, **days})
        if late is not None:
            payment = {"customer": customer, "invoice": issued["invoiceIssue"]["invoice"]["id"], "amount": amount}
            await patron.data(PAY, {**payment, "day": str(due_on + dt.timedelta(days=late))})

    with counted_statements() as statements:
        found = (await patron.data(BEHAVIOUR, {"customer": customer}))["paymentBehaviour"]

    assert sum("FROM invoice" in statement for statement in statements) == 1
    # (0 * 100 + 20 * 300 + 30 * 100) / 500: the one that is open counts with the days until now
    assert (found["daysLate"]["value"], found["daysLate"]["unit"], found["daysLate"]["sampleSize"]) == (
        "18.0",
        "days",
        3,
    )
    assert found["shareLate"]["value"] == "0.6667"
    assert found["daysLate"]["reason"] == "2 of 3 invoices were late or are."
    still = next(each for each in found["daysLate"]["inputs"] if each["name"] == "stillOpen")
    assert (still["rows"], len(still["ids"])) == (1, 1)


async def test_capability_18_what_is_overdue_is_found_by_a_job(patron: Patron) -> None:
    customer = (await patron.data(CUSTOMER))["customerCreate"]["customer"]["id"]
    day = str(NOON.date() - dt.timedelta(days=1))
    await patron.data(ISSUE, {"customer": customer, "number": "I-1", "amount": "1.00", "issued": day, "due": day})

    await patron.prepared.do(lambda uow: find_overdue(Step(arguments={}, state={}, done=0), uow))

    found = await patron.data("{ invoices(first: 5, where: { overdueAt: { isNull: false } }) { nodes { number } } }")
    assert found["invoices"]["nodes"] == [{"number": "I-1"}]


async def test_more_than_is_owed_is_an_error_of_the_input(patron: Patron) -> None:
    customer = (await patron.data(CUSTOMER))["customerCreate"]["customer"]["id"]
    day = str(NOON.date())
    asked = {"customer": customer, "number": "I-1", "amount": "1.00", "issued": day, "due": day}
    invoice = (await patron.data(ISSUE, asked))["invoiceIssue"]["invoice"]["id"]

    payload = await patron.data(PAY, {"customer": customer, "invoice": invoice, "day": day, "amount": "2.00"})

    (error,) = payload["paymentRecord"]["userErrors"]
    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["input", "allocations", "0", "amount"])
