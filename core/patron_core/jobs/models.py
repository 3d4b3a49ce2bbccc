"""Runs of jobs, as they are stored: planned, running, done, parked."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from patron_core.records import INTERNAL, Record, column
from patron_core.values import Code
from patron_core.worker.leases import Leased, open_indexes

__all__ = ["JobRun", "JobRunStatus"]


class JobRunStatus(Code):
    """How far a run of a job has come."""

    WAITING = "waiting", "Planned, or to be tried again; it starts when it is due."
    RUNNING = "running", "A worker has it in hand."
    DONE = "done", "Its effect is committed."
    PARKED = "parked", "It failed each time it was tried, and waits for somebody to look at it."
    CANCELLED = "cancelled", "Somebody took it back before it was done."


class JobRun(Leased, Record):
    """A run of a job: planned by the job's schedule, or asked for."""

    __tablename__ = "job_run"
    id_prefix = "run"
    not_about_a_party = "Counts, times and the ids a job was given."
    without_index = (
        ("created_at updated_at", "Ids are in the order of creation."),
        ("due_at", "A tenant keeps the runs of a month, and open ones have an index."),
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "name", "planned_for"),
        UniqueConstraint("tenant_id", "name", "key"),
        Index(None, "tenant_id", "status", "id"),
        *open_indexes("job_run"),
    )

    name: Mapped[str] = column(INTERNAL, doc="The job's name.", filterable=True)
    status: Mapped[JobRunStatus] = column(INTERNAL, doc="How far it has come.", filterable=True)
    planned_for: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="Which time of the job's schedule it is for; null where it was asked for."
    )
    key: Mapped[str | None] = column(INTERNAL, doc="Tells what it is for: a second run with the same key is not made.")
    arguments: Mapped[Any] = column(INTERNAL, doc="What it was asked with, ids and counts.", keys={})
    state: Mapped[Any] = column(INTERNAL, doc="What its next step needs to know.", keys={})
    progress_done: Mapped[int] = column(INTERNAL, doc="How much is done.", default=0)
    progress_total: Mapped[int | None] = column(INTERNAL, doc="How much there is to do; null where nobody knows.")
    message: Mapped[str | None] = column(INTERNAL, doc="What it says about itself, without anybody's data.")
    error: Mapped[str | None] = column(INTERNAL, doc="The kind of fault at the last attempt, without values.")
    started_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="When it was first begun.")
    finished_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="When it came to rest.")
