"""What can have happened to tasks and rhythms of contact. Events carry ids and names of fields, never what they hold."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event

__all__ = [
    "CadenceDefined",
    "ContactGapOpened",
    "TaskCancelled",
    "TaskChanged",
    "TaskCreated",
    "TaskDone",
    "TaskDue",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCreated(Event):
    """There is a task. `customer_id` is set where it is for one."""

    type: ClassVar[str] = "task.created"
    task_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskChanged(Event):
    """Some fields of a task changed, its assignee perhaps. `customer_id` is set where it is for one."""

    type: ClassVar[str] = "task.changed"
    task_id: uuid.UUID
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDue(Event):
    """It is time to be reminded of an open task; told once for each time it is due. `customer_id` is set where it is for one."""

    type: ClassVar[str] = "task.due"
    task_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDone(Event):
    """A task was done. `customer_id` is set where it was for one."""

    type: ClassVar[str] = "task.done"
    task_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCancelled(Event):
    """A task was given up. `customer_id` is set where it was for one."""

    type: ClassVar[str] = "task.cancelled"
    task_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CadenceDefined(Event):
    """A rhythm of contact exists or changed. `customer_id` is set where it is for one customer alone."""

    type: ClassVar[str] = "cadence.defined"
    cadence_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactGapOpened(Event):
    """A customer has not heard from us for longer than the rhythm of contact says. `customer_id` is set. days: how long too long."""

    type: ClassVar[str] = "contact_gap.opened"
    contact_plan_id: uuid.UUID
    days: int
