"""Demo data: a small clinic with invented patients, three years of encounters, follow-ups and next week's appointments.

The names are plainly made up. Patients come in as an importer brings them in, so that values are interpreted and
follow-ups opened by the same rules; the shipped sample bundles are taken in as well.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.models import LifecycleStage
from patron_core.hookspecs import DemoContext
from patron_core.imports.importer import Item, Source
from patron_core.parties.commands import NewContactMedium, NewExternalIdentifier, NewPerson
from patron_core.parties.models import ContactKind, Gender
from patron_core.touchpoints.commands import LogTouchpoint
from patron_core.touchpoints.models import Channel, Direction
from patron_healthcare import codes
from patron_healthcare.commands import LOINC, BookAppointment, CloseFollowUp
from patron_healthcare.importers.fhir import Fhir, FhirOptions
from patron_healthcare.importers.intake import take_in
from patron_healthcare.importers.people import OrganizationRow, PatientRow, PractitionerRow
from patron_healthcare.importers.resources import Bundle, ClinicalRow
from patron_healthcare.models import FollowUp, Patient, Practitioner

__all__ = ["SAMPLES", "fill"]

SAMPLES: Final = Path(str(resources.files("patron_healthcare"))) / "samples"

_SYSTEM: Final = "demo-clinic"
_WOMEN: Final = ("Anouk", "Berta", "Clio", "Delia")
_MEN: Final = ("Anton", "Bela", "Cosmo", "Dimitri")
_FAMILY: Final = ("Bandage", "Thermometer", "Plaster", "Lozenge", "Tincture")
_DOCTORS: Final = (("Petra", "Stethoscope"), ("Rufus", "Reflex"), ("Salome", "Sprechstunde"))
_SNOMED: Final = "http://snomed.info/sct"
_CVX: Final = "http://hl7.org/fhir/sid/cvx"

#: Code, name, unit, mean and spread of what is measured; most values are normal, some are not.
_MEASURED: Final = (
    ("8480-6", "Systolic blood pressure", "mm[Hg]", 124, 14),
    ("8462-4", "Diastolic blood pressure", "mm[Hg]", 78, 8),
    ("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 14.3, 1),
    ("2093-3", "Total Cholesterol", "mg/dL", 176, 22),
    ("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%", 5.2, 0.4),
)
_CONDITIONS: Final = (
    ("59621000", "Hypertension"),
    ("195662009", "Acute viral pharyngitis"),
    ("44054006", "Diabetes mellitus type 2"),
    ("82423001", "Chronic pain"),
)


@dataclass(frozen=True, slots=True)
class _Person:
    """A patient to be: who, and the key they are known by."""

    given: str
    family: str
    sex: codes.BirthSex

    @property
    def key(self) -> tuple[str, str]:
        return _SYSTEM, f"{self.family}-{self.given}".lower()


def fill(demo: DemoContext) -> None:
    """Patients and what happened to them, then calls about some of their follow-ups, then appointments."""
    women = [_Person(given, family, codes.BirthSex.FEMALE) for family in _FAMILY for given in _WOMEN]
    men = [_Person(given, family, codes.BirthSex.MALE) for family in _FAMILY for given in _MEN]
    take_in(demo.uow, [_clinic(demo, [*women, *men])], source=_SYSTEM)
    _import_samples(demo)
    _call_about_follow_ups(demo)
    _book(demo)


def _clinic(demo: DemoContext, people: Sequence[_Person]) -> Bundle:
    encounters = [row for person in people for row in _encounters(demo, person)]
    return Bundle(
        source=_SYSTEM,
        resources=len(people) + len(encounters),
        organizations=(OrganizationRow(name="Clinic at the Invented Park", identifiers=((_SYSTEM, "clinic"),)),),
        practitioners=tuple(_practitioner(given, family) for given, family in _DOCTORS),
        patients=tuple(_patient(demo, person) for person in people),
        encounters=tuple(encounters),
        observations=tuple(row for encounter in encounters for row in _observations(demo, encounter)),
        conditions=tuple(row for encounter in encounters for row in _conditions(demo, encounter)),
        immunizations=tuple(row for encounter in encounters for row in _immunizations(demo, encounter)),
        skipped={},
        notes={},
    )


def _practitioner(given: str, family: str) -> PractitionerRow:
    return PractitionerRow(
        display_name=f"Dr. {given} {family}",
        given_name=given,
        family_name=family,
        gender=None,
        birth_date=None,
        identifiers=((_SYSTEM, f"doctor-{family}".lower()),),
        npi=None,
        active=True,
    )


def _patient(demo: DemoContext, person: _Person) -> PatientRow:
    age_days = demo.random.randint(19 * 366, 84 * 365)
    birth_date = (demo.clock.now() - dt.timedelta(days=age_days)).date()
    system, value = person.key
    return PatientRow(
        customer=CreateCustomer(
            person=NewPerson(
                given_name=person.given,
                family_name=person.family,
                birth_date=birth_date,
                gender=Gender.FEMALE if person.sex is codes.BirthSex.FEMALE else Gender.MALE,
            ),
            lifecycle_stage=LifecycleStage.ACTIVE,
            contact_media=(
                NewContactMedium(
                    kind=ContactKind.EMAIL, value=f"{person.given}.{person.family}@example.com".lower(), preferred=True
                ),
            ),
            external_identifiers=(NewExternalIdentifier(system=system, value=value),),
        ),
        medical_record=(_SYSTEM, f"CIP-{value.upper()}"),
        birth_sex=person.sex,
        birth_date=birth_date,
        deceased=False,
        deceased_at=None,
    )


def _encounters(demo: DemoContext, person: _Person) -> Iterator[ClinicalRow]:
    doctor = demo.random.choice(_DOCTORS)[1].lower()
    today = demo.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    for number in range(demo.random.randint(1, 4)):
        began = (
            today - dt.timedelta(days=demo.random.randint(2, 1_000)) + dt.timedelta(hours=demo.random.randint(8, 16))
        )
        setting = demo.random.choices(
            (codes.EncounterClass.AMBULATORY, codes.EncounterClass.VIRTUAL, codes.EncounterClass.EMERGENCY), (8, 2, 1)
        )[0]
        yield ClinicalRow(
            key=f"Encounter/{person.key[1]}-{number}",
            patient=person.key,
            practitioner=(_SYSTEM, f"doctor-{doctor}"),
            organization=(_SYSTEM, "clinic"),
            values={
                "status": codes.EncounterStatus.FINISHED,
                "encounter_class": setting,
                "occurred_at": began,
                "ended_at": began + dt.timedelta(minutes=demo.random.choice((15, 20, 30, 45))),
                "type_code": "185349003",
                "type_system": _SNOMED,
                "type_text": "Encounter for check up (procedure)",
            },
        )


def _observations(demo: DemoContext, encounter: ClinicalRow) -> Iterator[ClinicalRow]:
    if encounter.values["encounter_class"] is codes.EncounterClass.VIRTUAL:
        return
    for code, display, unit, mean, spread in _MEASURED:
        value = Decimal(str(round(demo.random.gauss(mean, spread), 0 if mean > 50 else 1)))
        pressure = unit == "mm[Hg]"
        values: dict[str, Any] = {
            "status": codes.ObservationStatus.FINAL,
            "category": codes.ObservationCategory.VITAL_SIGNS if pressure else codes.ObservationCategory.LABORATORY,
            "code": code,
            "code_system": LOINC,
            "display": display,
            "panel_code": "85354-9" if pressure else None,
            "value": value,
            "unit": unit,
            "effective_at": encounter.values["occurred_at"],
        }
        yield _during(encounter, f"Observation#{code}", values)


def _conditions(demo: DemoContext, encounter: ClinicalRow) -> Iterator[ClinicalRow]:
    if demo.random.random() < 0.25:
        code, display = demo.random.choice(_CONDITIONS)
        lasts = display != "Acute viral pharyngitis"
        began = encounter.values["occurred_at"]
        values = {
            "clinical_status": codes.ConditionClinicalStatus.ACTIVE
            if lasts
            else codes.ConditionClinicalStatus.RESOLVED,
            "verification_status": codes.ConditionVerificationStatus.CONFIRMED,
            "code": code,
            "code_system": _SNOMED,
            "display": display,
            "onset_at": began,
            "abated_at": None if lasts else began + dt.timedelta(days=9),
            "recorded_at": began,
        }
        yield _during(encounter, "Condition", values)


def _immunizations(demo: DemoContext, encounter: ClinicalRow) -> Iterator[ClinicalRow]:
    if demo.random.random() < 0.3:
        values = {
            "status": codes.ImmunizationStatus.COMPLETED,
            "vaccine_code": "140",
            "vaccine_system": _CVX,
            "display": "Influenza, seasonal, injectable, preservative free",
            "occurred_at": encounter.values["occurred_at"],
            "primary_source": True,
        }
        yield _during(encounter, "Immunization", values)


def _during(encounter: ClinicalRow, what: str, values: dict[str, Any]) -> ClinicalRow:
    return ClinicalRow(
        key=f"{what}/{encounter.key.partition('/')[2]}",
        patient=encounter.patient,
        encounter=encounter.key,
        values=values,
    )


def _import_samples(demo: DemoContext) -> None:
    importer, options = Fhir(), FhirOptions(source="sample-clinic")
    read = importer.read(Source(tuple(sorted(SAMPLES.glob("*.json")))), options=options)
    importer.apply([part for part in read if isinstance(part, Item)], uow=demo.uow, options=options)


def _call_about_follow_ups(demo: DemoContext) -> None:
    """Every third follow-up was seen to by a call."""
    waiting = select(FollowUp).where(FollowUp.closed_at.is_(None)).order_by(FollowUp.due_on, FollowUp.id)
    for follow_up in demo.uow.select(waiting)[::3]:
        patient = demo.uow.get(Patient, follow_up.patient_id)
        call = demo.uow.handle(
            LogTouchpoint(
                customer_id=patient.customer_id,
                channel=Channel.PHONE,
                direction=Direction.OUTBOUND,
                topic="The clinic called",
                outcome="Reached",
            )
        )
        demo.uow.flush()
        outcome = demo.random.choice(("Will come for a second measurement.", "Discussed; nothing further needed."))
        demo.uow.handle(
            CloseFollowUp(id=follow_up.id, version=follow_up.version, outcome=outcome, touchpoint_id=call.id)
        )


def _book(demo: DemoContext) -> None:
    """Half-hours of the next days, one after the other, for patients with open follow-ups first."""
    waiting = select(Patient.id).where(Patient.deceased.is_(False)).order_by(Patient.id)
    patients = demo.uow.select(waiting)[::2]
    doctors = demo.uow.select(select(Practitioner.id).order_by(Practitioner.id))
    tomorrow = (demo.clock.now() + dt.timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
    for number, patient_id in enumerate(patients):
        round_, place = divmod(number, len(doctors))
        starts_at = tomorrow + dt.timedelta(days=round_ // 6, minutes=30 * (round_ % 6))
        demo.uow.handle(
            BookAppointment(
                patient_id=patient_id,
                practitioner_id=doctors[place],
                starts_at=starts_at,
                ends_at=starts_at + dt.timedelta(minutes=30),
                reason=demo.random.choice(("Check-up", "Follow-up", "Vaccination", None)),
            )
        )
