"""Contributions built from the ledger, how they are spread, and the models of value on CDNOW's standard sample."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from patron_core.channels.commands import DefineChannel
from patron_core.channels.models import Channel
from patron_core.customers.commands import DeleteCustomer
from patron_core.errors import InvalidInput
from patron_core.products.commands import CreateProduct
from patron_core.profits.best import BestBy, best_customers
from patron_core.profits.building import build_profits
from patron_core.profits.checks import check_month
from patron_core.profits.clv import score_clv
from patron_core.profits.commands import BuildProfits, MakeValueModel
from patron_core.profits.distribution import ProfitTreatment, distribution, unprofitable
from patron_core.profits.models import (
    ClvScore,
    Granularity,
    ProfitContribution,
    RfmScore,
    ValueKind,
    ValueModel,
    ValueParameter,
)
from patron_core.profits.repeats import repeats
from patron_core.profits.rfm import score_rfm
from patron_core.touchpoints.commands import LogTouchpoint
from patron_core.touchpoints.models import Direction
from patron_core.transactions.commands import ReverseTransaction
from patron_core.transactions.models import TransactionKind
from patron_core.values import Money
from patron_schema.testing.databases import PreparedDatabase

from .statements import counted_statements
from .value_runs import at, buy, company, days_after, person, run, take_in_cdnow

JANUARY, FEBRUARY = dt.date(2026, 1, 1), dt.date(2026, 2, 1)


def eur(text: str) -> Money:
    return Money.of(text, "EUR")


async def all_of(database: PreparedDatabase, model: Any) -> list[Any]:
    found: list[Any] = await database.do(lambda uow: uow.select(select(model).order_by(model.id)))
    return found


async def test_a_contribution_is_the_sum_of_its_rows_of_the_ledger(database: PreparedDatabase) -> None:
    ada = await person(database, "Ada")
    await buy(database, ada, "2026-01-03", "100.00", cost="60.00")
    await buy(database, ada, "2026-01-31", "-20.00", cost="-12.00", kind=TransactionKind.REFUND)
    await buy(database, ada, "2026-01-09", "5.00", kind=TransactionKind.COST_TO_SERVE)
    await buy(database, ada, "2026-01-09", "3.00", kind=TransactionKind.FEE)
    await buy(database, ada, "2026-02-01", "10.00", cost="4.00")
    taken_back = await buy(database, ada, "2026-01-20", "70.00", cost="50.00")
    await database.do(ReverseTransaction(id=taken_back.id, occurred_at=at("2026-01-21")))
    await buy(database, ada, "2026-01-03", "7.00", currency="USD")

    await run(database, build_profits)

    euro, dollar, later = sorted(
        await all_of(database, ProfitContribution), key=lambda row: (row.month, row.revenue_currency)
    )
    assert (euro.month, euro.revenue, euro.cost_of_goods) == (JANUARY, eur("83.00"), eur("48.00"))
    assert (euro.cost_to_serve, euro.contribution, euro.ledger_rows) == (eur("5.00"), eur("30.00"), 6)
    assert (euro.granularity, euro.coverage) == (Granularity.TRANSACTION, Decimal(1))
    assert (dollar.granularity, dollar.coverage) == (Granularity.ESTIMATED, Decimal(0))
    assert (later.month, later.contribution) == (FEBRUARY, eur("6.00"))
    check = await database.do(lambda uow: check_month(uow, JANUARY, "EUR"))
    assert (check.holds, check.booked, check.ledger_rows) == (True, eur("30.00"), 6)


async def test_costs_that_are_spread_are_told_apart(database: PreparedDatabase) -> None:
    ada = await person(database, "Ada")
    await database.do(CreateProduct(sku="P1", name="Pillow", unit_cost=eur("4.00")))
    channel = await database.do(
        DefineChannel(code="HOTLINE", kind=Channel.PHONE, name="Hot line", unit_cost=eur("2.50"))
    )
    await buy(database, ada, "2026-01-03", "10.00")
    await database.do(
        LogTouchpoint(
            customer_id=ada.id,
            channel=Channel.PHONE,
            channel_definition_id=channel.id,
            direction=Direction.INBOUND,
            occurred_at=at("2026-01-05"),
            topic="Late",
        )
    )

    await run(database, build_profits)

    (row,) = await all_of(database, ProfitContribution)
    assert (row.cost_of_goods, row.cost_to_serve, row.allocated) == (eur("4.00"), eur("2.50"), eur("6.50"))
    assert (row.contribution, row.granularity, row.coverage) == (eur("3.50"), Granularity.ESTIMATED, Decimal(0))


async def test_a_run_builds_the_months_that_changed_and_twice_is_once(database: PreparedDatabase) -> None:
    ada = await person(database, "Ada")
    await buy(database, ada, "2026-01-03", "100.00", cost="60.00")
    await buy(database, ada, "2026-02-03", "50.00", cost="20.00")
    await run(database, build_profits)
    first = {row.id: row.version for row in await all_of(database, ProfitContribution)}
    database.clock.advance(dt.timedelta(days=1))
    await run(database, build_profits)
    assert {row.id: row.version for row in await all_of(database, ProfitContribution)} == first

    await buy(database, ada, "2026-02-07", "10.00", cost="5.00")
    steps = await run(database, build_profits)

    assert steps == 2  # February, then the end
    january, february = sorted(await all_of(database, ProfitContribution), key=lambda row: row.month)
    assert (january.version, january.contribution) == (1, eur("40.00"))
    assert (february.version, february.contribution) == (2, eur("35.00"))


async def test_a_check_finds_what_the_ledger_does_not_say(database: PreparedDatabase) -> None:
    ada = await person(database, "Ada")
    await buy(database, ada, "2026-01-03", "100.00", cost="60.00")

    before = await database.do(lambda uow: check_month(uow, JANUARY, "EUR"))
    assert (before.holds, before.kept, before.booked, before.differing) == (False, eur("0"), eur("40.00"), (ada.id,))
    await run(database, build_profits, **{"from": "2026-01-15", "to": "2026-01-16"})
    assert (await database.do(lambda uow: check_month(uow, JANUARY, "EUR"))).holds


async def test_profit_is_spread_in_tenths_and_the_rest_gets_a_treatment(database: PreparedDatabase) -> None:
    people = [await person(database, f"P{number}") for number in range(10)]
    for number, customer in enumerate(people[:8]):
        await buy(database, customer, "2026-01-03", f"{(number + 1) * 100}.00", cost="50.00")
    await buy(database, people[8], "2026-01-03", "10.00", cost="40.00")
    await buy(database, people[9], "2026-01-03", "100.00", cost="60.00")
    await buy(database, people[9], "2026-01-04", "90.00", kind=TransactionKind.COST_TO_SERVE)
    await run(database, build_profits)

    with counted_statements() as statements:
        found = await database.do(lambda uow: distribution(uow, JANUARY, FEBRUARY, "EUR"))
    worst = await database.do(lambda uow: unprofitable(uow, JANUARY, FEBRUARY, "EUR", first=5))

    assert len([text for text in statements if text.lstrip().startswith("SELECT") and "profit" in text]) == 2
    assert [tenth.customers for tenth in found.tenths] == [1] * 10
    assert found.tenths[0].contribution == eur("750.00")
    assert found.tenths[7].cumulative_share == found.peak.value == Decimal("1.0256")  # 3,200 of 3,120
    assert (found.not_profitable.value, found.not_profitable.sample_size) == (Decimal("0.2"), 10)
    assert [(each.treatment, each.customers) for each in found.suggestions] == [
        (ProfitTreatment.SERVE_FOR_LESS, 1),
        (ProfitTreatment.REPRICE, 1),
    ]
    assert [(each.customer_id, each.contribution) for each in worst] == [
        (people[9].id, eur("-50.00")),
        (people[8].id, eur("-30.00")),
    ]


async def test_who_was_deleted_is_in_no_list_of_profits(database: PreparedDatabase) -> None:
    ada, bea, cai = [await person(database, name) for name in ("Ada", "Bea", "Cai")]
    for who, cost in ((ada, "10.00"), (bea, "150.00"), (cai, "20.00")):
        await buy(database, who, "2026-01-03", "100.00", cost=cost)
    await run(database, build_profits)
    for who in (ada, bea):
        await database.do(DeleteCustomer(id=who.id, version=who.version))
    day, ranks = dt.date(2026, 1, 9), {"currency": "EUR", "first": 5, "compared_with": dt.date(2026, 1, 8)}

    best = await database.do(lambda uow: best_customers(uow, day, BestBy.REVENUE, **ranks))
    spread = await database.do(lambda uow: distribution(uow, JANUARY, FEBRUARY, "EUR"))
    losing = await database.do(lambda uow: unprofitable(uow, JANUARY, FEBRUARY, "EUR", first=5))

    assert [(each.customer_id, each.rank, each.previous_rank) for each in best] == [(cai.id, 1, 1)]
    assert (spread.not_profitable.value, spread.not_profitable.sample_size, spread.suggestions) == (0, 1, ())
    assert losing == []


async def test_nothing_is_spread_where_nothing_was_built(database: PreparedDatabase) -> None:
    found = await database.do(lambda uow: distribution(uow, JANUARY, FEBRUARY, "EUR"))

    assert (found.tenths, found.not_profitable.applicable, found.peak.value) == ((), False, None)


async def test_the_best_of_a_day_are_those_of_what_was_known_then(database: PreparedDatabase) -> None:
    ada, bea = await person(database, "Ada"), await person(database, "Bea")
    await buy(database, ada, "2026-01-03", "100.00")
    await buy(database, bea, "2026-01-10", "150.00")
    await buy(database, ada, "2026-01-20", "100.00")

    async def names(day: str, **more: Any) -> list[tuple[str, int, int | None]]:
        found = await database.do(
            lambda uow: best_customers(uow, dt.date.fromisoformat(day), BestBy.REVENUE, currency="EUR", first=5, **more)
        )
        return [(each.display_name, each.rank, each.previous_rank) for each in found]

    assert await names("2026-01-09") == [("Ada", 1, None)]
    assert await names("2026-01-10") == [("Bea", 1, None), ("Ada", 2, None)]
    assert await names("2026-01-20", compared_with=dt.date(2026, 1, 19)) == [("Ada", 1, 2), ("Bea", 2, 1)]
    assert await names("2026-01-31", days=15) == [("Ada", 1, None)]


async def test_equal_figures_are_in_the_same_fifth(database: PreparedDatabase) -> None:
    people = [await person(database, f"P{number}") for number in range(20)]
    for number, customer in enumerate(people):
        await buy(database, customer, days_after("2026-01-01", number), f"{10 + number // 10}.00")
    firm = await company(database, "Engines")
    await buy(database, firm, "2026-01-05", "5000.00")
    silent = await person(database, "Silent")

    await run(database, score_rfm, asOf="2026-02-01")

    scores = {score.customer_id: score for score in await all_of(database, RfmScore)}
    assert [scores[each.id].recency for each in people] == [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4 + [5] * 4
    assert {scores[each.id].frequency for each in people} == {1}
    assert [scores[each.id].monetary for each in people] == [1] * 10 + [3] * 10
    assert scores[people[19].id].value == 513
    assert (scores[firm.id].applicable, scores[firm.id].value) == (False, None)
    assert "business" in scores[firm.id].reason
    assert (scores[silent.id].applicable, scores[silent.id].reason) == (False, "Nothing was bought in EUR.")
    (model,) = await all_of(database, ValueModel)
    assert (model.applicable, model.sample_size, model.number) == (True, 20, 1)
    parameters = {row.name: row.value for row in await all_of(database, ValueParameter)}
    assert (parameters["recency_5"], parameters["monetary_3"]) == (Decimal(15), Decimal(11))


async def test_few_consumers_have_no_fifths_and_a_run_again_changes_only_what_differs(
    database: PreparedDatabase,
) -> None:
    ada = await person(database, "Ada")
    await buy(database, ada, "2026-01-03", "100.00")

    await run(database, score_rfm)
    await run(database, score_rfm)

    (score,) = await all_of(database, RfmScore)
    assert (score.applicable, score.value, score.version, score.purchases) == (False, None, 1, 1)
    assert score.reason == "1 consumers bought in EUR, too few: 20 are needed."
    (model,) = await all_of(database, ValueModel)
    assert (model.applicable, model.number) == (False, 1)


async def test_cdnow_gives_the_published_parameters_and_an_expectation_of_each(database: PreparedDatabase) -> None:
    assert await take_in_cdnow(database) == 6_919

    steps = await run(database, score_clv, asOf="1997-09-30", horizonDays=273)

    assert steps == 2
    (model,) = await all_of(database, ValueModel)
    assert (model.kind, model.applicable, model.sample_size, model.currency) == (ValueKind.CLV, True, 2_357, "USD")
    found = {row.name: float(row.value) for row in await all_of(database, ValueParameter)}
    published = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426, "log_likelihood": -9582.4, "p": 6.25, "q": 3.74}
    assert {name: found[name] for name in published} == pytest.approx(published, rel=0.01)
    assert found["gamma"] == pytest.approx(15.44, rel=0.01)
    scores = await all_of(database, ClvScore)
    assert len(scores) == 2_357
    assert all(score.applicable and 0 <= score.alive <= 1 for score in scores)
    expected = sum(score.expected_purchases for score in scores)
    assert 1_650 < expected < 1_900  # the paper's forecast for the next 39 weeks; 1,787 were made


async def test_little_is_not_fitted_to(database: PreparedDatabase) -> None:
    ada = await person(database, "Ada")
    for day in ("2026-01-03", "2026-02-03"):
        await buy(database, ada, day, "100.00")

    await run(database, score_clv)

    (score,) = await all_of(database, ClvScore)
    assert (score.applicable, score.value, score.alive) == (False, None, None)
    assert score.reason == "1 consumers bought in EUR, 1 of them again: 100 and 30 are needed."


async def test_who_came_again_and_after_how_long(database: PreparedDatabase) -> None:
    ada, bea = await person(database, "Ada"), await person(database, "Bea")
    for day in ("2026-01-01", "2026-01-11", "2026-01-31"):
        await buy(database, ada, day, "10.00")
    for _ in range(2):
        await buy(database, bea, "2026-01-05", "10.00")

    found = await database.do(lambda uow: repeats(uow, JANUARY, FEBRUARY, "EUR"))

    assert (found.rate.value, found.rate.sample_size) == (Decimal("0.5"), 2)
    assert (found.interval.value, found.interval.sample_size) == (Decimal(15), 2)


@pytest.mark.parametrize(
    ("made", "path"),
    [
        (lambda: BuildProfits(starts_on=FEBRUARY, ends_on=JANUARY), ("ends_on",)),
        (lambda: BuildProfits(starts_on=dt.date(2000, 1, 1), ends_on=JANUARY), ("ends_on",)),
        (lambda: MakeValueModel(kind=ValueKind.CLV, currency="XXY"), ("currency",)),
        (lambda: MakeValueModel(kind=ValueKind.CLV, horizon_days=0), ("horizon_days",)),
        (lambda: MakeValueModel(kind=ValueKind.RFM, least=3), ("least",)),
    ],
)
def test_what_is_asked_for_has_its_bounds(made: Any, path: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput) as refused:
        made()

    assert refused.value.path == path
