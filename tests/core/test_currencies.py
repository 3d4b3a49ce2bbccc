"""Rates by day: entered once, found by the latest on or before a day, either way round, and never guessed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from patron_core.currencies.commands import CorrectExchangeRate, EnterExchangeRate
from patron_core.currencies.converting import converted
from patron_core.currencies.models import ExchangeRate
from patron_core.errors import Conflict, InvalidInput
from patron_core.figures import Figure
from patron_core.values import Money
from patron_schema.testing.databases import NOON, PreparedDatabase

TODAY = NOON.date()


async def entered(
    database: PreparedDatabase, rate: str, *, base: str = "EUR", quote: str = "USD", day: dt.date = TODAY
) -> ExchangeRate:
    command = EnterExchangeRate(base_currency=base, quote_currency=quote, day=day, rate=Decimal(rate), source="ECB")
    made: ExchangeRate = await database.do(command)
    return made


async def told(database: PreparedDatabase, amount: Money, into: str, *, day: dt.date = TODAY) -> Figure:
    made: Figure = await database.do(lambda uow: converted(amount, into, uow, day=day))
    return made


async def test_the_latest_rate_on_or_before_the_day_counts(database: PreparedDatabase) -> None:
    await entered(database, "1.10", day=TODAY - dt.timedelta(days=5))
    await entered(database, "1.20", day=TODAY - dt.timedelta(days=1))
    await entered(database, "9", day=TODAY + dt.timedelta(days=1))

    now = await told(database, Money(100_00, "EUR"), "USD")
    before = await told(database, Money(100_00, "EUR"), "USD", day=TODAY - dt.timedelta(days=2))

    assert (now.money, before.money) == (Money(120_00, "USD"), Money(110_00, "USD"))
    assert now.inputs[1].ids[0].startswith("xrt_")


async def test_without_a_rate_nothing_is_guessed(database: PreparedDatabase) -> None:
    await entered(database, "1.10", day=TODAY + dt.timedelta(days=1))

    figure = await told(database, Money(100_00, "EUR"), "USD")

    assert (figure.applicable, figure.value) == (False, None)
    assert "EUR and USD" in figure.reason


@pytest.mark.parametrize(
    ("amount", "into", "minor"),
    [
        (Money(100_00, "EUR"), "EUR", 100_00),
        (Money(1, "EUR"), "JPY", 2),  # 0.01 times 160.5 is 1.605
        (Money(100, "JPY"), "EUR", 62),  # 100 / 160.5 is 0.62305
        (Money(1_000, "KWD"), "EUR", 3_12),  # three decimals into two
        (Money(5, "EUR"), "KWD", 16),  # half to even: 0.05 / 3.125 is 0.016
    ],
)
async def test_amounts_are_rounded_to_the_minor_unit_either_way_round(
    database: PreparedDatabase, amount: Money, into: str, minor: int
) -> None:
    await entered(database, "160.5", quote="JPY")
    await entered(database, "3.125", base="KWD", quote="EUR")

    assert (await told(database, amount, into)).money == Money(minor, into)


async def test_of_both_ways_round_the_later_day_counts_and_of_one_day_the_rate_as_entered(
    database: PreparedDatabase,
) -> None:
    await entered(database, "2", day=TODAY - dt.timedelta(days=1))
    await entered(database, "0.25", base="USD", quote="EUR")
    assert (await told(database, Money(1_00, "EUR"), "USD")).money == Money(4_00, "USD")

    await entered(database, "3")

    assert (await told(database, Money(1_00, "EUR"), "USD")).money == Money(3_00, "USD")


async def test_a_rate_is_entered_once_and_corrected_with_its_version(database: PreparedDatabase) -> None:
    rate = await entered(database, "1.1")
    assert (await entered(database, "1.1")).id == rate.id
    with pytest.raises(Conflict):
        await entered(database, "1.2")

    await database.do(CorrectExchangeRate(id=rate.id, version=1, rate=Decimal("1.2"), source="ECB"))

    assert (await told(database, Money(1_00, "EUR"), "USD")).money == Money(1_20, "USD")
    with pytest.raises(Conflict):
        await database.do(CorrectExchangeRate(id=rate.id, version=1, rate=Decimal("1.3"), source="ECB"))


@pytest.mark.parametrize("rate", ["0", "-1", "NaN", "1e10", "0.0000000001"])
def test_a_rate_that_cannot_be_is_refused(rate: str) -> None:
    with pytest.raises(InvalidInput):
        EnterExchangeRate(base_currency="EUR", quote_currency="USD", day=TODAY, rate=Decimal(rate), source="ECB")


@pytest.mark.parametrize(("base", "quote"), [("EUR", "EUR"), ("eur", "USD"), ("EUR", "XYZQ")])
def test_a_pair_that_cannot_be_is_refused(base: str, quote: str) -> None:
    with pytest.raises(InvalidInput):
        EnterExchangeRate(base_currency=base, quote_currency=quote, day=TODAY, rate=Decimal(1), source="ECB")
