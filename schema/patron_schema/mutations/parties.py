"""Changing parties."""

from __future__ import annotations

import strawberry

from patron_core.parties import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.parties import ContactMedium, ExternalIdentifier, Organization, Person

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class PersonPayload:
    """What a mutation of a person gives."""

    person: Person | None = strawberry.field(description="The person, as it is now.")


@payload
class OrganizationPayload:
    """What a mutation of an organization gives."""

    organization: Organization | None = strawberry.field(description="The organization, as it is now.")


@payload
class ContactMediumPayload:
    """What a mutation of a contact medium gives."""

    contact_medium: ContactMedium | None = strawberry.field(description="The way to reach the party.")


@payload
class ExternalIdentifierPayload:
    """What a mutation of an external identifier gives."""

    external_identifier: ExternalIdentifier | None = strawberry.field(
        description="What the other system calls the party."
    )


@extends(Mutation)
class PartyMutation:
    person_create: PersonPayload = mutation(commands.CreatePerson, description="Adds a person.")
    person_update: PersonPayload = mutation(commands.UpdatePerson, description="Changes what is known of a person.")
    organization_create: OrganizationPayload = mutation(
        commands.CreateOrganization, description="Adds an organization."
    )
    organization_update: OrganizationPayload = mutation(
        commands.UpdateOrganization, description="Changes what is known of an organization."
    )
    organization_place: OrganizationPayload = mutation(
        commands.SetParent, description="Puts an organization under another; a circle is refused."
    )
    contact_medium_add: ContactMediumPayload = mutation(
        commands.AddContactMedium, description="Adds a way to reach a party, in normalised form."
    )
    external_identifier_add: ExternalIdentifierPayload = mutation(
        commands.AddExternalIdentifier, description="Notes what another system calls a party."
    )


TYPES = (PersonPayload, OrganizationPayload, ContactMediumPayload, ExternalIdentifierPayload)
EXTENSIONS = (PartyMutation,)
