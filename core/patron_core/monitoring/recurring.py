"""What recurs: every active rule is evaluated every five minutes, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from patron_core.hookspecs import Job, Progress, Step
from patron_core.jobs.walking import go_on, reached
from patron_core.monitoring.evaluating import evaluate
from patron_core.monitoring.models import MonitoringRule

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["JOBS", "MONITOR", "evaluate_next"]

MONITOR: Final = "core.monitor_behaviour"


def evaluate_next(step: Step, uow: UnitOfWork) -> Progress | None:
    """Evaluates one rule in each step, in the order of their ids."""
    statement = (
        select(MonitoringRule)
        .where(MonitoringRule.active.is_(True), MonitoringRule.id > reached(step))
        .order_by(MonitoringRule.id)
        .limit(1)
        .with_for_update()
    )
    rule = next(iter(uow.select(statement)), None)
    if rule is None:
        return None
    evaluate(rule, uow)
    return go_on(step, [rule.id], most=1)


JOBS: Final = (
    Job(
        name=MONITOR,
        description="Evaluates the rules that watch behaviour, and opens alerts.",
        schedule="FREQ=MINUTELY;INTERVAL=5",
        step=evaluate_next,
    ),
)
