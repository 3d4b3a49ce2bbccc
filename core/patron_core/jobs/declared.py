"""Which jobs a tenant has: the core's own and those of its plugins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from patron_core.errors import InvalidInput, NotFound
from patron_core.hookspecs import Job
from patron_core.idempotency import JOBS as IDEMPOTENCY_JOBS
from patron_core.jobs.retention import JOBS as OWN_JOBS
from patron_core.outbox.retention import JOBS as OUTBOX_JOBS
from patron_core.plugins import Plugins
from patron_core.privacy.erasure import JOBS as PRIVACY_JOBS
from patron_core.slices import modules
from patron_core.webhooks.retention import JOBS as WEBHOOK_JOBS

__all__ = ["job_alone", "job_named", "jobs"]

#: What keeps the house clean; the work of a slice stands in its `recurring`.
_CORE: Final = (
    *IDEMPOTENCY_JOBS,
    *PRIVACY_JOBS,
    *OWN_JOBS,
    *WEBHOOK_JOBS,
    *OUTBOX_JOBS,
)


def jobs(plugins: Plugins) -> Iterator[tuple[str, Job]]:
    """Every job with the name of its plugin, `core` for the core's own. plugins: those of the tenant."""
    for job in (*_CORE, *(job for slice_ in modules("recurring") for job in slice_.JOBS)):
        yield "core", job
    for plugin, declared in plugins.each("patron_jobs"):
        for job in declared:
            yield plugin, job


def job_named(name: str, plugins: Plugins, *, path: tuple[str | int, ...] = ()) -> Job:
    """The job of this name; NOT_FOUND where no plugin of the tenant has such a job."""
    found = next((job for _, job in jobs(plugins) if job.name == name), None)
    if found is None:
        raise NotFound(
            f"There is no job {name!r}. The tenant's plugins declare none of that name. List them first.", path=path
        )
    return found


def job_alone(name: str, plugins: Plugins, *, path: tuple[str | int, ...] = ()) -> Job:
    """As `job_named`, of a job that is run without arguments; INVALID_INPUT for one that has nothing to do then."""
    job = job_named(name, plugins, path=path)
    if job.needs:
        raise InvalidInput(
            f"The job cannot be run by itself. {name} works on what asks for it, and needs: {', '.join(job.needs)}. "
            "Ask for what it does; its description says how.",
            path=path,
        )
    return job
