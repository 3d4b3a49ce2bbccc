"""Times of practitioners: two appointments never share an instant, states follow each other as FHIR R4 lets them.

In come commands, out go appointments. Who books holds the practitioner's row until the end of the transaction, so that
of two who want the same time the second sees the first.
"""

from __future__ import annotations

import datetime as dt
import uuid
from types import MappingProxyType
from typing import Final

from sqlalchemy import select

from patron_core.errors import Conflict, InvalidInput
from patron_core.hookspecs import Veto
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import same_version
from patron_healthcare.codes import AppointmentStatus
from patron_healthcare.commands import BookAppointment, ChangeAppointmentStatus
from patron_healthcare.events import AppointmentBooked, AppointmentStatusChanged
from patron_healthcare.models import Appointment, Patient, Practitioner

__all__ = ["KEEPS_TIME", "NEXT_STATUSES", "book_appointment", "change_appointment_status", "in_the_past"]

_S = AppointmentStatus

NEXT_STATUSES: Final = MappingProxyType(
    {
        _S.PROPOSED: (_S.PENDING, _S.BOOKED, _S.WAITLIST, _S.CANCELLED, _S.ENTERED_IN_ERROR),
        _S.PENDING: (_S.BOOKED, _S.CANCELLED, _S.ENTERED_IN_ERROR),
        _S.BOOKED: (_S.ARRIVED, _S.CHECKED_IN, _S.NO_SHOW, _S.CANCELLED, _S.ENTERED_IN_ERROR),
        _S.ARRIVED: (_S.CHECKED_IN, _S.FULFILLED, _S.CANCELLED, _S.ENTERED_IN_ERROR),
        _S.CHECKED_IN: (_S.FULFILLED, _S.CANCELLED, _S.ENTERED_IN_ERROR),
        _S.WAITLIST: (_S.PENDING, _S.BOOKED, _S.CANCELLED, _S.ENTERED_IN_ERROR),
        _S.FULFILLED: (_S.ENTERED_IN_ERROR,),
        _S.NO_SHOW: (_S.ENTERED_IN_ERROR,),
        _S.CANCELLED: (_S.ENTERED_IN_ERROR,),
        _S.ENTERED_IN_ERROR: (),
    }
)

#: In these states an appointment keeps the practitioner's time from others.
KEEPS_TIME: Final = (_S.PENDING, _S.BOOKED, _S.ARRIVED, _S.CHECKED_IN, _S.FULFILLED)

_ONCE_BEGUN: Final = (_S.NO_SHOW, _S.FULFILLED)


def book_appointment(command: BookAppointment, uow: UnitOfWork) -> Appointment:
    """Books a time. CONFLICT where the practitioner keeps any instant of it for somebody else."""
    practitioner = uow.get(Practitioner, command.practitioner_id, lock=True, path=("practitioner_id",))
    patient = uow.get(Patient, command.patient_id, path=("patient_id",))
    if not practitioner.active:
        raise InvalidInput(
            "No appointments are made with this practitioner. They are not active. Choose another one.",
            path=("practitioner_id",),
        )
    if patient.deceased:
        raise InvalidInput(
            "No appointments are made for this patient. The record says that they died. Check the patient.",
            path=("patient_id",),
        )
    _refuse_taken(uow, practitioner.id, starts_at=command.starts_at, ends_at=command.ends_at, but=None)
    appointment = uow.add(
        Appointment(
            patient_id=patient.id,
            practitioner_id=practitioner.id,
            status=AppointmentStatus.BOOKED,
            starts_at=command.starts_at,
            ends_at=command.ends_at,
            reason=command.reason,
        )
    )
    uow.emit(
        AppointmentBooked(
            customer_id=patient.customer_id,
            appointment_id=appointment.id,
            practitioner_id=practitioner.id,
            starts_at=command.starts_at,
            ends_at=command.ends_at,
        )
    )
    return appointment


def change_appointment_status(command: ChangeAppointmentStatus, uow: UnitOfWork) -> Appointment:
    """Moves an appointment to a state that may follow; CONFLICT where it would take a time that is kept by now."""
    seen = uow.get(Appointment, command.id, path=("id",))
    # First the practitioner, as when booking: whoever holds rows in one order never waits for each other.
    uow.get(Practitioner, seen.practitioner_id, lock=True)
    appointment = uow.get(Appointment, command.id, lock=True, path=("id",))
    same_version(appointment, version=command.version)
    before = appointment.status
    _check_step(appointment, to=command.status, now=uow.now)
    if command.status in KEEPS_TIME and before not in KEEPS_TIME:
        _refuse_taken(
            uow,
            appointment.practitioner_id,
            starts_at=appointment.starts_at,
            ends_at=appointment.ends_at,
            but=appointment.id,
        )
    if command.status is before:
        return appointment
    appointment.status = command.status
    appointment.cancellation_reason = command.reason
    patient = uow.get(Patient, appointment.patient_id)
    uow.emit(
        AppointmentStatusChanged(
            customer_id=patient.customer_id,
            appointment_id=appointment.id,
            from_status=before,
            to_status=command.status,
        )
    )
    return appointment


def in_the_past(command: BookAppointment, *, now: dt.datetime) -> Veto | None:
    """The gate's answer: nothing is booked that has begun."""
    if command.starts_at >= now:
        return None
    return Veto(
        "APPOINTMENT_IN_PAST",
        "An appointment cannot be booked in the past. The time it begins is over. Choose a later one.",
        ("starts_at",),
    )


def _check_step(appointment: Appointment, *, to: AppointmentStatus, now: dt.datetime) -> None:
    current = appointment.status
    if to is not current and to not in NEXT_STATUSES[current]:
        allowed = " or ".join(status.name for status in NEXT_STATUSES[current]) or "no other state"
        raise InvalidInput(
            f"The appointment cannot change that way. It is {current.name}, {to.name} was given. "
            f"What may follow is {allowed}.",
            path=("status",),
        )
    if to in _ONCE_BEGUN and to is not current and now < appointment.starts_at:
        raise InvalidInput(
            f"The appointment has not begun. {to.name} was given before its time. Wait, or call it off.",
            path=("status",),
        )


def _refuse_taken(
    uow: UnitOfWork, practitioner_id: uuid.UUID, *, starts_at: dt.datetime, ends_at: dt.datetime, but: uuid.UUID | None
) -> None:
    """Half-open: one may begin at the instant the other ends."""
    taken = select(Appointment.id).where(
        Appointment.practitioner_id == practitioner_id,
        Appointment.status.in_(KEEPS_TIME),
        Appointment.starts_at < ends_at,
        Appointment.ends_at > starts_at,
    )
    if but is not None:
        taken = taken.where(Appointment.id != but)
    if uow.select(taken.limit(1)):
        raise Conflict(
            "The practitioner has another appointment at that time. The times given share an instant with it. "
            "Choose another time or practitioner.",
            path=("starts_at",),
        )
