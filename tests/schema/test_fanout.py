"""Events of several processes: what one hands on, followers of the others hear once and in order, whatever breaks in between."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from gql import Client, GraphQLRequest, gql
from gql.transport.websockets import WebsocketsTransport
from pydantic import SecretStr
from structlog.testing import capture_logs
from tests.schema.nats_server import NatsServer
from tests.server_process import prepared_environment, server_process

from patron_core.address import asyncpg_url
from patron_core.messages import Event
from patron_core.plugins import Plugins
from patron_core.unit_of_work import CommittedEvent
from patron_schema.app import Deployment, deploy
from patron_schema.context import OperationRequest
from patron_schema.hookspecs import SchemaHooks
from patron_schema.testing.databases import Databases, PreparedDatabase

SECONDS = 20
CREATE = """mutation($input: CustomerCreateInput!) {
  customerCreate(input: $input) { customer { id } userErrors { message } } }"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return Plugins.of({}, specs=(SchemaHooks,))


@dataclass(eq=False)
class Ear:
    """A follower that keeps what it is told."""

    heard: list[CommittedEvent] = field(default_factory=list)
    events: tuple[type[Event], ...] = (Event,)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def take(self, committed: CommittedEvent) -> None:
        self.heard.append(committed)
        asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(self._tell()))

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    @property
    def positions(self) -> list[int | None]:
        return [each.position for each in self.heard]

    async def up_to(self, position: int) -> None:
        """Returns when the event with this position was heard."""
        async with asyncio.timeout(SECONDS), self.changed:
            await self.changed.wait_for(lambda: position in self.positions)


@dataclass
class Process:
    """A deployment as a process has it, without HTTP."""

    deployment: Deployment
    prepared: PreparedDatabase

    async def create(self, name: str) -> None:
        """Makes a customer here, whose events are handed on when this returns."""
        request = OperationRequest(
            query=CREATE,
            actor=self.prepared.actor,
            request_id="req_test",
            transport="POST",
            variables={"input": {"person": {"familyName": name}}},
        )
        answer = json.loads((await self.deployment.gateway.execute(request)).body)
        assert answer["data"]["customerCreate"]["userErrors"] == []
        await self.deployment.relay.idle()

    async def follow(self) -> Ear:
        """Somebody who follows the tenant here."""
        ear, broadcaster, tenant = Ear(), self.deployment.gateway.broadcaster, self.prepared.tenant_id
        position = await self.position()
        broadcaster.begin(tenant, position)
        broadcaster.follow(tenant, ear)
        return ear

    async def position(self) -> int:
        from patron_core.outbox.reading import current_position

        return await current_position(self.deployment.database, self.prepared.tenant_id)

    async def connected(self, wanted: bool = True) -> None:
        """Returns when it is so that announcements are heard here, or not."""
        async with asyncio.timeout(SECONDS):
            while self.deployment.fanout.is_connected is not wanted:  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.01)


class Processes:
    """Makes deployments on one database."""

    def __init__(self, prepared: PreparedDatabase) -> None:
        self.prepared = prepared
        self.made: list[Process] = []

    async def start(self, **changed: Any) -> Process:
        """One more, which listens."""
        settings = self.prepared.settings.model_copy(update={"pool_size": 2, **changed})
        process = Process(deploy(settings=settings, plugins=self.prepared.plugins), self.prepared)
        self.made.append(process)
        process.deployment.fanout.start()
        if self.prepared.dialect == "postgresql" and "listen_database_url" not in changed and "nats_url" not in changed:
            await process.connected()
        return process


@pytest_asyncio.fixture
async def processes(database: PreparedDatabase) -> AsyncIterator[Processes]:
    made = Processes(database)
    yield made
    for process in made.made:
        await process.deployment.close()


@pytest.fixture
def nats() -> Iterator[NatsServer]:
    server = NatsServer()
    server.start()
    yield server
    server.remove()


def in_order(ear: Ear, first: int) -> bool:
    """Whether everything was heard from there on, each once, in the order of the positions."""
    return ear.positions == list(range(first, first + len(ear.heard)))


async def test_what_two_processes_hand_on_both_hear_once_and_in_order(processes: Processes) -> None:
    one, other = await processes.start(), await processes.start()
    here, there = await one.follow(), await other.follow()
    began = await one.position()

    for number in range(10):
        await (one, other)[number % 2].create(f"c{number}")
    last = await one.position()
    await here.up_to(last)
    await there.up_to(last)

    assert last - began >= 10
    assert in_order(here, began + 1)
    assert [each.id for each in here.heard] == [each.id for each in there.heard]


async def test_two_processes_that_write_at_once_are_heard_in_one_order(processes: Processes) -> None:
    one, other = await processes.start(), await processes.start()
    here, there = await one.follow(), await other.follow()
    began = await one.position()

    await asyncio.gather(*((one, other)[number % 2].create(f"c{number}") for number in range(16)))
    last = await one.position()
    await here.up_to(last)
    await there.up_to(last)

    assert in_order(here, began + 1)
    assert [each.id for each in here.heard] == [each.id for each in there.heard]


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_a_connection_that_is_ended_meanwhile_costs_no_event(processes: Processes) -> None:
    one, other = await processes.start(), await processes.start()
    there = await other.follow()
    began = await one.position()
    server = await asyncpg.connect(asyncpg_url(processes.prepared.owner_url))

    for number in range(12):
        await one.create(f"c{number}")
        if number % 4 == 1:
            await other.connected()  # whoever is still on the way back has nothing to end
            ended = await server.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'patron events' AND datname = current_database()"
            )
            assert ended
    await server.close()
    await there.up_to(await one.position())

    assert in_order(there, began + 1)
    await other.connected()


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_whoever_cannot_listen_looks_each_second(processes: Processes, unused_tcp_port: int) -> None:
    one = await processes.start()
    with capture_logs() as logs:
        deaf = await processes.start(
            listen_database_url=f"postgresql+asyncpg://patron_app@127.0.0.1:{unused_tcp_port}/p"
        )
        there = await deaf.follow()
        await one.create("unheard")
        await there.up_to(await one.position())

    assert not deaf.deployment.fanout.is_connected
    assert any(entry["event"] == "announcements_lost" for entry in logs)


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_whoever_speaks_on_the_channel_can_make_nobody_hear_what_did_not_happen(processes: Processes) -> None:
    one, other = await processes.start(), await processes.start()
    there = await other.follow()
    began = await one.position()
    server = await asyncpg.connect(asyncpg_url(processes.prepared.owner_url))

    for text in ("", "nonsense", "a b c d", f"{processes.prepared.tenant_id} 1 999999", f"{uuid.UUID(int=9)} 1 2"):
        await server.execute("SELECT pg_notify('patron_events', $1)", text)
    await server.close()
    await one.create("true")
    await there.up_to(await one.position())

    assert in_order(there, began + 1)


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_an_announcement_bears_numbers_and_nothing_of_the_event(processes: Processes) -> None:
    one = await processes.start()
    told: list[str] = []
    server = await asyncpg.connect(asyncpg_url(processes.prepared.url))
    await server.add_listener("patron_events", lambda *parts: told.append(parts[3]))

    await one.create("Secretname")
    await server.fetchval("SELECT 1")  # what was sent before is read by now
    await server.close()

    assert told
    assert all(len(text.split()) == 3 and uuid.UUID(text.split()[0]) for text in told)
    assert not any("ecret" in text for text in told)


async def test_nats_announces_and_what_happens_while_it_is_away_is_heard_too(
    processes: Processes, nats: NatsServer
) -> None:
    url = SecretStr(nats.url)
    one, other = await processes.start(nats_url=url), await processes.start(nats_url=url)
    await one.connected()
    await other.connected()
    there = await other.follow()
    began = await one.position()

    await one.create("by nats")
    await there.up_to(await one.position())
    nats.kill()
    await one.connected(False)
    await other.connected(False)
    await one.create("while it is away")
    await there.up_to(await one.position())
    nats.start()
    await one.connected()
    await other.connected()
    await one.create("by nats again")
    await there.up_to(await one.position())

    assert in_order(there, began + 1)


async def test_what_could_not_be_announced_is_announced_when_nats_is_back(
    processes: Processes, nats: NatsServer
) -> None:
    url = SecretStr(nats.url)
    one = await processes.start(nats_url=url)
    await one.connected()
    nats.kill()
    await one.connected(False)
    await one.create("unsaid")
    nats.start()

    await one.connected()
    async with asyncio.timeout(SECONDS):
        import nats as client

        connection = await client.connect(nats.url)
        stream = connection.jetstream()
        while True:
            try:
                kept = await stream.get_last_msg("PATRON_EVENTS", f"patron.events.{processes.prepared.tenant_id}")
                break
            except Exception:
                await asyncio.sleep(0.05)
        await connection.close()

    assert kept.data is not None
    assert kept.data.decode().endswith(f" {await one.position()}")


async def test_a_socket_hears_what_another_process_committed(
    databases: Databases, dialect: str, request: pytest.FixtureRequest
) -> None:
    if dialect == "postgresql":
        databases.server = request.getfixturevalue("postgres_server")
    environment = prepared_environment(databases, dialect)
    wanted = [f"Name{number}" for number in range(8)]
    with server_process(environment) as one, server_process(environment) as other:
        key = {"authorization": f"Bearer {one.new_tenant('Pillows')}"}
        heard: list[str] = []
        async with (
            Client(transport=_socket(one.port, key)) as listening,
            Client(transport=_socket(other.port, key)) as writing,
        ):
            following = listening.subscribe(gql("subscription { customerChanged { displayName } }"))
            first = asyncio.ensure_future(anext(following))
            await listening.execute(gql("{ viewer { tenantName } }"))  # so the subscription stands
            for name in wanted:
                await writing.execute(
                    GraphQLRequest(CREATE, variable_values={"input": {"person": {"familyName": name}}})
                )
            async with asyncio.timeout(SECONDS):
                heard.append((await first)["customerChanged"]["displayName"])
                while heard[-1] != wanted[-1]:
                    heard.append((await anext(following))["customerChanged"]["displayName"])
            await following.aclose()

    assert heard == wanted


def _socket(port: int, key: dict[str, str]) -> WebsocketsTransport:
    return WebsocketsTransport(
        url=f"ws://127.0.0.1:{port}/graphql", init_payload=key, subprotocols=["graphql-transport-ws"]
    )
