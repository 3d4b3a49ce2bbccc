"""What can have happened to deals. Events carry ids, codes and names of fields, never what the fields hold."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event
from patron_core.opportunities.models import ApprovalStatus, OpportunityStatus

__all__ = [
    "ApprovalDecided",
    "OpportunityChanged",
    "OpportunityClosed",
    "OpportunityCreated",
    "OpportunityMoved",
    "PipelineDefined",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineDefined(Event):
    """A pipeline exists, or one of its stages changed."""

    type: ClassVar[str] = "pipeline.defined"
    pipeline_id: uuid.UUID
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityCreated(Event):
    """There is a deal. `customer_id` is set."""

    type: ClassVar[str] = "opportunity.created"
    opportunity_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityChanged(Event):
    """Some fields of a deal changed. `customer_id` is set."""

    type: ClassVar[str] = "opportunity.changed"
    opportunity_id: uuid.UUID
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityMoved(Event):
    """A deal went from one stage to another. `customer_id` is set."""

    type: ClassVar[str] = "opportunity.moved"
    opportunity_id: uuid.UUID
    from_stage: str
    to_stage: str
    skipped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityClosed(Event):
    """A deal was won or lost. `customer_id` is set."""

    type: ClassVar[str] = "opportunity.closed"
    opportunity_id: uuid.UUID
    status: OpportunityStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalDecided(Event):
    """The customer decided a step of its approval. `customer_id` is set."""

    type: ClassVar[str] = "opportunity.approval_decided"
    opportunity_id: uuid.UUID
    approval_step_id: uuid.UUID
    status: ApprovalStatus
