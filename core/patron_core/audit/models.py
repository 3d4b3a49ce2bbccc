"""Who changed what: one row per changed record, written in the change's own transaction."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from ..records import INTERNAL, PII, Record, column

__all__ = ["AuditEntry"]


class AuditEntry(Record):
    """A change that was committed, who made it and through which operation."""

    __tablename__ = "audit_entry"
    id_prefix = "aud"
    append_only = True
    not_about_a_party = "It names rows by id and columns by name, and holds no value of theirs."
    __table_args__ = (Index(None, "tenant_id", "record_id", "id"), Index(None, "tenant_id", "occurred_at", "id"))

    actor: Mapped[str] = column(INTERNAL, doc="Who acted.", filterable=True)
    actor_kind: Mapped[str] = column(INTERNAL, doc="User, app, job, plugin or system.", filterable=True)
    reason: Mapped[str | None] = column(INTERNAL, doc="Why a system actor acted.")
    action: Mapped[str] = column(INTERNAL, doc="CREATE, UPDATE or DELETE.", filterable=True)
    record_type: Mapped[str] = column(INTERNAL, doc="Name of the table.", filterable=True)
    record_id: Mapped[uuid.UUID] = column(PII, doc="The row.", filterable=True)
    columns: Mapped[Any] = column(INTERNAL, doc="Names of the columns that changed, never their values.", keys={})
    request_id: Mapped[str | None] = column(INTERNAL, doc="The request it came with.", filterable=True)
    occurred_at: Mapped[dt.datetime] = column(INTERNAL, doc="When it was committed.", filterable=True, orderable=True)
