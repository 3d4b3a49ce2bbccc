"""Rules that watch behaviour over GraphQL, on both databases: what they note, of whom, and who hears of it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator
from decimal import Decimal
from typing import Any

import orjson
import pytest

from patron_core.customers.commands import CreateCustomer
from patron_core.hookspecs import Step
from patron_core.monitoring.recurring import evaluate_next
from patron_core.parties.commands import NewOrganization
from patron_core.plugins import Plugins
from patron_core.transactions.commands import NewLine, RecordTransaction
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import NOON
from patron_schema.testing.service import Patron

RULE = """mutation Rule($input: MonitoringRuleCreateInput!) {
  monitoringRuleCreate(input: $input) { monitoringRule { id requirements { nodes { behaviour months monthly moreThan } } }
    userErrors { code message path } } }"""
RUN = """mutation Run($id: ID!) {
  monitoringRuleRun(input: { id: $id }) { monitoringRule { opened problem } userErrors { code } } }"""
ALERTS = """{ alerts(orderBy: [{ field: OPENED_AT, direction: ASC }]) { nodes { id version status severity behaviour baselineValue
  currentValue changeShare sampleSize requirements evidence baselineFrom currentFrom currentTo rule { name }
  customer { displayName } } } }"""
HEARD = "subscription { alertChanged { id status severity customer { displayName } } }"
TAKE = """mutation Take($id: ID!, $version: Int!) { alertAcknowledge(input: { id: $id, version: $version, note: "Called." }) {
  alert { version status owner } userErrors { code } } }"""
CLOSE = """mutation Close($id: ID!, $version: Int!) { alertClose(input: { id: $id, version: $version, outcome: ACTED }) {
  alert { status outcome closedAt note } userErrors { code } } }"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def buyer(
    patron: Patron, name: str, *, every_days: int, until_days_ago: int = 0, margin: int = 40, price: int = 100
) -> None:
    """A customer who bought for a year at a rhythm, up to some days ago, with a margin in euros on each sale."""

    def work(uow: UnitOfWork) -> None:
        customer = uow.handle(CreateCustomer(organization=NewOrganization(legal_name=name)))
        for days in range(360, until_days_ago, -every_days):
            line = NewLine(unit_price=Money(price * 100, "EUR"), cost=Money((price - margin) * 100, "EUR"))
            at = NOON - dt.timedelta(days=days)
            amount = Money(price * 100, "EUR")
            uow.handle(RecordTransaction(customer_id=customer.id, amount=amount, occurred_at=at, lines=(line,)))

    await patron.prepared.do(work)


async def rule(patron: Patron, **given: Any) -> dict[str, Any]:
    """A new rule."""
    payload = (await patron.data(RULE, {"input": given}))["monitoringRuleCreate"]
    assert payload["userErrors"] == []
    made: dict[str, Any] = payload["monitoringRule"]
    return made


async def run(patron: Patron, made: dict[str, Any]) -> int:
    """How many alerts a rule opens now."""
    payload = (await patron.data(RUN, {"id": made["id"]}))["monitoringRuleRun"]
    assert (payload["userErrors"], payload["monitoringRule"]["problem"]) == ([], None)
    opened: int = payload["monitoringRule"]["opened"]
    return opened


async def alerts(patron: Patron) -> list[dict[str, Any]]:
    """All alerts, in one statement."""
    found: list[dict[str, Any]] = (await patron.data(ALERTS))["alerts"]["nodes"]
    assert len(patron.statements) == 1
    return found


async def first(told: AsyncGenerator[bytes]) -> dict[str, Any]:
    """What is told next."""
    answer = orjson.loads(await anext(told))
    assert "errors" not in answer, answer
    found: dict[str, Any] = answer["data"]
    return found


async def test_capability_34_changes_only_of_customers_with_profitability_over_x_and_more_than_five_transactions_a_month(
    patron: Patron,
) -> None:
    await buyer(patron, "Falls silent", every_days=4, until_days_ago=30)
    await buyer(patron, "Too few", every_days=10, until_days_ago=30)
    await buyer(patron, "Brings nothing", every_days=4, until_days_ago=30, margin=2)
    await buyer(patron, "Goes on", every_days=4)
    watched = await rule(
        patron,
        name="Good customers who change",
        behaviour="TRANSACTIONS",
        direction="EITHER",
        thresholdShare="0.5",
        currencyCode="EUR",
        requirements=[
            {"behaviour": "MARGIN", "months": 12, "moreThan": "2000.00"},
            {"behaviour": "TRANSACTIONS", "months": 12, "monthly": True, "moreThan": "5"},
        ],
    )

    assert await run(patron, watched) == 1

    (alert,) = await alerts(patron)
    assert alert["customer"]["displayName"] == "Falls silent"
    assert (alert["currentValue"], alert["changeShare"], alert["sampleSize"]) == ("0.0000", "-1.0000", 23)
    assert Decimal(alert["baselineValue"]) == (Decimal(23) * 30 / 90).quantize(Decimal("0.0001"))
    assert alert["requirements"].splitlines() == [
        "MARGIN over 12 months 3320.0000 EUR > 2000.0000",
        "TRANSACTIONS over 12 months 6.9167 a month > 5.0000",
    ]
    assert len(alert["evidence"]) == 20
    assert alert["evidence"][0].startswith("txn_")


async def test_capability_34_a_figure_that_is_just_reached_is_not_exceeded(patron: Patron) -> None:
    await buyer(patron, "Exactly", every_days=4, until_days_ago=30)  # 83 sales in the year, 40 euros of margin each
    for figure, opened in (("3320.00", 0), ("3319.99", 1)):
        watched = await rule(
            patron,
            name=f"Over {figure}",
            behaviour="SPEND",
            direction="DOWN",
            thresholdShare="1",
            thresholdAbsolute="766.66",  # 23 sales of 100 euros in 90 days are 766.67 in 30
            currencyCode="EUR",
            requirements=[{"behaviour": "MARGIN", "moreThan": figure}],
        )
        assert await run(patron, watched) == opened


async def test_capability_28_a_change_opens_one_alert_that_is_heard_taken_and_closed(patron: Patron) -> None:
    await buyer(patron, "Falls silent", every_days=4, until_days_ago=30)
    watched = await rule(patron, name="Silence", behaviour="TRANSACTIONS", direction="DOWN", thresholdShare="0.5")
    told = patron.gateway.subscribe(patron.request(HEARD))
    waiting = asyncio.create_task(first(told))
    await asyncio.sleep(0)

    assert await run(patron, watched) == 1
    heard = (await waiting)["alertChanged"]
    assert await run(patron, watched) == 0, "one is open"

    assert (heard["status"], heard["customer"]["displayName"]) == ("OPEN", "Falls silent")
    (alert,) = await alerts(patron)
    taken = (await patron.data(TAKE, {"id": alert["id"], "version": alert["version"]}))["alertAcknowledge"]["alert"]
    assert (await first(told))["alertChanged"]["status"] == taken["status"] == "ACKNOWLEDGED"
    closed = (await patron.data(CLOSE, {"id": alert["id"], "version": taken["version"]}))["alertClose"]["alert"]
    assert (closed["status"], closed["outcome"], closed["note"]) == ("CLOSED", "ACTED", "Called.")
    patron.prepared.clock.advance(dt.timedelta(days=29))
    assert await run(patron, watched) == 0, "it cools down"
    patron.prepared.clock.advance(dt.timedelta(days=2))
    assert await run(patron, watched) == 1, "it still buys less than before"
    await told.aclose()


async def test_capability_28_the_schedule_evaluates_each_active_rule(patron: Patron) -> None:
    await buyer(patron, "Falls silent", every_days=4, until_days_ago=30)
    for name in ("Silence", "Spend"):
        await rule(patron, name=name, behaviour="TRANSACTIONS", direction="DOWN", thresholdShare="0.5")
    state: dict[str, Any] = {}
    for _ in range(2):
        step = Step(arguments={}, state=state, done=0)
        progress = await patron.prepared.do(lambda uow, step=step: evaluate_next(step, uow))
        state = progress.state

    assert await patron.prepared.do(lambda uow: evaluate_next(Step(arguments={}, state=state, done=2), uow)) is None
    assert {alert["rule"]["name"] for alert in await alerts(patron)} == {"Silence", "Spend"}


async def test_capability_60_figures_are_up_to_the_second(patron: Patron) -> None:
    made = await patron.data(
        """mutation { customerCreate(input: { organization: { legalName: "Engines" } }) { customer { id } } }"""
    )
    customer = made["customerCreate"]["customer"]["id"]
    told = patron.gateway.subscribe(
        patron.request("subscription { transactionRecorded { amount { amount } customer { displayName } } }")
    )
    waiting = asyncio.create_task(first(told))
    await asyncio.sleep(0)
    record = """mutation Record($customer: ID!, $at: DateTime!) { transactionRecord(input: { customerId: $customer,
      occurredAt: $at, amount: { amount: "12.50", currencyCode: "EUR" } }) { userErrors { code } } }"""
    sums = """{ transactionsAggregate(groupBy: [{ field: OCCURRED_AT, bucket: DAY }]) {
      key { occurredAt } count sum { amount { amount } } } }"""

    for written in (1, 2):
        at = f"2026-03-14T11:59:0{written}Z"
        assert (await patron.data(record, {"customer": customer, "at": at}))["transactionRecord"]["userErrors"] == []
        heard = (await waiting if written == 1 else await first(told))["transactionRecorded"]
        assert heard == {"amount": {"amount": "12.50"}, "customer": {"displayName": "Engines"}}
        (day,) = (await patron.data(sums))["transactionsAggregate"]
        assert len(patron.statements) == 1
        assert (day["count"], day["sum"]["amount"][0]["amount"]) == (written, f"{written * Decimal('12.50')}")
    await told.aclose()
