"""One attempt at a run that was claimed: its step, kept in hand meanwhile, and what becomes of the run.

In comes a run with its lease, out goes its effect, committed together with its being done; or a note that it failed, for
the next attempt or for whoever looks at parked runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Final

import structlog

from patron_core.database import Database, TenantSession
from patron_core.errors import Unavailable
from patron_core.fault_log import log_fault
from patron_core.hookspecs import Job, Progress, Step
from patron_core.jobs.events import JobParked
from patron_core.jobs.models import JobRun, JobRunStatus
from patron_core.jobs.planning import next_times, plan
from patron_core.jobs.service import job_actor, take_step
from patron_core.plugins import Plugins
from patron_core.unit_of_work import Broadcast, UnitOfWork, execute
from patron_core.values import Clock, IdSource
from patron_core.worker.leases import LeaseLost, finish, renew

__all__ = ["MOST_ATTEMPTS", "Attempt", "Workplace"]

#: How often a run is tried before it is parked.
MOST_ATTEMPTS: Final = 5
#: How long to wait after each failure but the last.
_BACKOFF_SECONDS: Final = (5, 30, 120, 600)
_log: Final = structlog.stdlib.get_logger("patron.jobs")


@dataclass(frozen=True, slots=True)
class Workplace:
    """What every attempt needs. timezone: by whose clock schedules count that name none. broadcast: told after commits."""

    database: Database
    clock: Clock
    ids: IdSource
    timezone: str
    broadcast: Broadcast | None
    lease_seconds: float


class Attempt:
    """One attempt. job: None where the tenant has none of that name any more. plugins: those of the tenant."""

    def __init__(self, place: Workplace, run: JobRun, job: Job | None, plugins: Plugins) -> None:
        self._place = place
        self._run = run
        self._job = job
        self._plugins = plugins
        self._log = _log.bind(job=run.name, job_run_id=str(run.id), tenant_id=str(run.tenant_id))

    async def carry_out(self) -> None:
        """Does it, or notes that it failed. UNAVAILABLE where the database is away: somebody tries again later."""
        try:
            if self._job is None:
                await self._write(self._give_up)
            elif self._run.attempts > MOST_ATTEMPTS:  # whoever had it in hand was killed each time, maybe by it
                await self._write(lambda uow: self._park(uow, error="killed"))
            else:
                async with self._kept():
                    await self._write(self._take_step)
                self._log.info("job_step_done", attempt=self._run.attempts)
        except LeaseLost:
            self._log.info("job_taken_over")
        except Unavailable:
            raise
        except Exception as error:
            await self._failed(error)

    async def _write(self, work: Callable[[UnitOfWork], None]) -> None:
        place, run = self._place, self._run
        await execute(
            place.database,
            work,
            actor=job_actor(run.tenant_id, run.name),
            clock=place.clock,
            ids=place.ids,
            plugins=self._plugins,
            request_id=f"job {run.name}",
            broadcast=place.broadcast,
        )

    def _take_step(self, uow: UnitOfWork) -> None:
        assert self._job is not None
        run = self._run
        step = Step(arguments=run.arguments, state=run.state, done=run.progress_done)
        progress = take_step(self._job, step, uow)
        if progress is None:
            done = run.progress_done if run.progress_total is None else run.progress_total
            self._rest(uow, JobRunStatus.DONE, error=None, progress_done=done)
        else:
            self._go_on(uow, progress)

    def _go_on(self, uow: UnitOfWork, progress: Progress) -> None:
        """Gives the run back between two steps: others have their turn, and a worker that stops leaves nothing in hand."""
        finish(
            uow.session,
            self._run,
            now=uow.now,
            status=JobRunStatus.WAITING,
            due_at=uow.now,
            attempts=0,
            error=None,
            progress_done=progress.done,
            progress_total=progress.total,
            state=dict(progress.state),
        )

    def _park(self, uow: UnitOfWork, *, error: str) -> None:
        run = self._run
        attempts = min(run.attempts, MOST_ATTEMPTS)
        self._rest(uow, JobRunStatus.PARKED, error=error, attempts=attempts)
        uow.emit(JobParked(job_run_id=run.id, name=run.name, attempts=attempts))
        self._log.error("job_parked", error=error, attempts=attempts)

    def _give_up(self, uow: UnitOfWork) -> None:
        self._rest(uow, JobRunStatus.CANCELLED, message="The tenant has no job of this name any more.")

    def _rest(self, uow: UnitOfWork, status: JobRunStatus, **values: Any) -> None:
        """Lets go of the run for good; the next time of its schedule is planned with it."""
        now = self._place.clock.now()
        finish(uow.session, self._run, now=uow.now, status=status, finished_at=now, **values)
        if self._job is not None and self._run.planned_for is not None:
            times = next_times([self._job], after=uow.now, zone=self._place.timezone)
            plan(uow.session, times, now=uow.now, ids=uow.ids)

    async def _failed(self, error: Exception) -> None:
        run, kind = self._run, f"{type(error).__module__}.{type(error).__qualname__}"
        log_fault(self._log, "job_failed", error=error, attempt=run.attempts)

        def note(uow: UnitOfWork) -> None:
            if run.attempts >= MOST_ATTEMPTS:
                self._park(uow, error=kind)
                return
            later = uow.now + dt.timedelta(seconds=_BACKOFF_SECONDS[run.attempts - 1])
            finish(uow.session, run, now=uow.now, status=JobRunStatus.WAITING, due_at=later, error=kind)

        with contextlib.suppress(LeaseLost):
            await self._write(note)

    @contextlib.asynccontextmanager
    async def _kept(self) -> AsyncIterator[None]:
        """Renews the lease while the work goes on."""
        keeping = asyncio.create_task(self._keep(), name="patron-job-lease")
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def _keep(self) -> None:
        place, run = self._place, self._run

        def again(session: TenantSession) -> None:
            renew(session, run, now=place.clock.now(), seconds=place.lease_seconds)

        while True:
            await asyncio.sleep(place.lease_seconds / 3)
            try:
                await place.database.write(run.tenant_id, again)
            except LeaseLost:
                return  # the end of the work will find it, too
            except Exception as error:
                self._log.warning("job_lease_not_renewed", error=type(error).__name__)
