"""Reports on the way from lead to care: the funnel, whether it was kept to, and what is won and lost, as the API shows them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import strawberry

from patron_core import validation
from patron_core.access.overview import require_overview
from patron_core.opportunities import conformance, funnel, winning
from patron_core.opportunities.models import Opportunity, RequiredField, StageChange
from patron_core.opportunities.permissions import OPPORTUNITY_READ
from patron_core.unit_of_work import UnitOfWork

from ..declare import Query, extends, resolver
from .figures import Figure, shown
from .spans import check_span

__all__ = ["EXTENSIONS", "TYPES"]

_MOST = 100


@strawberry.type(description="A step on the way from a first contact to care.")
class FunnelStep:
    part: funnel.FunnelPart = strawberry.field(description="What is counted.")
    code: str = strawberry.field(description="The step: a state of leads, a stage of the pipeline or of the lifecycle.")
    name: str = strawberry.field(description="Name to show.")
    reached: int = strawberry.field(description="How many came so far.")
    conversion: Figure = strawberry.field(description="Share of those at the step before, 0 to 1.")
    hours: Figure = strawberry.field(description="Mean hours until they went on.")


@strawberry.type(description="Somebody who moved deals.")
class PipelineMover:
    changed_by: str = strawberry.field(description="Who.")
    moves: int = strawberry.field(description="How many moves.")
    skipping: int = strawberry.field(description="How many of them left out a stage.")
    conforming: Figure = strawberry.field(description="Share that left out none, 0 to 1.")


@strawberry.type(description="A move that left out stages.")
class PipelineSkip:
    opportunity_id: strawberry.ID = strawberry.field(description="The deal.")
    stage_change_id: strawberry.ID = strawberry.field(description="The step in its history.")
    changed_by: str = strawberry.field(description="Who moved it.")
    from_stage: str = strawberry.field(description="Code of the stage it left.")
    to_stage: str = strawberry.field(description="Code of the stage it entered.")
    skipped: int = strawberry.field(description="How many stages between were left out.")
    occurred_at: dt.datetime = strawberry.field(description="When.")


@strawberry.type(description="An open deal that lacks what its stage requires.")
class PipelineGap:
    opportunity_id: strawberry.ID = strawberry.field(description="The deal.")
    stage: str = strawberry.field(description="Code of the stage it stands in.")
    field: RequiredField = strawberry.field(description="What is not known.")


@strawberry.type(description="Whether everybody goes the same way with the same data.")
class PipelineConformance:
    conforming: Figure = strawberry.field(description="Share of moves that left out no stage, 0 to 1.")
    movers: list[PipelineMover] = strawberry.field(description="Who moved deals, most left-out stages first.")
    skips: list[PipelineSkip] = strawberry.field(description="Moves that left out stages, the latest first.")
    lacking: list[PipelineGap] = strawberry.field(description="Open deals that lack what their stage requires.")


@strawberry.type(description="Deals that were decided, of one kind.")
class WinLoss:
    key: str | None = strawberry.field(description="Of which kind; null for those that name none.")
    won: int = strawberry.field(description="How many were won.")
    lost: int = strawberry.field(description="How many were lost.")
    win_rate: Figure = strawberry.field(description="Share that was won, 0 to 1.")


Since = Annotated[dt.datetime, strawberry.argument(name="from", description="From this instant on.")]
Until = Annotated[dt.datetime, strawberry.argument(name="to", description="Until before this instant.")]
Through = Annotated[str, strawberry.argument(description="Code of the pipeline.")]
First = Annotated[int, strawberry.argument(description=f"How many of each list, 1 to {_MOST}.")]
By = Annotated[winning.WinLossBy, strawberry.argument(description="By what deals are told apart.")]


@extends(Query)
class SalesReportQuery:
    @resolver(scope=OPPORTUNITY_READ)
    async def sales_funnel(
        self, info: strawberry.Info[Any, Any], from_: Since, to: Until, pipeline_code: Through = "SALES"
    ) -> list[FunnelStep] | None:
        """How far leads and deals of a time came, which share went on, how long it took, and which customers came of it."""
        begins, ends = check_span(from_, to)

        def find(uow: UnitOfWork) -> list[FunnelStep]:
            require_overview(uow.actor)
            made = funnel.sales_funnel(uow, pipeline_code=pipeline_code, begins=begins, ends=ends)
            return [_step(each) for each in made]

        found: list[FunnelStep] = await info.context.read(find)
        return found

    @resolver(scope=OPPORTUNITY_READ)
    async def pipeline_conformance(
        self,
        info: strawberry.Info[Any, Any],
        from_: Since,
        to: Until,
        pipeline_code: Through = "SALES",
        first: First = 20,
    ) -> PipelineConformance | None:
        """Who left out which stages of a pipeline, and which open deals lack what their stage requires."""
        begins, ends = check_span(from_, to)
        validation.within(first, most=_MOST, path="first")

        def find(uow: UnitOfWork) -> PipelineConformance:
            require_overview(uow.actor)
            return _conformance(
                conformance.conformance(uow, pipeline_code=pipeline_code, begins=begins, ends=ends, first=first)
            )

        found: PipelineConformance = await info.context.read(find)
        return found

    @resolver(scope=OPPORTUNITY_READ)
    async def win_loss(
        self, info: strawberry.Info[Any, Any], by: By, from_: Since, to: Until, first: First = 20
    ) -> list[WinLoss] | None:
        """Deals decided in a time, won and lost, by reason, competitor, owner or stage."""
        begins, ends = check_span(from_, to)
        validation.within(first, most=_MOST, path="first")

        def find(uow: UnitOfWork) -> list[WinLoss]:
            require_overview(uow.actor)
            made = winning.win_loss(uow, by=by, begins=begins, ends=ends, first=first)
            return [WinLoss(key=each.key, won=each.won, lost=each.lost, win_rate=shown(each.win_rate)) for each in made]

        found: list[WinLoss] = await info.context.read(find)
        return found


def _step(made: funnel.FunnelStep) -> FunnelStep:
    return FunnelStep(
        part=made.part,
        code=made.code,
        name=made.name,
        reached=made.reached,
        conversion=shown(made.conversion),
        hours=shown(made.hours),
    )


def _conformance(made: conformance.Conformance) -> PipelineConformance:
    return PipelineConformance(
        conforming=shown(made.conforming),
        movers=[
            PipelineMover(
                changed_by=each.changed_by,
                moves=each.moves,
                skipping=each.skipping,
                conforming=shown(each.conforming),
            )
            for each in made.movers
        ],
        skips=[
            PipelineSkip(
                opportunity_id=strawberry.ID(f"{Opportunity.id_prefix}_{each.opportunity_id}"),
                stage_change_id=strawberry.ID(f"{StageChange.id_prefix}_{each.stage_change_id}"),
                changed_by=each.changed_by,
                from_stage=each.from_stage,
                to_stage=each.to_stage,
                skipped=each.skipped,
                occurred_at=each.occurred_at,
            )
            for each in made.skips
        ],
        lacking=[
            PipelineGap(
                opportunity_id=strawberry.ID(f"{Opportunity.id_prefix}_{each.opportunity_id}"),
                stage=each.stage,
                field=each.field,
            )
            for each in made.lacking
        ],
    )


TYPES: tuple[type, ...] = ()
EXTENSIONS = (SalesReportQuery,)
