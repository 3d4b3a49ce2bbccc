"""Parties as the API shows them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from patron_core.customers import models as customers
from patron_core.parties import models
from patron_core.parties.permissions import PARTY_READ
from patron_core.parties.roll_up import roll_up
from patron_core.relationships import models as relationships
from patron_core.values import Period

from ..compose.commands import decode_id
from ..declare import Connection, Query, extends, planned, related, resolver, root
from ..nodes import Node
from .figures import Figure, shown

if TYPE_CHECKING:
    from .customers import Customer
    from .relationships import Relationship

__all__ = ["EXTENSIONS", "TYPES", "ContactMedium", "ExternalIdentifier", "Organization", "Party", "PartyRole", "Person"]


@planned(models.Party, interface=True)
class Party(Node):
    """Somebody we know: a person or an organization."""

    kind: models.PartyKind
    display_name: str
    language: str | None
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    deleted_at: dt.datetime | None
    merged_into: Party | None
    merged_parties: Connection[Party] = related(
        models.Party.merged_into, description="Parties that turned out to be this one."
    )
    roles: Connection[PartyRole] = related(
        models.PartyRole.party, description="What the party is to us beside a customer, with the time of each."
    )
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
    verified_by: str | None
    version: int
    validity: Period


@planned(models.ExternalIdentifier)
class ExternalIdentifier(Node):
    """What another system calls a party."""

    party: Party
    system: str
    value: str


@planned(models.PartyRole)
class PartyRole(Node):
    """What a party is to us for a time: a supplier, a partner, a distributor."""

    party: Party
    kind: models.PartyRoleKind
    validity: Period
    notes: str | None
    version: int


@strawberry.type(description="An organization with everything below it, as one.")
class OrganizationRollUp:
    organizations: int = strawberry.field(description="How many organizations, itself counted.")
    levels: int = strawberry.field(description="How many levels, from it down.")
    customers: int = strawberry.field(description="How many of them are customers.")
    revenue: list[Figure] = strawberry.field(
        description="The sum of the ledger, one figure for each currency; none for who may not see amounts."
    )
    as_of: dt.datetime = strawberry.field(description="Up to which instant it was counted.")


Which = Annotated[strawberry.ID, strawberry.argument(description="The organization at the top.")]


@extends(Query)
class PartyQuery:
    party: Party | None = root(description="A person or organization by its id.")
    parties: Connection[Party] = root(
        description="Persons and organizations; those that were deleted or merged only where `where` asks about `deletedAt`."
    )
    party_roles: Connection[PartyRole] = root(
        description="Suppliers, partners and distributors, with the time of each."
    )

    @resolver(scope=PARTY_READ)
    async def organization_roll_up(
        self, info: strawberry.Info[Any, Any], organization_id: Which
    ) -> OrganizationRollUp | None:
        """How many parts, customers and sales an organization has with everything below it, at most 20 levels."""
        wanted = decode_id(organization_id, models.Organization.id_prefix)
        found = await info.context.read(lambda uow: roll_up(wanted, uow))
        return OrganizationRollUp(
            organizations=found.organizations,
            levels=found.levels,
            customers=found.customers,
            revenue=[shown(figure) for figure in found.revenue],
            as_of=found.as_of,
        )


TYPES = (Party, Person, Organization, ContactMedium, ExternalIdentifier, PartyRole)
EXTENSIONS = (PartyQuery,)
