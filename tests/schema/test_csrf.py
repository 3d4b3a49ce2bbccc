"""No page of another host can make a browser change anything here: every way it has without asking first is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from patron_core.plugins import Plugins
from patron_schema.app import create_app
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import PreparedDatabase

pytestmark = pytest.mark.security

MUTATION = 'mutation { personCreate(input: {person: {familyName: "Forged"}}) { person { id } userErrors { code } } }'
COUNT = "{ parties { totalCount } }"
FOREIGN = {"origin": "https://evil.example"}


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return load_plugins(("retail",))


def forged(client: TestClient, headers: dict[str, str]) -> list[Any]:
    """What a foreign page can send without a preflight, with a credential as if a browser had one to add."""
    body = {"query": MUTATION}
    plain = json.dumps(body)
    padded = json.dumps({**body, "x": "="})
    return [
        client.post("/graphql", data=body, headers=headers),
        client.post(
            "/graphql",
            content=urlencode(body),
            headers={**headers, "content-type": "application/x-www-form-urlencoded"},
        ),
        client.post("/graphql", files={"operations": (None, plain), "map": (None, "{}")}, headers=headers),
        client.post("/graphql", content=plain, headers={**headers, "content-type": "multipart/form-data; boundary=x"}),
        client.post("/graphql", content=plain, headers={**headers, "content-type": "text/plain"}),
        client.post("/graphql", content=padded, headers={**headers, "content-type": "text/plain; charset=utf-8"}),
        client.post("/graphql", content=plain, headers={**headers, "content-type": "text/plain; application/json"}),
        client.post("/graphql", content=plain, headers={**headers, "content-type": "text/plain,application/json"}),
        client.post("/graphql", content=plain, headers={**headers, "content-type": "application/graphql"}),
        client.post("/graphql", content=plain, headers={**headers, "content-type": ""}),
        client.post("/graphql", content=plain.encode(), headers=headers),
        client.post(f"/graphql?{urlencode(body)}", headers=headers),
        client.post(f"/graphql?{urlencode(body)}", data=body, headers=headers),
        client.get("/graphql", params=body, headers=headers),
        client.get(
            "/graphql", params={**body, "variables": "{}"}, headers={**headers, "content-type": "application/json"}
        ),
        client.request("HEAD", "/graphql", params=body, headers=headers),
        client.request("PUT", "/graphql", json=body, headers=headers),
        client.options("/graphql", params=body, headers=headers),
    ]


@pytest.mark.parametrize("origins", [(), ("https://app.example",)], ids=["no origins", "one origin"])
async def test_c6_nothing_a_foreign_page_can_send_changes_anything(
    database: PreparedDatabase, origins: tuple[str, ...], record_property: Callable[[str, object], None]
) -> None:
    key = await database.key()
    settings = database.settings.model_copy(update={"allowed_origins": origins})

    def talk() -> tuple[list[Any], Any, Any]:
        bearer = {"authorization": f"Bearer {key}"}
        with TestClient(create_app(settings=settings, plugins=database.plugins)) as client:
            answers = [*forged(client, {**bearer, **FOREIGN}), *forged(client, bearer)]
            answers += [client.post("/graphql", json={"query": MUTATION}, headers=FOREIGN)]
            answers += [
                client.post(
                    "/graphql",
                    json={"query": MUTATION},
                    headers={**FOREIGN, "cookie": f"authorization=Bearer {key}; key={key}"},
                )
            ]
            answers += [
                client.post(f"/graphql?access_token={key}&key={key}", json={"query": MUTATION}, headers=FOREIGN)
            ]
            asked = {
                "access-control-request-method": "POST",
                "access-control-request-headers": "authorization,content-type",
            }
            preflight = client.options("/graphql", headers={**FOREIGN, **asked})
            return answers, preflight, client.post("/graphql", json={"query": COUNT}, headers=bearer)

    answers, preflight, count = await asyncio.to_thread(talk)

    assert all(answer.status_code >= 400 for answer in answers), [answer.status_code for answer in answers]
    assert all("data" not in answer.json() for answer in answers if answer.content.startswith(b"{"))
    assert all("evil" not in answer.headers.get("access-control-allow-origin", "") for answer in [*answers, preflight])
    assert preflight.status_code >= 400
    assert "access-control-allow-credentials" not in preflight.headers
    assert "set-cookie" not in count.headers
    assert count.json()["data"] == {"parties": {"totalCount": 0}}
    record_property("figure", f"{len(answers)} forged requests, 0 mutations")


#: Origins, and whether their pages may open a socket.
ORIGINS: tuple[tuple[str | None, bool], ...] = (
    (None, True),
    ("http://testserver", True),
    ("https://testserver", True),
    ("https://app.example", True),
    ("https://APP.example/", True),
    ("https://evil.example", False),
    ("https://app.example.evil.example", False),
    ("https://evil-app.example", False),
    ("http://app.example", False),
    ("https://app.example:444", False),
    ("https://testserver.evil.example", False),
    ("https://evil.example/testserver", False),
    ("https://testserver@evil.example", False),
    ("null", False),
    ("", False),
    ("file://", False),
    ("https://[", False),
)


@pytest.mark.parametrize("dialect", ["sqlite"])  # the database has no part in it
async def test_c6_a_socket_opens_only_for_pages_of_this_server_and_of_configured_origins(
    database: PreparedDatabase,
) -> None:
    settings = database.settings.model_copy(update={"allowed_origins": ("https://app.example",)})

    def talk() -> dict[str | None, int | None]:
        with TestClient(create_app(settings=settings, plugins=database.plugins)) as client:
            return {origin: _closed(client, {} if origin is None else {"origin": origin}) for origin, _ in ORIGINS}

    assert await asyncio.to_thread(talk) == {origin: None if opens else 4403 for origin, opens in ORIGINS}


def _closed(client: TestClient, headers: dict[str, str]) -> int | None:
    """The code a socket is refused with; None where it opens."""
    try:
        with client.websocket_connect("/graphql", ["graphql-transport-ws"], headers=headers):
            return None
    except WebSocketDisconnect as refused:
        return refused.code
