"""B1 for what is no query: subscriptions tell a tenant nothing of another's events, imports of the same file stay apart."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import typing
import uuid
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from tests.schema.webhook_receiver import Mailroom, receiver
from tests.security.realm import Realm, rows_of_tenant
from tests.security.test_failures_05_writes_across_tenants import everything_of

from patron_core.access.grants import GUARDED
from patron_core.access.scopes import known_scopes
from patron_core.imports.importer import Importer
from patron_core.imports.mapped import CORE_IMPORTERS
from patron_core.imports.runner import run_import
from patron_core.messages import Event
from patron_core.outbox.events import CommittedEvent
from patron_core.plugins import Plugins
from patron_core.unit_of_work import UnitOfWork, execute
from patron_core.values import Code, Money
from patron_schema.testing.databases import NOON, PreparedDatabase
from patron_schema.testing.service import Patron

pytestmark = pytest.mark.security

#: Nouns whose reading is named one by one.
GUARDED_READS: Final = sorted(
    {each for each in known_scopes(()) if each.endswith(":read") and each.partition(":")[0] in GUARDED}
)
CREATE: Final = (
    """mutation($input: WebhookCreateInput!) { webhookCreate(input: $input) { userErrors { message path } } }"""
)
_PLUGINS: Final = Path(__file__).resolve().parents[2] / "plugins"
#: A file for each importer there is; one without fails the test.
SAMPLES: Final = {
    "online-retail": "retail/patron_retail/samples/online_retail.csv",
    "cdnow": "retail/patron_retail/samples/cdnow.txt",
    "berka": "banking/patron_banking/samples/berka",
    "camt053": "banking/patron_banking/samples/camt053_08.xml",
    "fhir": "healthcare/patron_healthcare/samples/two_patients.json",
    "hotel-bookings": "hospitality/patron_hospitality/samples/hotel_bookings.csv",
    "csv": "../core/patron_core/imports/bundled/samples/crm-customers.csv",
    "jsonl": "../core/patron_core/imports/bundled/samples/web-orders.jsonl",
}
#: What the importers of the core are told of their samples.
MAPPINGS: Final = {"csv": "crm-customers", "jsonl": "web-orders"}


@dataclass
class Heard:
    """A listener that remembers."""

    answers: list[str] = field(default_factory=list)

    def tell(self, answer: str, place: str | None) -> None:
        self.answers.append(answer)

    def end(self, error: Exception | None) -> None:
        """Nothing is done at the end."""

    async def room(self) -> None:
        """It always has some."""


async def quiet() -> None:
    """Until all events are told."""
    async with asyncio.timeout(20):
        while tasks := [task for task in asyncio.all_tasks() if task.get_name() == "patron-following"]:
            await asyncio.wait(tasks)


def made(kind: type[Event], row_id: uuid.UUID, node_id: str, customer_id: uuid.UUID) -> Event:
    """An event about a row."""
    hints = typing.get_type_hints(kind)
    given: dict[str, Any] = {}
    for each in dataclasses.fields(kind):
        needed = each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING
        if each.name == "customer_id":
            given[each.name] = customer_id
        elif each.name in (node_id, f"{node_id}s"):
            given[each.name] = row_id if each.name == node_id else (row_id,)
        elif needed:
            given[each.name] = _value(hints[each.name], row_id)
    return kind(**given)


def _value(hint: Any, row_id: uuid.UUID) -> Any:
    if typing.get_origin(hint) is not None and type(None) in typing.get_args(hint):
        return None
    if typing.get_origin(hint) is tuple:
        return ()
    if isinstance(hint, type) and issubclass(hint, Code):
        return next(iter(hint))
    values = {uuid.UUID: row_id, str: "Test", int: 1, bool: True, dt.datetime: NOON, dt.date: NOON.date()}
    return Money.of("1", "EUR") if hint is Money else values[hint]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
async def test_b1_no_subscription_tells_of_another_tenants_event(
    realm: Realm, dialect: str, record_property: pytest.RecordProperty
) -> None:
    patron: Patron = realm.crowded[dialect]  # type: ignore[index]
    twin = realm.neighbours[2].actors[dialect]  # whose rows have the first tenant's ids
    rows = realm.neighbours[0].rows.by_model
    customer = rows["Customer"][0]["id"]
    told = foreign = 0
    kind: Any = realm.composed.graphql.subscription_type
    assert set(kind.fields) == set(realm.composed.subscriptions)
    for name, subscription in realm.composed.subscriptions.items():
        row = rows[realm.composed.catalog.types[subscription.target].model.__name__][0]["id"]  # type: ignore[union-attr]
        if subscription.node_id == "customer_id":
            row = customer
        heard = Heard()
        row_id = f"{realm.composed.catalog.types[subscription.target].id_prefix}_{row}"
        values = {"customerId": f'"cus_{customer}"', "where": f'{{id: {{eq: "{row_id}"}}}}', "after": None}
        assert set(kind.fields[name].args) <= set(values)  # an argument that nobody thought of here fails
        given = [f"({each}: {values[each]})" for each in kind.fields[name].args if values[each] is not None]
        followings = [
            await patron.gateway.follow(patron.request(f"subscription {{ {name}{each} {{ __typename id }} }}"), heard)
            for each in ("", *given)
        ]
        for event in subscription.events:
            for tenant_id in (twin.tenant_id, patron.prepared.tenant_id):
                committed = CommittedEvent(
                    uuid.uuid4(), tenant_id, NOON, None, made(event, row, subscription.node_id, customer)
                )
                before = len(heard.answers)
                patron.gateway.broadcaster.publish([committed])
                await quiet()
                if tenant_id == twin.tenant_id:
                    assert len(heard.answers) == before, f"{name} tells of another tenant's {event.type}"
                    foreign += 1
                else:
                    told_once = len(heard.answers) == before + len(followings)
                    assert told_once, f"{name} does not tell all who follow of {event.type}"
                    assert all("errors" not in orjson.loads(answer) for answer in heard.answers), heard.answers
                    told += 1
        for following in followings:
            following.close()
    record_property(
        "figure",
        f"{len(realm.composed.subscriptions)} subscriptions: 0 of {foreign} foreign events told, {told} own ones",
    )


async def test_b1_the_same_file_imported_by_two_tenants_stays_apart(
    database: PreparedDatabase, loaded_plugins: Plugins, record_property: pytest.RecordProperty
) -> None:
    database.actor = dataclasses.replace(database.actor, purpose="HOPERAT")
    stranger = dataclasses.replace(await database.tenant("Cushions"), purpose="HOPERAT")
    importers: list[Importer[Any, Any]] = [
        *(each for _, call in loaded_plugins.calls("patron_importers") for each in call()),
        *CORE_IMPORTERS,
    ]
    for importer in importers:
        path = _PLUGINS / SAMPLES[importer.name]

        async def take_in(actor: Any, importer: Any = importer, path: Path = path) -> Any:
            return await run_import(
                database.database,
                importer,
                (path,),
                actor=actor,
                plugins=loaded_plugins,
                clock=database.clock,
                ids=database.ids,
                options={"mapping": MAPPINGS[importer.name]} if importer.name in MAPPINGS else None,
            )

        theirs = await take_in(stranger)
        before = await everything_of(database, stranger.tenant_id)
        mine = await take_in(database.actor)

        assert mine.counts == theirs.counts, importer.name
        assert sum(mine.counts.created.values()) > 0, importer.name
        assert await everything_of(database, stranger.tenant_id) == before, importer.name
    record_property("figure", f"{len(importers)} importers: the same file twice, 0 rows shared, 0 foreign rows changed")


def test_b1_look_alike_rows_have_the_same_ids_and_other_values(loaded_plugins: Plugins) -> None:
    first, twin = (rows_of_tenant(loaded_plugins, ids=0, flavour=flavour).by_model for flavour in (1, 3))
    for name in ("Person", "Organization", "Customer", "Touchpoint", "Transaction", "Relationship"):
        assert {row["id"] for row in first[name]} == {row["id"] for row in twin[name]}, name
        assert first[name] != twin[name], name


async def test_b1_no_webhook_tells_of_another_tenants_event(
    patron: Patron, record_property: pytest.RecordProperty
) -> None:
    mail, row, customer = Mailroom(patron), uuid.UUID(int=(7 << 76) | (0b10 << 62) | 1), uuid.UUID(int=2)
    prepared = patron.prepared
    stranger = await prepared.tenant("Cushions")
    types = [each for each in mail.types.all if each.event.__module__.startswith("patron_")]

    def work(uow: UnitOfWork) -> None:
        for each in types:
            uow.emit(made(each.event, row, "", customer))

    async with receiver() as mine, receiver() as theirs:
        for actor, hooks in ((prepared.actor, mine), (stranger, theirs)):
            everything = ["*:read", *GUARDED_READS, "read:pii", "read:financial", "read:phi"]
            given = {"url": hooks.url, "eventTypes": ["*"], "scopes": everything, "purpose": "TREAT"}
            answer = await patron.ask(CREATE, {"input": given}, actor=replace(actor, purpose="TREAT"))
            assert answer["data"]["webhookCreate"]["userErrors"] == [], answer
        for tenant_id in (prepared.tenant_id, stranger.tenant_id):  # what was said of the endpoints themselves
            await mail.relay.relay(tenant_id)
            mail.sender.wake(tenant_id)
            await mail.sender.idle()
        mine.came.clear()
        theirs.came.clear()
        await execute(
            prepared.database,
            work,
            actor=stranger,
            clock=prepared.clock,
            ids=prepared.ids,
            plugins=Plugins.of({}),
        )
        for tenant_id in (prepared.tenant_id, stranger.tenant_id):
            await mail.relay.relay(tenant_id)
            mail.sender.wake(tenant_id)
        await mail.sender.idle()

    told = {each.json["type"] for each in theirs.came}
    readable = {each.name for each in types if each.scope.endswith(":read")}  # an endpoint has no other scopes
    assert mine.came == []
    assert told == readable, readable ^ told
    record_property("figure", f"{prepared.dialect}: {len(told)} types of events: 0 told to another tenant's endpoint")
