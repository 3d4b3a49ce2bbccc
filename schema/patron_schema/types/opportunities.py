"""Deals as the API shows them, with the pipelines they go through and how they went."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from patron_core.leads.models import Lead as LeadModel
from patron_core.opportunities import models
from patron_core.values import Money

from ..declare import Connection, Query, expression, extends, planned, related, root
from ..nodes import Node
from .customers import Customer
from .leads import Lead

if TYPE_CHECKING:
    from .parties import Party

__all__ = [
    "EXTENSIONS",
    "TYPES",
    "ApprovalStep",
    "Opportunity",
    "Pipeline",
    "Stage",
    "StageChange",
    "StageRequirement",
]


@planned(models.Pipeline)
class Pipeline(Node):
    """An order of stages that deals go through."""

    code: str
    name: str
    description: str | None
    stages: Connection[Stage] = related(models.Stage.pipeline, description="Its stages.")


@planned(models.Stage)
class Stage(Node):
    """A step of a pipeline."""

    pipeline: Pipeline
    code: str
    name: str
    position: int
    probability: Decimal
    forecast_category: models.ForecastCategory
    outcome: models.OpportunityStatus
    version: int
    requirements: Connection[StageRequirement] = related(
        models.StageRequirement.stage, description="What must be known before a deal enters it."
    )
    opportunities: Connection[Opportunity] = related(models.Opportunity.stage, description="Deals that stand here.")


@planned(models.StageRequirement)
class StageRequirement(Node):
    """Something that must be known of a deal before it enters a stage."""

    stage: Stage
    field: models.RequiredField


@planned(models.Opportunity)
class Opportunity(Node):
    """A deal that may come."""

    customer: Customer
    stage: Stage
    probability: Decimal = expression(
        models.Stage.probability, via=models.Opportunity.stage, description="Chance that it is won, 0 to 1."
    )
    forecast_category: models.ForecastCategory = expression(
        models.Stage.forecast_category, via=models.Opportunity.stage, description="How sure a forecast may be of it."
    )
    name: str
    status: models.OpportunityStatus
    amount: Money | None
    budget: Money | None
    expected_close_on: dt.date | None
    decision_on: dt.date | None
    owner: str | None
    motivation: models.Motivation | None
    competitor: str | None
    lost_reason: str | None
    entered_stage_at: dt.datetime
    closed_at: dt.datetime | None
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    stage_changes: Connection[StageChange] = related(
        models.StageChange.opportunity, description="How it went from stage to stage."
    )
    approval_steps: Connection[ApprovalStep] = related(
        models.ApprovalStep.opportunity, description="The customer's own way of approving it."
    )
    leads: Connection[Lead] = related(LeadModel.opportunity, description="Leads that became the deal.")


@planned(models.StageChange)
class StageChange(Node):
    """A deal went from one stage to another."""

    opportunity: Opportunity
    from_stage: Stage | None
    to_stage: Stage
    occurred_at: dt.datetime
    changed_by: str
    duration_seconds: int | None
    skipped: int
    reason: str | None


@planned(models.ApprovalStep)
class ApprovalStep(Node):
    """A step of the customer's own way to approve a deal."""

    opportunity: Opportunity
    position: int
    name: str
    approver: Party | None
    status: models.ApprovalStatus
    decided_at: dt.datetime | None
    version: int


@extends(Customer)
class CustomerOpportunities:
    opportunities: Connection[Opportunity] = related(
        models.Opportunity.customer, description="Deals with the customer."
    )


@extends(Lead)
class LeadOpportunity:
    opportunity: Opportunity | None


@extends(Query)
class OpportunityQuery:
    pipelines: Connection[Pipeline] = root(description="The pipelines of this tenant.")
    opportunity: Opportunity | None = root(description="A deal by its id.")
    opportunities: Connection[Opportunity] = root(description="Deals.")
    stage_changes: Connection[StageChange] = root(description="How deals went from stage to stage.")


TYPES = (Pipeline, Stage, StageRequirement, Opportunity, StageChange, ApprovalStep)
EXTENSIONS = (CustomerOpportunities, LeadOpportunity, OpportunityQuery)
