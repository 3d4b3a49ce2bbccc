"""The models of buying and spending give the figures their authors published, and what must hold of any fit.

The sample is the standard one of CDNOW's customers; a package of the test environment carries it, of which only the files are read.
"""

from __future__ import annotations

import csv
import math
import random
from importlib.metadata import files
from pathlib import Path

import pytest

from patron_core.value.purchases import History, PurchaseModel, fit_purchases
from patron_core.value.simplex import minimise
from patron_core.value.spend import Spending, SpendModel, correlation, fit_spend

PUBLISHED = PurchaseModel(r=0.243, alpha=4.414, a=0.793, b=2.426)


def sample(name: str) -> list[dict[str, str]]:
    """The rows of a file of the package `lifetimes`."""
    found = next(Path(str(file.locate())) for file in files("lifetimes") or () if file.name == name)
    with found.open(newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def histories() -> list[History]:
    """2,357 customers of CDNOW, 39 weeks."""
    rows = sample("cdnow_customers_summary.csv")
    return [History(int(float(row["frequency"])), float(row["recency"]), float(row["T"])) for row in rows]


def test_the_published_parameters_of_buying_are_reproduced(histories: list[History]) -> None:
    model = fit_purchases(histories)

    assert (model.customers, model.converged) == (2_357, True)
    assert model.r == pytest.approx(0.243, rel=0.01)
    assert model.alpha == pytest.approx(4.414, rel=0.01)
    assert model.a == pytest.approx(0.793, rel=0.01)
    assert model.b == pytest.approx(2.426, rel=0.01)
    assert model.log_likelihood == pytest.approx(-9582.4, abs=0.1)


def test_the_published_expectation_of_a_customer_is_reproduced() -> None:
    assert PUBLISHED.expected(History(2, 30.43, 38.86), during=39) == pytest.approx(1.226, abs=0.001)


def test_the_published_parameters_of_spending_are_reproduced() -> None:
    rows = sample("cdnow_customers_summary_with_transactions.csv")
    spendings = [Spending(int(float(row["x"])), float(row["zbar"])) for row in rows if float(row["zbar"]) > 0]

    model = fit_spend(spendings)

    assert model.customers == 946
    assert (model.p, model.q, model.gamma) == pytest.approx((6.25, 3.74, 15.44), rel=0.01)
    assert model.average == pytest.approx(35.17, rel=0.01)
    assert abs(correlation(spendings)) < 0.2


def test_the_unit_of_time_changes_nothing_but_the_scale(histories: list[History]) -> None:
    weeks = fit_purchases(histories[:500])
    days = fit_purchases([History(each.repeats, each.recency * 7, each.age * 7) for each in histories[:500]])

    assert (days.r, days.alpha / 7, days.a, days.b) == pytest.approx((weeks.r, weeks.alpha, weeks.a, weeks.b), rel=1e-3)
    first = histories[0]
    again = History(first.repeats, first.recency * 7, first.age * 7)
    assert days.expected(again, during=70) == pytest.approx(weeks.expected(first, during=10), rel=1e-3)


def test_customers_with_one_history_weigh_as_many(histories: list[History]) -> None:
    some = histories[:200]

    once, twice = fit_purchases(some), fit_purchases([*some, *some])

    assert twice.r == pytest.approx(once.r, rel=1e-3)
    assert twice.log_likelihood == pytest.approx(2 * once.log_likelihood, rel=1e-6)


def test_parameters_that_made_histories_are_found_again() -> None:
    made = [simulated(PUBLISHED, random.Random(number), age=52.0) for number in range(4_000)]

    model = fit_purchases(made)

    assert model.expected_of_new(during=52) == pytest.approx(PUBLISHED.expected_of_new(during=52), rel=0.1)
    mean = sum(each.repeats for each in made) / len(made)
    assert model.expected_of_new(during=52) == pytest.approx(mean, rel=0.05)


def simulated(model: PurchaseModel, source: random.Random, *, age: float) -> History:
    """What a customer of the model does until an age."""
    rate = source.gammavariate(model.r, 1 / model.alpha)
    leaves = source.betavariate(model.a, model.b)
    now, last, repeats = 0.0, 0.0, 0
    while True:
        now += source.expovariate(rate) if rate > 0 else math.inf
        if now > age:
            return History(repeats, last, age)
        last, repeats = now, repeats + 1
        if source.random() < leaves:
            return History(repeats, last, age)


def test_the_longer_a_customer_is_silent_the_less_likely_they_are_there() -> None:
    chances = [PUBLISHED.alive(History(5, 20.0, age)) for age in (20.0, 25.0, 30.0, 60.0, 200.0)]

    assert chances == sorted(chances, reverse=True)
    assert 0 < chances[-1] < chances[0] < 1
    assert PUBLISHED.alive(History(0, 0.0, 30.0)) == 1.0


def test_more_is_expected_of_a_longer_time_and_nothing_of_none() -> None:
    history = History(3, 20.0, 30.0)
    amounts = [PUBLISHED.expected(history, during=time) for time in (0.0, 1.0, 10.0, 100.0, 500.0)]

    assert amounts[0] == 0.0
    assert amounts == sorted(amounts)


def test_few_purchases_are_drawn_to_the_average_and_many_are_believed() -> None:
    model = SpendModel(p=6.25, q=3.74, gamma=15.44)

    seldom, often = (model.expected(Spending(count, 200.0)) for count in (1, 100))

    assert model.average < seldom < often < 200.0
    assert SpendModel(1.0, 0.5, 1.0).average == math.inf


@pytest.mark.parametrize("broken", [(-1, 0.0, 1.0), (1, 2.0, 1.0), (0, 1.0, 2.0), (1, 0.0, 2.0)])
def test_a_history_that_contradicts_itself_is_refused(broken: tuple[int, float, float]) -> None:
    with pytest.raises(ValueError, match="contradicts itself"):
        History(*broken)


@pytest.mark.parametrize("broken", [(0, 1.0), (1, 0.0), (1, -3.0)])
def test_what_was_not_spent_is_refused(broken: tuple[int, float]) -> None:
    with pytest.raises(ValueError, match="cannot be averaged"):
        Spending(*broken)


def test_what_nothing_can_be_learned_from_is_refused() -> None:
    with pytest.raises(ValueError, match="Nobody bought again"):
        fit_purchases([History(0, 0.0, 3.0), History(0, 0.0, 4.0)])
    with pytest.raises(ValueError, match="too little to learn from"):
        fit_spend([Spending(1, 3.0), Spending(1, 3.0)])


def test_too_long_a_look_ahead_ends_in_an_error_and_not_in_a_wrong_number() -> None:
    with pytest.raises(ArithmeticError, match="did not come to an end"):
        PUBLISHED.expected(History(3, 20.0, 30.0), during=1e9)


def test_frequency_and_amount_without_spread_do_not_correlate() -> None:
    assert correlation([Spending(1, 2.0)]) == correlation([Spending(1, 2.0), Spending(1, 3.0)]) == 0.0
    assert correlation([Spending(1, 1.0), Spending(2, 2.0), Spending(3, 3.0)]) == pytest.approx(1.0)


def test_the_simplex_finds_the_bottom_of_a_curved_valley() -> None:
    found = minimise(lambda p: (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2, (3.0, 0.2))

    assert found.converged
    assert found.parameters == pytest.approx((1.0, 1.0), rel=1e-3)


def test_the_simplex_says_where_it_did_not_come_to_rest() -> None:
    assert not minimise(lambda p: -p[0], (1.0,), most_steps=20).converged
