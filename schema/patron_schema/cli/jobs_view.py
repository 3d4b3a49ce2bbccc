"""The picture of a tenant's jobs that `patron jobs` shows: a table that changes for a person, lines for a script."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text
from sqlalchemy import select

from patron_core.database import Database, TenantSession
from patron_core.jobs.models import JobRun, JobRunStatus
from patron_core.jobs.overview import Overview, overview
from patron_core.plugins import Plugins
from patron_core.values import Clock
from patron_schema.cli.console import out

__all__ = ["Picture", "lines", "look", "picture", "watch"]

_SHOWN = 50
_COLOURS = {
    JobRunStatus.WAITING: "cyan",
    JobRunStatus.RUNNING: "bold green",
    JobRunStatus.DONE: "green",
    JobRunStatus.PARKED: "bold red",
    JobRunStatus.CANCELLED: "dim",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """How jobs stand at a moment. runs: those at work, parked, or asked for; what waits for its schedule is not among them."""

    jobs: Sequence[Overview]
    runs: Sequence[JobRun]
    now: dt.datetime


async def watch(
    database: Database, plugins: Plugins, tenant_id: uuid.UUID, *, clock: Clock, zone: str, every: float | None
) -> None:
    """Shows how the jobs of a tenant stand, again and again on a terminal, else once. every: seconds; None for once."""

    async def now() -> Picture:
        return await database.read(tenant_id, lambda session: look(session, plugins, now=clock.now(), zone=zone))

    if not out.is_terminal:
        for line in lines(await now()):
            typer.echo(line)
        return
    if every is None:
        out.print(picture(await now()))
        return
    with Live(picture(await now()), console=out, auto_refresh=False, screen=False) as live:
        while True:
            await asyncio.sleep(every)
            live.update(picture(await now()), refresh=True)


def look(session: TenantSession, plugins: Plugins, *, now: dt.datetime, zone: str) -> Picture:
    """How the jobs of the session's tenant stand."""
    at_work = JobRun.status.in_([JobRunStatus.RUNNING, JobRunStatus.PARKED])
    asked = (JobRun.status == JobRunStatus.WAITING) & (JobRun.planned_for.is_(None) | (JobRun.started_at.is_not(None)))
    runs = session.scalars(select(JobRun).where(at_work | asked).order_by(JobRun.due_at, JobRun.id).limit(_SHOWN))
    return Picture(overview(session, plugins, now=now, zone=zone), list(runs), now)


def lines(shown: Picture) -> list[str]:
    """A line for each job and each run, its parts separated by tabs."""
    jobs = [
        (
            "job",
            each.job.name,
            each.plugin,
            _time(each.next_run_at),
            _time(each.last_run_at),
            _name(each.last_run_status),
        )
        for each in shown.jobs
    ]
    runs = [
        (
            "run", _id(run), run.name, run.status.name, _time(run.due_at), str(run.attempts), str(run.progress_done),
            "" if run.progress_total is None else str(run.progress_total), run.error or "",
        )
        for run in shown.runs
    ]  # fmt: skip
    return ["\t".join(row) for row in (*jobs, *runs)]


def picture(shown: Picture) -> RenderableType:
    """Two tables: the jobs, and below them the runs there is something to see of."""
    jobs = Table(
        "job", "plugin", "next", "last", "how it went", title=f"Jobs at {_time(shown.now)}", title_justify="left"
    )
    for each in shown.jobs:
        went = Text(_name(each.last_run_status), style=_colour(each.last_run_status))
        after = _span(each.next_run_at, shown.now) if each.next_run_at is not None else "on request"
        jobs.add_row(escape(each.job.name), escape(each.plugin), after, _span(each.last_run_at, shown.now), went)
    if not shown.runs:
        return jobs
    runs = Table("run", "job", "status", "due", "attempts", "progress", "error", title="Runs", title_justify="left")
    for run in shown.runs:
        status = Text(run.status.name, style=_colour(run.status))
        due = _span(run.due_at, shown.now)
        runs.add_row(_id(run), escape(run.name), status, due, str(run.attempts), _bar(run), escape(run.error or ""))
    return Group(jobs, runs)


def _bar(run: JobRun) -> RenderableType:
    """How far a run is: a bar where it says of how much, else what is done."""
    if run.progress_total is None:
        return str(run.progress_done) if run.progress_done else ""
    grid = Table.grid(padding=(0, 1))
    grid.add_row(
        ProgressBar(total=max(run.progress_total, 1), completed=run.progress_done, width=20),
        f"{run.progress_done:,} of {run.progress_total:,}",
    )
    return grid


def _id(run: JobRun) -> str:
    return f"{run.id_prefix}_{run.id}"


def _time(moment: dt.datetime | None) -> str:
    return "" if moment is None else moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _span(moment: dt.datetime | None, now: dt.datetime) -> str:
    """How long until then, or since."""
    if moment is None:
        return ""
    seconds = int(abs((moment - now).total_seconds()))
    size, unit = next(
        (size, unit)
        for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
        if seconds >= size or size == 1
    )
    return f"in {seconds // size} {unit}" if moment > now else f"{seconds // size} {unit} ago"


def _name(status: JobRunStatus | None) -> str:
    return "" if status is None else status.name


def _colour(status: JobRunStatus | None) -> str:
    return "" if status is None else _COLOURS[status]
