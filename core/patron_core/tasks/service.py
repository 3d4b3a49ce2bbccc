"""What happens to tasks and rhythms of contact: they are made, changed, finished and given up, inside the caller's unit of work."""

from __future__ import annotations

import uuid
from typing import Final

from patron_core.customers.models import Customer
from patron_core.errors import Conflict, InvalidInput
from patron_core.hookspecs import CommandHandler
from patron_core.jobs.service import enqueue
from patron_core.node_refs import about_of, row_named
from patron_core.tasks import events
from patron_core.tasks.commands import (
    CancelTask,
    CompleteTask,
    CreateTask,
    DefineCadence,
    UpdateCadence,
    UpdateTask,
)
from patron_core.tasks.models import Cadence, Task, TaskState
from patron_core.tasks.permissions import TASK_WRITE
from patron_core.tasks.plans import note_contacts
from patron_core.touchpoints.models import Touchpoint
from patron_core.unit_of_work import UnitOfWork
from patron_core.updates import apply_update
from patron_core.validation import same_version
from patron_core.values import Unset

__all__ = [
    "HANDLERS",
    "PLAN_CONTACTS",
    "cancel_task",
    "complete_task",
    "create_task",
    "define_cadence",
    "update_cadence",
    "update_task",
]

PLAN_CONTACTS: Final = "core.plan_contacts"


# -- tasks


def create_task(command: CreateTask, uow: UnitOfWork) -> Task:
    """Makes a task. NOT_FOUND for an unknown customer or row, INVALID_INPUT where the row is about another customer."""
    customer_id = command.customer_id
    if customer_id is not None:
        uow.get(Customer, customer_id, path=("customer_id",))
    if command.about_id is not None:
        about = about_of(row_named(command.about_id, uow, path=("about_id",)), Customer, uow)
        if customer_id is not None and about is not None and about != customer_id:
            raise InvalidInput(
                "The task is for one customer and about another's row. Both were given. Leave the customer out, or name "
                "a row of theirs.",
                path=("about_id",),
            )
        customer_id = customer_id or about
    task = uow.add(
        Task(
            customer_id=customer_id,
            about_id=command.about_id,
            title=command.title,
            note=command.note,
            due_at=command.due_at,
            remind_at=command.remind_at or command.due_at,
            assignee=command.assignee,
            team=command.team,
            priority=command.priority,
            channel=command.channel,
            state=TaskState.OPEN,
            occurred_at=command.due_at,
        )
    )
    uow.emit(events.TaskCreated(customer_id=customer_id, task_id=task.id))
    return task


def update_task(command: UpdateTask, uow: UnitOfWork) -> Task:
    """Changes an open task. CONFLICT where it is done or given up."""
    task = _open_task(command.id, command.version, uow)
    changed = apply_update(command, to=task)
    if "due_at" in changed:
        task.occurred_at = task.due_at
        if isinstance(command.remind_at, Unset):
            task.remind_at = task.due_at
    if task.remind_at > uow.now:
        task.reminded_at = None
    if changed:
        uow.emit(events.TaskChanged(customer_id=task.customer_id, task_id=task.id, fields=changed))
    return task


def complete_task(command: CompleteTask, uow: UnitOfWork) -> Task:
    """Finishes an open task; a task of a rhythm of contact counts as a contact. CONFLICT where it is not open."""
    if command.touchpoint_id is not None:
        uow.get(Touchpoint, command.touchpoint_id, path=("touchpoint_id",))
    task = _open_task(command.id, command.version, uow)
    task.touchpoint_id = command.touchpoint_id
    _finish(task, uow, state=TaskState.DONE, outcome=command.outcome)
    uow.emit(events.TaskDone(customer_id=task.customer_id, task_id=task.id))
    if task.cadence_id is not None and task.customer_id is not None:
        note_contacts(uow, {task.customer_id: uow.now})
    return task


def cancel_task(command: CancelTask, uow: UnitOfWork) -> Task:
    """Gives an open task up. CONFLICT where it is not open."""
    task = _open_task(command.id, command.version, uow)
    _finish(task, uow, state=TaskState.CANCELLED, outcome=command.reason)
    uow.emit(events.TaskCancelled(customer_id=task.customer_id, task_id=task.id))
    return task


def _open_task(id_: uuid.UUID, version: int, uow: UnitOfWork) -> Task:
    task = uow.get(Task, id_, lock=True, path=("id",))
    same_version(task, version=version)
    if task.state is not TaskState.OPEN:
        raise Conflict(
            f"The task is not open. It is {task.state.name}. Make another where more is to be done.", path=("id",)
        )
    return task


def _finish(task: Task, uow: UnitOfWork, *, state: TaskState, outcome: str) -> None:
    task.state = state
    task.outcome = outcome
    task.done_at = task.occurred_at = uow.now
    task.done_by = uow.actor.subject


# -- rhythms of contact


def define_cadence(command: DefineCadence, uow: UnitOfWork) -> Cadence:
    """Defines a rhythm of contact and has it planned. NOT_FOUND for an unknown customer."""
    if command.customer_id is not None:
        uow.get(Customer, command.customer_id, path=("customer_id",))
    cadence = uow.add(
        Cadence(
            customer_id=command.customer_id,
            owner=command.owner,
            name=command.name,
            every_days=command.every_days,
            channel=command.channel,
            priority=command.priority,
            team=command.team,
            active=True,
        )
    )
    return _told(cadence, uow)


def update_cadence(command: UpdateCadence, uow: UnitOfWork) -> Cadence:
    """Changes a rhythm of contact and has it planned anew."""
    cadence = uow.get(Cadence, command.id, path=("id",))
    same_version(cadence, version=command.version)
    apply_update(command, to=cadence)
    return _told(cadence, uow)


def _told(cadence: Cadence, uow: UnitOfWork) -> Cadence:
    uow.emit(events.CadenceDefined(customer_id=cadence.customer_id, cadence_id=cadence.id))
    enqueue(uow, PLAN_CONTACTS)
    return cadence


HANDLERS: Final[tuple[CommandHandler, ...]] = (
    CommandHandler(command=CreateTask, handler=create_task, permission=TASK_WRITE),
    CommandHandler(command=UpdateTask, handler=update_task, permission=TASK_WRITE),
    CommandHandler(command=CompleteTask, handler=complete_task, permission=TASK_WRITE),
    CommandHandler(command=CancelTask, handler=cancel_task, permission=TASK_WRITE),
    CommandHandler(command=DefineCadence, handler=define_cadence, permission=TASK_WRITE),
    CommandHandler(command=UpdateCadence, handler=update_cadence, permission=TASK_WRITE),
)
