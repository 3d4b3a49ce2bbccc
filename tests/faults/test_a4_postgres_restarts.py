"""Bar A4: PostgreSQL dies and comes back under load, or the network between does: no hang, no trace, no blind repeat."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from tests.faults.conftest import MakePlace
from tests.faults.looking import rows
from tests.faults.proxy import Behaviour, proxied
from tests.faults.server_tree import served
from tests.faults.stories import TOUCHPOINT, business
from tests.faults.writers import PASSING, Operation, Story, Writers

from patron_schema.testing.servers import PostgresProcess

pytestmark = pytest.mark.faults

CLIENTS = 32
HANG_SECONDS = 10
BACK_SECONDS = 5
DEADLINE_SECONDS = 2
TOPICS = "SELECT topic FROM touchpoint"
#: How the network fails and for how many seconds: longer than the deadline where something is under way and hangs.
FAULTS: dict[Behaviour, float] = {
    "reset": 0.5,
    "half_close": 0.5,
    "black_hole": DEADLINE_SECONDS + 1,
    "drip": DEADLINE_SECONDS + 1,
}


def unrepeated(client: int) -> Story:
    """A client without keys, who asks once and never again; every other one writes with keys."""
    if client % 2:
        yield from business(client)
    number = 0
    while True:
        number += 1
        contact = {"channel": "PHONE", "direction": "INBOUND", "topic": f"u{client}n{number}"}
        yield Operation("unrepeated", f"u{client}n{number}", TOUCHPOINT, {"input": contact}, repeats=False)


@pytest.mark.parametrize("times", [pytest.param(5, id="ci"), pytest.param(20, id="real", marks=pytest.mark.soak)])
async def test_a4_postgresql_is_killed_and_aborted_under_load(
    own_place: MakePlace, own_postgres: PostgresProcess, times: int, record_property: Callable[[str, object], None]
) -> None:
    instants, here = random.Random(4), own_place()
    back = []

    async with served(here.environment) as server:
        writers = Writers(server.port, here.new_tenant(), unrepeated, clients=CLIENTS, seconds=HANG_SECONDS + 5)
        writers.start()
        for turn in range(times):
            await writers.more(instants.randrange(CLIENTS, 3 * CLIENTS))
            await asyncio.to_thread(own_postgres.abort if turn % 2 else own_postgres.kill)
            await asyncio.to_thread(own_postgres.start)
            ready = time.monotonic()
            await writers.more(CLIENTS)
            back.append(time.monotonic() - ready)
        await writers.finish()
        log = server.log

    found = Counter(topic for (topic,) in await rows(here.owner_url, TOPICS))
    may_be = check(writers, found)
    assert "Traceback" not in log
    record_property(
        "figure",
        f"PostgreSQL ended {times} times under {CLIENTS} clients: slowest answer {writers.slowest:.1f} s, back after at most "
        f"{max(back):.1f} s; {len(writers.acknowledged)} acknowledged, 0 lost, 0 doubled; refused: "
        + (", ".join(f"{code} {count}" for code, count in sorted(writers.codes.items())) or "none")
        + f"; of {len(may_be)} writes without a key whose outcome was not confirmed {len(found.keys() & may_be)} had been done, none twice",
    )
    assert sorted(back)[len(back) // 2] <= 2 * BACK_SECONDS  # the machine may be busy with other things


async def test_a4_the_network_to_postgresql_fails(
    own_place: MakePlace, own_postgres: PostgresProcess, record_property: Callable[[str, object], None]
) -> None:
    back: dict[str, float] = {}
    async with proxied(own_postgres.port) as proxy:
        here = own_place(deadline_seconds=str(DEADLINE_SECONDS))
        address = urlsplit(here.environment["PATRON_DATABASE_URL"])
        through = address._replace(netloc=address.netloc.replace(str(address.port), str(proxy.port))).geturl()
        async with served({**here.environment, "PATRON_DATABASE_URL": through}) as server:
            writers = Writers(server.port, here.new_tenant(), unrepeated, clients=CLIENTS, seconds=HANG_SECONDS + 5)
            writers.start()
            for how, seconds in FAULTS.items():
                await writers.more(CLIENTS)
                proxy.behave(how)
                await asyncio.sleep(seconds)
                proxy.behave("pass")
                healed = time.monotonic()
                await writers.more(2 * CLIENTS)
                back[how] = time.monotonic() - healed
            await writers.finish()

    check(writers, Counter(topic for (topic,) in await rows(here.owner_url, TOPICS)))
    shown = ", ".join(f"{how} {seconds:.1f} s" for how, seconds in back.items())
    record_property(
        "figure",
        f"slowest answer {writers.slowest:.1f} s with a deadline of {DEADLINE_SECONDS} s; back after: {shown}",
    )
    assert max(back.values()) <= 2 * BACK_SECONDS


def check(writers: Writers, found: Counter[str]) -> set[str]:
    """That nothing was lost, doubled or told wrongly. Returns what was asked once and not confirmed."""
    acknowledged = {each.operation.label for each in writers.acknowledged if each.operation.query == TOUCHPOINT}
    may_be = {each.label for each, _ in writers.refused} | {each.label for each in writers.unknown}
    assert max(found.values()) == 1, "something was done twice"
    assert acknowledged <= found.keys() <= acknowledged | may_be
    assert set(writers.codes) <= PASSING
    assert not writers.traces
    assert not writers.hangs
    assert writers.slowest <= HANG_SECONDS
    return may_be
