"""Subscriptions on both databases: who shares an answer, that sharing changes nothing, and what happens when an answer fails."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pytest

from patron_core.access.permissions import ADMINISTRATOR
from patron_core.errors import BadRequest, InvalidInput, Unavailable, ValidationFailed
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_schema.context import OperationRequest
from patron_schema.following import Following
from patron_schema.hookspecs import load_plugins
from patron_schema.planner.execution import Reader
from patron_schema.subscriptions import Subscriptions
from patron_schema.testing.service import Patron

CREATE = "mutation C($i: CustomerCreateInput!) { customerCreate(input: $i) { customer { id version } } }"
UPDATE = (
    "mutation U($i: CustomerUpdateInput!) { customerUpdate(input: $i) { customer { version } userErrors { code } } }"
)
RECORD = "mutation R($i: TransactionRecordInput!) { transactionRecord(input: $i) { userErrors { code } } }"
INGEST = "mutation I($i: TransactionsIngestInput!) { transactionsIngest(input: $i) { created userErrors { code } } }"

CHANGED = "subscription S($c: ID) { customerChanged(customerId: $c) { id owner version } }"
INCLUDED = "subscription S($a: Boolean!, $c: ID) { customerChanged(customerId: $c) { id owner @include(if: $a) } }"
PAGES = "subscription S($n: Int) { customerChanged { id transactions(first: $n) { nodes { amount { amount } } } } }"
FILTERED = """subscription S($k: [CustomerKind!], $c: ID) {
  shown: customerChanged(customerId: $c) { owner transactions(where: {customer: {kind: {in: $k}}}) { totalCount } }
}"""
TWICE = """subscription S($c: ID) {
  customerChanged(customerId: $c) { id transactions(where: {customer: {id: {eq: $c}}}) { totalCount } }
}"""
RECORDED = "subscription S($c: ID) { transactionRecorded(customerId: $c) { amount { amount } customer { id } } }"
NAMED = """subscription A { customerChanged { owner } }
subscription B($s: Boolean = true) { customerChanged { id version @skip(if: $s) } }"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


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


async def quiet() -> None:
    """Until all events are told."""
    async with asyncio.timeout(20):
        while tasks := [task for task in asyncio.all_tasks() if task.get_name() == "patron-following"]:
            await asyncio.wait(tasks)


async def customer(patron: Patron, actor: Actor | None = None, **values: Any) -> dict[str, Any]:
    made = await patron.data(CREATE, {"i": {"person": {"displayName": "Ada"}, **values}}, actor=actor)
    found: dict[str, Any] = made["customerCreate"]["customer"]
    return found


async def change(patron: Patron, one: dict[str, Any], owner: str, actor: Actor | None = None) -> None:
    """Changes a customer's owner, and waits until everybody was told."""
    given = {"id": one["id"], "version": one["version"], "owner": owner}
    made = (await patron.data(UPDATE, {"i": given}, actor=actor))["customerUpdate"]
    assert made["userErrors"] == []
    one["version"] = made["customer"]["version"]
    await quiet()


async def listen(
    patron: Patron,
    query: str,
    variables: Mapping[str, Any] | None = None,
    *,
    actor: Actor | None = None,
    operation: str | None = None,
) -> tuple[Heard, Following]:
    heard = Heard()
    request = patron.request(query, variables, actor=actor, operation=operation)
    return heard, await patron.gateway.follow(request, heard)


def data(heard: Heard) -> list[Any]:
    return [json.loads(answer)["data"] for answer in heard.answers]


# -------------------------------------------------------------------------------- statements


@pytest.mark.parametrize("groups", [1, 3])
async def test_an_event_costs_one_statement_for_each_group_however_many_listen(patron: Patron, groups: int) -> None:
    one = await customer(patron)
    actors = [replace(patron.prepared.actor, subject=f"s{n}", scopes=(f"x:{n % groups}",)) for n in range(60)]
    heard = [(await listen(patron, CHANGED, actor=actor))[0] for actor in actors]

    await change(patron, one, "grace")

    reads = [sql for sql, _ in patron.statements]
    assert len(reads) == 1 + groups  # the payload of the mutation, and one for each fingerprint
    assert [data(each) for each in heard] == [[{"customerChanged": {**one, "owner": "grace"}}]] * 60


async def test_followers_of_different_customers_cost_what_one_of_all_costs(patron: Patron) -> None:
    ada, bob = await customer(patron), await customer(patron)
    everyone, _ = await listen(patron, CHANGED)
    hers, _ = await listen(patron, CHANGED, {"c": ada["id"]})
    his, _ = await listen(patron, CHANGED, {"c": bob["id"]})
    literal, _ = await listen(patron, CHANGED.replace("($c: ID)", "").replace("$c", f'"{ada["id"]}"'))

    await change(patron, ada, "grace")

    assert len(patron.statements) == 1 + 2  # another document is another group
    assert data(hers) == data(everyone) == data(literal)
    assert his.answers == []


@pytest.mark.parametrize(
    ("query", "first", "second"),
    [
        (INCLUDED, {"a": True}, {"a": False}),
        (PAGES, {"n": 1}, {"n": 2}),
        (PAGES, {"n": 1}, {}),
        (FILTERED, {"k": ["B2B"]}, {"k": ["B2C"]}),
    ],
    ids=["in a directive", "in an argument", "absent", "in a filter"],
)
async def test_other_variables_never_share(
    patron: Patron, query: str, first: dict[str, Any], second: dict[str, Any]
) -> None:
    for variables in (first, second, dict(reversed(first.items()))):
        await listen(patron, query, variables)

    assert patron.gateway.subscriptions.followings.groups == 2


async def test_what_is_sent_but_not_declared_does_not_keep_listeners_apart(patron: Patron) -> None:
    await listen(patron, CHANGED)
    await listen(patron, CHANGED, {"trace": 1})

    assert patron.gateway.subscriptions.followings.groups == 1


async def test_a_customer_that_also_stands_elsewhere_keeps_listeners_apart(patron: Patron) -> None:
    one, other = await customer(patron), await customer(patron)
    await listen(patron, TWICE, {"c": one["id"]})
    await listen(patron, TWICE, {"c": other["id"]})

    assert patron.gateway.subscriptions.followings.groups == 2


# -------------------------------------------------------------------------------- sharing changes nothing


class Alone:
    """A listener's own subscriptions, which it shares with nobody: what the shared ones are compared with."""

    def __init__(self, patron: Patron) -> None:
        gateway = patron.gateway
        self.heard = Heard()
        self.subscriptions = Subscriptions(
            gateway.broadcaster,
            prepare=gateway._ready,
            read=gateway.text,
            finish=gateway._general,
            keep=gateway.auditing.keep_told,
            ids=gateway.ids,
            settings=gateway.settings,
        )

    async def follow(self, request: OperationRequest) -> Following:
        return await self.subscriptions.follow(request, self.heard)


@dataclass
class Pair:
    """A listener that shares and its twin that does not."""

    shared: Heard
    alone: Heard
    places: tuple[Following, Following]

    def close(self) -> None:
        for place in self.places:
            place.close()


@dataclass
class World:
    """Two tenants with actors and customers, and subscriptions that come and go."""

    patron: Patron
    choose: random.Random
    actors: Sequence[Actor]
    customers: list[tuple[Actor, dict[str, Any]]]
    pairs: list[Pair] = field(default_factory=list)

    async def subscribe(self) -> None:
        actor = self.choose.choice(self.actors)
        mine = [one["id"] for owner, one in self.customers if owner.tenant_id == actor.tenant_id]
        whom = self.choose.choice([None, None, *mine, *(one["id"] for _, one in self.customers)])
        query, variables, operation = self.choose.choice(
            [
                (CHANGED, {"c": whom}, None),
                (CHANGED, {}, None),
                (INCLUDED, {"a": self.choose.random() < 0.5, "c": whom}, None),
                (PAGES, {"n": self.choose.choice([1, 2, None])}, None),
                (FILTERED, {"k": self.choose.choice([["B2B"], ["B2C"], [], None]), "c": whom}, None),
                (TWICE, {"c": whom}, None),
                (RECORDED, {"c": whom}, None),
                (NAMED, {}, "A"),
                (NAMED, self.choose.choice([{}, {"s": True}, {"s": False}]), "B"),
            ]
        )
        request = self.patron.request(query, variables, actor=actor, operation=operation)
        shared, alone = Heard(), Alone(self.patron)
        places = (await self.patron.gateway.follow(request, shared), await alone.follow(request))
        self.pairs.append(Pair(shared, alone.heard, places))

    async def happen(self) -> None:
        actor, one = self.choose.choice(self.customers)
        amount = {"amount": f"{self.choose.randrange(1, 99)}.00", "currencyCode": "EUR"}
        match self.choose.randrange(4):
            case 0:
                await self.patron.data(RECORD, {"i": {"customerId": one["id"], "amount": amount}}, actor=actor)
            case 1:
                mine = [each for owner, each in self.customers if owner.tenant_id == actor.tenant_id]
                rows = [
                    {
                        "customerId": self.choose.choice(mine)["id"],
                        "amount": amount,
                        "occurredAt": "2026-01-01T00:00:00Z",
                    }
                    for _ in range(self.choose.randrange(1, 12))
                ]
                keyed = [{**row, "sourceKey": str(self.choose.random())} for row in rows]
                await self.patron.data(INGEST, {"i": {"source": "pos", "rows": keyed}}, actor=actor)
            case _:
                await change(self.patron, one, f"owner {self.choose.random()}", actor)
        await quiet()


@pytest.mark.security
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_listeners_that_share_are_told_what_each_would_be_told_alone(patron: Patron, seed: int) -> None:
    mine = patron.prepared.actor
    other = await patron.prepared.tenant("Cushions")
    actors = [
        mine,
        replace(mine, subject="another"),
        replace(mine, subject="a third", scopes=("page:large",)),
        other,
        replace(other, subject="their other", roles=(ADMINISTRATOR, "auditor")),
    ]
    customers = [
        (owner, await customer(patron, owner, kind=kind)) for owner in (mine, other) for kind in ("B2B", "B2C")
    ]
    world = World(patron, random.Random(seed), actors, customers)

    for _ in range(60):
        await world.subscribe()
    groups = patron.gateway.subscriptions.followings.groups
    for _ in range(12):
        await world.happen()
        world.choose.choice(world.pairs).close()
        await world.subscribe()

    assert 10 < groups < 60
    assert sum(len(pair.shared.answers) for pair in world.pairs) > 100
    for pair in world.pairs:
        assert pair.shared.answers == pair.alone.answers
        assert pair.shared.ended == pair.alone.ended == []
        pair.close()
    assert patron.gateway.subscriptions.followings.groups == patron.gateway.broadcaster.followers == 0


@pytest.mark.parametrize("query", [CHANGED, PAGES])
async def test_the_general_path_tells_the_same(patron: Patron, query: str) -> None:
    one = await customer(patron)
    fast, _ = await listen(patron, query)
    general = Alone(patron)
    general.subscriptions._prepare = partial(patron.gateway._ready, general=True)
    await general.follow(patron.request(query))

    await change(patron, one, "grace")

    assert fast.answers == general.heard.answers
    assert len(fast.answers) == 1


# -------------------------------------------------------------------------------- what goes wrong


@dataclass
class Failing:
    """A reader whose statements fail while `error` is set."""

    inner: Reader
    error: Exception | None = None

    @property
    def dialect(self) -> str:
        return self.inner.dialect

    async def value(self, sql: str, arguments: Sequence[Any]) -> Any:
        if self.error is not None and "customer_id" not in sql:
            raise self.error
        return await self.inner.value(sql, arguments)

    async def close(self) -> None:
        await self.inner.close()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Unavailable("The database is away. It did not answer. Try again."), "UNAVAILABLE"),
        (RuntimeError("secret"), "INTERNAL"),
    ],
    ids=["public", "masked"],
)
async def test_a_failure_reaches_every_listener_of_the_group_with_its_code(
    patron: Patron, error: Exception, code: str
) -> None:
    one = await customer(patron)
    heard = [(await listen(patron, CHANGED))[0] for _ in range(3)]
    failing = Failing(patron.reader.inner)
    patron.reader.inner = failing

    failing.error = error
    given = {"id": one["id"], "version": one["version"], "owner": "grace"}
    await patron.ask(UPDATE, {"i": given})
    await quiet()
    failing.error = None
    one["version"] += 1
    await change(patron, one, "joan")

    for each in heard:
        failed, told = (json.loads(answer) for answer in each.answers)
        [shown] = failed["errors"]
        assert (failed["data"], shown["path"], shown["extensions"]["code"]) == (None, ["customerChanged"], code)
        assert shown["extensions"]["requestId"]
        assert "secret" not in json.dumps(failed)
        assert told["data"]["customerChanged"]["owner"] == "joan"
        assert each.answers == heard[0].answers  # the same request id: one event, one entry in the log
        assert each.ended == []


@pytest.mark.parametrize(
    ("query", "variables", "error"),
    [
        ("{ __typename }", {}, BadRequest),
        (CHANGED, {"c": "nonsense"}, InvalidInput),
        (CHANGED, {"c": 5.5}, BadRequest),
        ("subscription { __typename }", {}, ValidationFailed),
        ("subscription S($a: Boolean!) { customerChanged @include(if: $a) { id } }", {"a": False}, ValidationFailed),
    ],
)
async def test_what_cannot_be_followed_is_refused_and_leaves_nothing_behind(
    patron: Patron, query: str, variables: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        await listen(patron, query, variables)

    assert patron.gateway.broadcaster.followers == 0


async def test_a_row_that_is_gone_is_not_told(patron: Patron) -> None:
    heard, _ = await listen(patron, CHANGED)
    publish: Callable[..., None] = patron.gateway.broadcaster.publish
    seen: list[Any] = []
    patron.gateway.broadcaster.publish = seen.extend  # type: ignore[method-assign]
    one = await customer(patron)
    stranger = await patron.prepared.tenant("Cushions")

    publish([replace(each, tenant_id=stranger.tenant_id) for each in seen])
    await quiet()
    elsewhere, _ = await listen(patron, CHANGED, actor=stranger)
    publish([replace(each, tenant_id=stranger.tenant_id) for each in seen])
    await quiet()
    publish(seen)
    await quiet()

    assert elsewhere.answers == []
    assert [each["customerChanged"]["id"] for each in data(heard)] == [one["id"]]
