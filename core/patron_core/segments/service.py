"""Segments, and who came and left: defines, changes, refreshes and retires them inside the caller's unit of work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from patron_core.errors import Conflict, InvalidInput
from patron_core.hookspecs import CommandHandler
from patron_core.predicates import Predicate
from patron_core.segments import events
from patron_core.segments.commands import CreateSegment, RefreshSegment, RetireSegment, UpdateSegment
from patron_core.segments.conditions import checked, condition_text
from patron_core.segments.models import Segment, SegmentMembership, SegmentRevision, SegmentStatus, SegmentTarget
from patron_core.segments.permissions import SEGMENT_WRITE
from patron_core.segments.refreshing import refresh
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import same_version, unused
from patron_core.values import UNSET

__all__ = ["HANDLERS", "create_segment", "refresh_segment", "retire_segment", "update_segment"]


def create_segment(command: CreateSegment, uow: UnitOfWork) -> Segment:
    """Defines a segment; who is in it is found by the next refresh. CONFLICT where its name is taken.

    INVALID_INPUT, FORBIDDEN for a condition that does not fit or that its author may not ask.
    """
    unused(uow, Segment, name=command.name)
    where, target, path = command.customers, SegmentTarget.CUSTOMER, "customers"
    if where is None:
        where, target, path = command.parties or {}, SegmentTarget.PARTY, "parties"
    text = condition_text(checked(where, target=target, path=path, uow=uow))
    segment = uow.add(
        Segment(
            name=command.name,
            description=command.description,
            target=target,
            condition=text,
            revision=1,
            status=SegmentStatus.ACTIVE,
            created_by=uow.actor.subject,
        )
    )
    _keep(segment, uow)
    return segment


def update_segment(command: UpdateSegment, uow: UnitOfWork) -> Segment:
    """Changes a segment. A condition other than the one it has is a new version, which the next refresh follows."""
    segment = uow.get(Segment, command.id, lock=True, path=("id",))
    same_version(segment, version=command.version)
    _refuse_retired(segment)
    if isinstance(command.name, str) and command.name != segment.name:
        unused(uow, Segment, name=command.name)
        segment.name = command.name
    if command.description is not UNSET:
        segment.description = command.description
    predicate = _changed(command, segment, uow)
    if predicate is not None and condition_text(predicate) != segment.condition:
        segment.condition = condition_text(predicate)
        segment.revision += 1
        segment.status, segment.problem = SegmentStatus.ACTIVE, None
        _keep(segment, uow)
    else:
        uow.emit(events.SegmentDefined(segment_id=segment.id, revision=segment.revision))
    return segment


def refresh_segment(command: RefreshSegment, uow: UnitOfWork) -> Segment:
    """Finds anew who is in a segment, in one statement. CONFLICT for one that is retired."""
    segment = uow.get(Segment, command.id, lock=True, path=("id",))
    _refuse_retired(segment)
    refresh(segment, uow)
    return segment


def retire_segment(command: RetireSegment, uow: UnitOfWork) -> Segment:
    """Ends a segment; its history stays."""
    segment = uow.get(Segment, command.id, lock=True, path=("id",))
    same_version(segment, version=command.version)
    _refuse_retired(segment)
    segment.status, segment.member_count, segment.refreshed_at = SegmentStatus.RETIRED, 0, uow.now
    uow.flush()
    uow.update_rows(
        SegmentMembership,
        SegmentMembership.segment_id == segment.id,
        SegmentMembership.left_at.is_(None),
        values={"left_at": uow.now, "left_revision": segment.revision},
    )
    uow.emit(events.SegmentRetired(segment_id=segment.id))
    return segment


def _changed(command: UpdateSegment, segment: Segment, uow: UnitOfWork) -> Predicate | None:
    """The condition that is asked for, where one is."""
    for target, path, where in (
        (SegmentTarget.CUSTOMER, "customers", command.customers),
        (SegmentTarget.PARTY, "parties", command.parties),
    ):
        if isinstance(where, Mapping):
            if target is not segment.target:
                raise InvalidInput(
                    f"The condition is of another kind. The segment is of {segment.target.value}s. Give `{segment.target.value}s`"
                    " or define another segment.".replace("partys", "parties"),
                    path=(path,),
                )
            return checked(where, target=target, path=path, uow=uow)
    return None


def _keep(segment: Segment, uow: UnitOfWork) -> None:
    uow.add(
        SegmentRevision(
            segment_id=segment.id, number=segment.revision, condition=segment.condition, defined_by=uow.actor.subject
        )
    )
    uow.emit(events.SegmentDefined(segment_id=segment.id, revision=segment.revision))


def _refuse_retired(segment: Segment) -> None:
    if segment.status is SegmentStatus.RETIRED:
        raise Conflict("The segment is retired. It was to be changed. Define another one.", path=("id",))


HANDLERS: Final = (
    CommandHandler(command=CreateSegment, handler=create_segment, permission=SEGMENT_WRITE),
    CommandHandler(command=UpdateSegment, handler=update_segment, permission=SEGMENT_WRITE),
    CommandHandler(command=RefreshSegment, handler=refresh_segment, permission=SEGMENT_WRITE),
    CommandHandler(command=RetireSegment, handler=retire_segment, permission=SEGMENT_WRITE),
)
