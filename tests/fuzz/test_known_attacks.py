"""Row C1: each request with which the stock stack failed or talked, against a running server on both databases.

The table is the one of the design's reference on security; what each must become stands beside it.
"""

from __future__ import annotations

import json
from typing import Any, Final

import httpx2 as httpx
import pytest
from tests.fuzz.judge import Answer, complaints, log_complaints
from tests.server_process import ServerProcess
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

pytestmark = pytest.mark.security

SECRET: Final = "SECRETPHI"
JSON: Final = {"content-type": "application/json"}
INIT: Final = json.dumps({"type": "connection_init"})
CREATE: Final = 'mutation { personCreate(input: {person: {givenName: "Mallory"}}) { person { id } } }'
Q: Final = b'{"query": "{ __typename }"'


def _form(content_type: str, body: bytes) -> tuple[dict[str, str], bytes]:
    return {"content-type": content_type}, body


#: What is sent as a POST, and which status and code must come back.
POSTS: Final[dict[str, tuple[dict[str, str], bytes, int, str]]] = {
    "a body that is 5": (JSON, b"5", 400, "BAD_REQUEST"),
    "variables nested 100,000 deep": (JSON, Q + b', "variables": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}", 400,
                                      "LIMIT_EXCEEDED"),
    "an integer of 10,000 digits": (JSON, Q + b', "variables": {"a": ' + b"9" * 10_000 + b"}}", 400, "BAD_REQUEST"),
    "invalid UTF-8": (JSON, Q + b', "operationName": "\xff"}', 400, "BAD_REQUEST"),
    "5 MB of whitespace": (JSON, b'{"query": "' + b" " * 5_000_000 + b'"}', 413, "LIMIT_EXCEEDED"),
    "a subscription by POST": (JSON, b'{"query": "subscription { customerChanged { id } }"}', 400, "BAD_REQUEST"),
    "a wrongly typed variable": (JSON, json.dumps({"query": "query($n: Int) { customers(first: $n) { totalCount } }",
                                                   "variables": {"n": SECRET}}).encode(), 200, "BAD_REQUEST"),
    "500 aliases": (JSON, json.dumps({"query": "{ " + " ".join(f"a{i}: __typename" for i in range(300)) + " }"}).encode(),
                    200, "LIMIT_EXCEEDED"),
    "NaN": (JSON, Q + b', "variables": {"a": NaN}}', 400, "BAD_REQUEST"),
    "half of a surrogate pair": (JSON, Q + b', "variables": {"a": "\\ud800"}}', 400, "BAD_REQUEST"),
    "a mutation as a form": (*_form("application/x-www-form-urlencoded", b"query=" + CREATE.encode()), 415, "BAD_REQUEST"),
    "a mutation as plain text": (*_form("text/plain", json.dumps({"query": CREATE}).encode()), 415, "BAD_REQUEST"),
    "a mutation as multipart": (*_form("multipart/form-data; boundary=x", b"--x--"), 415, "BAD_REQUEST"),
    "a batch": (JSON, b'[{"query": "{ __typename }"}, {"query": "{ __typename }"}]', 400, "BAD_REQUEST"),
}  # fmt: skip


@pytest.mark.parametrize("name", POSTS)
def test_c1_a_known_attack_by_post_is_refused(server: ServerProcess, key: str, name: str) -> None:
    headers, body, status, code = POSTS[name]
    first_line = len(server.log)

    response = httpx.post(f"{server.url}/graphql", content=body, headers={**headers, "authorization": f"Bearer {key}"})

    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (status, code), response.text
    assert list(complaints(Answer(response.status_code, response.content), canary=SECRET)) == []
    assert [found for line in server.log[first_line:] for found in log_complaints(line)] == []


@pytest.mark.parametrize(("query", "status"), [(CREATE, 405), ("subscription { customerChanged { id } }", 400)])
def test_c1_a_known_attack_by_get_changes_nothing(server: ServerProcess, key: str, query: str, status: int) -> None:
    headers = {"authorization": f"Bearer {key}"}

    response = httpx.get(f"{server.url}/graphql", params={"query": query}, headers=headers)

    assert response.status_code == status
    assert "Mallory" not in response.text


#: What is sent after `connection_init`, and the code the socket is closed with.
FRAMES: Final[dict[str, tuple[str | bytes, int]]] = {
    "5": ("5", 4400),
    "an id that is an object": ('{"type": "subscribe", "id": {}, "payload": {"query": "{ __typename }"}}', 4400),
    "a payload nested 50,000 deep": (
        '{"type": "subscribe", "id": "a", "payload": ' + "[" * 50_000 + "]" * 50_000 + "}",
        4400,
    ),
    "a frame of 4 MB": ('{"type": "ping", "payload": {"a": "' + "x" * 4_000_000 + '"}}', 1009),
    "a binary frame": (b"\x00\x01", 4400),
    "a second connection_init": (INIT, 4429),
    "a message of the old protocol": ('{"type": "start", "id": "a", "payload": {}}', 4400),
}


def opened(server: ServerProcess, key: str, **options: Any) -> Any:
    """A socket of the protocol."""
    return connect(
        f"ws://127.0.0.1:{server.port}/graphql",
        additional_headers={"authorization": f"Bearer {key}"},
        **{"subprotocols": [Subprotocol("graphql-transport-ws")], **options},
    )


def until_closed(socket: Any, frame: str | bytes) -> int | None:
    """Sends a frame and reads until the server closes; the code it closed with."""
    try:
        socket.send(frame)
        while True:
            socket.recv(timeout=10)
    except ConnectionClosed as closed:
        return None if closed.rcvd is None else closed.rcvd.code


@pytest.mark.parametrize("name", FRAMES)
def test_c1_a_known_attack_by_socket_closes_it_in_order(server: ServerProcess, key: str, name: str) -> None:
    frame, code = FRAMES[name]
    first_line = len(server.log)

    with opened(server, key) as socket:
        socket.send(INIT)
        assert "connection_ack" in socket.recv()
        closed = until_closed(socket, frame)

    # whoever still sends when the server hangs up may see the connection reset before it reads why (RFC 6455, 7.1.7)
    assert closed == code or (closed is None and len(frame) > 1_000_000)
    assert [found for line in server.log[first_line:] for found in log_complaints(line)] == []


@pytest.mark.parametrize(
    "options", [{"origin": Origin("https://evil.example")}, {"subprotocols": [Subprotocol("graphql-ws")]}]
)
def test_c1_a_page_of_another_host_and_the_old_protocol_get_no_socket(
    server: ServerProcess, key: str, options: dict[str, Any]
) -> None:
    try:
        with opened(server, key, **options) as socket:
            closed = until_closed(socket, INIT)
    except InvalidStatus as refused:
        closed = refused.response.status_code

    assert closed in (403, 4406)
