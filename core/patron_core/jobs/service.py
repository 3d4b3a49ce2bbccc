"""Runs a plugin's job for one tenant, as the system, in one unit of work."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from patron_core.access.permissions import ADMINISTRATOR
from patron_core.database import Database
from patron_core.errors import NotFound
from patron_core.hookspecs import Job
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.unit_of_work import execute
from patron_core.values import Clock, IdSource

__all__ = ["jobs", "run_job"]


def jobs(plugins: Plugins) -> Iterator[tuple[str, Job]]:
    """Every job with the name of its plugin."""
    for plugin, declared in plugins.each("patron_jobs"):
        for job in declared:
            yield plugin, job


async def run_job(
    database: Database, plugins: Plugins, name: str, *, tenant_id: uuid.UUID, clock: Clock, ids: IdSource
) -> Job:
    """Runs the job of this name for a tenant and returns it. NOT_FOUND where no plugin has such a job.

    plugins: those of the tenant. The actor is the system, and the job's name its reason.
    """
    found = next((job for _, job in jobs(plugins) if job.name == name), None)
    if found is None:
        raise NotFound(f"There is no job {name!r}. The tenant's plugins declare none of that name. List them first.")
    reason = f"The job {name} runs."
    actor = Actor(tenant_id, f"job {name}", "system", roles=(ADMINISTRATOR,), reason=reason)
    await execute(database, found.run, actor=actor, clock=clock, ids=ids, plugins=plugins, request_id=f"job {name}")
    return found
