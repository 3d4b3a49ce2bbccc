"""Who asks decides what is answered: tenants, plugins, modes and permissions take turns over the same documents and caches.

Requests of all come in a random order and at the same time; each answer is the one a fresh service gives, which has
composed one schema, kept no document and made no plan before.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import itertools
import random
from collections.abc import Mapping
from functools import partial
from typing import Any

import orjson
import pytest

from patron_core.access.models import Tenant
from patron_core.access.service import create_tenant
from patron_core.customers.models import EngagementMode
from patron_core.errors import PublicError
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.unit_of_work import UnitOfWork
from patron_schema.broadcast import Broadcaster
from patron_schema.documents import Documents
from patron_schema.errors import formatted_all
from patron_schema.gateway import Gateway
from patron_schema.hookspecs import load_plugins
from patron_schema.schemas import Schemas, new_composed
from patron_schema.testing.databases import PreparedDatabase
from patron_schema.testing.service import Patron, open_patron

#: Each with the variables it is asked with. Some fit only one mode, or one set of plugins, or one scope.
DOCUMENTS: list[tuple[str, list[dict[str, Any]]]] = [
    ("{ viewer { tenantName scopes } }", [{}]),
    ("{ customers { totalCount nodes { displayName } } }", [{}]),
    ("query ($n: Int!) { customers(first: $n) { totalCount } }", [{"n": 1}, {"n": 101}, {"n": 1_001}]),
    ("query ($a: Boolean!) { customers { totalCount @skip(if: $a) nodes { kind @include(if: $a) } } }", [{"a": True}, {"a": False}]),
    ("{ loyaltyMembers { totalCount } }", [{}]),
    ("{ financialAccounts { totalCount } customers { totalCount } }", [{}]),
    ("{ customers(first: 3) { nodes { ...F } } } fragment F on Customer { displayName loyalty { points } }", [{}]),
    ("query ($w: CustomerWhere) { customers(where: $w) { totalCount } }",
        [{}, {"w": {"loyalty": {"points": {"gt": 1}}}}, {"w": {"kind": {"eq": "B2C"}}}]),
    ("query A { viewer { kind } } query B { customers { totalCount } }", [{}]),
    ("{ __type(name: \"LoyaltyMember\") { name } }", [{}]),
]  # fmt: skip
CREATE = "mutation ($input: CustomerCreateInput!) { customerCreate(input: $input) { userErrors { message } } }"
SCOPES: list[tuple[str, ...]] = [(), ("page:large",), ("customer:read", "party:read")]


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return load_plugins(("banking", "retail"))


async def tenants(database: PreparedDatabase) -> list[Actor]:
    """An administrator of each of six tenants, which differ in plugins and mode and have one to six customers."""
    made = []
    sets = [(), ("retail",), ("banking",), ("banking", "retail"), ("banking", "retail"), ("retail",)]
    modes = [EngagementMode.HYBRID] * 4 + [EngagementMode.RELATIONSHIP, EngagementMode.TRANSACTION]
    for number, (plugins, mode) in enumerate(zip(sets, modes, strict=True)):
        tenant = await create_tenant(
            database.database, name=f"T{number}", mode=mode, plugins=plugins, clock=database.clock, ids=database.ids
        )
        made.append(Actor(tenant.id, f"administrator of T{number}", "user", roles=("administrator",)))
    return made


async def fill(patron: Patron, actors: list[Actor]) -> None:
    for number, actor in enumerate(actors):
        for customer in range(number + 1):
            person = {"givenName": f"G{customer}", "familyName": f"T{number}"}
            given = {"input": {"person": person, "kind": "B2C"}}
            assert (await patron.data(CREATE, given, actor=actor))["customerCreate"] == {"userErrors": []}


class Fresh:
    """Answers each question as if nothing had been asked before; a tenant's schema alone is kept."""

    def __init__(self, patron: Patron) -> None:
        self._patron = patron
        self._schemas: dict[Any, Schemas] = {}
        self._answers: dict[Any, bytes] = {}

    async def answer(self, query: str, variables: Mapping[str, Any], actor: Actor, operation: str | None) -> bytes:
        key = (query, orjson.dumps(variables), actor.tenant_id, actor.scopes, actor.roles, operation)
        if key not in self._answers:
            gateway = self._gateway(actor)
            self._answers[key] = await answered(gateway, self._patron, query, variables, actor, operation)
        return self._answers[key]

    def forget(self) -> None:
        self._schemas.clear()
        self._answers.clear()

    def _gateway(self, actor: Actor) -> Gateway:
        prepared, settings = self._patron.prepared, self._patron.prepared.settings
        if actor.tenant_id not in self._schemas:
            self._schemas[actor.tenant_id] = Schemas(
                plugins=prepared.plugins,
                mode=EngagementMode.HYBRID,
                database=prepared.database,
                clock=prepared.clock,
                page_default=settings.page_default,
            )
        return Gateway(
            database=prepared.database,
            reader=self._patron.reader,
            schemas=self._schemas[actor.tenant_id],
            documents=Documents(settings),
            settings=settings,
            clock=prepared.clock,
            ids=prepared.ids,
            broadcaster=Broadcaster(),
        )


async def answered(
    gateway: Gateway, patron: Patron, query: str, variables: Mapping[str, Any], actor: Actor, operation: str | None
) -> bytes:
    request = patron.request(query, variables, actor=actor, operation=operation)
    try:
        return (await gateway.execute(request)).body
    except PublicError as error:
        return orjson.dumps({"errors": formatted_all(error, request_id=request.request_id)})


def requests(actors: list[Actor]) -> list[tuple[str, dict[str, Any], Actor, str | None]]:
    every = []
    for actor, scopes, (query, variables) in itertools.product(actors, SCOPES, DOCUMENTS):
        asked = dataclasses.replace(actor, scopes=scopes, roles=() if scopes[:1] == ("customer:read",) else actor.roles)
        names = ("A", "B") if query.startswith("query A") else (None,)
        every += [(query, given, asked, name) for given, name in itertools.product(variables, names)]
    return every


def shrink(patron: Patron, *, entries: int) -> None:
    """Makes the caches so small that everything comes and goes all the time."""
    gateway = patron.gateway
    for figures in (gateway.documents.figures, gateway.operations.figures, gateway.schemas.figures[1]):
        figures.most_entries = entries


async def check(patron: Patron, fresh: Fresh, asked: list[Any]) -> None:
    for start in range(0, len(asked), 8):
        together = asked[start : start + 8]
        found = await asyncio.gather(
            *(answered(patron.gateway, patron, query, given, actor, name) for query, given, actor, name in together)
        )
        for (query, given, actor, name), answer in zip(together, found, strict=True):
            expected = await fresh.answer(query, given, actor, name)
            assert answer == expected, f"{actor.subject} {actor.scopes}: {query} {given}"


async def test_requests_of_all_take_turns_and_nobody_gets_the_plan_of_another(database: PreparedDatabase) -> None:
    patron = open_patron(database)
    actors = await tenants(database)
    await fill(patron, actors)
    fresh = Fresh(patron)
    rnd = random.Random(20261121)
    every = requests(actors)

    await check(patron, fresh, rnd.sample(every * 2, len(every) * 2))
    assert patron.gateway.operations.figures.hits > 100
    small = open_patron(database)
    shrink(small, entries=4)
    await check(small, fresh, rnd.sample(every, len(every)))
    assert small.gateway.operations.figures.evictions > 100

    distinct = {await fresh.answer(*each) for each in every}
    assert len(distinct) > 40  # or nothing would have been told apart
    await patron.reader.close()
    await small.reader.close()


async def test_a_schema_that_left_the_cache_is_composed_again_and_its_plans_still_fit(
    database: PreparedDatabase,
) -> None:
    patron = open_patron(database, composed=new_composed())
    for figures in patron.gateway.schemas.figures:
        figures.most_entries = 1
    actors = (await tenants(database))[:2]
    fresh = Fresh(patron)

    await check(patron, fresh, random.Random(3).sample(requests(actors), 12))

    assert patron.gateway.schemas.figures[0].evictions >= 1
    await patron.reader.close()


def change(uow: UnitOfWork, *, plugins: list[str], mode: EngagementMode) -> None:
    tenant = uow.session.get_one(Tenant, uow.tenant_id)
    tenant.plugins, tenant.mode = plugins, mode


async def test_other_plugins_and_another_mode_count_from_the_next_look_on(database: PreparedDatabase) -> None:
    patron = open_patron(database)
    [actor] = (await tenants(database))[3:4]
    fresh = Fresh(patron)
    every = requests([actor])
    rnd = random.Random(7)

    seen = set()
    for plugins, mode in (
        (["banking", "retail"], EngagementMode.HYBRID), (["banking"], EngagementMode.HYBRID), ([], EngagementMode.TRANSACTION),
        (["banking", "retail"], EngagementMode.RELATIONSHIP), (["banking", "retail"], EngagementMode.HYBRID),
    ):  # fmt: skip
        await database.do(partial(change, plugins=plugins, mode=mode), actor=actor)
        database.clock.advance(dt.timedelta(seconds=5))
        fresh.forget()
        await check(patron, fresh, rnd.sample(every, len(every)))
        seen.add(await fresh.answer(DOCUMENTS[4][0], {}, actor, None))

    assert len(seen) == 2  # the plugin's connection was there, and was not
    await patron.reader.close()
