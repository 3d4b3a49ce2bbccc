"""Look-ups on their way are shared, also by callers that go away and by failures."""

from __future__ import annotations

import asyncio

import pytest

from patron_core.flights import Flights


async def test_those_who_ask_for_the_same_meanwhile_share_one_look_up() -> None:
    flights: Flights[str, int] = Flights()
    arrived = asyncio.Event()
    looked: list[str] = []

    async def look() -> int:
        looked.append("once")
        await arrived.wait()
        return 7

    asking = [asyncio.create_task(flights.once("key", look)) for _ in range(10)]
    await asyncio.sleep(0)
    asking[0].cancel()  # the first one's client goes away: the others still get their answer
    arrived.set()

    assert await asyncio.gather(*asking[1:]) == [7] * 9
    assert looked == ["once"]
    assert await flights.once("key", look) == 7
    assert looked == ["once", "once"]


async def test_a_look_up_that_fails_fails_for_all_and_is_tried_again() -> None:
    flights: Flights[str, int] = Flights()

    async def fail() -> int:
        raise LookupError("gone")

    async def find() -> int:
        return 1

    found = await asyncio.gather(*(flights.once("key", fail) for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in found] == [LookupError] * 3
    with pytest.raises(LookupError):
        await flights.once("key", fail)
    assert await flights.once("key", find) == 1
