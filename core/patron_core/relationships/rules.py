"""The decisions about relationships that need no database: kinds that fit, the order of a pair, numbers at a time."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable

from patron_core.errors import InvalidInput
from patron_core.parties.models import PartyKind
from patron_core.relationships.models import RelationshipType
from patron_core.values import Period

__all__ = ["canonical", "check_kinds", "check_reflexive", "most_at_once"]


def check_kinds(type_: RelationshipType, *, source: PartyKind, target: PartyKind) -> None:
    """Refuses parties of another kind than the type asks for."""
    sides = (("source", type_.source_kind, source), ("target", type_.target_kind, target))
    for side, wanted, kind in sides:
        if wanted is not None and kind is not wanted:
            raise InvalidInput(
                f"The {side} does not fit the relationship. {type_.code} wants {wanted.name}, {kind.name} was given. "
                "Choose another party or another type.",
                path=(f"{side}_id",),
            )


def check_reflexive(type_: RelationshipType, *, source_id: uuid.UUID, target_id: uuid.UUID) -> None:
    """Refuses a party's relationship to itself, unless the type has such."""
    if source_id == target_id and not type_.reflexive:
        raise InvalidInput(
            f"A party cannot be related to itself by {type_.code}. Source and target are the same. Pass two ids.",
            path=("target_id",),
        )


def canonical(type_: RelationshipType, source_id: uuid.UUID, target_id: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID]:
    """Source and target as they are stored: a symmetric pair is stored once, the lower id first."""
    if type_.symmetric and target_id < source_id:
        return target_id, source_id
    return source_id, target_id


def most_at_once(periods: Iterable[Period], *, within: Period) -> int:
    """How many of the periods hold at the same instant at most, looking at instants within a period only."""
    overlapping = [period for period in periods if period.overlaps(within)]
    starts = [_start(within), *(_start(period) for period in overlapping)]
    return max(
        (
            sum(_start(period) <= start < _end(period) for period in overlapping)
            for start in starts
            if _in(start, within)
        ),
        default=0,
    )


def _in(moment: dt.datetime, period: Period) -> bool:
    return _start(period) <= moment < _end(period)


def _start(period: Period) -> dt.datetime:
    return period.start or dt.datetime.min.replace(tzinfo=dt.UTC)


def _end(period: Period) -> dt.datetime:
    return period.end or dt.datetime.max.replace(tzinfo=dt.UTC)
