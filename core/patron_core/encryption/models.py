"""The keys of tenants as they are stored: wrapped."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from patron_core.records import INTERNAL, SECRET, Record, column
from patron_core.values import Code

__all__ = ["KeyPurpose", "TenantKey"]


class KeyPurpose(Code):
    """What a key is for."""

    ENCRYPT = "encrypt", "Encrypts texts."
    BLIND = "blind", "Makes the hashes by which equal texts are found."


class TenantKey(Record):
    """A key of a tenant, wrapped by the master key. It is destroyed by emptying `wrapped`; that it was there stays known."""

    __tablename__ = "tenant_key"
    id_prefix = "tky"
    not_about_a_party = "A key of the tenant's, under which texts about anybody lie."
    __table_args__ = (UniqueConstraint("tenant_id", "purpose", "number"),)

    purpose: Mapped[KeyPurpose] = column(INTERNAL, doc="What it is for.")
    number: Mapped[int] = column(INTERNAL, doc="Tells the keys of a purpose apart, from 1; stored texts begin with it.")
    wrapped: Mapped[str] = column(
        SECRET, doc="The key, wrapped; empty when it was destroyed.", plain="The master key wraps it."
    )
    master: Mapped[str] = column(INTERNAL, doc="Which master key wrapped it.")
    retired_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="Since when it encrypts nothing new.")
    destroyed_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="When it was destroyed.")
