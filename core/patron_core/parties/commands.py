"""What may be asked about parties: make, change and place persons and organizations, reach them, name them elsewhere.

Commands check their own form; what needs a clock or other rows (birth dates, cycles, uniqueness) is checked by
`service`.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from dataclasses import dataclass
from typing import Annotated

from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.parties import contact
from patron_core.parties.models import (
    ContactKind,
    ContactMedium,
    ExternalIdentifier,
    Gender,
    Organization,
    Party,
    PartyRole,
    PartyRoleKind,
    Person,
    UnitKind,
)
from patron_core.validation import aware, given, in_order, key, not_null, one_line, paragraphs
from patron_core.values import UNSET, Unset

__all__ = [
    "AddContactMedium",
    "AddExternalIdentifier",
    "AddPartyRole",
    "ContactMediumId",
    "CreateOrganization",
    "CreatePerson",
    "EndContactMedium",
    "EndPartyRole",
    "ExternalIdentifierId",
    "NewContactMedium",
    "NewExternalIdentifier",
    "NewOrganization",
    "NewPerson",
    "OrganizationId",
    "PartyId",
    "PartyRoleId",
    "PersonId",
    "PreferContactMedium",
    "SetParent",
    "UpdateOrganization",
    "UpdatePerson",
    "VerifyContactMedium",
]

PartyId = Annotated[uuid.UUID, IdOf(Party)]
PersonId = Annotated[uuid.UUID, IdOf(Person)]
OrganizationId = Annotated[uuid.UUID, IdOf(Organization)]
ContactMediumId = Annotated[uuid.UUID, IdOf(ContactMedium)]
PartyRoleId = Annotated[uuid.UUID, IdOf(PartyRole)]
ExternalIdentifierId = Annotated[uuid.UUID, IdOf(ExternalIdentifier)]

# The shape of RFC 5646 tags that people use: language, script, region, variants.
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|\d{3}))?(-[A-Za-z0-9]{5,8})*")
_INDUSTRY = re.compile(r"[A-U](\d{2,4})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContactMedium:
    """A way to reach a party; the value is kept in normal form."""

    kind: ContactKind = argument("E-mail, telephone or postal address.")
    value: str = argument("The address or number; telephone numbers with their country code, such as +41 44 668 18 00.")
    preferred: bool = argument("Whether to use this one first among its kind.", default=False)
    verified_at: dt.datetime | None = argument("When it was proved to work.", default=None)

    def __post_init__(self) -> None:
        aware(self, "verified_at")
        object.__setattr__(self, "value", contact.normal_form(self.kind, self.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExternalIdentifier:
    """What another system calls a party."""

    system: str = argument("The other system, such as berka or urn:oid:2.16.840.1.")
    value: str = argument("The party's identifier there.")

    def __post_init__(self) -> None:
        key(self, "system", "value")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """A human being; one of the names is needed."""

    given_name: str | None = argument("First names.", default=None)
    family_name: str | None = argument("Family name.", default=None)
    display_name: str | None = argument("The name to show; the other names joined when left out.", default=None)
    birth_date: dt.date | None = argument("Day of birth, not after today.", default=None)
    gender: Gender | None = argument("Administrative gender.", default=None)
    language: str | None = argument("Preferred language, a BCP 47 tag such as de-CH.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "given_name", "family_name", "display_name")
        check_language(self.language)
        if not (self.given_name or self.family_name or self.display_name):
            raise InvalidInput(
                "The person has no name. Neither given, family nor display name was given. Give one of them.",
                path=("display_name",),
            )

    @property
    def shown_name(self) -> str:
        """The display name, or the other names joined."""
        return self.display_name or " ".join(name for name in (self.given_name, self.family_name) if name)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrganization:
    """A company, an authority, a household or a part of one; one of the names is needed."""

    legal_name: str | None = argument("Registered name.", default=None)
    display_name: str | None = argument("The name to show; the registered name when left out.", default=None)
    industry: str | None = argument("Industry by ISIC Rev. 4 code, such as J62.", default=None)
    unit_kind: UnitKind | None = argument("What part of an organization this is.", default=None)
    parent_id: OrganizationId | None = argument("The organization this one belongs to.", default=None)
    language: str | None = argument("Preferred language, a BCP 47 tag such as de-CH.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "legal_name", "display_name")
        check_language(self.language)
        check_industry(self.industry)
        if not (self.legal_name or self.display_name):
            raise InvalidInput(
                "The organization has no name. Neither legal nor display name was given. Give one of them.",
                path=("display_name",),
            )

    @property
    def shown_name(self) -> str:
        """The display name, or the registered one."""
        return self.display_name or self.legal_name or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePerson(Command):
    """Makes a person, with ways to reach them and what other systems call them."""

    person: NewPerson = argument("The person.")
    contact_media: tuple[NewContactMedium, ...] = argument("Ways to reach them.", default=())
    external_identifiers: tuple[NewExternalIdentifier, ...] = argument("What other systems call them.", default=())
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        key(self, "idempotency_key")
        check_media(self.contact_media)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateOrganization(Command):
    """Makes an organization, with ways to reach it and what other systems call it."""

    organization: NewOrganization = argument("The organization.")
    contact_media: tuple[NewContactMedium, ...] = argument("Ways to reach it.", default=())
    external_identifiers: tuple[NewExternalIdentifier, ...] = argument("What other systems call it.", default=())
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        key(self, "idempotency_key")
        check_media(self.contact_media)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatePerson(Command):
    """Changes a person; what is left out stays, null empties."""

    id: PersonId = argument("The person.")
    version: int = argument("The version the change was made from.")
    given_name: str | Unset | None = argument("First names.", default=UNSET)
    family_name: str | Unset | None = argument("Family name.", default=UNSET)
    display_name: str | Unset = argument("The name to show.", default=UNSET)
    birth_date: dt.date | Unset | None = argument("Day of birth, not after today.", default=UNSET)
    gender: Gender | Unset | None = argument("Administrative gender.", default=UNSET)
    language: str | Unset | None = argument("Preferred language, a BCP 47 tag such as de-CH.", default=UNSET)

    def __post_init__(self) -> None:
        one_line(self, "given_name", "family_name", "display_name")
        not_null(self, "display_name")
        check_language(self.language)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateOrganization(Command):
    """Changes an organization; what is left out stays, null empties."""

    id: OrganizationId = argument("The organization.")
    version: int = argument("The version the change was made from.")
    legal_name: str | Unset | None = argument("Registered name.", default=UNSET)
    display_name: str | Unset = argument("The name to show.", default=UNSET)
    industry: str | Unset | None = argument("Industry by ISIC Rev. 4 code, such as J62.", default=UNSET)
    unit_kind: UnitKind | Unset | None = argument("What part of an organization this is.", default=UNSET)
    language: str | Unset | None = argument("Preferred language, a BCP 47 tag such as de-CH.", default=UNSET)

    def __post_init__(self) -> None:
        one_line(self, "legal_name", "display_name")
        not_null(self, "display_name")
        check_language(self.language)
        check_industry(self.industry)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetParent(Command):
    """Places an organization under another one, or at the top."""

    id: OrganizationId = argument("The organization to place.")
    version: int = argument("The version the change was made from.")
    parent_id: OrganizationId | None = argument("The organization above; null for none.", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddContactMedium(Command):
    """Adds a way to reach a party; a preferred one takes the place of the preferred one of its kind."""

    party_id: PartyId = argument("Whom it reaches.")
    medium: NewContactMedium = argument("The way to reach them.")
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        key(self, "idempotency_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyContactMedium(Command):
    """Notes that a way to reach a party was proved to work, and by whom."""

    id: ContactMediumId = argument("The way to reach the party.")
    version: int = argument("The version the change was made from.")
    verified_at: dt.datetime | None = argument("When, not in the future; now when left out.", default=None)

    def __post_init__(self) -> None:
        aware(self, "verified_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferContactMedium(Command):
    """Prefers a way to reach a party; the one of its kind that was preferred is so no more."""

    id: ContactMediumId = argument("The way to reach the party.")
    version: int = argument("The version the change was made from.")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndContactMedium(Command):
    """Ends the use of a way to reach a party; it stays in the history."""

    id: ContactMediumId = argument("The way to reach the party.")
    version: int = argument("The version the change was made from.")
    ended_at: dt.datetime | None = argument(
        "First instant at which it is no longer used, not in the future; now when left out.", default=None
    )

    def __post_init__(self) -> None:
        aware(self, "ended_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPartyRole(Command):
    """Says what a party is to us for a time: a supplier, a partner, a distributor. Roles of one kind do not overlap."""

    party_id: PartyId = argument("Who has the role.")
    kind: PartyRoleKind = argument("What the party is to us.")
    valid_from: dt.datetime | None = argument("When the role begins; now when left out.", default=None)
    valid_to: dt.datetime | None = argument("First instant after it; none when left out.", default=None)
    notes: str | None = argument("What should be known of it.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        aware(self, "valid_from", "valid_to")
        paragraphs(self, "notes", maximum=1_000)
        key(self, "idempotency_key")
        in_order(self.valid_from, self.valid_to, path="valid_to")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndPartyRole(Command):
    """Ends a role of a party, now or at a given time after its beginning."""

    id: PartyRoleId = argument("The role.")
    version: int = argument("The version the change was made from.")
    ended_at: dt.datetime | None = argument("First instant without the role; now when left out.", default=None)

    def __post_init__(self) -> None:
        aware(self, "ended_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddExternalIdentifier(Command):
    """Adds what another system calls a party."""

    party_id: PartyId = argument("Who is meant.")
    identifier: NewExternalIdentifier = argument("The identifier.")
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        key(self, "idempotency_key")


def check_language(value: str | Unset | None) -> None:
    """Refuses what is not shaped like a BCP 47 tag."""
    if isinstance(value, str) and not _LANGUAGE.fullmatch(value):
        raise InvalidInput(
            "The language is not a BCP 47 tag. It was given in another form. Write it like de or de-CH.",
            path=("language",),
        )


def check_industry(value: str | Unset | None) -> None:
    """Refuses what is not shaped like an ISIC Rev. 4 code."""
    if isinstance(value, str) and not _INDUSTRY.fullmatch(value):
        raise InvalidInput(
            "The industry is not an ISIC Rev. 4 code. It was given in another form. "
            "Write a section letter, with two to four digits where they are known, such as J62.",
            path=("industry",),
        )


def check_media(media: tuple[NewContactMedium, ...]) -> None:
    """Refuses two preferred media of one kind."""
    preferred = [medium.kind for medium in media if medium.preferred]
    for position, medium in enumerate(media):
        if medium.preferred and given(medium.kind) and preferred.count(medium.kind) > 1:
            raise InvalidInput(
                f"Two contact media are preferred. Both are of kind {medium.kind.name}. Prefer one of each kind.",
                path=("contact_media", position, "preferred"),
            )
