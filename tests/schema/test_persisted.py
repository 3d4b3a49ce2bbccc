"""Documents that requests name: kept by their hash for each tenant apart, or registered, which may be all that runs."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from patron_core.documents.commands import NewDocument, RegisterDocuments, RemoveDocuments
from patron_core.plugins import Plugins
from patron_schema.app import Deployment, create_app
from patron_schema.hookspecs import SchemaHooks
from patron_schema.testing.databases import PreparedDatabase

VIEWER = "{ viewer { kind } }"
ANSWER = {"viewer": {"kind": "app"}}
NAMED = "query One { viewer { kind } } query Two { viewer { tenantName } }"


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def persisted(text: str, *, version: Any = 1, hashed: Any = None) -> dict[str, Any]:
    return {"persistedQuery": {"version": version, "sha256Hash": sha(text) if hashed is None else hashed}}


class Caller:
    """A client of one tenant."""

    def __init__(self, http: TestClient, key: str) -> None:
        self.http = http
        self.headers = {"authorization": f"Bearer {key}"}

    def post(self, **body: Any) -> Any:
        return self.http.post("/graphql", json=body, headers=self.headers).json()

    def get(self, **parameters: Any) -> Any:
        texts = {name: text if isinstance(text, str) else json.dumps(text) for name, text in parameters.items()}
        return self.http.get("/graphql", params=texts, headers=self.headers).json()

    def socket(self, **payload: Any) -> Any:
        """The first message about an operation over graphql-transport-ws."""
        with self.http.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as socket:
            socket.send_json({"type": "connection_init", "payload": self.headers})
            assert socket.receive_json() == {"type": "connection_ack"}
            socket.send_json({"id": "1", "type": "subscribe", "payload": payload})
            return socket.receive_json()

    @property
    def deployment(self) -> Deployment:
        found: Deployment = self.http.app.state.deployment  # type: ignore[attr-defined]
        return found


def error(answer: Any) -> tuple[str, str]:
    (found,) = answer["errors"]
    return found["extensions"]["code"], found["message"]


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return Plugins.of({}, specs=(SchemaHooks,))


Open = Callable[..., TestClient]


@pytest.fixture
def served(database: PreparedDatabase, loaded_plugins: Plugins) -> Iterator[Open]:
    """Opens an application with settings other than the defaults where they are named."""
    opened: list[TestClient] = []

    def start(**settings: Any) -> TestClient:
        chosen = database.settings.model_copy(update=settings)
        client = TestClient(create_app(settings=chosen, plugins=loaded_plugins, clock=database.clock))
        opened.append(client.__enter__())
        return client

    yield start
    for client in opened:
        client.__exit__(None, None, None)


async def caller(database: PreparedDatabase, http: TestClient) -> Caller:
    return Caller(http, await database.key())


# -------------------------------------------------------------------------------- automatic persisted queries


async def test_a_client_of_the_protocol_sends_the_text_once(database: PreparedDatabase, served: Open) -> None:
    client = await caller(database, served())

    missed = client.post(extensions=persisted(VIEWER))
    assert error(missed) == ("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
    assert client.post(query=VIEWER, extensions=persisted(VIEWER))["data"] == ANSWER

    assert client.post(extensions=persisted(VIEWER))["data"] == ANSWER
    assert client.get(extensions=persisted(VIEWER))["data"] == ANSWER
    assert client.socket(extensions=persisted(VIEWER))["payload"]["data"] == ANSWER


async def test_the_text_may_first_come_over_get_and_over_a_socket(database: PreparedDatabase, served: Open) -> None:
    client = await caller(database, served())
    other = "query Q { viewer { kind tenantName } }"

    assert client.socket(extensions=persisted(VIEWER))["payload"][0]["message"] == "PersistedQueryNotFound"
    assert client.socket(query=VIEWER, extensions=persisted(VIEWER))["payload"]["data"] == ANSWER
    assert error(client.get(extensions=persisted(other)))[0] == "PERSISTED_QUERY_NOT_FOUND"
    assert client.get(query=other, extensions=persisted(other))["data"]["viewer"]["tenantName"] == "Pillows"

    assert client.post(extensions=persisted(VIEWER))["data"] == ANSWER
    assert client.post(extensions=persisted(other))["data"]["viewer"]["kind"] == "app"


@pytest.mark.parametrize("media", ["application/json", "application/graphql-response+json"])
async def test_not_found_is_no_failure_of_http(database: PreparedDatabase, served: Open, media: str) -> None:
    client = await caller(database, served())

    answer = client.http.post(
        "/graphql", json={"extensions": persisted(VIEWER)}, headers={**client.headers, "accept": media}
    )

    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.json()["data"] is None


async def test_a_named_operation_and_variables_go_with_a_hash(database: PreparedDatabase, served: Open) -> None:
    client = await caller(database, served())
    client.post(query=NAMED, operationName="One", extensions=persisted(NAMED))

    found = client.post(operationName="Two", variables={}, extensions=persisted(NAMED))

    assert found["data"] == {"viewer": {"tenantName": "Pillows"}}


async def test_a_hash_of_another_text_is_refused_and_keeps_nothing(database: PreparedDatabase, served: Open) -> None:
    client = await caller(database, served())
    other = "{ viewer { tenantName } }"

    assert error(client.post(query=other, extensions=persisted(VIEWER)))[0] == "BAD_REQUEST"

    for text in (other, VIEWER):
        assert error(client.post(extensions=persisted(text)))[0] == "PERSISTED_QUERY_NOT_FOUND"


async def test_another_version_is_refused(database: PreparedDatabase, served: Open) -> None:
    client = await caller(database, served())

    for version in (2, 0, "1", 1.0, True, None):
        assert error(client.post(extensions=persisted(VIEWER, version=version)))[0] == "BAD_REQUEST"


async def test_what_is_no_hash_is_refused(database: PreparedDatabase, served: Open) -> None:
    client = await caller(database, served())

    for hashed in ("", "0" * 63, "G" * 64, "A" * 64, 5, [], {"a": 1}):
        assert error(client.post(extensions=persisted(VIEWER, hashed=hashed)))[0] == "BAD_REQUEST"
        assert error(client.post(query=VIEWER, extensions={"persistedQuery": hashed or "x"}))[0] == "BAD_REQUEST"


async def test_a_text_that_would_be_refused_is_not_kept(database: PreparedDatabase, served: Open) -> None:
    client = await caller(database, served())
    refused = {
        "{ viewer {": "GRAPHQL_PARSE_FAILED",
        "{ nothing }": "GRAPHQL_VALIDATION_FAILED",
        "{ a " * 11 + "}" * 11: "LIMIT_EXCEEDED",
    }

    for text, code in refused.items():
        assert error(client.post(query=text, extensions=persisted(text)))[0] == code
        assert error(client.post(extensions=persisted(text)))[0] == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_mutation_is_kept_and_still_not_answered_over_get(database: PreparedDatabase, served: Open) -> None:
    client = await caller(database, served())
    text = "mutation ($input: CustomerCreateInput!) { customerCreate(input: $input) { customer { displayName } } }"
    ada = {"input": {"person": {"givenName": "Ada", "familyName": "Lovelace"}, "kind": "B2C"}}
    client.post(query=text, variables=ada, extensions=persisted(text))

    answer = client.http.get("/graphql", params={"extensions": json.dumps(persisted(text))}, headers=client.headers)

    assert (answer.status_code, error(answer.json())[0]) == (405, "BAD_REQUEST")
    made = client.post(variables=ada, extensions=persisted(text))
    assert made["data"]["customerCreate"] == {"customer": {"displayName": "Ada Lovelace"}}


async def test_one_tenant_can_neither_find_nor_push_out_what_another_keeps(
    database: PreparedDatabase, served: Open
) -> None:
    http = served()
    mine = await caller(database, http)
    stranger = await database.tenant("Cushions")
    theirs = Caller(http, await database.key(tenant_id=stranger.tenant_id))
    mine.post(query=VIEWER, extensions=persisted(VIEWER))

    assert error(theirs.post(extensions=persisted(VIEWER)))[0] == "PERSISTED_QUERY_NOT_FOUND"
    figures = mine.deployment.persisted.figures
    figures.most_entries = 5
    for number in range(20):
        text = f"query Q{number} {{ viewer {{ kind }} }}"
        theirs.post(query=text, extensions=persisted(text))

    assert figures.entries == 1 + 5
    assert mine.post(extensions=persisted(VIEWER))["data"] == ANSWER


async def test_switched_off_clients_of_the_protocol_are_told_so(database: PreparedDatabase, served: Open) -> None:
    client = await caller(database, served(persisted_queries=False))

    refused = client.post(extensions=persisted(VIEWER))
    assert error(refused) == ("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")
    assert client.post(query=VIEWER, extensions=persisted(VIEWER))["data"] == ANSWER
    assert error(client.post(extensions=persisted(VIEWER)))[0] == "PERSISTED_QUERY_NOT_SUPPORTED"


async def test_nothing_is_found_without_a_credential(database: PreparedDatabase, served: Open) -> None:
    http = served()
    (await caller(database, http)).post(query=VIEWER, extensions=persisted(VIEWER))

    answer = http.post("/graphql", json={"extensions": persisted(VIEWER)})

    assert answer.status_code == 401


# -------------------------------------------------------------------------------- trusted documents


async def register(database: PreparedDatabase, *documents: tuple[str, str]) -> None:
    await database.do(RegisterDocuments(documents=tuple(NewDocument(id, text) for id, text in documents)))


@pytest.mark.parametrize("mode", ["accept", "only"])
async def test_a_registered_document_runs_by_its_name(database: PreparedDatabase, served: Open, mode: str) -> None:
    await register(database, ("own", VIEWER), (f"sha256:{sha(NAMED)}", NAMED))
    client = await caller(database, served(trusted_documents=mode))

    for document_id in ("own", f"sha256:{sha(VIEWER)}", sha(VIEWER)):
        assert client.post(documentId=document_id)["data"] == ANSWER
        assert client.get(documentId=document_id)["data"] == ANSWER
        assert client.socket(documentId=document_id)["payload"]["data"] == ANSWER
    assert client.post(documentId=sha(NAMED), operationName="One")["data"] == ANSWER
    assert client.post(query=None, documentId="own")["data"] == ANSWER
    assert client.post(query="", documentId="own")["data"] == ANSWER
    # clients made for automatic persisted queries name registered documents by their hash too
    assert client.post(extensions=persisted(VIEWER))["data"] == ANSWER


async def test_other_documents_run_beside_registered_ones(database: PreparedDatabase, served: Open) -> None:
    await register(database, ("own", VIEWER))
    client = await caller(database, served(trusted_documents="accept"))

    assert client.post(query="{ viewer { tenantName } }")["data"] == {"viewer": {"tenantName": "Pillows"}}
    code, message = error(client.post(documentId="other"))
    assert code == "PERSISTED_QUERY_NOT_FOUND"
    assert "`documentId` names none" in message


INTROSPECTION = "query IntrospectionQuery { __schema { queryType { name } } }"


OTHERS: list[dict[str, Any]] = [
    {"query": "{ viewer { tenantName } }"}, {"query": INTROSPECTION}, {"query": "{ __typename }"}, {"query": "{ broken"},
    {"query": VIEWER + " "}, {"documentId": "other"}, {"documentId": f"sha256:{sha(VIEWER + ' ')}"}, {"documentId": ""},
    {"extensions": persisted("{ viewer { tenantName } }")}, {"query": "{ __typename }", "extensions": persisted("{ __typename }")},
    {"query": "subscription { customerChanged { displayName } }"},
]  # fmt: skip


async def test_where_only_registered_documents_run_nothing_else_does(database: PreparedDatabase, served: Open) -> None:
    await register(database, ("own", VIEWER))
    client = await caller(database, served(trusted_documents="only"))

    for body in OTHERS:
        code, message = error(client.post(**body))
        assert (code, "Only registered documents" in message) == ("FORBIDDEN", True), body
        assert error(client.get(**body))[0] == "FORBIDDEN", body
        assert client.socket(**body)["payload"][0]["extensions"]["code"] == "FORBIDDEN", body
    assert client.post(query=VIEWER)["data"] == ANSWER  # the very text of a registered document is one


async def test_the_gateway_itself_refuses_what_is_not_registered(database: PreparedDatabase, served: Open) -> None:
    """A transport that forgot to look documents up would still be refused at the door."""
    await register(database, ("own", VIEWER))
    client = await caller(database, served(trusted_documents="only"))
    service = client.deployment.persisted
    service.only = False  # what the transports look at

    assert client.post(query=VIEWER)["data"] == ANSWER
    assert error(client.post(query="{ viewer { tenantName } }"))[0] == "FORBIDDEN"


async def test_registered_subscriptions_are_followed(database: PreparedDatabase, served: Open) -> None:
    text = "subscription { customerChanged { displayName } }"
    await register(database, ("follow", text), ("own", VIEWER))
    client = await caller(database, served(trusted_documents="only"))

    with client.http.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as socket:
        socket.send_json({"type": "connection_init", "payload": client.headers})
        socket.receive_json()
        socket.send_json({"id": "1", "type": "subscribe", "payload": {"documentId": "follow"}})
        socket.send_json({"id": "2", "type": "subscribe", "payload": {"documentId": "own"}})

        assert socket.receive_json()["id"] == "2"


async def test_a_registration_counts_without_a_restart(database: PreparedDatabase, served: Open) -> None:
    client = await caller(database, served(trusted_documents="only"))
    assert error(client.post(documentId="own"))[0] == "FORBIDDEN"

    await register(database, ("own", VIEWER))
    database.clock.advance(dt.timedelta(seconds=1))
    assert client.post(documentId="own")["data"] == ANSWER

    await database.do(RemoveDocuments(document_ids=("own",)))
    database.clock.advance(dt.timedelta(seconds=5))
    assert error(client.post(documentId="own"))[0] == "FORBIDDEN"


async def test_documents_of_another_tenant_do_not_run(database: PreparedDatabase, served: Open) -> None:
    await register(database, ("own", VIEWER))
    stranger = await database.tenant("Cushions")
    theirs = Caller(served(trusted_documents="only"), await database.key(tenant_id=stranger.tenant_id))

    for body in ({"documentId": "own"}, {"documentId": sha(VIEWER)}, {"query": VIEWER}):
        assert error(theirs.post(**body))[0] == "FORBIDDEN"


async def test_an_id_that_is_no_text_is_refused(database: PreparedDatabase, served: Open) -> None:
    client = await caller(database, served(trusted_documents="accept"))

    for document_id in (5, [], {}, True):
        assert error(client.post(documentId=document_id))[0] == "BAD_REQUEST"


async def test_a_request_names_its_document_or_sends_it(database: PreparedDatabase, served: Open) -> None:
    client = await caller(database, served(trusted_documents="accept"))

    assert error(client.post(query=VIEWER, documentId="own"))[0] == "BAD_REQUEST"


async def test_where_no_documents_are_registered_ids_are_refused(database: PreparedDatabase, served: Open) -> None:
    client = await caller(database, served())

    code, message = error(client.post(documentId="own"))

    assert (code, "Documents are not registered here" in message) == ("BAD_REQUEST", True)


async def test_the_page_to_explore_says_why_it_is_closed(database: PreparedDatabase, served: Open) -> None:
    page = served(trusted_documents="only").get("/graphiql")

    assert page.status_code == 403
    assert "Only registered documents run here" in page.text
    assert "default-src" in page.headers["content-security-policy"]
