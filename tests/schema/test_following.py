"""Sharing of answers: who is in a group, what each is told, in which order, and what becomes of those who lag or leave."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import ClassVar

import pytest

from patron_core.errors import Overloaded
from patron_core.messages import Event
from patron_core.outbox.events import CommittedEvent
from patron_schema.broadcast import Broadcaster
from patron_schema.following import Answer, Followed, Following, Followings, Inbox

TENANT, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
ADA, BOB = uuid.UUID(int=10), uuid.UUID(int=11)
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold(Event):
    type: ClassVar[str] = "test.sold"
    sale_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldMany(Event):
    type: ClassVar[str] = "test.sold_many"
    sale_ids: tuple[uuid.UUID, ...]
    customer_ids: tuple[uuid.UUID, ...]


@dataclass
class Heard:
    """A listener that remembers."""

    answers: list[str] = field(default_factory=list)
    ended: list[Exception | None] = field(default_factory=list)

    def tell(self, answer: str, place: str | None) -> None:
        self.answers.append(answer)

    def end(self, error: Exception | None) -> None:
        self.ended.append(error)

    async def room(self) -> None:
        """It always has some."""


@dataclass
class Shop:
    """Followings with an answer that is counted, and waits where `gate` is closed."""

    broadcaster: Broadcaster = field(default_factory=Broadcaster)
    asked: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    followings: Followings = field(init=False)

    def __post_init__(self) -> None:
        self.gate.set()
        self.followings = Followings(self.broadcaster)

    def join(
        self,
        listener: Heard | Inbox,
        *,
        key: Hashable = "k",
        customer: uuid.UUID | None = None,
        tenant: uuid.UUID = TENANT,
        slow: bool = False,
    ) -> Following:
        async def answer(row_id: uuid.UUID) -> Answer | None:
            self.asked.append(f"{key}:{row_id.int}")
            await self.gate.wait()
            for _ in range(1000 - row_id.int if slow else 0):
                await asyncio.sleep(0)
            return None if row_id.int == 404 else Answer(f"{key}:{row_id.int}")

        followed = Followed((tenant, key), tenant, (Sold, SoldMany), "sale_id", answer)
        return self.followings.join(followed, listener, customer_id=customer)

    def sell(self, *numbers: int, customer: uuid.UUID | None = None, tenant: uuid.UUID = TENANT) -> None:
        self.publish(*(Sold(sale_id=uuid.UUID(int=n), customer_id=customer) for n in numbers), tenant=tenant)

    def publish(self, *events: Event, tenant: uuid.UUID = TENANT) -> None:
        self.broadcaster.publish([CommittedEvent(uuid.uuid4(), tenant, NOW, None, event) for event in events])

    async def quiet(self) -> None:
        """Until nothing runs any more."""
        async with asyncio.timeout(5):
            while tasks := [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]:
                await asyncio.wait(tasks)


async def test_a_row_is_answered_once_for_all_who_share_and_once_for_each_other_key() -> None:
    shop = Shop()
    heard = [Heard() for _ in range(200)]
    for number, each in enumerate(heard):
        shop.join(each, key="ab"[number % 2])

    shop.sell(1, 2)
    await shop.quiet()

    assert sorted(shop.asked) == ["a:1", "a:2", "b:1", "b:2"]
    assert heard[0].answers == ["a:1", "a:2"]
    assert [each.answers for each in heard] == [["a:1", "a:2"], ["b:1", "b:2"]] * 100
    assert all(a is b for a, b in zip(heard[0].answers, heard[198].answers, strict=True))  # one text, not copies


async def test_other_tenants_hear_nothing() -> None:
    shop, mine, theirs = Shop(), Heard(), Heard()
    shop.join(mine)
    shop.join(theirs, tenant=OTHER)

    shop.sell(1)
    await shop.quiet()

    assert (mine.answers, theirs.answers) == (["k:1"], [])
    assert shop.asked == ["k:1"]


async def test_followers_of_one_customer_share_with_those_of_all() -> None:
    shop, everyone, ada, bob = Shop(), Heard(), Heard(), Heard()
    shop.join(everyone)
    shop.join(ada, customer=ADA)
    shop.join(bob, customer=BOB)

    shop.sell(1, customer=ADA)
    shop.sell(2, customer=BOB)
    shop.sell(3)
    await shop.quiet()

    assert shop.asked == ["k:1", "k:2", "k:3"]
    assert (everyone.answers, ada.answers, bob.answers) == (["k:1", "k:2", "k:3"], ["k:1"], ["k:2"])
    assert shop.followings.groups == 1


async def test_what_nobody_follows_is_not_read() -> None:
    shop, ada = Shop(), Heard()
    shop.join(ada, customer=ADA)

    shop.sell(1, customer=BOB)
    shop.sell(2)
    await shop.quiet()

    assert shop.asked == []


async def test_rows_of_a_batch_come_in_its_order_though_they_are_read_side_by_side() -> None:
    shop, heard, ada = Shop(), Heard(), Heard()
    shop.join(heard, slow=True)
    shop.join(ada, customer=ADA)

    several = tuple(uuid.UUID(int=n) for n in (*range(1, 30), 404, 500))
    shop.publish(SoldMany(sale_ids=several, customer_ids=(ADA,)))
    shop.publish(SoldMany(sale_ids=(uuid.UUID(int=900),), customer_ids=(ADA, BOB)))
    shop.sell(7)
    await shop.quiet()

    assert heard.answers == [f"k:{n}" for n in (*range(1, 30), 500, 900, 7)]
    assert ada.answers == [f"k:{n}" for n in (*range(1, 30), 500)]  # the second batch does not say whose row it is


async def test_events_of_before_are_not_told_to_those_who_come_later() -> None:
    shop, early, late = Shop(), Heard(), Heard()
    shop.gate.clear()
    shop.join(early)
    shop.sell(1)
    await asyncio.sleep(0)

    shop.join(late)
    shop.sell(2)
    shop.gate.set()
    await shop.quiet()

    assert (early.answers, late.answers) == (["k:1", "k:2"], ["k:2"])


async def test_who_leaves_hears_nothing_more_and_leaves_the_others_alone() -> None:
    shop, stays, leaves = Shop(), Heard(), Heard()
    shop.join(stays)
    leaving = shop.join(leaves)
    shop.gate.clear()
    shop.sell(1)
    await asyncio.sleep(0)

    leaving.close()
    leaving.close()
    shop.gate.set()
    await shop.quiet()

    assert (stays.answers, leaves.answers, leaves.ended) == (["k:1"], [], [])
    assert shop.followings.listeners == 1


async def test_the_last_who_leaves_frees_the_group() -> None:
    shop = Shop()
    places = [shop.join(Heard(), customer=customer) for customer in (None, ADA, ADA)]
    assert (shop.followings.groups, shop.broadcaster.followers) == (1, 1)

    shop.gate.clear()
    shop.sell(1, 2, customer=ADA)
    await asyncio.sleep(0)
    for place in places:
        place.close()
    shop.gate.set()
    await shop.quiet()

    assert (shop.followings.groups, shop.followings.listeners, shop.broadcaster.followers) == (0, 0, 0)
    assert shop.asked == ["k:1"]  # what nobody waits for any more is not read


async def test_a_listener_that_closes_another_while_it_is_told() -> None:
    shop, second = Shop(), Heard()

    class Closing(Heard):
        def tell(self, answer: str, place: str | None) -> None:
            super().tell(answer, place)
            other.close()

    first = Closing()
    shop.join(first)
    other = shop.join(second)
    shop.sell(1, 2)
    await shop.quiet()

    assert (first.answers, second.answers) == (["k:1", "k:2"], [])


async def test_a_group_that_falls_behind_ends_for_all_of_it_and_for_no_other() -> None:
    shop, one, two, other = Shop(), Heard(), Heard(), Heard()
    shop.join(one)
    shop.join(two, customer=ADA)
    shop.join(other, key="other", customer=BOB)
    shop.gate.clear()
    shop.sell(1)
    await asyncio.sleep(0)  # the first is being answered and waits no more

    for number in range(256):
        shop.sell(number + 2)
    assert one.ended == []
    shop.sell(999)

    assert [type(error) for error in (*one.ended, *two.ended)] == [Overloaded, Overloaded]
    assert other.ended == []
    assert shop.followings.groups == 1
    shop.gate.set()
    await shop.quiet()
    assert one.answers == []


async def test_a_reader_that_lags_is_ended_and_the_others_read_on() -> None:
    shop, lagging, reading = Shop(), Inbox(), Heard()
    shop.join(lagging)
    shop.join(reading)

    for number in range(300):
        shop.sell(number + 1)
        await shop.quiet()

    assert len(reading.answers) == 300
    with pytest.raises(Overloaded):
        await lagging.next()


async def test_an_inbox_gives_what_it_was_told_and_then_the_end() -> None:
    inbox = Inbox()
    inbox.tell("a", None)
    inbox.tell("b", None)
    assert [await inbox.next(), await inbox.next()] == ["a", "b"]

    waiting = asyncio.ensure_future(inbox.next())
    await asyncio.sleep(0)
    inbox.end(None)
    inbox.tell("too late", None)

    assert await waiting is None
    assert await inbox.next() is None
