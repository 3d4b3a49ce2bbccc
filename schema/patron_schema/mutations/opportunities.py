"""Changing deals and the pipelines they go through."""

from __future__ import annotations

import strawberry

from patron_core.opportunities import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.opportunities import ApprovalStep, Opportunity, Pipeline, Stage

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class PipelinePayload:
    """What a mutation of a pipeline gives."""

    pipeline: Pipeline | None = strawberry.field(description="The pipeline.")


@payload
class StagePayload:
    """What a mutation of a stage gives."""

    stage: Stage | None = strawberry.field(description="The stage, as it is now.")


@payload
class OpportunityPayload:
    """What a mutation of a deal gives."""

    opportunity: Opportunity | None = strawberry.field(description="The deal, as it is now.")


@payload
class ApprovalStepPayload:
    """What a mutation of a step of an approval gives."""

    approval_step: ApprovalStep | None = strawberry.field(description="The step, as it is now.")


@extends(Mutation)
class OpportunityMutation:
    pipeline_define: PipelinePayload = mutation(
        commands.DefinePipeline, description="Adds a pipeline with its stages to the tenant's."
    )
    pipeline_stage_update: StagePayload = mutation(
        commands.UpdateStage, description="Changes a stage: its name, its probability, what it requires."
    )
    opportunity_create: OpportunityPayload = mutation(
        commands.CreateOpportunity, description="Makes a deal, in the first stage of its pipeline."
    )
    opportunity_update: OpportunityPayload = mutation(commands.UpdateOpportunity, description="Changes a deal.")
    opportunity_move: OpportunityPayload = mutation(
        commands.MoveOpportunity,
        description="Moves a deal to another stage; refused with all that is missing where the stage requires more.",
    )
    opportunity_approval_step_add: ApprovalStepPayload = mutation(
        commands.AddApprovalStep, description="Adds a step to the customer's way of approving a deal."
    )
    opportunity_approval_decide: ApprovalStepPayload = mutation(
        commands.DecideApproval, description="Keeps what the customer decided in a step of its approval."
    )


TYPES = (PipelinePayload, StagePayload, OpportunityPayload, ApprovalStepPayload)
EXTENSIONS = (OpportunityMutation,)
