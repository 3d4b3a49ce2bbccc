"""What guests like: what they say outweighs what stays and other systems tell, and conflicts stay visible."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid

import pytest

from patron_core.errors import InvalidInput
from patron_core.unit_of_work import UnitOfWork
from patron_hospitality.commands import SetPreference
from patron_hospitality.guests import Statement, guest_of, record_preference
from patron_hospitality.models import (
    GuestPreference,
    MealPlan,
    PreferenceCategory,
    PreferenceOrigin,
    PreferenceScope,
    PreferenceStatus,
)
from patron_hospitality.preferences import Agreement, Verdict, Word, agreement, settle
from patron_schema.testing.databases import NOON, PreparedDatabase

from .hotel import all_of, customer, open_hotel, preferences

EXPLICIT, INFERRED, IMPORTED = PreferenceOrigin
ACTIVE, AGREES, OVERRULED, ENDED = PreferenceStatus
MEAL, PILLOW, ROOM = PreferenceCategory.MEAL, PreferenceCategory.PILLOW, PreferenceCategory.ROOM
HERE = uuid.UUID(int=99)


def word(number: int, origin: PreferenceOrigin, value: str, *, place: uuid.UUID | None = None, minute: int = 0) -> Word:
    return Word(uuid.UUID(int=number), place, origin, value, NOON + dt.timedelta(minutes=minute))


def test_what_the_guest_says_counts_whatever_came_later() -> None:
    verdicts = settle([word(1, EXPLICIT, "BB"), word(2, INFERRED, "HB", minute=9), word(3, IMPORTED, "bb", minute=5)])

    first = uuid.UUID(int=1)
    assert list(verdicts.values()) == [Verdict(ACTIVE), Verdict(OVERRULED, first), Verdict(AGREES, first)]


def test_without_the_guests_word_the_newer_one_counts() -> None:
    verdicts = settle([word(1, INFERRED, "BB", minute=1), word(2, IMPORTED, "HB", minute=2)])

    assert verdicts == {
        uuid.UUID(int=1): Verdict(OVERRULED, uuid.UUID(int=2)),
        uuid.UUID(int=2): Verdict(ACTIVE),
    }


def test_a_wish_for_all_hotels_outweighs_what_was_inferred_for_one_and_not_what_was_said_for_one() -> None:
    everywhere, inferred = word(1, EXPLICIT, "A"), word(2, INFERRED, "B", place=HERE)
    said = word(3, EXPLICIT, "B", place=HERE)

    assert settle([everywhere, inferred])[inferred.id] == Verdict(OVERRULED, everywhere.id)
    assert settle([everywhere, inferred, said]) == {
        everywhere.id: Verdict(ACTIVE),
        inferred.id: Verdict(AGREES, said.id),
        said.id: Verdict(ACTIVE),
    }


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["HB", "BB", "HB"], Agreement("HB", 2)),
        (["HB", "HB", "HB"], Agreement("HB", 3)),
        (["HB", "BB", "FB"], None),
        (["HB"], None),
        ([None, "HB", None], None),
        ([None, "HB", "HB"], Agreement("HB", 2)),
        ([], None),
        (["BB", "HB", "HB", "BB"], Agreement("BB", 2)),
    ],
)
def test_two_of_the_last_stays_must_agree(values: list[str | None], expected: Agreement | None) -> None:
    assert agreement(values, at_least=2) == expected


async def test_two_of_three_stays_that_agree_make_an_inferred_preference(database: PreparedDatabase) -> None:
    hotel, ada = await open_hotel(database), await customer(database)

    await hotel.stay(ada, days_ago=60, meal=MealPlan.HB, room_type="A")
    assert await preferences(database) == []
    await hotel.stay(ada, days_ago=40, meal=MealPlan.HB, room_type="B")

    [made] = await all_of(database, GuestPreference)
    assert (made.category, made.value, made.origin, made.status) == (MEAL, "HB", INFERRED, ACTIVE)
    assert (made.scope, made.agreeing_stays, made.considered_stays) == (PreferenceScope.GLOBAL, 2, 2)


async def test_kinds_of_rooms_are_inferred_for_their_hotel(database: PreparedDatabase) -> None:
    harbour, alpine = await open_hotel(database), await open_hotel(database, code="ALPINE")
    ada = await customer(database)

    await harbour.stay(ada, days_ago=60, room_type="A")
    await alpine.stay(ada, days_ago=50, room_type="A")
    assert await preferences(database) == []
    await harbour.stay(ada, days_ago=40, room_type="A")

    [made] = await all_of(database, GuestPreference)
    assert (made.category, made.value, made.property_id) == (ROOM, "A", harbour.id)
    assert made.scope is PreferenceScope.PROPERTY


async def test_an_inference_never_overwrites_what_the_guest_said(database: PreparedDatabase) -> None:
    hotel, ada = await open_hotel(database), await customer(database)
    said = await database.do(SetPreference(customer_id=ada, category=MEAL, value="BB"))

    await hotel.stay(ada, days_ago=60, meal=MealPlan.HB)
    await hotel.stay(ada, days_ago=40, meal=MealPlan.HB)

    assert await preferences(database) == [
        ("MEAL", "BB", "EXPLICIT", "ACTIVE"),
        ("MEAL", "HB", "INFERRED", "OVERRULED"),
    ]
    _, inferred = await all_of(database, GuestPreference)
    assert inferred.settled_by_id == said.id


async def test_what_the_guest_says_later_overrules_the_inference(database: PreparedDatabase) -> None:
    hotel, ada = await open_hotel(database), await customer(database)
    await hotel.stay(ada, days_ago=60, meal=MealPlan.HB)
    await hotel.stay(ada, days_ago=40, meal=MealPlan.HB)

    await database.do(SetPreference(customer_id=ada, category=MEAL, value="BB"))
    assert [row[3] for row in await preferences(database)] == ["OVERRULED", "ACTIVE"]
    await database.do(SetPreference(customer_id=ada, category=MEAL, value="hb"))

    assert await preferences(database) == [
        ("MEAL", "HB", "INFERRED", "AGREES"),
        ("MEAL", "BB", "EXPLICIT", "ENDED"),
        ("MEAL", "hb", "EXPLICIT", "ACTIVE"),
    ]


async def test_an_inference_ends_when_the_stays_no_longer_agree(database: PreparedDatabase) -> None:
    hotel, ada = await open_hotel(database), await customer(database)
    for days_ago, meal in ((60, MealPlan.HB), (50, MealPlan.HB), (40, MealPlan.BB)):
        await hotel.stay(ada, days_ago=days_ago, meal=meal)
    assert await preferences(database) == [("MEAL", "HB", "INFERRED", "ACTIVE")]

    await hotel.stay(ada, days_ago=30, meal=MealPlan.FB)
    assert await preferences(database) == [("MEAL", "HB", "INFERRED", "ENDED")]
    await hotel.stay(ada, days_ago=20, meal=MealPlan.FB)

    assert await preferences(database) == [("MEAL", "HB", "INFERRED", "ENDED"), ("MEAL", "FB", "INFERRED", "ACTIVE")]


async def test_the_newer_of_inferred_and_imported_counts(database: PreparedDatabase) -> None:
    hotel, ada = await open_hotel(database), await customer(database)

    def take_in(uow: UnitOfWork) -> None:
        statement = Statement(category=MEAL, value="FB", origin=IMPORTED)
        record_preference(guest_of(ada, uow, lock=True), statement, uow)

    await database.do(take_in)
    database.clock.advance(dt.timedelta(seconds=1))
    await hotel.stay(ada, days_ago=60, meal=MealPlan.HB)
    await hotel.stay(ada, days_ago=40, meal=MealPlan.HB)

    assert await preferences(database) == [
        ("MEAL", "FB", "IMPORTED", "OVERRULED"),
        ("MEAL", "HB", "INFERRED", "ACTIVE"),
    ]


async def test_saying_the_same_again_makes_no_second_preference(database: PreparedDatabase) -> None:
    ada = await customer(database)

    first = await database.do(SetPreference(customer_id=ada, category=PILLOW, value=" feather "))
    again = await database.do(SetPreference(customer_id=ada, category=PILLOW, value="Feather"))

    assert first.id == again.id
    assert await preferences(database) == [("PILLOW", "feather", "EXPLICIT", "ACTIVE")]


async def test_two_wishes_at_once_leave_one_active(database: PreparedDatabase) -> None:
    ada = await customer(database)
    wishes = [SetPreference(customer_id=ada, category=PILLOW, value=value) for value in ("feather", "foam", "none")]

    await asyncio.gather(*(database.do(wish) for wish in wishes))

    assert sorted(row[3] for row in await preferences(database)) == ["ACTIVE", "ENDED", "ENDED"]


def test_a_preference_needs_a_value() -> None:
    with pytest.raises(InvalidInput):
        SetPreference(customer_id=uuid.UUID(int=1), category=PILLOW, value="  ")
