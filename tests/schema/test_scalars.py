"""The scalars take one way of writing each value, and nothing that a database would keep as something else."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from patron_schema.scalars import SCALARS


def read(kind: type, value: Any) -> Any:
    parse = SCALARS[kind].parse_value
    assert parse is not None
    return parse(value)


@pytest.mark.parametrize(
    ("text", "number"),
    [("12.50", "12.50"), (5, "5"), ("-0.001", "-0.001"), ("1e5", "1E+5"), ("25E-1", "2.5"), ("0", "0")],
)
def test_a_decimal_is_read_exactly(text: Any, number: str) -> None:
    assert read(Decimal, text).as_tuple() == Decimal(number).as_tuple()


@pytest.mark.parametrize(
    "text",
    ["1_000", " 5 ", "5\n", "٣", "+5", ".5", "5.", "", "1e100", "1e-99", "0x1", "NaN", "Infinity", "1" * 41, True, 1.5],
)
def test_anything_else_is_no_decimal(text: Any) -> None:
    with pytest.raises(ValueError, match="not a decimal number"):
        read(Decimal, text)


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
    ],
)
def test_an_instant_at_the_ends_of_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="The time cannot be kept"):
        read(dt.datetime, text)


def test_the_instants_just_inside_are_read() -> None:
    for text in ("0001-01-02T00:00:00.000000+00:00", "9999-12-30T23:59:59.999999+00:00"):
        assert read(dt.datetime, text).isoformat(timespec="microseconds") == text


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31"])
def test_a_day_at_the_ends_of_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="The date cannot be kept"):
        read(dt.date, text)
