"""What happens to parties: commands in, changed records and events out, inside the caller's unit of work.

`make_person`, `make_organization` and `reach` serve other slices that make parties inline, such as customers.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Final, TypeVar

from sqlalchemy import or_, select
from sqlalchemy import tuple_ as sql_tuple

from patron_core.errors import Conflict, InvalidInput
from patron_core.hookspecs import CommandHandler
from patron_core.parties import commands, events
from patron_core.parties.hierarchy import check_place
from patron_core.parties.media import (
    end_contact_medium,
    prefer_contact_medium,
    prefer_no_other,
    verify_contact_medium,
)
from patron_core.parties.models import ContactMedium, ExternalIdentifier, Organization, Party, Person
from patron_core.parties.permissions import PARTY_WRITE
from patron_core.parties.roles import add_party_role, end_party_role
from patron_core.unit_of_work import UnitOfWork
from patron_core.updates import apply_update
from patron_core.validation import once, same_version
from patron_core.values import UNSET, Period

PartyT = TypeVar("PartyT", bound=Party)

__all__ = [
    "HANDLERS",
    "add_contact_medium",
    "add_external_identifier",
    "check_birth_date",
    "create_organization",
    "create_person",
    "make_organization",
    "make_person",
    "reach",
    "set_parent",
    "update_organization",
    "update_person",
]


def create_person(command: commands.CreatePerson, uow: UnitOfWork) -> Person:
    """Makes a person with contact media and identifiers; CONFLICT where an identifier is somebody's already."""
    person = make_person(command.person, uow)
    reach(person, uow, media=command.contact_media, identifiers=command.external_identifiers)
    return person


def create_organization(command: commands.CreateOrganization, uow: UnitOfWork) -> Organization:
    """Makes an organization with contact media and identifiers; CONFLICT where an identifier is somebody's already."""
    organization = make_organization(command.organization, uow)
    reach(organization, uow, media=command.contact_media, identifiers=command.external_identifiers)
    return organization


def make_person(new: commands.NewPerson, uow: UnitOfWork) -> Person:
    """Adds a person and tells of it. Errors name fields below `person`."""
    check_birth_date(new.birth_date, today=uow.now.date(), path=("person", "birth_date"))
    person = uow.add(
        Person(
            display_name=new.shown_name,
            given_name=new.given_name,
            family_name=new.family_name,
            birth_date=new.birth_date,
            gender=new.gender,
            language=new.language,
        )
    )
    uow.emit(events.PersonCreated(party_id=person.id))
    return person


def make_organization(new: commands.NewOrganization, uow: UnitOfWork) -> Organization:
    """Adds an organization and tells of it. Errors name fields below `organization`."""
    if new.parent_id is not None:
        try:
            check_place(uow, parent_id=new.parent_id, child_id=None)
        except InvalidInput as error:
            raise InvalidInput(error.message, path=("organization", *error.path)) from None
    organization = uow.add(
        Organization(
            display_name=new.shown_name,
            legal_name=new.legal_name,
            industry=new.industry,
            unit_kind=new.unit_kind,
            parent_id=new.parent_id,
            language=new.language,
        )
    )
    uow.emit(events.OrganizationCreated(party_id=organization.id))
    return organization


def reach(
    party: Party,
    uow: UnitOfWork,
    *,
    media: Sequence[commands.NewContactMedium],
    identifiers: Sequence[commands.NewExternalIdentifier],
) -> None:
    """Adds contact media and identifiers to a party that is being made."""
    _refuse_taken(identifiers, uow)
    for medium in media:
        uow.add(_medium(party.id, medium, uow))
    for identifier in identifiers:
        uow.add(ExternalIdentifier(party_id=party.id, system=identifier.system, value=identifier.value))


def update_person(command: commands.UpdatePerson, uow: UnitOfWork) -> Person:
    """Changes a person. A display name that was the other names joined follows them."""
    person = uow.get(Person, command.id, path=("id",))
    same_version(person, version=command.version)
    if command.birth_date is not UNSET:
        check_birth_date(command.birth_date, today=uow.now.date(), path=("birth_date",))
    joined = _joined(person)
    changed = apply_update(command, to=person)
    if person.display_name == joined and command.display_name is UNSET and _joined(person):
        person.display_name = _joined(person)
    return _changed(person, changed, uow)


def update_organization(command: commands.UpdateOrganization, uow: UnitOfWork) -> Organization:
    """Changes an organization."""
    organization = uow.get(Organization, command.id, path=("id",))
    same_version(organization, version=command.version)
    return _changed(organization, apply_update(command, to=organization), uow)


def set_parent(command: commands.SetParent, uow: UnitOfWork) -> Organization:
    """Places an organization under another one, or at the top; no circle, at most twenty levels."""
    if command.parent_id is not None:
        uow.get(Organization, command.id, path=("id",))
        check_place(uow, parent_id=command.parent_id, child_id=command.id)
    organization = uow.get(Organization, command.id, lock=True, path=("id",))
    same_version(organization, version=command.version)
    if organization.parent_id != command.parent_id:
        organization.parent_id = command.parent_id
        uow.emit(events.OrganizationPlaced(party_id=organization.id, parent_id=command.parent_id))
    return organization


def add_contact_medium(command: commands.AddContactMedium, uow: UnitOfWork) -> ContactMedium:
    """Adds a way to reach a party; the preferred one of its kind gives way to a new preferred one."""
    party = uow.get(Party, command.party_id, lock=True, path=("party_id",))
    medium = _medium(party.id, command.medium, uow)
    known = uow.find(ContactMedium, party_id=party.id, kind=medium.kind, value=medium.value, validity_to=None)
    if known is not None:
        raise Conflict(
            "The party can be reached there already. The same address or number was given again. Use the one there is.",
            path=("medium", "value"),
        )
    if medium.preferred:
        prefer_no_other(medium, uow)
    uow.add(medium)
    uow.emit(events.ContactMediumAdded(party_id=party.id, contact_medium_id=medium.id))
    return medium


def add_external_identifier(command: commands.AddExternalIdentifier, uow: UnitOfWork) -> ExternalIdentifier:
    """Adds what another system calls a party; CONFLICT where it calls somebody so already."""
    party = uow.get(Party, command.party_id, path=("party_id",))
    _refuse_taken([command.identifier], uow)
    identifier = uow.add(
        ExternalIdentifier(party_id=party.id, system=command.identifier.system, value=command.identifier.value)
    )
    uow.emit(events.ExternalIdentifierAdded(party_id=party.id, external_identifier_id=identifier.id))
    return identifier


def check_birth_date(day: dt.date | None, *, today: dt.date, path: tuple[str | int, ...]) -> None:
    """Refuses a day of birth after today."""
    if day is not None and day > today:
        raise InvalidInput("The day of birth lies in the future. A day after today was given. Correct it.", path=path)


def _medium(party_id: uuid.UUID, new: commands.NewContactMedium, uow: UnitOfWork) -> ContactMedium:
    return ContactMedium(
        id=uow.ids.new(),
        party_id=party_id,
        kind=new.kind,
        value=new.value,
        preferred=new.preferred,
        verified_at=new.verified_at,
        verified_by=uow.actor.subject if new.verified_at is not None else None,
        validity=Period(None, None),
    )


def _refuse_taken(identifiers: Sequence[commands.NewExternalIdentifier], uow: UnitOfWork) -> None:
    pairs = [(identifier.system, identifier.value) for identifier in identifiers]
    once(pairs, path="external_identifiers")
    if not pairs:
        return
    same = or_(*(sql_tuple(ExternalIdentifier.system, ExternalIdentifier.value) == pair for pair in pairs))
    if uow.select(select(ExternalIdentifier.id).where(same).limit(1)):
        raise Conflict(
            "An external identifier belongs to somebody already. The same system and value are known. "
            "Use the party that has it.",
            path=("external_identifiers",),
        )


def _joined(person: Person) -> str:
    return " ".join(name for name in (person.given_name, person.family_name) if name)


def _changed(party: PartyT, changed: tuple[str, ...], uow: UnitOfWork) -> PartyT:
    if changed:
        uow.emit(events.PartyChanged(party_id=party.id, fields=changed))
    return party


HANDLERS: Final = (
    CommandHandler(command=commands.CreatePerson, handler=create_person, permission=PARTY_WRITE),
    CommandHandler(command=commands.CreateOrganization, handler=create_organization, permission=PARTY_WRITE),
    CommandHandler(command=commands.UpdatePerson, handler=update_person, permission=PARTY_WRITE),
    CommandHandler(command=commands.UpdateOrganization, handler=update_organization, permission=PARTY_WRITE),
    CommandHandler(command=commands.SetParent, handler=set_parent, permission=PARTY_WRITE),
    CommandHandler(command=commands.AddContactMedium, handler=add_contact_medium, permission=PARTY_WRITE),
    CommandHandler(command=commands.AddExternalIdentifier, handler=add_external_identifier, permission=PARTY_WRITE),
    CommandHandler(command=commands.VerifyContactMedium, handler=verify_contact_medium, permission=PARTY_WRITE),
    CommandHandler(command=commands.PreferContactMedium, handler=prefer_contact_medium, permission=PARTY_WRITE),
    CommandHandler(command=commands.EndContactMedium, handler=end_contact_medium, permission=PARTY_WRITE),
    CommandHandler(command=commands.AddPartyRole, handler=add_party_role, permission=PARTY_WRITE),
    CommandHandler(command=commands.EndPartyRole, handler=end_party_role, permission=PARTY_WRITE),
)
