"""Jobs on the command line: listed, run, watched, tried again, taken back; and a worker that runs alone."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from rich.console import Console
from typer.testing import CliRunner

from patron_core.access.service import find_tenant
from patron_core.database import Database, open_database
from patron_core.jobs.models import JobRun, JobRunStatus
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_core.unit_of_work import UnitOfWork, execute
from patron_core.values import RandomIds, SystemClock
from patron_schema.cli import app, jobs_view
from patron_schema.testing.databases import PreparedDatabase

T = TypeVar("T")
TENANT = "Corner Shop"
JOB = "core.forget_job_runs"


@pytest.fixture(autouse=True)
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database in a folder of its own, with a tenant, named by the environment."""
    for name in [name for name in os.environ if name.startswith("PATRON_")]:
        monkeypatch.delenv(name)
    found = f"sqlite:///{tmp_path}/patron.db"
    monkeypatch.setenv("PATRON_DATABASE_URL", found)
    monkeypatch.setenv("PATRON_PLUGINS", "")
    monkeypatch.setenv("COLUMNS", "300")
    ok("migrate")
    ok("tenant", "create", TENANT)
    return found


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


def ok(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return str(result.stdout)


def refused(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 1, result.output
    return " ".join(str(result.stderr).split())


def stored(url: str, work: Callable[[UnitOfWork], T]) -> T:
    """What a unit of work of the tenant returns."""

    async def do() -> T:
        database: Database = open_database(Settings(database_url=url))
        clock = SystemClock()
        try:
            tenant = await find_tenant(database, TENANT)
            actor = Actor(tenant.id, "test", "system", reason="A test.")
            outcome = await execute(
                database, work, actor=actor, clock=clock, ids=RandomIds(clock), plugins=Plugins.of({})
            )
            return outcome.value
        finally:
            await database.close()

    return asyncio.run(do())


def add_run(url: str, status: JobRunStatus, **values: Any) -> str:
    def add(uow: UnitOfWork) -> uuid.UUID:
        row = {"name": JOB, "status": status, "due_at": uow.now, "arguments": {}, "state": {}, "attempts": 5}
        return uow.add(JobRun(**{**row, **values})).id

    return f"run_{stored(url, add)}"


def lines(*kinds: str) -> list[list[str]]:
    shown = [line.split("\t") for line in ok("jobs", "--tenant", TENANT).splitlines()]
    return [line for line in shown if line[0] in kinds]


def test_the_list_of_jobs_has_their_schedules() -> None:
    found = {name: (plugin, schedule) for name, plugin, schedule, _ in (row.split("\t") for row in _listed())}
    assert found[JOB] == ("core", "FREQ=DAILY;BYHOUR=4")


def _listed() -> list[str]:
    return ok("job", "list").splitlines()


def test_a_job_is_run_here_and_now() -> None:
    result = run("job", "run", JOB, "--tenant", TENANT)
    assert result.exit_code == 0
    assert f"The job {JOB} has run" in result.stderr
    assert "There is no job" in refused("job", "run", "core.nothing", "--tenant", TENANT)


def test_where_there_is_no_terminal_the_jobs_are_printed_once_as_lines(url: str) -> None:
    id_ = add_run(url, JobRunStatus.PARKED, error="builtins.ValueError", progress_done=3, progress_total=10)

    (job,) = [line for line in lines("job") if line[1] == JOB]
    assert job[2] == "core"
    assert job[3].endswith("T04:00:00Z")
    ((_, run_id, name, status, _, attempts, done, total, error),) = lines("run")
    assert (run_id, name, status, attempts, done, total) == (id_, JOB, "PARKED", "5", "3", "10")
    assert error == "builtins.ValueError"


def test_a_parked_run_is_tried_again_and_a_run_is_taken_back(url: str) -> None:
    id_ = add_run(url, JobRunStatus.PARKED)

    ok("job", "retry", id_, "--tenant", TENANT)
    assert [line[3] for line in lines("run")] == ["WAITING"]
    assert "Only parked runs" in refused("job", "retry", id_, "--tenant", TENANT)
    ok("job", "cancel", id_, "--tenant", TENANT)
    assert lines("run") == []
    assert "Nothing is left to cancel" in refused("job", "cancel", id_, "--tenant", TENANT)
    assert "no such id" in refused("job", "cancel", "nonsense", "--tenant", TENANT)
    assert "There is no such job run" in refused("job", "cancel", f"run_{uuid.uuid4()}", "--tenant", TENANT)
    needy = refused("job", "run", "core.fill_campaign", "--tenant", TENANT)
    assert "works on what asks for it, and needs: campaign" in needy


async def test_a_terminal_shows_bars_and_what_is_parked(database: PreparedDatabase) -> None:
    def add(uow: UnitOfWork) -> None:
        shared = {"due_at": uow.now, "arguments": {}, "state": {}, "attempts": 1}
        uow.add(JobRun(name=JOB, status=JobRunStatus.RUNNING, progress_done=5_000, progress_total=10_000, **shared))
        uow.add(JobRun(name=JOB, status=JobRunStatus.PARKED, error="builtins.ValueError", **shared))

    await database.do(add)
    shown = await database.database.read(
        database.tenant_id,
        lambda session: jobs_view.look(session, database.plugins, now=database.clock.now(), zone="UTC"),
    )
    screen = io.StringIO()
    Console(file=screen, width=220, force_terminal=True, color_system=None).print(jobs_view.picture(shown))

    text = screen.getvalue()
    assert "5,000 of 10,000" in text
    assert "━" in text
    assert "PARKED" in text
    assert "builtins.ValueError" in text
    assert "in 16 h" in text  # until four o'clock


def test_a_worker_runs_jobs_alone_and_stops_when_it_is_told_to(url: str) -> None:
    id_ = add_run(url, JobRunStatus.WAITING, attempts=0)
    program = [sys.executable, "-c", "from patron_schema.start import main; main()", "worker"]
    environment = {**os.environ, "PATRON_WORKER_POLL_SECONDS": "0.05"}
    with subprocess.Popen(program, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            said = []
            assert process.stderr is not None
            for line in process.stderr:
                assert line.startswith("{"), line + process.stderr.read()
                said.append(json.loads(line))
                if said[-1]["event"] == "job_step_done":
                    process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()

    events = [line["event"] for line in said]
    assert events[0] == "working"
    assert events[-2:] == ["worker_stopping", "worker_stopped"]
    assert f"run_{said[events.index('job_step_done')]['job_run_id']}" == id_
    assert lines("run") == []
    (job,) = [line for line in lines("job") if line[1] == JOB]
    assert job[5] == "DONE"
