"""The way from a first contact to care, in numbers: how many came how far, which share went on, and how long it took.

Leads and deals are counted by cohort: those that came in or were made in a time, however late they went on. Customers are counted by
the stage of their lifecycle that they reached in that time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import case, func, or_, select

from patron_core.customers.models import LifecycleChange, LifecycleStage
from patron_core.errors import NotFound
from patron_core.figures import Figure, Input
from patron_core.leads.models import Lead, LeadState
from patron_core.opportunities.catalogue import DEFAULT_PIPELINES
from patron_core.opportunities.models import Opportunity, OpportunityStatus, Pipeline, Stage, StageChange
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Code

__all__ = ["FunnelPart", "FunnelStep", "known_pipeline", "sales_funnel", "share"]

_CONVERSION: Final = "Those that came so far, over those that came as far as the step before."
_HOURS: Final = "Mean of the hours until the next step, of those that took it."

Span = tuple[dt.datetime, dt.datetime]


class FunnelPart(Code):
    """What is counted in a step of the funnel."""

    LEAD = "lead", "Leads that came in in the time."
    OPPORTUNITY = "opportunity", "Deals that were made in the time."
    CUSTOMER = "customer", "Customers that reached a stage of their lifecycle in the time."


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """A step of the funnel. reached: how many came so far. conversion: of the step before. hours: until they went on."""

    part: FunnelPart
    code: str
    name: str
    reached: int
    conversion: Figure
    hours: Figure


def sales_funnel(uow: UnitOfWork, *, pipeline_code: str, begins: dt.datetime, ends: dt.datetime) -> list[FunnelStep]:
    """The steps of leads, then of deals of a pipeline, then of customers; six statements. NOT_FOUND for no pipeline."""
    span = (begins, ends)
    pipeline = known_pipeline(pipeline_code, uow)
    steps = [*_leads(span, uow)]
    if pipeline is not None:
        steps += _deals(pipeline, span, uow)
    return [*steps, *_customers(span, uow)]


def known_pipeline(code: str, uow: UnitOfWork) -> Pipeline | None:
    """The pipeline of a code; None for one of the catalogue that nobody has used yet. NOT_FOUND for any other."""
    pipeline = uow.find(Pipeline, code=code)
    if pipeline is None and code not in DEFAULT_PIPELINES:
        raise NotFound("There is no such pipeline. The code names none. Use one of the list.", path=("pipelineCode",))
    return pipeline


def share(part: int, whole: int, *, method: str, uow: UnitOfWork, inputs: Sequence[Input] = ()) -> Figure:
    """A share between 0 and 1; does not apply to nothing."""
    return Figure.share(part, whole, reason=f"{part} of {whole}.", method=method, as_of=uow.now, inputs=inputs)


def _leads(span: Span, uow: UnitOfWork) -> list[FunnelStep]:
    qualified = or_(Lead.qualified_at.is_not(None), Lead.state == LeadState.CONVERTED)
    statement = select(
        func.count(),
        func.count(Lead.responded_at),
        func.sum(case((qualified, 1), else_=0)),
        func.sum(case((Lead.state == LeadState.CONVERTED, 1), else_=0)),
        func.sum(Lead.response_minutes),
    ).where(Lead.received_at >= span[0], Lead.received_at < span[1])
    row: Sequence[Any] = uow.rows(statement)[0]
    counts = [int(value or 0) for value in row[:4]]
    names = (
        ("RECEIVED", "Came in"),
        ("RESPONDED", "Was answered"),
        ("QUALIFIED", "Is worth an offer"),
        ("CONVERTED", "Became a customer"),
    )
    waited = {"RECEIVED": (int(row[4] or 0) * 60, counts[1])}
    return _steps(FunnelPart.LEAD, names, counts, waited, uow)


def _deals(pipeline: Pipeline, span: Span, uow: UnitOfWork) -> list[FunnelStep]:
    in_order = select(Stage).where(Stage.pipeline_id == pipeline.id).order_by(Stage.position)
    way = [stage for stage in uow.select(in_order) if stage.outcome is not OpportunityStatus.LOST]
    made = (Opportunity.created_at >= span[0], Opportunity.created_at < span[1])
    furthest = (
        select(StageChange.opportunity_id, func.max(Stage.position).label("position"))
        .join(Stage, Stage.id == StageChange.to_stage_id)
        .join(Opportunity, Opportunity.id == StageChange.opportunity_id)
        .where(Stage.pipeline_id == pipeline.id, Stage.outcome != OpportunityStatus.LOST, *made)
        .group_by(StageChange.opportunity_id)
        .subquery()
    )
    came: Sequence[Any] = uow.rows(select(furthest.c.position, func.count()).group_by(furthest.c.position))
    stood: Sequence[Any] = uow.rows(
        select(StageChange.from_stage_id, func.sum(StageChange.duration_seconds), func.count())
        .join(Opportunity, Opportunity.id == StageChange.opportunity_id)
        .join(Stage, Stage.id == StageChange.from_stage_id)
        .where(Stage.pipeline_id == pipeline.id, StageChange.duration_seconds.is_not(None), *made)
        .group_by(StageChange.from_stage_id)
    )
    by_stage = {row[0]: (int(row[1]), int(row[2])) for row in stood}
    reached = [sum(int(row[1]) for row in came if row[0] >= stage.position) for stage in way]
    waited = {stage.code: by_stage[stage.id] for stage in way if stage.id in by_stage}
    return _steps(FunnelPart.OPPORTUNITY, [(stage.code, stage.name) for stage in way], reached, waited, uow)


def _customers(span: Span, uow: UnitOfWork) -> list[FunnelStep]:
    statement = (
        select(LifecycleChange.to_stage, func.count(LifecycleChange.customer_id.distinct()))
        .where(LifecycleChange.occurred_at >= span[0], LifecycleChange.occurred_at < span[1])
        .group_by(LifecycleChange.to_stage)
    )
    found: Sequence[Any] = uow.rows(statement)
    counts = {row[0]: int(row[1]) for row in found}
    none = Figure.none(
        "Customers are counted by the stages they reached in the time, not as a cohort.",
        method=_CONVERSION,
        as_of=uow.now,
    )
    return [
        FunnelStep(FunnelPart.CUSTOMER, stage.name, stage.description, counts.get(stage, 0), none, none)
        for stage in LifecycleStage
    ]


def _steps(
    part: FunnelPart,
    names: Sequence[tuple[str, str]],
    counts: Sequence[int],
    waited: Mapping[str, tuple[int, int]],
    uow: UnitOfWork,
) -> list[FunnelStep]:
    """waited: by code, seconds until the next step in all, and how many took it."""
    out = []
    for at, ((code, name), count) in enumerate(zip(names, counts, strict=True)):
        before = counts[at - 1] if at else count
        inputs = (
            Input(name="before", value=before, description="At the step before.", rows=before),
            Input(name="reached", value=count, description="Came so far.", rows=count),
        )
        conversion = share(count, before, method=_CONVERSION, uow=uow, inputs=inputs)
        out.append(FunnelStep(part, code, name, count, conversion, _hours(*waited.get(code, (0, 0)), uow)))
    return out


def _hours(seconds: int, steps: int, uow: UnitOfWork) -> Figure:
    if steps == 0:
        return Figure.none("Nobody went on from here, or it is not kept.", unit="hours", method=_HOURS, as_of=uow.now)
    return Figure.of(
        (Decimal(seconds) / steps / 3_600).quantize(Decimal("0.01")),
        unit="hours",
        reason=f"{steps} went on.",
        sample_size=steps,
        method=_HOURS,
        as_of=uow.now,
    )
