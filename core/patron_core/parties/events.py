"""What can have happened to parties. Events carry ids and names of fields, never what the fields hold."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event

__all__ = [
    "ContactMediumAdded",
    "ExternalIdentifierAdded",
    "OrganizationCreated",
    "OrganizationPlaced",
    "PartyChanged",
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
    """Fields of a person or an organization changed."""

    type: ClassVar[str] = "party.changed"
    party_id: uuid.UUID
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationPlaced(Event):
    """An organization came under another one, or to the top."""

    type: ClassVar[str] = "organization.placed"
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
