"""Rules that watch behaviour: what counts in which window, thresholds that are just met, what a rule may not say."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from patron_core.cases.commands import OpenCase
from patron_core.cases.models import CaseKind
from patron_core.customers.commands import CreateCustomer, DeleteCustomer
from patron_core.customers.models import Customer
from patron_core.errors import Conflict, Forbidden, InvalidInput
from patron_core.messages import Actor
from patron_core.monitoring.commands import (
    CloseAlert,
    CreateMonitoringRule,
    NewRequirement,
    RunMonitoringRule,
    UpdateMonitoringRule,
)
from patron_core.monitoring.evaluating import MOST_OPENED
from patron_core.monitoring.models import Alert, AlertOutcome, Behaviour, ChangeDirection, MonitoringRule
from patron_core.parties.commands import NewOrganization
from patron_core.plugins import Plugins
from patron_core.segments.commands import CreateSegment, RefreshSegment
from patron_core.touchpoints.models import Channel, Direction, Touchpoint
from patron_core.transactions.commands import RecordTransaction, ReverseTransaction
from patron_core.transactions.models import Transaction, TransactionKind
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import NOON, PreparedDatabase

from .statements import counted_statements


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core, with the planner that the API lends."""
    return load_plugins(())


async def buyer(database: PreparedDatabase, *days_ago: float, name: str = "Engines", cents: int = 10_000) -> Customer:
    """A customer who bought so many days ago, each time for as much."""

    def work(uow: UnitOfWork) -> Customer:
        customer: Customer = uow.handle(CreateCustomer(organization=NewOrganization(legal_name=name)))
        for days in days_ago:
            at = NOON - dt.timedelta(days=days)
            uow.handle(RecordTransaction(customer_id=customer.id, amount=Money(cents, "EUR"), occurred_at=at))
        return customer

    found: Customer = await database.do(work)
    return found


async def rule(database: PreparedDatabase, **given: Any) -> MonitoringRule:
    """A rule on four days before the last two."""
    base: dict[str, Any] = {
        "name": f"Rule {database.ids.new()}",
        "behaviour": Behaviour.TRANSACTIONS,
        "baseline_days": 4,
        "current_days": 2,
        "minimum_sample": 1,
        "threshold_share": Decimal("0.5"),
    }
    made: MonitoringRule = await database.do(CreateMonitoringRule(**(base | given)))
    return made


async def run(database: PreparedDatabase, made: MonitoringRule) -> int:
    """How many alerts it opens now."""
    found = await database.do(RunMonitoringRule(id=made.id))
    assert found.problem is None
    opened: int = found.opened
    return opened


async def alerts(database: PreparedDatabase) -> list[Alert]:
    """All alerts."""
    found: list[Alert] = await database.do(lambda uow: uow.select(select(Alert).order_by(Alert.opened_at, Alert.id)))
    return found


@pytest.mark.parametrize(
    ("direction", "share", "days_ago", "opened"),
    [
        ("DOWN", "0.5", (5, 4, 3, 2.5, 1), 1),  # 4 in four days, 1 in two: half of the 2 to be expected
        ("DOWN", "0.5001", (5, 4, 3, 2.5, 1), 0),
        ("UP", "0.5", (5, 4, 3, 2.5, 1), 0),
        ("UP", "0.5", (5, 4, 1, 0.5), 1),  # 2 in four days, 2 in two: twice as much
        ("EITHER", "0.5", (5, 4, 1, 0.5), 1),
        ("UP", "0.1", (1, 0.5), 0),  # nothing to compare with
        ("DOWN", "0.1", (6.1, 5, 1), 0),  # what lies before the baseline does not count: 1 in four days, 1 in two
        ("DOWN", "1", (6, 2.1), 1),  # the baseline has its first instant and not its last
    ],
)
async def test_a_change_is_noted_from_its_threshold_on(
    database: PreparedDatabase, direction: str, share: str, days_ago: tuple[float, ...], opened: int
) -> None:
    await buyer(database, *days_ago)
    made = await rule(database, direction=ChangeDirection[direction], threshold_share=Decimal(share))

    assert await run(database, made) == opened


async def test_each_behaviour_is_measured_as_it_says(database: PreparedDatabase) -> None:
    customer = await buyer(database, 5, 4, 3)

    def more(uow: UnitOfWork) -> None:
        for days, kind, cents in ((2.5, TransactionKind.REFUND, -4_000), (2.4, TransactionKind.COST_TO_SERVE, 1_000)):
            at = NOON - dt.timedelta(days=days)
            uow.handle(
                RecordTransaction(customer_id=customer.id, kind=kind, amount=Money(cents, "EUR"), occurred_at=at)
            )
        for direction in Direction:
            uow.add(
                Touchpoint(
                    customer_id=customer.id,
                    channel=Channel.PHONE,
                    direction=direction,
                    occurred_at=NOON - dt.timedelta(days=3),
                    topic="Engines",
                )
            )
        at = NOON - dt.timedelta(days=3)
        uow.handle(OpenCase(customer_id=customer.id, kind=CaseKind.COMPLAINT, topic="Engines are loud", occurred_at=at))
        uow.handle(OpenCase(customer_id=customer.id, kind=CaseKind.QUESTION, topic="How loud?", occurred_at=at))

    await database.do(more)
    taken = await database.do(lambda uow: uow.find(Transaction, customer_id=customer.id))
    await database.do(ReverseTransaction(id=taken.id, occurred_at=NOON - dt.timedelta(days=2.2)))
    expected = {  # of four days, brought to two; an average is not brought
        Behaviour.TRANSACTIONS: "1",
        Behaviour.SPEND: "80",  # 300 less 40 given back and 100 taken back
        Behaviour.AVERAGE_SALE: None,  # nothing to compare it with now
        Behaviour.MARGIN: "75",  # as spend, less 10 for serving
        Behaviour.TOUCHPOINTS: "1",
        Behaviour.INBOUND_TOUCHPOINTS: "0.5",
        Behaviour.COMPLAINTS: "0.5",
    }

    for behaviour, value in expected.items():
        currency = "EUR" if behaviour in (Behaviour.SPEND, Behaviour.AVERAGE_SALE, Behaviour.MARGIN) else None
        made = await rule(database, behaviour=behaviour, currency_code=currency, direction=ChangeDirection.DOWN)
        assert await run(database, made) == (0 if value is None else 1), behaviour

    found = {alert.behaviour: alert for alert in await alerts(database)}
    assert {b: a.baseline_value for b, a in found.items()} == {b: Decimal(v) for b, v in expected.items() if v}
    assert {alert.current_value for alert in found.values()} == {Decimal(0)}
    prefixes = {behaviour.name: alert.evidence_ids[:4] for behaviour, alert in found.items()}
    assert (prefixes["MARGIN"], prefixes["TOUCHPOINTS"], prefixes["COMPLAINTS"]) == ("txn_", "tch_", "cse_")


async def test_an_average_is_compared_by_sale(database: PreparedDatabase) -> None:
    customer = await buyer(database, 5, 4, cents=9_999)
    at = NOON - dt.timedelta(days=1)
    await database.do(RecordTransaction(customer_id=customer.id, amount=Money(30_000, "EUR"), occurred_at=at))
    both = {"behaviour": Behaviour.AVERAGE_SALE, "currency_code": "EUR", "threshold_share": None}

    assert await run(database, await rule(database, **both, threshold_absolute=Decimal("200.02"))) == 0
    assert await run(database, await rule(database, **both, threshold_absolute=Decimal("200.01"))) == 1
    (alert,) = await alerts(database)
    assert (alert.baseline_value, alert.current_value, alert.currency) == (Decimal("99.99"), Decimal(300), "EUR")


async def test_only_members_and_those_a_condition_holds_for_are_watched(database: PreparedDatabase) -> None:
    for name in ("Engines", "Wheels", "Screws"):
        await buyer(database, 5, 4, 3, name=name)
    named = {"party": {"displayName": {"in": ["Engines", "Wheels"]}}}
    segment = await database.do(CreateSegment(name="Some", customers=named))
    await database.do(RefreshSegment(id=segment.id))
    only = {"party": {"displayName": {"in": ["Wheels", "Screws"]}}}

    assert await run(database, await rule(database, segment_id=segment.id, customers=only)) == 1
    assert await run(database, await rule(database, segment_id=segment.id)) == 2
    assert await run(database, await rule(database)) == 3


async def test_who_was_deleted_is_not_watched(database: PreparedDatabase) -> None:
    gone, there = [await buyer(database, 5, 4, 3, name=name) for name in ("Engines", "Wheels")]
    await database.do(DeleteCustomer(id=gone.id, version=gone.version))

    assert await run(database, await rule(database)) == 1
    assert [alert.customer_id for alert in await alerts(database)] == [there.id]


async def test_a_rule_takes_as_many_statements_for_many_customers_as_for_one(database: PreparedDatabase) -> None:
    counts = []
    for many in (1, 20):
        for number in range(many):
            await buyer(database, 5, 4, 3, name=f"{many} {number}")
        made = await rule(
            database,
            currency_code="EUR",
            requirements=(
                NewRequirement(behaviour=Behaviour.MARGIN, months=1, more_than=Decimal(200)),
                NewRequirement(behaviour=Behaviour.TRANSACTIONS, months=1, monthly=True, more_than=Decimal(2)),
            ),
        )
        with counted_statements() as statements:
            await run(database, made)
        counts.append(len([text for text in statements if text.startswith("SELECT")]))
    assert counts[0] == counts[1]
    assert len(await alerts(database)) == 1 + 21
    assert MOST_OPENED == 500


async def test_a_closed_alert_keeps_the_rule_away_for_its_cooldown(database: PreparedDatabase) -> None:
    await buyer(database, 5, 4, 3)
    made = await rule(database, cooldown_days=0)
    await run(database, made)
    (alert,) = await alerts(database)

    closed = await database.do(CloseAlert(id=alert.id, version=alert.version, outcome=AlertOutcome.EXPLAINED))

    with pytest.raises(Conflict):
        await database.do(CloseAlert(id=alert.id, version=closed.version, outcome=AlertOutcome.EXPLAINED))
    assert await run(database, made) == 1


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"threshold_share": None}, "threshold_share"),
        ({"threshold_share": Decimal(0)}, "threshold_share"),
        ({"threshold_share": Decimal("0.00001")}, "threshold_share"),
        ({"behaviour": Behaviour.SPEND}, "currency_code"),
        ({"currency_code": "EUR"}, "currency_code"),
        ({"behaviour": Behaviour.SPEND, "currency_code": "euro"}, "currency_code"),
        ({"baseline_days": 0}, "baseline_days"),
        ({"current_days": 1_101}, "current_days"),
        ({"minimum_sample": -1}, "minimum_sample"),
    ],
)
async def test_a_rule_that_says_nothing_is_refused(
    database: PreparedDatabase, given: dict[str, Any], path: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await rule(database, **given)

    assert refused.value.path == (path,)


async def test_a_rule_keeps_a_threshold_and_a_name_of_its_own(database: PreparedDatabase) -> None:
    made = await rule(database, name="One")
    other = await rule(database, name="Other")

    with pytest.raises(InvalidInput):
        await database.do(UpdateMonitoringRule(id=made.id, version=made.version, threshold_share=None))
    with pytest.raises(Conflict):
        await database.do(UpdateMonitoringRule(id=other.id, version=other.version, name="One"))
    rested = await database.do(UpdateMonitoringRule(id=made.id, version=made.version, active=False))
    assert rested.active is False


async def test_nobody_watches_money_who_may_not_filter_by_it(database: PreparedDatabase) -> None:
    clerk = Actor(
        database.tenant_id,
        "cleo",
        "user",
        scopes=("monitoring:write", "customer:read", "transaction:read", "read:internal"),
    )
    money = CreateMonitoringRule(
        name="Spend", behaviour=Behaviour.SPEND, currency_code="EUR", threshold_share=Decimal("0.5")
    )

    await database.do(
        CreateMonitoringRule(name="Sales", behaviour=Behaviour.TRANSACTIONS, threshold_share=Decimal("0.5")),
        actor=clerk,
    )
    with pytest.raises(Forbidden):
        await database.do(money, actor=clerk)
    await database.do(money)
