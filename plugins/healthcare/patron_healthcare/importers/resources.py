"""What a bundle says of its patients: encounters, observations, conditions and immunizations as values of their rows.

In comes a `RawBundle`, out comes a `Bundle` to take in and the entries that cannot be read. Resources of other types are
counted by type. Each component of an observation becomes a row of its own.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from patron_core.errors import InvalidInput
from patron_core.imports.importer import BadRow
from patron_core.values import Code
from patron_healthcare import codes
from patron_healthcare.commands import LOINC
from patron_healthcare.importers import people
from patron_healthcare.importers.bundles import Entry, RawBundle
from patron_healthcare.importers.elements import (
    Coding,
    Notes,
    Unreadable,
    code_of,
    coding,
    instant,
    listed,
    members,
)
from patron_healthcare.importers.measurements import measured
from patron_healthcare.importers.people import Identifier, OrganizationRow, PatientRow, PractitionerRow

__all__ = ["Bundle", "ClinicalRow", "parse_bundle"]

CodeT = TypeVar("CodeT", bound=Code)

_CLINICAL: Final = ("Encounter", "Observation", "Condition", "Immunization")
_TAKEN: Final = ("Organization", "Practitioner", "Patient", *_CLINICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicalRow:
    """A row about a patient. key: its source key. encounter: the source key of its encounter, if the bundle has it.
    values: by attribute name, without references.
    """

    key: str
    patient: Identifier
    encounter: str | None = None
    practitioner: Identifier | None = None
    organization: Identifier | None = None
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What is taken in of a bundle. resources: how many of its entries; skipped: the others by reason."""

    source: str
    resources: int
    organizations: tuple[OrganizationRow, ...]
    practitioners: tuple[PractitionerRow, ...]
    patients: tuple[PatientRow, ...]
    encounters: tuple[ClinicalRow, ...]
    observations: tuple[ClinicalRow, ...]
    conditions: tuple[ClinicalRow, ...]
    immunizations: tuple[ClinicalRow, ...]
    skipped: Mapping[str, int]
    notes: Mapping[str, int]


class _Skipped(Exception):
    """A resource that is left out on purpose; the text is the reason in the plural."""


def parse_bundle(raw: RawBundle, *, source: str, zone: dt.tzinfo) -> tuple[Bundle, list[BadRow]]:
    """Reads the entries of a bundle. A bad one is left out and reported; those that need its patient are skipped."""
    return _Parser(raw, source, zone).parse()


class _Parser:
    def __init__(self, raw: RawBundle, source: str, zone: dt.tzinfo) -> None:
        self._raw = raw
        self._source = source
        self._zone = zone
        self._targets = raw.targets()
        self._notes = Notes()
        self._skipped: Counter[str] = Counter()
        self._bad: list[BadRow] = []
        self._keys: dict[str, dict[str, Identifier]] = {"Patient": {}, "Practitioner": {}, "Organization": {}}
        self._encounters: set[str] = set()

    def parse(self) -> tuple[Bundle, list[BadRow]]:
        for entry in self._raw.entries:
            if entry.type not in _TAKEN:
                self._skipped[f"resources of type {entry.type}"] += 1
        targets = [self._target(entry.resource.get("subject")) for entry in self._raw.of_type("Encounter")]
        seen = {target.key for target in targets if target is not None}
        organizations = self._each("Organization", lambda e: people.organization(e, source=self._source))
        practitioners = self._each(
            "Practitioner", lambda e: people.practitioner(e, source=self._source, notes=self._notes)
        )
        patients = self._each("Patient", lambda e: self._patient(e, seen=e.key in seen))
        rows = {name: self._each(name, read) for name, read in self._clinical_readers().items()}
        bundle = Bundle(
            source=self._source,
            resources=len(self._raw.entries) - len(self._bad),
            organizations=tuple(organizations),
            practitioners=tuple(practitioners),
            patients=tuple(patients),
            encounters=tuple(rows["Encounter"]),
            observations=tuple(row for of_one in rows["Observation"] for row in of_one),
            conditions=tuple(rows["Condition"]),
            immunizations=tuple(rows["Immunization"]),
            skipped=dict(self._skipped),
            notes=dict(self._notes.counts),
        )
        return bundle, self._bad

    def _clinical_readers(self) -> dict[str, Callable[[Entry], Any]]:
        readers = (self._encounter, self._observation, self._condition, self._immunization)
        return dict(zip(_CLINICAL, readers, strict=True))

    def _each(self, name: str, read: Callable[[Entry], Any]) -> list[Any]:
        out: list[Any] = []
        for entry in self._raw.of_type(name):
            try:
                row = read(entry)
            except (Unreadable, InvalidInput) as error:
                reason = (
                    error.message if isinstance(error, InvalidInput) else f"{str(error)[:1].upper()}{str(error)[1:]}."
                )
                self._bad.append(BadRow(self._raw.file.name, self._raw.line_of(entry), f"{name}: {reason}"))
                continue
            except _Skipped as reason:
                self._skipped[str(reason)] += 1
                continue
            if name in self._keys:
                self._keys[name][entry.key] = row.key if isinstance(row, PatientRow) else row.identifiers[0]
            elif name == "Encounter":
                self._encounters.add(entry.key)
            out.append(row)
        return out

    # -- people and references

    def _patient(self, entry: Entry, *, seen: bool) -> PatientRow:
        return people.patient(entry, source=self._source, zone=self._zone, seen=seen, notes=self._notes)

    def _target(self, reference: Any) -> Entry | None:
        named = members(reference).get("reference")
        return self._targets.get(named) if isinstance(named, str) else None

    def _named(self, reference: Any, kind: str) -> Identifier | None:
        """The party a reference names, if the bundle holds it."""
        target = self._target(reference)
        found = self._keys[kind].get(target.key) if target is not None and target.type == kind else None
        if found is None and reference is not None:
            self._notes.add(f"references to a {kind} that the bundle does not hold")
        return found

    def _about(self, entry: Entry, element: str) -> Identifier:
        target = self._target(entry.resource.get(element))
        found = self._keys["Patient"].get(target.key) if target is not None else None
        if found is None:
            raise _Skipped(f"resources of type {entry.type} about no patient of their bundle")
        if not entry.key:
            raise Unreadable("it has no id and no fullUrl, so that it could not be found again")
        return found

    def _during(self, entry: Entry) -> str | None:
        reference = entry.resource.get("encounter")
        target = self._target(reference)
        if target is not None and target.key in self._encounters:
            return target.key
        if reference is not None:
            self._notes.add("references to an Encounter that is not taken in")
        return None

    def _instant(self, value: Any, element: str) -> dt.datetime | None:
        return instant(value, element=element, zone=self._zone, notes=self._notes)

    # -- clinical resources

    def _encounter(self, entry: Entry) -> ClinicalRow:
        resource = entry.resource
        about = self._about(entry, "subject")
        period = members(resource.get("period"))
        began = self._instant(period.get("start"), "period.start")
        if began is None:
            raise _Skipped("resources of type Encounter without a beginning")
        ended = self._instant(period.get("end"), "period.end")
        if ended is not None and ended < began:
            raise Unreadable("period ends before it begins")
        types = list(listed(resource.get("type")))
        reasons = list(listed(resource.get("reasonCode")))
        individual = next((p["individual"] for p in listed(resource.get("participant")) if p.get("individual")), None)
        return ClinicalRow(
            key=entry.key,
            patient=about,
            practitioner=self._named(individual, "Practitioner"),
            organization=self._named(resource.get("serviceProvider"), "Organization"),
            values={
                "status": self._status(codes.EncounterStatus, entry),
                "encounter_class": code_of(
                    codes.EncounterClass,
                    members(resource.get("class")).get("code"),
                    element="Encounter.class",
                    notes=self._notes,
                ),
                "occurred_at": began,
                "ended_at": ended,
                **_coded("type", coding(types[0] if types else None, element="type")),
                **_coded("reason", coding(reasons[0] if reasons else None, element="reasonCode")),
            },
        )

    def _observation(self, entry: Entry) -> list[ClinicalRow]:
        resource = entry.resource
        about, during = self._about(entry, "subject"), self._during(entry)
        found = coding(resource.get("code"), element="code", prefer=LOINC)
        if found is None:
            raise Unreadable("code is missing")
        components = list(listed(resource.get("component")))
        common = {
            "status": self._status(codes.ObservationStatus, entry),
            "category": self._category(resource),
            "effective_at": self._effective(resource),
        }
        has_own = not components or any(name.startswith("value") for name in resource)
        parts: list[tuple[str, dict[str, Any]]] = []
        if has_own:
            parts.append((entry.key, measured(resource, found=found, panel=None, notes=self._notes)))
        used: Counter[str] = Counter()
        for component in components:
            part = coding(component.get("code"), element="component.code", prefer=LOINC)
            if part is None:
                raise Unreadable("component.code is missing")
            name = part.code or part.text
            used[name] += 1
            key = f"{entry.key}#{name}" if used[name] == 1 else f"{entry.key}#{name}#{used[name]}"
            panel = found.code or found.text
            parts.append((key, measured(component, found=part, panel=panel, notes=self._notes)))
        return [ClinicalRow(key=key, patient=about, encounter=during, values={**common, **part}) for key, part in parts]

    def _condition(self, entry: Entry) -> ClinicalRow:
        resource = entry.resource
        about = self._about(entry, "subject")
        found = coding(resource.get("code"), element="code")
        clinical = coding(resource.get("clinicalStatus"), element="clinicalStatus")
        verified = coding(resource.get("verificationStatus"), element="verificationStatus")
        return ClinicalRow(
            key=entry.key,
            patient=about,
            encounter=self._during(entry),
            values={
                "clinical_status": code_of(
                    codes.ConditionClinicalStatus,
                    clinical.code if clinical else None,
                    element="Condition.clinicalStatus",
                    notes=self._notes,
                ),
                "verification_status": code_of(
                    codes.ConditionVerificationStatus,
                    verified.code if verified else None,
                    element="Condition.verificationStatus",
                    notes=self._notes,
                ),
                "code": found.code if found else None,
                "code_system": found.system if found else None,
                "display": found.text if found else "Unnamed condition",
                "onset_at": self._instant(resource.get("onsetDateTime"), "onsetDateTime"),
                "abated_at": self._instant(resource.get("abatementDateTime"), "abatementDateTime"),
                "recorded_at": self._instant(resource.get("recordedDate"), "recordedDate"),
            },
        )

    def _immunization(self, entry: Entry) -> ClinicalRow:
        resource = entry.resource
        about = self._about(entry, "patient")
        found = coding(resource.get("vaccineCode"), element="vaccineCode")
        if found is None:
            raise Unreadable("vaccineCode is missing")
        reported = resource.get("primarySource")
        return ClinicalRow(
            key=entry.key,
            patient=about,
            encounter=self._during(entry),
            values={
                "status": self._status(codes.ImmunizationStatus, entry),
                "vaccine_code": found.code,
                "vaccine_system": found.system,
                "display": found.text,
                "occurred_at": self._instant(resource.get("occurrenceDateTime"), "occurrenceDateTime"),
                "primary_source": reported if isinstance(reported, bool) else None,
            },
        )

    # -- parts of them

    def _status(self, kind: type[CodeT], entry: Entry) -> CodeT:
        """A required code: without it nobody knows what the row means."""
        found = next((member for member in kind if member.value == entry.resource.get("status")), None)
        if found is None:
            raise Unreadable("status is missing or not one of FHIR R4")
        return found

    def _category(self, resource: Mapping[str, Any]) -> codes.ObservationCategory | None:
        concepts: Iterator[Any] = listed(resource.get("category"))
        found = [item.get("code") for concept in concepts for item in listed(concept.get("coding"))]
        known = {member.value for member in codes.ObservationCategory}
        chosen = next((code for code in found if code in known), found[0] if found else None)
        return code_of(codes.ObservationCategory, chosen, element="Observation.category", notes=self._notes)

    def _effective(self, resource: Mapping[str, Any]) -> dt.datetime | None:
        start = members(resource.get("effectivePeriod")).get("start")
        value = resource.get("effectiveDateTime") or resource.get("effectiveInstant") or start
        return self._instant(value, "effective")


def _coded(name: str, found: Coding | None) -> dict[str, Any]:
    return {
        f"{name}_code": found.code if found else None,
        f"{name}_system": found.system if found else None,
        f"{name}_text": found.text if found else None,
    }
