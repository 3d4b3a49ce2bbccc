"""Segments, and who came and left, as the API shows them."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final

import strawberry

from patron_core.segments import mixing, models, previewing
from patron_core.segments.permissions import SEGMENT_READ

from ..compose.commands import decode_id, plain_where
from ..declare import Connection, Query, extends, planned, related, resolver, root
from ..nodes import Node
from .customers import Customer

if TYPE_CHECKING:
    from .parties import Party

__all__ = ["EXTENSIONS", "TYPES", "Segment", "SegmentMembership", "SegmentRevision"]


@planned(models.Segment)
class Segment(Node):
    """Those for whom a stored condition holds, found anew again and again."""

    name: str
    description: str | None
    target: models.SegmentTarget
    condition: str
    revision: int
    status: models.SegmentStatus
    problem: str | None
    refreshed_at: dt.datetime | None
    member_count: int | None
    created_by: str
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    revisions: Connection[SegmentRevision] = related(
        models.SegmentRevision.segment, description="The versions of its condition."
    )
    memberships: Connection[SegmentMembership] = related(
        models.SegmentMembership.segment,
        description="Who is in it, where leftAt is null, and who was, from when to when.",
    )


@planned(models.SegmentRevision)
class SegmentRevision(Node):
    """A version of a segment's condition."""

    segment: Segment
    number: int
    condition: str
    defined_by: str
    created_at: dt.datetime


@planned(models.SegmentMembership)
class SegmentMembership(Node):
    """Somebody was in a segment from one refresh to another; while nobody has left it, they still are."""

    segment: Segment
    party: Party
    customer: Customer | None
    entered_at: dt.datetime
    left_at: dt.datetime | None
    entered_revision: int
    left_revision: int | None


@extends(Customer)
class CustomerSegments:
    segment_memberships: Connection[SegmentMembership] = related(
        models.SegmentMembership.customer,
        description="Segments the customer is in, where leftAt is null, and was in.",
    )


@strawberry.type(description="A segment on a day: how many were in it at its end, came and left.")
class SegmentDay:
    day: dt.date = strawberry.field(description="The day, in UTC; the last one ends now.")
    segment_id: strawberry.ID = strawberry.field(description="The segment.")
    name: str = strawberry.field(description="Its name.")
    members: int = strawberry.field(description="How many were in it at the end of the day.")
    entered: int = strawberry.field(description="How many came that day.")
    left: int = strawberry.field(description="How many left that day.")


@strawberry.type(description="A segment whose members a condition finds too.")
class SegmentOverlap:
    segment_id: strawberry.ID = strawberry.field(description="The segment.")
    name: str = strawberry.field(description="Its name.")
    members: int = strawberry.field(description="How many are in it, as of its last refresh.")
    both: int = strawberry.field(description="How many of them the condition finds.")
    share: Decimal = strawberry.field(description="The same as a share of what the condition finds, 0 to 1.")


@strawberry.type(description="What a segment would be: nothing was written.")
class SegmentPreview:
    count: int = strawberry.field(description="How many the condition finds now.")
    share: Decimal | None = strawberry.field(
        description="The same as a share of all, 0 to 1; null where there is nobody."
    )
    sample: list[strawberry.ID] = strawberry.field(description="The first of them by id; `nodes` shows them.")
    overlaps: list[SegmentOverlap] = strawberry.field(
        description="Segments that have members in common with it, at most 20, the largest part first."
    )


From = Annotated[dt.date, strawberry.argument(name="from", description="The first day.")]
Until = Annotated[dt.date, strawberry.argument(name="to", description="The day after the last, at most 92 days later.")]
Which = Annotated[
    list[strawberry.ID] | None,
    strawberry.argument(description="Ids of segments, at most 20; the first 20 by name where they are left out."),
]
Customers = Annotated[Any, strawberry.argument(description="Which customers; in place of `parties`.")]
Parties = Annotated[Any, strawberry.argument(description="Which parties; in place of `customers`.")]
Sample = Annotated[int, strawberry.argument(description="How many ids to give as a sample, 0 to 20.")]
_CONDITIONS: Final = {"customers": "Customer", "parties": "Party"}


@extends(Query)
class SegmentQuery:
    segment: Segment | None = root(description="A segment by its id.")
    segments: Connection[Segment] = root(description="The segments of this tenant.")
    segment_memberships: Connection[SegmentMembership] = root(
        description="Who is in which segment, and was, from when to when."
    )

    @resolver(scope=SEGMENT_READ)
    async def segment_mix(
        self, info: strawberry.Info[Any, Any], from_: From, to: Until, segments: Which = None
    ) -> list[SegmentDay]:
        """How many were in each segment on each day, and came and left: from the history of memberships."""
        ids = [decode_id(id_, models.Segment.id_prefix) for id_ in segments or ()]
        found = await info.context.read(lambda uow: mixing.mix(uow, start=from_, end=to, segments=ids))
        return [_day(each) for each in found]

    @resolver(scope=SEGMENT_READ, conditions=_CONDITIONS)
    async def segment_preview(
        self, info: strawberry.Info[Any, Any], customers: Customers = None, parties: Parties = None, sample: Sample = 5
    ) -> SegmentPreview:
        """What a segment would be, before it is defined: how many, some of them, what it has in common with others."""
        found: previewing.Preview = await info.context.read(
            lambda uow: previewing.preview(
                uow, customers=plain_where(customers), parties=plain_where(parties), sample=sample
            )
        )
        return SegmentPreview(
            count=found.count,
            share=_share(found.count, found.total),
            sample=[strawberry.ID(id_) for id_ in found.sample],
            overlaps=[
                SegmentOverlap(
                    segment_id=_outer(each.segment_id),
                    name=each.name,
                    members=each.members,
                    both=each.both,
                    share=_share(each.both, found.count) or Decimal(0),
                )
                for each in found.overlaps
            ],
        )


def _day(each: mixing.Mixed) -> SegmentDay:
    return SegmentDay(
        day=each.day,
        segment_id=_outer(each.segment_id),
        name=each.name,
        members=each.members,
        entered=each.entered,
        left=each.left,
    )


def _outer(id_: uuid.UUID) -> strawberry.ID:
    return strawberry.ID(f"{models.Segment.id_prefix}_{id_}")


def _share(part: int, whole: int) -> Decimal | None:
    return None if not whole else (Decimal(part) / whole).quantize(Decimal("0.0001"), ROUND_HALF_EVEN)


TYPES = (Segment, SegmentRevision, SegmentMembership)
EXTENSIONS = (CustomerSegments, SegmentQuery)
