"""Going on after the last event that was seen, on both databases: nothing is missed, nothing comes twice, and it is bounded."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import delete
from tests.schema.test_subscriptions import CREATE, INGEST, UPDATE

from patron_core.database.tenancy import AUDITED
from patron_core.errors import InvalidInput, LimitExceeded, Unavailable
from patron_core.messages import Actor
from patron_core.outbox.models import OutboxEvent
from patron_core.outbox.reading import EventHistory
from patron_core.outbox.relay import Relay
from patron_core.outbox.types import EventTypes
from patron_core.plugins import Plugins
from patron_core.unit_of_work import CommittedEvent
from patron_schema.broadcast import Broadcaster
from patron_schema.gateway import Gateway
from patron_schema.hookspecs import load_plugins
from patron_schema.places import Place
from patron_schema.testing.databases import PreparedDatabase
from patron_schema.testing.service import Patron, open_patron
from patron_schema.transport import OpenSubscription

AFTER = "subscription S($after: String, $c: ID) { customerChanged(customerId: $c, after: $after) { id owner } }"
ROWS = "subscription S($after: String, $c: ID) { transactionRecorded(customerId: $c, after: $after) { sourceKey } }"
OWNED = """subscription S($after: String, $w: CustomerWhere) {
  customerChanged(after: $after, where: $w) { id owner }
}"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


@dataclass
class Heard:
    """A listener that remembers; it has no room while `gate` is closed."""

    answers: list[dict[str, Any]] = field(default_factory=list)
    places: list[str | None] = field(default_factory=list)
    ended: list[Exception | None] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def tell(self, answer: str, place: str | None) -> None:
        told = json.loads(answer)
        assert told.get("extensions", {}).get("position") == place
        self.answers.append(told)
        self.places.append(place)

    def end(self, error: Exception | None) -> None:
        self.ended.append(error)

    async def room(self) -> None:
        await self.gate.wait()

    def field(self, name: str) -> list[Any]:
        return [next(iter(answer["data"].values()))[name] for answer in self.answers]


@dataclass
class House:
    """A deployment whose events are handed on by a relay of its own."""

    patron: Patron
    relay: Relay

    @property
    def broadcaster(self) -> Broadcaster:
        return self.patron.gateway.broadcaster

    async def follow(self, query: str, actor: Actor | None = None, **variables: Any) -> tuple[Heard, OpenSubscription]:
        heard = Heard()
        return heard, await self.patron.gateway.follow(self.patron.request(query, variables, actor=actor), heard)

    async def create(self, **values: Any) -> dict[str, Any]:
        made = await self.patron.data(CREATE, {"i": {"person": {"displayName": "Ada"}, **values}})
        await self.quiet()
        found: dict[str, Any] = made["customerCreate"]["customer"]
        return found

    async def change(self, one: dict[str, Any], owner: str) -> None:
        given = {"id": one["id"], "version": one["version"], "owner": owner}
        one["version"] = (await self.patron.data(UPDATE, {"i": given}))["customerUpdate"]["customer"]["version"]

    async def ingest(self, rows: Sequence[tuple[str, dict[str, Any]]]) -> None:
        given = [
            {
                "customerId": one["id"],
                "amount": {"amount": "1.00", "currencyCode": "EUR"},
                "occurredAt": "2026-01-01T00:00:00Z",
                "sourceKey": key,
            }
            for key, one in rows
        ]
        await self.patron.data(INGEST, {"i": {"source": "pos", "rows": given}})
        await self.quiet()

    async def quiet(self) -> None:
        """Until every event is handed on and told."""
        await self.relay.idle()
        names = ("patron-following", "patron-resuming")
        async with asyncio.timeout(20):
            while tasks := [task for task in asyncio.all_tasks() if task.get_name() in names]:
                await asyncio.wait(tasks)

    async def position(self) -> int:
        history = EventHistory(self.patron.prepared.database, types=EventTypes.of(self.patron.prepared.plugins))
        return await history.position(self.patron.prepared.tenant_id)


def house_of(prepared: PreparedDatabase, **settings: Any) -> House:
    """A deployment with a relay. settings: other than the test's own."""
    patron, broadcaster = open_patron(prepared), Broadcaster()
    old, types = patron.gateway, EventTypes.of(prepared.plugins)
    relay = Relay(prepared.database, clock=prepared.clock, types=types, told=broadcaster.relayed, linger_seconds=0)

    def broadcast(committed: Sequence[CommittedEvent]) -> None:
        relay.wake(committed[0].tenant_id)

    patron.gateway = Gateway(
        database=prepared.database,
        reader=patron.reader,
        schemas=old.schemas,
        documents=old.documents,
        settings=old.settings.model_copy(update=settings),
        clock=prepared.clock,
        ids=prepared.ids,
        broadcaster=broadcaster,
        history=EventHistory(prepared.database, types=types),
        broadcast=broadcast,
    )
    return House(patron, relay)


@pytest_asyncio.fixture
async def open_house(database: PreparedDatabase) -> AsyncIterator[Callable[..., House]]:
    """Makes deployments on the test's database, as of several processes."""
    made: list[House] = []

    def make(**settings: Any) -> House:
        made.append(house_of(database, **settings))
        return made[-1]

    yield make
    for house in made:
        await house.relay.close()
        await house.patron.reader.close()


# -------------------------------------------------------------------------------- what was missed


async def test_messages_say_where_they_are_and_a_client_goes_on_there(open_house: Callable[..., House]) -> None:
    house = open_house()
    one = await house.create()
    live, place = await house.follow(AFTER)
    for owner in ("a", "b"):
        await house.change(one, owner)
        await house.quiet()
    place.close()
    for owner in ("c", "d"):
        await house.change(one, owner)
        await house.quiet()

    again, _ = await house.follow(AFTER, after=live.places[-1])
    await house.quiet()
    await house.change(one, "e")
    await house.quiet()

    positions = [int(str(each)) for each in (*live.places, *again.places)]
    assert len(positions) == len(set(positions)) == 5
    assert positions == sorted(positions)
    assert live.field("owner") == ["a", "b"]
    assert again.field("owner") == ["d", "d", "e"]  # each change is told, with the row as it is now
    assert again.ended == []


async def test_from_the_beginning_everything_is_told(open_house: Callable[..., House]) -> None:
    house = open_house()
    ada, bob = await house.create(), await house.create()

    heard, _ = await house.follow(AFTER, after="0")
    await house.quiet()

    assert heard.field("id") == [ada["id"], bob["id"]]


async def test_customer_and_filter_hold_for_what_was_missed_too(open_house: Callable[..., House]) -> None:
    house = open_house()
    ada, bob = await house.create(owner="x"), await house.create(owner="y")

    hers, _ = await house.follow(AFTER, after="0", c=ada["id"])
    theirs, _ = await house.follow(OWNED, after="0", w={"owner": {"eq": "y"}})
    await house.quiet()
    await house.change(ada, "y")
    await house.quiet()

    assert hers.field("id") == [ada["id"]] * 2
    assert theirs.field("id") == [bob["id"], ada["id"]]


async def test_a_batch_is_taken_up_again_behind_the_row_that_was_seen(open_house: Callable[..., House]) -> None:
    house = open_house()
    ada, bob = await house.create(), await house.create()
    whole, _ = await house.follow(ROWS)
    await house.ingest([("1", ada), ("2", bob), ("3", ada), ("4", bob), ("5", ada)])
    at = await house.position()
    assert whole.field("sourceKey") == ["1", "2", "3", "4", "5"]
    assert whole.places == [f"{at}.1", f"{at}.2", f"{at}.3", f"{at}.4", str(at)]

    for seen, left in ((f"{at - 1}", "12345"), (f"{at}.1", "2345"), (f"{at}.4", "5"), (str(at), "")):
        heard, _ = await house.follow(ROWS, after=seen)
        await house.quiet()
        assert "".join(heard.field("sourceKey")) == left, seen
        assert heard.places == whole.places[5 - len(left) :]

    await house.ingest([("6", ada)])
    assert heard.field("sourceKey") == ["6"]


async def test_another_process_takes_a_client_up_although_it_was_told_nothing(
    open_house: Callable[..., House],
) -> None:
    here, there = open_house(), open_house()
    one = await here.create()
    heard, place = await here.follow(AFTER)
    await here.change(one, "a")
    await here.quiet()
    place.close()
    await here.change(one, "b")
    await here.quiet()

    again, _ = await there.follow(AFTER, after=heard.places[-1])
    await there.quiet()
    await there.change(one, "c")
    await there.quiet()

    assert again.field("owner") == ["b", "c"]


@pytest.mark.parametrize("seed", [1, 2])
async def test_whoever_comes_back_at_any_moment_misses_nothing_and_hears_nothing_twice(
    open_house: Callable[..., House], seed: int
) -> None:
    house, choose = open_house(), random.Random(seed)
    customers = [await house.create() for _ in range(3)]
    start = await house.position()
    everything, _ = await house.follow(AFTER, after=str(start))
    came: list[tuple[int, Heard]] = []
    done = asyncio.Event()

    async def write(one: dict[str, Any]) -> None:
        for number in range(15):
            await house.change(one, str(number))

    async def come() -> None:
        while not done.is_set():
            place = choose.randint(start, await house.position())
            came.append((place, (await house.follow(AFTER, after=str(place)))[0]))
            for _ in range(choose.randrange(8)):
                await asyncio.sleep(0)

    coming = asyncio.create_task(come())
    await asyncio.gather(*(write(one) for one in customers))
    done.set()
    await coming
    await house.quiet()

    assert len(everything.places) == 45
    assert everything.places == sorted(everything.places, key=lambda each: int(str(each)))
    assert len(came) >= 10
    for place, heard in came:
        assert heard.places == [each for each in everything.places if int(str(each)) > place]
        assert heard.ended == []


async def test_those_who_come_back_share_one_group_with_those_who_stayed(open_house: Callable[..., House]) -> None:
    house = open_house()
    one = await house.create()
    await house.follow(AFTER)
    for place in ("0", "1"):
        await house.follow(AFTER, after=place)
    await house.quiet()

    followings = house.patron.gateway.subscriptions.followings
    assert (followings.groups, followings.listeners, house.broadcaster.followers) == (1, 3, 1)
    await house.change(one, "a")
    house.patron.statements.clear()
    await house.quiet()
    assert len(house.patron.statements) == 1


# -------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize("after", ["", "x", "-1", "1.0", "1.", "1.2.3", " 1", "١", "9" * 19, "1e3", "0x1", "1\n"])
async def test_what_is_no_place_is_refused_without_being_repeated(open_house: Callable[..., House], after: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await open_house().follow(AFTER, after=after)
    assert "is no position" in refused.value.message


async def test_a_place_nobody_has_got_to_is_refused(open_house: Callable[..., House]) -> None:
    house = open_house()
    await house.create()
    with pytest.raises(InvalidInput, match="No event has got so far"):
        await house.follow(AFTER, after=str(await house.position() + 1))
    assert house.broadcaster.followers == 0


async def test_a_place_whose_successors_are_gone_is_refused_and_says_from_where_on(
    open_house: Callable[..., House], database: PreparedDatabase
) -> None:
    house = open_house()
    for _ in range(3):
        await house.create()
    last = await house.position()
    gone = last - 1

    old = delete(OutboxEvent).where(OutboxEvent.position <= gone).execution_options(**{AUDITED: True})
    await database.database.write(database.tenant_id, lambda session: session.execute(old))

    with pytest.raises(InvalidInput, match=rf"has expired.*after {gone}\."):
        await house.follow(AFTER, after=str(gone - 1))
    heard, _ = await house.follow(AFTER, after=str(gone))
    await house.quiet()
    assert heard.places == [str(last)]
    assert house.broadcaster.followers == 1


async def test_more_than_may_be_missed_is_refused(open_house: Callable[..., House]) -> None:
    house = open_house(subscription_max_missed=3)
    for _ in range(2):
        await house.create()
    last = await house.position()
    assert last > 3

    with pytest.raises(LimitExceeded) as refused:
        await house.follow(AFTER, after=str(last - 4))
    assert refused.value.details == {"limit": "events to go back", "value": 4, "maximum": 3}
    heard, _ = await house.follow(AFTER, after=str(last - 3))
    await house.quiet()
    assert heard.ended == []


async def test_where_nobody_gives_places_there_is_no_way_back(patron: Patron) -> None:
    with pytest.raises(InvalidInput, match="no way back"):
        await patron.gateway.follow(patron.request(AFTER, {"after": "0"}), Heard())


# -------------------------------------------------------------------------------- what goes wrong


async def test_what_was_missed_waits_for_a_client_that_reads_slowly(open_house: Callable[..., House]) -> None:
    house = open_house()
    for _ in range(5):
        await house.create()
    heard = Heard()
    heard.gate.clear()
    request = house.patron.request(AFTER, {"after": "0"})
    await house.patron.gateway.follow(request, heard)
    async with asyncio.timeout(5):
        while not heard.answers:  # noqa: ASYNC110 (nothing tells when a message was told)
            await asyncio.sleep(0)
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(heard.answers) == 1

    heard.gate.set()
    await house.quiet()
    assert len(heard.answers) == 5


async def test_one_who_leaves_on_the_way_hears_no_more_and_leaves_nothing_behind(
    open_house: Callable[..., House],
) -> None:
    house = open_house()
    for _ in range(3):
        await house.create()
    heard = Heard()
    heard.gate.clear()
    place = await house.patron.gateway.follow(house.patron.request(AFTER, {"after": "0"}), heard)
    async with asyncio.timeout(5):
        while not heard.answers:  # noqa: ASYNC110
            await asyncio.sleep(0)

    place.close()
    place.close()
    heard.gate.set()
    await house.quiet()

    assert (len(heard.answers), heard.ended, house.broadcaster.followers) == (1, [], 0)


async def test_a_database_that_fails_on_the_way_ends_the_subscription(
    open_house: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    house = open_house()
    await house.create()

    async def away(*_: object, **__: object) -> Any:
        raise Unavailable("The database is away. It did not answer. Try again.")

    monkeypatch.setattr(EventHistory, "page", away)
    heard, _ = await house.follow(AFTER, after="0")
    await house.quiet()

    assert [type(each) for each in heard.ended] == [Unavailable]
    assert house.broadcaster.followers == 0


def test_places_are_in_the_order_of_events_and_rows() -> None:
    texts = ["0", "3.1", "3.2", "3.10", "3", "4.1", "11"]
    places = [Place.read(text) for text in texts]
    assert sorted(places) == places
    assert [str(each) for each in places] == texts
    assert [each.before for each in places] == [0, 2, 2, 2, 3, 3, 11]
