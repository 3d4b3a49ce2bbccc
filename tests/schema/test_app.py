"""The whole application, put together as it is served: on SQLite and on PostgreSQL, through the front door."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport
from starlette.testclient import TestClient
from tests.schema.loopback import served

from patron_core.access.keys import KeyText, new_secret
from patron_core.errors import StartupError
from patron_core.hookspecs import Manifest, hookimpl
from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_schema.app import create_app
from patron_schema.example_queries import CORE_EXAMPLES
from patron_schema.hookspecs import SchemaHooks
from patron_schema.testing.databases import PreparedDatabase

CREATE = """
mutation Create($input: CustomerCreateInput!) {
  customerCreate(input: $input) { customer { id displayName } userErrors { code message path } }
}
"""
ADA = {"input": {"person": {"givenName": "Ada", "familyName": "Lovelace"}, "kind": "B2C"}}


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return Plugins.of({}, specs=(SchemaHooks,))


@pytest.fixture
def client(database: PreparedDatabase, loaded_plugins: Plugins) -> Iterator[TestClient]:
    with TestClient(create_app(settings=database.settings, plugins=loaded_plugins)) as opened:
        yield opened


async def headers(database: PreparedDatabase) -> dict[str, str]:
    return {"authorization": f"Bearer {await database.key()}"}


def ask(client: TestClient, query: str, headers: dict[str, str], variables: Any = None) -> Any:
    answer = client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_what_a_mutation_made_a_query_answers(client: TestClient, database: PreparedDatabase) -> None:
    key = await headers(database)

    made = ask(client, CREATE, key, ADA)["data"]["customerCreate"]
    found = ask(client, "{ customers { totalCount nodes { id displayName } } }", key)["data"]["customers"]

    assert made["userErrors"] == []
    assert found == {"totalCount": 1, "nodes": [made["customer"]]}


async def test_a_tenant_sees_nothing_of_another(client: TestClient, database: PreparedDatabase) -> None:
    other = await database.tenant("Others")
    theirs = {"authorization": f"Bearer {await database.key(tenant_id=other.tenant_id)}"}
    ask(client, CREATE, await headers(database), ADA)

    assert ask(client, "{ customers { totalCount } viewer { tenantName } }", theirs)["data"] == {
        "customers": {"totalCount": 0},
        "viewer": {"tenantName": "Others"},
    }


async def test_a_subscription_is_told_of_a_commit(client: TestClient, database: PreparedDatabase) -> None:
    key = await headers(database)
    with client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as socket:
        socket.send_json({"type": "connection_init", "payload": key})
        assert socket.receive_json() == {"type": "connection_ack"}
        socket.send_json(
            {"id": "1", "type": "subscribe", "payload": {"query": "subscription { customerChanged { displayName } }"}}
        )
        socket.send_json({"id": "2", "type": "subscribe", "payload": {"query": "{ viewer { kind } }"}})
        assert [socket.receive_json()["id"] for _ in range(2)] == ["2", "2"]  # so the subscription stands

        ask(client, CREATE, key, ADA)

        told = socket.receive_json()
        assert (told["id"], told["type"]) == ("1", "next")
        assert told["payload"]["data"] == {"customerChanged": {"displayName": "Ada Lovelace"}}
        assert int(told["payload"]["extensions"]["position"]) >= 1


async def test_a_strangers_client_follows_a_subscription(database: PreparedDatabase, loaded_plugins: Plugins) -> None:
    key = await headers(database)
    with served(create_app(settings=database.settings, plugins=loaded_plugins)) as url:
        address = f"{url.replace('http', 'ws', 1)}/graphql"
        transport = WebsocketsTransport(url=address, init_payload=key, subprotocols=["graphql-transport-ws"])
        async with Client(transport=transport) as session, httpx.AsyncClient(base_url=url, headers=key) as http:
            results = session.subscribe(gql("subscription { customerChanged { displayName kind } }"))
            following = asyncio.ensure_future(anext(results))
            answered = await session.execute(gql("{ viewer { tenantName } }"))  # so the subscription stands
            await http.post("/graphql", json={"query": CREATE, "variables": ADA})
            found = await following
            await results.aclose()

    assert answered == {"viewer": {"tenantName": "Pillows"}}
    assert found == {"customerChanged": {"displayName": "Ada Lovelace", "kind": "B2C"}}


async def test_the_examples_of_the_core_run(client: TestClient, database: PreparedDatabase) -> None:
    key = await headers(database)

    answers = {e.title: ask(client, e.query, key, json.loads(e.variables or "null")) for e in CORE_EXAMPLES}

    assert {title: answer["errors"] for title, answer in answers.items() if "errors" in answer} == {}


async def test_the_page_its_examples_and_the_way_to_it(client: TestClient) -> None:
    assert client.get("/", follow_redirects=False).headers["location"] == "graphiql"
    assert client.get("/graphiql").status_code in (200, 503)  # 503 says how to build the bundle
    titles = [example["title"] for example in client.get("/graphiql/examples.json").json()["examples"]]
    assert titles == [example.title for example in CORE_EXAMPLES]


async def test_health_and_readiness_say_nothing_else(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}


async def test_without_migrations_a_server_is_not_ready(tmp_path: Any, loaded_plugins: Plugins) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/empty.db", plugins=())
    with TestClient(create_app(settings=settings, plugins=loaded_plugins)) as client:
        answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (503, {"status": "unready"})


async def test_a_role_that_no_policy_binds_does_not_start(database: PreparedDatabase, loaded_plugins: Plugins) -> None:
    if database.dialect == "sqlite":
        return  # it has no roles
    settings = Settings(database_url=database.owner_url, plugins=())

    with pytest.raises(StartupError) as caught, TestClient(create_app(settings=settings, plugins=loaded_plugins)):
        pass

    assert any("superuser" in problem for problem in caught.value.problems)


async def test_pages_of_other_hosts_ask_only_where_they_are_named(
    database: PreparedDatabase, loaded_plugins: Plugins
) -> None:
    preflight = {"origin": "https://app.example.com", "access-control-request-method": "POST"}
    for origins, allowed in (((), False), (("https://app.example.com",), True)):
        settings = database.settings.model_copy(update={"allowed_origins": origins})
        with TestClient(create_app(settings=settings, plugins=loaded_plugins)) as client:
            answer = client.options("/graphql", headers=preflight)
        assert (answer.headers.get("access-control-allow-origin") == "https://app.example.com") is allowed


class _Misspelt:
    """A plugin whose hook nobody calls."""

    @staticmethod
    @hookimpl
    def patron_manifest() -> Manifest:
        return Manifest(name="misspelt", version="0.1", core_range=">=99", label="Misspelt")

    @staticmethod
    @hookimpl
    def patron_on_evnt() -> None: ...


def test_all_problems_of_plugins_stop_the_start_together() -> None:
    plugins = Plugins.of({"misspelt": _Misspelt}, specs=(SchemaHooks,))

    with pytest.raises(StartupError) as caught:
        create_app(settings=Settings(database_url="sqlite:///never.db", plugins=()), plugins=plugins)

    text = "\n".join(caught.value.problems)
    assert "patron_on_event" in text
    assert "works with patron >=99" in text


def test_a_database_without_tables_answers_503(loaded_plugins: Plugins, tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/fresh.db", plugins=())
    key = KeyText(uuid.uuid4(), uuid.uuid4(), new_secret()).text()

    with TestClient(create_app(settings=settings, plugins=loaded_plugins)) as client:
        answer = client.post(
            "/graphql", json={"query": "{ viewer { id } }"}, headers={"authorization": f"Bearer {key}"}
        )

    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (503, "UNAVAILABLE")
    assert "Run `patron migrate`" in answer.json()["errors"][0]["message"]


RECORD = "mutation R($i: TransactionRecordInput!) { transactionRecord(input: $i) { transaction { occurredAt } } }"


@pytest.mark.parametrize(
    "field",
    [
        {"occurredAt": "0001-01-01T00:00:00Z"},
        {"occurredAt": "9999-12-31T23:59:59.999999Z"},
        {"amount": {"amount": "1_000", "currencyCode": "EUR"}},
    ],
    ids=str,
)
async def test_values_no_database_keeps_are_bad_requests(
    client: TestClient, database: PreparedDatabase, field: dict[str, Any]
) -> None:
    given = {"i": {"amount": {"amount": "1.00", "currencyCode": "EUR"}, **field}}

    answer = client.post("/graphql", json={"query": RECORD, "variables": given}, headers=await headers(database))

    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"


async def test_an_amount_of_more_digits_than_its_currency_is_invalid_input(
    client: TestClient, database: PreparedDatabase
) -> None:
    query = "mutation R($i: TransactionRecordInput!) { transactionRecord(input: $i) { userErrors { code path } } }"
    given = {"i": {"amount": {"amount": "10.0000000000000000000000000000001", "currencyCode": "EUR"}}}

    answer = ask(client, query, await headers(database), given)

    (error,) = answer["data"]["transactionRecord"]["userErrors"]
    assert error["code"] == "INVALID_INPUT"
