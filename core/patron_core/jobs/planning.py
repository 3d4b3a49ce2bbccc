"""What is to be run when: rows for the next times of schedules, each time of a job once for a tenant.

In come the jobs of a tenant and the rows that are open, out go rows that wait. Times that passed while nobody worked are not
made up for one by one: the row that was waiting runs once, and the next time is counted from then.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select, update

from patron_core.database.rows import NewRows, insert_new
from patron_core.database.tenancy import AUDITED, TenantSession
from patron_core.hookspecs import Job
from patron_core.jobs.models import JobRun, JobRunStatus
from patron_core.jobs.schedule import next_time
from patron_core.records import table_of
from patron_core.values import IdSource

__all__ = ["Times", "next_times", "open_times", "plan"]

Times = Mapping[str, dt.datetime]
_OPEN: Final = (JobRunStatus.WAITING, JobRunStatus.RUNNING)


def next_times(jobs: Iterable[Job], *, after: dt.datetime, zone: str) -> Times:
    """When each job is due next by its schedule, by its name. zone: of jobs that name none themselves."""
    found = {
        job.name: next_time(job.schedule, after=after, zone=job.timezone or zone)
        for job in jobs
        if job.schedule is not None
    }
    return {name: moment for name, moment in found.items() if moment is not None}


def open_times(session: TenantSession) -> Times:
    """The times that are planned and not done yet, by the job's name; of several the first."""
    planned = select(JobRun.name, JobRun.planned_for).where(JobRun.status.in_(_OPEN), JobRun.planned_for.is_not(None))
    rows = session.execute(planned.order_by(JobRun.planned_for.desc())).all()
    return {name: moment for name, moment in rows if moment is not None}


def plan(session: TenantSession, times: Times, *, now: dt.datetime, ids: IdSource) -> None:
    """Sees to it that each job has a row that waits for its next time, or for an earlier one.

    times: as of `next_times`. A row that waits for a later time than it should is brought forward: the clock was ahead, or
    the schedule has changed. A time that was run before is not run again.
    """
    found = open_times(session)
    late = {name: moment for name, moment in times.items() if name in found and found[name] > moment}
    for name, moment in late.items():
        _bring_forward(session, name, moment, now=now)
    missing = {name: moment for name, moment in times.items() if name not in found}
    if missing:
        insert_new(session.connection(), _rows(session.tenant_id, missing, now=now, ids=ids))


def _bring_forward(session: TenantSession, name: str, moment: dt.datetime, *, now: dt.datetime) -> None:
    was_there = select(JobRun.id).where(JobRun.name == name, JobRun.planned_for == moment)
    if session.scalars(was_there).first() is not None:
        return
    later = (
        select(JobRun.id)
        .where(JobRun.name == name, JobRun.status == JobRunStatus.WAITING, JobRun.planned_for > moment)
        .where(JobRun.attempts == 0)
        .order_by(JobRun.planned_for)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found: uuid.UUID | None = session.scalars(later).first()
    if found is None:
        return
    values: dict[str, Any] = {"planned_for": moment, "due_at": moment, "updated_at": now, "version": JobRun.version + 1}
    statement = update(JobRun).where(JobRun.id == found).values(values)
    session.execute(statement.execution_options(**{AUDITED: True, "synchronize_session": False}))


def _rows(tenant_id: uuid.UUID, times: Times, *, now: dt.datetime, ids: IdSource) -> NewRows:
    shared = {
        "tenant_id": tenant_id,
        "version": 1,
        "created_at": now,
        "updated_at": now,
        "status": JobRunStatus.WAITING,
        "arguments": {},
        "state": {},
        "attempts": 0,
        "progress_done": 0,
    }
    columns: dict[str, Sequence[Any]] = {
        "id": ids.many(len(times)),
        "name": list(times),
        "planned_for": list(times.values()),
        "due_at": list(times.values()),
    }
    return NewRows(table_of(JobRun), shared, columns, ("tenant_id", "name", "planned_for"))
