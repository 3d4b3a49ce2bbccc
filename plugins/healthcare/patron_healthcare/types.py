"""Care as the API shows it: `Customer.patient` with all that is known of a patient, practitioners and their appointments.

Every field is planned into SQL. `Encounter` is a member of the customers' timeline; its line there names the setting and
never a clinical fact.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import case

from patron_healthcare import codes, models
from patron_schema.declare import Connection, Query, expression, extends, planned, related, resolver, root, total
from patron_schema.nodes import Node
from patron_schema.types.customers import Customer
from patron_schema.types.parties import Organization, Person
from patron_schema.types.timeline import TimelineEntry
from patron_schema.types.touchpoints import Touchpoint

__all__ = [
    "EXTENSIONS",
    "TYPES",
    "Appointment",
    "Condition",
    "Encounter",
    "FollowUp",
    "Immunization",
    "Observation",
    "Patient",
    "Practitioner",
]

_CLASS = models.Encounter.encounter_class
_SETTING = case(
    (_CLASS == codes.EncounterClass.EMERGENCY, "Emergency visit"),
    (
        _CLASS.in_(
            (
                codes.EncounterClass.INPATIENT,
                codes.EncounterClass.INPATIENT_ACUTE,
                codes.EncounterClass.INPATIENT_NON_ACUTE,
                codes.EncounterClass.OBSERVATION,
                codes.EncounterClass.SHORT_STAY,
            )
        ),
        "Stay",
    ),
    (_CLASS == codes.EncounterClass.HOME_HEALTH, "Visit at home"),
    (_CLASS == codes.EncounterClass.VIRTUAL, "Virtual visit"),
    else_="Visit",
)


@planned(models.Patient)
class Patient(Node):
    """A customer in care (FHIR R4 Patient)."""

    customer: Customer
    medical_record_number: str | None
    medical_record_system: str | None
    birth_sex: codes.BirthSex | None
    deceased: bool
    deceased_at: dt.datetime | None
    version: int
    encounters: Connection[Encounter] = related(
        models.Encounter.patient, description="Contacts with those who care for the patient."
    )
    observations: Connection[Observation] = related(
        models.Observation.patient, description="What was measured or found."
    )
    conditions: Connection[Condition] = related(models.Condition.patient, description="Illnesses and injuries.")
    immunizations: Connection[Immunization] = related(models.Immunization.patient, description="Vaccines.")
    appointments: Connection[Appointment] = related(
        models.Appointment.patient, description="Times kept for the patient."
    )
    follow_ups: Connection[FollowUp] = related(models.FollowUp.patient, description="What somebody has to see to.")
    open_follow_ups: int = total(
        via=models.FollowUp.patient,
        where=models.FollowUp.closed_at.is_(None),
        description="How many follow-ups are open.",
    )


@planned(models.Practitioner)
class Practitioner(Node):
    """A person who cares for patients (FHIR R4 Practitioner)."""

    person: Person
    active: bool
    npi: str | None
    version: int
    appointments: Connection[Appointment] = related(
        models.Appointment.practitioner, description="Times they keep for patients."
    )
    encounters: Connection[Encounter] = related(
        models.Encounter.practitioner, description="Encounters that name them first."
    )


@planned(models.Encounter)
class Encounter(TimelineEntry):
    """A contact between a patient and those who care for them (FHIR R4 Encounter)."""

    patient: Patient
    practitioner: Practitioner | None
    service_provider: Organization | None
    status: codes.EncounterStatus
    encounter_class: codes.EncounterClass | None
    occurred_at: dt.datetime
    ended_at: dt.datetime | None
    summary: str = expression(
        _SETTING, description="The setting, without any clinical fact.", filterable=False, orderable=False
    )
    type_code: str | None
    type_system: str | None
    type_text: str | None
    reason_code: str | None
    reason_system: str | None
    reason_text: str | None
    source: str | None
    source_key: str | None
    observations: Connection[Observation] = related(
        models.Observation.encounter, description="What was measured or found during it."
    )
    conditions: Connection[Condition] = related(
        models.Condition.encounter, description="Conditions first asserted during it."
    )
    immunizations: Connection[Immunization] = related(
        models.Immunization.encounter, description="Vaccines given during it."
    )


@planned(models.Observation)
class Observation(Node):
    """Something measured or found (FHIR R4 Observation); each component of a panel, such as of a blood pressure, is one."""

    patient: Patient
    encounter: Encounter | None
    status: codes.ObservationStatus
    category: codes.ObservationCategory | None
    code: str
    code_system: str | None
    display: str
    panel_code: str | None
    value: Decimal | None
    unit: str | None
    value_text: str | None
    effective_at: dt.datetime | None
    interpretation: codes.ObservationInterpretation | None
    interpretation_origin: codes.InterpretationOrigin | None
    reference_low: Decimal | None
    reference_high: Decimal | None
    reference_text: str | None
    source: str | None
    source_key: str | None
    follow_up: FollowUp | None = related(
        models.FollowUp.based_on, description="The follow-up that rests on it; null when none does."
    )


@planned(models.Condition)
class Condition(Node):
    """An illness, injury or other state of a patient (FHIR R4 Condition)."""

    patient: Patient
    encounter: Encounter | None
    clinical_status: codes.ConditionClinicalStatus | None
    verification_status: codes.ConditionVerificationStatus | None
    code: str | None
    code_system: str | None
    display: str
    onset_at: dt.datetime | None
    abated_at: dt.datetime | None
    recorded_at: dt.datetime | None
    source: str | None
    source_key: str | None


@planned(models.Immunization)
class Immunization(Node):
    """A vaccine given, or not given (FHIR R4 Immunization)."""

    patient: Patient
    encounter: Encounter | None
    status: codes.ImmunizationStatus
    vaccine_code: str | None
    vaccine_system: str | None
    display: str
    occurred_at: dt.datetime | None
    primary_source: bool | None
    source: str | None
    source_key: str | None


@planned(models.Appointment)
class Appointment(Node):
    """A time that a practitioner keeps for a patient (FHIR R4 Appointment)."""

    patient: Patient
    practitioner: Practitioner
    status: codes.AppointmentStatus
    starts_at: dt.datetime
    ends_at: dt.datetime
    reason: str | None
    cancellation_reason: str | None
    version: int

    @resolver("starts_at", "ends_at")
    def minutes(self) -> int:
        """How long it lasts, in whole minutes."""
        return int((self.ends_at - self.starts_at).total_seconds() // 60)


@planned(models.FollowUp)
class FollowUp(Node):
    """Somebody has to see to a patient (FHIR R4 Task): opened by an abnormal observation, closed by a contact with an outcome."""

    patient: Patient
    based_on: Observation
    code: str
    reason: str
    due_on: dt.date
    status: codes.FollowUpStatus
    closed_at: dt.datetime | None
    outcome: str | None
    closing_encounter: Encounter | None
    closing_touchpoint: Touchpoint | None
    version: int


@extends(Customer)
class CustomerPatient:
    """What care adds to a customer."""

    patient: Patient | None = related(
        models.Patient.customer, description="The customer as a patient; null when not in care."
    )


@extends(Query)
class HealthcareQuery:
    """Where reading of care starts."""

    patient: Patient | None = root(description="A patient by their id.")
    patients: Connection[Patient] = root(description="Patients.")
    practitioners: Connection[Practitioner] = root(description="Those who care for patients.")
    encounters: Connection[Encounter] = root(description="Contacts with patients.")
    observations: Connection[Observation] = root(description="What was measured or found.")
    appointments: Connection[Appointment] = root(description="Times kept for patients.")
    follow_ups: Connection[FollowUp] = root(description="What somebody has to see to.")


TYPES = (Patient, Practitioner, Encounter, Observation, Condition, Immunization, Appointment, FollowUp)
EXTENSIONS = (CustomerPatient, HealthcareQuery)
