"""What may be asked about tasks and rhythms of contact: make, change, finish, give up; define and change a rhythm."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Annotated

from patron_core.channels.models import Channel
from patron_core.customers.commands import CustomerId
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.tasks.models import Cadence, Task, TaskPriority
from patron_core.touchpoints.commands import TouchpointId
from patron_core.validation import aware, key, not_null, one_line, paragraphs, within
from patron_core.values import UNSET, Unset

__all__ = [
    "CadenceId",
    "CancelTask",
    "CompleteTask",
    "CreateTask",
    "DefineCadence",
    "TaskId",
    "UpdateCadence",
    "UpdateTask",
]

TaskId = Annotated[uuid.UUID, IdOf(Task)]
CadenceId = Annotated[uuid.UUID, IdOf(Cadence)]

_MOST_DAYS = 3_650


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTask(Command):
    """Makes a task: for a customer, about a row of whatever type, or of our own."""

    customer_id: CustomerId | None = argument(
        "For whom; left out, it is whom `aboutId` is about, where that is somebody.", default=None
    )
    about_id: str | None = argument("Id of what it is about, such as a deal.", default=None)
    title: str = argument("What to do, in one line.")
    note: str | None = argument("What to know about it.", default=None)
    due_at: dt.datetime = argument("Until when.")
    remind_at: dt.datetime | None = argument("When to remind of it; when it is due where left out.", default=None)
    assignee: str | None = argument("Who of us is to do it.", default=None)
    team: str | None = argument("Which team is to do it.", default=None)
    priority: TaskPriority = argument("How much it matters.", default=TaskPriority.NORMAL)
    channel: Channel | None = argument("Over which channel to do it.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "title", "about_id", "assignee", "team")
        paragraphs(self, "note")
        aware(self, "due_at", "remind_at")
        key(self, "idempotency_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateTask(Command):
    """Changes an open task, or gives it to somebody else: fields that are left out stay as they are, null empties them."""

    id: TaskId = argument("The task.")
    version: int = argument("The version the change was made from.")
    title: str | Unset = argument("What to do, in one line.", default=UNSET)
    note: str | Unset | None = argument("What to know about it.", default=UNSET)
    due_at: dt.datetime | Unset = argument("Until when.", default=UNSET)
    remind_at: dt.datetime | Unset = argument("When to remind of it; moves with `dueAt` where left out.", default=UNSET)
    assignee: str | Unset | None = argument("Who of us is to do it.", default=UNSET)
    team: str | Unset | None = argument("Which team is to do it.", default=UNSET)
    priority: TaskPriority | Unset = argument("How much it matters.", default=UNSET)
    channel: Channel | Unset | None = argument("Over which channel to do it.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "title", "due_at", "remind_at", "priority")
        one_line(self, "title", "assignee", "team")
        paragraphs(self, "note")
        aware(self, "due_at", "remind_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteTask(Command):
    """Finishes an open task, with what came of it."""

    id: TaskId = argument("The task.")
    version: int = argument("The version the change was made from.")
    outcome: str = argument("What came of it.")
    touchpoint_id: TouchpointId | None = argument("The contact in which it was done.", default=None)

    def __post_init__(self) -> None:
        paragraphs(self, "outcome")


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelTask(Command):
    """Gives an open task up."""

    id: TaskId = argument("The task.")
    version: int = argument("The version the change was made from.")
    reason: str = argument("Why.")

    def __post_init__(self) -> None:
        paragraphs(self, "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineCadence(Command):
    """Defines how often customers should hear from us: one customer, an owner's, or all who have no closer rule."""

    name: str = argument("Name to show.")
    every_days: int = argument("After how many days without contact the next one is due, 1 to 3650.")
    customer_id: CustomerId | None = argument("Whom alone it is for.", default=None)
    owner: str | None = argument("Whose customers it is for.", default=None)
    channel: Channel | None = argument("Over which channel to contact them.", default=None)
    priority: TaskPriority = argument("How much its tasks matter.", default=TaskPriority.NORMAL)
    team: str | None = argument("Which team gets its tasks.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "name", maximum=80)
        one_line(self, "owner", "team")
        key(self, "idempotency_key")
        within(self.every_days, most=_MOST_DAYS, path="every_days")
        if self.customer_id is not None and self.owner is not None:
            raise InvalidInput(
                "The rhythm is for two at once. A customer and an owner were given. Give one of them, or neither.",
                path=("owner",),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateCadence(Command):
    """Changes a rhythm of contact: fields that are left out stay as they are, null empties them."""

    id: CadenceId = argument("The rhythm.")
    version: int = argument("The version the change was made from.")
    name: str | Unset = argument("Name to show.", default=UNSET)
    every_days: int | Unset = argument("After how many days the next contact is due, 1 to 3650.", default=UNSET)
    channel: Channel | Unset | None = argument("Over which channel to contact them.", default=UNSET)
    priority: TaskPriority | Unset = argument("How much its tasks matter.", default=UNSET)
    team: str | Unset | None = argument("Which team gets its tasks.", default=UNSET)
    active: bool | Unset = argument("Whether it counts.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "name", "every_days", "priority", "active")
        one_line(self, "name", maximum=80)
        one_line(self, "team")
        within(self.every_days, most=_MOST_DAYS, path="every_days")
