"""How long runs of jobs are remembered."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select

from patron_core.database.tenancy import AUDITED
from patron_core.hookspecs import Job, Progress, Step
from patron_core.jobs.models import JobRun, JobRunStatus

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["JOBS", "KEPT_FOR"]

#: How long a run that was done or cancelled is shown.
KEPT_FOR: Final = dt.timedelta(days=30)
_AT_ONCE: Final = 1_000


def forget(step: Step, uow: UnitOfWork) -> Progress | None:
    """Deletes runs that came to rest long ago; parked ones stay until somebody has looked at them."""
    at_rest = JobRun.status.in_([JobRunStatus.DONE, JobRunStatus.CANCELLED])
    old = select(JobRun.id).where(at_rest, JobRun.finished_at < uow.now - KEPT_FOR).order_by(JobRun.id).limit(_AT_ONCE)
    ids = uow.select(old)
    statement = delete(JobRun).where(uow.among(JobRun.id, ids))
    uow.session.execute(statement.execution_options(**{AUDITED: True, "synchronize_session": False}))
    return Progress(done=step.done + len(ids)) if len(ids) == _AT_ONCE else None


JOBS: Final = (
    Job(
        name="core.forget_job_runs",
        description="Forgets runs of jobs that were done or cancelled more than thirty days ago.",
        schedule="FREQ=DAILY;BYHOUR=4",
        step=forget,
    ),
)
