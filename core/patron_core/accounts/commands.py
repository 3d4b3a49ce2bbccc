"""What may be asked about accounts: plan for a customer, note what could be sold, set goals and keep how they go.

Commands check their own form; what belongs together and what follows from a number is the business of `service`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from patron_core import validation
from patron_core.accounts.models import (
    AccountPlan,
    DevelopmentStage,
    Goal,
    GoalStatus,
    Milestone,
    PlanStatus,
    WhitespaceItem,
    WhitespaceStatus,
)
from patron_core.customers.commands import CustomerId
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.opportunities.commands import OpportunityId
from patron_core.validation import in_order, key, not_negative, not_null, one_line, paragraphs, within
from patron_core.values import UNSET, Money, Unset

__all__ = [
    "AccountPlanId",
    "AddMilestone",
    "AddWhitespaceItem",
    "CompleteMilestone",
    "CreateAccountPlan",
    "CreateGoal",
    "GoalId",
    "MilestoneId",
    "NewMilestone",
    "RecordGoalProgress",
    "UpdateAccountPlan",
    "UpdateGoal",
    "UpdateWhitespaceItem",
    "WhitespaceItemId",
]

AccountPlanId = Annotated[uuid.UUID, IdOf(AccountPlan)]
WhitespaceItemId = Annotated[uuid.UUID, IdOf(WhitespaceItem)]
GoalId = Annotated[uuid.UUID, IdOf(Goal)]
MilestoneId = Annotated[uuid.UUID, IdOf(Milestone)]

_MOST_MILESTONES = 50
_LARGEST = Decimal("999999999999.999")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateAccountPlan(Command):
    """Plans for a customer, for a period."""

    customer_id: CustomerId = argument("Whom it is for.")
    name: str = argument("What it is called.")
    development_stage: DevelopmentStage = argument("How far the account has come.", default=DevelopmentStage.PROSPECT)
    target_amount: Money | None = argument("What the account is to bring in the period.", default=None)
    starts_on: dt.date = argument("First day of its period.")
    ends_on: dt.date = argument("First day after its period.")
    owner: str | None = argument("Who of us is responsible.", default=None)
    summary: str | None = argument("Where it is to go, in a few sentences.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "name", "owner")
        paragraphs(self, "summary")
        key(self, "idempotency_key")
        not_negative(self.target_amount, path="target_amount")
        in_order(self.starts_on, self.ends_on, path="ends_on")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateAccountPlan(Command):
    """Changes a plan: fields that are left out stay as they are, null empties them."""

    id: AccountPlanId = argument("The plan.")
    version: int = argument("The version the change was made from.")
    name: str | Unset = argument("What it is called.", default=UNSET)
    development_stage: DevelopmentStage | Unset = argument("How far the account has come.", default=UNSET)
    target_amount: Money | Unset | None = argument("What the account is to bring in the period.", default=UNSET)
    owner: str | Unset | None = argument("Who of us is responsible.", default=UNSET)
    status: PlanStatus | Unset = argument("What became of it.", default=UNSET)
    summary: str | Unset | None = argument("Where it is to go, in a few sentences.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "name", "development_stage", "status")
        one_line(self, "name", "owner")
        paragraphs(self, "summary")
        not_negative(self.target_amount, path="target_amount")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddWhitespaceItem(Command):
    """Takes up a product that the customer does not buy and is to be offered."""

    plan_id: AccountPlanId = argument("By which plan.")
    sku: str = argument("Stock-keeping unit.")
    reason: str | None = argument("Why it would suit.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "sku", maximum=100)
        one_line(self, "reason", maximum=500)
        key(self, "idempotency_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateWhitespaceItem(Command):
    """Notes what became of something to be offered: fields that are left out stay as they are, null empties them."""

    id: WhitespaceItemId = argument("The item.")
    version: int = argument("The version the change was made from.")
    status: WhitespaceStatus | Unset = argument("What became of it.", default=UNSET)
    opportunity_id: OpportunityId | Unset | None = argument("The customer's deal that came of it.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "status")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMilestone:
    """A step on the way to a new goal."""

    name: str = argument("What is done then.")
    due_on: dt.date | None = argument("By which day.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateGoal(Command):
    """Sets a goal for a customer: from a number to another one by a day."""

    customer_id: CustomerId = argument("Whose goal.")
    plan_id: AccountPlanId | None = argument("The customer's plan it belongs to.", default=None)
    name: str = argument("What is to be reached.")
    unit: str = argument("What is counted, such as hours or percent.")
    baseline: Decimal = argument("Where it begins.", default=Decimal(0))
    target: Decimal = argument("Where it is to come; below the beginning where less is better.")
    due_on: dt.date = argument("By which day.")
    owner: str | None = argument("Who of us is responsible.", default=None)
    milestones: tuple[NewMilestone, ...] = argument("The steps to it, in their order.", default=())
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "name", "owner")
        one_line(self, "unit", maximum=40)
        key(self, "idempotency_key")
        check_number(self.baseline, path="baseline")
        check_number(self.target, path="target")
        if self.baseline == self.target:
            raise InvalidInput(
                "The goal is where it begins. Beginning and target are the same number. Give another target.",
                path=("target",),
            )
        validation.count(self.milestones, most=_MOST_MILESTONES, path="milestones")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateGoal(Command):
    """Changes a goal: fields that are left out stay as they are, null empties them."""

    id: GoalId = argument("The goal.")
    version: int = argument("The version the change was made from.")
    name: str | Unset = argument("What is to be reached.", default=UNSET)
    due_on: dt.date | Unset = argument("By which day.", default=UNSET)
    owner: str | Unset | None = argument("Who of us is responsible.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "name", "due_on")
        one_line(self, "name", "owner")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordGoalProgress(Command):
    """Keeps where a goal is; whether it is reached follows from the number."""

    id: GoalId = argument("The goal.")
    version: int = argument("The version the change was made from.")
    value: Decimal = argument("Where it is, in its unit.")
    status: GoalStatus | None = argument("OPEN, AT_RISK or ABANDONED; as it is when left out.", default=None)
    note: str | None = argument("What there is to say.", default=None)

    def __post_init__(self) -> None:
        check_number(self.value, path="value")
        paragraphs(self, "note")
        if self.status in (GoalStatus.REACHED, GoalStatus.MISSED):
            raise InvalidInput(
                "Whether a goal is reached or missed follows from its number and its day. It was given as a status. "
                "Leave it out.",
                path=("status",),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class AddMilestone(Command):
    """Adds a step to a goal, after those there are."""

    goal_id: GoalId = argument("On the way to which goal.")
    name: str = argument("What is done then.")
    due_on: dt.date | None = argument("By which day.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "name")
        key(self, "idempotency_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteMilestone(Command):
    """A step was done, or was not after all."""

    id: MilestoneId = argument("The step.")
    version: int = argument("The version the change was made from.")
    done: bool = argument("Whether it is done; false takes it back.", default=True)


def check_number(value: Decimal, *, path: str) -> None:
    """Refuses what is no number that is kept: three digits after the point, below a million millions."""
    within(value, least=-_LARGEST, most=_LARGEST, decimals=3, path=path)
