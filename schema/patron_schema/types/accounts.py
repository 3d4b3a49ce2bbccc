"""Plans and goals for customers, as the API shows them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from patron_core.accounts import models
from patron_core.values import Money

from ..declare import Connection, Query, extends, planned, related, root, total
from ..nodes import Node
from .customers import Customer

if TYPE_CHECKING:
    from .opportunities import Opportunity

__all__ = [
    "EXTENSIONS",
    "TYPES",
    "AccountPlan",
    "DevelopmentChange",
    "Goal",
    "GoalChange",
    "Milestone",
    "WhitespaceItem",
]


@planned(models.AccountPlan)
class AccountPlan(Node):
    """How a customer is to be developed in a period."""

    customer: Customer
    name: str
    development_stage: models.DevelopmentStage
    target_amount: Money | None
    starts_on: dt.date
    ends_on: dt.date
    owner: str | None
    status: models.PlanStatus
    summary: str | None
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    development_changes: Connection[DevelopmentChange] = related(
        models.DevelopmentChange.plan, description="How the account came from stage to stage."
    )
    whitespace_items: Connection[WhitespaceItem] = related(
        models.WhitespaceItem.plan, description="What the customer does not buy and is to be offered."
    )
    goals: Connection[Goal] = related(models.Goal.plan, description="What the customer is to reach by the plan.")


@planned(models.DevelopmentChange)
class DevelopmentChange(Node):
    """An account came to another stage."""

    plan: AccountPlan
    from_stage: models.DevelopmentStage | None
    to_stage: models.DevelopmentStage
    occurred_at: dt.datetime
    changed_by: str


@planned(models.WhitespaceItem)
class WhitespaceItem(Node):
    """A product that a customer does not buy and is to be offered."""

    plan: AccountPlan
    sku: str
    reason: str | None
    status: models.WhitespaceStatus
    opportunity: Opportunity | None
    version: int
    created_at: dt.datetime


@planned(models.Goal)
class Goal(Node):
    """What a customer is to reach, in a number and by a day."""

    customer: Customer
    plan: AccountPlan | None
    name: str
    unit: str
    baseline: Decimal
    target: Decimal
    current: Decimal
    progress: Decimal
    due_on: dt.date
    owner: str | None
    status: models.GoalStatus
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    milestones: Connection[Milestone] = related(models.Milestone.goal, description="The steps to it: the success plan.")
    milestone_count: int = total(via=models.Milestone.goal, description="How many steps there are.")
    milestones_done: int = total(
        via=models.Milestone.goal,
        where=models.Milestone.done_on.is_not(None),
        description="How many steps are done.",
    )
    changes: Connection[GoalChange] = related(
        models.GoalChange.goal, description="Where it was and how it stood, from one time to the next."
    )


@planned(models.GoalChange)
class GoalChange(Node):
    """A goal came to another number or status."""

    goal: Goal
    from_status: models.GoalStatus | None
    to_status: models.GoalStatus
    value: Decimal
    occurred_at: dt.datetime
    changed_by: str
    note: str | None


@planned(models.Milestone)
class Milestone(Node):
    """A step on the way to a goal; together they are the success plan."""

    goal: Goal
    position: int
    name: str
    due_on: dt.date | None
    done_on: dt.date | None
    version: int


@extends(Customer)
class CustomerAccounts:
    account_plans: Connection[AccountPlan] = related(
        models.AccountPlan.customer, description="How the customer is to be developed."
    )
    goals: Connection[Goal] = related(models.Goal.customer, description="What the customer is to reach.")


@extends(Query)
class AccountQuery:
    account_plan: AccountPlan | None = root(description="A plan by its id.")
    account_plans: Connection[AccountPlan] = root(description="Plans for customers.")
    whitespace_items: Connection[WhitespaceItem] = root(description="What customers are to be offered by their plans.")
    goal: Goal | None = root(description="A goal by its id.")
    goals: Connection[Goal] = root(description="What customers are to reach.")
    milestones: Connection[Milestone] = root(description="The steps to goals.")


TYPES = (AccountPlan, DevelopmentChange, WhitespaceItem, Goal, GoalChange, Milestone)
EXTENSIONS = (CustomerAccounts, AccountQuery)
