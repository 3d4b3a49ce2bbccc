"""What can have happened to runs of jobs, where somebody wants to know. Events carry names and ids."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event
from patron_core.records import INTERNAL, Classification

__all__ = ["JobCancelled", "JobParked", "JobRequested", "JobRetried"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequested(Event):
    """Somebody asked for a job to be run now."""

    type: ClassVar[str] = "job.requested"
    classes: ClassVar[Mapping[str, Classification]] = {"name": INTERNAL}
    job_run_id: uuid.UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobParked(Event):
    """A job failed each time it was tried: an alert for those who watch."""

    type: ClassVar[str] = "job.parked"
    classes: ClassVar[Mapping[str, Classification]] = {"name": INTERNAL}
    job_run_id: uuid.UUID
    name: str
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRetried(Event):
    """Somebody had a parked run tried again."""

    type: ClassVar[str] = "job.retried"
    classes: ClassVar[Mapping[str, Classification]] = {"name": INTERNAL}
    job_run_id: uuid.UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCancelled(Event):
    """Somebody took a run back before it was done."""

    type: ClassVar[str] = "job.cancelled"
    classes: ClassVar[Mapping[str, Classification]] = {"name": INTERNAL}
    job_run_id: uuid.UUID
    name: str
