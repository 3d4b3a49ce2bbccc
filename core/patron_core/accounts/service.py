"""Plans and goals for customers: carries the commands out."""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select

from patron_core.accounts import events
from patron_core.accounts.commands import (
    AddMilestone,
    AddWhitespaceItem,
    CompleteMilestone,
    CreateAccountPlan,
    CreateGoal,
    RecordGoalProgress,
    UpdateAccountPlan,
    UpdateGoal,
    UpdateWhitespaceItem,
)
from patron_core.accounts.goals import progress_of, status_of
from patron_core.accounts.models import (
    AccountPlan,
    DevelopmentChange,
    DevelopmentStage,
    Goal,
    GoalChange,
    GoalStatus,
    Milestone,
    PlanStatus,
    WhitespaceItem,
    WhitespaceStatus,
)
from patron_core.accounts.permissions import ACCOUNT_WRITE
from patron_core.customers.models import Customer
from patron_core.errors import Conflict, InvalidInput
from patron_core.hookspecs import CommandHandler
from patron_core.opportunities.models import Opportunity
from patron_core.unit_of_work import UnitOfWork
from patron_core.updates import apply_update
from patron_core.validation import same_version
from patron_core.values import UNSET

__all__ = [
    "HANDLERS",
    "add_milestone",
    "add_whitespace_item",
    "complete_milestone",
    "create_account_plan",
    "create_goal",
    "record_goal_progress",
    "settle_goal",
    "update_account_plan",
    "update_goal",
    "update_whitespace_item",
]


# -- plans


def create_account_plan(command: CreateAccountPlan, uow: UnitOfWork) -> AccountPlan:
    """Makes a draft of a plan. NOT_FOUND for an unknown customer."""
    customer = uow.get(Customer, command.customer_id, path=("customer_id",))
    plan = uow.add(
        AccountPlan(
            customer_id=customer.id,
            name=command.name,
            development_stage=command.development_stage,
            target_amount=command.target_amount,
            starts_on=command.starts_on,
            ends_on=command.ends_on,
            owner=command.owner,
            status=PlanStatus.DRAFT,
            summary=command.summary,
        )
    )
    _keep_stage(plan, uow, before=None)
    uow.emit(events.AccountPlanCreated(customer_id=customer.id, account_plan_id=plan.id))
    return plan


def update_account_plan(command: UpdateAccountPlan, uow: UnitOfWork) -> AccountPlan:
    """Changes a plan; another stage of the account is kept in its history."""
    plan = uow.get(AccountPlan, command.id, path=("id",))
    same_version(plan, version=command.version)
    before = plan.development_stage
    changed = apply_update(command, to=plan)
    if plan.development_stage is not before:
        _keep_stage(plan, uow, before=before)
        uow.emit(
            events.AccountDeveloped(
                customer_id=plan.customer_id,
                account_plan_id=plan.id,
                from_stage=before,
                to_stage=plan.development_stage,
            )
        )
    if changed:
        told = events.AccountPlanChanged(customer_id=plan.customer_id, account_plan_id=plan.id, fields=changed)
        uow.emit(told)
    return plan


def add_whitespace_item(command: AddWhitespaceItem, uow: UnitOfWork) -> WhitespaceItem:
    """Takes a product up. CONFLICT where the plan has it."""
    plan = uow.get(AccountPlan, command.plan_id, lock=True, path=("plan_id",))
    if uow.find(WhitespaceItem, plan_id=plan.id, sku=command.sku) is not None:
        raise Conflict(
            "The plan has that product already. Its stock-keeping unit was given again. Change the item there is.",
            path=("sku",),
        )
    item = uow.add(
        WhitespaceItem(plan_id=plan.id, sku=command.sku, reason=command.reason, status=WhitespaceStatus.OPEN)
    )
    _tell_item(item, plan, uow)
    return item


def update_whitespace_item(command: UpdateWhitespaceItem, uow: UnitOfWork) -> WhitespaceItem:
    """Notes what became of it. INVALID_INPUT for a deal with another customer."""
    item = uow.get(WhitespaceItem, command.id, path=("id",))
    plan = uow.get(AccountPlan, item.plan_id)
    if command.opportunity_id is not None and command.opportunity_id is not UNSET:
        deal = uow.get(Opportunity, command.opportunity_id, path=("opportunity_id",))
        if deal.customer_id != plan.customer_id:
            raise InvalidInput(
                "The deal is one with another customer. It was to come of this customer's plan. Choose one of theirs.",
                path=("opportunity_id",),
            )
    same_version(item, version=command.version)
    if apply_update(command, to=item):
        _tell_item(item, plan, uow)
    return item


def _tell_item(item: WhitespaceItem, plan: AccountPlan, uow: UnitOfWork) -> None:
    uow.emit(events.WhitespaceItemChanged(customer_id=plan.customer_id, whitespace_item_id=item.id, status=item.status))


def _keep_stage(plan: AccountPlan, uow: UnitOfWork, *, before: DevelopmentStage | None) -> None:
    uow.add(
        DevelopmentChange(
            plan_id=plan.id,
            from_stage=before,
            to_stage=plan.development_stage,
            occurred_at=uow.now,
            changed_by=uow.actor.subject,
        )
    )


# -- goals


def create_goal(command: CreateGoal, uow: UnitOfWork) -> Goal:
    """Sets a goal with its steps. INVALID_INPUT for a plan for another customer, or a day that has passed."""
    customer = uow.get(Customer, command.customer_id, path=("customer_id",))
    if command.plan_id is not None:
        plan = uow.get(AccountPlan, command.plan_id, path=("plan_id",))
        if plan.customer_id != customer.id:
            raise InvalidInput(
                "The plan is one for another customer. A goal belongs to a plan for the same one. Choose one of theirs.",
                path=("plan_id",),
            )
    if command.due_on < uow.now.date():
        raise InvalidInput(
            "The day of the goal has passed. It lies before today. Give today or a later one.", path=("due_on",)
        )
    goal = uow.add(
        Goal(
            customer_id=customer.id,
            plan_id=command.plan_id,
            name=command.name,
            unit=command.unit,
            baseline=command.baseline,
            target=command.target,
            current=command.baseline,
            progress=progress_of(command.baseline, baseline=command.baseline, target=command.target),
            due_on=command.due_on,
            owner=command.owner,
            status=GoalStatus.OPEN,
        )
    )
    _keep_number(goal, uow, before=None, note=None)
    for position, new in enumerate(command.milestones, start=1):
        uow.add(Milestone(goal_id=goal.id, position=position, name=new.name, due_on=new.due_on))
    uow.emit(events.GoalCreated(customer_id=customer.id, goal_id=goal.id))
    return goal


def update_goal(command: UpdateGoal, uow: UnitOfWork) -> Goal:
    """Changes a goal; another day may open one that was missed."""
    goal = uow.get(Goal, command.id, path=("id",))
    same_version(goal, version=command.version)
    if apply_update(command, to=goal):
        settle_goal(goal, uow, wanted=None, note=None)
    return goal


def record_goal_progress(command: RecordGoalProgress, uow: UnitOfWork) -> Goal:
    """Keeps where a goal is. CONFLICT where it was given up and is not opened again."""
    goal = uow.get(Goal, command.id, path=("id",))
    same_version(goal, version=command.version)
    if goal.status is GoalStatus.ABANDONED and command.status in (None, GoalStatus.ABANDONED):
        raise Conflict("The goal was given up. A number was to be kept for it. Open it again.", path=("status",))
    goal.current = command.value
    goal.progress = progress_of(command.value, baseline=goal.baseline, target=goal.target)
    settle_goal(goal, uow, wanted=command.status, note=command.note, always=True)
    return goal


def settle_goal(
    goal: Goal, uow: UnitOfWork, *, wanted: GoalStatus | None, note: str | None, always: bool = False
) -> None:
    """Gives a goal the status that follows from its number and its day. always: keeps the number also where none follows."""
    before = goal.status
    goal.status = status_of(goal.progress, before=before, wanted=wanted, due_on=goal.due_on, today=uow.now.date())
    if goal.status is before and not always:
        return
    _keep_number(goal, uow, before=before, note=note)
    uow.emit(
        events.GoalProgressed(customer_id=goal.customer_id, goal_id=goal.id, from_status=before, to_status=goal.status)
    )


def _keep_number(goal: Goal, uow: UnitOfWork, *, before: GoalStatus | None, note: str | None) -> None:
    uow.add(
        GoalChange(
            goal_id=goal.id,
            from_status=before,
            to_status=goal.status,
            value=goal.current,
            occurred_at=uow.now,
            changed_by=uow.actor.subject,
            note=note,
        )
    )


# -- steps


def add_milestone(command: AddMilestone, uow: UnitOfWork) -> Milestone:
    """Adds a step after those there are. NOT_FOUND for an unknown goal."""
    goal = uow.get(Goal, command.goal_id, lock=True, path=("goal_id",))
    last = select(func.max(Milestone.position)).where(Milestone.goal_id == goal.id)
    position = (uow.rows(last)[0][0] or 0) + 1
    return uow.add(Milestone(goal_id=goal.id, position=position, name=command.name, due_on=command.due_on))


def complete_milestone(command: CompleteMilestone, uow: UnitOfWork) -> Milestone:
    """Notes that a step is done today, or takes that back. CONFLICT where it is so already."""
    milestone = uow.get(Milestone, command.id, path=("id",))
    same_version(milestone, version=command.version)
    if command.done is (milestone.done_on is not None):
        raise Conflict("The step is so already. The same was given again. Nothing is to be done.", path=("done",))
    milestone.done_on = uow.now.date() if command.done else None
    goal = uow.get(Goal, milestone.goal_id)
    uow.emit(
        events.MilestoneCompleted(
            customer_id=goal.customer_id, goal_id=goal.id, milestone_id=milestone.id, done=command.done
        )
    )
    return milestone


HANDLERS: Final = (
    CommandHandler(command=CreateAccountPlan, handler=create_account_plan, permission=ACCOUNT_WRITE),
    CommandHandler(command=UpdateAccountPlan, handler=update_account_plan, permission=ACCOUNT_WRITE),
    CommandHandler(command=AddWhitespaceItem, handler=add_whitespace_item, permission=ACCOUNT_WRITE),
    CommandHandler(command=UpdateWhitespaceItem, handler=update_whitespace_item, permission=ACCOUNT_WRITE),
    CommandHandler(command=CreateGoal, handler=create_goal, permission=ACCOUNT_WRITE),
    CommandHandler(command=UpdateGoal, handler=update_goal, permission=ACCOUNT_WRITE),
    CommandHandler(command=RecordGoalProgress, handler=record_goal_progress, permission=ACCOUNT_WRITE),
    CommandHandler(command=AddMilestone, handler=add_milestone, permission=ACCOUNT_WRITE),
    CommandHandler(command=CompleteMilestone, handler=complete_milestone, permission=ACCOUNT_WRITE),
)
