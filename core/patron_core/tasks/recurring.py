"""What recurs: contacts are planned and gaps told of, and people are reminded of tasks."""

from __future__ import annotations

from typing import Final

from patron_core.hookspecs import Job
from patron_core.tasks.plans import plan_contacts, remind_of_tasks

__all__ = ["JOBS"]

JOBS: Final = (
    Job(
        name="core.plan_contacts",
        description="Plans the next contact with each customer, tells of gaps and opens the tasks that close them.",
        schedule="FREQ=DAILY;BYHOUR=4;BYMINUTE=30",
        step=plan_contacts,
    ),
    Job(
        name="core.remind_of_tasks",
        description="Tells of open tasks that are due, each once.",
        schedule="FREQ=MINUTELY;INTERVAL=5",
        step=remind_of_tasks,
    ),
)
