"""Forecasts: history with and without seasons, deals by category, currencies, kept forecasts and how good they were."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.statements import counted_statements

from patron_core.currencies.commands import EnterExchangeRate
from patron_core.customers.commands import CreateCustomer
from patron_core.customers.models import Customer
from patron_core.errors import Forbidden, InvalidInput
from patron_core.forecasts.accuracy import Accuracy, accuracy
from patron_core.forecasts.commands import KeepForecast
from patron_core.forecasts.history import month_of, months_before, run_rate
from patron_core.forecasts.making import Forecast, make_forecast
from patron_core.forecasts.models import ForecastSnapshot
from patron_core.forecasts.recurring import keep_forecasts
from patron_core.messages import Actor
from patron_core.opportunities.commands import CreateOpportunity, MoveOpportunity
from patron_core.opportunities.models import Opportunity
from patron_core.parties.commands import NewOrganization
from patron_core.transactions.commands import RecordTransaction
from patron_core.transactions.models import TransactionKind
from patron_core.values import Money
from patron_schema.testing.databases import NOON, PreparedDatabase

APRIL = (dt.date(2026, 4, 1), dt.date(2026, 5, 1))
TODAY = NOON.date()  # 2026-03-14


def test_months_before_a_day_are_whole_and_in_order() -> None:
    months = months_before(dt.date(2026, 2, 28), 3)

    assert [str(first) for first, _ in months] == ["2025-11-01", "2025-12-01", "2026-01-01"]
    assert months[-1][1] == dt.date(2026, 2, 1)
    assert month_of(dt.date(2025, 12, 31)) == (dt.date(2025, 12, 1), dt.date(2026, 1, 1))


def test_few_months_tell_nothing_and_some_tell_a_mean() -> None:
    assert run_rate([Decimal(1), Decimal(2)], last_month=2) is None
    made = run_rate([Decimal(10), Decimal(20), Decimal(30)], last_month=2)

    assert made is not None
    assert (made.level, made.indexes) == (20, {})
    assert made.over(*APRIL) == 20
    assert made.over(dt.date(2026, 4, 16), dt.date(2026, 5, 1)) == 10


def test_two_years_tell_the_months_of_the_year_apart() -> None:
    year = [Decimal(100)] * 11 + [Decimal(300)]  # each twelfth month is three times as good
    made = run_rate(year * 2, last_month=12)

    assert made is not None
    assert sum(made.indexes.values()) == pytest.approx(12)
    assert made.indexes[12] / made.indexes[1] == pytest.approx(3)
    assert made.over(dt.date(2026, 12, 1), dt.date(2027, 1, 1)) == pytest.approx(300)
    assert made.over(dt.date(2026, 1, 1), dt.date(2027, 1, 1)) == pytest.approx(1_400)


def test_a_level_of_nothing_has_no_seasons() -> None:
    made = run_rate([Decimal(5), *[Decimal(0)] * 25], last_month=3)

    assert made is not None
    assert (made.level, made.indexes) == (0, {})


@given(st.lists(st.integers(1, 10**6), min_size=24, max_size=36), st.integers(1, 12))
def test_seasons_move_between_months_and_add_nothing_over_a_year(values: list[int], last_month: int) -> None:
    made = run_rate([Decimal(value) for value in values], last_month=last_month)

    assert made is not None
    whole = made.over(dt.date(2027, 1, 1), dt.date(2028, 1, 1))
    assert whole == pytest.approx(sum(values[-12:]))


async def customer(database: PreparedDatabase, **given: Any) -> Customer:
    made: Customer = await database.do(CreateCustomer(organization=NewOrganization(legal_name="Engines"), **given))
    return made


async def sold(database: PreparedDatabase, who: Customer, amount: Money, at: dt.datetime) -> None:
    kind = TransactionKind.SALE if amount.minor > 0 else TransactionKind.REFUND
    await database.do(RecordTransaction(customer_id=who.id, kind=kind, amount=amount, occurred_at=at))


async def deal(
    database: PreparedDatabase, stage: str | None, amount: Money | None, *, close: dt.date = APRIL[0], **given: Any
) -> Opportunity:
    """A deal with a new customer, moved into a stage."""
    who = await customer(database)
    made: Opportunity = await database.do(
        CreateOpportunity(
            customer_id=who.id, name="Engines", amount=amount, expected_close_on=close, decision_on=close, **given
        )
    )
    if stage is not None:
        made = await database.do(MoveOpportunity(id=made.id, version=made.version, stage_code=stage))
    return made


async def foreseen(database: PreparedDatabase, *, currency: str = "EUR", **given: Any) -> Forecast:
    span = {"begins": APRIL[0], "ends": APRIL[1], **given}
    made: Forecast = await database.do(lambda uow: make_forecast(uow, currency=currency, **span))
    return made


async def test_deals_are_weighted_by_category_and_scenarios_lie_in_order(database: PreparedDatabase) -> None:
    await deal(database, "NEGOTIATE", Money(100_00, "EUR"))  # COMMIT, 0.75
    await deal(database, "PROPOSE", Money(100_00, "EUR"))  # BEST_CASE, 0.5
    await deal(database, None, Money(100_00, "EUR"))  # PIPELINE, 0.1
    await deal(database, None, None)
    await deal(database, None, Money(900_00, "EUR"), close=APRIL[1])  # outside

    made = await foreseen(database)

    assert [part.weighted.money for part in made.categories] == [Money(n, "EUR") for n in (75_00, 50_00, 10_00)]
    assert (made.pessimistic.value, made.expected.value, made.optimistic.value) == (75, 135, 210)
    assert (made.run_rate.applicable, made.expected.reason) == (False, "History is too short to add anything.")
    pipeline = made.categories[2].full
    deals, without = (next(each for each in pipeline.inputs if each.name == n) for n in ("deals", "withoutAmount"))
    assert (len(deals.ids), without.value, pipeline.sample_size) == (2, 1, 1)


async def test_history_counts_customers_without_won_deals_and_what_is_booked(database: PreparedDatabase) -> None:
    plain, dealt = await customer(database), await customer(database)
    won = await database.do(CreateOpportunity(customer_id=dealt.id, name="Engines", amount=Money(500_00, "EUR")))
    await database.do(MoveOpportunity(id=won.id, version=won.version, stage_code="WON"))
    for month in (12, 1, 2):
        at = dt.datetime(2025 if month == 12 else 2026, month, 10, tzinfo=dt.UTC)
        await sold(database, plain, Money(300_00, "EUR"), at)
        await sold(database, dealt, Money(700_00, "EUR"), at)
    await sold(database, plain, Money(-30_00, "EUR"), dt.datetime(2026, 2, 11, tzinfo=dt.UTC))
    await sold(database, plain, Money(40_00, "EUR"), NOON - dt.timedelta(days=1))

    april = await foreseen(database)
    march = await foreseen(database, begins=dt.date(2026, 3, 1), ends=APRIL[0])

    assert april.run_rate.money == Money(290_00, "EUR")  # 870 in three months
    assert (april.booked.value, april.closed.value) == (0, 0)
    assert (march.booked.money, march.closed.money) == (Money(40_00, "EUR"), Money(500_00, "EUR"))
    assert march.run_rate.money == Money(159_03, "EUR")  # 17 of 31 days from the 15th on
    assert march.expected.money == Money(699_03, "EUR")


async def test_history_of_two_years_is_seasonal(database: PreparedDatabase) -> None:
    who = await customer(database)
    for first, _ in months_before(TODAY, 24):
        amount = Money(300_00 if first.month == 12 else 100_00, "EUR")
        await sold(database, who, amount, dt.datetime.combine(first, dt.time(9), dt.UTC))

    december = await foreseen(database, begins=dt.date(2026, 12, 1), ends=dt.date(2027, 1, 1))

    assert december.run_rate.money == Money(300_00, "EUR")
    assert "Ratio to moving average" in december.run_rate.method
    assert {each.name for each in december.run_rate.inputs} >= {"level", "months", "index01", "index12"}


async def test_other_currencies_are_told_by_a_rate_or_the_part_does_not_apply(database: PreparedDatabase) -> None:
    await deal(database, None, Money(110_00, "USD"))
    without = await foreseen(database)
    rate = EnterExchangeRate(base_currency="EUR", quote_currency="USD", day=TODAY, rate=Decimal("1.1"), source="ECB")
    await database.do(rate)

    with_rate = await foreseen(database)

    assert (without.expected.applicable, without.closed.applicable) == (False, True)
    assert "USD" in without.expected.reason
    assert with_rate.expected.money == Money(10_00, "EUR")


async def test_a_forecast_of_one_owner_counts_its_deals_and_customers(database: PreparedDatabase) -> None:
    await deal(database, None, Money(100_00, "EUR"), owner="north")
    await deal(database, None, Money(300_00, "EUR"), owner="south")

    assert (await foreseen(database, owner="north")).expected.value == 10
    assert (await foreseen(database)).expected.value == 40


async def test_a_forecast_takes_as_many_statements_whatever_there_is(database: PreparedDatabase) -> None:
    with counted_statements() as few:
        await foreseen(database)
    for _ in range(5):
        await deal(database, None, Money(100_00, "EUR"))

    with counted_statements() as many:
        await foreseen(database)

    assert len(few) == len(many)


async def test_a_forecast_is_not_for_those_who_see_some_rows_only(database: PreparedDatabase) -> None:
    portal = Actor(database.tenant_id, "ada", "user", roles=("customer_portal",))
    desk = Actor(database.tenant_id, "bob", "user", roles=("receptionist",), scopes=("forecast:write",))
    command = KeepForecast(period_from=APRIL[0], period_to=APRIL[1], currency_code="EUR")

    for actor in (portal, desk):
        with pytest.raises(Forbidden):
            await database.do(command, actor=actor)


async def test_forecasts_are_kept_weekly_once_a_day(database: PreparedDatabase) -> None:
    await deal(database, None, Money(100_00, "EUR"))

    for _ in range(2):
        await database.do(keep_forecasts)

    kept = await database.do(
        lambda uow: [uow.find(ForecastSnapshot, period_from=day) for day in (dt.date(2026, 3, 1), APRIL[0])]
    )
    assert [each.expected for each in kept] == [Money(0, "EUR"), Money(10_00, "EUR")]
    assert kept[1].pipeline == Money(10_00, "EUR")


async def judged(database: PreparedDatabase, **given: Any) -> Accuracy:
    values = {"currency": "EUR", "owner": None, "days_ahead": 28, **given}
    found: Accuracy = await database.do(lambda uow: accuracy(uow, **values))
    return found


async def test_accuracy_compares_what_was_expected_with_what_came(database: PreparedDatabase) -> None:
    """Each month 10 is expected and 8, 10, 16 come; only forecasts count that were kept 28 days ahead."""
    won = []
    for amount in (8_00, 10_00, 16_00):
        begins, ends = month_of(database.clock.now().date() + dt.timedelta(days=31))
        late = await deal(database, None, Money(100_00, "EUR"), close=begins)
        keep = KeepForecast(period_from=begins, period_to=ends, currency_code="EUR")
        await database.do(keep)
        await database.do(MoveOpportunity(id=late.id, version=late.version, stage_code="LOST", reason="Too dear."))
        database.clock.instant = dt.datetime.combine(begins, dt.time(12), dt.UTC) + dt.timedelta(days=20)
        await database.do(keep)  # too late to count
        won.append(await deal(database, "WON", Money(amount, "EUR"), close=begins))
    few = await judged(database)

    database.clock.advance(dt.timedelta(days=30))
    made = await judged(database)

    assert (few.mape.applicable, few.mape.sample_size) == (False, 2)
    assert [each.actual.minor for each in made.periods] == [16_00, 10_00, 8_00]
    assert made.mape.value == round((Decimal("0.25") + 0 + Decimal("0.375")) / 3, 4)
    assert made.bias.value == round(Decimal(-4) / 34, 4)


async def test_without_kept_forecasts_accuracy_does_not_apply(database: PreparedDatabase) -> None:
    made = await judged(database)

    assert (made.mape.value, made.mape.reason) == (None, "No period is over that was foreseen.")


async def test_a_period_of_many_years_is_refused(database: PreparedDatabase) -> None:
    with pytest.raises(InvalidInput):
        await foreseen(database, ends=dt.date(2030, 1, 1))
