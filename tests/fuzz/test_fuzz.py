"""Row C1: whatever is sent, a server neither fails nor tells of its inside. A real process, on both databases.

10,000 requests in CI (6,000 on SQLite, 4,000 on PostgreSQL), a million with `-m soak`. A wrong answer prints one line that
sends its request again: PATRON_FUZZ_CASE=seed:number pytest tests/fuzz/test_fuzz.py
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator

import httpx2 as httpx
import pytest
from tests.fuzz.cases import Case, case
from tests.fuzz.documents import Documents
from tests.fuzz.driver import send_all
from tests.fuzz.judge import log_complaints
from tests.server_process import ServerProcess

pytestmark = pytest.mark.security

SEED = 4
CI = {"sqlite": 6_000, "postgresql": 4_000}
SOAK = {"sqlite": 600_000, "postgresql": 400_000}
#: Of requests, most are refused; so many must have been answered with data, or the fuzzer looks at nothing.
LEAST_WITH_DATA = 0.05
MOST_GROWTH = 150_000_000


def numbers(most: int) -> Iterable[int]:
    """The numbers of the requests, or the one that is asked for."""
    asked = os.environ.get("PATRON_FUZZ_CASE")
    return range(most) if asked is None else [int(asked.partition(":")[2])]


async def fuzz(server: ServerProcess, documents: Documents, key: str, most: int, figure: Callable[[str], None]) -> None:
    """Sends so many requests, and fails with all that was wrong."""
    seed = int(os.environ.get("PATRON_FUZZ_CASE", f"{SEED}:").partition(":")[0])
    made: Iterator[Case] = (case(documents, seed=seed, number=number) for number in numbers(most))
    before, first_line, started = server.memory_bytes(), len(server.log), time.perf_counter()

    tally = await send_all(made, port=server.port, key=key)

    seconds = time.perf_counter() - started
    wrong = [*tally.wrong, *(found for line in server.log[first_line:] for found in log_complaints(line))]
    figure(f"{tally.total} requests in {seconds:.0f} s, {tally.with_data} with data, {len(wrong)} wrong")
    assert not wrong, "\n".join(wrong[:20])
    assert server.is_alive
    assert httpx.get(f"{server.url}/readyz").status_code == 200
    assert server.memory_bytes() - before < MOST_GROWTH
    if "PATRON_FUZZ_CASE" not in os.environ:
        assert tally.total == most
        assert tally.with_data > most * LEAST_WITH_DATA, tally.answered


async def test_c1_garbage_is_refused_and_nothing_fails(
    server: ServerProcess, documents: Documents, key: str, dialect: str, record_property: Callable[[str, object], None]
) -> None:
    await fuzz(server, documents, key, CI[dialect], lambda text: record_property("figure", f"C1 {dialect}: {text}"))


@pytest.mark.soak
async def test_c1_a_million_times(
    server: ServerProcess, documents: Documents, key: str, dialect: str, record_property: Callable[[str, object], None]
) -> None:
    await fuzz(
        server, documents, key, SOAK[dialect], lambda text: record_property("figure", f"C1 {dialect}, soak: {text}")
    )
