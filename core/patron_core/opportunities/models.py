"""Deals that may come: which pipeline they go through, where they stand, and how they went from stage to stage."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..customers.models import Customer
from ..parties.models import Party
from ..records import FINANCIAL, INTERNAL, PII, PUBLIC, Record, column, money, reference, subject
from ..values import Code, Money

__all__ = [
    "ApprovalStatus",
    "ApprovalStep",
    "ForecastCategory",
    "Motivation",
    "Opportunity",
    "OpportunityStatus",
    "Pipeline",
    "RequiredField",
    "Stage",
    "StageChange",
    "StageRequirement",
]


class OpportunityStatus(Code):
    """Whether a deal is still open."""

    OPEN = "open", "Not decided."
    WON = "won", "The customer bought."
    LOST = "lost", "The customer did not, or bought elsewhere."


class ForecastCategory(Code):
    """How sure a forecast may be of a deal."""

    PIPELINE = "pipeline", "Possible."
    BEST_CASE = "best_case", "If all goes well."
    COMMIT = "commit", "Promised by who sells it."
    CLOSED = "closed", "Decided."
    OMITTED = "omitted", "Left out of forecasts."


class RequiredField(Code):
    """What a stage may require to be known before a deal enters it."""

    AMOUNT = "amount", "How much it is about."
    BUDGET = "budget", "What the customer can spend."
    EXPECTED_CLOSE = "expected_close_on", "On which day it should close."
    DECISION_DATE = "decision_on", "On which day the customer decides."
    OWNER = "owner", "Who is responsible for it."
    MOTIVATION = "motivation", "Why the customer would buy."
    COMPETITOR = "competitor", "Against whom it is."
    APPROVALS = "approvals", "All approval steps are decided in favour."


class Motivation(Code):
    """Why somebody buys."""

    LOGIC = "logic", "A need that was thought through."
    MIXED = "mixed", "Some of both."
    IMPULSE = "impulse", "A wish of the moment."


class ApprovalStatus(Code):
    """What came of a step of the customer's approval."""

    PENDING = "pending", "Not decided."
    APPROVED = "approved", "In favour."
    REJECTED = "rejected", "Against."


class Pipeline(Record):
    """An order of stages that deals go through."""

    __tablename__ = "pipeline"
    id_prefix = "ppl"
    not_about_a_party = "How we sell, the same for all customers."
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    code: Mapped[str] = column(PUBLIC, doc="Stable code in capitals, such as SALES.", filterable=True, orderable=True)
    name: Mapped[str] = column(PUBLIC, doc="Name to show.")
    description: Mapped[str | None] = column(PUBLIC, doc="What it is for.")


class Stage(Record):
    """A step of a pipeline."""

    __tablename__ = "pipeline_stage"
    id_prefix = "stg"
    not_about_a_party = "How we sell, the same for all customers."
    without_index = (("forecast_category outcome probability position", "A tenant has few stages."),)
    __table_args__ = (
        UniqueConstraint("tenant_id", "pipeline_id", "code"),
        UniqueConstraint("tenant_id", "pipeline_id", "position"),
        CheckConstraint("probability BETWEEN 0 AND 10000", name="probability"),
    )

    pipeline: Mapped[Pipeline] = reference(Pipeline, doc="Whose step it is.")
    code: Mapped[str] = column(
        PUBLIC, doc="Stable code in capitals, such as PROPOSAL.", filterable=True, orderable=True
    )
    name: Mapped[str] = column(PUBLIC, doc="Name to show.")
    position: Mapped[int] = column(PUBLIC, doc="Place in the pipeline, from 1.", filterable=True, orderable=True)
    probability: Mapped[Decimal] = column(
        PUBLIC, doc="Chance that a deal here is won, 0 to 1.", scale=4, filterable=True, orderable=True, ours=True
    )
    forecast_category: Mapped[ForecastCategory] = column(
        PUBLIC, doc="How sure a forecast may be of a deal here.", filterable=True, ours=True
    )
    outcome: Mapped[OpportunityStatus] = column(
        PUBLIC, doc="OPEN, or what a deal that comes here has become.", filterable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        pipeline_id: Mapped[uuid.UUID]


class StageRequirement(Record):
    """Something that must be known of a deal before it enters a stage."""

    __tablename__ = "pipeline_stage_requirement"
    id_prefix = "srq"
    not_about_a_party = "How we sell, the same for all customers."
    without_index = (("field", "A stage has few requirements."),)
    __table_args__ = (UniqueConstraint("tenant_id", "stage_id", "field"),)

    stage: Mapped[Stage] = reference(Stage, doc="The stage that asks for it.")
    field: Mapped[RequiredField] = column(PUBLIC, doc="What must be known.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        stage_id: Mapped[uuid.UUID]


class Opportunity(Record):
    """A deal that may come."""

    __tablename__ = "opportunity"
    id_prefix = "opp"
    without_index = (
        ("motivation competitor lost_reason", "Asked within a status or an owner's deals."),
        ("name expected_close_on", "Asked within a status, whose index has the day, or a customer's deals."),
        (
            "budget_minor budget_currency amount_minor amount_currency decision_on closed_at entered_stage_at",
            "Asked within a status or a customer's deals.",
        ),
    )
    __table_args__ = (
        Index(None, "tenant_id", "status", "expected_close_on", "id"),
        Index(None, "tenant_id", "owner", "status", "id"),
    )

    customer: Mapped[Customer] = subject(Customer, doc="Who would buy.")
    stage: Mapped[Stage] = reference(Stage, doc="Where it stands.")
    name: Mapped[str] = column(PII, doc="What it is about, in one line.", filterable=True)
    status: Mapped[OpportunityStatus] = column(INTERNAL, doc="Whether it is decided.", filterable=True, orderable=True)
    amount: Mapped[Money | None] = money(
        FINANCIAL, doc="What it is worth.", optional=True, filterable=True, orderable=True
    )
    budget: Mapped[Money | None] = money(
        FINANCIAL, doc="What the customer can spend.", optional=True, filterable=True, orderable=True
    )
    expected_close_on: Mapped[dt.date | None] = column(
        INTERNAL, doc="On which day it should close.", filterable=True, orderable=True
    )
    decision_on: Mapped[dt.date | None] = column(
        INTERNAL, doc="On which day the customer decides.", filterable=True, orderable=True
    )
    owner: Mapped[str | None] = column(INTERNAL, doc="Who of us is responsible.", filterable=True, orderable=True)
    motivation: Mapped[Motivation | None] = column(
        INTERNAL, doc="Why the customer would buy.", filterable=True, ours=True
    )
    competitor: Mapped[str | None] = column(INTERNAL, doc="Against whom.", filterable=True, ours=True)
    lost_reason: Mapped[str | None] = column(INTERNAL, doc="Why it was lost.", filterable=True, ours=True)
    entered_stage_at: Mapped[dt.datetime] = column(
        INTERNAL, doc="Since when it stands where it does.", filterable=True, orderable=True
    )
    closed_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it was decided.", filterable=True, orderable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]
        stage_id: Mapped[uuid.UUID]
        amount_minor: Mapped[int | None]
        amount_currency: Mapped[str | None]
        budget_minor: Mapped[int | None]


class StageChange(Record):
    """A deal went from one stage to another."""

    __tablename__ = "opportunity_stage_change"
    id_prefix = "sch"
    append_only = True
    without_index = (("duration_seconds skipped reason", "Asked within a stage or a time."),)
    __table_args__ = (Index(None, "tenant_id", "occurred_at", "id"),)

    opportunity: Mapped[Opportunity] = subject(Opportunity, doc="The deal.")
    from_stage: Mapped[Stage | None] = reference(Stage, optional=True, doc="Where it stood; null when it was new.")
    to_stage: Mapped[Stage] = reference(Stage, doc="Where it went.")
    occurred_at: Mapped[dt.datetime] = column(INTERNAL, doc="When.", filterable=True, orderable=True)
    changed_by: Mapped[str] = column(INTERNAL, doc="Who moved it.", filterable=True, index=True)
    duration_seconds: Mapped[int | None] = column(
        INTERNAL, doc="How long it stood in the stage it left.", filterable=True, orderable=True
    )
    skipped: Mapped[int] = column(
        INTERNAL, doc="How many stages between were left out.", filterable=True, orderable=True
    )
    reason: Mapped[str | None] = column(INTERNAL, doc="Why, where one was given.")

    if TYPE_CHECKING:  # the columns that references and composites make
        opportunity_id: Mapped[uuid.UUID]
        from_stage_id: Mapped[uuid.UUID | None]
        to_stage_id: Mapped[uuid.UUID]


class ApprovalStep(Record):
    """A step of the customer's own way to approve a deal."""

    __tablename__ = "opportunity_approval_step"
    id_prefix = "aps"
    without_index = (("position status decided_at", "A deal has few steps."),)
    __table_args__ = (UniqueConstraint("tenant_id", "opportunity_id", "position"),)

    opportunity: Mapped[Opportunity] = subject(Opportunity, doc="The deal.")
    position: Mapped[int] = column(INTERNAL, doc="Place in their order, from 1.", filterable=True, orderable=True)
    name: Mapped[str] = column(INTERNAL, doc="What is approved, such as the budget.")
    approver: Mapped[Party | None] = subject(Party, optional=True, doc="Who of the customer decides.")
    status: Mapped[ApprovalStatus] = column(INTERNAL, doc="What came of it.", filterable=True, orderable=True)
    decided_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="When it was decided.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        opportunity_id: Mapped[uuid.UUID]
        approver_id: Mapped[uuid.UUID | None]
