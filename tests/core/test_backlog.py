"""How much work waits: of all tenants together, seen as the role that sees nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from patron_core.jobs.models import JobRun, JobRunStatus
from patron_core.parties.commands import CreatePerson, NewPerson
from patron_core.unit_of_work import UnitOfWork
from patron_core.worker.backlog import Backlog, Backlogs
from patron_core.worker.waiting import JOBS, RELAY, WEBHOOKS, Counted, open_waiting
from patron_schema.testing.databases import PreparedDatabase


@pytest_asyncio.fixture
async def backlogs(database: PreparedDatabase) -> AsyncIterator[Backlogs]:
    opened = Backlogs(open_waiting(database.settings), clock=database.clock)
    yield opened
    await opened.close()


def runs(uow: UnitOfWork) -> None:
    for status, late in ((JobRunStatus.WAITING, 90), (JobRunStatus.WAITING, 30), (JobRunStatus.PARKED, 900)):
        due_at = uow.now - dt.timedelta(seconds=late)
        uow.add(JobRun(name="test.run", status=status, due_at=due_at, arguments={}, state={}))


async def test_what_waits_is_counted_over_all_tenants(database: PreparedDatabase, backlogs: Backlogs) -> None:
    other = await database.tenant("Another")
    for actor in (database.actor, other):
        await database.do(runs, actor=actor)
        await database.do(CreatePerson(person=NewPerson(family_name="Gray")), actor=actor)
    database.clock.advance(dt.timedelta(seconds=10))

    found = await backlogs.backlog()

    assert found is not None
    assert dict(found.of(JOBS).counts) == {"WAITING": 4, "PARKED": 2}
    assert found.of(JOBS).late_seconds == 100
    assert found.of(RELAY).counts["PENDING"] >= 2
    assert found.of(RELAY).late_seconds == 10
    assert dict(found.of(WEBHOOKS).counts) == {}
    assert found.of(WEBHOOKS).late_seconds == 0


async def test_the_database_is_asked_at_most_every_ten_seconds(database: PreparedDatabase, backlogs: Backlogs) -> None:
    before = await backlogs.backlog()
    await database.do(runs)

    again = await backlogs.backlog()
    database.clock.advance(dt.timedelta(seconds=11))
    later = await backlogs.backlog()

    assert again is before
    assert later is not None
    assert later.of(JOBS).counts["WAITING"] == 2


class Silent:
    """Who knows nothing, or fails."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    async def counted(self) -> list[Counted] | None:
        if self.error is not None:
            raise self.error
        return None


@pytest.mark.parametrize("error", [None, OSError("gone")])
async def test_where_nobody_knows_there_are_no_numbers(database: PreparedDatabase, error: Exception | None) -> None:
    backlogs = Backlogs(Silent(error), clock=database.clock)  # type: ignore[arg-type]

    assert await backlogs.backlog() is None


def test_a_kind_nobody_counted_is_none() -> None:
    assert Backlog({}).of(JOBS).late_seconds == 0
