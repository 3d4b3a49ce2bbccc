"""Carts: filled, abandoned by the job alone and told once, recovered, expired, made into orders."""

from __future__ import annotations

import asyncio
import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from patron_core.carts.aging import abandon_carts, expire_carts
from patron_core.carts.commands import ConvertCart, OpenCart, RecoverCart, SetCartLine
from patron_core.carts.models import Cart, CartLine, CartStatus
from patron_core.customers.commands import CreateCustomer
from patron_core.customers.models import Customer
from patron_core.errors import Conflict, InvalidInput
from patron_core.hookspecs import Step
from patron_core.orders.models import Order, OrderStatus
from patron_core.parties.commands import NewOrganization
from patron_core.values import Money
from patron_schema.testing.databases import PreparedDatabase

HOUR = dt.timedelta(hours=1)
PRICE = Money(1250, "EUR")


async def customer(database: PreparedDatabase) -> Customer:
    made: Customer = await database.do(CreateCustomer(organization=NewOrganization(legal_name="Engines")))
    return made


async def cart(database: PreparedDatabase, *skus: str, **given: Any) -> Cart:
    """A cart with one of each sku."""
    made: Cart = await database.do(OpenCart(currency_code="EUR", **given))
    for sku in skus:
        made = await filled(database, made, sku=sku)
    return made


async def filled(database: PreparedDatabase, of: Cart, **given: Any) -> Cart:
    command = SetCartLine(**{"id": of.id, "version": of.version, "sku": "MUG", "unit_price": PRICE, **given})
    made: Cart = await database.do(command)
    return made


async def ran(database: PreparedDatabase, job: Any = abandon_carts, **arguments: Any) -> list[str]:
    """Runs a job and returns the types of the events."""
    outcome = await database.execute(lambda uow: job(Step(arguments=arguments, state={}, done=0), uow))
    return [committed.event.type for committed in outcome.events]


async def status(database: PreparedDatabase, of: Cart) -> CartStatus:
    found: CartStatus = await database.do(lambda uow: uow.get(Cart, of.id).status)
    return found


async def test_a_cart_sums_its_lines_and_has_one_of_each_sku(database: PreparedDatabase) -> None:
    made = await cart(database, "MUG", "LAMP")
    made = await filled(database, made, sku="MUG", quantity=Decimal("2.5"))
    assert (made.total, made.line_count) == (Money(1250 + 3125, "EUR"), 2)

    made = await filled(database, made, sku="LAMP", quantity=Decimal(0))

    assert (made.total, made.line_count) == (Money(3125, "EUR"), 1)
    assert len(await database.do(lambda uow: uow.select(select(CartLine)))) == 1


async def test_a_cart_is_abandoned_by_the_job_after_its_time_and_told_once(database: PreparedDatabase) -> None:
    who = await customer(database)
    made = await cart(database, "MUG", customer_id=who.id)

    database.clock.advance(HOUR - dt.timedelta(seconds=1))
    assert await ran(database) == []
    database.clock.advance(dt.timedelta(seconds=1))
    assert await status(database, made) is CartStatus.OPEN  # nothing but the job says so

    assert await ran(database) == ["cart.abandoned"]
    assert await ran(database) == []
    assert await status(database, made) is CartStatus.ABANDONED


async def test_each_cart_has_its_own_time_and_activity_begins_it_anew(database: PreparedDatabase) -> None:
    quick, slow = await cart(database, "MUG", abandon_after_minutes=5), await cart(database, "MUG")
    database.clock.advance(dt.timedelta(minutes=50))
    slow = await filled(database, slow, quantity=Decimal(2))
    database.clock.advance(dt.timedelta(minutes=50))

    assert await ran(database) == ["cart.abandoned"]
    assert [await status(database, each) for each in (quick, slow)] == [CartStatus.ABANDONED, CartStatus.OPEN]


async def test_an_empty_cart_is_not_abandoned(database: PreparedDatabase) -> None:
    await cart(database)
    database.clock.advance(HOUR)

    assert await ran(database) == []


async def test_two_jobs_at_once_tell_of_a_cart_once(database: PreparedDatabase) -> None:
    await cart(database, "MUG")
    database.clock.advance(HOUR)

    told = await asyncio.gather(*(ran(database) for _ in range(4)))

    assert sorted(told) == [[], [], [], ["cart.abandoned"]]


@pytest.mark.parametrize("way", ["recover", "line"])
async def test_an_abandoned_cart_is_recovered_and_may_be_abandoned_again(database: PreparedDatabase, way: str) -> None:
    made = await cart(database, "MUG")
    database.clock.advance(HOUR)
    await ran(database)
    made = await database.do(lambda uow: uow.get(Cart, made.id))

    if way == "recover":
        back = await database.do(RecoverCart(id=made.id, version=made.version))
    else:
        back = await filled(database, made, sku="LAMP")

    assert (back.status, back.recovered_at, back.line_count) == (
        CartStatus.OPEN, database.clock.now(), 1 if way == "recover" else 2,
    )  # fmt: skip
    assert await ran(database) == []
    database.clock.advance(HOUR)
    assert await ran(database) == ["cart.abandoned"]


async def test_an_open_cart_is_not_recovered(database: PreparedDatabase) -> None:
    made = await cart(database, "MUG")

    with pytest.raises(Conflict):
        await database.do(RecoverCart(id=made.id, version=made.version))


async def test_old_carts_expire_and_nothing_can_be_done_with_them(database: PreparedDatabase) -> None:
    made = await cart(database, "MUG")
    database.clock.advance(dt.timedelta(days=7))
    assert await ran(database, expire_carts) == []
    assert await ran(database, expire_carts, days=7) == ["cart.expired"]
    made = await database.do(lambda uow: uow.get(Cart, made.id))

    with pytest.raises(Conflict):
        await filled(database, made)


async def test_a_cart_becomes_one_order(database: PreparedDatabase) -> None:
    who = await customer(database)
    made = await cart(database, "MUG", "LAMP")
    with pytest.raises(InvalidInput, match="Nobody orders"):
        await database.do(ConvertCart(id=made.id, version=made.version))

    answers = await asyncio.gather(
        *(database.do(ConvertCart(id=made.id, version=made.version, customer_id=who.id)) for _ in range(4)),
        return_exceptions=True,
    )

    (converted,) = [answer for answer in answers if isinstance(answer, Cart)]
    (order,) = await database.do(lambda uow: uow.select(select(Order)))
    assert (converted.status, converted.order_id) == (CartStatus.CONVERTED, order.id)
    assert (order.status, order.total, order.customer_id) == (OrderStatus.DRAFT, Money(2500, "EUR"), who.id)
    database.clock.advance(dt.timedelta(days=60))
    assert await ran(database) + await ran(database, expire_carts) == []


async def test_an_empty_cart_and_one_of_another_customer_become_no_order(database: PreparedDatabase) -> None:
    who, other = await customer(database), await customer(database)
    empty = await cart(database, customer_id=who.id)
    full = await cart(database, "MUG", customer_id=who.id)

    with pytest.raises(InvalidInput, match="empty"):
        await database.do(ConvertCart(id=empty.id, version=empty.version))
    with pytest.raises(InvalidInput, match="another customer"):
        await database.do(ConvertCart(id=full.id, version=full.version, customer_id=other.id))


async def test_a_line_in_another_currency_or_without_a_price_is_refused(database: PreparedDatabase) -> None:
    made = await cart(database)

    for price in (Money(1, "USD"), None):
        with pytest.raises(InvalidInput) as refused:
            await filled(database, made, unit_price=price)
        assert refused.value.path == ("unit_price",)
