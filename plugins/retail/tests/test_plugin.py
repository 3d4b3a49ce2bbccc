"""The plugin as a whole: its declarations, settings, demo data, and what it knows of a customer."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

import patron_retail.plugin
from patron_core.customers.models import Customer
from patron_core.errors import StartupError
from patron_core.hookspecs import DemoContext
from patron_core.plugins import Plugins
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money
from patron_retail.models import LoyaltyMember, LoyaltyTier, PointsEntry, PointsEntryKind, Purchase
from patron_retail.settings import RetailSettings
from patron_schema.hookspecs import SchemaHooks
from patron_schema.testing.databases import NOON, PreparedDatabase

from .shop import check_sums, customer, record


def load(**environment: str) -> Plugins:
    return Plugins.of({"retail": patron_retail.plugin}, specs=[SchemaHooks], environment=environment)


def test_nothing_is_wrong_with_its_declarations(loaded_plugins: Plugins) -> None:
    assert loaded_plugins.check() == []


@pytest.mark.parametrize(
    ("points", "tier", "following"),
    [
        (-5, LoyaltyTier.BRONZE, 1_000),
        (999, LoyaltyTier.BRONZE, 1_000),
        (1_000, LoyaltyTier.SILVER, 5_000),
        (19_999, LoyaltyTier.GOLD, 20_000),
        (20_000, LoyaltyTier.PLATINUM, None),
    ],
)
def test_thresholds_give_the_tier(points: int, tier: LoyaltyTier, following: int | None) -> None:
    settings = RetailSettings()

    assert (settings.tier_of(points), settings.next_tier_at(points)) == (tier, following)


@pytest.mark.parametrize(
    ("amount", "rate", "points"),
    [
        (Money(1_299, "EUR"), "1", 12),
        (Money(1_299, "EUR"), "1.5", 19),
        (Money(1_299, "JPY"), "0.01", 12),
        (Money(-1_299, "EUR"), "1", 0),
    ],
)
def test_amounts_give_points(amount: Money, rate: str, points: int) -> None:
    assert RetailSettings(points_per_unit=Decimal(rate)).points_for(amount) == points


def test_settings_come_from_the_environment_and_are_checked() -> None:
    settings = load(PATRON_RETAIL_POINTS_PER_UNIT="2", PATRON_RETAIL_SERVICE_CODES="FEE, POST").settings(RetailSettings)

    assert (settings.points_per_unit, settings.services) == (Decimal(2), {"FEE", "POST"})
    with pytest.raises(StartupError, match="must ascend"):
        load(PATRON_RETAIL_SILVER_FROM="9000")


async def test_membership_can_be_by_request_only(database: PreparedDatabase) -> None:
    database.plugins = load(PATRON_RETAIL_ENROL_ON_PURCHASE="false")
    ada = await customer(database)

    await record(database, ada.id, "10")

    assert await database.do(lambda uow: uow.select(select(LoyaltyMember.id))) == []


async def test_demo_data_is_a_small_living_shop(database: PreparedDatabase) -> None:
    def fill(uow: UnitOfWork) -> None:
        patron_retail.plugin.patron_demo_data(DemoContext(uow, random.Random(1), database.clock))

    def count(uow: UnitOfWork) -> list[Any]:
        kinds = uow.rows(select(PointsEntry.kind, func.count(PointsEntry.id)).group_by(PointsEntry.kind))
        rows = [uow.select(select(func.count(model.id)))[0] for model in (Customer, LoyaltyMember, Purchase)]
        return [*rows, {kind for kind, _ in kinds}]

    outcome = await database.execute(fill)
    customers, members, purchases, kinds = await database.do(count)

    assert outcome.value is None
    assert customers == 51
    assert 30 < members < 51
    assert purchases > 100
    assert kinds >= {PointsEntryKind.EARN, PointsEntryKind.BURN, PointsEntryKind.REVERSE}
    await check_sums(database)


async def test_a_fresh_purchase_is_healthy_and_an_old_one_is_not(database: PreparedDatabase) -> None:
    (factor,) = patron_retail.plugin.patron_score_factors()
    ada, bob, eve = [await customer(database, name) for name in ("Ada", "Bob", "Eve")]
    await record(database, ada.id, "10", at=NOON - dt.timedelta(days=3))
    await record(database, bob.id, "10", at=NOON - dt.timedelta(days=197, hours=12))

    values = [await database.do(lambda uow, id=who.id: factor.compute(id, uow)) for who in (ada, bob, eve)]

    assert [(found.value, found.sample_size) for found in values] == [
        (Decimal(1), 1),
        (Decimal("0.501"), 1),
        (None, 0),
    ]


async def test_points_worth_spending_are_recommended(database: PreparedDatabase) -> None:
    ada, bob = await customer(database), await customer(database, "Bob")
    await record(database, ada.id, "500")
    await record(database, bob.id, "499")

    def ask(uow: UnitOfWork) -> list[Any]:
        return [[r.code for r in patron_retail.plugin.patron_recommendations(who.id, uow)] for who in (ada, bob)]

    assert await database.do(ask) == [["RETAIL_REMIND_OF_POINTS"], []]
