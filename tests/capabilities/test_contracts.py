"""Contracts and renewals over GraphQL, on both databases."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from patron_core.contracts.renewing import open_renewals
from patron_core.hookspecs import Step
from patron_core.plugins import Plugins
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import NOON
from patron_schema.testing.service import Patron

CUSTOMER = """mutation { customerCreate(input: { organization: { legalName: "Engines" } }) { customer { id } } }"""
CONTRACT = """mutation Contract($customer: ID!, $from: Date!, $to: Date!) {
  contractCreate(input: { customerId: $customer, number: "C-1", name: "Support", termFrom: $from, termTo: $to,
    noticeDays: 30, autoRenew: true, monthlyAmount: { amount: "500.00", currencyCode: "EUR" } }) {
    contract { id version status } userErrors { code message path }
  }
}"""
RISKS = """query Renewals($until: Date!) {
  renewals(first: 20, where: { status: { in: [OPEN, AT_RISK] }, noticeBy: { lte: $until } },
           orderBy: [{ field: NOTICE_BY, direction: ASC }]) {
    totalCount
    nodes { id version status reason noticeBy termEndsOn expectedAmount { amount currencyCode }
      contract { number autoRenew owner customer { displayName lifecycleStage } subscriptions { nodes { product } } } }
  }
}"""
MARK = """mutation Mark($id: ID!, $version: Int!) {
  renewalMark(input: { id: $id, version: $version, atRisk: true, reason: "A new head of purchasing." }) {
    renewal { status version } userErrors { code message path } } }"""
WIN = """mutation Win($id: ID!, $version: Int!) {
  renewalWin(input: { id: $id, version: $version, monthlyAmount: { amount: "550.00", currencyCode: "EUR" } }) {
    renewal { status agreedAmount { amount } contract { termFrom termTo monthlyAmount { amount } } }
    userErrors { code message path } } }"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def test_capability_65_a_renewal_opens_ahead_is_at_risk_and_won(patron: Patron) -> None:
    today = NOON.date()
    customer = (await patron.data(CUSTOMER))["customerCreate"]["customer"]["id"]
    term = {"from": str(today - dt.timedelta(days=265)), "to": str(today + dt.timedelta(days=100))}
    made = (await patron.data(CONTRACT, {"customer": customer, **term}))["contractCreate"]
    assert (made["contract"]["status"], made["userErrors"]) == ("ACTIVE", [])
    await patron.prepared.do(lambda uow: open_renewals(Step(arguments={}, state={}, done=0), uow))

    found: Any = (await patron.data(RISKS, {"until": str(today + dt.timedelta(days=90))}))["renewals"]
    assert len(patron.statements) == 1
    assert (found["totalCount"], found["nodes"][0]["contract"]["customer"]["displayName"]) == (1, "Engines")
    renewal = found["nodes"][0]
    marked = (await patron.data(MARK, {"id": renewal["id"], "version": renewal["version"]}))["renewalMark"]
    won = (await patron.data(WIN, {"id": renewal["id"], "version": marked["renewal"]["version"]}))["renewalWin"]

    assert marked["renewal"]["status"] == "AT_RISK"
    assert (won["renewal"]["status"], won["renewal"]["agreedAmount"]) == ("RENEWED", {"amount": "550.00"})
    assert won["renewal"]["contract"]["termFrom"] == term["to"]
    assert won["renewal"]["contract"]["monthlyAmount"] == {"amount": "550.00"}


async def test_capability_65_what_recurs_is_summed_by_month_and_owner(patron: Patron) -> None:
    today = NOON.date()
    customer = (await patron.data(CUSTOMER))["customerCreate"]["customer"]["id"]
    await patron.data(CONTRACT, {"customer": customer, "from": str(today), "to": str(today + dt.timedelta(days=365))})

    groups = await patron.data(
        """{ contractsAggregate(where: { status: { eq: ACTIVE } },
            groupBy: [{ field: MONTHLY_AMOUNT_CURRENCY_CODE }, { field: TERM_TO, bucket: MONTH }]) {
              key { monthlyAmountCurrencyCode termTo } count sum { monthlyAmount { amount currencyCode } } } }"""
    )

    assert len(patron.statements) == 1
    (group,) = groups["contractsAggregate"]
    assert group["sum"]["monthlyAmount"] == [{"amount": "500.00", "currencyCode": "EUR"}]
