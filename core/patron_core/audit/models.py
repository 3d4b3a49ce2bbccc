"""Who changed what and who saw what, and the seals that make tampering show. Rows of all three are added and never changed."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..records import INTERNAL, PII, Record, column
from ..values import Code

__all__ = ["AuditEntry", "AuditRead", "AuditSeal", "SealedKind"]

_OF_TIME = (("occurred_at", "The index on it has the id behind, as each page needs."),)


class SealedKind(Code):
    """What a seal is about."""

    CHANGE = "change", "A row of the audit of changes."
    READ = "read", "A row of the audit of reads."


class AuditEntry(Record):
    """A change that was committed, who made it and through which operation."""

    __tablename__ = "audit_entry"
    id_prefix = "aud"
    append_only = True
    not_about_a_party = "It names rows by id and columns by name, and holds no value of theirs."
    without_index = (
        *Record.without_index,
        ("actor actor_kind action record_type request_id purpose operation", "An audit is searched in a span of time."),
    )
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
    impersonator: Mapped[str | None] = column(INTERNAL, doc="Who acted as the actor, where somebody did.")
    purpose: Mapped[str | None] = column(INTERNAL, doc="The purpose of use.", filterable=True)
    operation: Mapped[str | None] = column(INTERNAL, doc="The command that did it.", filterable=True)


class AuditRead(Record):
    """An operation that showed health or financial information, to whom, for which purpose and about whom."""

    __tablename__ = "audit_read"
    id_prefix = "ard"
    append_only = True
    not_about_a_party = "It names parties by id and fields by name, and holds no value of theirs."
    without_index = (
        *Record.without_index,
        (
            "actor actor_kind impersonator purpose request_id operation subjects",
            "An audit is searched in a span of time.",
        ),
    )
    __table_args__ = (Index(None, "tenant_id", "occurred_at", "id"),)

    actor: Mapped[str] = column(INTERNAL, doc="Who saw it.", filterable=True)
    actor_kind: Mapped[str] = column(INTERNAL, doc="User, app, job, plugin or system.", filterable=True)
    impersonator: Mapped[str | None] = column(
        INTERNAL, doc="Who acted as the actor, where somebody did.", filterable=True
    )
    reason: Mapped[str | None] = column(INTERNAL, doc="Why a system actor acted.")
    purpose: Mapped[str | None] = column(INTERNAL, doc="The purpose of use.", filterable=True)
    break_glass: Mapped[uuid.UUID | None] = column(INTERNAL, doc="The emergency access it was seen by.")
    request_id: Mapped[str | None] = column(INTERNAL, doc="The request it came with.", filterable=True)
    document: Mapped[str | None] = column(INTERNAL, doc="SHA-256 of the GraphQL document, in hex.")
    operation: Mapped[str | None] = column(INTERNAL, doc="Name of the operation in the document.", filterable=True)
    classes: Mapped[str] = column(INTERNAL, doc="Classifications of what was read, separated by spaces.")
    types: Mapped[str] = column(INTERNAL, doc="Types whose rows or figures were read, separated by spaces.")
    fields: Mapped[str] = column(INTERNAL, doc="Fields that were read, as Type.field, separated by spaces.")
    subjects: Mapped[str] = column(
        PII, doc="Ids of the parties it showed, without their prefix, separated by spaces.", filterable=True
    )
    subject_count: Mapped[int] = column(INTERNAL, doc="How many parties; beyond 10,000 only these are named.")
    subjects_sha256: Mapped[str | None] = column(INTERNAL, doc="SHA-256 of all ids where not all are named.")
    occurred_at: Mapped[dt.datetime] = column(INTERNAL, doc="When it was read.", filterable=True, orderable=True)


class AuditSeal(Record):
    """A link of a tenant's chain: the hash of one row of the audit and of the link before. Its id is the row's."""

    __tablename__ = "audit_seal"
    id_prefix = "sea"
    append_only = True
    not_about_a_party = "Numbers and hashes."
    __table_args__ = (UniqueConstraint("tenant_id", "sequence"), UniqueConstraint("tenant_id", "previous_hash"))

    sequence: Mapped[int] = column(INTERNAL, doc="Its place in the chain, from 1.")
    kind: Mapped[SealedKind] = column(INTERNAL, doc="Which table the row is in.")
    previous_hash: Mapped[str] = column(INTERNAL, doc="The hash of the link before; zeros for the first.")
    hash: Mapped[str] = column(INTERNAL, doc="SHA-256 of the row in canonical form and of the previous hash, in hex.")
