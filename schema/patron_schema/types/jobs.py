"""Jobs as the API shows them: which there are, and each run of one."""

from __future__ import annotations

import datetime as dt
from typing import Any

import strawberry

from patron_core.jobs import models
from patron_core.jobs.overview import Overview, overview
from patron_core.jobs.permissions import JOB_READ

from ..declare import Connection, Query, extends, planned, resolver, root
from ..nodes import Node

__all__ = ["EXTENSIONS", "TYPES", "JobRun"]


@planned(models.JobRun)
class JobRun(Node):
    """A run of a job: planned by the job's schedule, or asked for."""

    name: str
    status: models.JobRunStatus
    planned_for: dt.datetime | None
    due_at: dt.datetime
    attempts: int
    progress_done: int
    progress_total: int | None
    message: str | None
    error: str | None
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    created_at: dt.datetime
    version: int


@strawberry.type(description="Work of its own that the core or a plugin of the tenant declares.")
class Job:
    name: str = strawberry.field(description="Its name, such as `retail.tiers`.")
    description: str = strawberry.field(description="What it does.")
    plugin: str = strawberry.field(description="Whose it is: the plugin's name, or core.")
    schedule: str | None = strawberry.field(
        description="When it recurs, a rule of RFC 5545; null where it is only asked for."
    )
    timezone: str = strawberry.field(description="By whose clock the schedule counts, an IANA name.")
    next_run_at: dt.datetime | None = strawberry.field(
        description="When it is due next; null where nothing is planned."
    )
    last_run_at: dt.datetime | None = strawberry.field(description="When its last run began.")
    last_run_status: models.JobRunStatus | None = strawberry.field(description="How far its last run has come.")

    @staticmethod
    def of(shown: Overview) -> Job:
        """A job with its runs."""
        return Job(
            name=shown.job.name,
            description=shown.job.description,
            plugin=shown.plugin,
            schedule=shown.job.schedule,
            timezone=shown.timezone,
            next_run_at=shown.next_run_at,
            last_run_at=shown.last_run_at,
            last_run_status=shown.last_run_status,
        )


@extends(Query)
class JobQuery:
    job_runs: Connection[JobRun] = root(description="Runs of jobs: planned, at work, done, parked.")

    @resolver(scope=JOB_READ)
    async def jobs(self, info: strawberry.Info[Any, Any]) -> list[Job]:
        """The jobs of the caller's tenant, with when they run next and how they ran last."""
        gateway, actor = info.context.gateway, info.context.actor
        plugins, zone = info.context.tenant.plugins, gateway.settings.timezone
        now = gateway.clock.now()
        found = await gateway.database.read(
            actor.tenant_id, lambda session: overview(session, plugins, now=now, zone=zone)
        )
        return [Job.of(shown) for shown in found]


TYPES = (JobRun,)
EXTENSIONS = (JobQuery,)
