"""Demo data: two small hotels with invented guests, two years of stays, some to come, and what the guests like.

The names are plainly made up. Customers that other plugins made stay here too, so that one customer is seen from several
sides, and the shipped sample is taken in as an importer would.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

from sqlalchemy import select

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.intake import take_in_customers
from patron_core.customers.models import Customer, CustomerKind, LifecycleStage
from patron_core.hookspecs import DemoContext
from patron_core.imports.importer import Item, Source
from patron_core.parties.commands import NewContactMedium, NewExternalIdentifier, NewPerson
from patron_core.parties.models import ContactKind
from patron_core.values import Money
from patron_hospitality.commands import (
    CancelReservation,
    CheckIn,
    CheckOut,
    CreateProperty,
    CreateReservation,
    MarkNoShow,
    NewRoomType,
    SetPreference,
)
from patron_hospitality.guests import Statement, guest_of, record_preference
from patron_hospitality.importers import HotelBookings, HotelBookingsOptions
from patron_hospitality.models import (
    DistributionChannel,
    MarketSegment,
    MealPlan,
    PreferenceCategory,
    PreferenceOrigin,
    Property,
    RoomType,
)
from patron_hospitality.places import start_of_day

__all__ = ["SAMPLES", "fill"]

SAMPLES: Final = Path(str(resources.files("patron_hospitality"))) / "samples"

_SYSTEM: Final = "demo-hotel"
_GIVEN: Final = ("Anouk", "Benno", "Cosima", "Dorian", "Elva", "Fausto")
_FAMILY: Final = ("Pillow", "Bolster", "Quilt", "Duvet", "Linen", "Lobby")
_HOTELS: Final = (
    ("HARBOUR", "Harbour House", "Europe/Lisbon", ("101", "102", "103", "201", "202", "203", "301", "302")),
    ("ALPINE", "Alpine Lodge", "Europe/Zurich", ("1", "2", "3", "4", "5", "6")),
)
_ROOM_TYPES: Final = (("STD", "Standard"), ("SUP", "Superior"), ("STE", "Suite"))
_RATES: Final = {"STD": "95.00", "SUP": "140.00", "STE": "260.00"}
_LIKES: Final = (
    (PreferenceCategory.PILLOW, ("feather", "buckwheat", "two firm ones")),
    (PreferenceCategory.FLOOR, ("high", "low", "near the lift")),
    (PreferenceCategory.VIEW, ("sea", "courtyard")),
    (PreferenceCategory.BED, ("king", "twin")),
)
_OTHER_CUSTOMERS: Final = 8


@dataclass(slots=True)
class _House:
    """A hotel of the demo. taken: the nights in which each of its rooms is held."""

    hotel: Property
    rooms: tuple[str, ...]
    room_types: dict[str, uuid.UUID]
    taken: dict[str, set[dt.date]]

    def free_room(self, arrival: dt.date, nights: int) -> str | None:
        """A room that is free from arrival on, held from now on."""
        wanted = {arrival + dt.timedelta(days=number) for number in range(nights)}
        for room in self.rooms:
            if not self.taken.setdefault(room, set()) & wanted:
                self.taken[room] |= wanted
                return room
        return None


def fill(demo: DemoContext) -> None:
    """Hotels, guests with past and coming stays, preferences of each origin, and the sample file."""
    houses = [_house(demo, *row) for row in _HOTELS]
    for customer_id in [*_others(demo), *_guests(demo)]:
        _past(demo, customer_id, houses)
        _coming(demo, customer_id, houses)
        _preferences(demo, customer_id)
    _import_a_sample(demo)


def _house(demo: DemoContext, code: str, name: str, timezone: str, rooms: tuple[str, ...]) -> _House:
    kinds = tuple(NewRoomType(code=kind, name=text) for kind, text in _ROOM_TYPES)
    hotel = demo.uow.handle(CreateProperty(code=code, name=name, timezone=timezone, room_types=kinds))
    made = demo.uow.select(select(RoomType).where(RoomType.property_id == hotel.id))
    return _House(hotel, rooms, {kind.code: kind.id for kind in made}, {})


def _guests(demo: DemoContext) -> list[uuid.UUID]:
    commands = [
        CreateCustomer(
            person=NewPerson(given_name=given, family_name=family),
            external_identifiers=(NewExternalIdentifier(system=_SYSTEM, value=f"{family}-{given}".lower()),),
            contact_media=(
                NewContactMedium(kind=ContactKind.EMAIL, value=f"{given}.{family}@example.com".lower(), preferred=True),
            ),
            lifecycle_stage=LifecycleStage.ACTIVE,
        )
        for family in _FAMILY
        for given in _GIVEN
    ]
    intake = take_in_customers(demo.uow, commands)
    return [taken.customer_id for taken in intake.customers.values()]


def _others(demo: DemoContext) -> list[uuid.UUID]:
    """Some of the consumers that were there before, evenly taken from all of them."""
    wanted = select(Customer.id).where(
        Customer.kind == CustomerKind.B2C, Customer.lifecycle_stage == LifecycleStage.ACTIVE
    )
    others = demo.uow.select(wanted.order_by(Customer.id))
    return others[:: max(1, len(others) // _OTHER_CUSTOMERS)][:_OTHER_CUSTOMERS]


def _past(demo: DemoContext, customer_id: uuid.UUID, houses: list[_House]) -> None:
    """Up to four reservations of the last two years, most of which became stays of the same taste."""
    usual_meal, usual_type = demo.random.choice(tuple(MealPlan)), demo.random.choice(tuple(_RATES))
    home = demo.random.choice(houses)
    count = demo.random.choice((0, 1, 1, 2, 2, 3, 4))
    for days_ago in sorted(demo.random.sample(range(30, 720, 15), count), reverse=True):
        usual = demo.random.random() < 3 / 4
        house = home if usual else demo.random.choice(houses)
        meal = usual_meal if usual else demo.random.choice(tuple(MealPlan))
        arrival = demo.uow.now.date() - dt.timedelta(days=days_ago)
        _one(demo, customer_id, house, arrival, meal=meal, room_type=usual_type)


def _one(
    demo: DemoContext,
    customer_id: uuid.UUID,
    house: _House,
    arrival: dt.date,
    *,
    meal: MealPlan,
    room_type: str,
) -> None:
    """A reservation that has ended: usually with a stay, now and then called off or never used."""
    nights = demo.random.randint(1, 6)
    what = demo.random.choices(("stay", "cancel", "no-show"), weights=(8, 2, 1))[0]
    room = house.free_room(arrival, nights) if what == "stay" else None
    if what == "stay" and room is None:
        return
    reservation = _reserve(demo, customer_id, house, arrival, nights, meal=meal, room_type=room_type, room=room)
    begins = start_of_day(arrival, timezone=house.hotel.timezone)
    if what == "cancel":
        demo.uow.handle(CancelReservation(id=reservation))
    elif what == "no-show":
        demo.uow.handle(MarkNoShow(id=reservation))
    else:
        came = begins + dt.timedelta(hours=demo.random.randint(14, 21))
        left = begins + dt.timedelta(days=nights, hours=demo.random.randint(7, 11))
        demo.uow.handle(CheckIn(id=reservation, checked_in_at=came))
        demo.uow.handle(CheckOut(id=reservation, checked_out_at=left))


def _coming(demo: DemoContext, customer_id: uuid.UUID, houses: list[_House]) -> None:
    """About every third guest comes again within five weeks."""
    if demo.random.random() < 1 / 3:
        house = demo.random.choice(houses)
        arrival = demo.uow.now.date() + dt.timedelta(days=demo.random.choice((1, 2, 3, 5, 8, 13, 21, 34)))
        nights = demo.random.randint(1, 7)
        room = house.free_room(arrival, nights)
        _reserve(demo, customer_id, house, arrival, nights, meal=MealPlan.BB, room_type="STD", room=room)


def _reserve(
    demo: DemoContext,
    customer_id: uuid.UUID,
    house: _House,
    arrival: dt.date,
    nights: int,
    *,
    meal: MealPlan,
    room_type: str,
    room: str | None,
) -> uuid.UUID:
    earliest = min(start_of_day(arrival, timezone=house.hotel.timezone), demo.uow.now)
    channel, segment = demo.random.choice(
        (
            (DistributionChannel.DIRECT, MarketSegment.DIRECT),
            (DistributionChannel.AGENT, MarketSegment.ONLINE_AGENT),
            (DistributionChannel.CORPORATE, MarketSegment.CORPORATE),
        )
    )
    made = demo.uow.handle(
        CreateReservation(
            customer_id=customer_id,
            property_id=house.hotel.id,
            arrival=arrival,
            departure=arrival + dt.timedelta(days=nights),
            booked_at=earliest - dt.timedelta(days=demo.random.randint(0, 120)),
            adults=demo.random.choice((1, 2, 2, 2)),
            children=demo.random.choice((0, 0, 0, 1, 2)),
            meal=meal,
            rate=Money.of(_RATES[room_type], "EUR"),
            room_type_id=house.room_types[room_type],
            room=room,
            market_segment=segment,
            distribution_channel=channel,
            special_requests=demo.random.choice((0, 0, 0, 1, 2)),
        )
    )
    reservation_id: uuid.UUID = made.id
    return reservation_id


def _preferences(demo: DemoContext, customer_id: uuid.UUID) -> None:
    """Half of the guests say something, for some of them another system says something too."""
    if demo.random.random() < 1 / 2:
        category, values = demo.random.choice(_LIKES)
        demo.uow.handle(SetPreference(customer_id=customer_id, category=category, value=demo.random.choice(values)))
        if demo.random.random() < 1 / 2:
            _imported(demo, customer_id, category, demo.random.choice(values))
    if demo.random.random() < 1 / 4:
        meal = demo.random.choice(tuple(MealPlan)).name
        demo.uow.handle(SetPreference(customer_id=customer_id, category=PreferenceCategory.MEAL, value=meal))


def _imported(demo: DemoContext, customer_id: uuid.UUID, category: PreferenceCategory, value: str) -> None:
    guest = guest_of(customer_id, demo.uow, lock=True)
    statement = Statement(category=category, value=value, origin=PreferenceOrigin.IMPORTED)
    record_preference(guest, statement, demo.uow)


def _import_a_sample(demo: DemoContext) -> None:
    importer, options = HotelBookings(), HotelBookingsOptions()
    read = importer.read(Source((SAMPLES / "hotel_bookings.csv",)), options=options)
    importer.apply([part for part in read if isinstance(part, Item)], uow=demo.uow, options=options)
