"""Demo rows: rhythms of contact with the gaps they find, and tasks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from patron_core.channels.models import Channel
from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext, Step
from patron_core.tasks.commands import CompleteTask, CreateTask, DefineCadence
from patron_core.tasks.models import TaskPriority
from patron_core.tasks.plans import plan_contacts

__all__ = ["fill"]

_TASKS: Final = (
    ("Send the drawings", -2, TaskPriority.HIGH, "sales"),
    ("Ask for the order", 3, TaskPriority.NORMAL, "sales"),
    ("Check the bearings", 20, TaskPriority.LOW, "service"),
)


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Defines rhythms, plans the contacts, and gives companies and some people a task; one of them is done."""
    uow = demo.uow
    uow.handle(DefineCadence(name="Key accounts weekly", every_days=7, owner="key accounts", channel=Channel.PHONE))
    for customer in people[:2]:
        uow.handle(DefineCadence(name="Regulars weekly", every_days=7, customer_id=customer.id))
    uow.handle(DefineCadence(name="Everybody twice a year", every_days=183, priority=TaskPriority.LOW))
    uow.flush()
    plan_contacts(Step(arguments={}, state={}, done=0), uow)
    for number, customer in enumerate([*companies, *people[:6]]):
        title, days, priority, team = _TASKS[number % len(_TASKS)]
        task = uow.handle(
            CreateTask(
                customer_id=customer.id,
                title=title,
                due_at=demo.clock.now() + dt.timedelta(days=days),
                assignee=customer.owner,
                team=team,
                priority=priority,
                channel=Channel.PHONE,
            )
        )
        uow.flush()
        if number == len(_TASKS):
            uow.handle(CompleteTask(id=task.id, version=task.version, outcome="They have them and are content."))
