"""Figures: a value exactly where one applies, amounts with their currency, inputs that name at most a hundred rows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from patron_core.figures import Figure, Input
from patron_core.values import Money
from patron_schema.types.figures import shown

NOW = dt.datetime(2026, 3, 14, tzinfo=dt.UTC)


def test_an_amount_is_a_number_in_its_currency() -> None:
    made = Figure.of(Money(1250, "EUR"), reason="Because.", sample_size=3, method="Sum.", as_of=NOW)

    assert (made.value, made.unit, made.applicable) == (Decimal("12.50"), "EUR", True)
    api = shown(made)
    assert api.money is not None
    assert (api.money.amount, api.money.currency_code) == (Decimal("12.50"), "EUR")


def test_a_figure_that_does_not_apply_has_no_value() -> None:
    made = Figure.none("There are too few purchases.", unit="days", sample_size=1, method="Mean.", as_of=NOW)

    assert (made.value, made.applicable, shown(made).value, shown(made).money) == (None, False, None, None)


def test_a_figure_cannot_contradict_itself() -> None:
    with pytest.raises(ValueError, match="contradicts itself"):
        Figure(value=None, unit="", applicable=True, reason="", sample_size=0, method="", as_of=NOW)


def test_an_input_names_a_hundred_rows_and_counts_all() -> None:
    ids = tuple(f"txn_{number}" for number in range(250))
    made = Figure.of(
        1,
        unit="purchases",
        reason="Because.",
        sample_size=250,
        method="Count.",
        as_of=NOW,
        inputs=(
            Input(name="sales", value=Money(5, "EUR"), description="Sales.", ids=ids),
            Input(name="days", value=None, description="Days."),
        ),
    )

    sales, days = shown(made).inputs
    assert (sales.rows, len(sales.ids), sales.value) == (250, 100, "0.05 EUR")
    assert (days.rows, days.value) == (0, None)
