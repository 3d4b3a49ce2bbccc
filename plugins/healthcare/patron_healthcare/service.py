"""What happens in care: commands in, changed records and events out, inside the caller's unit of work.

Appointments stand in `appointments`, the rule of follow-ups in `follow_ups`, that of normal values in `interpretation`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from patron_core.customers.models import Customer
from patron_core.errors import Conflict, InvalidInput
from patron_core.hookspecs import CommandHandler
from patron_core.parties.models import Party, Person
from patron_core.parties.service import make_person
from patron_core.touchpoints.models import Touchpoint
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import not_later, same_version
from patron_healthcare import commands, events, permissions
from patron_healthcare.appointments import book_appointment, change_appointment_status
from patron_healthcare.codes import EncounterStatus, FollowUpStatus, InterpretationOrigin
from patron_healthcare.follow_ups import Abnormal, hold_patients, open_follow_ups
from patron_healthcare.interpretation import ABNORMAL, COUNTED, Interpreted, Measurement, interpret
from patron_healthcare.models import Encounter, FollowUp, Observation, Patient, Practitioner
from patron_healthcare.settings import HealthcareSettings

__all__ = ["HANDLERS", "close_follow_up", "record_observation", "register_patient", "register_practitioner"]

#: Clocks of devices and zones that were left out differ by less than a day.
_LATEST: Final = dt.timedelta(days=1)
_SOURCE_KEY: Final = ("source", "source_key")


def register_patient(command: commands.RegisterPatient, uow: UnitOfWork) -> Patient:
    """Takes a customer into care. CONFLICT where they are already, or another patient has the medical record."""
    customer = uow.get(Customer, command.customer_id, path=("customer_id",))
    if not isinstance(uow.get(Party, customer.party_id), Person):
        raise InvalidInput(
            "Only people come into care. The customer is an organization. Name a person.", path=("customer_id",)
        )
    system = None if command.medical_record_number is None else command.medical_record_system or "local"
    # The unique constraints decide between two at once; asking first only gives the better text.
    if uow.find(Patient, customer_id=customer.id) is not None:
        raise Conflict("The customer is in care already. They were registered before. Use the patient there is.")
    if system is not None and uow.find(
        Patient, medical_record_system=system, medical_record_number=command.medical_record_number
    ):
        raise Conflict(
            "Another patient has this medical record. The number was given before by the same system. Check it.",
            path=("medical_record_number",),
        )
    patient = uow.add(
        Patient(
            customer_id=customer.id,
            medical_record_number=command.medical_record_number,
            medical_record_system=system,
            birth_sex=command.birth_sex,
            deceased=False,
        )
    )
    uow.emit(events.PatientRegistered(customer_id=customer.id, patient_id=patient.id))
    return patient


def register_practitioner(command: commands.RegisterPractitioner, uow: UnitOfWork) -> Practitioner:
    """Makes a person who cares for patients."""
    person = make_person(command.person, uow)
    practitioner = uow.add(Practitioner(person_id=person.id, active=True, npi=command.npi))
    uow.emit(events.PractitionerRegistered(practitioner_id=practitioner.id))
    return practitioner


def record_observation(command: commands.RecordObservation, uow: UnitOfWork) -> Observation:
    """Records an observation, interprets it where nobody did, and opens or moves a follow-up where it is abnormal.

    A source key that is known gives the observation that is there.
    """
    patient = uow.get(Patient, command.patient_id, path=("patient_id",))
    effective_at = command.effective_at or uow.now
    not_later(effective_at, than=uow.now + _LATEST, path="effective_at")
    if command.encounter_id is not None:
        _same_patient(uow.get(Encounter, command.encounter_id, path=("encounter_id",)), patient.id)
    meaning = _meaning(command, patient, effective_at, uow)
    values = _observation(command, effective_at) | (meaning.columns if meaning else {})
    if command.source is None:
        observation = uow.add(Observation(**values))
    elif ids := uow.add_many(Observation, [values], unless_exists=_SOURCE_KEY):
        observation = uow.get(Observation, ids[0])
    else:
        return _known(command, uow)
    uow.emit(events.ObservationRecorded(customer_id=patient.customer_id, observation_id=observation.id))
    if meaning is not None and meaning.interpretation in ABNORMAL and command.status in COUNTED:
        uow.flush()
        open_follow_ups(uow, [_abnormal(observation, patient, meaning, effective_at)])
    return observation


def close_follow_up(command: commands.CloseFollowUp, uow: UnitOfWork) -> FollowUp:
    """Closes a follow-up. The contact must be the patient's, have taken place, and not end before what it is about."""
    hold_patients(uow, [uow.get(FollowUp, command.id, path=("id",)).patient_id])
    follow_up = uow.get(FollowUp, command.id, lock=True, path=("id",))
    same_version(follow_up, version=command.version)
    patient = uow.get(Patient, follow_up.patient_id)
    observed_at = uow.get(Observation, follow_up.based_on_id).effective_at
    if command.encounter_id is not None:
        happened_at, path = _of_encounter(command, patient, uow), "encounter_id"
    else:
        happened_at, path = _of_touchpoint(command, patient, uow), "touchpoint_id"
    if follow_up.closed_at is not None:
        raise Conflict("The follow-up is closed already. It was closed before. There is nothing to do.", path=("id",))
    if observed_at is not None and happened_at < observed_at:
        raise InvalidInput(
            "The contact was over before the observation was made. A contact from before was given. "
            "Name the one in which it was seen to.",
            path=(path,),
        )
    follow_up.status = FollowUpStatus.COMPLETED
    follow_up.closed_at = uow.now
    follow_up.outcome = command.outcome
    follow_up.closing_encounter_id = command.encounter_id
    follow_up.closing_touchpoint_id = command.touchpoint_id
    uow.emit(events.FollowUpClosed(customer_id=patient.customer_id, follow_up_id=follow_up.id))
    return follow_up


def _observation(command: commands.RecordObservation, effective_at: dt.datetime) -> dict[str, Any]:
    return {
        "patient_id": command.patient_id,
        "encounter_id": command.encounter_id,
        "status": command.status,
        "category": command.category,
        "code": command.code,
        "code_system": commands.LOINC,
        "display": command.display,
        "value": command.value,
        "unit": command.unit,
        "value_text": command.value_text,
        "effective_at": effective_at,
        "source": command.source,
        "source_key": command.source_key,
    }


def _meaning(
    command: commands.RecordObservation, patient: Patient, effective_at: dt.datetime, uow: UnitOfWork
) -> Interpreted | None:
    if command.interpretation is not None:
        return Interpreted(interpretation=command.interpretation, origin=InterpretationOrigin.SOURCE)
    if command.value is None or command.unit is None or command.status not in COUNTED:
        return None
    person = uow.get(Person, uow.get(Customer, patient.customer_id).party_id)
    measured = Measurement(
        code=command.code,
        value=command.value,
        unit=command.unit,
        effective_at=effective_at,
        birth_date=person.birth_date,
        birth_sex=patient.birth_sex,
    )
    return interpret(measured, ranges=uow.plugins.settings(HealthcareSettings).reference_ranges)


def _abnormal(observation: Observation, patient: Patient, meaning: Interpreted, effective_at: dt.datetime) -> Abnormal:
    return Abnormal(
        observation_id=observation.id,
        patient_id=patient.id,
        customer_id=patient.customer_id,
        code=observation.code,
        display=observation.display,
        interpretation=meaning.interpretation,
        effective_at=effective_at,
        value=observation.value,
        unit=observation.unit,
        reference_text=meaning.text,
    )


def _known(command: commands.RecordObservation, uow: UnitOfWork) -> Observation:
    known = uow.find(Observation, source=command.source, source_key=command.source_key)
    if known is None:  # written and not yet visible: another transaction is about to commit it
        raise Conflict("The observation is being recorded by another request. It has the same source key. Try again.")
    return known


def _same_patient(encounter: Encounter, patient_id: Any) -> None:
    if encounter.patient_id != patient_id:
        raise InvalidInput(
            "The encounter is another patient's. The encounter and the patient do not belong together. Check both.",
            path=("encounter_id",),
        )


def _of_encounter(command: commands.CloseFollowUp, patient: Patient, uow: UnitOfWork) -> dt.datetime:
    assert command.encounter_id is not None
    encounter = uow.get(Encounter, command.encounter_id, path=("encounter_id",))
    _same_patient(encounter, patient.id)
    if encounter.status is not EncounterStatus.FINISHED:
        raise InvalidInput(
            f"The encounter is not over. It is {encounter.status.name}. Close the follow-up when it is FINISHED.",
            path=("encounter_id",),
        )
    return encounter.ended_at or encounter.occurred_at


def _of_touchpoint(command: commands.CloseFollowUp, patient: Patient, uow: UnitOfWork) -> dt.datetime:
    assert command.touchpoint_id is not None
    touchpoint = uow.get(Touchpoint, command.touchpoint_id, path=("touchpoint_id",))
    if touchpoint.customer_id != patient.customer_id:
        raise InvalidInput(
            "The communication was with somebody else. It is another customer's. Name one with this patient.",
            path=("touchpoint_id",),
        )
    return touchpoint.occurred_at


HANDLERS: Final = (
    CommandHandler(command=commands.RegisterPatient, handler=register_patient, permission=permissions.REGISTER),
    CommandHandler(
        command=commands.RegisterPractitioner, handler=register_practitioner, permission=permissions.REGISTER
    ),
    CommandHandler(command=commands.BookAppointment, handler=book_appointment, permission=permissions.BOOK),
    CommandHandler(
        command=commands.ChangeAppointmentStatus, handler=change_appointment_status, permission=permissions.BOOK
    ),
    CommandHandler(command=commands.RecordObservation, handler=record_observation, permission=permissions.RECORD),
    CommandHandler(command=commands.CloseFollowUp, handler=close_follow_up, permission=permissions.FOLLOW_UP),
)
