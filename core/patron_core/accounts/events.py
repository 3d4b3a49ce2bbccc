"""What can have happened to plans and goals. Events carry ids, codes and names of fields, never what the fields hold."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.accounts.models import DevelopmentStage, GoalStatus, WhitespaceStatus
from patron_core.messages import Event

__all__ = [
    "AccountDeveloped",
    "AccountPlanChanged",
    "AccountPlanCreated",
    "GoalCreated",
    "GoalProgressed",
    "MilestoneCompleted",
    "WhitespaceItemChanged",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPlanCreated(Event):
    """There is a plan for a customer. `customer_id` is set."""

    type: ClassVar[str] = "account_plan.created"
    account_plan_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPlanChanged(Event):
    """Some fields of a plan changed. `customer_id` is set."""

    type: ClassVar[str] = "account_plan.changed"
    account_plan_id: uuid.UUID
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDeveloped(Event):
    """An account came to another stage. `customer_id` is set."""

    type: ClassVar[str] = "account_plan.developed"
    account_plan_id: uuid.UUID
    from_stage: DevelopmentStage
    to_stage: DevelopmentStage


@dataclass(frozen=True, slots=True, kw_only=True)
class WhitespaceItemChanged(Event):
    """A product is to be offered, or something became of it. `customer_id` is set."""

    type: ClassVar[str] = "account_plan.whitespace_changed"
    whitespace_item_id: uuid.UUID
    status: WhitespaceStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalCreated(Event):
    """There is a goal. `customer_id` is set."""

    type: ClassVar[str] = "goal.created"
    goal_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalProgressed(Event):
    """A goal came to another number or status. `customer_id` is set."""

    type: ClassVar[str] = "goal.progressed"
    goal_id: uuid.UUID
    from_status: GoalStatus
    to_status: GoalStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneCompleted(Event):
    """A step to a goal was done, or was not after all. `customer_id` is set."""

    type: ClassVar[str] = "goal.milestone_completed"
    goal_id: uuid.UUID
    milestone_id: uuid.UUID
    done: bool
