"""What can have happened to parties. Events carry ids and names of fields, never what the fields hold."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event, Named
from patron_core.parties.models import Party, PartyRoleKind
from patron_core.records import INTERNAL, Classification

__all__ = [
    "ContactMediumAdded",
    "ContactMediumChanged",
    "ExternalIdentifierAdded",
    "OrganizationCreated",
    "OrganizationPlaced",
    "PartyChanged",
    "PartyRoleAdded",
    "PartyRoleEnded",
    "PersonCreated",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCreated(Event):
    """A person was made known."""

    type: ClassVar[str] = "person.created"
    party_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationCreated(Event):
    """An organization was made known."""

    type: ClassVar[str] = "organization.created"
    party_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyChanged(Event):
    """Fields of a person or an organization changed. fields: names of those that changed, never what they hold."""

    type: ClassVar[str] = "party.changed"
    classes: ClassVar[Mapping[str, Classification]] = {"fields": INTERNAL}
    party_id: uuid.UUID
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationPlaced(Event):
    """An organization came under another one, or to the top."""

    type: ClassVar[str] = "organization.placed"
    names: ClassVar[Named] = {"parent_id": Party}
    party_id: uuid.UUID
    parent_id: uuid.UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactMediumAdded(Event):
    """A party can be reached in one more way."""

    type: ClassVar[str] = "contact_medium.added"
    party_id: uuid.UUID
    contact_medium_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalIdentifierAdded(Event):
    """Another system's name for a party became known."""

    type: ClassVar[str] = "external_identifier.added"
    party_id: uuid.UUID
    external_identifier_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactMediumChanged(Event):
    """A way to reach a party was verified, preferred or ended. fields: names of what changed."""

    type: ClassVar[str] = "contact_medium.changed"
    classes: ClassVar[Mapping[str, Classification]] = {"fields": INTERNAL}
    party_id: uuid.UUID
    contact_medium_id: uuid.UUID
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyRoleAdded(Event):
    """A party became a supplier, a partner or another kind of business to us."""

    type: ClassVar[str] = "party_role.added"
    party_id: uuid.UUID
    party_role_id: uuid.UUID
    kind: PartyRoleKind


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyRoleEnded(Event):
    """A role of a party has an end."""

    type: ClassVar[str] = "party_role.ended"
    party_id: uuid.UUID
    party_role_id: uuid.UUID
    kind: PartyRoleKind
