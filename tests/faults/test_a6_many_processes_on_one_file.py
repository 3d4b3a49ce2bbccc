"""Bar A6: several processes write to one SQLite file, and nobody who asks hears of a lock."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Literal

import pytest
from sqlalchemy import make_url
from tests.faults.conftest import MakePlace
from tests.faults.looking import rows
from tests.faults.server_tree import served
from tests.faults.stories import customer_create
from tests.faults.writers import Story, Writers

pytestmark = pytest.mark.faults

PROCESSES = 4
DEADLINE_SECONDS = 10
WAL_BYTES = 64 * 1024 * 1024


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize(
    ("writers_each", "writes"),
    [pytest.param(16, 6, id="ci"), pytest.param(50, 60, id="real", marks=pytest.mark.soak)],
)
async def test_a6_four_processes_write_to_one_file_and_no_lock_is_seen(
    place: MakePlace,
    dialect: Literal["sqlite"],
    writers_each: int,
    writes: int,
    record_property: Callable[[str, object], None],
) -> None:
    here = place(running_per_actor="64")
    key = here.new_tenant()

    async with AsyncExitStack() as stack:
        servers = await asyncio.gather(*(stack.enter_async_context(served(here.environment)) for _ in range(PROCESSES)))
        crowd = []
        for number, server in enumerate(servers):

            def story(client: int, number: int = number) -> Story:
                for turn in range(writes):
                    yield customer_create(f"s{number}c{client}n{turn}")

            crowd.append(Writers(server.port, key, story, clients=writers_each))
        for writers in crowd:
            writers.start()
        await asyncio.gather(*(writers.end(seconds=600) for writers in crowd))
        wal_bytes = _wal(here.owner_url).stat().st_size
        logs = "".join(server.log for server in servers)

    made = [name for (name,) in await rows(here.owner_url, "SELECT display_name FROM party")]
    codes = sum((writers.codes for writers in crowd), Counter[str]())
    taken = sorted(seconds for writers in crowd for seconds in writers.seconds_taken)
    p99 = taken[int(len(taken) * 0.99)]
    assert len(made) == len(set(made)) == PROCESSES * writers_each * writes
    assert not any(writers.traces or writers.refused or writers.lost for writers in crowd)
    assert "database is locked" not in logs
    assert wal_bytes <= WAL_BYTES
    record_property(
        "figure",
        f"{PROCESSES} processes with {writers_each} writers each: {len(made)} writes, 0 saw a lock, p99 {p99:.2f} s, "
        f"answered with a code and repeated: {dict(codes) or 'none'}, WAL {wal_bytes / 1e6:.1f} MB afterwards",
    )
    assert codes.total() <= len(taken) // 100
    assert p99 <= DEADLINE_SECONDS  # 2 s are wanted of a machine that does nothing else; the figure says what it was


def _wal(owner_url: str) -> Path:
    return Path(f"{make_url(owner_url).database}-wal")
