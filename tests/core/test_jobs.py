"""Jobs run when they are due, have their effect once, and those that fail hinder nobody."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from patron_core.audit.models import AuditEntry
from patron_core.database import open_database
from patron_core.errors import Conflict, Forbidden, NotFound
from patron_core.hookspecs import Job, Manifest, Progress, Step, hookimpl
from patron_core.jobs.attempt import Attempt, Workplace
from patron_core.jobs.commands import CancelJob, RetryJob, RunJob
from patron_core.jobs.models import JobRun, JobRunStatus
from patron_core.jobs.runner import MOST_ATTEMPTS, JobRunner
from patron_core.jobs.service import enqueue, run_job
from patron_core.messages import Actor
from patron_core.outbox.models import OutboxEvent
from patron_core.parties.commands import CreatePerson, NewPerson
from patron_core.parties.models import Party
from patron_core.plugins import Plugins
from patron_core.records import Record
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import RandomIds, SystemClock
from patron_core.worker.leases import claim
from patron_schema.testing.databases import PreparedDatabase

HOUR = dt.timedelta(hours=1)
DONE, WAITING, PARKED, CANCELLED = (
    JobRunStatus.DONE,
    JobRunStatus.WAITING,
    JobRunStatus.PARKED,
    JobRunStatus.CANCELLED,
)


def effect(uow: UnitOfWork, name: str = "Effect") -> None:
    """Something that can be counted."""
    uow.handle(CreatePerson(person=NewPerson(family_name=name)))


def poison(uow: UnitOfWork) -> None:
    effect(uow, "Poisoned")
    raise ZeroDivisionError


def three_steps(step: Step, uow: UnitOfWork) -> Progress | None:
    effect(uow, f"Step {step.done} {step.state.get('word', '')} {step.arguments.get('word', '')}")
    return Progress(done=step.done + 1, total=3, state={"word": "again"}) if step.done < 2 else None


class Tester:
    """A plugin with jobs for tests."""

    jobs: tuple[Job, ...] = ()

    @classmethod
    @hookimpl
    def patron_manifest(cls) -> Manifest:
        return Manifest(name="tester", version="1", core_range=">=0", label="Tester")

    @classmethod
    @hookimpl
    def patron_jobs(cls) -> Iterable[Job]:
        return cls.jobs


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return Plugins.of({"tester": Tester})


@pytest.fixture(autouse=True)
def declared() -> Iterator[Callable[..., None]]:
    def declare(*jobs: Job) -> None:
        Tester.jobs = jobs

    yield declare
    Tester.jobs = ()


def job(name: str, run: Callable[[UnitOfWork], None], *, schedule: str | None = None) -> Job:
    return Job(name=f"tester.{name}", description="A test.", schedule=schedule, run=run)


HOURLY = job("hourly", effect, schedule="FREQ=HOURLY")
POISON = job("poison", poison, schedule="FREQ=HOURLY")
STEPS = Job(name="tester.steps", description="A test.", step=three_steps)


def runner_of(database: PreparedDatabase, **options: Any) -> JobRunner:
    return JobRunner(database.database, database.plugins, clock=database.clock, ids=database.ids, **options)


async def rows(
    database: PreparedDatabase, model: type[Record], *criteria: Any, actor: Actor | None = None
) -> list[Any]:
    found: list[Any] = await database.do(
        lambda uow: uow.select(select(model).where(*criteria).order_by(model.id)), actor=actor
    )
    return found


async def runs(database: PreparedDatabase, name: str, *, actor: Actor | None = None) -> list[JobRun]:
    return await rows(database, JobRun, JobRun.name == f"tester.{name}", actor=actor)


async def effects(database: PreparedDatabase, *, actor: Actor | None = None) -> list[str]:
    return [party.display_name for party in await rows(database, Party, actor=actor)]


async def go_on(database: PreparedDatabase, by: dt.timedelta = dt.timedelta()) -> None:
    database.clock.advance(by)
    await runner_of(database).run_due(database.tenant_id)


async def test_a_schedule_has_a_job_run_when_it_is_due_and_plans_the_next_time(
    database: PreparedDatabase, declared: Callable[..., None]
) -> None:
    declared(HOURLY)
    begun = database.clock.now()

    await go_on(database)
    assert await effects(database) == []
    await go_on(database, HOUR)

    assert await effects(database) == ["Effect"]
    first, second = await runs(database, "hourly")
    assert (first.status, first.planned_for, first.attempts) == (DONE, begun + HOUR, 1)
    assert first.started_at == first.finished_at == begun + HOUR
    assert (second.status, second.planned_for, second.due_at) == (WAITING, begun + 2 * HOUR, begun + 2 * HOUR)


async def test_times_that_nobody_worked_at_are_made_up_for_once(
    database: PreparedDatabase, declared: Callable[..., None]
) -> None:
    declared(HOURLY)
    await go_on(database)

    await go_on(database, 26 * HOUR)

    assert await effects(database) == ["Effect"]
    assert [run.status for run in await runs(database, "hourly")] == [DONE, WAITING]


async def test_any_number_of_runners_plan_and_run_a_time_once(
    database: PreparedDatabase, declared: Callable[..., None]
) -> None:
    declared(HOURLY)
    runners = [runner_of(database) for _ in range(6)]
    await asyncio.gather(*(runner.run_due(database.tenant_id) for runner in runners))
    database.clock.advance(HOUR)
    await asyncio.gather(*(runner.run_due(database.tenant_id) for runner in runners))

    assert await effects(database) == ["Effect"]
    assert [run.status for run in await runs(database, "hourly")] == [DONE, WAITING]


@pytest.mark.faults
async def test_d8_a_job_that_always_fails_is_parked_after_five_attempts_and_hinders_nobody(
    database: PreparedDatabase, declared: Callable[..., None], record_property: Callable[[str, object], None]
) -> None:
    declared(HOURLY, POISON)
    begun = database.clock.now()
    await go_on(database)
    await go_on(database, HOUR)

    seen = []
    for seconds in (0, 5, 30, 120, 600):
        await go_on(database, dt.timedelta(seconds=seconds))
        seen.append((await runs(database, "poison"))[0].status)

    assert seen == [WAITING, WAITING, WAITING, WAITING, PARKED]
    parked, following = await runs(database, "poison")
    assert (parked.attempts, parked.error) == (MOST_ATTEMPTS, "builtins.ZeroDivisionError")
    assert (following.status, following.planned_for) == (WAITING, begun + 2 * HOUR)
    assert await effects(database) == ["Effect"]  # the hourly one's, and none of the five attempts
    (alert,) = await rows(database, OutboxEvent, OutboxEvent.type == "job.parked")
    assert alert.payload["name"] == "tester.poison"
    record_property("figure", f"a job that fails is parked after {parked.attempts} attempts, others run meanwhile")


async def test_what_a_failed_job_says_reaches_neither_its_row_nor_the_log(
    database: PreparedDatabase, declared: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    def tell(_uow: UnitOfWork) -> None:
        raise ValueError("Mrs Gray's number is 4711")

    declared(job("talking", tell, schedule="FREQ=HOURLY"))
    await go_on(database)
    with caplog.at_level(logging.INFO):
        await go_on(database, HOUR)

    (run,) = await runs(database, "talking")
    assert "4711" not in repr({name: getattr(run, name) for name in JobRun.__table__.columns.keys()})  # noqa: SIM118
    assert "4711" not in caplog.text


async def test_a_job_of_many_steps_commits_each_and_tells_how_far_it_is(
    database: PreparedDatabase, declared: Callable[..., None]
) -> None:
    declared(STEPS)
    await database.do(lambda uow: enqueue(uow, "tester.steps", {"word": "asked"}))
    place = Workplace(database.database, database.clock, database.ids, "UTC", None, 60)

    async def one_step() -> None:
        (run,) = await database.do(lambda uow: claim(uow.session, JobRun, now=uow.now, ids=uow.ids, most=1))
        await Attempt(place, run, STEPS, database.plugins).carry_out()

    await one_step()
    (run,) = await runs(database, "steps")
    assert (run.status, run.progress_done, run.progress_total, run.attempts) == (WAITING, 1, 3, 0)
    await go_on(database)

    (run,) = await runs(database, "steps")
    assert (run.status, run.progress_done, run.progress_total) == (DONE, 3, 3)
    assert await effects(database) == ["Step 0  asked", "Step 1 again asked", "Step 2 again asked"]


async def test_who_was_too_slow_has_no_effect(database: PreparedDatabase, declared: Callable[..., None]) -> None:
    declared(HOURLY)
    await go_on(database)
    database.clock.advance(HOUR)
    place = Workplace(database.database, database.clock, database.ids, "UTC", None, 60)
    (slow,) = await database.do(
        lambda uow: claim(
            uow.session, JobRun, now=uow.now, ids=uow.ids, most=1, criteria=[JobRun.name == "tester.hourly"]
        )
    )

    await go_on(database, dt.timedelta(seconds=60))
    await Attempt(place, slow, HOURLY, database.plugins).carry_out()

    assert await effects(database) == ["Effect"]
    done, following = await runs(database, "hourly")
    assert (done.status, done.attempts, following.status) == (DONE, 2, WAITING)


async def test_a_job_that_takes_longer_than_its_lease_keeps_it(
    database: PreparedDatabase, declared: Callable[..., None]
) -> None:
    def slow(uow: UnitOfWork) -> None:
        effect(uow)
        uow.flush()
        if database.dialect == "postgresql":
            uow.rows(select(func.pg_sleep(1.5)))
        else:
            time.sleep(1.5)  # in the writer's thread, as a job that computes would

    declared(job("slow", slow))
    await database.do(RunJob(name="tester.slow"))
    clock, others = SystemClock(), [database.database, open_database(database.settings)]
    runners = [
        JobRunner(each, database.plugins, clock=clock, ids=RandomIds(clock), lease_seconds=1.0) for each in others
    ]

    async def work(runner: JobRunner) -> None:
        while (await runs(database, "slow"))[0].status is not DONE:
            await runner.run_due(database.tenant_id)

    async with asyncio.timeout(20):
        await asyncio.gather(*map(work, runners))
    await others[1].close()

    assert await effects(database) == ["Effect"]
    (run,) = await runs(database, "slow")
    assert run.attempts == 1


async def test_a_runner_that_is_closed_ends_the_step_it_is_at_and_begins_no_other(
    database: PreparedDatabase, declared: Callable[..., None]
) -> None:
    closing: list[asyncio.Task[None]] = []

    def told_to_stop(step: Step, uow: UnitOfWork) -> Progress | None:
        effect(uow)
        loop.call_soon_threadsafe(lambda: closing.append(asyncio.ensure_future(runner.close())))
        return Progress(done=step.done + 1, total=100)

    declared(Job(name="tester.long", description="A test.", step=told_to_stop))
    await database.do(RunJob(name="tester.long"))
    loop, runner = asyncio.get_running_loop(), runner_of(database)

    runner.wake(database.tenant_id)
    await runner.idle()
    await asyncio.gather(*closing)
    runner.wake(database.tenant_id)
    await runner.idle()

    (run,) = await runs(database, "long")
    assert (run.status, run.lease) == (WAITING, None)
    assert 1 <= run.progress_done == len(await effects(database)) <= 2


async def test_a_run_during_which_every_worker_was_killed_is_parked(
    database: PreparedDatabase, declared: Callable[..., None]
) -> None:
    declared(STEPS)
    await database.do(lambda uow: enqueue(uow, "tester.steps"))
    for _ in range(MOST_ATTEMPTS):
        await database.do(lambda uow: len(claim(uow.session, JobRun, now=uow.now, ids=uow.ids, most=1)))
        database.clock.advance(dt.timedelta(seconds=60))

    await go_on(database)

    (run,) = await runs(database, "steps")
    assert (run.status, run.attempts, run.error) == (PARKED, MOST_ATTEMPTS, "killed")
    assert await effects(database) == []


async def test_a_run_is_asked_for_in_a_unit_of_work_and_only_if_that_commits(
    database: PreparedDatabase, declared: Callable[..., None]
) -> None:
    declared(STEPS)

    def fails(uow: UnitOfWork) -> None:
        enqueue(uow, "tester.steps")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await database.do(fails)
    assert await runs(database, "steps") == []
    with pytest.raises(NotFound):
        await database.do(lambda uow: enqueue(uow, "tester.stesp"))

    later = database.clock.now() + HOUR
    first = await database.do(lambda uow: enqueue(uow, "tester.steps", due_at=later, key="cart 1"))
    again = await database.do(lambda uow: enqueue(uow, "tester.steps", key="cart 1"))
    assert isinstance(first, uuid.UUID)
    assert again is None
    await go_on(database)
    assert await effects(database) == []
    await go_on(database, HOUR)
    assert len(await effects(database)) == 3


async def test_somebody_may_run_a_job_now_beside_its_schedule(
    database: PreparedDatabase, declared: Callable[..., None]
) -> None:
    declared(HOURLY)
    await go_on(database)

    await database.do(RunJob(name="tester.hourly"))
    await go_on(database)

    assert await effects(database) == ["Effect"]
    planned, asked = await runs(database, "hourly")
    assert (planned.status, asked.status, asked.planned_for) == (WAITING, DONE, None)
    with pytest.raises(NotFound):
        await database.do(RunJob(name="tester.nothing"))
    reader = Actor(database.tenant_id, "reader", "app", scopes=("job:read",))
    with pytest.raises(Forbidden):
        await database.do(RunJob(name="tester.hourly"), actor=reader)


async def test_a_parked_run_is_tried_again_and_a_run_that_is_not_parked_is_not(
    database: PreparedDatabase, declared: Callable[..., None]
) -> None:
    declared(job("mended", poison))
    await database.do(RunJob(name="tester.mended"))
    for seconds in (0, 5, 30, 120, 600):
        await go_on(database, dt.timedelta(seconds=seconds))
    (run,) = await runs(database, "mended")
    assert run.status is PARKED

    declared(job("mended", effect))
    await database.do(RetryJob(id=run.id))
    await go_on(database)

    (run,) = await runs(database, "mended")
    assert (run.status, run.error) == (DONE, None)
    assert await effects(database) == ["Effect"]
    with pytest.raises(Conflict):
        await database.do(RetryJob(id=run.id))


async def test_a_cancelled_run_has_no_effect_even_where_somebody_had_it_in_hand(
    database: PreparedDatabase, declared: Callable[..., None]
) -> None:
    declared(STEPS)
    await database.do(RunJob(name="tester.steps"))
    (run,) = await database.do(lambda uow: claim(uow.session, JobRun, now=uow.now, ids=uow.ids, most=1))

    await database.do(CancelJob(id=run.id))
    place = Workplace(database.database, database.clock, database.ids, "UTC", None, 60)
    await Attempt(place, run, STEPS, database.plugins).carry_out()
    await go_on(database)

    assert await effects(database) == []
    assert [run.status for run in await runs(database, "steps")] == [CANCELLED]
    with pytest.raises(Conflict):
        await database.do(CancelJob(id=run.id))


async def test_the_next_time_comes_after_one_that_was_cancelled(
    database: PreparedDatabase, declared: Callable[..., None]
) -> None:
    declared(HOURLY)
    await go_on(database)
    (run,) = await runs(database, "hourly")
    await database.do(CancelJob(id=run.id))

    await go_on(database, HOUR)
    assert await effects(database) == []
    await go_on(database, HOUR)
    assert await effects(database) == ["Effect"]


async def test_a_run_of_a_job_that_the_tenant_has_no_more_is_given_up(
    database: PreparedDatabase, declared: Callable[..., None]
) -> None:
    declared(STEPS)
    await database.do(RunJob(name="tester.steps"))
    declared()

    await go_on(database)

    (run,) = await runs(database, "steps")
    assert run.status is CANCELLED
    assert run.message is not None


async def test_runs_belong_to_one_tenant(database: PreparedDatabase, declared: Callable[..., None]) -> None:
    declared(HOURLY)
    other = await database.tenant("Another")
    await go_on(database)
    await go_on(database, HOUR)

    assert await runs(database, "hourly", actor=other) == []
    assert await effects(database, actor=other) == []
    (mine, _) = await runs(database, "hourly")
    with pytest.raises(NotFound):
        await database.do(CancelJob(id=mine.id), actor=other)


async def test_the_effect_of_a_job_is_audited_as_the_systems_and_its_bookkeeping_is_not(
    database: PreparedDatabase, declared: Callable[..., None]
) -> None:
    declared(HOURLY)
    await go_on(database)
    await go_on(database, HOUR)

    entries = await rows(database, AuditEntry, AuditEntry.actor == "job tester.hourly")
    assert {entry.reason for entry in entries} == {"The job tester.hourly runs."}
    assert "job_run" not in {entry.record_type for entry in entries}


@pytest.mark.faults
@pytest.mark.parametrize("jump", [dt.timedelta(days=90), dt.timedelta(hours=-1)], ids=str)
async def test_a11_a_clock_that_jumps_causes_no_second_effect_and_no_pause(
    database: PreparedDatabase,
    declared: Callable[..., None],
    jump: dt.timedelta,
    record_property: Callable[[str, object], None],
) -> None:
    declared(HOURLY)
    await go_on(database)
    await go_on(database, HOUR)  # the first time

    await go_on(database, jump)
    while_wrong = len(await effects(database))
    await go_on(database, -jump)
    assert len(await effects(database)) == while_wrong
    await go_on(database, HOUR)
    await go_on(database, HOUR)

    assert while_wrong == (2 if jump > HOUR else 1)
    assert len(await effects(database)) == 3  # of the three hours since: one came early, and not again
    times = [run.planned_for for run in await runs(database, "hourly")]
    assert len(times) == len(set(times))
    for run in await runs(database, "hourly"):
        assert run.finished_at is None or (run.started_at is not None and run.finished_at >= run.started_at)
    record_property("figure", f"the clock jumps by {jump}: each time of a schedule has one effect")


async def test_a_job_that_is_run_by_hand_goes_through_all_its_steps(
    database: PreparedDatabase, declared: Callable[..., None]
) -> None:
    declared(STEPS)

    await run_job(
        database.database,
        database.plugins,
        "tester.steps",
        tenant_id=database.tenant_id,
        clock=database.clock,
        ids=database.ids,
    )

    assert len(await effects(database)) == 3


async def test_runs_that_came_to_rest_long_ago_are_forgotten_and_parked_ones_stay(
    database: PreparedDatabase, declared: Callable[..., None]
) -> None:
    declared(HOURLY)
    await go_on(database)
    await go_on(database, HOUR)

    def park(uow: UnitOfWork) -> None:
        uow.add(
            JobRun(name="tester.parked", status=PARKED, due_at=uow.now, arguments={}, state={}, finished_at=uow.now)
        )

    await database.do(park)
    await go_on(database, dt.timedelta(days=31))
    await go_on(database, dt.timedelta(days=1))

    last, _ = (await runs(database, "hourly"))[-2:]
    assert len(await runs(database, "hourly")) == 3  # of a month ago none, of the last two looks each one
    assert last.status is DONE
    assert len(await runs(database, "parked")) == 1
