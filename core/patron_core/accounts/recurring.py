"""What recurs: goals whose day has passed are missed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from patron_core.accounts.models import Goal, GoalStatus
from patron_core.accounts.service import settle_goal
from patron_core.hookspecs import Job, Progress, Step

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["JOBS", "miss_goals"]

_AT_ONCE: Final = 500


def miss_goals(step: Step, uow: UnitOfWork) -> Progress | None:
    """Notes goals as missed whose day has passed, up to 500 in each step; those found are out of the next one's way."""
    overdue = select(Goal).where(Goal.status.in_([GoalStatus.OPEN, GoalStatus.AT_RISK]), Goal.due_on < uow.now.date())
    found = uow.select(overdue.order_by(Goal.due_on, Goal.id).limit(_AT_ONCE))
    for goal in found:
        settle_goal(goal, uow, wanted=None, note=None)
    return Progress(done=step.done + len(found)) if len(found) == _AT_ONCE else None


JOBS: Final = (
    Job(
        name="core.miss_goals",
        description="Notes the goals of customers as missed whose day has passed.",
        schedule="FREQ=DAILY;BYHOUR=0;BYMINUTE=20",
        step=miss_goals,
    ),
)
