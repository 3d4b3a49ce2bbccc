"""What the tests of this plugin do again and again: a patient, a practitioner, a measured value, an encounter, a bundle."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select

from patron_core.customers.commands import CreateCustomer
from patron_core.imports.importer import Source
from patron_core.imports.runner import ImportReport, run_import
from patron_core.parties.commands import NewPerson
from patron_healthcare.codes import BirthSex, EncounterClass, EncounterStatus
from patron_healthcare.commands import RecordObservation, RegisterPatient, RegisterPractitioner
from patron_healthcare.importers.fhir import Fhir
from patron_healthcare.models import Encounter, FollowUp, Patient, Practitioner
from patron_schema.testing.databases import NOON, PreparedDatabase

__all__ = [
    "HEMOGLOBIN",
    "all_of",
    "bundle",
    "encounter",
    "entry",
    "follow_ups",
    "hemoglobin",
    "patient",
    "practitioner",
    "read_file",
    "resources_of",
    "take_in",
]

HEMOGLOBIN = "718-7"


async def patient(
    database: PreparedDatabase,
    name: str = "Mira",
    *,
    born: dt.date | None = dt.date(1980, 6, 1),
    sex: BirthSex | None = BirthSex.FEMALE,
) -> Patient:
    customer = await database.do(CreateCustomer(person=NewPerson(given_name=name, birth_date=born)))
    made: Patient = await database.do(RegisterPatient(customer_id=customer.id, birth_sex=sex))
    return made


async def practitioner(database: PreparedDatabase, name: str = "Dora") -> Practitioner:
    made: Practitioner = await database.do(RegisterPractitioner(person=NewPerson(given_name=name)))
    return made


async def encounter(
    database: PreparedDatabase,
    of: Patient,
    *,
    at: dt.datetime = NOON,
    status: EncounterStatus = EncounterStatus.FINISHED,
) -> Encounter:
    """Encounters come from record systems, so there is no command for one."""
    made: Encounter = await database.do(
        lambda uow: uow.add(
            Encounter(
                patient_id=of.id,
                status=status,
                encounter_class=EncounterClass.AMBULATORY,
                occurred_at=at,
                ended_at=at + dt.timedelta(minutes=30),
            )
        )
    )
    return made


def hemoglobin(of: Patient, value: str, *, at: dt.datetime | None = None, **more: Any) -> RecordObservation:
    given: dict[str, Any] = {"code": HEMOGLOBIN, "display": "Hemoglobin", "value": Decimal(value), "unit": "g/dL"}
    return RecordObservation(patient_id=of.id, effective_at=at, **(given | more))


async def all_of(database: PreparedDatabase, model: type[Any]) -> list[Any]:
    found: list[Any] = await database.do(lambda uow: uow.select(select(model).order_by(model.id)))
    return found


async def follow_ups(database: PreparedDatabase) -> list[FollowUp]:
    return await all_of(database, FollowUp)


async def take_in(
    database: PreparedDatabase, paths: Sequence[Path], *, dry_run: bool = False, **options: Any
) -> ImportReport:
    return await run_import(
        database.database,
        Fhir(),
        paths,
        actor=database.actor,
        plugins=database.plugins,
        clock=database.clock,
        ids=database.ids,
        options=options,
        dry_run=dry_run,
    )


def read_file(file: Path) -> list[Any]:
    importer = Fhir()
    return list(importer.read(Source((file,)), options=importer.options()))


def entry(resource: dict[str, Any], *, name: str | None = None) -> dict[str, Any]:
    id_ = name or str(uuid.uuid4())
    request = {"method": "POST", "url": resource["resourceType"]}
    return {"fullUrl": f"urn:uuid:{id_}", "resource": {"id": id_, **resource}, "request": request}


def bundle(file: Path, *entries: dict[str, Any], **instead: Any) -> Path:
    document = {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)} | instead
    file.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
    return file


def resources_of(file: Path, change: Callable[[list[dict[str, Any]]], None], *, to: Path) -> Path:
    """A copy of a bundle after `change` has had its entries."""
    document = json.loads(file.read_text(encoding="utf-8"))
    change(document["entry"])
    to.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return to
