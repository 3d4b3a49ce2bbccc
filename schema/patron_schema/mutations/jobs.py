"""Running jobs by hand, trying parked runs again, taking runs back."""

from __future__ import annotations

import strawberry

from patron_core.jobs import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.jobs import JobRun

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class JobRunPayload:
    """What a change of a run gives."""

    job_run: JobRun | None = strawberry.field(description="The run, as it is now.")


@extends(Mutation)
class JobMutation:
    job_run: JobRunPayload = mutation(
        commands.RunJob, description="Has a job run as soon as a worker is free, beside what its schedule says."
    )
    job_retry: JobRunPayload = mutation(
        commands.RetryJob, description="Has a parked run tried again, from where it had come."
    )
    job_cancel: JobRunPayload = mutation(
        commands.CancelJob,
        description="Takes back a run that is not done; a worker that has it in hand undoes its step.",
    )


TYPES = (JobRunPayload,)
EXTENSIONS = (JobMutation,)
