"""Checks of what is given: bounds are inside, what was not given is left alone, and each refusal names its place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from patron_core import validation
from patron_core.errors import InvalidInput
from patron_core.validation import above_zero, in_order, not_negative, once, within
from patron_core.values import UNSET, Money

LINE = ("lines", 3, "unit_price")


@pytest.mark.parametrize("value", [1, 5, Decimal(1), Decimal("4.9999"), Decimal("5.0000000"), None, UNSET])
def test_a_number_may_be_its_bounds(value: Any) -> None:
    within(value, most=5, decimals=4, path="priority")


@pytest.mark.parametrize(
    "value",
    [
        0,
        6,
        -1,
        Decimal("0.9999"),
        Decimal("5.0001"),
        Decimal("1.00001"),
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("Infinity"),
    ],
)
def test_a_number_out_of_its_bounds_or_too_exact_is_refused(value: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        within(value, most=5, decimals=4, path="priority")

    assert refused.value.path == ("priority",)


def test_amounts_below_zero_and_of_nothing_are_refused_where_they_stand() -> None:
    not_negative(Money(0, "EUR"), path=LINE)
    above_zero(Money(1, "EUR"), path=LINE)
    for check, minor in ((not_negative, -1), (above_zero, 0), (above_zero, -1)):
        with pytest.raises(InvalidInput, match="Unit price") as refused:
            check(Money(minor, "EUR"), path=LINE)
        assert refused.value.path == LINE


@pytest.mark.parametrize(
    "check",
    [
        lambda: validation.count((), least=1, most=2, path="lines"),
        lambda: validation.count((1, 2, 3), least=1, most=2, path="lines"),
        lambda: once(("A", "B", "A"), path="lines"),
    ],
)
def test_lists_of_a_wrong_length_and_with_one_thing_twice_are_refused(check: Callable[[], None]) -> None:
    with pytest.raises(InvalidInput, match="Lines") as refused:
        check()

    assert refused.value.path == ("lines",)


def test_lists_that_fit_and_those_that_were_not_given_are_left_alone() -> None:
    for values in ((1,), (1, 2), None, UNSET):
        validation.count(values, least=1, most=2, path="lines")
    once(("A", "B"), path="lines")


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        (dt.date(2024, 1, 2), dt.date(2024, 1, 2)),
        (dt.datetime(2024, 1, 2, tzinfo=dt.UTC), dt.datetime(2024, 1, 1, tzinfo=dt.UTC)),
    ],
)
def test_a_time_of_no_length_is_refused_and_an_open_one_is_not(begins: dt.date, ends: dt.date) -> None:
    in_order(begins, None, path="valid_to")
    in_order(None, ends, path="valid_to")
    in_order(ends, begins + dt.timedelta(days=1), path="valid_to")

    with pytest.raises(InvalidInput, match="Valid to") as refused:
        in_order(begins, ends, path="valid_to")

    assert refused.value.path == ("valid_to",)
