"""Bundles into rows: people first, then what is about them, then the follow-ups that abnormal values ask for.

In come parsed bundles, out come counts. A batch takes the same few statements whatever it holds; what is there, by the
identifiers of people and the source keys of the rest, stays as it is.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from sqlalchemy import select

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.intake import find_customers, take_in_customers
from patron_core.imports.importer import Counts
from patron_core.parties.models import ExternalIdentifier, Organization, Party, PartyKind, Person
from patron_core.unit_of_work import UnitOfWork
from patron_healthcare.events import PatientsTakenIn
from patron_healthcare.follow_ups import Abnormal, open_follow_ups
from patron_healthcare.importers.people import Identifier, OrganizationRow, PatientRow, PractitionerRow
from patron_healthcare.importers.resources import Bundle, ClinicalRow
from patron_healthcare.interpretation import ABNORMAL, COUNTED, Measurement, ReferenceRange, interpret
from patron_healthcare.models import Condition, Encounter, Immunization, Observation, Patient, Practitioner
from patron_healthcare.settings import HealthcareSettings

__all__ = ["take_in"]

RowT = TypeVar("RowT")
KeyT = TypeVar("KeyT", bound=Hashable)
_Clinical = type[Encounter] | type[Observation] | type[Condition] | type[Immunization]


def take_in(uow: UnitOfWork, bundles: Sequence[Bundle], *, source: str) -> Counts:
    """Writes bundles inside the transaction of `uow`. source: the system whose keys the rows carry."""
    return _Intake(uow, source).take_in(bundles)


@dataclass(slots=True)
class _TakenPatient:
    """A patient of the batch: where rows about them point to, and what interpreting a value needs."""

    id: uuid.UUID
    customer_id: uuid.UUID
    row: PatientRow


@dataclass(slots=True)
class _Intake:
    uow: UnitOfWork
    source: str
    created: Counter[str] = field(default_factory=Counter[str])
    changed: Counter[str] = field(default_factory=Counter[str])
    unchanged: Counter[str] = field(default_factory=Counter[str])
    noted: Counter[str] = field(default_factory=Counter[str])

    def take_in(self, bundles: Sequence[Bundle]) -> Counts:
        organizations = self._organizations(row for bundle in bundles for row in bundle.organizations)
        practitioners = self._practitioners(row for bundle in bundles for row in bundle.practitioners)
        patients = self._patients(row for bundle in bundles for row in bundle.patients)
        parties = _Parties(patients, practitioners, organizations)
        encounters, _ = self._rows(
            Encounter, "encounters", (row for bundle in bundles for row in bundle.encounters), parties, {}
        )
        observations, new = self._rows(
            Observation,
            "observations",
            self._interpreted((row for bundle in bundles for row in bundle.observations), patients),
            parties,
            encounters,
        )
        self._rows(Condition, "conditions", (r for b in bundles for r in b.conditions), parties, encounters)
        self._rows(Immunization, "immunizations", (r for b in bundles for r in b.immunizations), parties, encounters)
        self._follow_ups(new, observations, patients)
        skipped: Counter[str] = Counter()
        for bundle in bundles:
            skipped.update(bundle.skipped)
            self.noted.update(bundle.notes)
        return Counts(self.created, self.changed, self.unchanged, skipped, self.noted)

    # -- people

    def _organizations(self, rows: Iterable[OrganizationRow]) -> dict[Identifier, uuid.UUID]:
        by_key = _first(rows, lambda row: row.identifiers[0])
        known = self._known_parties(by_key, PartyKind.ORGANIZATION)
        fresh = {key: (self.uow.ids.new(), row) for key, row in by_key.items() if key not in known}
        self.uow.add_many(
            Organization,
            [{"id": id_, "display_name": row.name, "legal_name": row.name} for id_, row in fresh.values()],
        )
        self._identify([(id_, row.identifiers) for id_, row in fresh.values()])
        self._count("organizations", created=len(fresh), of=len(by_key))
        return {key: known[key] if key in known else fresh[key][0] for key in by_key}

    def _practitioners(self, rows: Iterable[PractitionerRow]) -> dict[Identifier, uuid.UUID]:
        by_key = _first(rows, lambda row: row.identifiers[0])
        known = self._known_parties(by_key, PartyKind.PERSON)
        fresh = {key: (self.uow.ids.new(), row) for key, row in by_key.items() if key not in known}
        self.uow.add_many(
            Person,
            [
                {
                    "id": id_,
                    "display_name": row.display_name,
                    "given_name": row.given_name,
                    "family_name": row.family_name,
                    "gender": row.gender,
                    "birth_date": row.birth_date,
                }
                for id_, row in fresh.values()
            ],
        )
        self._identify([(id_, row.identifiers) for id_, row in fresh.values()])
        persons = {key: known[key] if key in known else fresh[key][0] for key in by_key}
        made = self.uow.add_many(
            Practitioner,
            [{"person_id": persons[key], "active": row.active, "npi": row.npi} for key, row in by_key.items()],
            unless_exists=("person_id",),
        )
        self._count("practitioners", created=len(made), of=len(by_key))
        ids = self._ids_by(Practitioner, Practitioner.person_id, list(persons.values()))
        return {key: ids[person_id] for key, person_id in persons.items()}

    def _patients(self, rows: Iterable[PatientRow]) -> dict[Identifier, _TakenPatient]:
        by_key = _first(rows, lambda row: row.key)
        taken = take_in_customers(self.uow, self._with_free_identifiers(by_key))
        customers = {key: taken.customer_id(*key) for key in by_key}
        made = self.uow.add_many(
            Patient,
            [
                {
                    "customer_id": customers[key],
                    "medical_record_number": row.medical_record[1] if row.medical_record else None,
                    "medical_record_system": row.medical_record[0] if row.medical_record else None,
                    "birth_sex": row.birth_sex,
                    "deceased": row.deceased,
                    "deceased_at": row.deceased_at,
                }
                for key, row in by_key.items()
            ],
            unless_exists=("customer_id",),
        )
        self._count("patients", created=len(made), of=len(by_key))
        if made:
            self.uow.emit(PatientsTakenIn(patient_ids=tuple(made)))
        ids = self._ids_by(Patient, Patient.customer_id, list(customers.values()))
        return {key: _TakenPatient(ids[customers[key]], customers[key], row) for key, row in by_key.items()}

    def _with_free_identifiers(self, by_key: Mapping[Identifier, PatientRow]) -> list[CreateCustomer]:
        """The commands of new customers without the further identifiers that name somebody else already."""
        known = find_customers(self.uow, list(by_key))
        further = {
            (i.system, i.value)
            for key, row in by_key.items()
            if key not in known
            for i in row.customer.external_identifiers[1:]
        }
        taken = {*self._parties_by(further), *by_key}
        commands: list[CreateCustomer] = []
        for key, row in by_key.items():
            first, *others = row.customer.external_identifiers
            free = [i for i in others if (i.system, i.value) not in taken]
            if key not in known:
                self.noted["identifiers that name somebody else already"] += len(others) - len(free)
                taken.update((i.system, i.value) for i in free)
            commands.append(replace(row.customer, external_identifiers=(first, *free)))
        return commands

    def _identify(self, named: Iterable[tuple[uuid.UUID, tuple[Identifier, ...]]]) -> None:
        """Adds the identifiers of new parties; one that names somebody else already is left out and counted."""
        rows = [
            {"party_id": party_id, "system": system, "value": value}
            for party_id, identifiers in named
            for system, value in identifiers
        ]
        added = self.uow.add_many(ExternalIdentifier, rows, unless_exists=("system", "value"))
        self.noted["identifiers that name somebody else already"] += len(rows) - len(added)

    def _known_parties(self, by_key: dict[Identifier, Any], kind: PartyKind) -> dict[Identifier, uuid.UUID]:
        """The parties that keys name. A key that names one of another kind is taken out: its row cannot be anybody."""
        found = self._parties_by(by_key)
        for key in [key for key, (_, known) in found.items() if known is not kind]:
            del by_key[key]
            self.noted["identifiers that name a party of another kind"] += 1
        return {key: party_id for key, (party_id, known) in found.items() if known is kind}

    def _parties_by(self, keys: Iterable[Identifier]) -> dict[Identifier, tuple[uuid.UUID, PartyKind]]:
        by_system: dict[str, list[str]] = {}
        for system, value in keys:
            by_system.setdefault(system, []).append(value)
        columns = (ExternalIdentifier.system, ExternalIdentifier.value, ExternalIdentifier.party_id, Party.kind)
        named = select(*columns).join(Party, Party.id == ExternalIdentifier.party_id)
        rows = [
            row
            for system, values in by_system.items()
            for row in self.uow.look_up(
                named.where(ExternalIdentifier.system == system), ExternalIdentifier.value, values
            )
        ]
        return {(row.system, row.value): (row.party_id, row.kind) for row in rows}

    # -- what is about patients

    def _rows(
        self,
        model: _Clinical,
        noun: str,
        rows: Iterable[ClinicalRow],
        parties: _Parties,
        encounters: Mapping[str, uuid.UUID],
    ) -> tuple[dict[str, uuid.UUID], list[ClinicalRow]]:
        """Writes the rows whose source key is new. Returns the ids of all by source key, and the new rows."""
        by_key = _first(rows, lambda row: row.key)
        ids = self._ids_by_source_key(model, list(by_key))
        fresh = [row for key, row in by_key.items() if key not in ids]
        ids |= {row.key: self.uow.ids.new() for row in fresh}
        self.uow.add_many(
            model,
            [
                {
                    "id": ids[row.key],
                    "patient_id": parties.patients[row.patient].id,
                    "source": self.source,
                    "source_key": row.key,
                    **_references(model, row, parties, encounters),
                    **row.values,
                }
                for row in fresh
            ],
        )
        self._count(noun, created=len(fresh), of=len(by_key))
        return ids, fresh

    def _ids_by_source_key(self, model: _Clinical, keys: Sequence[str]) -> dict[str, uuid.UUID]:
        ours = select(model.source_key, model.id).where(model.source == self.source)
        return {row.source_key: row.id for row in self.uow.look_up(ours, model.source_key, keys)}

    def _ids_by(
        self, model: type[Patient] | type[Practitioner], column: Any, values: Sequence[uuid.UUID]
    ) -> dict[uuid.UUID, uuid.UUID]:
        rows = self.uow.look_up(select(column.label("owner_id"), model.id), column, values)
        return {row.owner_id: row.id for row in rows}

    def _interpreted(
        self, rows: Iterable[ClinicalRow], patients: Mapping[Identifier, _TakenPatient]
    ) -> Iterable[ClinicalRow]:
        """Rows that the source does not interpret get an interpretation where a range fits, marked as derived."""
        ranges: dict[str, list[ReferenceRange]] = {}
        for known in self.uow.plugins.settings(HealthcareSettings).reference_ranges:
            ranges.setdefault(known.code, []).append(known)
        for row in rows:
            values = row.values
            fitting = ranges.get(values["code"])
            if fitting is None or not _interpretable(values):
                yield row
                continue
            patient = patients[row.patient].row
            measured = Measurement(
                code=values["code"],
                value=values["value"],
                unit=values["unit"],
                effective_at=values["effective_at"],
                birth_date=patient.birth_date,
                birth_sex=patient.birth_sex,
            )
            meaning = interpret(measured, ranges=fitting)
            yield row if meaning is None else replace(row, values={**values, **meaning.columns})

    def _follow_ups(
        self, rows: Sequence[ClinicalRow], ids: Mapping[str, uuid.UUID], patients: Mapping[Identifier, _TakenPatient]
    ) -> None:
        abnormal: list[Abnormal] = []
        for row in rows:
            values = row.values
            if values.get("interpretation") not in ABNORMAL or values["status"] not in COUNTED:
                continue
            self.noted["abnormal observations"] += 1
            if values["effective_at"] is None:
                self.noted["abnormal observations without a time, which ask for no follow-up"] += 1
                continue
            taken = patients[row.patient]
            abnormal.append(
                Abnormal(
                    observation_id=ids[row.key],
                    patient_id=taken.id,
                    customer_id=taken.customer_id,
                    code=values["code"],
                    display=values["display"],
                    interpretation=values["interpretation"],
                    effective_at=values["effective_at"],
                    value=values["value"],
                    unit=values["unit"],
                    reference_text=values.get("reference_text"),
                )
            )
        done = open_follow_ups(self.uow, abnormal)
        self.created["follow-ups"] += done.opened
        self.changed["follow-ups"] += done.moved

    def _count(self, noun: str, *, created: int, of: int) -> None:
        self.created[noun] += created
        self.unchanged[noun] += of - created


@dataclass(frozen=True, slots=True)
class _Parties:
    """Whom the rows of a batch may point to, by their keys."""

    patients: Mapping[Identifier, _TakenPatient]
    practitioners: Mapping[Identifier, uuid.UUID]
    organizations: Mapping[Identifier, uuid.UUID]


def _references(
    model: _Clinical, row: ClinicalRow, parties: _Parties, encounters: Mapping[str, uuid.UUID]
) -> dict[str, uuid.UUID | None]:
    if model is Encounter:
        return {
            "practitioner_id": parties.practitioners.get(row.practitioner) if row.practitioner else None,
            "service_provider_id": parties.organizations.get(row.organization) if row.organization else None,
        }
    return {"encounter_id": encounters[row.encounter] if row.encounter else None}


def _first(rows: Iterable[RowT], key: Callable[[RowT], KeyT]) -> dict[KeyT, RowT]:
    """Rows by key; of several with the same key the first."""
    found: dict[KeyT, RowT] = {}
    for row in rows:
        found.setdefault(key(row), row)
    return found


def _interpretable(values: Mapping[str, Any]) -> bool:
    known = values["value"] is not None and values["unit"] is not None and values["effective_at"] is not None
    return known and values.get("interpretation") is None and values["status"] in COUNTED
