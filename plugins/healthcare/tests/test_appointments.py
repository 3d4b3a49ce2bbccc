"""Appointments: no instant of a practitioner is kept twice, nothing is booked in the past, states follow each other."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from typing import Any

import pytest

from patron_core.errors import Conflict, Forbidden, InvalidInput, NotFound, Vetoed
from patron_core.messages import Actor
from patron_healthcare.appointments import KEEPS_TIME, NEXT_STATUSES
from patron_healthcare.codes import AppointmentStatus
from patron_healthcare.commands import BookAppointment, ChangeAppointmentStatus
from patron_healthcare.events import AppointmentBooked, AppointmentStatusChanged
from patron_healthcare.models import Appointment, Patient, Practitioner
from patron_schema.testing.databases import NOON, PreparedDatabase

from .clinic import all_of, patient, practitioner

HOUR = dt.timedelta(hours=1)
NINE = NOON + 21 * HOUR
S = AppointmentStatus


@pytest.fixture
async def mira(database: PreparedDatabase) -> Patient:
    return await patient(database)


@pytest.fixture
async def dora(database: PreparedDatabase) -> Practitioner:
    return await practitioner(database)


def book(of: Patient, by: Practitioner, *, at: dt.datetime = NINE, lasts: dt.timedelta = HOUR) -> BookAppointment:
    return BookAppointment(patient_id=of.id, practitioner_id=by.id, starts_at=at, ends_at=at + lasts, reason="Check-up")


async def move(database: PreparedDatabase, appointment: Appointment, to: AppointmentStatus, **more: Any) -> Appointment:
    command = ChangeAppointmentStatus(id=appointment.id, version=appointment.version, status=to, **more)
    moved: Appointment = await database.do(command)
    return moved


async def test_a_time_is_booked(database: PreparedDatabase, mira: Patient, dora: Practitioner) -> None:
    outcome = await database.execute(book(mira, dora))

    appointment = outcome.value
    assert (appointment.status, appointment.starts_at, appointment.ends_at) == (S.BOOKED, NINE, NINE + HOUR)
    assert [type(committed.event) for committed in outcome.events] == [AppointmentBooked]
    assert outcome.events[0].event.customer_id == mira.customer_id
    assert "Check-up" not in str(outcome.events[0].event.payload())


@pytest.mark.parametrize(
    ("starts_after", "lasts"),
    [(0, 60), (-30, 60), (30, 60), (15, 15), (-60, 180), (59, 60), (-59, 60)],
)
async def test_a_practitioner_cannot_be_booked_twice(
    database: PreparedDatabase, mira: Patient, dora: Practitioner, starts_after: int, lasts: int
) -> None:
    minute = dt.timedelta(minutes=1)
    await database.do(book(mira, dora))

    with pytest.raises(Conflict) as refused:
        await database.do(book(mira, dora, at=NINE + starts_after * minute, lasts=lasts * minute))

    assert refused.value.path == ("starts_at",)
    assert len(await all_of(database, Appointment)) == 1


async def test_one_may_begin_when_the_other_ends(database: PreparedDatabase, mira: Patient, dora: Practitioner) -> None:
    await database.do(book(mira, dora))

    await database.do(book(mira, dora, at=NINE + HOUR))
    await database.do(book(mira, dora, at=NINE - HOUR))

    assert len(await all_of(database, Appointment)) == 3


async def test_two_practitioners_keep_the_same_time(
    database: PreparedDatabase, mira: Patient, dora: Practitioner
) -> None:
    await database.do(book(mira, dora))

    await database.do(book(mira, await practitioner(database, "Noel")))

    assert len(await all_of(database, Appointment)) == 2


async def test_of_many_who_want_a_time_at_once_one_gets_it(
    database: PreparedDatabase, mira: Patient, dora: Practitioner
) -> None:
    results = await asyncio.gather(
        *(database.do(book(mira, dora, at=NINE + n * dt.timedelta(minutes=5))) for n in range(6)),
        return_exceptions=True,
    )

    assert sum(isinstance(result, Appointment) for result in results) == 1
    assert sum(isinstance(result, Conflict) for result in results) == 5


async def test_a_time_that_is_called_off_is_free_again(
    database: PreparedDatabase, mira: Patient, dora: Practitioner
) -> None:
    first = await database.do(book(mira, dora))
    cancelled = await move(database, first, S.CANCELLED, reason="The patient is abroad.")

    second = await database.do(book(mira, dora))

    assert cancelled.cancellation_reason == "The patient is abroad."
    assert second.status is S.BOOKED


async def test_nothing_is_booked_in_the_past(database: PreparedDatabase, mira: Patient, dora: Practitioner) -> None:
    with pytest.raises(Vetoed) as refused:
        await database.do(book(mira, dora, at=NOON - dt.timedelta(seconds=1)))
    now = await database.do(book(mira, dora, at=NOON))

    assert (refused.value.public_code, refused.value.path) == ("APPOINTMENT_IN_PAST", ("starts_at",))
    assert now.starts_at == NOON


async def test_who_may_not_be_booked_is_refused(database: PreparedDatabase, mira: Patient, dora: Practitioner) -> None:
    def retire(uow: Any) -> None:
        uow.update_rows(Practitioner, Practitioner.id == dora.id, values={"active": False})

    stranger = await database.tenant("Another clinic")
    with pytest.raises(NotFound):
        await database.do(book(mira, dora), actor=stranger)
    await database.do(retire)
    with pytest.raises(InvalidInput) as retired:
        await database.do(book(mira, dora))
    noel = await practitioner(database, "Noel")
    await database.do(lambda uow: uow.update_rows(Patient, Patient.id == mira.id, values={"deceased": True}))
    with pytest.raises(InvalidInput) as dead:
        await database.do(book(mira, noel))

    assert (retired.value.path, dead.value.path) == (("practitioner_id",), ("patient_id",))


@pytest.mark.parametrize("lasts", [dt.timedelta(0), -HOUR, 25 * HOUR])
def test_an_appointment_ends_after_it_begins_and_within_a_day(lasts: dt.timedelta) -> None:
    with pytest.raises(InvalidInput) as refused:
        BookAppointment(patient_id=uuid.uuid4(), practitioner_id=uuid.uuid4(), starts_at=NINE, ends_at=NINE + lasts)

    assert refused.value.path == ("ends_at",)


async def test_an_appointment_goes_from_booked_to_fulfilled(
    database: PreparedDatabase, mira: Patient, dora: Practitioner
) -> None:
    booked = await database.do(book(mira, dora))
    database.clock.advance(22 * HOUR)

    arrived = await move(database, booked, S.ARRIVED)
    outcome = await database.execute(
        ChangeAppointmentStatus(id=arrived.id, version=arrived.version, status=S.FULFILLED)
    )

    assert outcome.value.status is S.FULFILLED
    (committed,) = outcome.events
    assert isinstance(committed.event, AppointmentStatusChanged)
    assert (committed.event.from_status, committed.event.to_status) == (S.ARRIVED, S.FULFILLED)


async def test_states_follow_each_other_only_as_they_may(
    database: PreparedDatabase, mira: Patient, dora: Practitioner
) -> None:
    booked = await database.do(book(mira, dora))

    for to in (S.FULFILLED, S.PROPOSED, S.WAITLIST, S.NO_SHOW):
        with pytest.raises(InvalidInput) as refused:
            await move(database, booked, to)
        assert refused.value.path == ("status",)
    with pytest.raises(Conflict):
        await database.do(ChangeAppointmentStatus(id=booked.id, version=9, status=S.ARRIVED))


async def test_a_patient_who_did_not_come_is_known_only_after_the_beginning(
    database: PreparedDatabase, mira: Patient, dora: Practitioner
) -> None:
    booked = await database.do(book(mira, dora))
    database.clock.advance(21 * HOUR)

    missed = await move(database, booked, S.NO_SHOW)

    assert missed.status is S.NO_SHOW


async def test_who_waits_gets_a_time_only_if_it_is_free(
    database: PreparedDatabase, mira: Patient, dora: Practitioner
) -> None:
    await database.do(book(mira, dora))
    values = {"patient_id": mira.id, "practitioner_id": dora.id, "status": S.WAITLIST}
    taken, free = await database.do(
        lambda uow: [
            uow.add(Appointment(**values, starts_at=NINE + minutes, ends_at=NINE + minutes + HOUR))
            for minutes in (HOUR / 2, HOUR)
        ]
    )

    with pytest.raises(Conflict):
        await move(database, taken, S.BOOKED)
    assert (await move(database, free, S.BOOKED)).status is S.BOOKED


def test_every_state_says_what_may_follow_and_the_last_one_nothing() -> None:
    assert set(NEXT_STATUSES) == set(AppointmentStatus)
    assert NEXT_STATUSES[S.ENTERED_IN_ERROR] == ()
    assert S.CANCELLED not in KEEPS_TIME


def test_a_reason_belongs_to_calling_off() -> None:
    with pytest.raises(InvalidInput):
        ChangeAppointmentStatus(id=uuid.uuid4(), version=1, status=S.ARRIVED, reason="x")


async def test_booking_needs_its_scope(database: PreparedDatabase, mira: Patient, dora: Practitioner) -> None:
    nurse = Actor(database.tenant_id, "nurse", "user", scopes=("healthcare:record",))
    reception = Actor(database.tenant_id, "reception", "user", scopes=("healthcare:book",))

    with pytest.raises(Forbidden):
        await database.do(book(mira, dora), actor=nurse)
    await database.do(book(mira, dora), actor=reception)
