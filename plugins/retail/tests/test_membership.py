"""Commands: becoming a member, redeeming and correcting points, and who may."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from patron_core.customers.commands import UpdateCustomer
from patron_core.customers.models import LifecycleStage
from patron_core.errors import Forbidden, IdempotencyMismatch, InvalidInput, NotFound, Vetoed
from patron_core.messages import Actor
from patron_retail.commands import AdjustPoints, EnrolMember, RedeemPoints
from patron_retail.events import MemberEnrolled, PointsAdjusted, PointsRedeemed
from patron_retail.models import LoyaltyMember, LoyaltyTier
from patron_schema.testing.databases import PreparedDatabase

from .shop import check_sums, customer, entries, member, record


async def rich(database: PreparedDatabase, points: int = 100) -> LoyaltyMember:
    ada = await customer(database)
    await record(database, ada.id, str(points))
    return await member(database, ada.id)


async def test_a_customer_becomes_a_member_once(database: PreparedDatabase) -> None:
    ada = await customer(database)

    first = await database.execute(EnrolMember(customer_id=ada.id))
    again = await database.execute(EnrolMember(customer_id=ada.id))

    assert (first.value.points, first.value.tier, first.value.next_tier_at) == (0, LoyaltyTier.BRONZE, 1000)
    assert again.value.id == first.value.id
    assert [type(committed.event) for committed in (*first.events, *again.events)] == [MemberEnrolled]


async def test_points_are_redeemed(database: PreparedDatabase) -> None:
    owner = await rich(database)

    outcome = await database.execute(RedeemPoints(member_id=owner.id, points=60, reason="A kettle"))

    assert (outcome.value.member.points, outcome.value.entry.delta) == (40, -60)
    assert [committed.event.customer_id for committed in outcome.events] == [owner.customer_id]
    assert isinstance(outcome.events[0].event, PointsRedeemed)
    await check_sums(database)


@pytest.mark.parametrize("points", [0, -5, 10**12])
def test_a_senseless_number_is_refused_when_the_command_is_made(points: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        RedeemPoints(member_id=uuid.uuid4(), points=points)

    assert refused.value.path == ("points",)


async def test_more_points_than_there_are_cannot_be_redeemed(database: PreparedDatabase) -> None:
    owner = await rich(database)

    with pytest.raises(InvalidInput) as refused:
        await database.do(RedeemPoints(member_id=owner.id, points=101))

    assert refused.value.path == ("points",)
    assert await entries(database, owner.customer_id) == [("EARN", 100)]


async def test_points_are_not_spent_twice_at_the_same_time(database: PreparedDatabase) -> None:
    owner = await rich(database)

    tries = [database.do(RedeemPoints(member_id=owner.id, points=30)) for _ in range(8)]
    results = await asyncio.gather(*tries, return_exceptions=True)

    assert sum(isinstance(result, InvalidInput) for result in results) == 5
    assert (await member(database, owner.customer_id)).points == 10
    await check_sums(database)


async def test_the_same_key_redeems_once(database: PreparedDatabase) -> None:
    owner = await rich(database)
    command = RedeemPoints(member_id=owner.id, points=60, idempotency_key="kettle")

    first = await database.execute(command, idempotency_key="kettle")
    again = await database.execute(command, idempotency_key="kettle")

    assert again.replayed
    assert again.value.entry.id == first.value.entry.id
    assert (await member(database, owner.customer_id)).points == 40
    with pytest.raises(IdempotencyMismatch):
        await database.execute(RedeemPoints(member_id=owner.id, points=61), idempotency_key="kettle")


async def test_a_customer_who_has_left_redeems_nothing(database: PreparedDatabase) -> None:
    owner = await rich(database)
    churned = UpdateCustomer(id=owner.customer_id, version=1, lifecycle_stage=LifecycleStage.CHURNED)
    await database.do(churned)

    with pytest.raises(Vetoed) as refused:
        await database.do(RedeemPoints(member_id=owner.id, points=1))

    assert (refused.value.public_code, refused.value.path) == ("LOYALTY_BLOCKED", ("member_id",))


async def test_points_are_corrected_up_and_down_but_not_below_zero(database: PreparedDatabase) -> None:
    owner = await rich(database)

    outcome = await database.execute(AdjustPoints(member_id=owner.id, delta=25, reason="An apology"))
    await database.do(AdjustPoints(member_id=owner.id, delta=-125, reason="A mistake"))
    with pytest.raises(InvalidInput) as refused:
        await database.do(AdjustPoints(member_id=owner.id, delta=-1, reason="Another"))

    assert isinstance(outcome.events[0].event, PointsAdjusted)
    assert refused.value.path == ("delta",)
    assert (await member(database, owner.customer_id)).points == 0
    await check_sums(database)


async def test_members_of_other_tenants_are_not_found(database: PreparedDatabase) -> None:
    owner = await rich(database)
    duvets = await database.tenant("Duvets")

    for command in (
        RedeemPoints(member_id=owner.id, points=1),
        AdjustPoints(member_id=owner.id, delta=1, reason="None"),
        EnrolMember(customer_id=owner.customer_id),
    ):
        with pytest.raises(NotFound):
            await database.do(command, actor=duvets)


async def test_each_command_asks_for_its_scope(database: PreparedDatabase) -> None:
    owner = await rich(database)
    cashier = Actor(database.tenant_id, "cashier", "app", scopes=("retail:redeem",))

    await database.do(RedeemPoints(member_id=owner.id, points=1), actor=cashier)
    with pytest.raises(Forbidden) as refused:
        await database.do(AdjustPoints(member_id=owner.id, delta=1, reason="A gift"), actor=cashier)

    assert refused.value.extensions["scope"] == "retail:adjust"
