"""Workers are killed in the midst of jobs, and there are two of them: each run has its effect once all the same."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.program import run_module

from patron_core.hookspecs import Job, Manifest, hookimpl
from patron_core.jobs.attempt import MOST_ATTEMPTS
from patron_core.jobs.models import JobRun, JobRunStatus
from patron_core.jobs.service import enqueue
from patron_core.parties.models import Party
from patron_core.plugins import Plugins
from patron_core.unit_of_work import UnitOfWork
from patron_core.worker.leases import LEASE_SECONDS
from patron_schema.testing.databases import PreparedDatabase

#: Where the worker of each run dies. The first kills whoever touches it, the last three nobody.
DEATHS: tuple[tuple[str, ...], ...] = (
    ("before", "after") * 50,
    ("before", "after", "committed"),
    ("after", "committed"),
    ("committed",),
    ("after",),
    (),
    (),
    (),
)
WORKERS = 2


class Tester:
    @staticmethod
    @hookimpl
    def patron_manifest() -> Manifest:
        return Manifest(name="tester", version="1", core_range=">=0", label="Tester")

    @staticmethod
    @hookimpl
    def patron_jobs() -> Iterable[Job]:
        return [Job(name="tester.work", description="A test.", run=lambda uow: None)]


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return Plugins.of({"tester": Tester})


def asked(uow: UnitOfWork) -> None:
    for number, places in enumerate(DEATHS):
        enqueue(uow, "tester.work", {"number": number, "places": places})


async def killed(*arguments: str) -> int:
    """How many workers of a program were killed until there was nothing left to do."""
    ended = await run_module("tests.core.job_worker", *arguments, seconds=60)
    assert ended.code == 0, ended.errors
    return int(ended.output.splitlines()[-1])


@pytest.fixture
def key_of_tests(monkeypatch: pytest.MonkeyPatch, database: PreparedDatabase) -> None:
    key = database.settings.master_key
    assert key is not None
    monkeypatch.setenv("PATRON_MASTER_KEY", key.get_secret_value())


@pytest.mark.faults
@pytest.mark.usefixtures("key_of_tests")
async def test_d8_workers_are_killed_in_the_midst_of_jobs_and_each_run_has_its_effect_once(
    database: PreparedDatabase, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    await database.do(asked)
    relay_url = database.settings.relay_database_url
    assert relay_url is not None
    arguments = (database.url, relay_url, str(database.tenant_id), str(tmp_path))

    begun = time.monotonic()
    kills = sum(await asyncio.gather(*(killed(*arguments) for _ in range(WORKERS))))
    seconds = time.monotonic() - begun

    effects = Counter(await database.do(lambda uow: uow.select(select(Party.display_name))))
    runs: list[JobRun] = await database.do(
        lambda uow: uow.select(select(JobRun).where(JobRun.name == "tester.work").order_by(JobRun.id))
    )
    poisoned, *others = runs
    assert effects == Counter({f"Run {number}": 1 for number in range(1, len(DEATHS))})
    assert (poisoned.status, poisoned.attempts, poisoned.error) == (JobRunStatus.PARKED, MOST_ATTEMPTS, "killed")
    assert {run.status for run in others} == {JobRunStatus.DONE}
    assert kills >= 10
    assert LEASE_SECONDS <= 60
    record_property(
        "figure",
        f"{kills} kills in {seconds:.0f} s, {WORKERS} workers, {len(others)} runs: 0 effects missing, 0 twice; "
        f"the run that kills its worker is parked after {poisoned.attempts} attempts",
    )
