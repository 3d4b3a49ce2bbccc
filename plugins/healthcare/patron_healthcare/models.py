"""What the healthcare plugin stores: patients and practitioners, what happened to patients, and what must happen next.

Words and codes follow FHIR R4. What says anything about a patient's health is classified PHI; that a contact or an
appointment took place and when is INTERNAL, so that a reception can work without seeing why. What is said of health in
words is encrypted. `source` and `source_key` name a row in the system it came from: the same key twice is one row.
"""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from patron_core.customers.models import Customer
from patron_core.parties.models import Organization, Person
from patron_core.records import INTERNAL, PHI, PII, PUBLIC, Record, column, reference, subject
from patron_core.touchpoints.models import Touchpoint
from patron_healthcare.codes import (
    AppointmentStatus,
    BirthSex,
    ConditionClinicalStatus,
    ConditionVerificationStatus,
    EncounterClass,
    EncounterStatus,
    FollowUpStatus,
    ImmunizationStatus,
    InterpretationOrigin,
    ObservationCategory,
    ObservationInterpretation,
    ObservationStatus,
)
from patron_healthcare.retention import health_record

__all__ = [
    "Appointment",
    "Condition",
    "Encounter",
    "FollowUp",
    "Immunization",
    "Observation",
    "Patient",
    "Practitioner",
]


_CODE: Final = "A code, by which rows are found; what a person wrote in words beside it is encrypted."


class Patient(Record):
    """A customer in care (FHIR R4 Patient)."""

    __tablename__ = "healthcare_patient"
    id_prefix = "pat"
    without_index = (("deceased_at", "Few patients have one."),)
    __table_args__ = (
        UniqueConstraint(
            "tenant_id",
            "medical_record_system",
            "medical_record_number_bidx",
            name="uq_healthcare_patient_medical_record",
        ),
    )

    customer: Mapped[Customer] = subject(Customer, unique=True, doc="Who is in care.")
    medical_record_number: Mapped[str | None] = column(
        PHI,
        doc="Number of the medical record; unique in the system that gave it.",
        encrypted=True,
        filterable=True,
        index=True,
    )
    medical_record_system: Mapped[str | None] = column(
        INTERNAL, doc="Who gave the medical record number, as a URI or a short name.", filterable=True
    )
    birth_sex: Mapped[BirthSex | None] = column(PHI, doc="Sex assigned at birth; null when not said.", filterable=True)
    deceased: Mapped[bool] = column(PHI, doc="Whether the patient is known to be dead.", filterable=True)
    deceased_at: Mapped[dt.datetime | None] = column(
        PHI, doc="When the patient died; null when alive or not said.", filterable=True, orderable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]


class Practitioner(Record):
    """A person who cares for patients (FHIR R4 Practitioner)."""

    __tablename__ = "healthcare_practitioner"
    id_prefix = "prc"
    without_index = (("*", "A clinic has a few hundred."),)

    person: Mapped[Person] = subject(Person, unique=True, doc="Who it is.")
    active: Mapped[bool] = column(INTERNAL, doc="Whether appointments may be made with them.", filterable=True)
    npi: Mapped[str | None] = column(
        PUBLIC, doc="National Provider Identifier (US); null when unknown or with a wrong check digit.", filterable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        person_id: Mapped[uuid.UUID]


class Encounter(Record):
    """A contact between a patient and those who care for them (FHIR R4 Encounter)."""

    __tablename__ = "healthcare_encounter"
    id_prefix = "enc"
    existence = PHI
    retention = health_record(since="occurred_at")
    without_index = (
        ("ended_at", "At most days from its beginning, which has one."),
        ("type_code reason_code", "Asked of one patient's encounters, which its reference finds."),
        ("source_key", "Asked with its source, and an index has both."),
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "source_key"),
        Index(None, "tenant_id", "patient_id", "occurred_at", "id"),
        Index(None, "tenant_id", "occurred_at", "id"),
    )

    patient: Mapped[Patient] = subject(Patient, doc="Who was cared for.")
    practitioner: Mapped[Practitioner | None] = reference(
        Practitioner, optional=True, doc="The first practitioner named; null when none was."
    )
    service_provider: Mapped[Organization | None] = reference(
        Organization, optional=True, doc="Where: the organization responsible."
    )
    status: Mapped[EncounterStatus] = column(INTERNAL, doc="Where it stands.", filterable=True, orderable=True)
    encounter_class: Mapped[EncounterClass | None] = column(
        INTERNAL, doc="The setting; null for one that is not on the list.", filterable=True, orderable=True
    )
    occurred_at: Mapped[dt.datetime] = column(INTERNAL, doc="When it began.", filterable=True, orderable=True)
    ended_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="First instant after it; null while it goes on or when not said.", filterable=True, orderable=True
    )
    type_code: Mapped[str | None] = column(
        PHI, doc="What kind of encounter, mostly SNOMED CT.", filterable=True, plain=_CODE
    )
    type_system: Mapped[str | None] = column(INTERNAL, doc="The code system of the type.")
    type_text: Mapped[str | None] = column(PHI, doc="What kind of encounter, in words.", encrypted=True)
    reason_code: Mapped[str | None] = column(PHI, doc="Why, mostly SNOMED CT.", filterable=True, plain=_CODE)
    reason_system: Mapped[str | None] = column(INTERNAL, doc="The code system of the reason.")
    reason_text: Mapped[str | None] = column(PHI, doc="Why, in words.", encrypted=True)
    source: Mapped[str | None] = column(INTERNAL, doc="The system that reported it.", filterable=True)
    source_key: Mapped[str | None] = column(INTERNAL, doc="Its key there.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        patient_id: Mapped[uuid.UUID]
        practitioner_id: Mapped[uuid.UUID | None]
        service_provider_id: Mapped[uuid.UUID | None]


class Observation(Record):
    """Something measured or found (FHIR R4 Observation); each component of a panel, such as of a blood pressure, is one."""

    __tablename__ = "healthcare_observation"
    id_prefix = "obs"
    existence = PHI
    retention = health_record(since="effective_at")
    without_index = (
        ("value unit", "Asked beside a code, which has one."),
        ("source_key", "Asked with its source, and an index has both."),
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "source_key"),
        Index("ix_healthcare_observation_patient", "tenant_id", "patient_id", "code", "effective_at", "id"),
        Index(None, "tenant_id", "code", "effective_at", "id"),
    )

    patient: Mapped[Patient] = subject(Patient, doc="Whose.")
    encounter: Mapped[Encounter | None] = reference(
        Encounter, optional=True, doc="During which encounter; null when outside one or not said."
    )
    status: Mapped[ObservationStatus] = column(INTERNAL, doc="How sure it is.", filterable=True)
    category: Mapped[ObservationCategory | None] = column(
        PHI, doc="What kind it is; null when not said.", filterable=True, orderable=True
    )
    code: Mapped[str] = column(
        PHI, doc="What was observed, mostly LOINC.", filterable=True, orderable=True, plain=_CODE
    )
    code_system: Mapped[str | None] = column(INTERNAL, doc="The code system, such as http://loinc.org.")
    display: Mapped[str] = column(PHI, doc="What was observed, in words.", encrypted=True)
    panel_code: Mapped[str | None] = column(
        PHI,
        doc="The code of the whole, such as 85354-9 for a systolic pressure; null when it is no component.",
        plain=_CODE,
    )
    value: Mapped[Decimal | None] = column(
        PHI,
        doc="The measured number, kept with 6 decimals; null when it is none.",
        scale=6,
        filterable=True,
        orderable=True,
    )
    unit: Mapped[str | None] = column(PHI, doc="Its unit, UCUM.", filterable=True, plain=_CODE)
    value_text: Mapped[str | None] = column(
        PHI, doc="What was found where it is no plain number, such as Never smoker or < 5 mg/dL.", encrypted=True
    )
    effective_at: Mapped[dt.datetime | None] = column(
        PHI, doc="When it held true; null when not said.", filterable=True, orderable=True, index=True
    )
    interpretation: Mapped[ObservationInterpretation | None] = column(
        PHI, doc="What it means; null when nobody said and no range fits.", filterable=True, orderable=True
    )
    interpretation_origin: Mapped[InterpretationOrigin | None] = column(
        PHI, doc="Who interpreted it; null without interpretation.", filterable=True
    )
    reference_low: Mapped[Decimal | None] = column(
        PHI, doc="Lower end of the range it was compared with; null without one.", scale=6
    )
    reference_high: Mapped[Decimal | None] = column(
        PHI, doc="Upper end of the range it was compared with; null without one.", scale=6
    )
    reference_text: Mapped[str | None] = column(
        PHI, doc="The range in words, with whom it holds for and its source.", encrypted=True
    )
    source: Mapped[str | None] = column(INTERNAL, doc="The system that reported it.", filterable=True)
    source_key: Mapped[str | None] = column(INTERNAL, doc="Its key there.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        patient_id: Mapped[uuid.UUID]
        encounter_id: Mapped[uuid.UUID | None]


class Condition(Record):
    """An illness, injury or other state of a patient (FHIR R4 Condition)."""

    __tablename__ = "healthcare_condition"
    id_prefix = "cnd"
    existence = PHI
    retention = health_record(since="recorded_at")
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "source_key"),
        Index(None, "tenant_id", "patient_id", "onset_at", "id"),
        Index(None, "tenant_id", "code", "id"),
    )

    patient: Mapped[Patient] = subject(Patient, doc="Whose.")
    encounter: Mapped[Encounter | None] = reference(Encounter, optional=True, doc="When it was first asserted.")
    clinical_status: Mapped[ConditionClinicalStatus | None] = column(
        PHI, doc="Whether it is there; null when not said.", filterable=True, orderable=True
    )
    verification_status: Mapped[ConditionVerificationStatus | None] = column(
        PHI, doc="How sure it is; null when not said.", filterable=True
    )
    code: Mapped[str | None] = column(
        PHI, doc="What it is, mostly SNOMED CT.", filterable=True, orderable=True, plain=_CODE
    )
    code_system: Mapped[str | None] = column(INTERNAL, doc="The code system, such as http://snomed.info/sct.")
    display: Mapped[str] = column(PHI, doc="What it is, in words.", encrypted=True)
    onset_at: Mapped[dt.datetime | None] = column(
        PHI, doc="When it began; null when not said.", filterable=True, orderable=True
    )
    abated_at: Mapped[dt.datetime | None] = column(
        PHI, doc="When it was over; null while it lasts or when not said.", filterable=True, orderable=True
    )
    recorded_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it was written down; null when not said.", filterable=True, orderable=True
    )
    source: Mapped[str | None] = column(INTERNAL, doc="The system that reported it.", filterable=True)
    source_key: Mapped[str | None] = column(INTERNAL, doc="Its key there.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        patient_id: Mapped[uuid.UUID]
        encounter_id: Mapped[uuid.UUID | None]


class Immunization(Record):
    """A vaccine given, or not given (FHIR R4 Immunization)."""

    __tablename__ = "healthcare_immunization"
    id_prefix = "imz"
    existence = PHI
    retention = health_record(since="occurred_at")
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "source_key"),
        Index(None, "tenant_id", "patient_id", "occurred_at", "id"),
    )

    patient: Mapped[Patient] = subject(Patient, doc="Who got it.")
    encounter: Mapped[Encounter | None] = reference(Encounter, optional=True, doc="During which encounter.")
    status: Mapped[ImmunizationStatus] = column(PHI, doc="Whether it was given.", filterable=True)
    vaccine_code: Mapped[str | None] = column(
        PHI, doc="Which vaccine, mostly CVX.", filterable=True, orderable=True, plain=_CODE
    )
    vaccine_system: Mapped[str | None] = column(INTERNAL, doc="The code system, such as http://hl7.org/fhir/sid/cvx.")
    display: Mapped[str] = column(PHI, doc="Which vaccine, in words.", encrypted=True)
    occurred_at: Mapped[dt.datetime | None] = column(
        PHI, doc="When; null where only words were given.", filterable=True, orderable=True
    )
    primary_source: Mapped[bool | None] = column(
        INTERNAL, doc="Whether whoever gave it reported it; null when not said.", filterable=True
    )
    source: Mapped[str | None] = column(INTERNAL, doc="The system that reported it.", filterable=True)
    source_key: Mapped[str | None] = column(INTERNAL, doc="Its key there.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        patient_id: Mapped[uuid.UUID]
        encounter_id: Mapped[uuid.UUID | None]


class Appointment(Record):
    """A time that a practitioner keeps for a patient (FHIR R4 Appointment)."""

    __tablename__ = "healthcare_appointment"
    id_prefix = "apt"
    without_index = (("ends_at", "At most hours from its beginning, which has one."),)
    __table_args__ = (
        Index("ix_healthcare_appointment_practitioner", "tenant_id", "practitioner_id", "starts_at", "id"),
        Index(None, "tenant_id", "patient_id", "starts_at", "id"),
        Index(None, "tenant_id", "starts_at", "id"),
    )

    patient: Mapped[Patient] = subject(Patient, doc="Who comes.")
    practitioner: Mapped[Practitioner] = reference(Practitioner, doc="Who keeps the time.")
    status: Mapped[AppointmentStatus] = column(INTERNAL, doc="Where it stands.", filterable=True, orderable=True)
    starts_at: Mapped[dt.datetime] = column(INTERNAL, doc="When it begins.", filterable=True, orderable=True)
    ends_at: Mapped[dt.datetime] = column(
        INTERNAL, doc="First instant after it: the next appointment may begin then.", filterable=True, orderable=True
    )
    reason: Mapped[str | None] = column(PHI, doc="Why the patient comes.", encrypted=True)
    cancellation_reason: Mapped[str | None] = column(PII, doc="Why it was called off.")

    if TYPE_CHECKING:  # the columns that references and composites make
        patient_id: Mapped[uuid.UUID]
        practitioner_id: Mapped[uuid.UUID]


class FollowUp(Record):
    """Somebody has to see to a patient (FHIR R4 Task): opened by an abnormal observation, closed by a contact with an outcome.

    For a patient and a code at most one is open; it rests on the latest abnormal observation of that code.
    """

    __tablename__ = "healthcare_follow_up"
    id_prefix = "flw"
    existence = PHI
    retention = health_record(since="closed_at")
    without_index = (
        ("due_on", "Asked beside a status, and an index has both."),
        ("code closed_at", "Asked beside a status or of one patient."),
    )
    __table_args__ = (
        Index(
            "uq_healthcare_follow_up_open",
            "tenant_id",
            "patient_id",
            "code",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index(None, "tenant_id", "patient_id", "due_on", "id"),
        Index(None, "tenant_id", "status", "due_on", "id"),
    )

    patient: Mapped[Patient] = subject(Patient, doc="Who is to be seen to.")
    based_on: Mapped[Observation] = reference(
        Observation, unique=True, doc="The latest abnormal observation of the code, which asked for it."
    )
    code: Mapped[str] = column(
        PHI, doc="The code of that observation, mostly LOINC.", filterable=True, orderable=True, plain=_CODE
    )
    reason: Mapped[str] = column(PHI, doc="Why, in words.", encrypted=True)
    due_on: Mapped[dt.date] = column(INTERNAL, doc="The last day to see to it, UTC.", filterable=True, orderable=True)
    status: Mapped[FollowUpStatus] = column(INTERNAL, doc="Where it stands.", filterable=True, orderable=True)
    closed_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it was closed; null while it is open.", filterable=True, orderable=True
    )
    outcome: Mapped[str | None] = column(PHI, doc="What came of it; null while it is open.", encrypted=True)
    closing_encounter: Mapped[Encounter | None] = reference(
        Encounter, optional=True, doc="The encounter that closed it; null when open or closed by a communication."
    )
    closing_touchpoint: Mapped[Touchpoint | None] = reference(
        Touchpoint, optional=True, doc="The communication that closed it; null when open or closed by an encounter."
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        patient_id: Mapped[uuid.UUID]
        based_on_id: Mapped[uuid.UUID]
        closing_encounter_id: Mapped[uuid.UUID | None]
        closing_touchpoint_id: Mapped[uuid.UUID | None]
