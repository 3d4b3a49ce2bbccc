"""Planning for customers, and keeping their goals."""

from __future__ import annotations

import strawberry

from patron_core.accounts import commands, events

from ..declare import Mutation, Subscription, extends, mutation, payload, subscription
from ..types.accounts import AccountPlan, Goal, Milestone, WhitespaceItem

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class AccountPlanPayload:
    """What a mutation of a plan gives."""

    account_plan: AccountPlan | None = strawberry.field(description="The plan, as it is now.")


@payload
class WhitespaceItemPayload:
    """What a mutation of something to be offered gives."""

    whitespace_item: WhitespaceItem | None = strawberry.field(description="The item, as it is now.")


@payload
class GoalPayload:
    """What a mutation of a goal gives."""

    goal: Goal | None = strawberry.field(description="The goal, as it is now.")


@payload
class MilestonePayload:
    """What a mutation of a step to a goal gives."""

    milestone: Milestone | None = strawberry.field(description="The step, as it is now.")


@extends(Mutation)
class AccountMutation:
    account_plan_create: AccountPlanPayload = mutation(
        commands.CreateAccountPlan, description="Plans for a customer, for a period."
    )
    account_plan_update: AccountPlanPayload = mutation(
        commands.UpdateAccountPlan,
        description="Changes a plan; another stage of the account is kept in its history.",
    )
    account_whitespace_add: WhitespaceItemPayload = mutation(
        commands.AddWhitespaceItem,
        description="Takes up a product that the customer does not buy and is to be offered.",
    )
    account_whitespace_update: WhitespaceItemPayload = mutation(
        commands.UpdateWhitespaceItem, description="Notes what became of something to be offered."
    )
    goal_create: GoalPayload = mutation(
        commands.CreateGoal, description="Sets a goal for a customer, with the steps to it."
    )
    goal_update: GoalPayload = mutation(commands.UpdateGoal, description="Changes a goal's name, day or owner.")
    goal_progress: GoalPayload = mutation(
        commands.RecordGoalProgress, description="Keeps where a goal is; whether it is reached follows from the number."
    )
    goal_milestone_add: MilestonePayload = mutation(
        commands.AddMilestone, description="Adds a step to a goal, after those there are."
    )
    goal_milestone_complete: MilestonePayload = mutation(
        commands.CompleteMilestone, description="Notes that a step is done, or takes that back."
    )


@extends(Subscription)
class AccountSubscription:
    goal_changed: Goal = subscription(
        events.GoalCreated,
        events.GoalProgressed,
        node_id="goal_id",
        description="Each goal that was set, or came to another number or status.",
    )


TYPES = (AccountPlanPayload, WhitespaceItemPayload, GoalPayload, MilestonePayload)
EXTENSIONS = (AccountMutation, AccountSubscription)
