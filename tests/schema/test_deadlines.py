"""Deadlines behave as asyncio's own time-outs, with one timer for all of them."""

from __future__ import annotations

import asyncio

import pytest

from patron_schema.deadlines import Deadline


async def test_what_takes_too_long_is_cancelled_and_is_a_timeout() -> None:
    deadline = Deadline(0.001)
    with pytest.raises(TimeoutError), deadline:
        await asyncio.Event().wait()
    assert deadline.expired
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0  # the task goes on as if nothing had been


async def test_what_is_done_in_time_is_left_alone() -> None:
    deadline = Deadline(30)
    with deadline:
        await asyncio.sleep(0)
    assert not deadline.expired


async def test_an_earlier_deadline_ends_first_whatever_the_order_they_began_in() -> None:
    ended: list[str] = []

    async def wait(name: str, seconds: float) -> None:
        with pytest.raises(TimeoutError), Deadline(seconds):
            await asyncio.Event().wait()
        ended.append(name)

    await asyncio.gather(wait("late", 0.03), wait("early", 0.001), wait("middle", 0.01))
    assert ended == ["early", "middle", "late"]


async def test_a_cancellation_from_outside_stays_one() -> None:
    began = asyncio.Event()

    async def work() -> None:
        with Deadline(30):
            began.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_deadlines_within_each_other_keep_apart() -> None:
    outer, inner = Deadline(30), Deadline(0.001)
    with outer, pytest.raises(TimeoutError), inner:
        await asyncio.Event().wait()
    assert inner.expired
    assert not outer.expired


async def test_an_error_of_the_work_stays_what_it_is() -> None:
    with pytest.raises(LookupError), Deadline(30):
        raise LookupError("mine")
