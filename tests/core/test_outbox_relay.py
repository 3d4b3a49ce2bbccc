"""Committed events are handed on: each once, in an order nobody can miss, whoever relays and whoever is killed meanwhile."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest
from sqlalchemy import select
from sqlalchemy.util import await_only
from tests.core.statements import counted_statements

from patron_core.address import asyncpg_url
from patron_core.customers.events import CustomerChanged
from patron_core.database import Database, PostgresqlDatabase, TenantSession
from patron_core.messages import Actor
from patron_core.outbox import relay as relaying
from patron_core.outbox.events import CommittedEvent, Relayed
from patron_core.outbox.models import EventCounter, OutboxEvent, OutboxStatus
from patron_core.outbox.reading import EventHistory, current_position, events_by_id, read_events, read_page
from patron_core.outbox.relay import CHANNEL, Relay
from patron_core.outbox.types import EventTypes
from patron_core.parties.events import PersonCreated
from patron_core.plugins import Plugins
from patron_core.unit_of_work import UnitOfWork, execute
from patron_core.values import FixedClock, RandomIds
from patron_schema.testing.databases import NOON, PreparedDatabase

ADA, BOB = uuid.UUID(int=1), uuid.UUID(int=2)
PARTY = uuid.UUID(int=3)
TYPES = EventTypes.of(Plugins.of({}))


class Undone(Exception):
    """A command that fails after its event."""


def changed(*fields: str, customer_id: uuid.UUID | None = ADA) -> CustomerChanged:
    return CustomerChanged(customer_id=customer_id, fields=fields)


async def emit(database: PreparedDatabase, *events: Any, at: dt.datetime = NOON, actor: Actor | None = None) -> None:
    """Commits events in one transaction. at: when it began, which is when ids are given."""
    clock = FixedClock(at)

    def work(uow: UnitOfWork) -> None:
        for event in events:
            uow.emit(event)

    await execute(
        database.database,
        work,
        actor=actor or database.actor,
        clock=clock,
        ids=RandomIds(clock),
        plugins=database.plugins,
    )


async def rows(database: PreparedDatabase, *, actor: Actor | None = None) -> list[OutboxEvent]:
    found: list[OutboxEvent] = await database.do(
        lambda uow: uow.select(select(OutboxEvent).order_by(OutboxEvent.position, OutboxEvent.id)), actor=actor
    )
    return found


def relay_of(database: PreparedDatabase, **options: Any) -> Relay:
    return Relay(database.database, clock=database.clock, types=TYPES, **options)


def names(events: Sequence[CommittedEvent]) -> list[str]:
    return [each.event.fields[0] for each in events if isinstance(each.event, CustomerChanged)]


async def start(database: PreparedDatabase) -> int:
    """Hands on what making the tenant left, and returns the position after it."""
    await relay_of(database).relay(database.tenant_id)
    return await current_position(database.database, database.tenant_id)


# ------------------------------------------------------------------------------------------------ the customer's order


async def test_events_of_a_customer_are_numbered_without_gaps_whatever_else_is_committed(
    database: PreparedDatabase,
) -> None:
    await emit(database, changed("a"), PersonCreated(party_id=PARTY), changed("b", customer_id=BOB), changed("c"))
    await emit(database, changed("d", customer_id=BOB), changed("e"))

    found = {row.payload["fields"][0]: row.customer_sequence for row in await rows(database) if row.customer_id}
    assert found == {"a": 1, "c": 2, "e": 3, "b": 1, "d": 2}
    assert {row.customer_sequence for row in await rows(database) if row.customer_id is None} == {None}


async def test_an_event_that_is_undone_takes_no_number(database: PreparedDatabase) -> None:
    def fail(uow: UnitOfWork) -> None:
        uow.emit(changed("never"))
        uow.flush()
        raise Undone

    await emit(database, changed("a"))
    with pytest.raises(Undone):
        await database.do(fail)
    await emit(database, changed("b"))

    assert {row.customer_sequence for row in await rows(database) if row.customer_id} == {1, 2}


async def test_eight_writers_of_a_customer_are_numbered_in_the_order_of_their_commits(
    database: PreparedDatabase,
) -> None:
    async def write(writer: int) -> None:
        for number in range(12):
            other = uuid.UUID(int=10 + random.Random(number).randrange(3))
            await emit(database, changed(f"{writer}", customer_id=other), changed(f"{writer}.{number}"))

    await asyncio.gather(*(write(writer) for writer in range(8)))

    found = [row for row in await rows(database) if row.customer_id == ADA]
    assert sorted(row.customer_sequence or 0 for row in found) == list(range(1, 97))
    for writer in range(8):  # each of them commits one after the other
        own = sorted((r.customer_sequence, int(r.payload["fields"][0].partition(".")[2])) for r in found
                     if r.payload["fields"][0].startswith(f"{writer}."))  # fmt: skip
        assert [number for _, number in own] == list(range(12))


# ------------------------------------------------------------------------------------------------ positions


async def test_events_get_positions_from_one_on_and_are_handed_on_once(database: PreparedDatabase) -> None:
    begun = await start(database)
    taken: list[CommittedEvent] = []
    told: list[Relayed] = []
    relay = relay_of(database, hand_on=[lambda _, events: taken.extend(events)], told=told.append)

    await emit(database, changed("a"), changed("b"))
    assert await relay.relay(database.tenant_id) == 2
    assert await relay.relay(database.tenant_id) == 0

    assert [(each.position, each.customer_sequence) for each in taken] == [(begun + 1, 1), (begun + 2, 2)]
    assert [(each.after, each.last, names(each.events)) for each in told] == [
        (begun, begun + 2, ["a", "b"]),
        (begun + 2, begun + 2, []),
    ]
    found = await rows(database)
    assert [row.position for row in found] == list(range(1, begun + 3))
    assert {(row.status, row.handed_on_at) for row in found} == {(OutboxStatus.DELIVERED, NOON)}


@pytest.mark.faults
async def test_d2_transactions_that_began_early_and_committed_late_are_not_missed(
    database: PreparedDatabase, record_property: Any
) -> None:
    """Ids are in the order in which 100 transactions began; they commit the other way round, relayed in between."""
    await start(database)
    seen: list[str] = []
    relay, after = relay_of(database), await current_position(database.database, database.tenant_id)

    for number in range(100):
        customer = (ADA, BOB, None)[number % 3]
        await emit(database, changed(f"{number}", customer_id=customer), at=NOON - dt.timedelta(seconds=number))
        if number % 7 == 0:
            await relay.relay(database.tenant_id)
            page = await read_page(database.database, database.tenant_id, types=TYPES, after=after)
            seen += names(page.events)
            after = page.last
    await relay.relay(database.tenant_id)
    seen += names(await read_events(database.database, database.tenant_id, types=TYPES, after=after))

    assert sorted(seen, key=int) == [str(number) for number in range(100)]
    for offset in (0, 1):  # each customer's in the order of their commits
        assert [n for n in seen if int(n) % 3 == offset] == [str(n) for n in range(100) if n % 3 == offset]
    record_property("figure", "100 of 100 events of transactions committed in reverse order seen once, 0 missed")


@pytest.mark.faults
async def test_d2_nothing_is_handed_on_of_what_was_rolled_back(database: PreparedDatabase) -> None:
    begun = await start(database)

    def fail(uow: UnitOfWork) -> None:
        uow.emit(changed("phantom"))
        uow.flush()
        raise Undone

    for number in range(20):
        await emit(database, changed(f"{number}"))
        with pytest.raises(Undone):
            await database.do(fail)

    assert await relay_of(database).relay(database.tenant_id) == 20
    events = await read_events(database.database, database.tenant_id, types=TYPES, after=begun)
    assert names(events) == [str(number) for number in range(20)]


async def test_a_customers_events_keep_their_order_across_batches(
    database: PreparedDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch of few takes along what comes before its last event of a customer, though its id is higher."""
    monkeypatch.setattr(relaying, "_MOST", 5)
    begun = await start(database)
    moments = list(range(40))
    random.Random(7).shuffle(moments)
    for number, moment in enumerate(moments):
        customer = (ADA, BOB, None)[number % 3]
        await emit(database, changed(f"{number}", customer_id=customer), at=NOON + dt.timedelta(seconds=moment))
    batches: list[Relayed] = []

    assert await relay_of(database, told=batches.append).relay(database.tenant_id) == 40

    assert len([each for each in batches if each.events]) > 2
    positions: dict[Any, list[int]] = defaultdict(list)
    found = [row for row in await rows(database) if (row.position or 0) > begun]
    assert [row.position for row in found] == list(range(begun + 1, begun + 41))
    for row in found:
        if row.customer_id is not None:
            positions[row.customer_id].append(row.customer_sequence or 0)
    assert positions == {ADA: list(range(1, 15)), BOB: list(range(1, 14))}


async def test_events_from_before_there_were_numbers_come_first_and_by_id(database: PreparedDatabase) -> None:
    begun = await start(database)
    await emit(database, changed("b"), at=NOON + dt.timedelta(seconds=1))
    await emit(database, changed("a"), at=NOON)
    await database.do(
        lambda uow: uow.update_rows(OutboxEvent, OutboxEvent.position.is_(None), values={"customer_sequence": None})
    )
    await emit(database, changed("c"), at=NOON - dt.timedelta(seconds=1))

    await relay_of(database).relay(database.tenant_id)

    events = await read_events(database.database, database.tenant_id, types=TYPES, after=begun)
    assert names(events) == ["a", "b", "c"]


async def test_an_event_nobody_here_knows_has_a_position_and_stops_nobody(database: PreparedDatabase) -> None:
    begun = await start(database)
    await emit(database, changed("a"), changed("b"), changed("c"))
    await database.do(
        lambda uow: uow.update_rows(OutboxEvent, OutboxEvent.customer_sequence == 2, values={"type": "pillow.plumped"})
    )
    taken: list[CommittedEvent] = []

    await relay_of(database, hand_on=[lambda _, events: taken.extend(events)]).relay(database.tenant_id)

    assert [(each.position, names([each])) for each in taken] == [(begun + 1, ["a"]), (begun + 3, ["c"])]
    page = await read_page(database.database, database.tenant_id, types=TYPES, after=begun + 1, up_to=begun + 2)
    assert (page.last, page.events) == (begun + 2, ())


# ------------------------------------------------------------------------------------------------ faults


@pytest.mark.faults
async def test_d2_who_is_killed_between_commit_and_relay_loses_nothing(database: PreparedDatabase) -> None:
    begun = await start(database)
    deliveries: list[str] = []

    class Killed(BaseException):
        pass

    def die(session: TenantSession, events: Sequence[CommittedEvent]) -> None:
        deliveries.extend(names(events))
        raise Killed

    await emit(database, changed("a"))
    with pytest.raises(Killed):
        await relay_of(database, hand_on=[die]).relay(database.tenant_id)
    assert await current_position(database.database, database.tenant_id) == begun

    assert await relay_of(database).relay(database.tenant_id) == 1
    events = await read_events(database.database, database.tenant_id, types=TYPES, after=begun)
    assert (names(events), deliveries) == (["a"], ["a"])


@pytest.mark.faults
async def test_d2_two_relays_at_once_give_no_position_twice_and_leave_no_gap(
    database: PreparedDatabase, record_property: Any
) -> None:
    begun = await start(database)
    taken: list[int] = []
    relays = [
        relay_of(database, told=lambda relayed: taken.extend(each.position or 0 for each in relayed.events))
        for _ in range(3)
    ]

    async def write(writer: int) -> None:
        for number in range(25):
            await emit(database, changed(f"{writer}.{number}", customer_id=uuid.UUID(int=writer + 1)))

    async def hand_on(relay: Relay) -> None:
        for _ in range(15):
            await relay.relay(database.tenant_id)

    await asyncio.gather(*(write(writer) for writer in range(4)), *(hand_on(relay) for relay in relays))
    await relays[0].relay(database.tenant_id)

    found = [row.position for row in await rows(database)]
    assert found == list(range(1, begun + 101))
    assert sorted(taken) == list(range(begun + 1, begun + 101))
    record_property("figure", "3 relays, 4 writers: 100 positions, 0 twice, 0 missing")


async def test_a_failing_recipient_keeps_the_events_waiting(database: PreparedDatabase) -> None:
    await start(database)

    def refuse(session: TenantSession, events: Sequence[CommittedEvent]) -> None:
        raise RuntimeError

    relay = relay_of(database, hand_on=[refuse], linger_seconds=0)
    await emit(database, changed("a"))
    relay.wake(database.tenant_id)  # logs that it failed, and goes on
    await relay.close()

    assert [row.status for row in await rows(database) if row.customer_id] == [OutboxStatus.PENDING]


async def test_what_is_open_while_the_relay_reads_is_handed_on_after_its_commit(database: PreparedDatabase) -> None:
    if database.dialect == "sqlite":
        return  # there is one writer
    begun = await start(database)
    began, may_commit = asyncio.Event(), asyncio.Event()

    def linger(uow: UnitOfWork) -> None:
        uow.emit(changed("early"))
        uow.rows(select(EventCounter.id))
        began.set()
        await_only(may_commit.wait())

    early = asyncio.create_task(database.do(linger))
    await began.wait()
    await emit(database, changed("late", customer_id=BOB))
    relay = relay_of(database)
    assert await relay.relay(database.tenant_id) == 1
    may_commit.set()
    await early
    assert await relay.relay(database.tenant_id) == 1

    events = await read_events(database.database, database.tenant_id, types=TYPES, after=begun)
    assert names(events) == ["late", "early"]


# ------------------------------------------------------------------------------------------------ waking and telling


async def test_a_relay_lingers_for_more_unless_somebody_waits(database: PreparedDatabase) -> None:
    begun = await start(database)
    told: list[Relayed] = []
    hurried: set[uuid.UUID] = set()
    relay = relay_of(database, told=told.append, hurried=hurried.__contains__, linger_seconds=3600)

    for name in "abc":
        await emit(database, changed(name))
        relay.wake(database.tenant_id)
    assert told == []
    await relay.idle()
    assert [names(each.events) for each in told] == [["a", "b", "c"]]

    hurried.add(database.tenant_id)
    await emit(database, changed("d"))
    relay.wake(database.tenant_id)
    await relay.idle()
    assert (told[-1].after, told[-1].last) == (begun + 3, begun + 4)
    await relay.close()


async def test_an_announcement_says_what_is_new_and_only_then(database: PreparedDatabase) -> None:
    begun = await start(database)
    announced: list[Relayed] = []
    relay = relay_of(database, announce=announced.append)

    await relay.relay(database.tenant_id)
    await emit(database, changed("a"))
    await relay.relay(database.tenant_id)

    assert [(each.after, each.last) for each in announced] == [(begun, begun + 1)]


async def test_postgresql_tells_other_processes_with_the_commit(database: PreparedDatabase) -> None:
    if database.dialect == "sqlite":
        return
    begun = await start(database)
    heard: asyncio.Queue[str] = asyncio.Queue()
    connection = await asyncpg.connect(asyncpg_url(database.url))
    try:
        await connection.add_listener(CHANNEL, lambda _c, _p, _ch, payload: heard.put_nowait(payload))
        await emit(database, changed("a"), changed("b"))
        await relay_of(database).relay(database.tenant_id)

        async with asyncio.timeout(5):
            assert await heard.get() == f"{database.tenant_id} {begun + 1} {begun + 2}"
    finally:
        await connection.close()


async def test_a_batch_costs_the_same_few_statements_however_many_events(database: PreparedDatabase) -> None:
    await start(database)
    costs = []
    for count in (1, 60):
        await emit(database, *(changed(f"{number}", customer_id=uuid.UUID(int=number + 1)) for number in range(count)))
        with counted_statements() as statements:
            await relay_of(database).relay(database.tenant_id)
        costs.append(len(statements))

    assert costs == ([4, 4] if database.dialect == "sqlite" else [5, 5])


# ------------------------------------------------------------------------------------------------ whose


@pytest.mark.security
async def test_events_of_another_tenant_are_neither_handed_on_nor_read(database: PreparedDatabase) -> None:
    stranger = await database.tenant("Blankets")
    begun = await start(database)
    await emit(database, changed("mine"))
    await emit(database, changed("theirs"), actor=stranger)
    taken: list[CommittedEvent] = []

    await relay_of(database, hand_on=[lambda _, events: taken.extend(events)]).relay(database.tenant_id)

    assert names(taken) == ["mine"]
    theirs = [row for row in await rows(database, actor=stranger) if row.customer_id]
    assert [(row.status, row.position, row.customer_sequence) for row in theirs] == [(OutboxStatus.PENDING, None, 1)]
    assert names(await read_events(database.database, stranger.tenant_id, types=TYPES, after=0)) == []
    await relay_of(database).relay(stranger.tenant_id)
    page = await read_events(database.database, stranger.tenant_id, types=TYPES, after=0)
    assert names(page) == ["theirs"]

    def look(session: TenantSession) -> list[CommittedEvent]:
        return events_by_id(session, [theirs[0].id], types=TYPES)

    assert await database.database.read(database.tenant_id, look) == []
    assert names(await database.database.read(stranger.tenant_id, look)) == ["theirs"]
    assert await current_position(database.database, database.tenant_id) == begun + 1


async def test_a_history_says_where_it_begins_and_ends(database: PreparedDatabase) -> None:
    history = EventHistory(database.database, types=TYPES)
    begun = await start(database)
    assert (await history.forgotten(database.tenant_id), await history.position(database.tenant_id)) == (0, begun)
    await emit(database, changed("a"), changed("b"), changed("c"))
    await relay_of(database).relay(database.tenant_id)

    def forget(uow: UnitOfWork) -> None:
        for row in uow.select(select(OutboxEvent).where(OutboxEvent.position <= begun + 1)):
            uow.delete(row)

    await database.do(forget)

    assert await history.forgotten(database.tenant_id) == begun + 1
    page = await history.page(database.tenant_id, after=begun + 1, up_to=None, most=1)
    assert (names(page.events), page.last) == (["b"], begun + 2)


async def test_a_busy_tenant_is_relayed_by_one_connection_at_a_time(database: PreparedDatabase) -> None:
    """Whoever writes is not kept from it by a relay that holds the tenant's counter."""
    if database.dialect == "sqlite":
        return
    await start(database)
    other: Database = PostgresqlDatabase(database.url, pool_size=1)
    holding, may_end = asyncio.Event(), asyncio.Event()

    def hold(session: TenantSession, events: Sequence[CommittedEvent]) -> None:
        holding.set()
        await_only(may_end.wait())

    await emit(database, changed("a"))
    relaying_ = asyncio.create_task(
        Relay(other, clock=database.clock, types=TYPES, hand_on=[hold]).relay(database.tenant_id)
    )
    await holding.wait()
    await emit(database, changed("b"))  # the same customer, whose counter is another one
    may_end.set()
    assert await relaying_ >= 1
    await other.close()
