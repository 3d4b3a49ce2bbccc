"""How a customer is to be developed: plans, what could be sold beside what is bought, and goals with the steps to them."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..customers.models import Customer
from ..opportunities.models import Opportunity
from ..records import FINANCIAL, INTERNAL, PII, PUBLIC, Record, column, money, reference, subject
from ..values import Code, Money

__all__ = [
    "AccountPlan",
    "DevelopmentChange",
    "DevelopmentStage",
    "Goal",
    "GoalChange",
    "GoalStatus",
    "Milestone",
    "PlanStatus",
    "WhitespaceItem",
    "WhitespaceStatus",
]


class DevelopmentStage(Code):
    """How far an account has come: one becomes a customer gradually."""

    SUSPECT = "suspect", "Might need us."
    PROSPECT = "prospect", "Needs us, has not bought."
    FIRST_PURCHASE = "first_purchase", "Tries us."
    REPEAT = "repeat", "Comes back."
    PREFERRED = "preferred", "Asks us first."
    PARTNER = "partner", "Plans with us."


class PlanStatus(Code):
    """What became of a plan."""

    DRAFT = "draft", "Being written."
    ACTIVE = "active", "Followed."
    DONE = "done", "Its time is over, or it came true."
    ABANDONED = "abandoned", "Given up."


class WhitespaceStatus(Code):
    """What became of something that could be sold."""

    OPEN = "open", "Nobody has tried."
    PURSUED = "pursued", "Somebody tries."
    SOLD = "sold", "The customer buys it."
    DISMISSED = "dismissed", "The customer does not want it."


class GoalStatus(Code):
    """How a goal stands."""

    OPEN = "open", "Not reached."
    AT_RISK = "at_risk", "Not reached, and somebody doubts that it will be."
    REACHED = "reached", "Reached."
    MISSED = "missed", "Its day passed before it was reached."
    ABANDONED = "abandoned", "Given up."


class AccountPlan(Record):
    """How a customer is to be developed in a period."""

    __tablename__ = "account_plan"
    id_prefix = "apn"
    without_index = (
        ("name development_stage starts_on ends_on", "Asked within a status, an owner's or a customer's plans."),
        ("target_amount_minor target_amount_currency", "Asked within a status, an owner's or a customer's plans."),
    )
    __table_args__ = (
        Index(None, "tenant_id", "owner", "status", "id"),
        Index(None, "tenant_id", "status", "ends_on", "id"),
        CheckConstraint("ends_on > starts_on", name="period"),
    )

    customer: Mapped[Customer] = subject(Customer, doc="Whom it is for.")
    name: Mapped[str] = column(INTERNAL, doc="What it is called.", filterable=True, orderable=True)
    development_stage: Mapped[DevelopmentStage] = column(
        INTERNAL, doc="How far the account has come.", filterable=True, orderable=True
    )
    target_amount: Mapped[Money | None] = money(
        FINANCIAL, doc="What the account is to bring in the period.", optional=True, filterable=True, orderable=True
    )
    starts_on: Mapped[dt.date] = column(INTERNAL, doc="First day of its period.", filterable=True, orderable=True)
    ends_on: Mapped[dt.date] = column(INTERNAL, doc="First day after its period.", filterable=True, orderable=True)
    owner: Mapped[str | None] = column(INTERNAL, doc="Who of us is responsible.", filterable=True, orderable=True)
    status: Mapped[PlanStatus] = column(INTERNAL, doc="What became of it.", filterable=True, orderable=True)
    summary: Mapped[str | None] = column(PII, doc="Where it is to go, in a few sentences.")

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]


class DevelopmentChange(Record):
    """An account came to another stage."""

    __tablename__ = "account_development_change"
    id_prefix = "adc"
    append_only = True
    without_index = (("from_stage to_stage occurred_at", "Asked of one plan's changes."),)

    plan: Mapped[AccountPlan] = subject(AccountPlan, doc="By which plan.")
    from_stage: Mapped[DevelopmentStage | None] = column(
        INTERNAL, doc="The stage before; null for the first.", filterable=True
    )
    to_stage: Mapped[DevelopmentStage] = column(INTERNAL, doc="The stage after.", filterable=True)
    occurred_at: Mapped[dt.datetime] = column(INTERNAL, doc="When.", filterable=True, orderable=True)
    changed_by: Mapped[str] = column(INTERNAL, doc="Who of us noted it.")

    if TYPE_CHECKING:  # the columns that references and composites make
        plan_id: Mapped[uuid.UUID]


class WhitespaceItem(Record):
    """A product that a customer does not buy and is to be offered."""

    __tablename__ = "account_whitespace_item"
    id_prefix = "wsi"
    without_index = (("status", "Asked of one plan's items."),)
    __table_args__ = (
        UniqueConstraint("tenant_id", "plan_id", "sku"),
        Index(None, "tenant_id", "sku", "id"),
    )

    plan: Mapped[AccountPlan] = subject(AccountPlan, doc="By which plan.")
    sku: Mapped[str] = column(PUBLIC, doc="Stock-keeping unit.", filterable=True, orderable=True)
    reason: Mapped[str | None] = column(INTERNAL, doc="Why it would suit.")
    status: Mapped[WhitespaceStatus] = column(INTERNAL, doc="What became of it.", filterable=True, orderable=True)
    opportunity: Mapped[Opportunity | None] = reference(Opportunity, optional=True, doc="The deal that came of it.")

    if TYPE_CHECKING:  # the columns that references and composites make
        plan_id: Mapped[uuid.UUID]
        opportunity_id: Mapped[uuid.UUID | None]


class Goal(Record):
    """What a customer is to reach, in a number and by a day."""

    __tablename__ = "account_goal"
    id_prefix = "gol"
    without_index = (
        ("name unit baseline target current progress due_on", "Asked within a status or a customer's goals."),
    )
    __table_args__ = (
        Index(None, "tenant_id", "status", "due_on", "id"),
        Index(None, "tenant_id", "owner", "status", "id"),
        CheckConstraint("target <> baseline", name="target"),
    )

    customer: Mapped[Customer] = subject(Customer, doc="Whose goal.")
    plan: Mapped[AccountPlan | None] = reference(AccountPlan, optional=True, doc="The plan it belongs to.")
    name: Mapped[str] = column(INTERNAL, doc="What is to be reached.", filterable=True)
    unit: Mapped[str] = column(INTERNAL, doc="What is counted, such as hours or percent.", filterable=True)
    baseline: Mapped[Decimal] = column(INTERNAL, doc="Where it began.", scale=3, filterable=True, orderable=True)
    target: Mapped[Decimal] = column(INTERNAL, doc="Where it is to come.", scale=3, filterable=True, orderable=True)
    current: Mapped[Decimal] = column(INTERNAL, doc="Where it is.", scale=3, filterable=True, orderable=True)
    progress: Mapped[Decimal] = column(
        INTERNAL,
        doc="Share of the way from where it began to the target: 1 when it is reached, below 0 where it went back.",
        scale=4,
        filterable=True,
        orderable=True,
    )
    due_on: Mapped[dt.date] = column(INTERNAL, doc="By which day.", filterable=True, orderable=True)
    owner: Mapped[str | None] = column(INTERNAL, doc="Who of us is responsible.", filterable=True, orderable=True)
    status: Mapped[GoalStatus] = column(INTERNAL, doc="How it stands.", filterable=True, orderable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]
        plan_id: Mapped[uuid.UUID | None]


class GoalChange(Record):
    """A goal came to another number or status."""

    __tablename__ = "account_goal_change"
    id_prefix = "glc"
    append_only = True
    without_index = (("from_status to_status value occurred_at", "Asked of one goal's changes."),)

    goal: Mapped[Goal] = subject(Goal, doc="Which goal.")
    from_status: Mapped[GoalStatus | None] = column(
        INTERNAL, doc="The status before; null for the first.", filterable=True
    )
    to_status: Mapped[GoalStatus] = column(INTERNAL, doc="The status after.", filterable=True)
    value: Mapped[Decimal] = column(INTERNAL, doc="Where it was.", scale=3, filterable=True, orderable=True)
    occurred_at: Mapped[dt.datetime] = column(INTERNAL, doc="When.", filterable=True, orderable=True)
    changed_by: Mapped[str] = column(INTERNAL, doc="Who of us noted it.")
    note: Mapped[str | None] = column(PII, doc="What there is to say.")

    if TYPE_CHECKING:  # the columns that references and composites make
        goal_id: Mapped[uuid.UUID]


class Milestone(Record):
    """A step on the way to a goal; together they are the success plan."""

    __tablename__ = "account_milestone"
    id_prefix = "mst"
    without_index = (("position done_on", "A goal has few milestones."),)
    __table_args__ = (
        UniqueConstraint("tenant_id", "goal_id", "position"),
        Index(None, "tenant_id", "due_on", "id"),
    )

    goal: Mapped[Goal] = subject(Goal, doc="On the way to which goal.")
    position: Mapped[int] = column(INTERNAL, doc="Place in the order, from 1.", filterable=True, orderable=True)
    name: Mapped[str] = column(INTERNAL, doc="What is done then.")
    due_on: Mapped[dt.date | None] = column(INTERNAL, doc="By which day.", filterable=True, orderable=True)
    done_on: Mapped[dt.date | None] = column(INTERNAL, doc="On which day it was done.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        goal_id: Mapped[uuid.UUID]
