"""Points: what sales earn, what returns take back, and that a member's points are always the sum of the entries."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from typing import Any

import pytest
from sqlalchemy import select

from patron_core.errors import InvalidInput
from patron_core.messages import Event
from patron_core.parties.commands import NewExternalIdentifier
from patron_core.transactions.commands import IngestTransactions, NewTransaction, ReverseTransaction
from patron_core.transactions.models import TransactionKind
from patron_core.values import Money
from patron_retail import ledger, plugin
from patron_retail.commands import AdjustPoints, EnrolMember, RedeemPoints
from patron_retail.events import MembersEnrolled, TierChanged
from patron_retail.models import LoyaltyMember, LoyaltyTier, PointsEntry, PointsEntryKind
from patron_retail.sales import read_sold
from patron_schema.testing.databases import NOON, PreparedDatabase

from .shop import check_sums, customer, entries, euro, member, record

REFUND = TransactionKind.REFUND


async def test_a_sale_earns_a_point_for_each_unit_of_currency(database: PreparedDatabase) -> None:
    ada = await customer(database)

    await record(database, ada.id, "12.99")
    await record(database, ada.id, "0.99")

    assert (await member(database, ada.id)).points == 12
    assert await entries(database, ada.id) == [("EARN", 12)]


async def test_the_first_purchase_makes_a_member(database: PreparedDatabase) -> None:
    ada, bob = await customer(database), await customer(database, "Bob")

    await record(database, ada.id, "10")
    await record(database, None, "10")

    assert await database.do(lambda uow: uow.select(select(LoyaltyMember.customer_id))) == [ada.id]
    assert await database.do(lambda uow: uow.find(LoyaltyMember, customer_id=bob.id)) is None


async def test_other_kinds_earn_nothing(database: PreparedDatabase) -> None:
    ada = await customer(database)

    for kind in (TransactionKind.FEE, TransactionKind.COST_TO_SERVE, TransactionKind.ADJUSTMENT):
        await record(database, ada.id, "50", kind=kind)

    assert await database.do(lambda uow: uow.select(select(LoyaltyMember.id))) == []


async def test_a_sale_that_is_reported_twice_earns_once(database: PreparedDatabase) -> None:
    ada = await customer(database)

    first = await record(database, ada.id, "10", source_key="4711")
    again = await record(database, ada.id, "10", source_key="4711")
    await database.do(lambda uow: ledger.post_transactions(uow, read_sold(uow, [first.id])))

    assert again.id == first.id
    assert await entries(database, ada.id) == [("EARN", 10)]


async def test_a_reversal_takes_back_what_the_sale_earned(database: PreparedDatabase) -> None:
    ada = await customer(database)
    sale = await record(database, ada.id, "10.80")

    await database.do(ReverseTransaction(id=sale.id))

    assert await entries(database, ada.id) == [("EARN", 10), ("REVERSE", -10)]
    assert (await member(database, ada.id)).points == 0


async def test_a_reversal_of_a_sale_before_the_membership_takes_nothing(database: PreparedDatabase) -> None:
    ada = await customer(database)
    free = await record(database, ada.id, "0")
    await record(database, ada.id, "30")

    await database.do(ReverseTransaction(id=free.id))

    assert (await member(database, ada.id)).points == 30


async def test_a_refund_takes_back_at_most_what_was_earned(database: PreparedDatabase) -> None:
    ada = await customer(database)
    await record(database, ada.id, "10")

    await record(database, ada.id, "-4", kind=REFUND)
    await record(database, ada.id, "-100", kind=REFUND)
    await record(database, ada.id, "-100", kind=REFUND)

    assert await entries(database, ada.id) == [("EARN", 10), ("REVERSE", -4), ("REVERSE", -6)]


async def test_a_refund_that_is_taken_back_gives_its_points_back(database: PreparedDatabase) -> None:
    ada = await customer(database)
    await record(database, ada.id, "10")
    refund = await record(database, ada.id, "-100", kind=REFUND)

    await database.do(ReverseTransaction(id=refund.id))

    assert await entries(database, ada.id) == [("EARN", 10), ("REVERSE", -10), ("EARN", 10)]


async def test_points_of_a_returned_purchase_that_were_spent_are_a_debt(database: PreparedDatabase) -> None:
    ada = await customer(database)
    sale = await record(database, ada.id, "10")
    owner = await member(database, ada.id)
    await database.do(RedeemPoints(member_id=owner.id, points=8))

    await database.do(ReverseTransaction(id=sale.id))
    assert (await member(database, ada.id)).points == -8
    await record(database, ada.id, "20")

    assert (await member(database, ada.id)).points == 12
    await check_sums(database)


async def test_many_sales_earn_in_the_same_statements_as_one(database: PreparedDatabase) -> None:
    ada, bob = await customer(database), await customer(database, "Bob")
    rows = tuple(
        NewTransaction(
            source_key=str(number),
            customer_id=(ada, bob)[number % 2].id,
            kind=TransactionKind.SALE if number < 180 else REFUND,
            amount=euro("3.50") if number < 180 else euro("-1"),
            occurred_at=NOON,
        )
        for number in range(200)
    )

    outcome = await database.execute(IngestTransactions(source="till", rows=rows))
    again = await database.execute(IngestTransactions(source="till", rows=rows))

    assert [(await member(database, who.id)).points for who in (ada, bob)] == [260, 260]
    assert [type(committed.event) for committed in outcome.events].count(MembersEnrolled) == 1
    assert again.events == ()
    await check_sums(database)


async def test_points_are_the_sum_of_entries_whatever_happens(database: PreparedDatabase) -> None:
    chance = random.Random(7)
    customers = [await customer(database, name) for name in ("Ada", "Bob", "Eve")]
    sales: list[Any] = []
    for who in customers:
        await record(database, who.id, "100")

    for _ in range(60):
        who = chance.choice(customers)
        owner = await member(database, who.id)
        match chance.randrange(5):
            case 0 | 1:
                sales.append(await record(database, who.id, f"{chance.randint(0, 9_999) / 100:.2f}"))
            case 2 if sales:
                await database.do(ReverseTransaction(id=sales.pop(chance.randrange(len(sales))).id))
            case 3:
                await record(database, who.id, f"-{chance.randint(1, 50)}", kind=REFUND)
            case _ if owner.points > 1:
                await database.do(RedeemPoints(member_id=owner.id, points=chance.randint(1, owner.points)))

    await check_sums(database)


async def test_sales_at_the_same_time_all_count(database: PreparedDatabase) -> None:
    ada = await customer(database)
    await record(database, ada.id, "100")
    owner = await member(database, ada.id)

    spend = [database.do(RedeemPoints(member_id=owner.id, points=5)) for _ in range(4)]
    await asyncio.gather(*(record(database, ada.id, "7") for _ in range(8)), *spend)

    assert (await member(database, ada.id)).points == 100 + 56 - 20
    await check_sums(database)


async def test_first_purchases_at_the_same_time_make_one_member(database: PreparedDatabase) -> None:
    ada = await customer(database)

    await asyncio.gather(*(record(database, ada.id, "7") for _ in range(4)))

    assert (await member(database, ada.id)).points == 28


async def test_the_tier_is_what_the_last_twelve_months_give(database: PreparedDatabase) -> None:
    ada = await customer(database)
    await record(database, ada.id, "4000", at=NOON - dt.timedelta(days=400))

    assert (await member(database, ada.id)).tier is LoyaltyTier.BRONZE
    sold = await database.execute(
        IngestTransactions(
            source="till",
            rows=(NewTransaction(source_key="1", customer_id=ada.id, amount=euro("1000"), occurred_at=NOON),),
        )
    )

    owner = await member(database, ada.id)
    assert (owner.tier, owner.points, owner.tier_points, owner.next_tier_at) == (LoyaltyTier.SILVER, 5000, 1000, 5000)
    assert _changes([committed.event for committed in sold.events]) == [(LoyaltyTier.BRONZE, LoyaltyTier.SILVER)]


async def test_spending_and_corrections_cost_nobody_their_tier(database: PreparedDatabase) -> None:
    ada = await customer(database)
    await record(database, ada.id, "1000")
    owner = await member(database, ada.id)

    await database.do(RedeemPoints(member_id=owner.id, points=1000))
    await record(database, ada.id, "1")

    assert (await member(database, ada.id)).tier is LoyaltyTier.SILVER


async def test_the_nightly_job_takes_a_tier_that_has_run_out(database: PreparedDatabase) -> None:
    (job,) = plugin.patron_jobs()
    ada, bob = await customer(database), await customer(database, "Bob")
    await record(database, ada.id, "6000")
    database.clock.advance(dt.timedelta(days=200))
    await record(database, bob.id, "1500")

    database.clock.advance(dt.timedelta(days=200))
    reviewed = await database.execute(job.run)

    assert _changes([committed.event for committed in reviewed.events]) == [(LoyaltyTier.GOLD, LoyaltyTier.BRONZE)]
    assert (await member(database, ada.id)).points == 6000
    assert (await member(database, bob.id)).tier is LoyaltyTier.SILVER
    assert (await database.execute(job.run)).events == ()


async def test_the_kind_gives_the_sign(database: PreparedDatabase) -> None:
    ada = await customer(database)
    owner = await database.do(EnrolMember(customer_id=ada.id))
    wrong = {
        "member_id": owner.id,
        "kind": PointsEntryKind.BURN,
        "delta": 5,
        "occurred_at": NOON,
    }

    with pytest.raises(InvalidInput, match="sign_of_kind"):
        await database.do(lambda uow: uow.add_many(PointsEntry, [wrong]))

    assert await entries(database, ada.id) == []


async def test_an_entry_is_never_changed(database: PreparedDatabase) -> None:
    ada = await customer(database)
    await record(database, ada.id, "10")

    def change(uow: Any) -> None:
        uow.select(select(PointsEntry))[0].delta = 99

    with pytest.raises(TypeError, match="append-only"):
        await database.do(change)


async def test_points_are_a_tenants_own(database: PreparedDatabase) -> None:
    duvets = await database.tenant("Duvets")
    ada = await customer(database)
    await record(database, ada.id, "10")

    assert await database.do(lambda uow: uow.select(select(PointsEntry)), actor=duvets) == []
    row = NewTransaction(
        source_key="1",
        customer=NewExternalIdentifier(system="crm", value="1"),
        amount=Money.of("5", "EUR"),
        occurred_at=NOON,
    )
    result = await database.do(IngestTransactions(source="till", rows=(row,)), actor=duvets)
    assert result.rejected == 1


async def test_a_correction_keeps_the_sum(database: PreparedDatabase) -> None:
    ada = await customer(database)
    await record(database, ada.id, "10")
    owner = await member(database, ada.id)

    await database.do(AdjustPoints(member_id=owner.id, delta=90, reason="An apology"))
    await record(database, ada.id, "1")

    assert (await member(database, ada.id)).points == 101
    await check_sums(database)


def _changes(events: list[Event]) -> list[tuple[LoyaltyTier, LoyaltyTier]]:
    return [(event.from_tier, event.to_tier) for event in events if isinstance(event, TierChanged)]
