"""Importing hotel bookings: what becomes of good, bad, repeated and strange lines, on small files."""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.models import Customer, LifecycleStage
from patron_core.errors import InvalidInput
from patron_core.imports.importer import Item, Source, WrongFormat
from patron_core.imports.runner import ImportReport, run_import
from patron_core.parties.commands import NewExternalIdentifier, NewPerson
from patron_core.parties.models import Party
from patron_core.transactions.models import Transaction
from patron_core.values import Money
from patron_hospitality.commands import BlockGuest
from patron_hospitality.demo import SAMPLES
from patron_hospitality.importers import HotelBookings, HotelBookingsOptions
from patron_hospitality.importers.booking_row import COLUMNS
from patron_hospitality.models import (
    Guest,
    GuestPreference,
    MarketSegment,
    MealPlan,
    PreferenceOrigin,
    Property,
    Reservation,
    ReservationStatus,
    RoomNight,
    RoomType,
    Stay,
)
from patron_schema.testing.databases import PreparedDatabase

from .hotel import all_of

SAMPLE = SAMPLES / "hotel_bookings.csv"
SOUND = dict(zip(COLUMNS, SAMPLE.read_text().splitlines()[1].split(","), strict=True))


async def take_in(
    database: PreparedDatabase, file: Path = SAMPLE, *, dry_run: bool = False, **options: Any
) -> ImportReport:
    return await run_import(
        database.database,
        HotelBookings(),
        [file],
        actor=database.actor,
        plugins=database.plugins,
        clock=database.clock,
        ids=database.ids,
        options=options,
        dry_run=dry_run,
    )


def written(folder: Path, *rows: dict[str, str]) -> Path:
    """A file of bookings, each a sound one with some columns changed."""
    file = folder / "bookings.csv"
    with file.open("w", newline="") as stream:
        table = csv.DictWriter(stream, COLUMNS)
        table.writeheader()
        table.writerows({**SOUND, **row} for row in rows)
    return file


def read(file: Path, **options: Any) -> list[Any]:
    return list(HotelBookings().read(Source((file,)), options=HotelBookingsOptions(**options)))


async def test_each_line_is_a_reservation_of_a_guest_of_its_own(database: PreparedDatabase) -> None:
    report = await take_in(database)

    assert report.bad_row_count == 0
    assert report.counts.created == {"customers": 20, "hotels": 2, "reservations": 20, "room types": 7, "stays": 13}
    assert report.counts.noted == {
        "reservations for day use (no night)": 1,
        "reservations without an adult": 1,
        "stays that ended on another day than booked": 1,
    }
    assert Counter(row.status for row in await all_of(database, Reservation)) == {
        ReservationStatus.CHECKED_OUT: 13,
        ReservationStatus.CANCELLED: 5,
        ReservationStatus.NO_SHOW: 2,
    }
    assert len(await all_of(database, Stay)) == 13
    guests = await all_of(database, Guest)
    assert len({guest.customer_id for guest in guests}) == 20
    assert all(guest.pseudonymous and guest.repeat_since is None for guest in guests)


async def test_nothing_is_made_up(database: PreparedDatabase) -> None:
    await take_in(database)

    for model in (Transaction, GuestPreference, RoomNight):
        assert await all_of(database, model) == []
    assert all(row.room is None for row in await all_of(database, Reservation))


async def test_a_second_import_changes_nothing(database: PreparedDatabase) -> None:
    await take_in(database)
    before = {row.id: row.version for row in await all_of(database, Reservation)}

    again = await take_in(database)

    assert (again.counts.created, again.counts.unchanged) == ({}, {"reservations": 20})
    assert {row.id: row.version for row in await all_of(database, Reservation)} == before
    assert len(await all_of(database, Customer)) == 20


async def test_the_rest_is_taken_in_when_a_file_has_grown(database: PreparedDatabase, tmp_path: Path) -> None:
    lines = SAMPLE.read_text().splitlines(keepends=True)
    part = tmp_path / "part.csv"
    part.write_text("".join(lines[:8]))

    await take_in(database, part)
    report = await take_in(database)

    assert report.counts.unchanged == {"reservations": 7}
    assert len(await all_of(database, Reservation)) == 20


async def test_a_customer_of_that_name_who_was_there_before_becomes_the_guest(
    database: PreparedDatabase, tmp_path: Path
) -> None:
    file = written(tmp_path, {}, {})
    [first, second] = read(file)
    known = [
        await database.do(
            CreateCustomer(
                person=NewPerson(display_name="Known"),
                external_identifiers=(NewExternalIdentifier(system="hotel-bookings", value=item.source_key),),
            )
        )
        for item in (first, second)
    ]
    await database.do(BlockGuest(customer_id=known[0].id, reason="Is a guest already."))

    report = await take_in(database, file)

    assert report.counts.created == {"hotels": 1, "reservations": 2, "room types": 1, "stays": 2}
    guests = await all_of(database, Guest)
    assert {(row.customer_id, row.pseudonymous) for row in guests} == {(known[0].id, False), (known[1].id, True)}
    assert {row.guest_id for row in await all_of(database, Reservation)} == {row.id for row in guests}


async def test_exact_repeats_are_guests_of_their_own(database: PreparedDatabase) -> None:
    await take_in(database)

    names = Counter(party.display_name.split("-")[0] for party in await all_of(database, Party))
    assert sorted(names.values())[-2:] == [2, 3]
    assert len({party.display_name for party in await all_of(database, Party)}) == 20


async def test_what_a_line_says_arrives(database: PreparedDatabase) -> None:
    await take_in(database)

    first = await database.do(lambda uow: uow.select(select(Reservation).where(Reservation.special_requests == 1)))
    [row] = first
    [hotel] = [place for place in await all_of(database, Property) if place.id == row.property_id]
    kinds = {kind.id: kind.code for kind in await all_of(database, RoomType)}
    assert (hotel.code, hotel.timezone) == ("Seaside Sample Hotel", "Europe/Lisbon")
    assert (row.arrival, row.departure, row.nights) == (dt.date(2024, 6, 3), dt.date(2024, 6, 7), 4)
    assert row.booked_at == dt.datetime(2024, 5, 13, 23, tzinfo=dt.UTC)  # midnight of the 14th in Lisbon
    assert (row.rate, row.meal, row.market_segment) == (
        Money(11250, "EUR"),
        MealPlan.HB,
        MarketSegment.ONLINE_AGENT,
    )
    assert kinds[row.reserved_room_type_id] == kinds[row.assigned_room_type_id] == "D"
    assert row.status_on == dt.date(2024, 6, 7)


async def test_strange_lines_keep_what_they_say(database: PreparedDatabase) -> None:
    await take_in(database)

    rows = await all_of(database, Reservation)
    [day_use] = [row for row in rows if row.nights == 0]
    assert (day_use.arrival, day_use.departure, day_use.rate) == (dt.date(2024, 6, 12),) * 2 + (Money(0, "EUR"),)
    [by_themselves] = [row for row in rows if row.adults == 0]
    assert by_themselves.children == 3
    [corrected] = [row for row in rows if row.rate.minor < 0]
    assert (corrected.rate, corrected.market_segment, corrected.distribution_channel) == (
        Money(-638, "EUR"),
        None,
        None,
    )
    [uncounted] = [row for row in rows if row.children is None]
    assert uncounted.meal is MealPlan.SC  # "Undefined" is no meal package
    assert sum(guest.country is None for guest in await all_of(database, Guest)) == 1
    stays = {(row.check_in, row.check_out, row.nights) for row in await all_of(database, Stay)}
    assert (dt.date(2024, 7, 1), dt.date(2024, 7, 4), 3) in stays  # four days before the departure that was booked


async def test_who_stayed_is_a_customer_and_who_did_not_a_prospect(database: PreparedDatabase) -> None:
    await take_in(database)

    customers = await all_of(database, Customer)
    assert Counter((who.lifecycle_stage, who.since is None) for who in customers) == {
        (LifecycleStage.ACTIVE, False): 13,
        (LifecycleStage.PROSPECT, True): 7,
    }


async def test_booked_meals_and_rooms_are_preferences_when_asked_for(database: PreparedDatabase) -> None:
    report = await take_in(database, booked_as_preferences=True)

    made = await all_of(database, GuestPreference)
    assert report.counts.created["preferences"] == len(made) == 40
    assert {row.origin for row in made} == {PreferenceOrigin.IMPORTED}


async def test_a_dry_run_counts_and_writes_nothing(database: PreparedDatabase) -> None:
    report = await take_in(database, dry_run=True)

    assert report.counts.created["reservations"] == 20
    assert await all_of(database, Reservation) == []


async def test_bad_rows_are_reported_by_line_and_the_others_arrive(database: PreparedDatabase, tmp_path: Path) -> None:
    file = written(tmp_path, {"adr": "ten"}, {}, {"arrival_date_day_of_month": "31"})

    report = await take_in(database, file)

    assert [(row.line, row.reason) for row in report.bad_rows] == [
        (2, "Column adr holds no amount of EUR."),
        (4, "The columns arrival_date_year, _month and _day_of_month make no date."),
    ]
    assert report.counts.created["reservations"] == 1


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("hotel", "NULL"),
        ("hotel", "x" * 101),
        ("hotel", "a\tb"),
        ("adults", "-1"),
        ("adults", "two"),
        ("adults", "\u0662"),
        ("adults", "9999999"),
        ("lead_time", "999999"),
        ("arrival_date_month", "Juli"),
        ("arrival_date_year", "0"),
        ("meal", "XX"),
        ("market_segment", "NULL"),
        ("distribution_channel", "Pigeon"),
        ("reservation_status", "Checked"),
        ("reservation_status_date", "13/13/2024"),
        ("reservation_status_date", "6/2/2024"),
        ("is_canceled", "1"),
        ("is_canceled", "yes"),
        ("adr", "1.234"),
        ("adr", "NaN"),
        ("adr", "1e30"),
        ("total_of_special_requests", ""),
    ],
)
def test_what_is_not_sound_makes_a_row_bad(tmp_path: Path, column: str, value: str) -> None:
    [bad] = read(written(tmp_path, {column: value}))

    assert bad.line == 2
    assert value not in bad.reason or value in ("NULL", "", "1", "0")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("children", "NA"),
        ("children", "2.0"),
        ("country", "NULL"),
        ("adr", "NULL"),
        ("adr", "0.00"),
        ("reserved_room_type", "NULL"),
        ("reservation_status_date", "2024-06-07"),
    ],
)
def test_what_is_missing_or_written_otherwise_is_sound(tmp_path: Path, column: str, value: str) -> None:
    [item] = read(written(tmp_path, {column: value}))

    assert isinstance(item, Item)


async def test_a_line_without_a_rate_has_none_and_not_zero(database: PreparedDatabase, tmp_path: Path) -> None:
    await take_in(database, written(tmp_path, {"adr": "NULL", "reserved_room_type": "NULL"}))

    [row] = await all_of(database, Reservation)
    assert (row.rate, row.reserved_room_type_id) == (None, None)


async def test_another_file_is_refused_before_anything_is_written(database: PreparedDatabase, tmp_path: Path) -> None:
    file = tmp_path / "other.csv"
    file.write_text("hotel,is_canceled\nA,0\n")

    with pytest.raises(WrongFormat, match="is not a file of format hotel-bookings"):
        await take_in(database, file)
    assert await all_of(database, Customer) == []


@pytest.mark.parametrize(("name", "value"), [("currency", "euro"), ("timezone", "Lisbon"), ("colour", "red")])
async def test_a_wrong_option_is_named(database: PreparedDatabase, name: str, value: str) -> None:
    with pytest.raises(InvalidInput, match=f"option {name} of hotel-bookings"):
        await take_in(database, **{name: value})


async def test_rates_are_in_the_currency_that_is_said(database: PreparedDatabase, tmp_path: Path) -> None:
    report = await take_in(database, written(tmp_path, {"adr": "80"}, {"adr": "80.5"}), currency="JPY")

    [row] = await all_of(database, Reservation)
    assert row.rate == Money(80, "JPY")
    assert [bad.reason for bad in report.bad_rows] == ["Column adr holds no amount of JPY."]
