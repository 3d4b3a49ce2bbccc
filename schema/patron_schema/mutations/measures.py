"""Enter what winning customers costs, define scorecards and programmes."""

from __future__ import annotations

import strawberry

from patron_core.measures import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.measures import AcquisitionCost, Objective, Programme, Scorecard

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class AcquisitionCostPayload:
    """What entering a cost gives."""

    acquisition_cost: AcquisitionCost | None = strawberry.field(description="The cost.")


@payload
class ScorecardPayload:
    """What a mutation of a scorecard gives."""

    scorecard: Scorecard | None = strawberry.field(description="The scorecard.")


@payload
class ObjectivePayload:
    """What a mutation of an objective gives."""

    objective: Objective | None = strawberry.field(description="The objective, as it is now.")


@payload
class ProgrammePayload:
    """What a mutation of a programme gives."""

    programme: Programme | None = strawberry.field(description="The programme, as it is now.")


@extends(Mutation)
class MeasureMutation:
    acquisition_cost_enter: AcquisitionCostPayload = mutation(
        commands.EnterAcquisitionCost, description="Enters what was spent on winning customers."
    )
    scorecard_define: ScorecardPayload = mutation(
        commands.DefineScorecard, description="Adds a scorecard with its objectives to the tenant's."
    )
    scorecard_objective_update: ObjectivePayload = mutation(
        commands.UpdateObjective, description="Changes an objective, or enters what it is."
    )
    programme_create: ProgrammePayload = mutation(
        commands.CreateProgramme, description="Writes down a programme with its cost and what it is compared with."
    )
    programme_update: ProgrammePayload = mutation(
        commands.UpdateProgramme, description="Changes what a programme costs or brings."
    )


TYPES = (AcquisitionCostPayload, ScorecardPayload, ObjectivePayload, ProgrammePayload)
EXTENSIONS = (MeasureMutation,)
