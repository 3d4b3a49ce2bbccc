"""Tenants and the credentials that name them."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..columns import CodeText, Identifier, Json, Words
from ..customers.models import EngagementMode
from ..records import INTERNAL, META, PUBLIC, SECRET, Base, ColumnMeta, Record, column

__all__ = ["CONTROL_TABLES", "ApiKey", "Tenant"]

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


class ApiKey(Record):
    """A credential for programs; only a hash of its secret is kept."""

    __tablename__ = "api_key"
    id_prefix = "key"
    not_about_a_party = "A credential of the tenant's own software."

    name: Mapped[str] = column(INTERNAL, doc="What the key is for.")
    secret_sha256: Mapped[str] = column(SECRET, doc="SHA-256 of the secret, in hex.")
    last_four: Mapped[str] = column(INTERNAL, doc="The last four characters, to tell keys apart.")
    roles: Mapped[str] = column(INTERNAL, doc="Names of roles, separated by spaces.")
    scopes: Mapped[str] = column(INTERNAL, doc="Names of scopes, separated by spaces.")
    purpose: Mapped[str | None] = column(INTERNAL, doc="Default purpose of use for health information.")
    expires_at: Mapped[dt.datetime | None] = column(PUBLIC, doc="When it stops working.")
    revoked_at: Mapped[dt.datetime | None] = column(PUBLIC, doc="When it was taken back.")
