"""The audit as the API shows it: who changed what, who saw whom, and how far it is sealed."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any

import strawberry
from sqlalchemy import Text, cast, func, literal, select

from patron_core import validation
from patron_core.audit import models
from patron_core.audit.permissions import AUDIT_READ
from patron_core.audit.sealing import head_of, unsealed
from patron_core.parties.models import Party as PartyModel
from patron_core.unit_of_work import UnitOfWork

from ..compose.commands import decode_id
from ..declare import Connection, Query, expression, extends, planned, resolver, root
from ..nodes import Node

__all__ = ["EXTENSIONS", "TYPES", "AuditEntry", "AuditRead"]

_MOST = 1_000
_DAY = dt.timedelta(days=1)


def _names(column: Any) -> Any:
    """A JSON list of names as a text: both databases write it with other spaces."""
    text: Any = cast(column, Text)
    for what, instead in (("[", ""), ("]", ""), ('"', ""), (",", " "), ("  ", " ")):
        text = func.replace(text, what, instead)
    return text


@planned(models.AuditEntry)
class AuditEntry(Node):
    """A change that was committed, who made it and through which operation."""

    actor: str
    actor_kind: str
    impersonator: str | None
    reason: str | None
    purpose: str | None
    action: str
    operation: str | None
    record_type: str
    record: str = expression(cast(models.AuditEntry.record_id, Text), description="The row's id, without its prefix.")
    columns: str = expression(
        _names(models.AuditEntry.columns), description="Names of the columns that changed, separated by spaces."
    )
    request_id: str | None
    occurred_at: dt.datetime


@planned(models.AuditRead)
class AuditRead(Node):
    """An operation that showed health or financial information, to whom, for which purpose and about whom."""

    actor: str
    actor_kind: str
    impersonator: str | None
    reason: str | None
    purpose: str | None
    emergency_access: str | None = expression(
        literal("eme_") + cast(models.AuditRead.break_glass, Text), description="The emergency access it was seen by."
    )
    operation: str | None
    document: str | None
    classes: str
    types: str
    fields: str
    subjects: str
    subject_count: int
    subjects_sha256: str | None
    request_id: str | None
    occurred_at: dt.datetime


@strawberry.type(description="Somebody saw something about a party (accounting of disclosures, 45 CFR 164.528).")
class Disclosure:
    occurred_at: dt.datetime = strawberry.field(description="When.")
    actor: str = strawberry.field(description="Who.")
    actor_kind: str = strawberry.field(description="User, app, job, plugin or system.")
    impersonator: str | None = strawberry.field(description="Who acted as the actor, where somebody did.")
    purpose: str | None = strawberry.field(description="For which purpose of use.")
    reason: str | None = strawberry.field(description="Why a system actor read it.")
    emergency: bool = strawberry.field(description="Whether it was seen by emergency access.")
    classes: list[str] = strawberry.field(description="Classifications of what was seen.")
    fields: list[str] = strawberry.field(description="What was seen, as Type.field.")
    request_id: str | None = strawberry.field(description="The request it came with.")


@strawberry.type(description="How far the tenant's audit is sealed.")
class AuditStatus:
    sealed: int = strawberry.field(description="How many rows are sealed.")
    unsealed: int = strawberry.field(description="How many rows of the last day wait for their seal.")
    head: str = strawberry.field(description="The hash of the last seal; zeros where there is none.")


def _disclosures(
    uow: UnitOfWork, party_id: uuid.UUID, since: dt.datetime | None, until: dt.datetime | None, first: int
) -> list[Disclosure]:
    uow.get(PartyModel, party_id, path=("partyId",))
    read = models.AuditRead
    statement = select(read).where(read.subjects.contains(str(party_id), autoescape=True))
    if since is not None:
        statement = statement.where(read.occurred_at >= since)
    if until is not None:
        statement = statement.where(read.occurred_at < until)
    found = uow.select(statement.order_by(read.occurred_at.desc(), read.id.desc()).limit(first))
    return [_disclosure(each) for each in found]


def _disclosure(read: models.AuditRead) -> Disclosure:
    return Disclosure(
        occurred_at=read.occurred_at,
        actor=read.actor,
        actor_kind=read.actor_kind,
        impersonator=read.impersonator,
        purpose=read.purpose,
        reason=read.reason,
        emergency=read.break_glass is not None,
        classes=read.classes.split(),
        fields=read.fields.split() or read.types.split(),
        request_id=read.request_id,
    )


def _status(uow: UnitOfWork) -> AuditStatus:
    head = head_of(uow.session)
    since = uow.now - _DAY
    waiting = [
        unsealed(kind, func.count(model.id), since=since)
        for kind, model in ((models.SealedKind.CHANGE, models.AuditEntry), (models.SealedKind.READ, models.AuditRead))
    ]
    return AuditStatus(sealed=head.sequence, unsealed=sum(uow.rows(each)[0][0] for each in waiting), head=head.hash)


Whom = Annotated[strawberry.ID, strawberry.argument(description="The party: a patient, a customer.")]
Since = Annotated[dt.datetime | None, strawberry.argument(description="From when on; null for ever.")]
Until = Annotated[dt.datetime | None, strawberry.argument(description="Until when, that moment not included.")]
First = Annotated[int, strawberry.argument(description=f"How many, 1 to {_MOST}.")]


@extends(Query)
class AuditQuery:
    audit_entries: Connection[AuditEntry] = root(description="Who changed what, when and by which operation.")
    audit_reads: Connection[AuditRead] = root(
        description="Which operations showed health or financial information. Reading this is kept in it, too."
    )

    @resolver(scope=AUDIT_READ)
    async def disclosures(
        self,
        info: strawberry.Info[Any, Any],
        party_id: Whom,
        since: Since = None,
        until: Until = None,
        first: First = 100,
    ) -> list[Disclosure] | None:
        """Who saw health or financial information about a party, newest first. That this was asked is kept, too."""
        validation.within(first, most=_MOST, path="first")
        wanted = decode_id(party_id, PartyModel.id_prefix)
        found: list[Disclosure] = await info.context.read(lambda uow: _disclosures(uow, wanted, since, until, first))
        return found

    @resolver(scope=AUDIT_READ)
    async def audit_status(self, info: strawberry.Info[Any, Any]) -> AuditStatus:
        """How many rows of the audit are sealed and how many wait, and the head of the chain."""
        found: AuditStatus = await info.context.read(_status)
        return found


TYPES = (AuditEntry, AuditRead)
EXTENSIONS = (AuditQuery,)
