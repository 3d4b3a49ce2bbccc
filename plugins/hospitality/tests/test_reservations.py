"""Reservations from inquiry to check-out: statuses, rooms, days at the hotel, refusals."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from patron_core.customers.models import LifecycleStage
from patron_core.errors import Conflict, Forbidden, InvalidInput, NotFound, Vetoed
from patron_core.messages import Actor
from patron_core.values import Money
from patron_hospitality.commands import (
    BlockGuest,
    CancelReservation,
    CheckIn,
    CheckOut,
    ConfirmReservation,
    CreateProperty,
    CreateReservation,
    MarkNoShow,
    NewRoomType,
    UnblockGuest,
)
from patron_hospitality.lifecycle import NEXT_STATUSES, check_transition, nights_between
from patron_hospitality.models import Guest, Reservation, ReservationStatus, RoomNight, Stay
from patron_hospitality.service import note_no_shows
from patron_schema.testing.databases import NOON, PreparedDatabase

from .hotel import DAY, TODAY, all_of, customer, guest, open_hotel


async def nights_of(database: PreparedDatabase) -> list[tuple[str, dt.date]]:
    return sorted((row.room, row.night) for row in await all_of(database, RoomNight))


@pytest.mark.parametrize("current", list(ReservationStatus))
@pytest.mark.parametrize("to", list(ReservationStatus))
def test_only_the_listed_steps_are_allowed(current: ReservationStatus, to: ReservationStatus) -> None:
    if to in NEXT_STATUSES[current]:
        check_transition(current, to=to)
    else:
        with pytest.raises(InvalidInput):
            check_transition(current, to=to)


def test_day_use_holds_no_night() -> None:
    assert nights_between(TODAY, TODAY) == ()
    assert nights_between(TODAY, TODAY + 2 * DAY) == (TODAY, TODAY + DAY)


async def test_a_customer_becomes_a_guest_by_the_first_reservation(database: PreparedDatabase) -> None:
    hotel, ada = await open_hotel(database), await customer(database)

    first = await hotel.reserve(ada, room_type="A", rate=Money.of("0", "EUR"))
    second = await hotel.reserve(ada, arrival=TODAY + 7 * DAY)

    assert first.guest_id == second.guest_id
    [made] = await all_of(database, Guest)
    assert (made.customer_id, made.pseudonymous, made.blocked) == (ada, False, False)
    assert (first.nights, first.status, first.rate) == (2, ReservationStatus.CONFIRMED, Money(0, "EUR"))


@pytest.mark.parametrize("nights", [0, -1, 367])
async def test_a_departure_that_is_not_after_the_arrival_is_refused(database: PreparedDatabase, nights: int) -> None:
    hotel, ada = await open_hotel(database), await customer(database)

    with pytest.raises(InvalidInput) as refused:
        await hotel.reserve(ada, nights=nights)

    assert refused.value.path == ("departure",)


async def test_nobody_comes_and_inquiries_with_a_room_are_refused(database: PreparedDatabase) -> None:
    hotel, ada = await open_hotel(database), await customer(database)

    with pytest.raises(InvalidInput, match="Nobody comes"):
        await hotel.reserve(ada, adults=0)
    with pytest.raises(InvalidInput, match="holds no room"):
        await hotel.reserve(ada, status=ReservationStatus.INQUIRED, room="7")
    with pytest.raises(InvalidInput, match="does not begin like that"):
        await hotel.reserve(ada, status=ReservationStatus.NO_SHOW)


async def test_nobody_arrives_before_booking(database: PreparedDatabase) -> None:
    hotel, ada = await open_hotel(database), await customer(database)

    with pytest.raises(InvalidInput, match="before the booking"):
        await hotel.reserve(ada, arrival=TODAY - DAY)

    made = await hotel.reserve(ada, arrival=TODAY - DAY, booked_at=NOON - DAY)
    assert made.status_on == TODAY - DAY


async def test_a_room_of_another_hotel_is_refused(database: PreparedDatabase) -> None:
    harbour, alpine = await open_hotel(database), await open_hotel(database, code="ALPINE")
    ada = await customer(database)

    with pytest.raises(InvalidInput, match="another hotel"):
        await database.do(
            CreateReservation(
                customer_id=ada,
                property_id=harbour.id,
                arrival=TODAY,
                departure=TODAY + DAY,
                room_type_id=alpine.room_types["A"],
            )
        )


async def test_one_room_has_one_party_per_night(database: PreparedDatabase) -> None:
    hotel, ada, bob = await open_hotel(database), await customer(database), await customer(database, "Bob")
    await hotel.reserve(ada, nights=3, room="7")

    with pytest.raises(Conflict, match="1 of 2 nights") as refused:
        await hotel.reserve(bob, arrival=TODAY + 2 * DAY, room="7")
    after = await hotel.reserve(bob, arrival=TODAY + 3 * DAY, room="7")

    assert refused.value.path == ("room",)
    assert after.room == "7"
    assert [night for _, night in await nights_of(database)] == [TODAY + n * DAY for n in range(5)]
    assert len(await all_of(database, Reservation)) == 2


async def test_of_two_at_once_one_gets_the_room(database: PreparedDatabase) -> None:
    hotel = await open_hotel(database)
    guests = [await customer(database, name) for name in ("Ada", "Bob", "Cleo")]

    results = await asyncio.gather(*(hotel.reserve(who, room="7") for who in guests), return_exceptions=True)

    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Conflict", "Reservation"]
    assert len(await nights_of(database)) == 2


async def test_the_same_room_number_in_another_hotel_is_another_room(database: PreparedDatabase) -> None:
    harbour, alpine = await open_hotel(database), await open_hotel(database, code="ALPINE")
    ada = await customer(database)

    await harbour.reserve(ada, room="7")
    await alpine.reserve(ada, room="7")

    assert len(await nights_of(database)) == 4


async def test_a_cancelled_reservation_frees_its_room(database: PreparedDatabase) -> None:
    hotel, ada, bob = await open_hotel(database), await customer(database), await customer(database, "Bob")
    first = await hotel.reserve(ada, room="7")

    cancelled = await database.do(CancelReservation(id=first.id))
    await hotel.reserve(bob, room="7")

    assert cancelled.status is ReservationStatus.CANCELLED
    assert cancelled.status_on == TODAY
    with pytest.raises(InvalidInput, match="It has ended"):
        await database.do(CancelReservation(id=first.id))


async def test_an_inquiry_is_confirmed_with_a_room(database: PreparedDatabase) -> None:
    hotel, ada = await open_hotel(database), await customer(database)
    inquiry = await hotel.reserve(ada, status=ReservationStatus.INQUIRED)

    with pytest.raises(InvalidInput, match="CONFIRMED or CANCELLED"):
        await database.do(CheckIn(id=inquiry.id, room="7"))
    confirmed = await database.do(ConfirmReservation(id=inquiry.id, room="7"))

    assert (confirmed.status, confirmed.room) == (ReservationStatus.CONFIRMED, "7")


async def test_check_in_begins_a_stay_and_check_out_completes_it(database: PreparedDatabase) -> None:
    hotel, ada = await open_hotel(database), await customer(database)
    made = await hotel.reserve(ada, nights=5, room="7", room_type="A")

    arrived = await database.execute(CheckIn(id=made.id, room="8", room_type_id=hotel.room_types["B"]))
    assert {room for room, _ in await nights_of(database)} == {"8"}
    database.clock.advance(2 * DAY)
    left = await database.execute(CheckOut(id=made.id))

    [stay] = await all_of(database, Stay)
    assert arrived.value.status is ReservationStatus.IN_HOUSE
    assert left.value.status is ReservationStatus.CHECKED_OUT
    assert (stay.check_in, stay.check_out, stay.nights, stay.room) == (TODAY, TODAY + 2 * DAY, 2, "8")
    assert stay.room_type_id == hotel.room_types["B"]
    assert await nights_of(database) == [("8", TODAY), ("8", TODAY + DAY)]  # the other three are free again
    assert [event.event.type for event in left.events] == [
        "hospitality.reservation_changed",
        "hospitality.stay_completed",
    ]
    assert {event.event.customer_id for event in (*arrived.events, *left.events)} == {ada}


async def test_check_in_needs_a_room_and_a_night(database: PreparedDatabase) -> None:
    hotel, ada = await open_hotel(database), await customer(database)
    later = await hotel.reserve(ada, arrival=TODAY + DAY, room="7")
    today = await hotel.reserve(ada)

    with pytest.raises(InvalidInput, match="no night here now"):
        await database.do(CheckIn(id=later.id))
    with pytest.raises(InvalidInput, match="no room"):
        await database.do(CheckIn(id=today.id))
    with pytest.raises(InvalidInput, match="in the future"):
        await database.do(CheckIn(id=today.id, room="7", checked_in_at=NOON + DAY))


async def test_the_day_is_the_hotels(database: PreparedDatabase) -> None:
    hotel, ada = await open_hotel(database, timezone="Pacific/Auckland"), await customer(database)

    made = await hotel.reserve(ada, arrival=TODAY + DAY, room="7")  # 15 March has begun there
    await database.do(CheckIn(id=made.id))

    [stay] = await all_of(database, Stay)
    assert stay.check_in == TODAY + DAY


async def test_nobody_leaves_before_coming(database: PreparedDatabase) -> None:
    hotel, ada = await open_hotel(database), await customer(database)
    made = await hotel.reserve(ada, room="7")
    await database.do(CheckIn(id=made.id))

    with pytest.raises(InvalidInput, match="before coming"):
        await database.do(CheckOut(id=made.id, checked_out_at=NOON - dt.timedelta(minutes=1)))


async def test_the_second_completed_stay_makes_a_repeat_guest(database: PreparedDatabase) -> None:
    hotel, ada = await open_hotel(database), await customer(database)

    await hotel.stay(ada, days_ago=40)
    cancelled = await hotel.reserve(ada)
    await database.do(CancelReservation(id=cancelled.id))
    absent = await hotel.reserve(ada)
    await database.do(MarkNoShow(id=absent.id))
    assert (await guest(database, ada)).repeat_since is None
    await hotel.stay(ada, days_ago=20)
    await hotel.stay(ada, days_ago=10)

    assert (await guest(database, ada)).repeat_since == TODAY - 18 * DAY


async def test_a_no_show_is_noted_on_the_day_and_by_the_night_audit(database: PreparedDatabase) -> None:
    hotel, ada = await open_hotel(database), await customer(database)
    today = await hotel.reserve(ada, room="7")
    tomorrow = await hotel.reserve(ada, arrival=TODAY + DAY, room="8")

    with pytest.raises(InvalidInput, match="may still come"):
        await database.do(MarkNoShow(id=tomorrow.id))
    database.clock.advance(DAY)
    await database.do(note_no_shows)

    found = {row.id: row.status for row in await all_of(database, Reservation)}
    assert found == {today.id: ReservationStatus.NO_SHOW, tomorrow.id: ReservationStatus.CONFIRMED}
    assert {room for room, _ in await nights_of(database)} == {"8"}


async def test_a_blocked_guest_gets_no_reservation_until_the_block_is_lifted(database: PreparedDatabase) -> None:
    hotel, ada = await open_hotel(database), await customer(database)
    await database.do(BlockGuest(customer_id=ada, reason="Left through the window."))

    with pytest.raises(Vetoed) as refused:
        await hotel.reserve(ada)
    await database.do(UnblockGuest(customer_id=ada))
    await hotel.reserve(ada)

    assert (refused.value.public_code, refused.value.path) == ("GUEST_BLOCKED", ("customer_id",))


async def test_a_customer_who_has_left_gets_no_reservation(database: PreparedDatabase) -> None:
    hotel = await open_hotel(database)
    gone = await customer(database, stage=LifecycleStage.CHURNED)

    with pytest.raises(Vetoed) as refused:
        await hotel.reserve(gone)

    assert refused.value.public_code == "CUSTOMER_CHURNED"


async def test_a_reservation_needs_its_scope_and_its_own_tenants_customer(database: PreparedDatabase) -> None:
    hotel, ada = await open_hotel(database), await customer(database)
    reader = Actor(database.tenant_id, "reader", "app", scopes=("customer:read",))
    stranger = await database.tenant("Blankets")
    command = CreateReservation(customer_id=ada, property_id=hotel.id, arrival=TODAY, departure=TODAY + DAY)

    with pytest.raises(Forbidden, match="hospitality:reserve"):
        await database.do(command, actor=reader)
    with pytest.raises(NotFound):
        await database.do(command, actor=stranger)


async def test_hotels_have_codes_of_their_own_and_known_time_zones(database: PreparedDatabase) -> None:
    await open_hotel(database)

    with pytest.raises(Conflict):
        await open_hotel(database)
    with pytest.raises(InvalidInput, match="time zone"):
        CreateProperty(code="X", name="X", timezone="Lisbon")
    with pytest.raises(InvalidInput, match="comes twice"):
        CreateProperty(code="X", name="X", timezone="UTC", room_types=(NewRoomType(code="A"), NewRoomType(code="A")))
