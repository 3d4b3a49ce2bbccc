"""What a segment would be, before it is defined: how many, some of them, and how many of the members of other segments. Writes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select

from patron_core.customers.models import Customer
from patron_core.errors import InvalidInput
from patron_core.parties.models import Party
from patron_core.predicates import AllOf, Predicate
from patron_core.segments.conditions import checked
from patron_core.segments.models import Segment, SegmentMembership, SegmentTarget
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import within

__all__ = ["MOST_SAMPLED", "Overlap", "Preview", "preview"]

MOST_SAMPLED: Final = 20
_MOST_OVERLAPS: Final = 20


@dataclass(frozen=True, slots=True)
class Overlap:
    """Another segment. members: of it; both: how many of them would be in this one too."""

    segment_id: uuid.UUID
    name: str
    members: int
    both: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a condition finds now. total: of all customers or parties that the actor sees. sample: ids as the API shows them."""

    count: int
    total: int
    sample: tuple[str, ...]
    overlaps: tuple[Overlap, ...]


def preview(
    uow: UnitOfWork, *, customers: Mapping[str, Any] | None, parties: Mapping[str, Any] | None, sample: int
) -> Preview:
    """What a condition finds, with the rights of whoever asks, in four statements.

    sample: 0 to 20. INVALID_INPUT and FORBIDDEN where the condition could not be stored either.
    """
    if (customers is None) == (parties is None):
        raise InvalidInput(
            "A segment has one condition. Both `customers` and `parties` were given, or none. Give one of them."
        )
    within(sample, least=0, most=MOST_SAMPLED, path="sample")
    target = SegmentTarget.CUSTOMER if customers is not None else SegmentTarget.PARTY
    path = f"{target.value}s" if customers is not None else "parties"
    predicate = checked(customers if customers is not None else parties or {}, target=target, path=path, uow=uow)
    criterion = uow.plugins.matcher.criterion(predicate, uow)
    model = Customer if customers is not None else Party
    ids = select(model.id).where(criterion)
    count = uow.rows(select(func.count()).select_from(ids.subquery()))[0][0]
    everybody = uow.plugins.matcher.criterion(Predicate(predicate.type_name, AllOf(())), uow)
    total = uow.rows(select(func.count()).select_from(select(model.id).where(everybody).subquery()))[0][0]
    shown = uow.select(ids.order_by(model.id).limit(sample)) if sample else []
    return Preview(count, total, tuple(f"{model.id_prefix}_{id_}" for id_ in shown), tuple(_overlaps(uow, target, ids)))


def _overlaps(uow: UnitOfWork, target: SegmentTarget, ids: Any) -> list[Overlap]:
    """The segments of the same kind that have members in common, the largest part first."""
    row = SegmentMembership
    who = row.customer_id if target is SegmentTarget.CUSTOMER else row.party_id
    both = func.count()
    statement = (
        select(Segment.id, Segment.name, Segment.member_count, both.label("both"))
        .join_from(row, Segment, Segment.id == row.segment_id)
        .where(Segment.target == target, row.left_at.is_(None), who.in_(ids))
        .group_by(Segment.id, Segment.name, Segment.member_count)
        .order_by(both.desc(), Segment.name)
        .limit(_MOST_OVERLAPS)
    )
    return [Overlap(each.id, each.name, each.member_count or 0, each.both) for each in uow.rows(statement)]
