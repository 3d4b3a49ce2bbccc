"""Bar A12: hours of load change nothing: memory, answer times and open files stay what they were after the start.

PATRON_SOAK_MINUTES says how long, 60 when it is not set. The first sixth is warm-up.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Callable, Sequence

import pytest
from tests.faults.conftest import MakePlace
from tests.faults.connection import Connection
from tests.faults.server_tree import served
from tests.faults.stories import business
from tests.faults.writers import Writers

pytestmark = [pytest.mark.faults, pytest.mark.soak]

CLIENTS = 4
PAUSE_SECONDS = 0.05  # of a client between two reads: about half of what a core does
READ = "{ customers(last: 20) { totalCount nodes { id party { id displayName } transactions(first: 3) { nodes { id } } } } }"
SLOPE_BYTES = 1_000_000 / 600  # per second
DRIFT = 0.10


async def test_a12_load_for_long_leaves_memory_times_and_files_as_they_were(
    place: MakePlace, record_property: Callable[[str, object], None]
) -> None:
    minutes = float(os.environ.get("PATRON_SOAK_MINUTES", "60"))
    here = place()
    memory: list[tuple[float, int]] = []
    files: list[int] = []
    taken: list[tuple[float, float]] = []

    async with served(here.environment) as server:
        key = here.new_tenant()
        writers = Writers(server.port, key, business, clients=1)
        writers.start()
        began, end = time.monotonic(), time.monotonic() + minutes * 60

        async def reader() -> None:
            connection = Connection(server.port, key=key)
            while time.monotonic() < end:
                asked = time.monotonic()
                answer = await connection.ask(READ)
                taken.append((asked - began, time.monotonic() - asked))
                assert not answer.codes, answer.body
                await asyncio.sleep(PAUSE_SECONDS)
            connection.close()

        async def watch() -> None:
            while time.monotonic() < end:
                memory.append((time.monotonic() - began, server.memory_bytes()))
                files.append(server.open_files())
                await asyncio.sleep(2)

        await asyncio.gather(watch(), *(reader() for _ in range(CLIENTS)))
        await writers.finish()

    warm = minutes * 60 / 6
    later = [each for each in memory if each[0] >= warm]
    slope = statistics.linear_regression(*zip(*later, strict=True)).slope
    middle = (warm + minutes * 60) / 2
    before = _p99([seconds for at, seconds in taken if warm <= at < middle])
    after = _p99([seconds for at, seconds in taken if at >= middle])
    record_property(
        "figure",
        f"{here.dialect}: {minutes:g} minutes, {len(taken)} reads and {len(writers.acknowledged)} writes: memory "
        f"{slope * 600 / 1e6:+.1f} MB in 10 minutes after warm-up, p99 {before * 1000:.0f} ms then {after * 1000:.0f} ms, files "
        f"{files[len(files) // 6]} then {files[-1]}",
    )
    assert not writers.refused
    assert files[-1] <= files[len(files) // 6] + 2
    if minutes >= 30:  # shorter runs are noise: they say their figures
        assert slope <= SLOPE_BYTES
        assert after <= before * (1 + DRIFT) + 0.005


def _p99(seconds: Sequence[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.99)]
