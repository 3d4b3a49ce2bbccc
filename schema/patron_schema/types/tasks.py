"""Tasks, reminders and rhythms of contact, as the API shows them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from patron_core.channels.models import Channel
from patron_core.tasks import models

from ..declare import Connection, Query, expression, extends, planned, related, root
from ..nodes import Node
from .customers import Customer
from .timeline import TimelineEntry

if TYPE_CHECKING:
    from .touchpoints import Touchpoint

__all__ = ["EXTENSIONS", "TYPES", "Cadence", "ContactPlan", "Task"]


@planned(models.Cadence)
class Cadence(Node):
    """How often customers should hear from us: one customer, those of an owner, or all who have no closer rule."""

    customer: Customer | None
    owner: str | None
    name: str
    every_days: int
    channel: Channel | None
    priority: models.TaskPriority
    team: str | None
    active: bool
    version: int
    plans: Connection[ContactPlan] = related(models.ContactPlan.cadence, description="The customers it holds for.")


@planned(models.Task)
class Task(TimelineEntry):
    """Something somebody of us is to do, mostly for a customer."""

    customer: Customer | None
    about_id: str | None
    title: str
    note: str | None
    due_at: dt.datetime
    remind_at: dt.datetime
    reminded_at: dt.datetime | None
    assignee: str | None
    team: str | None
    priority: models.TaskPriority
    channel: Channel | None
    state: models.TaskState
    outcome: str | None
    done_at: dt.datetime | None
    done_by: str | None
    occurred_at: dt.datetime
    touchpoint: Touchpoint | None
    cadence: Cadence | None
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    summary: str = expression(models.Task.title, description="What to do.", filterable=False, orderable=False)


@planned(models.ContactPlan)
class ContactPlan(Node):
    """When the next contact with a customer is due, by the rhythm of contact that holds for the customer."""

    customer: Customer
    cadence: Cadence
    last_contact_at: dt.datetime | None
    next_touch_due: dt.datetime
    gap_since: dt.datetime | None
    task: Task | None


@extends(Customer)
class CustomerTasks:
    tasks: Connection[Task] = related(models.Task.customer, description="What is and was to be done for the customer.")
    contact_plan: ContactPlan | None = related(
        models.ContactPlan.customer, description="When the next contact is due; null where no rhythm holds."
    )


@extends(Query)
class TaskQuery:
    task: Task | None = root(description="A task by its id.")
    tasks: Connection[Task] = root(description="Tasks.")
    cadences: Connection[Cadence] = root(description="Rhythms of contact.")
    contact_plans: Connection[ContactPlan] = root(
        description="When the next contact with each customer is due; those in the past are gaps."
    )


TYPES: tuple[type, ...] = (Cadence, Task, ContactPlan)
EXTENSIONS: tuple[type, ...] = (CustomerTasks, TaskQuery)
