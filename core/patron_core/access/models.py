"""Tenants, the credentials that name them, roles of a tenant's own, and what it shares with partners by agreement."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..columns import CodeText, Identifier, Json, Words
from ..customers.models import Customer, EngagementMode
from ..parties.models import Party
from ..records import (
    INTERNAL,
    META,
    PII,
    PUBLIC,
    SECRET,
    Base,
    ColumnMeta,
    Record,
    column,
    period,
    reference,
    subject,
)
from ..values import Period

__all__ = ["CONTROL_TABLES", "AccessRole", "ApiKey", "SharingAgreement", "Tenant", "TokenEpoch"]

#: The tables without a tenant_id in their key, all of them; alembic's are named `<distribution>_version`.
CONTROL_TABLES = frozenset({"tenant"})


class Tenant(Base):
    """A customer of Patron: whose rows are kept apart from all others'."""

    __tablename__ = "tenant"
    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint("mode IN (" + ", ".join(f"'{mode.name}'" for mode in EngagementMode) + ")", name="mode"),
    )

    id: Mapped[uuid.UUID] = mapped_column(
        Identifier(), primary_key=True, info={META: ColumnMeta(INTERNAL)}, doc="Identifies the tenant."
    )
    name: Mapped[str] = mapped_column(Words(), info={META: ColumnMeta(INTERNAL)}, doc="The name to show, unique.")
    mode: Mapped[EngagementMode] = mapped_column(
        CodeText(EngagementMode), info={META: ColumnMeta(INTERNAL)}, doc="Default engagement mode of its customers."
    )
    plugins: Mapped[Any] = mapped_column(
        Json(), info={META: ColumnMeta(INTERNAL)}, doc="Names of its plugins, a sorted list."
    )
    created_at: Mapped[dt.datetime] = mapped_column(info={META: ColumnMeta(INTERNAL)}, doc="When it was made.")


_RANDOM: Final = "A hash of 256 random bits: nothing leads back."


class ApiKey(Record):
    """A credential for programs; only a hash of its secret is kept."""

    __tablename__ = "api_key"
    id_prefix = "key"
    without_index = (("*", "A tenant has a few dozen."),)

    name: Mapped[str] = column(INTERNAL, doc="What the key is for.", filterable=True, orderable=True)
    secret_sha256: Mapped[str] = column(SECRET, doc="SHA-256 of the secret, in hex.", plain=_RANDOM)
    last_four: Mapped[str] = column(INTERNAL, doc="The last four characters, to tell keys apart.")
    roles: Mapped[str] = column(INTERNAL, doc="Names of roles, separated by spaces.")
    scopes: Mapped[str] = column(INTERNAL, doc="Names of scopes, separated by spaces.")
    purpose: Mapped[str | None] = column(INTERNAL, doc="Default purpose of use for health information.")
    expires_at: Mapped[dt.datetime | None] = column(PUBLIC, doc="When it stops working.", filterable=True)
    revoked_at: Mapped[dt.datetime | None] = column(PUBLIC, doc="When it was taken back.", filterable=True)
    purposes: Mapped[str] = column(INTERNAL, doc="Purposes of use it may choose, separated by spaces.", default="")
    networks: Mapped[str] = column(
        INTERNAL, doc="Networks it may be used from, separated by spaces; none for all.", default=""
    )
    party: Mapped[Party | None] = subject(Party, optional=True, doc="Who it is, where its rows are limited to a party.")
    last_used_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="When it was last used, to a minute.")
    previous_sha256: Mapped[str | None] = column(
        SECRET, doc="SHA-256 of the secret before the last rotation, in hex.", plain=_RANDOM
    )
    previous_until: Mapped[dt.datetime | None] = column(
        PUBLIC, doc="Until when the secret before the last rotation works."
    )
    acts_as: Mapped[str | None] = column(INTERNAL, doc="Whom it acts as; the key itself where nobody is named.")
    impersonator: Mapped[str | None] = column(INTERNAL, doc="Who acts as that one with it.")
    reason: Mapped[str | None] = column(INTERNAL, doc="Why somebody acts as another.")

    if TYPE_CHECKING:  # the columns that references make
        party_id: Mapped[uuid.UUID | None]


class AccessRole(Record):
    """A role of a tenant's own: a set of grants with a name. Bundled roles are not rows."""

    __tablename__ = "access_role"
    id_prefix = "rol"
    without_index = (("*", "A tenant has a few dozen."),)
    not_about_a_party = "Says what may be done and names nobody."
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    name: Mapped[str] = column(INTERNAL, doc="The name keys and tokens call it by.")
    description: Mapped[str] = column(INTERNAL, doc="What it is for.")
    scopes: Mapped[str] = column(INTERNAL, doc="Names of scopes, separated by spaces.")
    grants: Mapped[Any] = column(INTERNAL, doc="The columns it opens, by class and by field.", keys={})
    rows: Mapped[str | None] = column(INTERNAL, doc="Whose rows it sees; null for all.")


class TokenEpoch(Record):
    """The moment a user signed out everywhere: tokens that were issued before are refused."""

    __tablename__ = "token_epoch"
    id_prefix = "tke"
    not_about_a_party = "Names a user of the tenant's own identity provider."
    __table_args__ = (UniqueConstraint("tenant_id", "subject"),)

    subject: Mapped[str] = column(PII, doc="The user, as the audit names them.")
    signed_out_at: Mapped[dt.datetime] = column(INTERNAL, doc="Tokens issued before this are refused.")


class SharingAgreement(Record):
    """An agreement by which a partner sees a customer, for a period."""

    __tablename__ = "sharing_agreement"
    id_prefix = "sha"
    without_index = (("validity_from validity_to", "Asked of one partner's agreements, which its reference finds."),)

    partner: Mapped[Party] = reference(Party, doc="The partner: the party of its keys.")
    customer: Mapped[Customer] = subject(Customer, doc="The customer that is shared.")
    validity: Mapped[Period] = period(INTERNAL, doc="When it holds.", filterable=True, orderable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        partner_id: Mapped[uuid.UUID]
        customer_id: Mapped[uuid.UUID]
        validity_from: Mapped[dt.datetime | None]
        validity_to: Mapped[dt.datetime | None]
