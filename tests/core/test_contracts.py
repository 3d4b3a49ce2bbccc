"""Contracts: terms, notice, subscriptions, renewals by people and by time."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from patron_core.contracts.commands import (
    AddSubscription,
    CancelContract,
    CreateContract,
    EndSubscription,
    LoseRenewal,
    MarkRenewal,
    RenewContract,
    UpdateContract,
)
from patron_core.contracts.models import Contract, ContractStatus, Renewal, RenewalStatus
from patron_core.contracts.renewing import end_terms, open_renewals
from patron_core.contracts.terms import next_term, opens_on
from patron_core.customers.commands import CreateCustomer
from patron_core.errors import Conflict, InvalidInput, NotFound
from patron_core.hookspecs import Progress, Step
from patron_core.parties.commands import NewOrganization
from patron_core.values import Money
from patron_schema.testing.databases import NOON, PreparedDatabase

TODAY = NOON.date()
FIRST = Step(arguments={}, state={}, done=0)


def day(number: int) -> dt.date:
    return TODAY + dt.timedelta(days=number)


async def contract(database: PreparedDatabase, number: str = "C1", **given: Any) -> Contract:
    """A contract with a new customer; its term ends in 100 days."""
    customer = await database.do(CreateCustomer(organization=NewOrganization(legal_name="Engines")))
    values: dict[str, Any] = {"term_from": day(-265), "term_to": day(100), **given}
    command = CreateContract(customer_id=customer.id, number=number, name="Support", **values)
    made: Contract = await database.do(command)
    return made


async def renewals(database: PreparedDatabase) -> list[Renewal]:
    found: list[Renewal] = await database.do(lambda uow: uow.select(select(Renewal).order_by(Renewal.id)))
    return found


async def now(database: PreparedDatabase, contract: Contract) -> Contract:
    found: Contract = await database.do(lambda uow: uow.get(Contract, contract.id))
    return found


async def ran(database: PreparedDatabase, step: Any) -> Progress | None:
    done: Progress | None = await database.do(lambda uow: step(FIRST, uow))
    return done


async def test_a_renewal_opens_when_its_lead_time_begins_and_once(database: PreparedDatabase) -> None:
    near = await contract(database, notice_days=30, monthly_amount=Money(500_00, "EUR"))
    await contract(database, "C2", term_to=day(121), notice_days=30)

    for _ in range(2):
        await ran(database, open_renewals)

    (renewal,) = await renewals(database)
    assert (renewal.contract_id, renewal.term_ends_on, renewal.notice_by) == (near.id, day(100), day(70))
    assert (renewal.status, renewal.expected_amount) == (RenewalStatus.OPEN, Money(500_00, "EUR"))


async def test_a_renewal_that_is_won_moves_the_term_on(database: PreparedDatabase) -> None:
    made = await contract(database, term_from=dt.date(2025, 4, 1), term_to=dt.date(2026, 4, 1))
    await ran(database, open_renewals)
    (renewal,) = await renewals(database)

    outcome = await database.execute(RenewContract(id=renewal.id, version=1, monthly_amount=Money(600_00, "EUR")))

    after = await now(database, made)
    assert (after.term_from, after.term_to) == (dt.date(2026, 4, 1), dt.date(2027, 4, 1))
    assert (outcome.value.status, outcome.value.agreed_amount) == (RenewalStatus.RENEWED, after.monthly_amount)
    assert [committed.event.type for committed in outcome.events] == ["renewal.status_changed"]
    with pytest.raises(Conflict):
        await database.do(RenewContract(id=renewal.id, version=2))


async def test_two_who_renew_at_once_give_one_further_term(database: PreparedDatabase) -> None:
    made = await contract(database, notice_days=30)
    await ran(database, open_renewals)
    (renewal,) = await renewals(database)

    results = await asyncio.gather(
        *(database.do(RenewContract(id=renewal.id, version=1)) for _ in range(4)), return_exceptions=True
    )

    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Conflict", "Conflict", "Renewal"]
    assert (await now(database, made)).term_from == day(100)


async def test_a_renewal_is_at_risk_with_a_reason_and_lost_with_the_contract(database: PreparedDatabase) -> None:
    made = await contract(database, notice_days=30)
    await ran(database, open_renewals)
    (renewal,) = await renewals(database)
    with pytest.raises(InvalidInput):
        MarkRenewal(id=renewal.id, version=1, at_risk=True)

    marked = await database.do(MarkRenewal(id=renewal.id, version=1, at_risk=True, reason="A new head."))
    lost = await database.do(LoseRenewal(id=renewal.id, version=marked.version, reason="Too dear."))

    assert (marked.status, lost.status, lost.reason) == (RenewalStatus.AT_RISK, RenewalStatus.LOST, "Too dear.")
    assert (await now(database, made)).status is ContractStatus.CANCELLED


async def test_notice_ends_the_contract_with_its_term_and_loses_its_renewal(database: PreparedDatabase) -> None:
    made = await contract(database, auto_renew=True, notice_days=30)
    await ran(database, open_renewals)

    outcome = await database.execute(CancelContract(id=made.id, version=1, reason="They move."))
    database.clock.advance(dt.timedelta(days=100))
    await ran(database, end_terms)

    assert [committed.event.type for committed in outcome.events] == ["contract.cancelled", "renewal.status_changed"]
    assert [each.status for each in await renewals(database)] == [RenewalStatus.LOST]
    assert (await now(database, made)).status is ContractStatus.ENDED
    with pytest.raises(Conflict):
        await database.do(CancelContract(id=made.id, version=3, reason="Again."))


async def test_notice_can_come_too_late(database: PreparedDatabase) -> None:
    made = await contract(database, auto_renew=True, notice_days=101)

    with pytest.raises(Conflict, match="too late"):
        await database.do(CancelContract(id=made.id, version=1, reason="They move."))


async def test_a_contract_that_renews_by_itself_goes_on_and_another_is_over(database: PreparedDatabase) -> None:
    going = await contract(database, "C1", auto_renew=True, term_from=dt.date(2025, 3, 14), term_to=TODAY)
    over = await contract(database, "C2", term_to=TODAY)
    running = await contract(database, "C3", term_to=day(1))

    for _ in range(2):
        await ran(database, end_terms)

    assert (await now(database, going)).term_to == dt.date(2027, 3, 14)
    assert (await now(database, over)).status is ContractStatus.ENDED
    assert (await now(database, running)).status is ContractStatus.ACTIVE
    assert [each.status for each in await renewals(database)] == [RenewalStatus.RENEWED]


async def test_a_contract_that_nobody_looked_at_for_terms_is_in_its_present_one_after_one_run(
    database: PreparedDatabase,
) -> None:
    made = await contract(
        database, auto_renew=True, notice_days=0, term_from=dt.date(2024, 3, 14), term_to=dt.date(2024, 4, 14)
    )

    while await ran(database, end_terms) is not None:
        pass

    term = (await now(database, made)).term_from, (await now(database, made)).term_to
    assert term == (TODAY, dt.date(2026, 4, 14))


async def test_a_renewal_nobody_decided_is_lost_with_the_term(database: PreparedDatabase) -> None:
    await contract(database, notice_days=30)
    await ran(database, open_renewals)
    database.clock.advance(dt.timedelta(days=100))

    await ran(database, end_terms)

    (renewal,) = await renewals(database)
    assert (renewal.status, renewal.decided_at) == (RenewalStatus.LOST, database.clock.now())


async def test_a_customer_subscribes_within_the_term(database: PreparedDatabase) -> None:
    made = await contract(database)
    price = Money(10_00, "EUR")

    seats = await database.do(
        AddSubscription(
            contract_id=made.id, product="SEAT", quantity=Decimal("2.5"), monthly_amount=price, begins_on=TODAY
        )
    )
    ended = await database.do(EndSubscription(id=seats.id, version=1, ends_on=day(30)))

    assert (seats.quantity, ended.ends_on) == (Decimal("2.5"), day(30))
    with pytest.raises(InvalidInput):
        await database.do(
            AddSubscription(contract_id=made.id, product="SEAT", monthly_amount=price, begins_on=day(100))
        )
    with pytest.raises(InvalidInput):
        await database.do(EndSubscription(id=seats.id, version=2, ends_on=TODAY))


async def test_a_number_is_given_once_and_a_customer_must_be_there(database: PreparedDatabase) -> None:
    made = await contract(database)

    with pytest.raises(Conflict):
        await contract(database)
    with pytest.raises(NotFound):
        await database.do(
            CreateContract(customer_id=uuid.uuid4(), number="C9", name="X", term_from=TODAY, term_to=day(1))
        )
    changed = await database.do(UpdateContract(id=made.id, version=1, owner="Bob", notice_days=10))
    assert (changed.owner, changed.notice_days, changed.name) == ("Bob", 10, "Support")


@pytest.mark.parametrize(
    "broken",
    [{"term_to": TODAY}, {"notice_days": -1}, {"notice_days": 9_999}, {"monthly_amount": Money(-1, "EUR")}],
)
def test_a_contract_that_makes_no_sense_is_refused(broken: dict[str, Any]) -> None:
    values = {"term_from": TODAY, "term_to": day(1), **broken}

    with pytest.raises(InvalidInput):
        CreateContract(customer_id=uuid.uuid4(), number="C1", name="Support", **values)


@pytest.mark.parametrize("quantity", ["0", "-1", "0.0001", "NaN", "1e12"])
def test_a_quantity_that_cannot_be_kept_is_refused(quantity: str) -> None:
    with pytest.raises(InvalidInput):
        AddSubscription(
            contract_id=uuid.uuid4(),
            product="SEAT",
            quantity=Decimal(quantity),
            monthly_amount=Money(1, "EUR"),
            begins_on=TODAY,
        )


@pytest.mark.parametrize(
    ("begins", "ends", "then"),
    [
        ("2025-01-01", "2026-01-01", "2027-01-01"),
        ("2025-01-31", "2025-02-28", "2025-03-31"),
        ("2024-02-29", "2025-02-28", "2026-02-28"),
        ("2025-01-01", "2025-01-11", "2025-01-21"),
        ("2025-11-15", "2026-02-15", "2026-05-15"),
    ],
)
def test_the_next_term_is_as_long_as_the_last(begins: str, ends: str, then: str) -> None:
    first, last = dt.date.fromisoformat(begins), dt.date.fromisoformat(ends)

    assert next_term(first, last) == (last, dt.date.fromisoformat(then))


@given(st.dates(dt.date(2000, 1, 1), dt.date(2050, 1, 1)), st.integers(1, 4_000), st.integers(0, 400))
def test_terms_follow_each_other_without_a_gap(begins: dt.date, days: int, notice: int) -> None:
    ends = begins + dt.timedelta(days=days)

    after, last = next_term(begins, ends)

    assert after == ends < last
    assert opens_on(ends, notice_days=notice) < ends


async def test_a_term_at_the_beginning_of_the_calendar_stops_no_other_renewal(database: PreparedDatabase) -> None:
    await contract(database, "OLD", term_from=dt.date(1, 1, 2), term_to=dt.date(1, 1, 5), notice_days=365)
    near = await contract(database, "NEAR", notice_days=30)

    await ran(database, open_renewals)

    assert near.id in {each.contract_id for each in await renewals(database)}
