"""A program that has jobs run by workers which some of them kill: `python job_worker.py URL RELAY_URL TENANT FOLDER`.

Arguments of a run: its `number`, and the `places` where its worker dies, one after the other: before the effect, after it,
after the commit. What has died before is told by files in FOLDER. A worker is forked again, everything imported, until one
finds no run open any more; then the program says in its last line how many were killed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path

from sqlalchemy import func, select

from patron_core.database import TenantSession, open_database
from patron_core.hookspecs import Job, Manifest, Step, hookimpl
from patron_core.jobs.models import JobRun, JobRunStatus
from patron_core.jobs.runner import JobRunner
from patron_core.parties.commands import CreatePerson, NewPerson
from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_core.unit_of_work import CommittedEvent, UnitOfWork
from patron_core.values import RandomIds, SystemClock
from patron_core.worker.service import Worker
from patron_core.worker.waiting import JOBS, open_waiting

LEASE_SECONDS = 0.5
dies_when_committed = False


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def work(step: Step, uow: UnitOfWork) -> None:
    global dies_when_committed
    number, places = step.arguments["number"], step.arguments["places"]
    died = len(list(FOLDER.glob(f"{number}-*")))
    place = places[died] if died < len(places) else None
    if place is not None:
        (FOLDER / f"{number}-{died}").touch()
    if place == "before":
        die()
    uow.handle(CreatePerson(person=NewPerson(family_name=f"Run {number}")))
    uow.flush()
    if place == "after":
        die()
    dies_when_committed = place == "committed"


def committed(_events: Sequence[CommittedEvent]) -> None:
    if dies_when_committed:
        die()


class Tester:
    @staticmethod
    @hookimpl
    def patron_manifest() -> Manifest:
        return Manifest(name="tester", version="1", core_range=">=0", label="Tester")

    @staticmethod
    @hookimpl
    def patron_jobs() -> Iterable[Job]:
        return [Job(name="tester.work", description="A test.", step=work)]


def open_runs(session: TenantSession) -> int:
    is_open = JobRun.status.in_([JobRunStatus.WAITING, JobRunStatus.RUNNING])
    return session.scalars(select(func.count(JobRun.id)).where(is_open, JobRun.name == "tester.work")).one()


async def main() -> None:
    settings = Settings(database_url=URL, relay_database_url=RELAY_URL)
    database, clock = open_database(settings), SystemClock()
    plugins = Plugins.of({"tester": Tester})
    runner = JobRunner(
        database, plugins, clock=clock, ids=RandomIds(clock), broadcast=committed, lease_seconds=LEASE_SECONDS
    )
    worker = Worker({JOBS: runner}, open_waiting(settings), clock=clock, poll_seconds=0.05)
    worker.start()
    while await database.read(TENANT, open_runs):  # noqa: ASYNC110 - another process may end the last
        await asyncio.sleep(0.05)
    await worker.stop()
    await database.close()


def killed_workers() -> int:
    """Has one worker after the other do the work; how many were killed."""
    killed = 0
    while True:
        process = os.fork()
        if process == 0:
            asyncio.run(main())
            os._exit(0)
        _, status = os.waitpid(process, 0)
        if not os.WIFSIGNALED(status):
            assert os.WEXITSTATUS(status) == 0
            return killed
        assert os.WTERMSIG(status) == signal.SIGKILL
        killed += 1


if __name__ == "__main__":
    URL, RELAY_URL, TENANT, FOLDER = sys.argv[1], sys.argv[2], uuid.UUID(sys.argv[3]), Path(sys.argv[4])
    print(killed_workers())
