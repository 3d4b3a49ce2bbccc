"""What can have happened to segments. Events carry ids, codes and counts, never what a condition compares with."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event

__all__ = ["SegmentDefined", "SegmentEntered", "SegmentLeft", "SegmentRefreshed", "SegmentRetired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentDefined(Event):
    """A segment exists, or was changed; a new revision is a new condition."""

    type: ClassVar[str] = "segment.defined"
    segment_id: uuid.UUID
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRefreshed(Event):
    """A segment was found anew, and somebody came or left. Who is told one by one only where they are few."""

    type: ClassVar[str] = "segment.refreshed"
    segment_id: uuid.UUID
    revision: int
    entered: int
    left: int
    members: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentEntered(Event):
    """A customer came into a segment. `customer_id` is set."""

    type: ClassVar[str] = "segment.entered"
    segment_id: uuid.UUID
    segment_membership_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentLeft(Event):
    """A customer left a segment. `customer_id` is set."""

    type: ClassVar[str] = "segment.left"
    segment_id: uuid.UUID
    segment_membership_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRetired(Event):
    """A segment is not refreshed any more, and nobody is in it."""

    type: ClassVar[str] = "segment.retired"
    segment_id: uuid.UUID
