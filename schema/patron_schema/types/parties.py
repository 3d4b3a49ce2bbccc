"""Parties as the API shows them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from patron_core.customers import models as customers
from patron_core.parties import models
from patron_core.relationships import models as relationships
from patron_core.values import Period

from ..declare import Connection, Query, extends, planned, related, root
from ..nodes import Node

if TYPE_CHECKING:
    from .customers import Customer
    from .relationships import Relationship

__all__ = ["EXTENSIONS", "TYPES", "ContactMedium", "ExternalIdentifier", "Organization", "Party", "Person"]


@planned(models.Party, interface=True)
class Party(Node):
    """Somebody we know: a person or an organization."""

    kind: models.PartyKind
    display_name: str
    language: str | None
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    customer: Customer | None = related(customers.Customer.party, description="The party in its role as a customer.")
    contact_media: Connection[ContactMedium] = related(
        models.ContactMedium.party, description="Ways to reach the party."
    )
    external_identifiers: Connection[ExternalIdentifier] = related(
        models.ExternalIdentifier.party, description="What other systems call the party."
    )
    outgoing_relationships: Connection[Relationship] = related(
        relationships.Relationship.source, description="Relationships read by their forward name from this party."
    )
    incoming_relationships: Connection[Relationship] = related(
        relationships.Relationship.target, description="Relationships read by their inverse name from this party."
    )


@planned(models.Person)
class Person(Party):
    """A human being."""

    given_name: str | None
    family_name: str | None
    birth_date: dt.date | None
    gender: models.Gender | None


@planned(models.Organization)
class Organization(Party):
    """A company, an authority, a household or a part of one."""

    legal_name: str | None
    industry: str | None
    unit_kind: models.UnitKind | None
    parent: Organization | None
    children: Connection[Organization] = related(
        models.Organization.parent, description="Organizations that belong to this one."
    )


@planned(models.ContactMedium)
class ContactMedium(Node):
    """A way to reach a party, in normalised form."""

    party: Party
    kind: models.ContactKind
    value: str
    preferred: bool
    verified_at: dt.datetime | None
    validity: Period


@planned(models.ExternalIdentifier)
class ExternalIdentifier(Node):
    """What another system calls a party."""

    party: Party
    system: str
    value: str


@extends(Query)
class PartyQuery:
    party: Party | None = root(description="A person or organization by its id.")
    parties: Connection[Party] = root(description="Persons and organizations.")


TYPES = (Party, Person, Organization, ContactMedium, ExternalIdentifier)
EXTENSIONS = (PartyQuery,)
