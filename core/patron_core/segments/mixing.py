"""How many were in each segment on each day, and who came and left: one statement over the history of memberships.

Days are those of UTC, and the last one ends now. Whoever sees only some customers' rows is counted only those.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, and_, case, func, literal, or_, select

from patron_core import validation
from patron_core.customers.models import Customer
from patron_core.errors import InvalidInput, NotFound
from patron_core.parties.models import Party
from patron_core.predicates import AllOf, Predicate
from patron_core.segments.models import Segment, SegmentMembership, SegmentStatus
from patron_core.unit_of_work import UnitOfWork

__all__ = ["MOST_DAYS", "MOST_SEGMENTS", "Mixed", "mix", "seen"]

MOST_DAYS: Final = 92
MOST_SEGMENTS: Final = 20


@dataclass(frozen=True, slots=True)
class Mixed:
    """A segment on a day: members at its end, and how many came and left in it."""

    day: dt.date
    segment_id: uuid.UUID
    name: str
    members: int
    entered: int
    left: int


def mix(uow: UnitOfWork, *, start: dt.date, end: dt.date, segments: Sequence[uuid.UUID] = ()) -> list[Mixed]:
    """The mix of the days [start, end), by day and then by the segments' names.

    segments: up to 20; none for the first 20 by name that are not retired. INVALID_INPUT for more than 92 days, or none;
    NOT_FOUND for an unknown segment.
    """
    days = _days(start, end)
    chosen = _chosen(uow, segments)
    sums: list[Any] = []
    row = SegmentMembership
    for number, day in enumerate(days):
        begin = dt.datetime.combine(day, dt.time(), dt.UTC)
        over = min(begin + dt.timedelta(days=1), max(uow.now + dt.timedelta(microseconds=1), begin))
        here = and_(row.entered_at < over, or_(row.left_at.is_(None), row.left_at >= over))
        sums += [
            _count(here).label(f"members_{number}"),
            _count(and_(row.entered_at >= begin, row.entered_at < over)).label(f"entered_{number}"),
            _count(and_(row.left_at >= begin, row.left_at < over)).label(f"left_{number}"),
        ]
    statement = select(row.segment_id, *sums).where(row.segment_id.in_(list(chosen)), *seen(uow))
    found = {each.segment_id: each for each in uow.rows(statement.group_by(row.segment_id))}
    return [
        Mixed(
            day,
            id_,
            name,
            *(
                int(getattr(found[id_], f"{what}_{n}")) if id_ in found else 0
                for what in ("members", "entered", "left")
            ),
        )
        for n, day in enumerate(days)
        for id_, name in chosen.items()
    ]


def seen(uow: UnitOfWork) -> Iterator[ColumnElement[bool]]:
    """The criteria on memberships of an actor who does not see all rows."""
    if not uow.actor.limits:
        return
    row, anybody = SegmentMembership, uow.plugins.matcher
    customers = select(Customer.id).where(anybody.criterion(Predicate("Customer", AllOf(())), uow))
    parties = select(Party.id).where(anybody.criterion(Predicate("Party", AllOf(())), uow))
    yield or_(row.customer_id.in_(customers), row.party_id.in_(parties))


def _count(when: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((when, literal(1, BigInteger())), else_=literal(0, BigInteger())))


def _days(start: dt.date, end: dt.date) -> list[dt.date]:
    count = (end - start).days
    if not 1 <= count <= MOST_DAYS:
        raise InvalidInput(
            f"The days do not fit. They are {count}, from the first to before the last. Give 1 to {MOST_DAYS} days.",
            path=("to",),
        )
    return [start + dt.timedelta(days=number) for number in range(count)]


def _chosen(uow: UnitOfWork, segments: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The names of the segments by id, in their order."""
    validation.count(segments, most=MOST_SEGMENTS, path="segments")
    wanted = Segment.id.in_(list(segments)) if segments else Segment.status != SegmentStatus.RETIRED
    statement = select(Segment.id, Segment.name).where(wanted).order_by(Segment.name).limit(MOST_SEGMENTS)
    found = {row.id: row.name for row in uow.rows(statement)}
    if set(segments) - found.keys():
        raise NotFound(
            "There is no such segment. An id names none that you may see. Check the ids.", path=("segments",)
        )
    return found
