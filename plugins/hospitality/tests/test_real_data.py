"""The published hotel bookings, as they are: every line arrives, a second import changes nothing."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from patron_core.imports.runner import ImportReport, run_import
from patron_hospitality.importers import HotelBookings
from patron_schema.testing.service import Patron

pytestmark = pytest.mark.real_data

COUNTS = """{
  reservations { totalCount }
  checkedOut: reservations(where: {status: {eq: CHECKED_OUT}}) { totalCount }
  cancelled: reservations(where: {status: {eq: CANCELLED}}) { totalCount }
  noShow: reservations(where: {status: {eq: NO_SHOW}}) { totalCount }
  dayUse: reservations(where: {isDayUse: {eq: true}}) { totalCount }
  withoutAdults: reservations(where: {adults: {eq: 0}}) { totalCount }
  resort: reservations(where: {property: {code: {eq: "Resort Hotel"}}}) { totalCount }
  stays { totalCount }
  guests { totalCount }
  repeatGuests: guests(where: {isRepeatGuest: {eq: true}}) { totalCount }
  customers { totalCount }
  transactions { totalCount }
}"""


async def take_in(patron: Patron) -> ImportReport:
    prepared = patron.prepared
    return await run_import(
        prepared.database,
        HotelBookings(),
        [Path(os.environ["PATRON_DATA_DIR"]) / "hospitality"],
        actor=prepared.actor,
        plugins=prepared.plugins,
        clock=prepared.clock,
        ids=prepared.ids,
    )


async def test_all_bookings_arrive_and_a_second_import_changes_nothing(patron: Patron) -> None:
    began = time.perf_counter()
    first = await take_in(patron)
    print(f"{patron.prepared.dialect}: {first.rows / (time.perf_counter() - began):.0f} rows/s")
    data = await patron.data(COUNTS)
    again = await take_in(patron)

    assert first.bad_row_count == 0
    assert {name: part["totalCount"] for name, part in data.items()} == {
        "reservations": 10_938,
        "checkedOut": 5_051,
        "cancelled": 5_730,
        "noShow": 157,
        "dayUse": 61,
        "withoutAdults": 16,
        "resort": 7_283,
        "stays": 5_051,
        "guests": 10_938,
        "repeatGuests": 0,
        "customers": 10_938,
        "transactions": 0,
    }
    assert (again.counts.created, again.counts.unchanged) == ({}, {"reservations": 10_938})
    assert await patron.data(COUNTS) == data
