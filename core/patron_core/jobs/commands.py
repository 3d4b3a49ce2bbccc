"""What may be asked about jobs: run one now, try a parked run again, cancel one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Annotated

from patron_core.ids import IdOf
from patron_core.jobs.models import JobRun
from patron_core.messages import Command, argument
from patron_core.validation import one_line

__all__ = ["CancelJob", "JobRunId", "RetryJob", "RunJob"]

JobRunId = Annotated[uuid.UUID, IdOf(JobRun)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunJob(Command):
    """Has a job run as soon as a worker is free, beside what its schedule says."""

    name: str = argument("The job's name, as `jobs` lists it.")

    def __post_init__(self) -> None:
        one_line(self, "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryJob(Command):
    """Has a parked run tried again, from where it had come."""

    id: JobRunId = argument("Which run.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelJob(Command):
    """Takes a run back that is not done. What an earlier step committed stays; a running one is undone."""

    id: JobRunId = argument("Which run.")
