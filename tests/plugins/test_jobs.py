"""Every job that there is may run twice: what it did the first time it does not do again."""

from __future__ import annotations

import datetime as dt
import random

import pytest_asyncio
from sqlalchemy import func, select

from patron_core.audit.models import AuditEntry
from patron_core.demo import fill_core
from patron_core.hookspecs import DemoContext, Job
from patron_core.jobs.models import JobRun, JobRunStatus
from patron_core.jobs.runner import JobRunner
from patron_core.jobs.service import jobs, run_job
from patron_core.outbox.models import OutboxEvent
from patron_core.unit_of_work import UnitOfWork
from patron_schema.testing.databases import PreparedDatabase

YEARS = dt.timedelta(days=5 * 366)
WEEK = dt.timedelta(days=7)  # the longest time between two runs of a schedule


@pytest_asyncio.fixture
async def filled(database: PreparedDatabase) -> PreparedDatabase:
    """The demo's data of the core and of every plugin, five years later: much of it is due for something."""

    def work(uow: UnitOfWork) -> None:
        demo = DemoContext(uow, random.Random(7), database.clock)
        fill_core(demo, people=6, companies=1)
        for _, call in database.plugins.calls("patron_demo_data", demo=demo):
            call()

    await database.do(work)
    database.clock.advance(YEARS)
    return database


def traces(uow: UnitOfWork) -> tuple[int, int]:
    """How many changes and events there were."""
    ((changes,),) = uow.rows(select(func.count(AuditEntry.id)))
    ((events,),) = uow.rows(select(func.count(OutboxEvent.id)))
    return changes, events


async def test_all_jobs_run_by_their_schedules_and_what_is_run_again_changes_nothing(filled: PreparedDatabase) -> None:
    known = [job for _, job in jobs(filled.plugins) if job.schedule is not None]
    before = await filled.do(traces)
    runner = JobRunner(filled.database, filled.plugins, clock=filled.clock, ids=filled.ids)
    for waited in (dt.timedelta(), WEEK, dt.timedelta(days=1)):  # at last what one job left to another
        filled.clock.advance(waited)
        await runner.run_due(filled.tenant_id)

    done = await filled.do(lambda uow: uow.select(select(JobRun.name).where(JobRun.status == JobRunStatus.DONE)))
    assert {job.name for job in known} == set(done)
    assert await filled.do(lambda uow: uow.select(select(JobRun).where(JobRun.attempts > 1))) == []
    for job in known:
        if str(job.schedule).startswith("FREQ=WEEKLY"):
            await asked(filled, job)  # what it did another day is another day's
    after = await filled.do(traces)
    assert after > before  # else nothing was shown

    for job in known:
        await asked(filled, job)
        assert await filled.do(traces) == after, job.name


async def asked(database: PreparedDatabase, job: Job) -> None:
    """Runs a job here and now."""
    await run_job(
        database.database,
        database.plugins,
        job.name,
        tenant_id=database.tenant_id,
        clock=database.clock,
        ids=database.ids,
    )
