"""Who is in a bundle: patients, practitioners and organizations, with the identifiers that name them in the source.

In come entries, out come rows to take in. An identifier with system and value names a party; the first one is the key by
which it is found again (of a patient the medical record number, if there is one).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.models import LifecycleStage
from patron_core.errors import InvalidInput
from patron_core.parties.commands import NewContactMedium, NewExternalIdentifier, NewPerson, check_language
from patron_core.parties.models import ContactKind, Gender
from patron_healthcare.codes import BirthSex
from patron_healthcare.identifiers import valid_npi
from patron_healthcare.importers.bundles import Entry
from patron_healthcare.importers.elements import Notes, Unreadable, code_of, day, instant, items, listed, members, text

__all__ = ["Identifier", "OrganizationRow", "PatientRow", "PractitionerRow", "organization", "patient", "practitioner"]

Identifier = tuple[str, str]

_NPI: Final = "http://hl7.org/fhir/sid/us-npi"
_BIRTH_SEX: Final = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
_FORMER_NAMES: Final = ("maiden", "old", "nickname", "temp")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationRow:
    """An organization. identifiers: the first is its key."""

    name: str
    identifiers: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PractitionerRow:
    """A person who cares for patients. identifiers: the first is their key. npi: only with the right check digit."""

    display_name: str
    given_name: str | None
    family_name: str | None
    gender: Gender | None
    birth_date: dt.date | None
    identifiers: tuple[Identifier, ...]
    npi: str | None
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientRow:
    """A patient. customer: whose first external identifier is the key."""

    customer: CreateCustomer
    medical_record: Identifier | None
    birth_sex: BirthSex | None
    birth_date: dt.date | None
    deceased: bool
    deceased_at: dt.datetime | None

    @property
    def key(self) -> Identifier:
        """What names the patient in the source."""
        first = self.customer.external_identifiers[0]
        return first.system, first.value


def organization(entry: Entry, *, source: str) -> OrganizationRow:
    """Reads an Organization."""
    name = text(entry.resource.get("name"), element="name")
    if name is None:
        raise Unreadable("name is missing")
    return OrganizationRow(name=name, identifiers=_identifiers(entry, source=source))


def practitioner(entry: Entry, *, source: str, notes: Notes) -> PractitionerRow:
    """Reads a Practitioner."""
    name = _name(entry.resource)
    given, family = _given(name), text(name.get("family"), element="name.family")
    prefix = " ".join(part for part in items(name.get("prefix")) if isinstance(part, str))
    spelled = text(name.get("text"), element="name.text") or " ".join(p for p in (prefix, given, family) if p)
    identifiers = _identifiers(entry, source=source)
    number = next((value for system, value in identifiers if system == _NPI), None)
    if number is not None and not valid_npi(number):
        notes.add("mentions of practitioners whose NPI has a wrong check digit")
        number = None
    return PractitionerRow(
        display_name=spelled or "Unnamed practitioner",
        given_name=given,
        family_name=family,
        gender=code_of(Gender, entry.resource.get("gender"), element="Practitioner.gender", notes=notes),
        birth_date=day(entry.resource.get("birthDate"), element="Practitioner.birthDate", notes=notes),
        identifiers=identifiers,
        npi=number,
        active=entry.resource.get("active") is not False,
    )


def patient(entry: Entry, *, source: str, zone: dt.tzinfo, seen: bool, notes: Notes) -> PatientRow:
    """Reads a Patient. seen: whether the bundle has an encounter of theirs, which makes them an active customer."""
    resource = entry.resource
    record = _medical_record(resource, source=source)
    identifiers = _identifiers(entry, source=source)
    ordered = dict.fromkeys((record, *identifiers) if record is not None else identifiers)
    birth_date = day(resource.get("birthDate"), element="Patient.birthDate", notes=notes)
    deceased_at = instant(resource.get("deceasedDateTime"), element="Patient.deceasedDateTime", zone=zone, notes=notes)
    deceased = "deceasedDateTime" in resource or resource.get("deceasedBoolean") is True
    alive = LifecycleStage.ACTIVE if seen else LifecycleStage.PROSPECT
    return PatientRow(
        customer=CreateCustomer(
            person=_person(resource, birth_date=birth_date, notes=notes),
            lifecycle_stage=LifecycleStage.CHURNED if deceased else alive,
            contact_media=tuple(dict.fromkeys(_media(resource, notes=notes))),
            external_identifiers=tuple(NewExternalIdentifier(system=s, value=v) for s, v in ordered),
        ),
        medical_record=record,
        birth_sex=_birth_sex(resource, notes=notes),
        birth_date=birth_date,
        deceased=deceased,
        deceased_at=deceased_at,
    )


def _person(resource: Mapping[str, Any], *, birth_date: dt.date | None, notes: Notes) -> NewPerson:
    name = _name(resource)
    given, family = _given(name), text(name.get("family"), element="name.family")
    spelled = None if given or family else text(name.get("text"), element="name.text") or "Unnamed patient"
    return NewPerson(
        given_name=given,
        family_name=family,
        display_name=spelled,
        birth_date=birth_date,
        gender=code_of(Gender, resource.get("gender"), element="Patient.gender", notes=notes),
        language=_language(resource, notes=notes),
    )


def _name(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """The name in use: the official one, else the first that is not a former one."""
    names = list(listed(resource.get("name")))
    official = next((name for name in names if name.get("use") == "official"), None)
    current = next((name for name in names if name.get("use") not in _FORMER_NAMES), None)
    return official or current or members(None)


def _given(name: Mapping[str, Any]) -> str | None:
    parts = [text(part, element="name.given") for part in items(name.get("given"))]
    return " ".join(part for part in parts if part) or None


def _language(resource: Mapping[str, Any], *, notes: Notes) -> str | None:
    spoken = list(listed(resource.get("communication")))
    chosen = next((item for item in spoken if item.get("preferred") is True), spoken[0] if spoken else members(None))
    codes = [item.get("code") for item in listed(members(chosen.get("language")).get("coding"))]
    tag = text(codes[0], element="communication.language") if codes else None
    try:
        check_language(tag)
    except InvalidInput:
        notes.add("languages that are no BCP 47 tag")
        return None
    return tag


def _birth_sex(resource: Mapping[str, Any], *, notes: Notes) -> BirthSex | None:
    for extension in listed(resource.get("extension")):
        if extension.get("url") == _BIRTH_SEX:
            return code_of(BirthSex, extension.get("valueCode"), element="birthsex", notes=notes)
    return None


def _media(resource: Mapping[str, Any], *, notes: Notes) -> Iterator[NewContactMedium]:
    addresses = list(listed(resource.get("address")))
    country = next((a["country"] for a in addresses if isinstance(a.get("country"), str)), None)
    kinds = {"phone": ContactKind.PHONE, "email": ContactKind.EMAIL}
    found = [(kinds.get(str(t.get("system"))), t.get("value")) for t in listed(resource.get("telecom"))]
    found += [(ContactKind.ADDRESS, _address(address)) for address in addresses]
    for kind, value in found:
        if kind is None or not isinstance(value, str) or not value.strip():
            continue
        try:
            spelled = _with_country(value, country) if kind is ContactKind.PHONE else value
            yield NewContactMedium(kind=kind, value=spelled)
        except InvalidInput:
            notes.add(f"contact media of kind {kind.name} in no valid form")


def _with_country(number: str, country: str | None) -> str:
    """A telephone number with the country code of the address; as it is where it has one or the country is not known."""
    import phonenumbers  # its tables of all countries are read by the first number

    if country is None or len(country) != 2:
        return number
    try:
        parsed = phonenumbers.parse(number, country.upper())
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _address(address: Mapping[str, Any]) -> str | None:
    if isinstance(address.get("text"), str):
        return str(address["text"])
    street = [line for line in items(address.get("line")) if isinstance(line, str)]
    parts = [address.get(name) for name in ("city", "state", "postalCode", "country")]
    return ", ".join([*street, *(part for part in parts if isinstance(part, str) and part)]) or None


def _identifiers(entry: Entry, *, source: str) -> tuple[Identifier, ...]:
    """Those with system and value; without any, the name the entry has in its source."""
    found = dict.fromkeys(
        (system, value)
        for item in listed(entry.resource.get("identifier"))
        if (system := text(item.get("system"), element="identifier.system"))
        and (value := text(item.get("value"), element="identifier.value"))
    )
    if found:
        return tuple(found)
    if not entry.key:
        raise Unreadable("it has no identifier, no id and no fullUrl, so that it could not be found again")
    return ((f"{source}:{entry.type}", entry.key.partition("/")[2]),)


def _medical_record(resource: Mapping[str, Any], *, source: str) -> Identifier | None:
    for item in listed(resource.get("identifier")):
        codes = [coding.get("code") for coding in listed(members(item.get("type")).get("coding"))]
        value = text(item.get("value"), element="identifier.value")
        if "MR" in codes and value is not None:
            return text(item.get("system"), element="identifier.system") or source, value
    return None
