"""Rows D2 of the bar for webhooks, in one process: receivers that fail, hang and reset, senders that die, commits out of order.

That processes are killed for real is shown in tests/faults.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass, field

import pytest
from tests.schema.webhook_receiver import HANG, RESET, Mailroom, Receiver, receiver

from patron_core.customers.events import CustomerChanged
from patron_core.plugins import Plugins
from patron_core.unit_of_work import UnitOfWork, execute
from patron_core.values import SequentialIds
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.service import Patron

pytestmark = pytest.mark.faults

_EVENTS = 600
_CUSTOMERS = 40


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return load_plugins(())


@dataclass
class Backwards:
    """Ids that were drawn long before their transactions commit: later commits have earlier ones."""

    left: list[uuid.UUID] = field(default_factory=list)

    def new(self) -> uuid.UUID:
        """The latest of those that are left."""
        return self.left.pop()

    def many(self, count: int) -> list[uuid.UUID]:
        """Several of them."""
        return [self.new() for _ in range(count)]


@dataclass
class Committed:
    """What was committed: events by webhook-id, and each customer's in the order of the commits."""

    ids: set[str] = field(default_factory=set)
    in_order: dict[uuid.UUID, list[str]] = field(default_factory=lambda: defaultdict(list))


async def commit(patron: Patron, ids: Backwards, customers: list[uuid.UUID], done: Committed, *, fail: bool) -> None:
    """One transaction with an event for each of the customers; one that fails leaves nothing."""
    told: list[tuple[str, uuid.UUID]] = []

    def work(uow: UnitOfWork) -> None:
        told.clear()
        for customer_id in customers:
            uow.emit(CustomerChanged(customer_id=customer_id))
            told.append((f"evt_{uow.events[-1].id}", customer_id))
        if fail:
            raise RuntimeError("undone")

    prepared = patron.prepared
    try:
        await execute(
            prepared.database,
            work,
            actor=prepared.actor,
            clock=prepared.clock,
            ids=ids,
            plugins=prepared.plugins,
        )
    except RuntimeError:
        return
    for id_, customer_id in told:
        done.ids.add(id_)
        done.in_order[customer_id].append(id_)


def first_taken(hooks: Receiver) -> list[str]:
    """The webhook-ids that were answered with success, each where it came first."""
    return list(dict.fromkeys(each.webhook_id for each in hooks.taken))


async def test_d2_every_committed_event_is_delivered_and_none_that_was_rolled_back(
    patron: Patron, record_property: pytest.RecordProperty
) -> None:
    rnd = random.Random(20261122)
    faults: dict[str, list[int]] = {}

    def answer(id_: str, number: int) -> int:
        """Three in ten tries fail: by a status, by silence, by a reset."""
        if id_ not in faults:
            chance = random.Random(id_)
            faults[id_] = [
                chance.choice([500, 500, 503, 302, RESET, RESET, RESET, RESET, RESET, RESET, HANG])
                if chance.random() < 0.3
                else 200
                for _ in range(6)
            ] + [200]
        return faults[id_][min(number, 7) - 1]

    mail, done = Mailroom(patron, seconds=0.15, draw=rnd.random), Committed()
    ids = Backwards(SequentialIds(patron.prepared.clock).many(40_000))
    customers = [uuid.UUID(int=(7 << 76) | (0b10 << 62) | number) for number in range(1, _CUSTOMERS + 1)]
    crashes = 0
    async with receiver(answer) as hooks:
        await mail.endpoint(hooks.url, ["customer.changed"])
        for turn in range(30):
            chosen = rnd.choices(customers, k=_EVENTS // 30)
            await commit(patron, ids, chosen, done, fail=False)
            await commit(patron, ids, rnd.sample(customers, 5), done, fail=True)
            await mail.hand_on()
            mail.sender.wake(patron.prepared.tenant_id)
            if turn % 2:
                await asyncio.sleep(0)
                for _ in range(rnd.randrange(1, 12)):
                    await asyncio.wait([asyncio.ensure_future(asyncio.sleep(0.002))])
                await mail.crash()
                crashes += 1
        rounds = 0
        while rounds < 400 and len(set(first_taken(hooks))) < len(done.ids):
            await mail.send()
            patron.prepared.clock.advance(dt.timedelta(seconds=61 if rounds < 10 else 3_600))
            rounds += 1
        await mail.send()

        taken = first_taken(hooks)
        order: dict[uuid.UUID, list[str]] = defaultdict(list)
        of = {id_: customer_id for customer_id, all_ in done.in_order.items() for id_ in all_}
        for id_ in taken:
            if id_ in of:
                order[of[id_]].append(id_)

    missing, phantom = done.ids - set(taken), {each.webhook_id for each in hooks.came} - done.ids
    record_property(
        "figure",
        f"{patron.prepared.dialect}: {len(done.ids)} events, {len(hooks.came)} tries, {crashes} senders killed: "
        f"{len(missing)} missing, {len(phantom)} phantom, in order for {_CUSTOMERS} customers",
    )
    assert len(done.ids) == _EVENTS
    assert missing == set()
    assert phantom == set()
    assert order == done.in_order


async def test_d2_in_calm_nothing_comes_twice(patron: Patron, record_property: pytest.RecordProperty) -> None:
    mail, done = Mailroom(patron, seconds=5), Committed()
    ids = Backwards(SequentialIds(patron.prepared.clock).many(5_000))
    customers = [uuid.UUID(int=(7 << 76) | (0b10 << 62) | number) for number in range(1, _CUSTOMERS + 1)]
    async with receiver() as hooks:
        await mail.endpoint(hooks.url, ["customer.changed"])
        for _ in range(10):
            await commit(patron, ids, customers, done, fail=False)
            await mail.deliver()

    twice = len(hooks.came) - len(done.ids)
    record_property("figure", f"{patron.prepared.dialect}: {twice} of {len(done.ids)} came twice")
    assert {each.webhook_id for each in hooks.came} == done.ids
    assert twice <= len(done.ids) // 100


async def test_d2_one_dead_endpoint_delays_the_others_by_less_than_a_second(
    patron: Patron, record_property: pytest.RecordProperty
) -> None:
    mail, done = Mailroom(patron, seconds=3), Committed()
    ids = Backwards(SequentialIds(patron.prepared.clock).many(5_000))
    customers = [uuid.UUID(int=(7 << 76) | (0b10 << 62) | number) for number in range(1, _CUSTOMERS + 1)]
    came_at: dict[str, float] = {}

    def note(id_: str, _number: int) -> int:
        came_at.setdefault(id_, time.monotonic())
        return 200

    async with receiver(lambda _id, _number: HANG) as dead, receiver(note) as alive:
        await mail.endpoint(dead.url, ["customer.changed"])
        await mail.endpoint(alive.url, ["customer.changed"])
        await commit(patron, ids, customers, done, fail=False)
        await mail.hand_on()
        began = time.monotonic()
        mail.sender.wake(patron.prepared.tenant_id)
        async with asyncio.timeout(30):
            while len(came_at) < len(done.ids):
                await asyncio.wait([asyncio.ensure_future(asyncio.sleep(0.005))])
        held = len(dead.open)
        await mail.crash()

    slowest = max(came_at.values()) - began
    record_property(
        "figure", f"{patron.prepared.dialect}: the last of {len(done.ids)} after {slowest:.2f} s beside a dead endpoint"
    )
    assert held > 0, "nothing hung, so that nothing was shown"
    assert slowest < 1.0
