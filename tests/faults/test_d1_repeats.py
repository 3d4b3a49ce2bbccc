"""Bar D1: the same key does a thing once, over several servers, over a network that loses answers, and while it is being done."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from contextlib import AsyncExitStack

import asyncpg
import pytest
from tests.faults.conftest import MakePlace
from tests.faults.connection import Connection, Lost
from tests.faults.looking import rows, value
from tests.faults.proxy import Behaviour, proxied
from tests.faults.server_tree import served
from tests.faults.stories import business, customer_create
from tests.faults.writers import Writers

from patron_core.address import asyncpg_url

pytestmark = pytest.mark.faults

AT_ONCE = 50
STUCK_SECONDS = 60
PARTIES = "SELECT count(*) FROM party"


async def test_d1_fifty_at_two_servers_with_one_key_make_one_row_and_get_one_answer(
    place: MakePlace, record_property: Callable[[str, object], None]
) -> None:
    here, operation = place(running_per_actor="64"), customer_create("once")
    async with AsyncExitStack() as stack:
        servers = await asyncio.gather(*(stack.enter_async_context(served(here.environment)) for _ in range(2)))
        key = here.new_tenant()
        clients = [Connection(servers[number % 2].port, key=key) for number in range(AT_ONCE)]
        answers = await asyncio.gather(*(each.ask(operation.query, operation.variables) for each in clients))
        again = [await each.ask(operation.query, operation.variables) for each in clients[:2]]
        changed = customer_create("once", owner="Somebody else")
        other = await clients[0].ask(changed.query, changed.variables)
        for each in clients:
            each.close()

    refused = [code for answer in answers for code in answer.codes]
    told = {str(answer.json["data"]) for answer in (*answers, *again) if not answer.codes}
    assert await value(here.owner_url, PARTIES) == 1
    assert len(told) == 1
    assert set(refused) <= {"CONFLICT", "OVERLOADED"}  # passing: a repeat gets the answer
    assert other.codes == ["IDEMPOTENCY_MISMATCH"]
    record_property(
        "figure",
        f"{here.dialect}: {AT_ONCE} at once at two servers: 1 row, {AT_ONCE - len(refused)} equal answers, {len(refused)} asked to "
        "repeat; other content refused",
    )


async def test_d1_answers_that_are_lost_on_the_way_are_had_by_a_repeat(
    place: MakePlace, record_property: Callable[[str, object], None]
) -> None:
    here = place()
    faults: tuple[Behaviour, ...] = ("reset", "half_close", "drip", "reset", "half_close", "reset")
    async with served(here.environment) as server, proxied(server.port) as proxy:
        writers = Writers(proxy.port, here.new_tenant(), business, clients=16, seconds=10)
        writers.start()
        for how in faults:
            await writers.more(20)
            proxy.behave(how)
            await asyncio.sleep(0.05)
            proxy.behave("pass")
        await writers.more(20)
        await writers.finish()

    found = [name for (name,) in await rows(here.owner_url, "SELECT display_name FROM party")]
    assert len(found) == len(set(found)) == sum(each.operation.kind == "customer" for each in writers.acknowledged)
    assert await value(here.owner_url, "SELECT count(*) FROM idempotency_record") == len(writers.labels)
    assert not writers.refused
    assert writers.lost
    record_property(
        "figure",
        f"{here.dialect}: {writers.lost} answers lost on the way (resets, half-closed, dripping), {len(writers.labels)} operations, "
        "each done once",
    )


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_d1_while_it_is_being_done_a_repeat_is_told_to_come_again(
    place: MakePlace, dialect: str, record_property: Callable[[str, object], None]
) -> None:
    here, operation = place(lock_timeout_seconds="0.3"), customer_create("slow")
    async with served(here.environment) as server:
        client = Connection(server.port, key=here.new_tenant())
        first = await client.ask(operation.query, operation.variables)
        # as if the first were on its way: its key is held, uncommitted, by somebody else
        holder = await asyncpg.connect(asyncpg_url(here.owner_url))
        other = customer_create("slower")
        transaction = holder.transaction()
        await transaction.start()
        columns = [row["attname"] for row in await holder.fetch(COLUMNS)]
        copied = ", ".join({"id": "gen_random_uuid()", "key": "'slower'"}.get(each, each) for each in columns)
        await holder.execute(
            f"INSERT INTO idempotency_record ({', '.join(columns)}) SELECT {copied} FROM idempotency_record"
        )
        began = time.monotonic()
        meanwhile = await client.ask(other.query, other.variables)
        took = time.monotonic() - began
        await transaction.rollback()
        await holder.close()
        after = await client.ask(other.query, other.variables)
        client.close()

    assert not first.codes
    assert meanwhile.codes in (["CONFLICT"], ["OVERLOADED"])  # both say: come again
    assert not after.codes
    assert took < STUCK_SECONDS
    assert await value(here.owner_url, PARTIES) == 2
    record_property("figure", f"in progress elsewhere: {meanwhile.codes[0]} after {took:.1f} s, done at the next try")


COLUMNS = """SELECT attname FROM pg_attribute WHERE attrelid = 'idempotency_record'::regclass AND attnum > 0
  AND NOT attisdropped"""


@pytest.mark.parametrize("turns", [pytest.param(3, id="ci"), pytest.param(100, id="real", marks=pytest.mark.soak)])
async def test_d1_a_key_whose_server_was_killed_is_free_or_done(
    place: MakePlace, turns: int, record_property: Callable[[str, object], None]
) -> None:
    here, slowest = place(), 0.0
    async with served(here.environment) as server:
        key = here.new_tenant()
        for turn in range(turns):
            operation = customer_create(f"k{turn}")
            client = Connection(server.port, key=key)
            asking = asyncio.ensure_future(client.ask(operation.query, operation.variables))
            await asyncio.sleep(0.004 * turn)
            await server.kill()
            with contextlib.suppress(Lost):  # or it was answered before
                await asking
            client.close()
            await server.start()
            began = time.monotonic()
            again = await client.ask(operation.query, operation.variables)
            slowest = max(slowest, time.monotonic() - began)
            client.close()
            assert not again.codes, again.body

    assert await value(here.owner_url, PARTIES) == turns
    assert slowest < STUCK_SECONDS
    record_property(
        "figure", f"{here.dialect}: {turns} kills while a key was used: each repeat done within {slowest:.2f} s, once"
    )
