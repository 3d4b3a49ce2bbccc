"""Indicators, cohorts, scorecards and programmes: what they count and what they refuse."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from patron_core.customers.commands import CreateCustomer, UpdateCustomer
from patron_core.customers.models import Customer, LifecycleStage
from patron_core.errors import Conflict, InvalidInput, NotFound
from patron_core.figures import Figure
from patron_core.measures.catalogue import compute, compute_all, span_of
from patron_core.measures.commands import (
    CreateProgramme,
    DefineScorecard,
    EnterAcquisitionCost,
    NewObjective,
    UpdateObjective,
    UpdateProgramme,
)
from patron_core.measures.indicator import Span, indicators
from patron_core.measures.models import Objective, Perspective, Programme, TargetDirection
from patron_core.measures.programmes import result_of
from patron_core.measures.scorecards import ObjectiveStatus, looked_at, status_of
from patron_core.measures.staying import CohortBy, cohorts
from patron_core.parties.commands import NewPerson
from patron_core.values import Money
from patron_schema.testing.databases import PreparedDatabase

from .statements import counted_statements
from .value_runs import buy, person

JANUARY, FEBRUARY, MARCH = dt.date(2026, 1, 1), dt.date(2026, 2, 1), dt.date(2026, 3, 1)


def eur(text: str) -> Money:
    return Money.of(text, "EUR")


async def figure(database: PreparedDatabase, code: str, start: dt.date, end: dt.date) -> Figure:
    """An indicator in euros."""
    made = await database.do(lambda uow: compute(uow, code, Span(start, end, "EUR"), by_month=False))
    found: Figure = made.figure
    return found


async def test_indicators_have_one_code_each_and_say_how_they_are_made(database: PreparedDatabase) -> None:
    every = list(indicators())

    assert len({each.code for each in every}) == len(every) >= 8
    for each in every:
        assert each.definition.endswith(".")
        assert all((each.name, each.formula, each.sources, each.unit, each.drill_down))
    made = await database.do(lambda uow: compute_all(uow, span_of(uow, JANUARY, FEBRUARY, None)))
    assert [each.indicator.code for each in made] == [each.code for each in every]
    with pytest.raises(NotFound):
        await figure(database, "LUCK", JANUARY, FEBRUARY)


async def test_what_it_costs_to_win_a_customer(database: PreparedDatabase) -> None:
    await database.do(EnterAcquisitionCost(spent_on=dt.date(2026, 1, 5), amount=eur("90.00"), source="fair"))
    await database.do(EnterAcquisitionCost(spent_on=dt.date(2026, 1, 6), amount=eur("-10.00"), source="fair"))
    await database.do(EnterAcquisitionCost(spent_on=FEBRUARY, amount=eur("500.00"), source="fair"))
    since = NewPerson(display_name="Since")
    await database.do(CreateCustomer(person=since, since=dt.date(2026, 1, 31)))
    old = await database.do(CreateCustomer(person=NewPerson(display_name="Old"), since=dt.date(2020, 1, 1)))
    bought = await person(database, "Bought")
    for customer in (old, bought):
        await buy(database, customer, "2026-01-09", "10.00")

    found = await figure(database, "ACQUISITION_COST", JANUARY, FEBRUARY)
    none = await figure(database, "ACQUISITION_COST", dt.date(2025, 1, 1), JANUARY)

    assert (found.money, found.sample_size) == (eur("40.00"), 2)
    assert [len(each.ids) for each in found.inputs] == [2, 2]
    assert (none.applicable, none.value) == (False, None)


async def test_who_bought_again_and_who_left(database: PreparedDatabase) -> None:
    people = [await person(database, f"P{number}") for number in range(4)]
    for customer in people:
        await buy(database, customer, "2026-01-20", "10.00")
    await buy(database, people[0], "2026-02-05", "10.00")
    active: list[Customer] = [
        await database.do(UpdateCustomer(id=each.id, version=1, lifecycle_stage=LifecycleStage.ACTIVE))
        for each in people
    ]
    database.clock.advance(dt.timedelta(days=30))
    await database.do(UpdateCustomer(id=active[0].id, version=2, lifecycle_stage=LifecycleStage.CHURNED))
    later = dt.date(2026, 4, 1), dt.date(2026, 5, 1)

    kept = await figure(database, "RETENTION_RATE", FEBRUARY, MARCH)
    left = await figure(database, "CHURN_RATE", *later)
    early = await figure(database, "CHURN_RATE", JANUARY, FEBRUARY)

    assert (kept.value, kept.sample_size) == (Decimal("0.25"), 4)
    assert (left.value, left.sample_size) == (Decimal("0.25"), 4)
    assert early.reason == "There was no customer when the time began."


async def test_cohorts_are_one_statement(database: PreparedDatabase) -> None:
    ada, bea = await person(database, "Ada"), await person(database, "Bea")
    for customer, day in ((ada, "2026-01-03"), (ada, "2026-03-03"), (bea, "2026-01-30"), (bea, "2026-02-01")):
        await buy(database, customer, day, "10.00")
    await database.do(CreateCustomer(person=NewPerson(display_name="Silent"), since=JANUARY))

    with counted_statements() as statements:
        first = await database.do(
            lambda uow: cohorts(uow, JANUARY, FEBRUARY, by=CohortBy.FIRST_PURCHASE, currency="EUR")
        )
    since = await database.do(lambda uow: cohorts(uow, JANUARY, FEBRUARY, by=CohortBy.SINCE, currency="EUR"))

    assert len([text for text in statements if "ledger_transaction" in text]) == 1
    (cohort,) = first
    assert (cohort.month, cohort.size) == (JANUARY, 2)
    assert [(each.offset, each.customers, each.share) for each in cohort.months] == [
        (0, 2, Decimal(1)),
        (1, 1, Decimal("0.5")),
        (2, 1, Decimal("0.5")),
    ]
    assert [(each.size, each.months) for each in since] == [(1, ())]


@pytest.mark.parametrize(
    ("actual", "target", "direction", "status"),
    [
        ("100", "100", TargetDirection.UP, ObjectiveStatus.MET),
        ("91", "100", TargetDirection.UP, ObjectiveStatus.NEAR),
        ("89", "100", TargetDirection.UP, ObjectiveStatus.MISSED),
        ("109", "100", TargetDirection.DOWN, ObjectiveStatus.NEAR),
        ("50", "100", TargetDirection.DOWN, ObjectiveStatus.MET),
        (None, "100", TargetDirection.UP, ObjectiveStatus.UNKNOWN),
    ],
)
def test_an_objective_is_met_near_or_missed(
    actual: str | None, target: str, direction: TargetDirection, status: ObjectiveStatus
) -> None:
    objective = Objective(target=Decimal(target), direction=direction)

    value = None if actual is None else Decimal(actual)

    assert status_of(value, objective, tolerance=Decimal("0.1")) is status


async def test_a_figure_is_entered_where_no_indicator_tells(database: PreparedDatabase) -> None:
    entered = NewObjective(perspective=Perspective.LEARNING, name="Days of training", target=Decimal(5))
    told = NewObjective(perspective=Perspective.FINANCIAL, name="Revenue", indicator="REVENUE", target=Decimal(100))
    await database.do(DefineScorecard(code="COMPANY", name="Company", objectives=(entered, told)))
    span = Span(JANUARY, FEBRUARY, "EUR")

    async def look() -> dict[Perspective, Any]:
        looked = await database.do(lambda uow: looked_at(uow, "COMPANY", span))
        assert looked is not None
        _, found = looked
        return {each.objective.perspective: each for each in found}

    before = await look()
    training, revenue = before[Perspective.LEARNING].objective, before[Perspective.FINANCIAL].objective
    await database.do(UpdateObjective(id=training.id, version=1, entered=Decimal(6)))
    with pytest.raises(InvalidInput):
        await database.do(UpdateObjective(id=revenue.id, version=1, entered=Decimal(6)))
    with pytest.raises(Conflict):
        await database.do(DefineScorecard(code="COMPANY", name="Again", objectives=(entered,)))
    luck = NewObjective(perspective=Perspective.PROCESS, name="Luck", indicator="LUCK", target=Decimal(1))
    with pytest.raises(InvalidInput) as refused:
        await database.do(DefineScorecard(code="LUCKY", name="Luck", objectives=(entered, luck)))

    after = await look()
    assert before[Perspective.LEARNING].status is ObjectiveStatus.UNKNOWN
    assert (after[Perspective.LEARNING].status, after[Perspective.LEARNING].actual.value) == (ObjectiveStatus.MET, 6)
    assert refused.value.path == ("objectives", 1, "indicator")


async def test_a_programme_is_compared_with_its_baseline_by_month(database: PreparedDatabase) -> None:
    ada = await person(database, "Ada")
    await buy(database, ada, "2026-01-03", "100.00")
    for day in ("2026-02-03", "2026-02-20", "2026-03-10"):
        await buy(database, ada, day, "200.00")
    command = CreateProgramme(
        name="Call back", indicator="REVENUE", baseline_from=JANUARY, baseline_to=dt.date(2026, 1, 31), started_on=FEBRUARY,
        cost=eur("150.00"), monthly_cost=eur("50.00"),
    )  # fmt: skip
    programme: Programme = await database.do(command)
    until = FEBRUARY + dt.timedelta(days=60)

    found = await database.do(lambda uow: result_of(programme, uow, until=until))
    early = await database.do(lambda uow: result_of(programme, uow, until=FEBRUARY))

    assert (found.before.money, found.after.money) == (eur("100.00"), eur("600.00"))
    assert (found.change.value, found.change.unit) == (Decimal(200), "EUR a month")
    assert (found.benefit.money, found.net.money) == (eur("400.00"), eur("150.00"))
    assert found.payback_months.value == Decimal(1)
    assert (early.net.applicable, early.net.reason) == (False, "It has not begun by then.")


async def test_a_share_needs_a_worth_and_a_cost_that_is_not_paid_is_said(database: PreparedDatabase) -> None:
    people = [await person(database, f"P{number}") for number in range(2)]
    for customer in people:
        await buy(database, customer, "2026-01-03", "10.00")
        await buy(database, customer, "2026-02-03", "10.00")
    await buy(database, people[0], "2026-02-04", "10.00")
    programme: Programme = await database.do(
        CreateProgramme(
            name="Cards",
            indicator="REPEAT_RATE",
            baseline_from=JANUARY,
            baseline_to=FEBRUARY,
            started_on=FEBRUARY,
            cost=eur("100.00"),
        )
    )

    unknown = await database.do(lambda uow: result_of(programme, uow, until=MARCH))
    dear = await database.do(
        UpdateProgramme(id=programme.id, version=1, value_of_one=eur("20.00"), monthly_cost=eur("10.00"))
    )
    known = await database.do(lambda uow: result_of(dear, uow, until=MARCH))

    assert (unknown.change.value, unknown.benefit.applicable) == (Decimal("0.5"), False)
    assert known.benefit.money == eur("9.33")  # half of 20 a month, for 28 of 30 days
    assert (known.payback_months.applicable, known.payback_months.value) == (False, None)


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"baseline_to": JANUARY}, "baseline_to"),
        ({"started_on": JANUARY}, "started_on"),
        ({"cost": Money(-1, "EUR")}, "cost"),
        ({"value_of_one": Money(1, "USD")}, "value_of_one"),
    ],
)
def test_a_programme_checks_its_days_and_its_money(given: dict[str, Any], path: str) -> None:
    values: dict[str, Any] = {
        "name": "Cards", "indicator": "REVENUE", "baseline_from": JANUARY, "baseline_to": FEBRUARY, "started_on": FEBRUARY,
        "cost": eur("1.00"),
    }  # fmt: skip

    with pytest.raises(InvalidInput) as refused:
        CreateProgramme(**{**values, **given})

    assert refused.value.path == (path,)
