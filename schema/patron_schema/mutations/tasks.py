"""Make tasks and rhythms of contact, and finish tasks."""

from __future__ import annotations

import strawberry

from patron_core.tasks import commands, events

from ..declare import Mutation, Subscription, extends, mutation, payload, subscription
from ..types.tasks import Cadence, ContactPlan, Task

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class TaskPayload:
    """What a mutation of a task gives."""

    task: Task | None = strawberry.field(description="The task, as it is now.")


@payload
class CadencePayload:
    """What a mutation of a rhythm of contact gives."""

    cadence: Cadence | None = strawberry.field(description="The rhythm, as it is now.")


@extends(Mutation)
class TaskMutation:
    task_create: TaskPayload = mutation(commands.CreateTask, description="Makes a task.")
    task_update: TaskPayload = mutation(
        commands.UpdateTask, description="Changes an open task, or gives it to somebody else."
    )
    task_complete: TaskPayload = mutation(
        commands.CompleteTask, description="Finishes an open task, with what came of it."
    )
    task_cancel: TaskPayload = mutation(commands.CancelTask, description="Gives an open task up.")
    cadence_define: CadencePayload = mutation(
        commands.DefineCadence, description="Defines how often customers should hear from us."
    )
    cadence_update: CadencePayload = mutation(commands.UpdateCadence, description="Changes a rhythm of contact.")


@extends(Subscription)
class TaskSubscription:
    task_due: Task = subscription(
        events.TaskDue, node_id="task_id", description="Each task that it is time to be reminded of."
    )
    contact_gap_opened: ContactPlan = subscription(
        events.ContactGapOpened,
        node_id="contact_plan_id",
        description="Each customer who has not heard from us for longer than the rhythm of contact says.",
    )


TYPES: tuple[type, ...] = (TaskPayload, CadencePayload)
EXTENSIONS: tuple[type, ...] = (TaskMutation, TaskSubscription)
