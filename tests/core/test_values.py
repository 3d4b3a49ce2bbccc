"""Money is exact: no digit is lost on the way in, whatever its length. Ids made together ascend."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest

from patron_core.values import FixedClock, Money, RandomIds, SequentialIds


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.50", "EUR", 1250),
        ("-12.5", "EUR", -1250),
        ("1e15", "EUR", 10**17),
        ("5.000", "JPY", 5),
        ("1.234", "BHD", 1234),
        ("10." + "0" * 500, "EUR", 1000),
        ("0e9999", "EUR", 0),
    ],
)
def test_an_amount_is_its_minor_units(amount: str, currency: str, minor: int) -> None:
    assert Money.of(amount, currency) == Money.of(Decimal(amount), currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("amount", "currency", "says"),
    [
        ("10.0000000000000000000000000000001", "EUR", r"more decimals than EUR has \(2\)"),
        ("10." + "0" * 500 + "1", "EUR", "more decimals"),
        ("1e-999999", "EUR", "more decimals"),
        ("0.5", "JPY", "more decimals"),
        ("1000000000000000.01", "EUR", "is beyond"),
        ("1e999999", "EUR", "is beyond"),
        ("NaN", "EUR", "not a decimal number"),
        ("-Infinity", "EUR", "not a decimal number"),
        ("twelve", "EUR", "not a decimal number"),
    ],
)
def test_an_amount_that_cannot_be_exact_is_refused(amount: str, currency: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Money.of(amount, currency)


def test_ids_made_together_ascend_and_are_of_the_moment() -> None:
    clock = FixedClock(dt.datetime(2026, 3, 14, 12, 0, tzinfo=dt.UTC))

    for source in (RandomIds(clock), SequentialIds(clock)):
        ids = source.many(2_000)

        assert len(set(ids)) == 2_000
        assert ids == sorted(ids)
        assert {(id_.version, id_.variant, id_.int >> 80) for id_ in ids} == {
            (7, uuid.RFC_4122, int(clock.now().timestamp() * 1000))
        }
    assert RandomIds(clock).many(0) == []
