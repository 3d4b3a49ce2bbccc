"""Whether everybody goes the same way with the same data: who left out which stage, and which open deals lack what theirs asks for.

A gate cannot be passed without what it requires; but what was known can be emptied afterwards, and a stage may require more since.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from patron_core.figures import Figure, Input
from patron_core.opportunities.funnel import known_pipeline, share
from patron_core.opportunities.models import (
    ApprovalStatus,
    ApprovalStep,
    Opportunity,
    OpportunityStatus,
    RequiredField,
    Stage,
    StageChange,
    StageRequirement,
)
from patron_core.unit_of_work import UnitOfWork

__all__ = ["Conformance", "Lacking", "Mover", "Skip", "conformance"]

_METHOD: Final = "Moves that left out no open stage, over all moves; a step back or to a loss leaves out none."


@dataclass(frozen=True, slots=True)
class Mover:
    """Somebody who moved deals. skipping: how many of the moves left out a stage."""

    changed_by: str
    moves: int
    skipping: int
    conforming: Figure


@dataclass(frozen=True, slots=True)
class Skip:
    """A move that left out stages."""

    opportunity_id: uuid.UUID
    stage_change_id: uuid.UUID
    changed_by: str
    from_stage: str
    to_stage: str
    skipped: int
    occurred_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Lacking:
    """An open deal that stands in a stage without something the stage requires."""

    opportunity_id: uuid.UUID
    stage: str
    field: RequiredField


@dataclass(frozen=True, slots=True)
class Conformance:
    """How the way was kept to."""

    conforming: Figure
    movers: tuple[Mover, ...]
    skips: tuple[Skip, ...]
    lacking: tuple[Lacking, ...]


def conformance(
    uow: UnitOfWork, *, pipeline_code: str, begins: dt.datetime, ends: dt.datetime, first: int
) -> Conformance:
    """The report of a pipeline and a time; five statements. first: how many of each list, the worst and latest."""
    pipeline = known_pipeline(pipeline_code, uow)
    if pipeline is None:
        return Conformance(share(0, 0, method=_METHOD, uow=uow), (), (), ())
    before, after = aliased(Stage), aliased(Stage)
    moved = and_(before.pipeline_id == pipeline.id, StageChange.occurred_at >= begins, StageChange.occurred_at < ends)
    skips = _skips(uow, before, after, moved, first)
    return Conformance(
        _whole(uow, before, moved, skips), _movers(uow, before, moved, first), skips, _lacking(uow, pipeline.id, first)
    )


def _whole(uow: UnitOfWork, before: Any, moved: ColumnElement[bool], skips: Sequence[Skip]) -> Figure:
    statement = select(func.count(), _skipping()).join(before, before.id == StageChange.from_stage_id).where(moved)
    row: Sequence[Any] = uow.rows(statement)[0]
    moves, skipping = int(row[0] or 0), int(row[1] or 0)
    ids = tuple(f"{StageChange.id_prefix}_{each.stage_change_id}" for each in skips)
    inputs = (
        Input(name="moves", value=moves, description="Moves between stages.", rows=moves),
        Input(name="skipping", value=skipping, description="Of them left out a stage.", ids=ids, rows=skipping),
    )
    return share(moves - skipping, moves, method=_METHOD, uow=uow, inputs=inputs)


def _movers(uow: UnitOfWork, before: Any, moved: ColumnElement[bool], first: int) -> tuple[Mover, ...]:
    statement = (
        select(StageChange.changed_by, func.count(), _skipping())
        .join(before, before.id == StageChange.from_stage_id)
        .where(moved)
        .group_by(StageChange.changed_by)
        .order_by(_skipping().desc(), StageChange.changed_by)
        .limit(first)
    )
    found: Sequence[Any] = uow.rows(statement)
    return tuple(
        Mover(who, int(moves), int(skipping), share(int(moves) - int(skipping), int(moves), method=_METHOD, uow=uow))
        for who, moves, skipping in found
    )


def _skips(uow: UnitOfWork, before: Any, after: Any, moved: ColumnElement[bool], first: int) -> tuple[Skip, ...]:
    statement = (
        select(StageChange, before.code, after.code)
        .join(before, before.id == StageChange.from_stage_id)
        .join(after, after.id == StageChange.to_stage_id)
        .where(moved, StageChange.skipped > 0)
        .order_by(StageChange.occurred_at.desc(), StageChange.id.desc())
        .limit(first)
    )
    found: Sequence[Any] = uow.rows(statement)
    return tuple(
        Skip(each.opportunity_id, each.id, each.changed_by, left, entered, each.skipped, each.occurred_at)
        for each, left, entered in found
    )


def _skipping() -> ColumnElement[Any]:
    return func.sum(case((StageChange.skipped > 0, 1), else_=0))


def _lacking(uow: UnitOfWork, pipeline_id: uuid.UUID, first: int) -> tuple[Lacking, ...]:
    statement = (
        select(Opportunity.id, Stage.code, StageRequirement.field)
        .join(Stage, Stage.id == Opportunity.stage_id)
        .join(StageRequirement, StageRequirement.stage_id == Stage.id)
        .where(Stage.pipeline_id == pipeline_id, Opportunity.status == OpportunityStatus.OPEN)
        .where(or_(*(and_(StageRequirement.field == each, _misses(each)) for each in RequiredField)))
        .order_by(Stage.position.desc(), Opportunity.id, StageRequirement.field)
        .limit(first)
    )
    found: Sequence[Any] = uow.rows(statement)
    return tuple(Lacking(id_, code, field) for id_, code, field in found)


def _misses(field: RequiredField) -> ColumnElement[bool]:
    match field:
        case RequiredField.APPROVALS:
            undecided = select(ApprovalStep.id).where(
                ApprovalStep.opportunity_id == Opportunity.id, ApprovalStep.status != ApprovalStatus.APPROVED
            )
            return undecided.exists()
        case RequiredField.AMOUNT:
            return Opportunity.amount_minor.is_(None)
        case RequiredField.BUDGET:
            return Opportunity.budget_minor.is_(None)
        case _:
            missing: ColumnElement[bool] = getattr(Opportunity, field.value).is_(None)
            return missing
