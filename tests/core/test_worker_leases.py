"""A row that is worked off is in one pair of hands at a time, and only the last to claim it has an effect."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Sequence

import pytest
from sqlalchemy import ColumnElement, select

from patron_core.jobs.models import JobRun, JobRunStatus
from patron_core.unit_of_work import UnitOfWork
from patron_core.worker.leases import LeaseLost, claim, finish, renew
from patron_schema.testing.databases import PreparedDatabase

SOON = dt.timedelta(seconds=1)


async def made(database: PreparedDatabase, count: int, *, after: dt.timedelta = dt.timedelta()) -> list[uuid.UUID]:
    """Runs that wait."""

    def add(uow: UnitOfWork) -> list[uuid.UUID]:
        rows = [
            {
                "name": f"test.{n}",
                "status": JobRunStatus.WAITING,
                "due_at": uow.now + after,
                "arguments": {},
                "state": {},
            }
            for n in range(count)
        ]
        return uow.add_many(JobRun, rows)

    ids: list[uuid.UUID] = await database.do(add)
    return ids


async def claimed(
    database: PreparedDatabase, *, most: int = 10, seconds: float = 60, criteria: Sequence[ColumnElement[bool]] = ()
) -> list[JobRun]:
    return await database.database.write(
        database.tenant_id,
        lambda session: claim(
            session,
            JobRun,
            now=database.clock.now(),
            ids=database.ids,
            most=most,
            seconds=seconds,
            criteria=criteria,
        ),
    )


async def stored(database: PreparedDatabase) -> list[JobRun]:
    return await database.database.read(
        database.tenant_id, lambda session: list(session.scalars(select(JobRun).order_by(JobRun.id)))
    )


async def test_a_claim_takes_due_rows_first_due_first_and_counts_the_attempt(database: PreparedDatabase) -> None:
    await made(database, 1, after=SOON)
    (early,) = await made(database, 1, after=-SOON)
    (now,) = await made(database, 1)

    rows = await claimed(database)

    assert [row.id for row in rows] == [early, now]
    assert {row.status for row in rows} == {JobRunStatus.RUNNING}
    assert {row.attempts for row in rows} == {1}
    assert {row.leased_until for row in rows} == {database.clock.now() + dt.timedelta(seconds=60)}
    assert await claimed(database) == []


async def test_a_claim_takes_no_more_than_it_was_asked_for_and_nothing_its_criteria_exclude(
    database: PreparedDatabase,
) -> None:
    first, second, *_ = await made(database, 3)

    assert [row.id for row in await claimed(database, most=1, criteria=[JobRun.name != "test.0"])] == [second]
    assert [row.id for row in await claimed(database, most=1)] == [first]


async def test_two_who_claim_at_once_never_get_the_same_row(database: PreparedDatabase) -> None:
    ids = await made(database, 40)

    hands = await asyncio.gather(*(claimed(database, most=5) for _ in range(8)))

    taken = [row.id for rows in hands for row in rows]
    assert len(taken) == len(set(taken))
    taken += [row.id for row in await claimed(database, most=40)]
    assert sorted(taken) == sorted(ids)


async def test_rows_of_others_are_neither_claimed_nor_finished(database: PreparedDatabase) -> None:
    await made(database, 1)
    other = await database.tenant("Another")

    def attempt(uow: UnitOfWork) -> int:
        return len(claim(uow.session, JobRun, now=uow.now, ids=uow.ids, most=10))

    assert await database.do(attempt, actor=other) == 0
    (mine,) = await claimed(database)
    with pytest.raises(LeaseLost):
        await database.do(lambda uow: finish(uow.session, mine, now=uow.now, status=JobRunStatus.DONE), actor=other)


async def test_a_lease_that_is_over_is_taken_over_and_who_was_late_changes_nothing(database: PreparedDatabase) -> None:
    await made(database, 1)
    (slow,) = await claimed(database)
    database.clock.advance(dt.timedelta(seconds=60))
    (quick,) = await claimed(database)

    def late(uow: UnitOfWork) -> None:
        uow.add(JobRun(name="effect", status=JobRunStatus.DONE, due_at=uow.now, arguments={}, state={}))
        finish(uow.session, slow, now=uow.now, status=JobRunStatus.PARKED)

    with pytest.raises(LeaseLost):
        await database.do(late)
    await database.do(lambda uow: finish(uow.session, quick, now=uow.now, status=JobRunStatus.DONE))

    (row,) = await stored(database)  # and with the late one's finish his effect was undone
    assert (row.status, row.attempts, row.lease, row.leased_until) == (JobRunStatus.DONE, 2, None, None)


async def test_a_lease_that_is_renewed_is_kept(database: PreparedDatabase) -> None:
    await made(database, 1)
    (row,) = await claimed(database)
    database.clock.advance(dt.timedelta(seconds=50))

    await database.do(lambda uow: renew(uow.session, row, now=uow.now))
    database.clock.advance(dt.timedelta(seconds=50))

    assert await claimed(database) == []
    await database.do(lambda uow: finish(uow.session, row, now=uow.now, status=JobRunStatus.DONE))
    with pytest.raises(LeaseLost):
        await database.do(lambda uow: renew(uow.session, row, now=uow.now))


async def test_a_row_that_is_given_back_waits_until_it_is_due_again(database: PreparedDatabase) -> None:
    await made(database, 1)
    (row,) = await claimed(database)

    later = database.clock.now() + SOON
    await database.do(lambda uow: finish(uow.session, row, now=uow.now, status=JobRunStatus.WAITING, due_at=later))

    assert await claimed(database) == []
    database.clock.advance(SOON)
    (again,) = await claimed(database)
    assert (again.id, again.attempts) == (row.id, 2)


@pytest.mark.faults
@pytest.mark.parametrize("jump", [dt.timedelta(days=90), dt.timedelta(days=-90), dt.timedelta(hours=-1)], ids=str)
async def test_a11_a_clock_that_jumps_while_a_row_is_in_hand_causes_one_effect(
    database: PreparedDatabase, jump: dt.timedelta
) -> None:
    await made(database, 1)
    (first,) = await claimed(database)

    database.clock.advance(jump)
    (second,) = await claimed(database)  # an hour back, nobody has to wait for an hour

    done = 0
    for hand in (first, second, first):

        def end(uow: UnitOfWork, hand: JobRun = hand) -> None:
            finish(uow.session, hand, now=uow.now, status=JobRunStatus.DONE)

        try:
            await database.do(end)
            done += 1
        except LeaseLost:
            continue
    assert done == 1


async def test_no_lease_is_longer_than_a_minute(database: PreparedDatabase) -> None:
    with pytest.raises(ValueError, match="up to 60 s"):
        await claimed(database, seconds=61)
