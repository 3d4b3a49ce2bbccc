"""Parties: the people and organizations we know, how to reach them, and what other systems call them (TMF632)."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from ..records import INTERNAL, PII, PUBLIC, Record, column, period, reference, subject
from ..values import Code, Period

__all__ = [
    "ContactKind",
    "ContactMedium",
    "ExternalIdentifier",
    "Gender",
    "Organization",
    "Party",
    "PartyKind",
    "PartyRole",
    "PartyRoleKind",
    "Person",
    "UnitKind",
]


class PartyKind(Code):
    """What a party is."""

    PERSON = "person", "A human being."
    ORGANIZATION = "organization", "A company, an authority, a household or a part of one."


class Gender(Code):
    """Administrative gender (FHIR R4 AdministrativeGender)."""

    MALE = "male", "Male."
    FEMALE = "female", "Female."
    OTHER = "other", "Neither male nor female."
    UNKNOWN = "unknown", "Asked for and not known."


class UnitKind(Code):
    """What part of an organization this is."""

    COMPANY = "company", "A legal entity of its own."
    GROUP = "group", "Several companies under one roof."
    DIVISION = "division", "A part of a company with its own business."
    DEPARTMENT = "department", "A part of a division."
    BRANCH = "branch", "A place of business."


class PartyRoleKind(Code):
    """What a party is to us beside a customer (TMF632 PartyRole)."""

    SUPPLIER = "supplier", "Sells to us."
    PARTNER = "partner", "Sells or works with us."
    DISTRIBUTOR = "distributor", "Sells on what is ours."
    CALL_CENTER = "call_center", "Speaks with customers for us."


class ContactKind(Code):
    """A way to reach a party (TMF632 contactMedium)."""

    EMAIL = "email", "An e-mail address, lower-cased domain."
    PHONE = "phone", "A telephone number in E.164 form."
    ADDRESS = "address", "A postal address on one line."


class Party(Record):
    """Somebody we know: a person or an organization."""

    __tablename__ = "party"
    id_prefix = "pty"
    without_index = (
        ("language industry", "A few values, each of many parties."),
        ("given_name birth_date", "Asked beside a family name, which has one."),
        ("legal_name", "Shown as the display name, which has one."),
        ("deleted_at", "Few are taken out of lists, and none is looked for by when."),
    )
    hidden_by = "deleted_at"

    kind: Mapped[PartyKind] = column(PUBLIC, doc="Person or organization.", filterable=True, orderable=True)
    display_name: Mapped[str] = column(PII, doc="The name to show.", filterable=True, orderable=True, index=True)
    language: Mapped[str | None] = column(PII, doc="Preferred language, a BCP 47 tag such as de-CH.", filterable=True)

    deleted_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it was taken out of lists; null while it is in them.", filterable=True
    )
    merged_into: Mapped[Party | None] = reference(
        "self", optional=True, doc="The party that this one turned out to be; its rows went there."
    )

    __mapper_args__ = {"polymorphic_on": "kind"}  # noqa: RUF012

    if TYPE_CHECKING:  # the columns that references and composites make
        merged_into_id: Mapped[uuid.UUID | None]


class Person(Party):
    """A human being."""

    given_name: Mapped[str | None] = column(PII, doc="First names.", filterable=True, orderable=True)
    family_name: Mapped[str | None] = column(PII, doc="Family name.", filterable=True, orderable=True, index=True)
    birth_date: Mapped[dt.date | None] = column(
        PII, doc="Day of birth, not after today.", filterable=True, orderable=True
    )
    gender: Mapped[Gender | None] = column(PII, doc="Administrative gender.", filterable=True)

    __mapper_args__ = {"polymorphic_identity": PartyKind.PERSON}  # noqa: RUF012


class Organization(Party):
    """A company, an authority, a household or a part of one."""

    legal_name: Mapped[str | None] = column(PUBLIC, doc="Registered name.", filterable=True, orderable=True)
    industry: Mapped[str | None] = column(PUBLIC, doc="Industry by ISIC Rev. 4 code, such as J62.", filterable=True)
    unit_kind: Mapped[UnitKind | None] = column(PUBLIC, doc="What part of an organization this is.", filterable=True)
    parent: Mapped[Organization | None] = reference("self", optional=True, doc="The organization this one belongs to.")

    __mapper_args__ = {"polymorphic_identity": PartyKind.ORGANIZATION}  # noqa: RUF012

    if TYPE_CHECKING:  # the columns that references and composites make
        parent_id: Mapped[uuid.UUID | None]


class ContactMedium(Record):
    """A way to reach a party, in normalised form."""

    __tablename__ = "contact_medium"
    id_prefix = "ctm"
    __table_args__ = (
        Index(
            "uq_contact_medium_preferred",
            "tenant_id",
            "party_id",
            "kind",
            unique=True,
            sqlite_where=text("preferred = 1 AND validity_to IS NULL"),
            postgresql_where=text("preferred AND validity_to IS NULL"),
        ),
    )

    party: Mapped[Party] = subject(Party, doc="Whom it reaches.")
    kind: Mapped[ContactKind] = column(
        PUBLIC, doc="E-mail, telephone or postal address.", filterable=True, orderable=True
    )
    value: Mapped[str] = column(
        PII, doc="The address or number, normalised.", filterable=True, orderable=True, index=True
    )
    preferred: Mapped[bool] = column(INTERNAL, doc="Whether to use this one first among its kind.", filterable=True)
    verified_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="When it was proved to work.", filterable=True)
    verified_by: Mapped[str | None] = column(INTERNAL, doc="Who says that it was proved to work.")
    validity: Mapped[Period] = period(INTERNAL, doc="When it may be used.")

    def absorb(self, other: ContactMedium) -> bool:
        """Lets a second preferred one of the same kind stay without the preference."""
        other.preferred = False
        return True

    if TYPE_CHECKING:  # the columns that references and composites make
        party_id: Mapped[uuid.UUID]
        validity_from: Mapped[dt.datetime | None]
        validity_to: Mapped[dt.datetime | None]


class ExternalIdentifier(Record):
    """What another system calls a party."""

    __tablename__ = "external_identifier"
    id_prefix = "xid"
    __table_args__ = (UniqueConstraint("tenant_id", "system", "value"),)

    party: Mapped[Party] = subject(Party, doc="Who is meant.")
    system: Mapped[str] = column(
        INTERNAL, doc="The other system, such as berka or urn:oid:2.16.840.1.", filterable=True
    )
    value: Mapped[str] = column(PII, doc="The party's identifier there.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        party_id: Mapped[uuid.UUID]


class PartyRole(Record):
    """What a party is to us for a time: a supplier, a partner, a distributor. Of one kind there is at most one at any instant."""

    __tablename__ = "party_role"
    id_prefix = "ptr"
    without_index = (("validity_from validity_to", "Asked of one party or of one kind, which indexes find."),)
    __table_args__ = (
        Index(None, "tenant_id", "kind", "id"),
        Index(
            "uq_party_role_open",
            "tenant_id",
            "party_id",
            "kind",
            unique=True,
            sqlite_where=text("validity_to IS NULL"),
            postgresql_where=text("validity_to IS NULL"),
        ),
    )

    party: Mapped[Party] = subject(Party, doc="Who has the role.")
    kind: Mapped[PartyRoleKind] = column(INTERNAL, doc="What the party is to us.", filterable=True, orderable=True)
    validity: Mapped[Period] = period(INTERNAL, doc="When it has the role.", filterable=True, orderable=True)
    notes: Mapped[str | None] = column(PII, doc="What should be known of it.")

    def absorb(self, other: PartyRole) -> bool:
        """Lets the one that stays begin with the earlier of the two."""
        earlier = other.validity.start
        if self.validity.start is not None and (earlier is None or earlier < self.validity.start):
            self.validity = Period(earlier, self.validity.end)
        return False

    if TYPE_CHECKING:  # the columns that references and composites make
        party_id: Mapped[uuid.UUID]
        validity_from: Mapped[dt.datetime | None]
        validity_to: Mapped[dt.datetime | None]
