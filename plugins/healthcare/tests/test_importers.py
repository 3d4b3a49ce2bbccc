"""Importing FHIR R4 transaction bundles: what becomes of people, references, values, strange entries and strange files."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from patron_core.customers.models import Customer, LifecycleStage
from patron_core.errors import InvalidInput
from patron_core.imports.importer import BadRow, WrongFormat
from patron_core.parties.models import ContactKind, ContactMedium, ExternalIdentifier, Organization, Person
from patron_healthcare.codes import (
    BirthSex,
    ConditionClinicalStatus,
    EncounterClass,
    InterpretationOrigin,
    ObservationInterpretation,
)
from patron_healthcare.commands import RegisterPatient
from patron_healthcare.demo import SAMPLES
from patron_healthcare.models import (
    Condition,
    Encounter,
    FollowUp,
    Immunization,
    Observation,
    Patient,
    Practitioner,
)
from patron_schema.testing.databases import PreparedDatabase

from .clinic import all_of, bundle, entry, follow_ups, read_file, resources_of, take_in

MIRA = SAMPLES / "mira_testwell.json"
TWO = SAMPLES / "two_patients.json"
TABLES = (
    Customer, Patient, Practitioner, Encounter, Observation, Condition, Immunization, FollowUp, ExternalIdentifier,
    ContactMedium, Person, Organization,
)  # fmt: skip
PATIENT = {"resourceType": "Patient", "name": [{"family": "Testwell"}], "gender": "female", "birthDate": "1970-01-01"}


async def sizes(database: PreparedDatabase) -> list[int]:
    return [len(await all_of(database, table)) for table in TABLES]


async def observation(database: PreparedDatabase, code: str, *, at: str | None = None) -> Observation:
    found = [row for row in await all_of(database, Observation) if row.code == code]
    (one,) = [row for row in found if at is None or (row.effective_at and row.effective_at.isoformat().startswith(at))]
    return one


def measured(value: dict[str, Any], **more: Any) -> dict[str, Any]:
    code = {"coding": [{"system": "http://loinc.org", "code": "1-8", "display": "Something"}]}
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": code,
        "effectiveDateTime": "2024-01-01",
        **value,
        **more,
    }


def about(patient_name: str, resource: dict[str, Any]) -> dict[str, Any]:
    element = "patient" if resource["resourceType"] == "Immunization" else "subject"
    return {**resource, element: {"reference": f"urn:uuid:{patient_name}"}}


async def test_bundles_become_patients_with_their_history(database: PreparedDatabase) -> None:
    report = await take_in(database, [SAMPLES])

    assert (report.rows, report.bad_rows) == (29, ())
    assert report.counts.created == {
        "conditions": 2,
        "encounters": 4,
        "follow-ups": 4,
        "immunizations": 2,
        "observations": 16,
        "organizations": 1,
        "patients": 3,
        "practitioners": 2,
    }
    assert report.counts.skipped == {"resources of type CarePlan": 1, "resources of type Claim": 1}
    assert report.counts.noted == {
        "abnormal observations": 7,
        "mentions of practitioners whose NPI has a wrong check digit": 1,
    }


async def test_a_second_import_changes_nothing(database: PreparedDatabase, tmp_path: Path) -> None:
    first = await take_in(database, [SAMPLES])
    before = await sizes(database)

    again = await take_in(database, [SAMPLES])
    alone = await take_in(database, [resources_of(MIRA, lambda _: None, to=tmp_path / "Jesús_Álvarez_ñ.json")])

    assert again.counts.created == alone.counts.created == {}
    assert again.counts.unchanged == {k: v for k, v in first.counts.created.items() if k != "follow-ups"}
    assert await sizes(database) == before


async def test_the_order_of_the_files_changes_no_follow_up(database: PreparedDatabase) -> None:
    await take_in(database, [TWO])
    await take_in(database, [MIRA])

    assert len(await follow_ups(database)) == 4


async def test_a_dry_run_writes_nothing(database: PreparedDatabase) -> None:
    before = await sizes(database)

    report = await take_in(database, [SAMPLES], dry_run=True)

    assert report.counts.created["patients"] == 3
    assert await sizes(database) == before


async def test_a_patient_is_a_person_a_customer_and_a_patient(database: PreparedDatabase) -> None:
    await take_in(database, [SAMPLES])

    people = {row.id: row for row in await all_of(database, Person)}
    customers = {row.id: row for row in await all_of(database, Customer)}
    by_name = {}
    for row in await all_of(database, Patient):
        customer = customers[row.customer_id]
        by_name[people[customer.party_id].display_name] = (row, customer, people[customer.party_id])
    patient, customer, person = by_name["Mira Testwell"]
    assert (patient.medical_record_number, patient.medical_record_system) == (
        "SC-0001",
        "urn:example:sample-clinic:record",
    )
    assert (patient.birth_sex, patient.deceased, patient.deceased_at) == (BirthSex.FEMALE, False, None)
    assert (person.given_name, person.family_name, person.birth_date, person.language) == (
        "Mira",
        "Testwell",
        dt.date(1961, 5, 4),
        "en-US",
    )
    assert customer.lifecycle_stage is LifecycleStage.ACTIVE
    otto, late, _ = by_name["Otto Fictus"]
    assert (otto.deceased, late.lifecycle_stage) == (True, LifecycleStage.CHURNED)
    assert otto.deceased_at == dt.datetime(2025, 1, 9, 4, 10, tzinfo=dt.UTC)
    assert "Léo Examplar" in by_name


async def test_identifiers_and_contact_media_come_along(database: PreparedDatabase) -> None:
    await take_in(database, [MIRA])

    systems = {row.system for row in await all_of(database, ExternalIdentifier)}
    media = {row.kind: row.value for row in await all_of(database, ContactMedium)}
    assert systems == {
        "urn:example:sample-clinic:record",
        "urn:example:sample-clinic:person",
        "urn:example:sample-clinic:organization",
        "http://hl7.org/fhir/sid/us-npi",
    }
    assert media == {
        ContactKind.PHONE: "+12025550143",
        ContactKind.EMAIL: "sc-0001@example.com",
        ContactKind.ADDRESS: "1 Sample Street, Springfield, MA, 01101, US",
    }


async def test_practitioners_and_organizations_are_parties_once(database: PreparedDatabase) -> None:
    await take_in(database, [SAMPLES])

    practitioners = await all_of(database, Practitioner)
    people = {row.id: row.display_name for row in await all_of(database, Person)}
    assert {people[row.person_id]: row.npi for row in practitioners} == {
        "Dr. Dora Sampleton": "1234567893",
        "Dr. Noel Mockridge": None,
    }
    assert [row.display_name for row in await all_of(database, Organization)] == ["Sample Street Clinic"]
    visits = await all_of(database, Encounter)
    assert {row.practitioner_id for row in visits} == {row.id for row in practitioners}
    assert {row.encounter_class for row in visits} == {EncounterClass.AMBULATORY, EncounterClass.EMERGENCY}
    assert {row.reason_text for row in visits} == {None, "Myocardial infarction"}


async def test_each_component_of_a_blood_pressure_is_an_observation(database: PreparedDatabase) -> None:
    await take_in(database, [MIRA])

    found = [row for row in await all_of(database, Observation) if row.panel_code is not None]
    assert sorted((row.panel_code, row.code, row.value, row.unit) for row in found) == [
        ("55284-4", "8462-4", Decimal(88), "mm[Hg]"),
        ("55284-4", "8480-6", Decimal(152), "mm[Hg]"),
        ("85354-9", "8462-4", Decimal(93), "mm[Hg]"),
        ("85354-9", "8480-6", Decimal(146), "mm[Hg]"),
    ]
    assert len({row.source_key for row in found}) == 4
    assert {row.code for row in await all_of(database, Observation)}.isdisjoint({"55284-4", "85354-9"})


async def test_values_are_interpreted_and_it_is_said_by_whom(database: PreparedDatabase) -> None:
    await take_in(database, [SAMPLES])

    derived = await observation(database, "718-7", at="2024")
    stated = await observation(database, "3016-3")
    with_range = await observation(database, "2823-3")
    unknown = await observation(database, "8302-2")
    D, S = InterpretationOrigin.DERIVED, InterpretationOrigin.SOURCE
    I = ObservationInterpretation  # noqa: E741
    assert (derived.interpretation, derived.interpretation_origin) == (I.L, D)
    assert (stated.interpretation, stated.interpretation_origin, stated.reference_text) == (I.H, S, None)
    assert (with_range.interpretation, with_range.interpretation_origin) == (I.N, D)
    assert with_range.reference_text == "3.5 to 5.1 mmol/L, sent with the value"
    assert (unknown.interpretation, unknown.interpretation_origin, unknown.value) == (None, None, Decimal("112.456789"))


async def test_a_value_that_is_no_plain_number_is_text(database: PreparedDatabase) -> None:
    await take_in(database, [MIRA])

    smoking, protein = await observation(database, "72166-2"), await observation(database, "1988-5")
    assert (smoking.value, smoking.value_text) == (None, "Never smoker")
    assert (protein.value, protein.unit, protein.value_text) == (None, None, "< 5 mg/L")


async def test_children_and_the_dead_get_no_follow_up_and_each_code_the_latest(database: PreparedDatabase) -> None:
    await take_in(database, [SAMPLES])

    observations = {row.id: row for row in await all_of(database, Observation)}
    found = {row.code: observations[row.based_on_id] for row in await follow_ups(database)}
    assert {code: row.effective_at.year for code, row in found.items()} == {
        "718-7": 2024,  # the value of 2025 is normal, which closes nothing
        "8462-4": 2025,
        "8480-6": 2025,
        "3016-3": 2025,
    }
    assert len({row.patient_id for row in found.values()}) == 1


async def test_conditions_and_immunizations_keep_their_codes(database: PreparedDatabase) -> None:
    await take_in(database, [TWO])

    (condition,) = await all_of(database, Condition)
    (vaccine,) = await all_of(database, Immunization)
    assert (condition.code, condition.clinical_status) == ("22298006", ConditionClinicalStatus.ACTIVE)
    assert condition.onset_at == dt.datetime(2025, 1, 8, tzinfo=dt.UTC)
    assert (vaccine.vaccine_code, vaccine.display, vaccine.primary_source) == ("20", "DTaP", True)


async def test_a_day_without_a_time_is_its_midnight_in_the_zone_named(database: PreparedDatabase) -> None:
    await take_in(database, [TWO], timezone="America/New_York")

    (condition,) = await all_of(database, Condition)
    assert condition.onset_at == dt.datetime(2025, 1, 8, 5, tzinfo=dt.UTC)


async def test_another_source_is_another_history(database: PreparedDatabase) -> None:
    await take_in(database, [MIRA])

    other = await take_in(database, [MIRA], source="west wing")

    assert other.counts.unchanged == {"organizations": 1, "patients": 1, "practitioners": 1}
    assert other.counts.created["encounters"] == 2


async def test_entries_that_cannot_be_read_are_reported_and_the_rest_taken(
    database: PreparedDatabase, tmp_path: Path
) -> None:
    good = entry(about("p", measured({"valueQuantity": {"value": 1, "code": "g"}})))
    bad = {
        "status is missing or not one of FHIR R4": measured({}, status="done"),
        "Code is missing": measured({}, code={}),
        "ValueQuantity.value is no number": measured({"valueQuantity": {"value": "12"}}),
        "ValueQuantity.value has more than 12 digits": measured({"valueQuantity": {"value": 10**12}}),
        "Effective is no date": measured({}, effectiveDateTime="yesterday"),
        "Effective is no day of the calendar": measured({}, effectiveDateTime="2023-02-30"),
        "ValueString holds control characters": measured({"valueString": "a\u0000b"}),
        "Period ends before it begins": {
            "resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"},
            "period": {"start": "2024-01-02", "end": "2024-01-01"},
        },
        "VaccineCode is missing": {"resourceType": "Immunization", "status": "completed"},
    }  # fmt: skip
    entries = [entry(about("p", resource)) for resource in bad.values()]
    file = bundle(tmp_path / "b.json", entry(PATIENT, name="p"), *entries, good)

    report = await take_in(database, [file])

    assert (report.rows, report.bad_row_count) == (2, len(bad))
    assert report.counts.created == {"observations": 1, "patients": 1}
    for row, (reason, resource) in zip(sorted(report.bad_rows, key=lambda r: r.line), bad.items(), strict=True):
        assert row.reason.lower().startswith(f"{resource['resourceType']}: {reason}".lower())
    lines = file.read_text().split("\n")
    assert all('"fullUrl"' in lines[row.line - 1] for row in report.bad_rows)


async def test_a_patient_that_cannot_be_read_takes_what_is_about_them_along(
    database: PreparedDatabase, tmp_path: Path
) -> None:
    broken = {**PATIENT, "birthDate": "31.12.1999"}
    file = bundle(tmp_path / "b.json", entry(broken, name="p"), entry(about("p", measured({}))))

    report = await take_in(database, [file])

    assert [row.reason for row in report.bad_rows] == ["Patient: Patient.birthDate is no date."]
    assert report.counts.skipped == {"resources of type Observation about no patient of their bundle": 1}
    assert await sizes(database) == [0] * len(TABLES)


async def test_references_by_type_and_id_and_out_of_the_bundle(database: PreparedDatabase, tmp_path: Path) -> None:
    visit = {
        "resourceType": "Encounter", "id": "e1", "status": "finished", "class": {"code": "SPACE"},
        "period": {"start": "2024-01-01T10:00:00+01:00"}, "subject": {"reference": "Patient/p1"},
        "participant": [{"individual": {"reference": "Practitioner/elsewhere"}}],
    }  # fmt: skip
    inside = {
        **measured({"valueInteger": 3}),
        "subject": {"reference": "Patient/p1"},
        "encounter": {"reference": "Encounter/e1"},
    }
    outside = {**inside, "encounter": {"reference": "Encounter/e2"}}
    strange = {**inside, "subject": {"reference": "Group/1"}}
    entries = [entry({**PATIENT, "id": "p1"}), entry(visit), entry(inside), entry(outside), entry(strange)]
    for item in entries[1:]:
        del item["fullUrl"]

    report = await take_in(database, [bundle(tmp_path / "b.json", *entries)])

    (found,) = await all_of(database, Encounter)
    assert (found.practitioner_id, found.encounter_class, found.source_key) == (None, None, "Encounter/e1")
    assert found.occurred_at == dt.datetime(2024, 1, 1, 9, tzinfo=dt.UTC)
    assert [row.encounter_id for row in await all_of(database, Observation)] == [found.id, None]
    assert report.counts.skipped == {"resources of type Observation about no patient of their bundle": 1}
    assert report.counts.noted == {
        "references to a Practitioner that the bundle does not hold": 1,
        "references to an Encounter that is not taken in": 1,
        "values of Encounter.class that are not on the list": 1,
    }


async def test_what_is_not_said_is_null(database: PreparedDatabase, tmp_path: Path) -> None:
    bare = {"resourceType": "Patient", "birthDate": "1970-05"}
    condition = about("p", {"resourceType": "Condition", "code": {"text": "Backache"}})
    file = bundle(tmp_path / "b.json", entry(bare, name="p"), entry(condition), entry(about("p", measured({}))))

    report = await take_in(database, [file])

    (person,), (patient,) = await all_of(database, Person), await all_of(database, Patient)
    assert (person.display_name, person.birth_date, person.gender) == ("Unnamed patient", None, None)
    assert (patient.birth_sex, patient.medical_record_number) == (None, None)
    (found,) = await all_of(database, Condition)
    assert (found.code, found.display, found.clinical_status, found.onset_at) == (None, "Backache", None, None)
    (seen,) = await all_of(database, Observation)
    assert (seen.value, seen.value_text, seen.interpretation) == (None, None, None)
    assert report.counts.noted == {"values of Patient.birthDate without a day": 1}


async def test_an_identifier_that_names_somebody_else_stays_with_them(
    database: PreparedDatabase, tmp_path: Path
) -> None:
    shared = {"system": "urn:ssn", "value": "1"}
    entries = [
        entry({**PATIENT, "identifier": [{"system": "urn:mrn", "value": number}, shared]}) for number in ("a", "b")
    ]

    report = await take_in(database, [bundle(tmp_path / "b.json", *entries)])
    again = await take_in(database, [bundle(tmp_path / "c.json", *entries, entry({"resourceType": "Goal"}))])

    assert report.counts.created["patients"] == 2
    assert report.counts.noted == {"identifiers that name somebody else already": 1}
    assert again.counts.unchanged == {"patients": 2}


async def test_a_medical_record_of_another_patient_refuses_its_bundle_only(
    database: PreparedDatabase, tmp_path: Path
) -> None:
    await take_in(database, [MIRA])
    (known,) = await all_of(database, Patient)

    def rename(entries: list[dict[str, Any]]) -> None:
        for item in entries:
            if item["resource"]["resourceType"] == "Patient":
                for identifier in item["resource"]["identifier"]:
                    identifier["value"] = "SC-0099"

    copy = resources_of(MIRA, rename, to=tmp_path / "copy.json")
    await database.do(lambda uow: setattr(uow.get(Patient, known.id), "medical_record_number", "SC-0099"))
    report = await take_in(database, [copy, TWO])

    (refused,) = report.bad_rows
    assert refused.file == "copy.json"
    assert report.counts.created["patients"] == 2


async def test_somebody_known_as_a_customer_becomes_a_patient(database: PreparedDatabase) -> None:
    await take_in(database, [MIRA])
    (patient,) = await all_of(database, Patient)

    with pytest.raises(Exception, match="in care already"):
        await database.do(RegisterPatient(customer_id=patient.customer_id))


def not_r4(resource: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "transaction", "entry": [entry(resource)]}


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "It is not JSON from line 1 on."),
        (b"InvoiceNo,StockCode\n1,2\n", "It is not JSON from line 1 on."),
        (b"[1, 2]", "It is JSON, but no FHIR Bundle."),
        (b'{"resourceType": "Patient"}', "It is JSON, but no FHIR Bundle."),
        (b'{"resourceType": "Bundle", "type": "searchset", "entry": []}', "It is a FHIR Bundle of another type."),
        (b'{"resourceType": "Bundle", "type": "transaction", "entry": {}}', "Its entries are no list."),
        (b'{"resourceType": "Bundle", "type": "transaction", "entry": [5]}', "Its entry 1 holds no resource."),
        (b"\xff\xfe{}", "It is not UTF-8 text."),
        (b'{"a": NaN}', "numbers that nobody can keep"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "numbers that nobody can keep"),
        (b"[" * 200_000, "nested too deeply"),
        (json.dumps(not_r4({"resourceType": "Encounter", "class": [{}]})).encode(), "as R5 has"),
        (json.dumps(not_r4({"resourceType": "Condition", "clinicalStatus": "active"})).encode(), "as STU3 has"),
        (json.dumps(not_r4({"resourceType": "Observation", "context": {}})).encode(), "as STU3 has"),
        (
            json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": PATIENT}]}).encode(),
            "Its entry 1 says not what to do",
        ),
    ],
)
async def test_a_file_that_is_no_transaction_bundle_gives_one_error_and_changes_nothing(
    database: PreparedDatabase, tmp_path: Path, content: bytes, what: str
) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_bytes(content)

    with pytest.raises(WrongFormat) as refused:
        await take_in(database, [MIRA, wrong])

    assert refused.value.message.startswith("wrong.json is not a file of format fhir. ")
    assert what in refused.value.message
    assert await sizes(database) == [0] * len(TABLES)


async def test_an_empty_bundle_holds_nothing(database: PreparedDatabase, tmp_path: Path) -> None:
    report = await take_in(database, [bundle(tmp_path / "empty.json")])

    assert (report.rows, report.counts.created) == (0, {})


def test_reading_gives_the_same_each_time() -> None:
    first, again = read_file(TWO), read_file(TWO)

    assert [part.source_key for part in first] == [part.source_key for part in again]
    assert not any(isinstance(part, BadRow) for part in first)


@pytest.mark.parametrize("options", [{"timezone": "Mars/Olympus"}, {"source": ""}, {"currency": "EUR"}])
async def test_wrong_options_are_refused(database: PreparedDatabase, options: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        await take_in(database, [MIRA], **options)


async def test_the_tenant_next_door_sees_nothing(database: PreparedDatabase) -> None:
    await take_in(database, [MIRA])
    stranger = await database.tenant("Another clinic")

    assert await database.do(lambda uow: uow.select(select(Observation)), actor=stranger) == []
