"""The demo data: enough to look at, of every origin, the same each time; and what is advised from it."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select

from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext, Factor, Recommendation
from patron_core.unit_of_work import UnitOfWork
from patron_hospitality import plugin
from patron_hospitality.models import (
    Guest,
    GuestPreference,
    PreferenceOrigin,
    PreferenceStatus,
    Reservation,
    ReservationStatus,
    Stay,
)
from patron_schema.testing.databases import PreparedDatabase

from .hotel import all_of


@dataclass(slots=True)
class TickingClock:
    """A clock that moves on whenever it is read, as a machine's does; a transaction has one time all the same."""

    instant: dt.datetime

    def now(self) -> dt.datetime:
        self.instant += dt.timedelta(milliseconds=1)
        return self.instant


def fill(uow: UnitOfWork) -> None:
    plugin.patron_demo_data(DemoContext(uow, random.Random(7), TickingClock(uow.now)))


async def test_the_demo_shows_each_kind_of_thing(database: PreparedDatabase) -> None:
    await database.do(fill)

    guests = await all_of(database, Guest)
    preferences = await all_of(database, GuestPreference)
    assert 50 <= len(guests) <= 80
    assert sum(guest.repeat_since is not None for guest in guests) >= 10
    assert {row.origin for row in preferences} == set(PreferenceOrigin)
    assert {PreferenceStatus.ACTIVE, PreferenceStatus.AGREES, PreferenceStatus.OVERRULED} <= {
        row.status for row in preferences
    }
    statuses = Counter(row.status for row in await all_of(database, Reservation))
    assert set(statuses) == set(ReservationStatus) - {ReservationStatus.INQUIRED, ReservationStatus.IN_HOUSE}
    completed = Counter(stay.guest_id for stay in await all_of(database, Stay) if stay.check_out is not None)
    for guest in guests:
        assert (guest.repeat_since is not None) == (completed[guest.id] >= 2)


async def test_the_demo_is_the_same_each_time(database: PreparedDatabase) -> None:
    await database.do(fill)
    first = Counter((row.arrival, row.nights, row.status) for row in await all_of(database, Reservation))
    other = await database.tenant("Blankets")
    await database.do(fill, actor=other)

    def rows(uow: UnitOfWork) -> Counter[tuple[object, ...]]:
        return Counter((row.arrival, row.nights, row.status) for row in uow.select(select(Reservation)))

    assert await database.do(rows, actor=other) == first


async def test_advice_names_its_facts(database: PreparedDatabase) -> None:
    await database.do(fill)

    def advised(uow: UnitOfWork) -> tuple[list[Recommendation], list[Factor]]:
        [factor] = plugin.patron_score_factors()
        customers = uow.select(select(Customer.id).order_by(Customer.id))
        advice = [item for id_ in customers for item in plugin.patron_recommendations(id_, uow)]
        return advice, [factor.compute(id_, uow) for id_ in customers]

    advice, factors = await database.do(advised)

    assert {item.code for item in advice} == {"PREPARE_ARRIVAL", "ASK_ABOUT_PREFERENCE"}
    assert all(item.facts for item in advice)
    applicable = [factor for factor in factors if factor.value is not None]
    assert applicable
    assert all(factor.sample_size >= 3 and 0 <= factor.value <= 1 for factor in applicable if factor.value is not None)
    assert any(factor.value is None and "are needed" in factor.reason for factor in factors)


async def test_the_plugin_has_no_problem(database: PreparedDatabase) -> None:
    assert database.plugins.check() == []
