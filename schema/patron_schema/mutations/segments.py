"""Define segments and refresh them."""

from __future__ import annotations

import strawberry

from patron_core.segments import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.segments import Segment

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class SegmentPayload:
    """What a mutation of a segment gives."""

    segment: Segment | None = strawberry.field(description="The segment, as it is now.")


@extends(Mutation)
class SegmentMutation:
    segment_create: SegmentPayload = mutation(
        commands.CreateSegment, description="Defines a segment by a condition that its author may ask."
    )
    segment_update: SegmentPayload = mutation(
        commands.UpdateSegment, description="Changes a segment; a new condition is a new version of it."
    )
    segment_refresh: SegmentPayload = mutation(
        commands.RefreshSegment, description="Finds anew who is in a segment, now and in one statement."
    )
    segment_retire: SegmentPayload = mutation(
        commands.RetireSegment, description="Ends a segment: everybody leaves it. Its history stays."
    )


TYPES = (SegmentPayload,)
EXTENSIONS = (SegmentMutation,)
