"""Carries out runs of jobs: each step in one transaction together with its being done, so that its effect is there once.

In come tenants that have something due, out go their effects. A run is claimed for a minute and kept while it works; whose
claim is lost, because he was too slow, because the process was killed or the run cancelled, changes nothing. One that fails
is tried again later, and parked after the fifth time; others go on.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

from sqlalchemy import func, literal, select

from patron_core.access.models import Tenant
from patron_core.columns import UtcTime
from patron_core.database import Database, TenantSession
from patron_core.jobs.attempt import MOST_ATTEMPTS, Attempt, Workplace
from patron_core.jobs.declared import jobs
from patron_core.jobs.models import JobRun
from patron_core.jobs.planning import next_times, open_times, plan
from patron_core.plugins import Plugins
from patron_core.tracing import span
from patron_core.unit_of_work import Broadcast
from patron_core.values import Clock, IdSource
from patron_core.worker.leases import LEASE_SECONDS, claim
from patron_core.worker.tenant_tasks import TenantTasks

__all__ = ["MOST_ATTEMPTS", "JobRunner"]


class JobRunner:
    """Runs jobs of tenants; a `Doer` of the worker.

    plugins: all that are loaded; a tenant's jobs are those of its own. timezone: by whose clock schedules count that name
    none. broadcast: told of events after their commit. lease_seconds: how long a claim lasts, up to 60; it is renewed
    while a job works. at_once: tenants whose jobs run at a time, each tenant's one after the other.
    """

    def __init__(
        self,
        database: Database,
        plugins: Plugins,
        *,
        clock: Clock,
        ids: IdSource,
        timezone: str = "UTC",
        broadcast: Broadcast | None = None,
        lease_seconds: float = LEASE_SECONDS,
        at_once: int = 4,
    ) -> None:
        self._place = Workplace(database, clock, ids, timezone, broadcast, lease_seconds)
        self._plugins = plugins
        self._tasks = TenantTasks("jobs", self.run_due, at_once=at_once)
        self._closing = False

    def wake(self, tenant_id: uuid.UUID) -> None:
        """Says that a tenant may have something due; on the event loop, and never waits."""
        self._tasks.wake(tenant_id)

    async def idle(self) -> None:
        """Returns when nothing runs."""
        await self._tasks.idle()

    async def close(self) -> None:
        """Claims nothing more and waits for what runs."""
        self._closing = True
        await self._tasks.close()

    async def run_due(self, tenant_id: uuid.UUID) -> None:
        """Plans what the schedules of a tenant's jobs say, and runs whatever is due, first due first."""
        plugins = await self._planned(tenant_id)
        if plugins is None:
            return
        known = {job.name: job for _, job in jobs(plugins)}
        while not self._closing:
            run = await self._claimed(tenant_id)
            if run is None:
                return
            with span("patron.job", job=run.name):
                await Attempt(self._place, run, known.get(run.name), plugins).carry_out()

    async def _planned(self, tenant_id: uuid.UUID) -> Plugins | None:
        """The tenant's plugins, once each of its jobs has a row for its next time; None where there is no such tenant."""
        place = self._place

        def look(session: TenantSession) -> tuple[list[str], Mapping[str, dt.datetime]] | None:
            names = session.scalars(select(Tenant.plugins).where(Tenant.id == tenant_id)).one_or_none()
            return None if names is None else (names, open_times(session))

        found = await place.database.read(tenant_id, look)
        if found is None:
            return None
        plugins, now = self._plugins.only(found[0]), place.clock.now()
        times = next_times((job for _, job in jobs(plugins)), after=now, zone=place.timezone)
        if any(name not in found[1] or found[1][name] > moment for name, moment in times.items()):
            await place.database.write(tenant_id, lambda session: plan(session, times, now=now, ids=place.ids))
        return plugins

    async def _claimed(self, tenant_id: uuid.UUID) -> JobRun | None:
        place = self._place

        def take(session: TenantSession) -> JobRun | None:
            now = place.clock.now()
            begun = func.coalesce(JobRun.started_at, literal(now, UtcTime()))
            rows = claim(
                session,
                JobRun,
                now=now,
                ids=place.ids,
                most=1,
                seconds=place.lease_seconds,
                also={"started_at": begun},
            )
            return rows[0] if rows else None

        return await place.database.write(tenant_id, take)
