"""How jobs stand: each job of a tenant with when it is due next and how it ran last."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select, tuple_

from patron_core.database import TenantSession
from patron_core.hookspecs import Job
from patron_core.jobs.declared import jobs
from patron_core.jobs.models import JobRun, JobRunStatus
from patron_core.jobs.planning import next_times
from patron_core.plugins import Plugins

__all__ = ["Overview", "overview"]


@dataclass(frozen=True, slots=True)
class Overview:
    """A job and its runs. next_run_at: None where nothing is planned. timezone: by whose clock its schedule counts."""

    plugin: str
    job: Job
    timezone: str
    next_run_at: dt.datetime | None
    last_run_at: dt.datetime | None
    last_run_status: JobRunStatus | None


def overview(session: TenantSession, plugins: Plugins, *, now: dt.datetime, zone: str) -> list[Overview]:
    """Every job of the session's tenant, the core's first. plugins: the tenant's. zone: of jobs that name none."""
    declared = list(jobs(plugins))
    # A worker plans a time when it first looks at the tenant: until then the schedule itself says when.
    following = {**next_times((job for _, job in declared), after=now, zone=zone), **_waiting(session)}
    last = _last(session)
    return [
        Overview(plugin, job, job.timezone or zone, following.get(job.name), *last.get(job.name, (None, None)))
        for plugin, job in declared
    ]


def _waiting(session: TenantSession) -> dict[str, dt.datetime]:
    is_open = JobRun.status == JobRunStatus.WAITING
    rows = session.execute(select(JobRun.name, func.min(JobRun.due_at)).where(is_open).group_by(JobRun.name)).all()
    return dict(rows)


def _last(session: TenantSession) -> dict[str, tuple[dt.datetime | None, JobRunStatus | None]]:
    begun = select(JobRun.name, func.max(JobRun.started_at)).where(JobRun.started_at.is_not(None))
    newest = [tuple(row) for row in session.execute(begun.group_by(JobRun.name)).all()]
    if not newest:
        return {}
    those = select(JobRun.name, JobRun.started_at, JobRun.status).where(
        tuple_(JobRun.name, JobRun.started_at).in_(newest)
    )
    rows = session.execute(those.order_by(JobRun.id)).all()
    return {name: (moment, status) for name, moment, status in rows}
