"""Many customers at once, for importers: who is known by an external identifier stays as they are, the others are made.

In come `CreateCustomer` commands, each with the external identifier that names the customer in its source as the
first one. A batch takes the same few statements whatever its size, and one event tells of all new customers.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.events import CustomersTakenIn
from patron_core.customers.lifecycle import default_kind, default_mode
from patron_core.customers.models import Customer, EngagementMode, LifecycleChange
from patron_core.customers.service import tenant_mode
from patron_core.errors import InvalidInput
from patron_core.parties.models import ContactMedium, ExternalIdentifier, Organization, PartyKind, Person
from patron_core.parties.service import check_birth_date
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Period

__all__ = ["CustomerIntake", "TakenIn", "find_customers", "take_in_customers"]

Identifier = tuple[str, str]


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A customer of an intake. created: whether it was made by it."""

    customer_id: uuid.UUID
    party_id: uuid.UUID
    created: bool


@dataclass(frozen=True, slots=True)
class CustomerIntake:
    """What an intake found and made, by (system, value) of the first external identifier."""

    customers: Mapping[Identifier, TakenIn]

    @property
    def created(self) -> int:
        """How many customers are new."""
        return sum(taken.created for taken in self.customers.values())

    @property
    def unchanged(self) -> int:
        """How many were there."""
        return len(self.customers) - self.created

    def customer_id(self, system: str, value: str) -> uuid.UUID:
        """The customer named so; KeyError where the intake had none."""
        return self.customers[system, value].customer_id


def find_customers(uow: UnitOfWork, identifiers: Sequence[Identifier]) -> dict[Identifier, TakenIn]:
    """The customers that external identifiers (system, value) name, one statement for each system; unknown ones are left out."""
    return {
        key: TakenIn(customer_id, party_id, created=False)
        for key, (party_id, customer_id) in _known(uow, identifiers).items()
        if customer_id is not None
    }


def take_in_customers(uow: UnitOfWork, wanted: Sequence[CreateCustomer]) -> CustomerIntake:
    """Finds or makes a customer for each command; the first of several with the same identifier counts.

    Each command names a person or an organization and at least one external identifier (`InvalidInput` otherwise). Of a
    customer that is there nothing changes. A gate's veto of one refuses the whole batch, with the gate's code.
    """
    by_key: dict[Identifier, CreateCustomer] = {}
    for command in wanted:
        by_key.setdefault(_key(command), command)
    known = _known(uow, list(by_key))
    found: dict[Identifier, TakenIn] = {}
    fresh: list[_Fresh] = []
    for key, command in by_key.items():
        party_id, customer_id = known.get(key, (None, None))
        if party_id is not None and customer_id is not None:
            found[key] = TakenIn(customer_id, party_id, created=False)
            continue
        uow.judge(command)
        made = _Fresh(command, party_id or uow.ids.new(), uow.ids.new(), is_party=party_id is not None)
        found[key] = TakenIn(made.customer_id, made.party_id, created=True)
        fresh.append(made)
    if fresh:
        _insert(uow, fresh)
    return CustomerIntake(found)


@dataclass(frozen=True, slots=True)
class _Fresh:
    """A customer to make. is_party: whether the party is there already."""

    command: CreateCustomer
    party_id: uuid.UUID
    customer_id: uuid.UUID
    is_party: bool

    @property
    def party_kind(self) -> PartyKind:
        return PartyKind.PERSON if self.command.person is not None else PartyKind.ORGANIZATION


def _key(command: CreateCustomer) -> Identifier:
    if not command.external_identifiers or command.party_id is not None:
        raise InvalidInput(
            "A customer to take in is not named by its source. No external identifier, or the id of a party was given. "
            "Give the person or organization and the identifier.",
            path=("external_identifiers",),
        )
    if command.organization is not None and command.organization.parent_id is not None:
        raise InvalidInput(
            "An organization cannot be placed while many are taken in. A parent was given. Place it afterwards.",
            path=("organization", "parent_id"),
        )
    first = command.external_identifiers[0]
    return first.system, first.value


def _known(uow: UnitOfWork, identifiers: Sequence[Identifier]) -> dict[Identifier, tuple[uuid.UUID, uuid.UUID | None]]:
    """Party and, where it is one, customer by external identifier."""
    by_system: dict[str, set[str]] = {}
    for system, value in identifiers:
        by_system.setdefault(system, set()).add(value)
    wanted = select(
        ExternalIdentifier.system,
        ExternalIdentifier.value,
        ExternalIdentifier.party_id,
        Customer.id.label("customer_id"),
    ).outerjoin(Customer, Customer.party_id == ExternalIdentifier.party_id)
    rows = [
        row
        for system, values in by_system.items()
        for row in uow.look_up(wanted.where(ExternalIdentifier.system == system), ExternalIdentifier.value, values)
    ]
    return {(row.system, row.value): (row.party_id, row.customer_id) for row in rows}


def _insert(uow: UnitOfWork, fresh: Sequence[_Fresh]) -> None:
    mode = tenant_mode(uow)
    parties = [made for made in fresh if not made.is_party]
    today = uow.now.date()
    for made in parties:
        if made.command.person is not None:
            check_birth_date(made.command.person.birth_date, today=today, path=("person", "birth_date"))
    uow.add_many(Person, [_person(made) for made in parties if made.command.person is not None])
    uow.add_many(Organization, [_organization(made) for made in parties if made.command.organization is not None])
    uow.add_many(ContactMedium, [medium for made in parties for medium in _media(made)])
    uow.add_many(ExternalIdentifier, [identifier for made in parties for identifier in _identifiers(made)])
    uow.add_many(Customer, [_customer(made, mode=mode) for made in fresh])
    stages = [
        {
            "customer_id": made.customer_id,
            "from_stage": None,
            "to_stage": made.command.lifecycle_stage,
            "occurred_at": uow.now,
        }
        for made in fresh
    ]
    uow.add_many(LifecycleChange, stages)
    uow.emit(CustomersTakenIn(customer_ids=tuple(made.customer_id for made in fresh)))


def _person(made: _Fresh) -> dict[str, Any]:
    new = made.command.person
    assert new is not None
    return {
        "id": made.party_id,
        "display_name": new.shown_name,
        "given_name": new.given_name,
        "family_name": new.family_name,
        "birth_date": new.birth_date,
        "gender": new.gender,
        "language": new.language,
    }


def _organization(made: _Fresh) -> dict[str, Any]:
    new = made.command.organization
    assert new is not None
    return {
        "id": made.party_id,
        "display_name": new.shown_name,
        "legal_name": new.legal_name,
        "industry": new.industry,
        "unit_kind": new.unit_kind,
        "language": new.language,
    }


def _media(made: _Fresh) -> list[dict[str, Any]]:
    return [
        {
            "party_id": made.party_id,
            "kind": medium.kind,
            "value": medium.value,
            "preferred": medium.preferred,
            "verified_at": medium.verified_at,
            "validity": Period(None, None),
        }
        for medium in made.command.contact_media
    ]


def _identifiers(made: _Fresh) -> list[dict[str, Any]]:
    return [
        {"party_id": made.party_id, "system": identifier.system, "value": identifier.value}
        for identifier in made.command.external_identifiers
    ]


def _customer(made: _Fresh, *, mode: EngagementMode) -> dict[str, Any]:
    command = made.command
    kind = command.kind or default_kind(made.party_kind)
    return {
        "id": made.customer_id,
        "party_id": made.party_id,
        "kind": kind,
        "engagement_mode": command.engagement_mode or default_mode(kind, tenant=mode),
        "lifecycle_stage": command.lifecycle_stage,
        "owner": command.owner,
        "since": command.since,
    }
