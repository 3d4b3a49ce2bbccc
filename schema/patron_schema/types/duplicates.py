"""Who may be twice in the books, and what was merged, as the API shows them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

import strawberry

from patron_core import validation
from patron_core.access.grants import reads
from patron_core.access.overview import require_overview
from patron_core.duplicates import models
from patron_core.duplicates.finding import duplicates_of
from patron_core.duplicates.merging import Preview, preview_merge
from patron_core.duplicates.permissions import DUPLICATE_READ
from patron_core.duplicates.scoring import MINIMUM, DuplicateReason, Evidence, Facts
from patron_core.duplicates.survivorship import FieldChoice, MergeField, MergeSide, Survival
from patron_core.parties import contact
from patron_core.parties.models import ContactKind, PartyKind
from patron_core.parties.models import Party as PartyModel
from patron_core.privacy.subjects import kinds
from patron_core.records import META, PII, ColumnMeta, Record
from patron_core.unit_of_work import UnitOfWork

from ..compose.commands import decode_id
from ..declare import Connection, Query, extends, planned, related, resolver, root
from ..nodes import Node
from .parties import Party

__all__ = ["EXTENSIONS", "TYPES", "DuplicateCandidate", "Merge", "MergeUndo"]

_MOST_FOUND = 20


@planned(models.DuplicateCandidate)
class DuplicateCandidate(Node):
    """Two parties that may be one, with what speaks for it."""

    first: Party
    second: Party
    score: int
    name_similarity: int
    same_email: bool
    same_phone: bool
    same_birth_date: bool | None
    same_identifier: bool
    similar_address: bool
    status: models.CandidateStatus
    decided_at: dt.datetime | None
    decided_by: str | None
    reason: str | None
    version: int
    created_at: dt.datetime

    @resolver("name_similarity", "same_email", "same_phone", "same_birth_date", "same_identifier", "similar_address")
    def reasons(self) -> list[DuplicateReason]:
        """What speaks for it, in words with their points."""
        evidence = Evidence(
            0,
            self.name_similarity,
            self.same_email,
            self.same_phone,
            self.same_birth_date,
            self.same_identifier,
            self.similar_address,
        )
        return list(evidence.reasons)


@planned(models.Merge)
class Merge(Node):
    """The receipt of a merge: which party became which, when and by whom."""

    survivor: Party
    loser: Party
    merged_at: dt.datetime
    merged_by: str
    rows: int
    undo: MergeUndo | None = related(models.MergeUndo.merge, description="That it was taken back, where it was.")


@planned(models.MergeUndo)
class MergeUndo(Node):
    """The receipt of a merge that was taken back."""

    merge: Merge
    undone_at: dt.datetime
    undone_by: str


@extends(Party)
class PartyDuplicates:
    duplicate_candidates: Connection[DuplicateCandidate] = related(
        models.DuplicateCandidate.first,
        models.DuplicateCandidate.second,
        description="Parties that this one may be, and those it was said not to be.",
    )
    merges: Connection[Merge] = related(models.Merge.survivor, description="What was merged into this party.")


@strawberry.type(description="A party that a draft may be.")
class DuplicateMatch:
    party_id: strawberry.ID = strawberry.field(description="The party; `party` shows it.")
    score: int = strawberry.field(description="How much speaks for it, 0 to 100.")
    name_similarity: int = strawberry.field(description="How alike the names are, 0 to 100.")
    reasons: list[DuplicateReason] = strawberry.field(description="What speaks for it.")


@strawberry.type(description="Whose value of a field would stay.")
class MergeSurvival:
    field: MergeField = strawberry.field(description="The field.")
    side: MergeSide = strawberry.field(description="Whose value stays.")
    differs: bool = strawberry.field(description="Whether the two have different ones.")


@strawberry.type(description="How many rows of one kind a merge would change.")
class MergePreviewLine:
    record_type: str = strawberry.field(description="What kind of rows.")
    moved: int = strawberry.field(description="How many would go to the target.")
    dropped: int = strawberry.field(description="How many would go, because only one of two may stay.")


@strawberry.type(description="Two rows of which the rules let only one be as it is.")
class MergeConflict:
    record_type: str = strawberry.field(description="What kind of rows.")
    stays_id: strawberry.ID = strawberry.field(description="The target's row.")
    other_id: strawberry.ID = strawberry.field(description="The source's row.")
    outcome: str = strawberry.field(
        description="`both` where it is changed so that both stay, `dropped` where it goes, `left` where it stays with the source."
    )


@strawberry.type(description="What a merge would do now. Nothing was changed.")
class CustomerMergePreview:
    survivors: list[MergeSurvival] = strawberry.field(description="By field, for the fields you may read.")
    lines: list[MergePreviewLine] = strawberry.field(description="By kind of rows, for the kinds you may know of.")
    conflicts: list[MergeConflict] = strawberry.field(description="Rows of which the rules let only one be as it is.")

    @staticmethod
    def of(preview: Preview, uow: UnitOfWork) -> CustomerMergePreview:
        """A preview without what the actor may not know."""
        known = {m.__name__: m for m in kinds() if reads(uow.actor.opened, m.existence)}
        meetings = [m for m in preview.moved.meetings if m.record_type in known]
        dropped = Counter(m.record_type for m in meetings if m.outcome == "dropped")
        names = sorted(
            {name for name, count in preview.moved.counts.items() if count and name in known} | dropped.keys()
        )
        return CustomerMergePreview(
            survivors=[
                MergeSurvival(field=each.field, side=each.side, differs=each.differs)
                for each in preview.survivals
                if _is_read(each, uow)
            ],
            lines=[
                MergePreviewLine(record_type=n, moved=preview.moved.counts.get(n, 0), dropped=dropped[n]) for n in names
            ],
            conflicts=[
                MergeConflict(
                    record_type=m.record_type,
                    stays_id=_id(known, m.record_type, m.stays),
                    other_id=_id(known, m.record_type, m.other),
                    outcome=m.outcome,
                )
                for m in meetings
            ],
        )


@strawberry.input(description="Whose value of a field stays.")
class MergeChoice:
    field: MergeField = strawberry.field(description="The field.")
    side: MergeSide = strawberry.field(description="Whose value stays.")


Source = Annotated[strawberry.ID, strawberry.argument(description="The customer that would go.")]
Target = Annotated[strawberry.ID, strawberry.argument(description="The customer that would stay.")]
Choices = Annotated[list[MergeChoice] | None, strawberry.argument(description="Whose value of a field stays.")]
Name = Annotated[str, strawberry.argument(description="The name of the draft.")]
What = Annotated[PartyKind, strawberry.argument(description="What the draft is.")]
Born = Annotated[dt.date | None, strawberry.argument(description="Its day of birth.")]
Mail = Annotated[str | None, strawberry.argument(description="Its e-mail address.")]
Phone = Annotated[str | None, strawberry.argument(description="Its telephone number, with country code.")]
Least = Annotated[int, strawberry.argument(description="Points from which a party is given; 60 is what the job takes.")]
Most = Annotated[int, strawberry.argument(description="How many to give, 1 to 20.")]


@extends(Query)
class DuplicateQuery:
    duplicate_candidates: Connection[DuplicateCandidate] = root(
        description="Parties that may be one; order by SCORE for the likeliest first."
    )
    merges: Connection[Merge] = root(description="Receipts of merges, those that were taken back included.")

    @resolver(scope=DUPLICATE_READ)
    async def duplicates_of(
        self,
        info: strawberry.Info[Any, Any],
        name: Name,
        kind: What = PartyKind.PERSON,
        birth_date: Born = None,
        email: Mail = None,
        phone: Phone = None,
        most: Most = 5,
        minimum: Least = MINIMUM,
    ) -> list[DuplicateMatch]:
        """Who a person or organization that is about to be made may be already."""
        validation.within(most, most=_MOST_FOUND, path="most")
        draft = Facts(
            None, kind, (name,), birth_date, _normal(ContactKind.EMAIL, email), _normal(ContactKind.PHONE, phone)
        )

        def find(uow: UnitOfWork) -> list[tuple[uuid.UUID, Evidence]]:
            require_overview(uow.actor, PII)
            return duplicates_of(draft, uow, most=most, minimum=minimum)

        found = await info.context.read(find)
        return [
            DuplicateMatch(
                party_id=strawberry.ID(f"{PartyModel.id_prefix}_{id_}"),
                score=evidence.score,
                name_similarity=evidence.name_similarity,
                reasons=list(evidence.reasons),
            )
            for id_, evidence in found
        ]

    @resolver(scope=DUPLICATE_READ)
    async def customer_merge_preview(
        self, info: strawberry.Info[Any, Any], source_id: Source, target_id: Target, survivors: Choices = None
    ) -> CustomerMergePreview | None:
        """What `customerMerge` would do now: whose values stay, how many rows go, and which of them meet others."""
        source, target = decode_id(source_id, "cus"), decode_id(target_id, "cus")
        choices = tuple(FieldChoice(field=each.field, side=each.side) for each in survivors or ())

        def look(uow: UnitOfWork) -> CustomerMergePreview:
            made = preview_merge(uow, source_id=source, target_id=target, survivors=choices)
            return CustomerMergePreview.of(made, uow)

        found: CustomerMergePreview = await info.context.read(look)
        return found


def _normal(kind: Literal[ContactKind.EMAIL, ContactKind.PHONE], value: str | None) -> frozenset[str]:
    if value is None:
        return frozenset()
    normal = contact.normal_form(kind, value)
    return frozenset({normal.lower() if kind is ContactKind.EMAIL else normal})


def _is_read(each: Survival, uow: UnitOfWork) -> bool:
    model: Any = kinds_by_name()["Party" if each.of_party else "Customer"]
    columns: Iterable[Any] = model.__table__.columns
    meta: ColumnMeta = next(c.info[META] for c in columns if c.name == each.attribute)
    return reads(uow.actor.opened, meta.classification)


def kinds_by_name() -> Mapping[str, type[Record]]:
    """The models by name."""
    return {model.__name__: model for model in kinds()}


def _id(known: Mapping[str, type[Record]], name: str, id_: uuid.UUID) -> strawberry.ID:
    return strawberry.ID(f"{known[name].id_prefix}_{id_}")


TYPES = (DuplicateCandidate, Merge, MergeUndo)
EXTENSIONS = (PartyDuplicates, DuplicateQuery)
