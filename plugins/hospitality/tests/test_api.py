"""The plugin through GraphQL, on both databases: one statement for a query, mutations with what the caller can mend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from patron_core.imports.importer import Item, Source
from patron_core.unit_of_work import UnitOfWork
from patron_hospitality.demo import SAMPLES
from patron_hospitality.example_queries import EXAMPLES
from patron_hospitality.importers import HotelBookings, HotelBookingsOptions
from patron_hospitality.models import MealPlan
from patron_schema.plugin import Example
from patron_schema.testing.databases import PreparedDatabase
from patron_schema.testing.service import Patron

from .hotel import DAY, TODAY, Hotel, customer, open_hotel


def outer(prefix: str, id_: Any) -> str:
    return f"{prefix}_{id_}"


async def regular(database: PreparedDatabase) -> Hotel:
    """A hotel with a repeat guest Ada, who says BB and has had HB, and Bob who has never come."""
    hotel = await open_hotel(database)
    ada = await customer(database, "Ada")
    await customer(database, "Bob")
    await hotel.stay(ada, days_ago=60, meal=MealPlan.HB, room_type="A")
    await hotel.stay(ada, days_ago=40, meal=MealPlan.HB, room_type="A")
    await hotel.reserve(ada, arrival=TODAY + DAY, room="7")
    return hotel


async def sample(database: PreparedDatabase) -> None:
    def work(uow: UnitOfWork) -> None:
        importer, options = HotelBookings(), HotelBookingsOptions()
        read = importer.read(Source((SAMPLES / "hotel_bookings.csv",)), options=options)
        importer.apply([part for part in read if isinstance(part, Item)], uow=uow, options=options)

    await database.do(work)


async def test_a_guest_is_shown_in_one_statement(patron: Patron) -> None:
    await regular(patron.prepared)

    data = await patron.data(
        """{ customers(orderBy: [{field: DISPLAY_NAME}]) { nodes { displayName guest {
               isRepeatGuest completedStays nightsStayed cancellations repeatSince
               reservations { totalCount }
               stays(orderBy: [{field: CHECK_IN}]) { nodes { checkIn nights room reservation { meal isDayUse } } }
               preferences(orderBy: [{field: CATEGORY}]) {
                 nodes { category value scope origin status isActive reason property { code } } }
        } } } }"""
    )

    assert len(patron.statements) == 1
    ada, bob = data["customers"]["nodes"]
    assert bob == {"displayName": "Bob", "guest": None}
    assert ada["guest"]["isRepeatGuest"] is True
    assert (ada["guest"]["completedStays"], ada["guest"]["nightsStayed"]) == (2, 4)
    assert ada["guest"]["reservations"]["totalCount"] == 3
    assert [stay["reservation"]["meal"] for stay in ada["guest"]["stays"]["nodes"]] == ["HB", "HB"]
    assert ada["guest"]["preferences"]["nodes"] == [
        {
            "category": "MEAL",
            "value": "HB",
            "scope": "GLOBAL",
            "origin": "INFERRED",
            "status": "ACTIVE",
            "isActive": True,
            "reason": "2 of the last 2 stays agree.",
            "property": None,
        },
        {
            "category": "ROOM",
            "value": "A",
            "scope": "PROPERTY",
            "origin": "INFERRED",
            "status": "ACTIVE",
            "isActive": True,
            "reason": "2 of the last 2 stays agree.",
            "property": {"code": "HARBOUR"},
        },
    ]


async def test_customers_are_filtered_and_ordered_by_what_hotels_know(patron: Patron) -> None:
    await regular(patron.prepared)

    data = await patron.data(
        """{ repeat: customers(where: {guest: {isRepeatGuest: {eq: true}, completedStays: {gte: 2}}}) {
               nodes { displayName } }
             liking: customers(where: {guest: {preferences: {some: {value: {eq: "HB"}, status: {eq: ACTIVE}}}}}) {
               nodes { displayName } }
             absent: customers(where: {guest: {noShows: {gt: 0}}}) { totalCount } }"""
    )

    assert data["repeat"]["nodes"] == data["liking"]["nodes"] == [{"displayName": "Ada"}]
    assert data["absent"]["totalCount"] == 0
    assert len(patron.statements) == 3


async def test_the_arrivals_of_a_day(patron: Patron) -> None:
    await regular(patron.prepared)

    data = await patron.data(
        """query Arrivals($day: Date!) { reservations(where: {arrival: {eq: $day}, status: {eq: CONFIRMED}}) {
             nodes { arrival room guest { customer { displayName } preferences { totalCount } } } } }""",
        {"day": (TODAY + DAY).isoformat()},
    )

    [arrival] = data["reservations"]["nodes"]
    assert (arrival["room"], arrival["guest"]["customer"]["displayName"]) == ("7", "Ada")
    assert len(patron.statements) == 1


async def test_reservations_and_stays_join_the_timeline(patron: Patron) -> None:
    await regular(patron.prepared)

    data = await patron.data(
        """{ customers(where: {displayName: {eq: "Ada"}}) { nodes { timeline(first: 10) {
               totalCount nodes { __typename summary occurredAt } } } } }"""
    )

    timeline = data["customers"]["nodes"][0]["timeline"]
    assert timeline["totalCount"] == 5
    assert {entry["__typename"] for entry in timeline["nodes"]} == {"Reservation", "Stay"}
    assert timeline["nodes"] == sorted(timeline["nodes"], key=lambda entry: entry["occurredAt"], reverse=True)


async def test_from_reservation_to_check_out(patron: Patron) -> None:
    hotel = await open_hotel(patron.prepared)
    ada = await customer(patron.prepared)

    made = await patron.data(
        """mutation($input: ReservationCreateInput!) { reservationCreate(input: $input) {
             reservation { id nights status rate { amount currencyCode } reservedRoomType { code } guest { completedStays } }
             userErrors { code message path } } }""",
        {
            "input": {
                "customerId": outer("cus", ada),
                "propertyId": outer("htl", hotel.id),
                "arrival": TODAY.isoformat(),
                "departure": (TODAY + 2 * DAY).isoformat(),
                "roomTypeId": outer("rmt", hotel.room_types["A"]),
                "rate": {"amount": "95.50", "currencyCode": "EUR"},
                "room": "7",
            }
        },
    )
    reservation = made["reservationCreate"]["reservation"]
    assert made["reservationCreate"]["userErrors"] == []
    assert reservation["rate"] == {"amount": "95.50", "currencyCode": "EUR"}
    assert reservation["reservedRoomType"] == {"code": "A"}

    for field in ("reservationCheckIn", "reservationCheckOut"):
        answer = await patron.data(
            f"""mutation($id: ID!) {{ {field}(input: {{id: $id}}) {{
                  reservation {{ status stay {{ checkIn checkOut room }} guest {{ completedStays }} }}
                  userErrors {{ message }} }} }}""",
            {"id": reservation["id"]},
        )
    assert answer["reservationCheckOut"] == {
        "reservation": {
            "status": "CHECKED_OUT",
            "stay": {"checkIn": TODAY.isoformat(), "checkOut": TODAY.isoformat(), "room": "7"},
            "guest": {"completedStays": 1},
        },
        "userErrors": [],
    }


async def test_what_the_caller_can_mend_is_a_user_error(patron: Patron) -> None:
    hotel = await open_hotel(patron.prepared)
    ada = await customer(patron.prepared)
    create = """mutation($input: ReservationCreateInput!) { reservationCreate(input: $input) {
                  reservation { id } userErrors { code path } } }"""
    values = {
        "customerId": outer("cus", ada),
        "propertyId": outer("htl", hotel.id),
        "arrival": TODAY.isoformat(),
        "departure": TODAY.isoformat(),
    }

    backwards = await patron.data(create, {"input": values})
    values["departure"] = (TODAY + DAY).isoformat()
    await patron.data(
        'mutation($id: ID!) { guestBlock(input: {customerId: $id, reason: "Noise."}) { guest { blocked } } }',
        {"id": outer("cus", ada)},
    )
    blocked = await patron.data(create, {"input": values})

    assert backwards["reservationCreate"]["userErrors"] == [{"code": "INVALID_INPUT", "path": ["input", "departure"]}]
    assert blocked["reservationCreate"] == {
        "reservation": None,
        "userErrors": [{"code": "GUEST_BLOCKED", "path": ["input", "customerId"]}],
    }


async def test_a_wish_overrules_and_the_conflict_is_shown(patron: Patron) -> None:
    await regular(patron.prepared)
    found = await patron.data('{ customers(where: {displayName: {eq: "Ada"}}) { nodes { id } } }')

    data = await patron.data(
        """mutation($id: ID!) { guestPreferenceSet(input: {customerId: $id, category: MEAL, value: "BB"}) {
             preference { value status settles { nodes { value origin status settledBy { value } } } }
             userErrors { message } } }""",
        {"id": found["customers"]["nodes"][0]["id"]},
    )

    assert data["guestPreferenceSet"]["preference"] == {
        "value": "BB",
        "status": "ACTIVE",
        "settles": {
            "nodes": [{"value": "HB", "origin": "INFERRED", "status": "OVERRULED", "settledBy": {"value": "BB"}}]
        },
    }


async def test_imported_bookings_are_counted(patron: Patron) -> None:
    await sample(patron.prepared)

    data = await patron.data(
        """{ reservations { totalCount } stays { totalCount } guests(where: {pseudonymous: {eq: true}}) { totalCount }
             dayUse: reservations(where: {isDayUse: {eq: true}}) { nodes { nights rate { amount } } }
             repeat: guests(where: {isRepeatGuest: {eq: true}}) { totalCount }
             properties(orderBy: [{field: CODE}]) { nodes { code reservations { totalCount } } } }"""
    )

    assert (data["reservations"]["totalCount"], data["stays"]["totalCount"], data["guests"]["totalCount"]) == (
        20,
        13,
        20,
    )
    assert data["dayUse"]["nodes"] == [{"nights": 0, "rate": {"amount": "0.00"}}]
    assert data["repeat"]["totalCount"] == 0
    assert [place["reservations"]["totalCount"] for place in data["properties"]["nodes"]] == [8, 12]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
async def test_examples_answer(patron: Patron, example: Example) -> None:
    await regular(patron.prepared)

    await patron.data(example.query, orjson.loads(example.variables or "{}"))

    assert len(patron.statements) == 1


async def test_the_query_of_the_readme_answers(patron: Patron) -> None:
    await regular(patron.prepared)
    readme = (Path(__file__).parent.parent / "README.md").read_text()

    data = await patron.data(readme.split("```graphql\n")[1].split("```")[0])

    [ada] = data["customers"]["nodes"]
    assert (ada["displayName"], ada["guest"]["completedStays"]) == ("Ada", 2)
    assert [node["room"] for node in ada["guest"]["reservations"]["nodes"]] == ["7"]
