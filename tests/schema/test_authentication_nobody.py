"""Without a credential there is nothing: whatever is asked, over every transport, on both databases."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_schema.app import create_app
from patron_schema.hookspecs import SchemaHooks
from patron_schema.testing.databases import PreparedDatabase

pytestmark = pytest.mark.security

QUERIES = (
    "{ __typename }",
    "{ __schema { types { name } } }",
    '{ __type(name: "Party") { name } }',
    "{ viewer { subject } }",
    "{ customers { totalCount } }",
    '{ node(id: "cus_019cec37-b600-7000-8000-000000000001") { id } }',
    "{ unknownField }",
    "{ broken",
)
MUTATION = 'mutation { apiKeyCreate(input: {name: "mine", roles: ["owner"]}) { text } }'
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"authorization": ""},
    {"authorization": "Bearer"},
    {"authorization": "Basic b3duZXI6b3duZXI="},
    {"cookie": "authorization=Bearer x; tenant=1"},
    {"x-api-key": "x", "x-tenant-id": str(uuid.UUID(int=1)), "x-user": "owner", "x-forwarded-user": "owner"},
)


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return Plugins.of({}, specs=(SchemaHooks,))


@pytest.fixture
def client(database: PreparedDatabase, loaded_plugins: Plugins) -> Iterator[TestClient]:
    with TestClient(create_app(settings=database.settings, plugins=loaded_plugins)) as opened:
        yield opened


def refused(answer: Any) -> bool:
    body = answer.json()
    codes = [error["extensions"]["code"] for error in body["errors"]]
    return answer.status_code == 401 and "data" not in body and codes == ["UNAUTHENTICATED"]


def test_failures_10_nobody_is_nobody_over_http(client: TestClient, record_property: Any) -> None:
    tried = 0
    for headers in HEADERS:
        for query in (*QUERIES, MUTATION):
            assert refused(client.post("/graphql", json={"query": query}, headers=headers)), (headers, query)
            assert refused(client.get("/graphql", params={"query": query}, headers=headers)), (headers, query)
            tried += 2

    record_property("figure", f"{tried} questions without a credential, 0 answered")


@pytest.mark.parametrize(
    "payload", [None, {}, {"authorization": ""}, {"Authorization": "Basic x"}, {"token": "x"}], ids=str
)
def test_failures_10_nobody_is_nobody_over_a_socket(client: TestClient, payload: Any) -> None:
    message = {"type": "connection_init"} if payload is None else {"type": "connection_init", "payload": payload}
    with client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as socket:
        socket.send_json(message)
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
    assert closed.value.code == 4401


def test_failures_10_an_operation_before_the_credential_ends_the_socket(client: TestClient) -> None:
    with client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as socket:
        socket.send_json({"type": "subscribe", "id": "1", "payload": {"query": "{ viewer { subject } }"}})
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
    assert closed.value.code == 4401


def test_failures_10_the_system_is_a_kind_of_actor_with_a_reason() -> None:
    with pytest.raises(ValueError, match="no reason"):
        Actor(uuid.UUID(int=1), "system", "system")

    assert Actor(uuid.UUID(int=1), "nobody", "user").permissions == frozenset()
    assert Actor(uuid.UUID(int=1), "nobody", "user").opened == ()
