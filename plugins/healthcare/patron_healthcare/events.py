"""What can have happened in care. Events carry ids, times and states, never a clinical fact."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event
from patron_core.records import PHI, Classification
from patron_healthcare.codes import AppointmentStatus

__all__ = [
    "AppointmentBooked",
    "AppointmentStatusChanged",
    "FollowUpClosed",
    "FollowUpOpened",
    "ObservationRecorded",
    "PatientRegistered",
    "PatientsTakenIn",
    "PractitionerRegistered",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientRegistered(Event):
    """A customer is in care."""

    type: ClassVar[str] = "healthcare.patient_registered"
    existence: ClassVar[Classification] = PHI
    patient_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientsTakenIn(Event):
    """Patients came in with an import, all at once."""

    type: ClassVar[str] = "healthcare.patients_taken_in"
    existence: ClassVar[Classification] = PHI
    patient_ids: tuple[uuid.UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PractitionerRegistered(Event):
    """A person cares for patients."""

    type: ClassVar[str] = "healthcare.practitioner_registered"
    practitioner_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentBooked(Event):
    """A practitioner keeps a time for a patient."""

    type: ClassVar[str] = "healthcare.appointment_booked"
    existence: ClassVar[Classification] = PHI
    appointment_id: uuid.UUID
    practitioner_id: uuid.UUID
    starts_at: dt.datetime
    ends_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentStatusChanged(Event):
    """An appointment went from one state to another."""

    type: ClassVar[str] = "healthcare.appointment_status_changed"
    existence: ClassVar[Classification] = PHI
    appointment_id: uuid.UUID
    from_status: AppointmentStatus
    to_status: AppointmentStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationRecorded(Event):
    """Something was measured or found."""

    type: ClassVar[str] = "healthcare.observation_recorded"
    existence: ClassVar[Classification] = PHI
    observation_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpOpened(Event):
    """Somebody has to see to a patient."""

    type: ClassVar[str] = "healthcare.follow_up_opened"
    existence: ClassVar[Classification] = PHI
    follow_up_id: uuid.UUID
    due_on: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpClosed(Event):
    """Somebody has seen to a patient."""

    type: ClassVar[str] = "healthcare.follow_up_closed"
    existence: ClassVar[Classification] = PHI
    follow_up_id: uuid.UUID
