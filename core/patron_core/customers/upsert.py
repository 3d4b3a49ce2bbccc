"""One customer by the name another system has for it: made where it is not known, changed where it is.

What is given replaces what was there, what is left out stays. Gates are asked as for the commands it stands for.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import select

from patron_core.customers.commands import CreateCustomer, UpdateCustomer, UpsertCustomer
from patron_core.customers.models import Customer
from patron_core.customers.removal import check_listed
from patron_core.customers.service import create_customer, update_customer
from patron_core.errors import Conflict, InvalidInput, NotFound
from patron_core.messages import Command
from patron_core.parties.commands import (
    AddContactMedium,
    NewExternalIdentifier,
    NewOrganization,
    SetParent,
    UpdateOrganization,
    UpdatePerson,
)
from patron_core.parties.models import ContactMedium, ExternalIdentifier, Organization, Party, Person
from patron_core.parties.service import add_contact_medium, set_parent, update_organization, update_person
from patron_core.unit_of_work import UnitOfWork

__all__ = ["Upserted", "upsert_customer"]

_OF_CUSTOMER = ("kind", "engagement_mode", "lifecycle_stage", "owner", "since")


@dataclass(frozen=True, slots=True)
class Upserted:
    """The customer, and whether it was made."""

    customer: Customer
    created: bool


def upsert_customer(command: UpsertCustomer, uow: UnitOfWork) -> Upserted:
    """Finds the customer by system and value and changes it, or makes it. CONFLICT where the party is of the other kind."""
    known = uow.find(ExternalIdentifier, system=command.system, value=command.value)
    if known is None:
        return Upserted(_made(command, uow), created=True)
    party = uow.get(Party, known.party_id, lock=True, path=("value",))
    _update_party(command, party, uow)
    customer = uow.find(Customer, party_id=party.id)
    if customer is None:
        return Upserted(_made(command, uow, party_id=party.id), created=True)
    check_listed(customer, path=("value",))
    _add_media(command, party.id, uow)
    given = _given(command, _OF_CUSTOMER)
    changes = UpdateCustomer(id=customer.id, version=customer.version, **given)
    if given:
        uow.judge(changes)
    return Upserted(update_customer(changes, uow), created=False)


def _made(command: UpsertCustomer, uow: UnitOfWork, *, party_id: uuid.UUID | None = None) -> Customer:
    named = NewExternalIdentifier(system=command.system, value=command.value)
    who: dict[str, Any] = {"person": command.person, "organization": command.organization}
    new = CreateCustomer(
        **({**who, "external_identifiers": (named,)} if party_id is None else {"party_id": party_id}),
        contact_media=command.contact_media if party_id is None else (),
        **_given(command, _OF_CUSTOMER),
    )
    uow.judge(new)
    customer = create_customer(new, uow)
    if party_id is not None:
        _add_media(command, party_id, uow)
    return customer


def _update_party(command: UpsertCustomer, party: Party, uow: UnitOfWork) -> None:
    changes: Command
    if command.person is not None and isinstance(party, Person):
        given = _given(command.person, [field.name for field in fields(command.person)])
        changes = UpdatePerson(id=party.id, version=party.version, **given)
        uow.judge(changes)
        update_person(changes, uow)
    elif command.organization is not None and isinstance(party, Organization):
        _place(command.organization, party, uow)
        names = [field.name for field in fields(command.organization) if field.name != "parent_id"]
        given = _given(command.organization, names)
        changes = UpdateOrganization(id=party.id, version=party.version, **given)
        uow.judge(changes)
        update_organization(changes, uow)
    else:
        raise Conflict(
            f"The other system's name belongs to a {party.kind.name.lower()}. The other kind was given. "
            "Give what it is, or another name.",
            path=("value",),
        )


def _place(new: NewOrganization, party: Organization, uow: UnitOfWork) -> None:
    """Puts an organization under the parent that is given."""
    if new.parent_id is None or new.parent_id == party.parent_id:
        return
    changes = SetParent(id=party.id, version=party.version, parent_id=new.parent_id)
    uow.judge(changes)
    try:
        set_parent(changes, uow)
    except (InvalidInput, NotFound) as error:
        raise type(error)(error.message, path=("organization", *error.path)) from None
    uow.flush()


def _add_media(command: UpsertCustomer, party_id: uuid.UUID, uow: UnitOfWork) -> None:
    held = uow.rows(
        select(ContactMedium.kind, ContactMedium.value).where(
            ContactMedium.party_id == party_id, ContactMedium.validity_to.is_(None)
        )
    )
    known = {(row.kind, row.value) for row in held}
    for medium in command.contact_media:
        if (medium.kind, medium.value) not in known:
            add_contact_medium(AddContactMedium(party_id=party_id, medium=medium), uow)


def _given(source: Any, names: Any) -> dict[str, Any]:
    return {name: getattr(source, name) for name in names if getattr(source, name) is not None}
