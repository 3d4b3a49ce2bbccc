"""The worker finds what waits, for tenants that nobody told it of, and has each thing done by who does it."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import asyncpg
import pytest
import pytest_asyncio

from patron_core.address import asyncpg_url
from patron_core.jobs.models import JobRun, JobRunStatus
from patron_core.messages import Actor
from patron_core.parties.commands import CreatePerson, NewPerson
from patron_core.unit_of_work import UnitOfWork
from patron_core.worker.leases import claim
from patron_core.worker.service import Worker
from patron_core.worker.waiting import JOBS, RELAY, WEBHOOKS, Waiting, open_waiting, relay_problem
from patron_schema.testing.databases import PreparedDatabase

SECOND = dt.timedelta(seconds=1)


@dataclass(slots=True)
class Woken:
    """Who does nothing but remember."""

    tenants: list[uuid.UUID] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False

    def wake(self, tenant_id: uuid.UUID) -> None:
        self.tenants.append(tenant_id)
        self.heard.set()

    async def close(self) -> None:
        self.closed = True


@pytest_asyncio.fixture
async def waiting(database: PreparedDatabase) -> AsyncIterator[Waiting]:
    opened = open_waiting(database.settings)
    yield opened
    await opened.close()


def run(uow: UnitOfWork) -> None:
    uow.add(JobRun(name="test.run", status=JobRunStatus.WAITING, due_at=uow.now, arguments={}, state={}))


async def test_a_tenant_with_a_due_run_is_found_and_no_other(database: PreparedDatabase, waiting: Waiting) -> None:
    await database.tenant("Another")
    await database.do(run)

    now = database.clock.now()
    assert (await waiting.due(now=now))[JOBS] == {database.tenant_id}
    assert JOBS not in await waiting.due(now=now - SECOND)


async def test_a_run_in_hand_is_found_when_its_lease_is_over(database: PreparedDatabase, waiting: Waiting) -> None:
    await database.do(run)
    await database.do(lambda uow: len(claim(uow.session, JobRun, now=uow.now, ids=uow.ids, most=1)))

    now = database.clock.now()
    assert JOBS not in await waiting.due(now=now + 59 * SECOND)
    assert (await waiting.due(now=now + 60 * SECOND))[JOBS] == {database.tenant_id}
    assert (await waiting.due(now=now - dt.timedelta(hours=1)))[JOBS] == {database.tenant_id}  # the clock was set back


async def test_a_tenant_with_an_event_to_hand_on_is_found(database: PreparedDatabase, waiting: Waiting) -> None:
    await database.do(CreatePerson(person=NewPerson(family_name="Gray")))

    assert database.tenant_id in (await waiting.due(now=database.clock.now()))[RELAY]


async def test_new_tenants_are_found(database: PreparedDatabase, waiting: Waiting) -> None:
    other: Actor = await database.tenant("Another")

    assert {*await waiting.tenants()} == {database.tenant_id, other.tenant_id}


async def test_who_looks_for_work_sees_nothing_but_how_far_rows_have_come(database: PreparedDatabase) -> None:
    if database.dialect == "sqlite":
        return  # it has no roles: whoever opens the file sees it all
    relay_url = database.settings.relay_database_url
    assert relay_url is not None
    connection = await asyncpg.connect(asyncpg_url(relay_url))
    try:
        for text in (
            "SELECT name FROM job_run",
            "SELECT arguments FROM job_run",
            "SELECT name FROM tenant",
            "SELECT payload FROM outbox_event",
            "SELECT id FROM party",
            "UPDATE job_run SET status = 'DONE'",
            "UPDATE outbox_event SET status = 'DELIVERED'",
            "DELETE FROM job_run",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(text)
    finally:
        await connection.close()


async def test_the_worker_wakes_who_does_the_work(database: PreparedDatabase, waiting: Waiting) -> None:
    await database.do(run)
    jobs, webhooks = Woken(), Woken()
    worker = Worker({JOBS: jobs, WEBHOOKS: webhooks}, waiting, clock=database.clock)

    await worker.look()
    worker.wake(database.tenant_id, WEBHOOKS, RELAY)

    assert jobs.tenants == [database.tenant_id]
    assert webhooks.tenants == [database.tenant_id]


async def test_the_runner_of_jobs_is_woken_once_for_each_new_tenant(
    database: PreparedDatabase, waiting: Waiting
) -> None:
    jobs = Woken()
    worker = Worker({JOBS: jobs}, waiting, clock=database.clock)
    await worker.look_for_tenants()
    other = await database.tenant("Another")

    await worker.look_for_tenants()
    await worker.look_for_tenants()

    assert jobs.tenants == [database.tenant_id, other.tenant_id]


async def test_the_worker_looks_again_by_itself_and_survives_a_database_that_is_away(
    database: PreparedDatabase, waiting: Waiting
) -> None:
    class Away:
        """Waiting that fails at first."""

        fails = 2

        async def due(self, *, now: dt.datetime) -> dict[str, frozenset[uuid.UUID]]:
            self.fails -= 1
            if self.fails >= 0:
                raise ConnectionRefusedError
            return dict(await waiting.due(now=now))

        async def tenants(self) -> list[uuid.UUID]:
            return []

        def woken(self, tenant_id: uuid.UUID) -> None: ...

        async def close(self) -> None: ...

    await database.do(run)
    jobs = Woken()
    worker = Worker({JOBS: jobs}, Away(), clock=database.clock, poll_seconds=0.001)

    worker.start()
    async with asyncio.timeout(10):
        await jobs.heard.wait()
    await worker.stop()

    assert jobs.tenants[0] == database.tenant_id
    assert jobs.closed


async def test_without_a_connection_for_it_tenants_woken_in_this_process_are_looked_after(
    database: PreparedDatabase,
) -> None:
    settings = database.settings.model_copy(update={"relay_database_url": None})
    if database.dialect == "sqlite":
        assert relay_problem(settings) is None
        return
    problem = relay_problem(settings)
    assert problem is not None
    assert "PATRON_RELAY_DATABASE_URL" in problem
    jobs = Woken()
    worker = Worker({JOBS: jobs}, open_waiting(settings), clock=database.clock)

    await worker.look()
    assert jobs.tenants == []
    worker.wake(database.tenant_id)
    await worker.look()
    assert jobs.tenants == [database.tenant_id, database.tenant_id]
