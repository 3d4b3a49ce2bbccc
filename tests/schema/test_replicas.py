"""Read replicas: who wrote reads what was written, and a replica that fails costs nobody an answer. On a primary and its standby."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import make_url
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from patron_core.address import asyncpg_url, normalise
from patron_core.errors import BadRequest, StartupError
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_schema.app import Deployment, create_app, deploy
from patron_schema.context import OperationRequest, OperationResponse
from patron_schema.hookspecs import SchemaHooks
from patron_schema.replicas import position_of
from patron_schema.testing.databases import Databases, PreparedDatabase, make_database
from patron_schema.testing.servers import PostgresProcess, PostgresServer
from patron_schema.transport import read_parameters

SECONDS = 20
CREATE = """mutation($input: CustomerCreateInput!) {
  customerCreate(input: $input) { customer { id displayName } userErrors { message } } }"""
RECORD = "mutation($input: TransactionRecordInput!) { transactionRecord(input: $input) { userErrors { message } } }"
NAMES = "{ customers(first: 100) { nodes { displayName } } }"


@dataclass
class Pair:
    """A primary, and a replica of it. databases: makes them on the primary."""

    primary: PostgresProcess
    replica: PostgresProcess
    databases: Databases

    def on_replica(self, url: str) -> str:
        """The same database on the replica."""
        return normalise(make_url(url).set(port=self.replica.port).render_as_string(hide_password=False))


@pytest.fixture(scope="module")
def loaded_plugins() -> Plugins:
    return Plugins.of({}, specs=(SchemaHooks,))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    primary = PostgresProcess.create()
    try:
        primary.start()
        replica = primary.standby()
        try:
            replica.start()
            databases = Databases(tmp_path_factory.mktemp("replicas"))
            databases.server = PostgresServer(superuser_url=primary.url)
            yield Pair(primary, replica, databases)
        finally:
            replica.remove()
    finally:
        primary.remove()


@dataclass
class Served:
    """A deployment that reads from the replica."""

    pair: Pair
    prepared: PreparedDatabase
    deployment: Deployment
    primary_reads: list[str] = field(default_factory=list)

    @property
    def replicas(self) -> Any:
        found = self.deployment.gateway.replicas
        assert found is not None
        return found

    def is_read(self) -> bool:
        return bool(self.replicas.states[0].is_read)

    async def raw(
        self, query: str, *, actor: Actor | None = None, at_least: int | None = None, **variables: Any
    ) -> OperationResponse:
        request = OperationRequest(
            query=query,
            actor=actor or self.prepared.actor,
            request_id="req_test",
            transport="POST",
            variables=variables,
            at_least=at_least,
        )
        return await self.deployment.gateway.execute(request)

    async def create(self, name: str, *, actor: Actor | None = None) -> OperationResponse:
        """Makes a customer; the answer."""
        response = await self.raw(CREATE, actor=actor, input={"person": {"familyName": name}})
        assert json.loads(response.body)["data"]["customerCreate"]["customer"]["displayName"] == name
        return response

    async def names(self, *, actor: Actor | None = None, at_least: int | None = None) -> set[str]:
        """What a query shows."""
        answer = json.loads((await self.raw(NAMES, actor=actor, at_least=at_least)).body)
        assert "errors" not in answer
        return {node["displayName"] for node in answer["data"]["customers"]["nodes"]}

    async def on_primary(self, statement: str) -> Any:
        return await _value(self.prepared.owner_url, statement)

    async def on_replica(self, statement: str) -> Any:
        return await _value(self.pair.on_replica(self.prepared.owner_url), statement)

    async def caught_up(self) -> None:
        """Returns when the replica has all that the primary has, and this process knows it."""
        end = await self.on_primary("SELECT pg_current_wal_insert_lsn()::text")
        async with asyncio.timeout(SECONDS):
            while not await self.on_replica(f"SELECT pg_last_wal_replay_lsn() >= '{end}'"):
                await self.on_primary("SELECT pg_switch_wal()")
        await self.replicas.look()

    async def other(self) -> Actor:
        """Somebody else of the tenant."""
        return Actor(self.prepared.tenant_id, "somebody else", "user", roles=self.prepared.actor.roles, purpose="TREAT")


async def _value(url: str, statement: str) -> Any:
    connection = await asyncpg.connect(asyncpg_url(url))
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


@pytest_asyncio.fixture
async def served(pair: Pair, loaded_plugins: Plugins) -> AsyncIterator[Served]:
    prepared = await make_database(pair.databases, "postgresql", loaded_plugins)
    made = Served(pair, prepared, deploy(settings=_settings(pair, prepared), plugins=loaded_plugins))
    reader = made.deployment.gateway.reader
    value = reader.value

    async def noted(sql: str, arguments: Any) -> Any:
        made.primary_reads.append(sql)
        return await value(sql, arguments)

    reader.value = noted  # type: ignore[method-assign]
    try:
        await made.replicas.look()  # the first look opens what is asked
        await made.caught_up()
        yield made
    finally:
        with_replay = "SELECT CASE WHEN pg_is_wal_replay_paused() THEN pg_wal_replay_resume() END"
        await made.on_replica(with_replay)
        await made.deployment.close()
        await prepared.database.close()


def _settings(pair: Pair, prepared: PreparedDatabase, **changed: Any) -> Settings:
    urls = (pair.on_replica(prepared.url),)
    return prepared.settings.model_copy(update={"database_replica_urls": urls, "pool_size": 2, **changed})


async def test_queries_are_answered_by_a_replica_and_changes_by_the_primary(served: Served) -> None:
    await served.create("Ada")
    await served.caught_up()
    served.primary_reads.clear()

    assert await served.names() == {"Ada"}

    assert served.primary_reads == []
    assert served.replicas.states[0].lag_seconds is not None


async def test_no_replica_is_read_before_it_was_looked_at(pair: Pair, loaded_plugins: Plugins) -> None:
    prepared = await make_database(pair.databases, "postgresql", loaded_plugins)
    made = Served(pair, prepared, deploy(settings=_settings(pair, prepared), plugins=loaded_plugins))

    assert not made.is_read()
    assert await made.names() == set()

    await made.deployment.close()
    await prepared.database.close()


async def test_whoever_wrote_reads_it_while_the_replica_is_behind_and_others_read_on_there(served: Served) -> None:
    other = await served.other()
    await served.create("Ada")
    await served.caught_up()
    await served.on_replica("SELECT pg_wal_replay_pause()")

    await served.create("Grace")
    await served.replicas.look()

    assert served.is_read()
    assert await served.names() == {"Ada", "Grace"}
    assert await served.names(actor=other) == {"Ada"}

    await served.on_replica("SELECT pg_wal_replay_resume()")
    await served.caught_up()
    served.primary_reads.clear()
    assert await served.names() == {"Ada", "Grace"}
    assert served.primary_reads == []


async def test_another_process_answers_with_what_was_written_where_the_token_is_sent(
    served: Served, loaded_plugins: Plugins
) -> None:
    settings = _settings(served.pair, served.prepared)
    there = Served(served.pair, served.prepared, deploy(settings=settings, plugins=loaded_plugins))
    await there.replicas.look()
    await there.replicas.look()
    await served.on_replica("SELECT pg_wal_replay_pause()")

    token = (await served.create("Grace")).consistency

    assert token is not None
    assert await there.names() == set()
    assert await there.names(at_least=position_of(token)) == {"Grace"}
    await there.deployment.close()


async def test_many_writers_at_once_each_read_what_they_wrote(served: Served) -> None:
    actors = [
        Actor(served.prepared.tenant_id, f"writer {number}", "user", roles=served.prepared.actor.roles, purpose="TREAT")
        for number in range(8)
    ]

    async def writes(number: int) -> None:
        for turn in range(10):
            name = f"w{number}t{turn}"
            await served.create(name, actor=actors[number])
            assert name in await served.names(actor=actors[number])
            if turn % 3 == 2:
                await served.replicas.look()

    await asyncio.gather(*(writes(number) for number in range(8)))


async def test_a_replica_too_far_behind_is_not_read_until_it_has_caught_up(served: Served) -> None:
    other = await served.other()
    now = [0.0]
    served.replicas._now = lambda: now[0]
    await served.replicas.look()
    served.replicas._known.clear()
    await served.replicas.look()
    await served.replicas.look()
    assert served.is_read()
    await served.on_replica("SELECT pg_wal_replay_pause()")
    await served.create("Grace")

    for _ in range(7):
        now[0] += 1
        await served.replicas.look()

    assert not served.is_read()
    assert await served.names(actor=other) == {"Grace"}
    await served.on_replica("SELECT pg_wal_replay_resume()")
    await served.caught_up()
    assert served.is_read()


async def test_a_replica_that_dies_costs_no_answer_and_is_read_again_when_it_is_back(served: Served) -> None:
    await served.create("Ada")
    await served.caught_up()
    assert await served.names() == {"Ada"}

    served.pair.replica.kill()
    with capture_logs() as logs:
        answers = await asyncio.gather(*(served.names() for _ in range(6)))

    assert answers == [{"Ada"}] * 6
    assert not served.is_read()
    assert [entry["event"] for entry in logs].count("replica_left") == 1
    await asyncio.get_running_loop().run_in_executor(None, served.pair.replica.start)
    await served.replicas.look()
    await served.caught_up()
    served.primary_reads.clear()
    assert served.is_read()
    assert await served.names() == {"Ada"}
    assert served.primary_reads == []


async def test_what_a_replica_refuses_the_primary_answers(served: Served) -> None:
    await served.create("Ada")
    await served.caught_up()
    await served.names()
    app_name = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'patron_app'"

    assert await served.on_replica(app_name) >= 1

    assert await served.names() == {"Ada"}


async def test_row_security_holds_on_a_replica(served: Served) -> None:
    await served.create("Ada")
    other = await served.prepared.tenant("Others")
    await served.caught_up()
    served.primary_reads.clear()

    assert await served.names(actor=other) == set()
    assert served.primary_reads == []
    seen = "SELECT count(*) FROM customer"
    assert await _value(served.pair.on_replica(served.prepared.url), seen) == 0
    assert await served.on_replica(seen) == 1


async def test_what_a_replica_shows_is_audited_on_the_primary(served: Served) -> None:
    other = await served.other()
    made = json.loads((await served.create("Ada")).body)["data"]["customerCreate"]["customer"]["id"]
    sale = {"customerId": made, "kind": "SALE", "amount": {"amount": "6.00", "currencyCode": "EUR"}}
    await served.raw(
        "mutation($input: TransactionRecordInput!) { transactionRecord(input: $input) { userErrors { message } } }",
        input=sale,
    )
    await served.caught_up()
    before = await served.on_primary("SELECT count(*) FROM audit_read")
    served.primary_reads.clear()

    answer = json.loads((await served.raw("{ transactions { nodes { amount { amount } } } }", actor=other)).body)

    assert answer["data"]["transactions"]["nodes"] == [{"amount": {"amount": "6.00"}}]
    assert served.primary_reads == []
    assert await served.on_primary("SELECT count(*) FROM audit_read") == before + 1


async def test_a_replica_that_is_none_is_never_read(pair: Pair, loaded_plugins: Plugins) -> None:
    prepared = await make_database(pair.databases, "postgresql", loaded_plugins)
    settings = prepared.settings.model_copy(update={"database_replica_urls": (prepared.url,)})
    deployment = deploy(settings=settings, plugins=loaded_plugins)
    replicas = deployment.gateway.replicas
    assert replicas is not None

    await replicas.look()
    await replicas.look()

    assert not replicas.states[0].is_read
    await deployment.close()
    await prepared.database.close()


async def test_a_service_does_not_start_where_a_replica_would_show_rows_of_all_tenants(
    served: Served, loaded_plugins: Plugins
) -> None:
    owner = served.pair.on_replica(served.prepared.owner_url)
    deployment = deploy(
        settings=_settings(served.pair, served.prepared, database_replica_urls=(owner,)), plugins=loaded_plugins
    )

    with pytest.raises(StartupError, match="Replica 1: The role postgres is a superuser"):
        await deployment.check()

    assert deployment.gateway.replicas is not None
    await deployment.gateway.replicas.look()
    assert not deployment.gateway.replicas.states[0].is_read
    await deployment.close()


async def test_a_replica_that_is_away_does_not_keep_a_service_from_starting(
    pair: Pair, loaded_plugins: Plugins, unused_tcp_port: int
) -> None:
    prepared = await make_database(pair.databases, "postgresql", loaded_plugins)
    away = urlsplit(prepared.url)._replace(netloc=f"patron_app@127.0.0.1:{unused_tcp_port}").geturl()
    deployment = deploy(settings=_settings(pair, prepared, database_replica_urls=(away,)), plugins=loaded_plugins)

    await deployment.check()
    assert deployment.gateway.replicas is not None
    await deployment.gateway.replicas.look()

    assert not deployment.gateway.replicas.states[0].is_read
    await deployment.close()
    await prepared.database.close()


async def test_an_answer_to_a_mutation_has_the_token_and_a_request_takes_it(
    pair: Pair, loaded_plugins: Plugins
) -> None:
    prepared = await make_database(pair.databases, "postgresql", loaded_plugins)
    headers = {"authorization": f"Bearer {await prepared.key()}"}
    with ThreadPoolExecutor(1) as thread:
        token, again, bad, asked = thread.submit(
            _over_http, _settings(pair, prepared), loaded_plugins, headers
        ).result()

    assert int(token, 16) > 0
    assert again == 200
    assert bad["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert asked is None
    await prepared.database.close()


def _over_http(settings: Settings, plugins: Plugins, headers: dict[str, str]) -> tuple[str, int, Any, str | None]:
    with TestClient(create_app(settings=settings, plugins=plugins)) as client:
        made = {"query": CREATE, "variables": {"input": {"person": {"familyName": "Ada"}}}}
        token = client.post("/graphql", json=made, headers=headers).headers["patron-consistency"]
        query = {"query": NAMES}
        answer = client.post("/graphql", json=query, headers={**headers, "patron-consistency": token})
        bad = client.post("/graphql", json=query, headers={**headers, "patron-consistency": "0/16B3748"}).json()
        return token, answer.status_code, bad, answer.headers.get("patron-consistency")


@pytest.mark.parametrize("token", ["", "0/1", "G", "1" * 17, 12, True, ["1"]])
def test_a_token_that_is_none_of_ours_is_refused(token: object) -> None:
    with pytest.raises(BadRequest, match="Patron-Consistency"):
        position_of(token)


def test_a_socket_sends_the_token_in_its_extensions() -> None:
    parameters = read_parameters({"query": "{ viewer { kind } }", "extensions": {"consistency": "ff"}})
    actor = Actor(uuid.UUID(int=1), "ada", "app")

    assert parameters.request(actor=actor, request_id="r", transport="WS").at_least == 255
    with pytest.raises(BadRequest):
        read_parameters({"query": "{ a }", "extensions": {"consistency": 1}}).request(
            actor=actor, request_id="r", transport="WS"
        )


def test_no_token_asks_for_nothing() -> None:
    assert position_of(None) is None
    assert position_of("ff") == 255
