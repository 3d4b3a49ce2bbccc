"""Products and prices: unique skus, prices that follow each other and never overlap."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from patron_core.errors import Conflict, InvalidInput, NotFound
from patron_core.products.commands import CreatePriceList, CreateProduct, EndPrice, SetPrice, UpdateProduct
from patron_core.products.models import Price, PriceList, Product
from patron_core.products.service import is_sold, price_of
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money
from patron_schema.testing.databases import NOON, PreparedDatabase

DAY = dt.timedelta(days=1)


async def product(database: PreparedDatabase, **given: Any) -> Product:
    made: Product = await database.do(CreateProduct(**{"sku": "MUG-07", "name": "Mug", **given}))
    return made


async def priced(database: PreparedDatabase, of: Product, amount: int, **given: Any) -> Price:
    made: Price = await database.do(SetPrice(product_id=of.id, amount=Money(amount, "EUR"), **given))
    return made


async def price_at(database: PreparedDatabase, of: Product, moment: dt.datetime, currency: str = "EUR") -> int | None:
    def work(uow: UnitOfWork) -> int | None:
        found = price_of(uow.get(Product, of.id), currency, uow, at=moment)
        return None if found is None else found.amount_minor

    answer: int | None = await database.do(work)
    return answer


async def test_a_sku_names_one_product(database: PreparedDatabase) -> None:
    await product(database)

    with pytest.raises(Conflict):
        await product(database)


async def test_a_new_price_ends_the_one_that_held_without_an_end(database: PreparedDatabase) -> None:
    mug = await product(database)

    await priced(database, mug, 1000, valid_from=NOON - DAY)
    await priced(database, mug, 1250, valid_from=NOON)

    assert await price_at(database, mug, NOON - dt.timedelta(microseconds=1)) == 1000
    assert await price_at(database, mug, NOON) == 1250
    assert await price_at(database, mug, NOON - 2 * DAY) is None
    assert await price_at(database, mug, NOON, "USD") is None


@pytest.mark.parametrize(("start", "end"), [(0, 1), (-1, 1), (1, 2), (-1, 5), (0, None), (-5, None)])
async def test_prices_of_one_list_and_currency_never_overlap(
    database: PreparedDatabase, start: int, end: int | None
) -> None:
    mug = await product(database)
    await priced(database, mug, 1000, valid_from=NOON, valid_to=NOON + 2 * DAY)

    with pytest.raises(Conflict):
        await priced(
            database, mug, 900, valid_from=NOON + start * DAY, valid_to=None if end is None else NOON + end * DAY
        )

    await priced(database, mug, 900, valid_from=NOON - DAY, valid_to=NOON)
    await priced(database, mug, 950, valid_from=NOON + 2 * DAY)


async def test_lists_and_currencies_have_prices_of_their_own(database: PreparedDatabase) -> None:
    mug = await product(database)
    await database.do(CreatePriceList(code="WHOLESALE", name="Wholesale"))

    await priced(database, mug, 1000)
    await priced(database, mug, 800, price_list_code="WHOLESALE")
    await database.do(SetPrice(product_id=mug.id, amount=Money(1100, "USD")))

    assert await price_at(database, mug, NOON, "USD") == 1100
    assert len(await database.do(lambda uow: uow.select(select(PriceList)))) == 2
    with pytest.raises(NotFound):
        await priced(database, mug, 1, price_list_code="NOBODY")


async def test_of_ten_prices_set_at_once_one_holds(database: PreparedDatabase) -> None:
    mug = await product(database)
    await priced(database, mug, 1, valid_from=NOON - DAY)

    answers = await asyncio.gather(
        *(priced(database, mug, 100 + number, valid_to=NOON + DAY) for number in range(10)), return_exceptions=True
    )

    assert [type(answer) for answer in answers].count(Price) == 1
    assert {type(answer) for answer in answers} == {Price, Conflict}


async def test_a_price_ends_within_its_time_only(database: PreparedDatabase) -> None:
    mug = await product(database)
    price = await priced(database, mug, 1000, valid_from=NOON)

    with pytest.raises(InvalidInput):
        await database.do(EndPrice(id=price.id, version=1, valid_to=NOON))
    await database.do(EndPrice(id=price.id, version=1, valid_to=NOON + DAY))

    assert await price_at(database, mug, NOON + DAY) is None


async def test_a_product_is_sold_while_it_is_active_and_valid(database: PreparedDatabase) -> None:
    mug = await product(database, valid_from=NOON, valid_to=NOON + DAY)
    assert [is_sold(mug, at=NOON + n * DAY) for n in (-1, 0, 1)] == [False, True, False]

    changed = await database.execute(UpdateProduct(id=mug.id, version=1, active=False, valid_to=None))

    assert not is_sold(changed.value, at=NOON)
    assert [committed.event.fields for committed in changed.events] == [("active", "validity")]
    with pytest.raises(InvalidInput):
        await database.do(UpdateProduct(id=mug.id, version=2, valid_to=NOON - DAY))
