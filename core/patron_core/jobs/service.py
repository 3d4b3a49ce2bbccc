"""What is asked of jobs: a run is planned inside a unit of work, tried again, cancelled; and `patron job run` runs one here.

In come names, ids and a unit of work, out come rows of runs. Which jobs there are is said by `declared`; when they are due
by `planning`; carrying them out is left to `runner`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any, Final

from patron_core.access.permissions import ADMINISTRATOR
from patron_core.database import Database
from patron_core.errors import Conflict
from patron_core.hookspecs import CommandHandler, Job, Progress, Step
from patron_core.jobs.commands import CancelJob, RetryJob, RunJob
from patron_core.jobs.declared import job_alone, job_named, jobs
from patron_core.jobs.events import JobCancelled, JobRequested, JobRetried
from patron_core.jobs.models import JobRun, JobRunStatus
from patron_core.jobs.permissions import JOB_RUN
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.unit_of_work import UnitOfWork, execute
from patron_core.values import Clock, IdSource

__all__ = ["HANDLERS", "enqueue", "job_actor", "jobs", "run_job", "take_step"]


def enqueue(
    uow: UnitOfWork,
    name: str,
    arguments: Mapping[str, Any] | None = None,
    *,
    due_at: dt.datetime | None = None,
    key: str | None = None,
) -> uuid.UUID | None:
    """Has a job run once, after this unit of work has committed, and returns the run's id.

    arguments: JSON that the job's `step` gets; ids and counts, never data about somebody: nobody erases it there. due_at:
    at the earliest, now by default. key: a second run of the job with the same key is not made, and None is returned; for
    work that an event may ask for many times. NOT_FOUND where the tenant has no such job.
    """
    job_named(name, uow.plugins)
    row = {
        "name": name,
        "status": JobRunStatus.WAITING,
        "due_at": due_at or uow.now,
        "key": key,
        "arguments": dict(arguments or {}),
        "state": {},
    }
    if key is None:
        return uow.add_many(JobRun, [row])[0]
    return next(iter(uow.add_many(JobRun, [row], unless_exists=("name", "key"))), None)


def run_now(command: RunJob, uow: UnitOfWork) -> JobRun:
    """Plans a run beside the schedule, due at once. INVALID_INPUT for a job that only works with arguments."""
    job_alone(command.name, uow.plugins, path=("name",))
    run = uow.add(
        JobRun(name=command.name, status=JobRunStatus.WAITING, due_at=uow.now, arguments={}, state={}, attempts=0)
    )
    uow.emit(JobRequested(job_run_id=run.id, name=run.name))
    return run


def retry(command: RetryJob, uow: UnitOfWork) -> JobRun:
    """Has a parked run tried again. CONFLICT for one that is not parked."""
    run = uow.get(JobRun, command.id, lock=True, path=("id",))
    if run.status is not JobRunStatus.PARKED:
        raise Conflict(
            f"Only parked runs are tried again. This one is {run.status.name}. Run the job now instead.", path=("id",)
        )
    run.status, run.due_at, run.attempts, run.finished_at = JobRunStatus.WAITING, uow.now, 0, None
    uow.emit(JobRetried(job_run_id=run.id, name=run.name))
    return run


def cancel(command: CancelJob, uow: UnitOfWork) -> JobRun:
    """Takes back a run. CONFLICT for one that is done or cancelled; a worker that has it in hand undoes what it does."""
    run = uow.get(JobRun, command.id, lock=True, path=("id",))
    if run.status in (JobRunStatus.DONE, JobRunStatus.CANCELLED):
        raise Conflict(f"Nothing is left to cancel. The run is {run.status.name}. Look for another run.", path=("id",))
    run.status, run.finished_at, run.lease, run.leased_until = JobRunStatus.CANCELLED, uow.now, None, None
    uow.emit(JobCancelled(job_run_id=run.id, name=run.name))
    return run


def take_step(job: Job, step: Step, uow: UnitOfWork) -> Progress | None:
    """One step of a job; None when all is done."""
    if job.step is not None:
        return job.step(step, uow)
    assert job.run is not None  # a job has one of the two
    return job.run(uow)


def job_actor(tenant_id: uuid.UUID, name: str) -> Actor:
    """As whom a job runs: the system, and the job's name its reason."""
    reason = f"The job {name} runs."
    return Actor(tenant_id, f"job {name}", "system", roles=(ADMINISTRATOR,), reason=reason)


async def run_job(
    database: Database, plugins: Plugins, name: str, *, tenant_id: uuid.UUID, clock: Clock, ids: IdSource
) -> Job:
    """Runs the job of this name for a tenant here and now, to its end, and returns it.

    NOT_FOUND where there is none, INVALID_INPUT for a job that only works with arguments.

    plugins: those of the tenant. Each step is one transaction; no run is kept of it.
    """
    job = job_alone(name, plugins)
    progress: Progress | None = Progress(done=0)
    while progress is not None:
        step = Step(arguments={}, state=progress.state, done=progress.done)

        def work(uow: UnitOfWork, step: Step = step) -> Progress | None:
            return take_step(job, step, uow)

        actor = job_actor(tenant_id, name)
        outcome = await execute(
            database, work, actor=actor, clock=clock, ids=ids, plugins=plugins, request_id=f"job {name}"
        )
        progress = outcome.value
    return job


HANDLERS: Final = (
    CommandHandler(command=RunJob, handler=run_now, permission=JOB_RUN),
    CommandHandler(command=RetryJob, handler=retry, permission=JOB_RUN),
    CommandHandler(command=CancelJob, handler=cancel, permission=JOB_RUN),
)
