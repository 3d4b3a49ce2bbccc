"""Who is due to buy again: the median of a customer's own intervals, and nothing said of those who bought less than three times."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest

from patron_core.customers.commands import CreateCustomer, DeleteCustomer
from patron_core.errors import InvalidInput
from patron_core.orders.repeats import DueForRepeat, due_for_repeat
from patron_core.parties.commands import NewOrganization
from patron_core.transactions.commands import RecordTransaction, ReverseTransaction
from patron_core.transactions.models import Transaction, TransactionKind
from patron_core.values import Money
from patron_schema.testing.databases import NOON, PreparedDatabase


async def customer(database: PreparedDatabase, *days_ago: float) -> uuid.UUID:
    """A customer who bought as many days ago."""
    made = await database.do(CreateCustomer(organization=NewOrganization(legal_name="Engines")))
    for days in days_ago:
        await bought(database, made.id, days)
    id_: uuid.UUID = made.id
    return id_


async def bought(database: PreparedDatabase, who: uuid.UUID, days_ago: float, **given: Any) -> Transaction:
    moment = NOON - dt.timedelta(days=days_ago)
    command = RecordTransaction(**{"customer_id": who, "amount": Money(100, "EUR"), "occurred_at": moment, **given})
    made: Transaction = await database.do(command)
    return made


async def due(database: PreparedDatabase, **given: Any) -> list[DueForRepeat]:
    found: list[DueForRepeat] = await database.do(lambda uow: due_for_repeat(uow, **given))
    return found


async def test_who_waits_longer_than_usual_is_due(database: PreparedDatabase) -> None:
    who = await customer(database, 70, 60, 41, 31, 12)  # 10, 19, 10, 19: half of them are no longer than 14.5

    (found,) = await due(database, as_of=NOON + dt.timedelta(days=4))

    assert (found.customer_id, found.interval.value, found.interval.sample_size) == (who, Decimal("14.5"), 4)
    assert (found.last_purchase_on, found.due_on) == (dt.date(2026, 3, 2), dt.date(2026, 3, 17))
    assert (found.overdue_days, found.reason) == (1, "Usually buys every 14.5 days, and bought 16 days ago.")
    (purchases, waited) = found.interval.inputs
    assert (purchases.value, len(purchases.ids), waited.value) == (5, 5, 16)
    assert await due(database, as_of=NOON + dt.timedelta(days=2)) == []


@pytest.mark.parametrize("days", [(), (50,), (50, 40), (50, 49.9, 40), (50.1, 50, 40, 39.9)])
async def test_of_who_bought_on_two_days_nothing_is_said(database: PreparedDatabase, days: tuple[float, ...]) -> None:
    await customer(database, *days)

    assert await due(database) == []


async def test_who_has_lapsed_is_not_due(database: PreparedDatabase) -> None:
    await customer(database, 50, 40, 30)

    assert len(await due(database)) == 1
    assert await due(database, lapsed_after=Decimal(2)) == []


async def test_who_was_deleted_is_not_due_and_takes_nobodys_place(database: PreparedDatabase) -> None:
    gone, there = await customer(database, 50, 40, 29), await customer(database, 60, 50, 40, 26)

    assert [each.customer_id for each in await due(database, limit=1)] == [gone]
    await database.do(DeleteCustomer(id=gone, version=1))

    assert [each.customer_id for each in await due(database, limit=1)] == [there]


async def test_what_was_taken_back_and_what_is_no_sale_is_no_purchase(database: PreparedDatabase) -> None:
    who = await customer(database, 40, 30)
    taken = await bought(database, who, 20)
    await database.do(ReverseTransaction(id=taken.id))
    await bought(database, who, 20, kind=TransactionKind.FEE)
    await bought(database, who, 20, amount=Money(0, "EUR"))

    assert await due(database) == []
    await bought(database, who, 20)
    assert [each.interval.value for each in await due(database)] == [Decimal(10)]


async def test_the_longest_wait_for_its_habit_comes_first_and_the_limit_holds(database: PreparedDatabase) -> None:
    long, short = await customer(database, 90, 60, 30), await customer(database, 25, 20, 15, 10)

    assert [each.customer_id for each in await due(database)] == [short, long]
    assert [each.customer_id for each in await due(database, limit=1)] == [short]
    with pytest.raises(InvalidInput):
        await due(database, limit=0)
    with pytest.raises(InvalidInput):
        await due(database, least_purchases=2)


async def test_customers_of_other_tenants_are_not_due_here(database: PreparedDatabase) -> None:
    await customer(database, 50, 40, 30)
    stranger = await database.tenant("Cushions")

    assert await database.do(lambda uow: due_for_repeat(uow), actor=stranger) == []
