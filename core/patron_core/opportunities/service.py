"""What happens to deals: pipelines are defined, deals made, changed and moved, approvals kept, inside the caller's unit of work.

A deal's row is locked while it moves, so that its history has no two steps from one stage.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select

from patron_core.customers.models import Customer
from patron_core.errors import Conflict, InvalidInput, NotFound
from patron_core.hookspecs import CommandHandler
from patron_core.opportunities import events
from patron_core.opportunities.catalogue import DEFAULT_PIPELINES
from patron_core.opportunities.commands import (
    AddApprovalStep,
    CreateOpportunity,
    DecideApproval,
    DefinePipeline,
    MoveOpportunity,
    UpdateOpportunity,
    UpdateStage,
    check_probability,
)
from patron_core.opportunities.gates import check_gate, check_reason, missing, skipped
from patron_core.opportunities.models import (
    ApprovalStatus,
    ApprovalStep,
    Opportunity,
    OpportunityStatus,
    Pipeline,
    RequiredField,
    Stage,
    StageChange,
    StageRequirement,
)
from patron_core.opportunities.permissions import OPPORTUNITY_DEFINE, OPPORTUNITY_WRITE
from patron_core.parties.models import Party
from patron_core.unit_of_work import UnitOfWork
from patron_core.updates import apply_update
from patron_core.validation import same_version, unused
from patron_core.values import UNSET

__all__ = [
    "HANDLERS",
    "add_approval_step",
    "create_opportunity",
    "decide_approval",
    "define_pipeline",
    "move_opportunity",
    "pipeline_of",
    "stages_of",
    "update_opportunity",
    "update_stage",
]


# -- pipelines


def define_pipeline(command: DefinePipeline, uow: UnitOfWork) -> Pipeline:
    """Defines a pipeline. CONFLICT where its code is taken, also by one of the default catalogue."""
    unused(uow, Pipeline, reserved=DEFAULT_PIPELINES, code=command.code)
    return _define(command, uow)


def update_stage(command: UpdateStage, uow: UnitOfWork) -> Stage:
    """Changes a stage. INVALID_INPUT for a probability that does not go with what the stage decides."""
    stage = uow.get(Stage, command.id, path=("id",))
    same_version(stage, version=command.version)
    if command.probability is not UNSET:
        check_probability(command.probability, outcome=stage.outcome)
    apply_update(command, to=stage, but=("required",))
    if isinstance(command.required, tuple):
        _require(stage, set(command.required), uow)
    pipeline = uow.get(Pipeline, stage.pipeline_id)
    uow.emit(events.PipelineDefined(pipeline_id=pipeline.id, code=pipeline.code))
    return stage


def pipeline_of(code: str, uow: UnitOfWork) -> Pipeline:
    """The pipeline of a code; one of the default catalogue comes into being with its first use. NOT_FOUND."""
    pipeline = uow.find(Pipeline, code=code)
    if pipeline is None and code in DEFAULT_PIPELINES:
        pipeline = _define(DEFAULT_PIPELINES[code], uow)
    if pipeline is None:
        raise NotFound(
            "There is no such pipeline. The code names none. Define it, or use one of the list.",
            path=("pipeline_code",),
        )
    return pipeline


def stages_of(pipeline: Pipeline, uow: UnitOfWork) -> list[Stage]:
    """The stages of a pipeline in their order."""
    return uow.select(select(Stage).where(Stage.pipeline_id == pipeline.id).order_by(Stage.position))


def _define(command: DefinePipeline, uow: UnitOfWork) -> Pipeline:
    pipeline = uow.add(Pipeline(code=command.code, name=command.name, description=command.description))
    for position, new in enumerate(command.stages, start=1):
        stage = uow.add(
            Stage(
                pipeline_id=pipeline.id,
                code=new.code,
                name=new.name,
                position=position,
                probability=new.probability,
                forecast_category=new.forecast_category,
                outcome=new.outcome,
            )
        )
        for required in dict.fromkeys(new.required):
            uow.add(StageRequirement(stage_id=stage.id, field=required))
    uow.flush()
    uow.emit(events.PipelineDefined(pipeline_id=pipeline.id, code=pipeline.code))
    return pipeline


def _require(stage: Stage, wanted: set[RequiredField], uow: UnitOfWork) -> None:
    """Makes what a stage requires exactly `wanted`."""
    there = uow.select(select(StageRequirement).where(StageRequirement.stage_id == stage.id))
    for row in there:
        if row.field not in wanted:
            uow.delete(row)
    for field in sorted(wanted - {row.field for row in there}):
        uow.add(StageRequirement(stage_id=stage.id, field=field))


# -- deals


def create_opportunity(command: CreateOpportunity, uow: UnitOfWork) -> Opportunity:
    """Makes a deal in the first stage of its pipeline. NOT_FOUND for an unknown customer or pipeline."""
    customer = uow.get(Customer, command.customer_id, path=("customer_id",))
    first = stages_of(pipeline_of(command.pipeline_code, uow), uow)[0]
    opportunity = uow.add(
        Opportunity(
            customer_id=customer.id,
            stage_id=first.id,
            name=command.name,
            status=first.outcome,
            amount=command.amount,
            budget=command.budget,
            expected_close_on=command.expected_close_on,
            decision_on=command.decision_on,
            owner=command.owner,
            motivation=command.motivation,
            competitor=command.competitor,
            entered_stage_at=uow.now,
        )
    )
    _keep_step(opportunity, uow, before=None, after=first, left_out=0, reason=None)
    uow.emit(events.OpportunityCreated(customer_id=customer.id, opportunity_id=opportunity.id))
    return opportunity


def update_opportunity(command: UpdateOpportunity, uow: UnitOfWork) -> Opportunity:
    """Changes a deal."""
    opportunity = uow.get(Opportunity, command.id, path=("id",))
    same_version(opportunity, version=command.version)
    changed = apply_update(command, to=opportunity)
    if changed:
        uow.emit(
            events.OpportunityChanged(
                customer_id=opportunity.customer_id, opportunity_id=opportunity.id, fields=changed
            )
        )
    return opportunity


def move_opportunity(command: MoveOpportunity, uow: UnitOfWork) -> Opportunity:
    """Moves a deal to another stage of its pipeline.

    INVALID_INPUT where the stage requires what is not known (`missing` names it), where a reason is needed, or where the
    deal stands there already; NOT_FOUND for a stage the pipeline does not have.
    """
    opportunity = uow.get(Opportunity, command.id, lock=True, path=("id",))
    same_version(opportunity, version=command.version)
    before = uow.get(Stage, opportunity.stage_id)
    stages = stages_of(uow.get(Pipeline, before.pipeline_id), uow)
    after = _named(command.stage_code, stages)
    if after.id == before.id:
        raise InvalidInput(
            "The deal stands in that stage already. Its own stage was given. Nothing is to be done.",
            path=("stage_code",),
        )
    check_reason(opportunity.status, after.outcome, reason=command.reason)
    check_gate(after, lacking=_lacking(opportunity, after, uow))
    left_out = skipped(stages, before=before, after=after)
    _keep_step(opportunity, uow, before=before, after=after, left_out=left_out, reason=command.reason)
    _stand(opportunity, after, uow, reason=command.reason)
    _tell(opportunity, uow, before=before, after=after, left_out=left_out)
    return opportunity


def _named(code: str, stages: list[Stage]) -> Stage:
    found = next((stage for stage in stages if stage.code == code), None)
    if found is None:
        raise NotFound(
            "The pipeline has no such stage. The code names none of its stages. Use one of the list.",
            path=("stage_code",),
        )
    return found


def _lacking(opportunity: Opportunity, stage: Stage, uow: UnitOfWork) -> list[RequiredField]:
    required = uow.select(select(StageRequirement.field).where(StageRequirement.stage_id == stage.id))
    approvals = []
    if RequiredField.APPROVALS in required:
        approvals = uow.select(select(ApprovalStep).where(ApprovalStep.opportunity_id == opportunity.id))
    return missing(opportunity, required=required, approvals=approvals)


def _keep_step(
    opportunity: Opportunity, uow: UnitOfWork, *, before: Stage | None, after: Stage, left_out: int, reason: str | None
) -> None:
    stood = None if before is None else int((uow.now - opportunity.entered_stage_at).total_seconds())
    uow.add(
        StageChange(
            opportunity_id=opportunity.id,
            from_stage_id=None if before is None else before.id,
            to_stage_id=after.id,
            occurred_at=uow.now,
            changed_by=uow.actor.subject,
            duration_seconds=stood,
            skipped=left_out,
            reason=reason,
        )
    )


def _stand(opportunity: Opportunity, stage: Stage, uow: UnitOfWork, *, reason: str | None) -> None:
    is_open = stage.outcome is OpportunityStatus.OPEN
    opportunity.stage_id = stage.id
    opportunity.status = stage.outcome
    opportunity.entered_stage_at = uow.now
    opportunity.closed_at = None if is_open else uow.now
    opportunity.lost_reason = reason if stage.outcome is OpportunityStatus.LOST else None


def _tell(opportunity: Opportunity, uow: UnitOfWork, *, before: Stage, after: Stage, left_out: int) -> None:
    customer_id, opportunity_id = opportunity.customer_id, opportunity.id
    uow.emit(
        events.OpportunityMoved(
            customer_id=customer_id,
            opportunity_id=opportunity_id,
            from_stage=before.code,
            to_stage=after.code,
            skipped=left_out,
        )
    )
    if after.outcome is not OpportunityStatus.OPEN:
        closed = events.OpportunityClosed(customer_id=customer_id, opportunity_id=opportunity_id, status=after.outcome)
        uow.emit(closed)


# -- approvals


def add_approval_step(command: AddApprovalStep, uow: UnitOfWork) -> ApprovalStep:
    """Adds a step after those there are. CONFLICT where the deal is decided."""
    opportunity = uow.get(Opportunity, command.opportunity_id, lock=True, path=("opportunity_id",))
    if command.approver_id is not None:
        uow.get(Party, command.approver_id, path=("approver_id",))
    _refuse_decided(opportunity, path="opportunity_id")
    last = select(func.max(ApprovalStep.position)).where(ApprovalStep.opportunity_id == opportunity.id)
    return uow.add(
        ApprovalStep(
            opportunity_id=opportunity.id,
            position=(uow.rows(last)[0][0] or 0) + 1,
            name=command.name,
            approver_id=command.approver_id,
            status=ApprovalStatus.PENDING,
        )
    )


def decide_approval(command: DecideApproval, uow: UnitOfWork) -> ApprovalStep:
    """Keeps what was decided. CONFLICT where the deal is decided."""
    step = uow.get(ApprovalStep, command.id, path=("id",))
    same_version(step, version=command.version)
    opportunity = uow.get(Opportunity, step.opportunity_id)
    _refuse_decided(opportunity, path="id")
    step.status = ApprovalStatus.APPROVED if command.approved else ApprovalStatus.REJECTED
    step.decided_at = uow.now
    uow.emit(
        events.ApprovalDecided(
            customer_id=opportunity.customer_id,
            opportunity_id=opportunity.id,
            approval_step_id=step.id,
            status=step.status,
        )
    )
    return step


def _refuse_decided(opportunity: Opportunity, *, path: str) -> None:
    if opportunity.status is not OpportunityStatus.OPEN:
        raise Conflict(
            "The deal is decided. Its approvals were to be changed. Open it again first, with a reason.",
            path=(path,),
        )


HANDLERS: Final = (
    CommandHandler(command=DefinePipeline, handler=define_pipeline, permission=OPPORTUNITY_DEFINE),
    CommandHandler(command=UpdateStage, handler=update_stage, permission=OPPORTUNITY_DEFINE),
    CommandHandler(command=CreateOpportunity, handler=create_opportunity, permission=OPPORTUNITY_WRITE),
    CommandHandler(command=UpdateOpportunity, handler=update_opportunity, permission=OPPORTUNITY_WRITE),
    CommandHandler(command=MoveOpportunity, handler=move_opportunity, permission=OPPORTUNITY_WRITE),
    CommandHandler(command=AddApprovalStep, handler=add_approval_step, permission=OPPORTUNITY_WRITE),
    CommandHandler(command=DecideApproval, handler=decide_approval, permission=OPPORTUNITY_WRITE),
)
