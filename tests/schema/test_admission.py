"""Operations that run at once: who gets in, who waits, who is shed, and that a place is never lost."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from tests.schema.example_service import JSON, TENANT, ask, example

from patron_core.errors import Overloaded
from patron_core.messages import Actor
from patron_core.settings import Settings
from patron_schema.admission import Admission

pytestmark = pytest.mark.security


def admission(**settings: Any) -> Admission:
    return Admission(Settings(_env_file=None, **settings))  # type: ignore[call-arg]


def actor(name: str = "ada", *, tenant: uuid.UUID = TENANT) -> Actor:
    return Actor(tenant, name, "app")


class Crowd:
    """Operations that run until they are told to end."""

    def __init__(self, door: Admission) -> None:
        self.door = door
        self.inside: list[str] = []
        self.ends = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []

    async def come(self, *actors: Actor) -> None:
        self.tasks += [asyncio.create_task(self._run(each)) for each in actors]
        await asyncio.sleep(0)

    async def _run(self, who: Actor) -> None:
        async with self.door.place(who):
            self.inside.append(who.subject)
            await self.ends.wait()

    async def leave(self) -> list[BaseException | None]:
        self.ends.set()
        return await asyncio.gather(*self.tasks, return_exceptions=True)


async def test_an_actor_runs_as_many_as_it_may_and_the_next_waits_its_turn() -> None:
    crowd = Crowd(admission(running_per_actor=2))

    await crowd.come(*[actor()] * 3, actor("bob"))

    assert crowd.inside == ["ada", "ada", "bob"]
    assert await crowd.leave() == [None] * 4
    assert crowd.inside == ["ada", "ada", "bob", "ada"]
    assert crowd.door.running == 0


async def test_a_tenant_and_the_process_are_full_whoever_comes() -> None:
    other = actor("eve", tenant=uuid.UUID(int=9))
    crowd = Crowd(admission(running_per_tenant=2, running_per_process=3))

    await crowd.come(actor("a"), actor("b"), actor("c"), other, other)

    assert crowd.inside == ["a", "b", "eve"]
    await crowd.leave()
    assert sorted(crowd.inside) == ["a", "b", "c", "eve", "eve"]


async def test_whoever_waits_longest_goes_first_among_those_who_fit() -> None:
    crowd = Crowd(admission(running_per_actor=1))
    await crowd.come(actor("a"), actor("a"), actor("b"), actor("b"))
    assert crowd.inside == ["a", "b"]

    crowd.tasks[1].cancel()  # the first that waits goes away; its turn is lost to nobody
    await crowd.leave()

    assert crowd.inside == ["a", "b", "b"]


async def test_a_wait_ends_after_its_time_and_a_full_queue_at_once() -> None:
    crowd = Crowd(admission(running_per_actor=1, max_waiting=1, waiting_seconds=0.01))
    await crowd.come(actor(), actor(), actor())

    await asyncio.wait(crowd.tasks[1:])

    shed = [task.exception() for task in crowd.tasks[1:]]
    assert [type(error) for error in shed] == [Overloaded, Overloaded]
    assert [error.details for error in shed if isinstance(error, Overloaded)] == [{"retryAfterMs": 1_000}] * 2
    await crowd.leave()
    assert crowd.door.running == 0


async def test_no_place_is_lost_by_cancelling_at_any_moment() -> None:
    door = admission(running_per_actor=2, max_waiting=100)
    for ticks in range(60):
        crowd = Crowd(door)
        await crowd.come(*[actor()] * 6)
        crowd.ends.set()
        for tick in range(ticks % 12):
            if tick % 3 == 0:
                crowd.tasks[tick % 6].cancel()
            await asyncio.sleep(0)
        for task in crowd.tasks[::2]:
            task.cancel()
        await asyncio.gather(*crowd.tasks, return_exceptions=True)
        assert door.running == 0
        assert door._running == {}
        assert not door._waiting


async def test_an_idle_place_costs_microseconds(record_property: Callable[[str, object], None]) -> None:
    door, who = admission(), actor()

    async def once() -> None:
        async with door.place(who):
            pass

    started = time.perf_counter()
    for _ in range(10_000):
        await once()
    microseconds = (time.perf_counter() - started) * 100

    record_property("figure", f"{microseconds:.1f} µs for each operation")
    assert microseconds < 100  # a hundredth of a small query; usually 2


async def test_over_http_what_is_shed_is_503_and_says_when_to_come_back() -> None:
    one = example(running_per_actor=1, waiting_seconds=0.01, deadline_seconds=0.2)
    object.__setattr__(one.service, "admission", Admission(one.service.settings))  # type: ignore[arg-type]

    answers = await asyncio.gather(*(ask(one.endpoint, {"query": "{ endless }"}, headers=[JSON]) for _ in range(3)))

    assert sorted(answer.status for answer in answers) == [200, 503, 503]
    shed = [answer for answer in answers if answer.status == 503]
    assert {answer.code for answer in shed} == {"OVERLOADED"}
    assert {answer.headers["retry-after"] for answer in shed} == {"1"}
    assert len(one.gateway.seen) == 1  # the others never came to the gateway
