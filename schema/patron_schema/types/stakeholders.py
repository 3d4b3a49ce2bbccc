"""Who has a say at a customer, and on which side they are, as the API shows them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from patron_core.opportunities.models import ApprovalStatus
from patron_core.opportunities.models import ApprovalStep as StepModel
from patron_core.stakeholders import models

from ..declare import Connection, Query, extends, planned, related, root, total
from ..nodes import Node
from .customers import Customer
from .opportunities import ApprovalStep, Opportunity
from .parties import Person

if TYPE_CHECKING:
    from .opportunities import Stage
    from .parties import Party

__all__ = ["EXTENSIONS", "TYPES", "Concern", "Stakeholder", "StanceChange"]


@planned(models.Stakeholder)
class Stakeholder(Node):
    """Somebody who has a say in what a customer does, in general or in one deal."""

    customer: Customer
    opportunity: Opportunity | None
    person: Party
    role: models.StakeholderRole
    stance: models.Stance
    influence: int | None
    responsibility: str | None
    external: bool
    approves_step: ApprovalStep | None
    ended_at: dt.datetime | None
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    concerns: Connection[Concern] = related(models.Concern.stakeholder, description="What the person worries about.")
    open_concerns: int = total(
        via=models.Concern.stakeholder,
        where=models.Concern.resolved_at.is_(None),
        description="How many concerns are not settled.",
    )
    stance_changes: Connection[StanceChange] = related(
        models.StanceChange.stakeholder, description="Which sides the person took, and at which stage of the deal."
    )


@planned(models.StanceChange)
class StanceChange(Node):
    """A stakeholder took a side, or another one."""

    stakeholder: Stakeholder
    stage: Stage | None
    from_stance: models.Stance | None
    to_stance: models.Stance
    occurred_at: dt.datetime
    changed_by: str
    reason: str | None


@planned(models.Concern)
class Concern(Node):
    """Something that a stakeholder worries about."""

    stakeholder: Stakeholder
    text: str
    resolved_at: dt.datetime | None
    resolution: str | None
    version: int
    created_at: dt.datetime


@extends(Customer)
class CustomerStakeholders:
    stakeholders: Connection[Stakeholder] = related(
        models.Stakeholder.customer, description="Who has a say at the customer, in general and in its deals."
    )


@extends(Opportunity)
class OpportunityStakeholders:
    stakeholders: Connection[Stakeholder] = related(
        models.Stakeholder.opportunity, description="Who has a say in the deal."
    )
    open_approvals: int = total(
        via=StepModel.opportunity,
        where=StepModel.status == ApprovalStatus.PENDING,
        description="How many steps of the customer's approval are not decided.",
    )


@extends(ApprovalStep)
class ApprovalStepStakeholders:
    stakeholders: Connection[Stakeholder] = related(
        models.Stakeholder.approves_step, description="Who signs it, of those who have a say."
    )


@extends(Person)
class PersonStakeholders:
    has_say: Connection[Stakeholder] = related(
        models.Stakeholder.person, description="Where the person has a say, over all customers and deals."
    )


@extends(Query)
class StakeholderQuery:
    stakeholder: Stakeholder | None = root(description="A stakeholder by its id.")
    stakeholders: Connection[Stakeholder] = root(description="Who has a say at customers and in deals.")
    stance_changes: Connection[StanceChange] = root(description="How stakeholders changed sides.")
    concerns: Connection[Concern] = root(description="What stakeholders worry about.")


TYPES = (Stakeholder, StanceChange, Concern)
EXTENSIONS = (
    CustomerStakeholders,
    OpportunityStakeholders,
    ApprovalStepStakeholders,
    PersonStakeholders,
    StakeholderQuery,
)
