"""Changing parties."""

from __future__ import annotations

import strawberry

from patron_core.parties import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.parties import ContactMedium, ExternalIdentifier, Organization, PartyRole, Person

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


@payload
class PartyRolePayload:
    """What a mutation of a party's role gives."""

    party_role: PartyRole | None = strawberry.field(description="The role, as it is now.")


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
    contact_medium_verify: ContactMediumPayload = mutation(
        commands.VerifyContactMedium, description="Notes that a way to reach a party was proved to work."
    )
    contact_medium_prefer: ContactMediumPayload = mutation(
        commands.PreferContactMedium, description="Prefers a way to reach a party; the other of its kind gives way."
    )
    contact_medium_end: ContactMediumPayload = mutation(
        commands.EndContactMedium, description="Ends the use of a way to reach a party."
    )
    party_role_add: PartyRolePayload = mutation(
        commands.AddPartyRole, description="Says what a party is to us for a time; of one kind, none at the same time."
    )
    party_role_end: PartyRolePayload = mutation(commands.EndPartyRole, description="Ends a role of a party.")
    external_identifier_add: ExternalIdentifierPayload = mutation(
        commands.AddExternalIdentifier, description="Notes what another system calls a party."
    )


TYPES = (PersonPayload, OrganizationPayload, ContactMediumPayload, ExternalIdentifierPayload, PartyRolePayload)
EXTENSIONS = (PartyMutation,)
