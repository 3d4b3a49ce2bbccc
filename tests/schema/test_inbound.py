"""Other systems push records over HTTP: signed, once, within what their source may, and without telling strangers anything."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook
from starlette.testclient import TestClient
from tests.core.raw_rows import raw

from patron_core.customers.models import Customer
from patron_core.plugins import Plugins
from patron_core.transactions.models import Transaction
from patron_schema.app import create_app
from patron_schema.hookspecs import SchemaHooks
from patron_schema.testing.databases import NOON, PreparedDatabase

CREATE = """
mutation Create($input: InboundSourceCreateInput!) {
  inboundSourceCreate(input: $input) {
    path secret inboundSource { id name scopes version } userErrors { code message path }
  }
}
"""
PEOPLE = {
    "version": 1, "target": "customers", "source": "shop", "key": ["id"],
    "fields": {"given_name": "name.first", "family_name": "name.last"},
    "contacts": [{"kind": "EMAIL", "column": "mail"}],
}  # fmt: skip
ADA = {"id": 1, "name": {"first": "Ada", "last": "Lovelace"}, "mail": "ada@example.org"}


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return Plugins.of({}, specs=(SchemaHooks,))


@pytest.fixture
def client(database: PreparedDatabase, loaded_plugins: Plugins) -> Iterator[TestClient]:
    settings = database.settings.model_copy(
        update={"max_body_bytes": 20_000, "rate_points": 300, "rate_points_per_second": 1}
    )
    with TestClient(create_app(settings=settings, plugins=loaded_plugins, clock=database.clock)) as opened:
        yield opened


def ask(client: TestClient, key: str, query: str, variables: Any = None) -> Any:
    answer = client.post(
        "/graphql", json={"query": query, "variables": variables}, headers={"authorization": f"Bearer {key}"}
    )
    assert "data" in answer.json(), answer.text
    return answer.json()


def make(client: TestClient, key: str, **given: Any) -> Any:
    made = ask(client, key, CREATE, {"input": {"name": "Shop", "mapping": json.dumps(PEOPLE), **given}})
    return made["data"]["inboundSourceCreate"] if made["data"] is not None else made["errors"][0]["extensions"]["code"]


def push(
    client: TestClient,
    source: Any,
    body: Any,
    *,
    id: str = "msg_1",
    at: dt.datetime = NOON,
    secret: str | None = None,
    path: str | None = None,
    **headers: str,
) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    signature = Webhook(secret or source["secret"]).sign(id, at, data.decode("latin-1")) if data.isascii() else "v1,x"
    sent = {
        "content-type": "application/json", "webhook-id": id, "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature, **headers,
    }  # fmt: skip
    return client.post(path or source["path"], content=data, headers=sent)


async def rows(database: PreparedDatabase, model: Any) -> list[Any]:
    return list(await database.do(lambda uow: uow.select(select(model).order_by(model.id))))


async def test_a_push_is_taken_in_once_whatever_id_it_comes_with(
    client: TestClient, database: PreparedDatabase
) -> None:
    source = make(client, await database.key())

    first = push(client, source, ADA)
    again = push(client, source, ADA)
    renamed = push(client, source, [ADA, {**ADA, "id": 2, "mail": "no mail"}, {**ADA, "id": 3}, 5], id="msg_2")

    assert (first.status_code, again.status_code, renamed.status_code) == (202, 202, 202), first.text
    assert first.json() == {
        "id": first.json()["id"], "status": "ACCEPTED", "repeated": False,
        "rows": 1, "created": 1, "unchanged": 0, "rejected": 0, "errors": [],
    }  # fmt: skip
    assert again.json() == {**first.json(), "repeated": True}
    told = renamed.json()
    assert (told["status"], told["rows"], told["created"], told["unchanged"], told["rejected"]) == (
        "PARTLY",
        4,
        1,
        1,
        2,
    )
    assert [(error["row"], error.get("column"), error.get("holds")) for error in told["errors"]] == [
        (2, "mail", "text of 7 characters"), (4, None, None),
    ]  # fmt: skip
    assert "no mail" not in renamed.text
    assert len(await rows(database, Customer)) == 2


@pytest.mark.security
async def test_b1_a_push_that_is_not_the_sources_own_is_refused_in_the_same_words_and_writes_nowhere(
    client: TestClient, database: PreparedDatabase
) -> None:
    source = make(client, await database.key())
    stranger = await database.tenant("Duvets")
    theirs = make(client, await database.key(tenant_id=stranger.tenant_id))
    tenant, id_, random = source["path"].removeprefix("/inbound/").split("_", 2)
    of_theirs = theirs["path"].removeprefix("/inbound/").split("_", 2)
    wrong = [
        push(client, source, ADA, secret=theirs["secret"]),
        push(client, source, ADA, at=NOON - dt.timedelta(minutes=6)),
        push(client, source, ADA, at=NOON + dt.timedelta(minutes=6)),
        push(client, source, ADA, **{"webhook-signature": "v1,AAAA"}),
        push(client, source, ADA, **{"webhook-id": "other"}),
        push(client, source, ADA, path="/inbound/nothing"),
        push(client, source, ADA, path=f"/inbound/{tenant}_{id_}_{of_theirs[2]}"),
        push(client, source, ADA, path=f"/inbound/{of_theirs[0]}_{id_}_{random}"),
        push(client, source, ADA, path=f"/inbound/{'0' * 32}_{id_}_{random}"),
    ]

    texts = {json.dumps({k: v for k, v in each.json().items() if k != "requestId"}) for each in wrong}
    assert {each.status_code for each in wrong} == {401}
    assert len(texts) == 1
    assert wrong[0].headers["content-type"] == "application/problem+json"
    assert await rows(database, Customer) == []
    for number in range(3):
        last = push(client, source, ADA, path=f"/inbound/guess{number}")
    assert (last.status_code, last.json()["title"]) == (429, "RATE_LIMITED")
    assert int(last.headers["retry-after"]) > 0


async def test_a_secret_is_rotated_with_an_overlap_and_a_source_is_disabled(
    client: TestClient, database: PreparedDatabase
) -> None:
    key = await database.key()
    source = make(client, key)
    rotate = "mutation R($id: ID!) { inboundSourceSecretRotate(input: {id: $id, overlapHours: 1}) { path secret } }"
    disable = (
        "mutation D($id: ID!, $off: Boolean!) { inboundSourceDisable(input: {id: $id, disabled: $off}) { __typename } }"
    )
    id_ = source["inboundSource"]["id"]

    rotated = ask(client, key, rotate, {"id": id_})["data"]["inboundSourceSecretRotate"]
    both = [
        push(client, {**source, "secret": secret}, ADA, id=secret[-6:])
        for secret in (source["secret"], rotated["secret"])
    ]
    database.clock.advance(dt.timedelta(hours=2))
    later = NOON + dt.timedelta(hours=2)
    old = push(client, source, ADA, id="late", at=later)
    new = push(client, rotated, ADA, id="late", at=later)
    ask(client, key, disable, {"id": id_, "off": True})
    off = push(client, rotated, ADA, id="off", at=later)
    ask(client, key, disable, {"id": id_, "off": False})
    on = push(client, rotated, ADA, id="on", at=later)

    assert rotated["path"] == source["path"]
    assert [each.status_code for each in (*both, old, new, off, on)] == [202, 202, 401, 202, 404, 202]
    assert off.json()["title"] == "NOT_FOUND"


async def test_a_secret_is_stored_encrypted_and_shown_once(client: TestClient, database: PreparedDatabase) -> None:
    key = await database.key()
    source = make(client, key)

    shown = ask(client, key, "{ inboundSources { nodes { name mapping scopes } } }")
    unknown = client.post(
        "/graphql",
        json={"query": "{ inboundSources { nodes { secret } } }"},
        headers={"authorization": f"Bearer {key}"},
    )
    stored = str(await raw(database, "SELECT * FROM inbound_source"))

    assert source["secret"] not in json.dumps(shown)
    assert "errors" in unknown.json()
    assert source["secret"] not in stored
    assert source["secret"].removeprefix("whsec_") not in stored


async def test_a_body_that_cannot_be_read_says_so(client: TestClient, database: PreparedDatabase) -> None:
    source = make(client, await database.key())

    answers = [
        push(client, source, b"{"),
        push(client, source, b"5", id="b"),
        push(client, source, b"[" * 100, id="c"),
        push(client, source, ADA, id="d", **{"content-type": "text/plain"}),
        push(client, source, [ADA] * 1_000, id="e"),
        client.get(source["path"]),
        push(client, source, ADA, id="f"),
        push(client, source, {**ADA, "id": 9}, id="f"),
    ]

    assert [each.status_code for each in answers] == [400, 400, 400, 415, 413, 405, 202, 409]
    assert answers[-1].json()["title"] == "IDEMPOTENCY_MISMATCH"
    assert answers[5].headers["allow"] == "POST"


async def test_a_source_writes_what_its_maker_may_and_no_more(client: TestClient, database: PreparedDatabase) -> None:
    key = await database.key(scopes=("inbound:*", "party:write", "customer:write"))
    owner = await database.key()

    refused = make(client, key, mapping=json.dumps({**PEOPLE, "target": "transactions", "contacts": [], "fields": {
        "amount": "sum", "currency": "cur", "occurred_at": "at"}}))  # fmt: skip
    narrow = make(client, owner, scopes=["customer:write"])
    made = make(client, key, name="Second")
    pushed = push(client, narrow, ADA)

    assert refused == "FORBIDDEN"
    assert made["inboundSource"]["scopes"] == "customer:write party:write"
    assert (pushed.status_code, pushed.json()["title"]) == (403, "FORBIDDEN")
    assert await rows(database, Customer) == []
    assert await rows(database, Transaction) == []


async def test_what_a_source_sent_is_logged_without_bodies(client: TestClient, database: PreparedDatabase) -> None:
    key = await database.key()
    source = make(client, key)
    push(client, source, [ADA, {"id": 2}])

    query = "{ inboundMessages { nodes { webhookId status rows created rejected errors source { name } } } }"
    (message,) = ask(client, key, query)["data"]["inboundMessages"]["nodes"]
    audit = ask(client, key, '{ auditEntries(where: {recordType: {eq: "customer"}}) { nodes { actor actorKind } } }')
    agent = await database.key(roles=("agent",))
    closed = client.post("/graphql", json={"query": query}, headers={"authorization": f"Bearer {agent}"})

    assert (message["webhookId"], message["status"], message["rows"], message["created"]) == ("msg_1", "PARTLY", 2, 1)
    assert message["source"] == {"name": "Shop"}
    assert json.loads(message["errors"])[0]["row"] == 2
    assert audit["data"]["auditEntries"]["nodes"] == [{"actor": source["inboundSource"]["id"], "actorKind": "app"}]
    assert "errors" in closed.json()


async def test_too_many_rows_in_too_little_time_are_asked_to_wait(
    client: TestClient, database: PreparedDatabase
) -> None:
    source = make(client, await database.key())

    answers = [push(client, source, [{"id": n} for n in range(200)], id=f"m{turn}") for turn in range(3)]

    assert [each.status_code for each in answers] == [202, 429, 429]
    assert answers[1].json()["title"] == "RATE_LIMITED"


async def test_a_mapping_and_a_name_are_changed_and_checked(client: TestClient, database: PreparedDatabase) -> None:
    key = await database.key()
    source = make(client, key)["inboundSource"]
    change = "mutation U($input: InboundSourceUpdateInput!) { inboundSourceUpdate(input: $input) { inboundSource { name } userErrors { code path } } }"  # noqa: E501

    def changed(**given: Any) -> Any:
        return ask(client, key, change, {"input": {"id": source["id"], "version": source["version"], **given}})["data"][
            "inboundSourceUpdate"
        ]

    assert changed(mapping="nothing")["userErrors"] == [{"code": "INVALID_INPUT", "path": ["input", "mapping"]}]
    assert changed(name="Web shop")["inboundSource"] == {"name": "Web shop"}
    assert changed(name="Other")["userErrors"][0]["code"] == "CONFLICT"
    assert make(client, key, name="Web shop")["userErrors"][0]["code"] == "CONFLICT"
