"""What columns keep comes back the same on both databases, and what they cannot keep is refused before it is written."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from sqlalchemy.dialects import sqlite

from patron_core.columns import EARLIEST, LATEST, Day, Scaled, UtcTime
from patron_core.errors import InvalidInput
from patron_core.transactions.commands import RecordTransaction, ReverseTransaction
from patron_core.transactions.models import Transaction
from patron_core.values import Money, OutOfRange
from patron_schema.testing.databases import PreparedDatabase

TICK = dt.timedelta(microseconds=1)
FAR_EAST = dt.timezone(dt.timedelta(hours=14))
FAR_WEST = dt.timezone(dt.timedelta(hours=-12))


def sale(occurred_at: dt.datetime) -> RecordTransaction:
    return RecordTransaction(amount=Money(1250, "EUR"), occurred_at=occurred_at)


@pytest.mark.parametrize("moment", [EARLIEST, LATEST], ids=["earliest", "latest"])
async def test_the_ends_of_time_come_back_with_their_zone(database: PreparedDatabase, moment: dt.datetime) -> None:
    made = await database.do(sale(moment))

    found = await database.do(lambda uow: uow.get(Transaction, made.id))

    assert (found.occurred_at, found.occurred_at.utcoffset()) == (moment, dt.timedelta(0))
    await database.do(ReverseTransaction(id=made.id, occurred_at=LATEST))


@pytest.mark.parametrize(
    "moment",
    [
        EARLIEST - TICK,
        LATEST + TICK,
        dt.datetime(1, 1, 1, tzinfo=dt.UTC),
        dt.datetime.max.replace(tzinfo=dt.UTC),
        dt.datetime(1, 1, 1, tzinfo=FAR_EAST),  # in UTC it lies outside of Python's calendar
        dt.datetime.max.replace(tzinfo=FAR_WEST),
    ],
    ids=str,
)
async def test_an_instant_beyond_them_is_invalid_input(database: PreparedDatabase, moment: dt.datetime) -> None:
    with pytest.raises(InvalidInput, match=r"The time cannot be kept\. .* Correct it"):
        await database.do(sale(moment))


def test_a_naive_time_is_read_as_utc() -> None:
    read = UtcTime().process_result_value(dt.datetime.fromisoformat("2026-01-31"), sqlite.dialect())

    assert read == dt.datetime(2026, 1, 31, tzinfo=dt.UTC)


@pytest.mark.parametrize("day", [dt.date.min, dt.date.max])
def test_a_day_at_the_ends_of_time_is_refused(day: dt.date) -> None:
    with pytest.raises(OutOfRange, match="The date cannot be kept"):
        Day().process_bind_param(day, sqlite.dialect())


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("9223372036854775.807", 9223372036854775807),
        ("1.0005", 1000),
        ("1." + "0" * 300, 1000),
        ("0e999", 0),
        ("1.000500000000000000000000000000000001", 1001),  # Python's 28 digits would make it a tie
    ],
)
def test_a_decimal_is_kept_to_its_scale(number: str, kept: int) -> None:
    assert Scaled(3).process_bind_param(Decimal(number), sqlite.dialect()) == kept


@pytest.mark.parametrize("number", ["9223372036854775.808", "1e999999", "NaN", "Infinity", "1." + "0" * 500 + "1"])
def test_a_decimal_that_does_not_fit_is_refused(number: str) -> None:
    with pytest.raises(OutOfRange, match="too many digits"):
        Scaled(3).process_bind_param(Decimal(number), sqlite.dialect())
