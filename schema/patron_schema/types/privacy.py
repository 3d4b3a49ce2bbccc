"""Consents, legal holds, receipts of erasures, and previews of what an export or an erasure would do, as the API shows them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import strawberry

from patron_core.parties.models import Party as PartyModel
from patron_core.parties.permissions import PARTY_READ
from patron_core.privacy import decisions, models
from patron_core.privacy.consent import Standing, standing
from patron_core.privacy.export import export_preview
from patron_core.privacy.permissions import PRIVACY_ERASE, PRIVACY_EXPORT
from patron_core.touchpoints.models import Channel
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Period

from ..compose.commands import decode_id
from ..declare import Connection, Query, extends, planned, related, resolver, root
from ..nodes import Node
from .parties import Party

__all__ = ["EXTENSIONS", "TYPES", "Consent", "Erasure", "ErasureEntry", "LegalHold"]

T = TypeVar("T")


@planned(models.Consent)
class Consent(Node):
    """Something a party said about the use of their data. The latest word on a purpose and a channel counts."""

    party: Party
    purpose: models.ConsentPurpose
    channel: Channel | None
    lawful_basis: models.LawfulBasis
    status: models.ConsentDecision
    decided_at: dt.datetime
    given_at: dt.datetime | None
    withdrawn_at: dt.datetime | None
    validity: Period
    text_version: str | None
    evidence: str | None
    recorded_by: str


@planned(models.LegalHold)
class LegalHold(Node):
    """A duty to keep everything about a party for now, such as a lawsuit. While it stands nothing of the party is erased."""

    party: Party
    reason: str
    matter: str | None
    placed_at: dt.datetime
    placed_by: str
    released_at: dt.datetime | None
    released_by: str | None
    version: int


@planned(models.Erasure)
class Erasure(Node):
    """The receipt of a request to be forgotten: what went, what stays, why and until when. It holds no personal data."""

    party: Party
    outcome: models.ErasureOutcome
    reason: str
    requested_at: dt.datetime
    carried_out_at: dt.datetime
    actor: str
    due_on: dt.date | None
    entries: Connection[ErasureEntry] = related(
        models.ErasureEntry.erasure, description="What became of the rows of each kind."
    )


@planned(models.ErasureEntry)
class ErasureEntry(Node):
    """A line of a receipt: what became of the rows of one kind."""

    erasure: Erasure
    record_type: str
    deleted: int
    emptied: int
    kept: int
    kept_reason: str | None
    kept_until: dt.date | None


@extends(Party)
class PartyPrivacy:
    consents: Connection[Consent] = related(
        models.Consent.party, description="What the party said about the use of their data."
    )
    legal_holds: Connection[LegalHold] = related(
        models.LegalHold.party, description="Why nothing about the party may be erased for now."
    )
    erasures: Connection[Erasure] = related(
        models.Erasure.party, description="Receipts of requests to be forgotten, of the party."
    )


@strawberry.type(description="How a party stands to a purpose: the latest word, and whether it allows contact now.")
class ConsentStatus:
    purpose: models.ConsentPurpose = strawberry.field(description="The purpose.")
    channel: Channel | None = strawberry.field(description="The channel; null for all.")
    status: models.ConsentDecision | None = strawberry.field(
        description="What was said last; null where nothing ever was."
    )
    may_contact: bool = strawberry.field(description="Whether the party may be contacted now.")
    reason: str = strawberry.field(description="Why, or why not.")
    consent_id: strawberry.ID | None = strawberry.field(description="The word that counts.")

    @staticmethod
    def of(found: Standing) -> ConsentStatus:
        """How a party stands to a purpose, in words."""
        latest = found.consent
        return ConsentStatus(
            purpose=found.purpose,
            channel=found.channel,
            status=None if latest is None else latest.status,
            may_contact=found.may_contact,
            reason=found.reason,
            consent_id=None if latest is None else strawberry.ID(f"{latest.id_prefix}_{latest.id}"),
        )


@strawberry.type(description="What an erasure would do with rows of one kind.")
class ErasurePreviewLine:
    record_type: str = strawberry.field(description="What kind of rows.")
    deleted: int = strawberry.field(description="How many would go.")
    emptied: int = strawberry.field(description="How many would stay without personal data.")
    kept: int = strawberry.field(description="How many would stay as they are.")
    reason: str | None = strawberry.field(description="Why they would stay, with the rule that asks for it.")
    until: dt.date | None = strawberry.field(description="The first day on which they may go.")


@strawberry.type(description="What an erasure would do today. Nothing was changed.")
class ErasurePreview:
    held: bool = strawberry.field(description="Whether a legal hold forbids it.")
    hold_ids: list[strawberry.ID] = strawberry.field(description="The legal holds that do.")
    due_on: dt.date | None = strawberry.field(description="The first day on which more may go than today.")
    lines: list[ErasurePreviewLine] = strawberry.field(description="By kind of rows.")

    @staticmethod
    def of(decision: decisions.Decision) -> ErasurePreview:
        """A decision in numbers."""
        return ErasurePreview(
            held=bool(decision.holds),
            hold_ids=[strawberry.ID(f"{hold.id_prefix}_{hold.id}") for hold in decision.holds],
            due_on=decision.due_on,
            lines=[
                ErasurePreviewLine(
                    record_type=line.record_type,
                    deleted=line.deleted,
                    emptied=line.emptied,
                    kept=line.kept,
                    reason=line.reason,
                    until=line.until,
                )
                for line in decision.lines()
            ],
        )


@strawberry.type(description="How many rows of one kind an export would have.")
class ExportPreviewLine:
    record_type: str = strawberry.field(description="What kind of rows.")
    rows: int = strawberry.field(description="How many.")


Whose = Annotated[strawberry.ID, strawberry.argument(description="The party.")]
For = Annotated[models.ConsentPurpose, strawberry.argument(description="The purpose.")]
Over = Annotated[Channel | None, strawberry.argument(description="The channel; null for all.")]


@extends(Query)
class PrivacyQuery:
    legal_holds: Connection[LegalHold] = root(description="Legal holds, those that ended included.")
    erasures: Connection[Erasure] = root(description="Receipts of requests to be forgotten.")

    @resolver(scope=PARTY_READ)
    async def consent_status(
        self, info: strawberry.Info[Any, Any], party_id: Whose, purpose: For, channel: Over = None
    ) -> ConsentStatus | None:
        """Whether a party may be contacted now for a purpose over a channel, and from which word that follows."""
        wanted = decode_id(party_id, PartyModel.id_prefix)

        def find(uow: UnitOfWork) -> ConsentStatus:
            uow.get(PartyModel, wanted, path=("partyId",))
            return ConsentStatus.of(standing(uow, wanted, purpose, channel))

        return await _read(info, find)

    @resolver(scope=PRIVACY_ERASE)
    async def privacy_erase_preview(self, info: strawberry.Info[Any, Any], party_id: Whose) -> ErasurePreview | None:
        """What an erasure of a party would do today: what would go, what would stay, why and until when."""
        wanted: uuid.UUID = decode_id(party_id, PartyModel.id_prefix)
        return await _read(info, lambda uow: ErasurePreview.of(decisions.decide(uow, wanted)))

    @resolver(scope=PRIVACY_EXPORT)
    async def privacy_export_preview(self, info: strawberry.Info[Any, Any], party_id: Whose) -> list[ExportPreviewLine]:
        """How many rows of each kind an export of a party would have."""
        wanted: uuid.UUID = decode_id(party_id, PartyModel.id_prefix)
        found = await _read(info, lambda uow: export_preview(uow, wanted))
        return [ExportPreviewLine(record_type=name, rows=rows) for name, rows in found.items()]


async def _read(info: strawberry.Info[Any, Any], work: Callable[[UnitOfWork], T]) -> T:
    found: T = await info.context.read(work)
    return found


TYPES = (Consent, LegalHold, Erasure, ErasureEntry)
EXTENSIONS = (PartyPrivacy, PrivacyQuery)
