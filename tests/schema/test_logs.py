"""What logs may never hold: canaries go in at every place of a request and of a file, and come out in no line of any level in use."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from starlette.testclient import TestClient
from tests.core.purchases import Purchases

from patron_core.errors import PublicError
from patron_core.hookspecs import Manifest, hookimpl
from patron_core.imports.runner import run_import
from patron_core.parties.commands import CreatePerson
from patron_core.plugins import Plugins
from patron_core.unit_of_work import UnitOfWork
from patron_schema.app import create_app
from patron_schema.hookspecs import SchemaHooks
from patron_schema.log_mask import mask
from patron_schema.request_log import configure_logging
from patron_schema.testing.databases import PreparedDatabase

pytestmark = pytest.mark.security


class Failing:
    """A plugin whose gate fails with what it was given in the text of its exception, in each way a library might."""

    @staticmethod
    @hookimpl
    def patron_manifest() -> Manifest:
        return Manifest(name="failing", version="1", core_range=">=0", label="Failing")

    @staticmethod
    @hookimpl
    def patron_gate(command: CreatePerson, uow: UnitOfWork) -> None:
        given = command.person.given_name or ""
        if given.startswith("FAIL"):
            with suppress(ValueError):
                raise ValueError(f"inner {given}")
            raise RuntimeError(f"could not look at {given} and {command!r}")


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return Plugins.of([Failing], specs=(SchemaHooks,))


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything that is logged, in the form and at the level of a service."""
    written = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    monkeypatch.setattr(sys, "stderr", written)
    configure_logging("info", readable=False, lasting=False)
    yield written
    logging.captureWarnings(False)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


class Canaries:
    """Makes unique words, and finds them again."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def __call__(self, where: str) -> str:
        self.made.append(f"CANARY{len(self.made):03}{where}")
        return self.made[-1]

    def seen_in(self, text: str) -> list[str]:
        return [canary for canary in self.made if canary[:9] in text]


CREATE = (
    "mutation($input: PersonCreateInput!) { personCreate(input: $input) { person { id } userErrors { message code } } }"
)


def requests(canary: Canaries) -> list[dict[str, Any]]:
    """Requests with a canary each at least: what works, and one for each way of being refused or of failing."""

    def person(**more: Any) -> dict[str, Any]:
        return {"json": {"query": CREATE, "variables": {"input": {"person": {"familyName": canary("name"), **more}}}}}

    def asked(query: str, **more: Any) -> dict[str, Any]:
        return {"json": {"query": query, **more}}

    return [
        person(),
        person(givenName=f"FAIL{canary('gate')}"),
        person(language=canary("lang")),
        person(birthDate=canary("date")),
        person(gender=canary("gender")),
        {"json": {"query": CREATE, "variables": {"input": {canary("key"): canary("value")}}}},
        asked(
            f'mutation {{ personCreate(input: {{person: {{familyName: "{canary("literal")}"}}}}) {{ person {{ id }} }} }}'
        ),
        asked(
            f'mutation {{ personCreate(input: {{person: {{givenName: "FAIL{canary("lit")}", familyName: "x"}}}}) {{ person {{ id }} }} }}'
        ),
        asked(f'{{ parties(where: {{displayName: {{contains: "{canary("filter")}"}}}}) {{ nodes {{ id }} }} }}'),
        asked(f'{{ node(id: "pty_{canary("id")}") {{ id }} }}'),
        asked(f'{{ parties(after: "{canary("cursor")}") {{ nodes {{ id }} }} }}'),
        asked(f"{{ parties(first: 100000) {{ nodes {{ id }} }} }} # {canary('comment')}"),
        asked(f"{{ {canary('field')} }}"),
        asked(f'{{ parties(first: "{canary("typed")}") {{ nodes {{ id }} }} }}'),
        asked(f'{{ "{canary("syntax")}" ', variables={canary("v"): 1}),
        asked("{ viewer { subject } }", operationName=canary("operation")),
        asked("{ viewer { subject } }", extensions={canary("ext"): canary("ext")}, documentId=None),
        asked("", documentId=canary("document")),
        asked("query($n: Int!) { parties(first: $n) { nodes { id } } }", variables={"n": canary("wrong")}),
        asked("{ viewer { subject } }", variables={"deep": json.loads("[" * 40 + f'"{canary("deep")}"' + "]" * 40)}),
        {"content": f'{{"query": "{canary("json")}'.encode()},
        {"content": f'"{canary("scalar")}"'.encode()},
        {"content": canary("utf").encode() + b"\xff"},
        {"content": canary("form").encode(), "headers": {"content-type": f"text/{canary('type')}"}},
        {"json": {"query": "{ viewer { subject } }"}, "headers": {"accept": canary("accept")}},
        {"json": {"query": "{ viewer { subject } }"}, "headers": {"patron-explain": canary("explain")}},
        {"json": {"query": "{ viewer { subject } }"}, "headers": {"authorization": f"Bearer {canary('bearer')}"}},
        {"json": {"query": "{ viewer { subject } }"}, "headers": {"authorization": f"Basic {canary('basic')}"}},
        {
            "json": {"query": "{ viewer { subject } }"},
            "headers": {"cookie": canary("cookie"), "user-agent": canary("agent")},
        },
        {"json": {"query": "{ viewer { subject } }"}, "headers": {"x-request-id": canary("request")}},
    ]


async def test_e5_nothing_of_a_request_is_in_the_logs(
    database: PreparedDatabase, lines: io.StringIO, record_property: Callable[[str, object], None]
) -> None:
    canary = Canaries()
    key = await database.key()
    settings = database.settings.model_copy(update={"plugins": None})

    def talk() -> None:
        with TestClient(
            create_app(settings=settings, plugins=database.plugins), raise_server_exceptions=False
        ) as client:
            for request in requests(canary):
                headers = {
                    "authorization": f"Bearer {key}",
                    "content-type": "application/json",
                    **request.pop("headers", {}),
                }
                client.post("/graphql", **request, headers=headers)
            client.get(
                "/graphql", params={"query": f'{{ node(id: "{canary("url")}") {{ id }} }}', canary("parameter"): "1"}
            )
            client.get(f"/{canary('path')}")
            _over_a_socket(client, key, canary)

    await asyncio.to_thread(talk)
    text = lines.getvalue()

    assert canary.seen_in(text) == []
    assert key.rpartition("_")[2] not in text
    events = [json.loads(line)["event"] for line in text.splitlines()]
    assert events.count("operation") >= 30
    assert any("plugin" in event or "masked" in event or "failed" in event for event in events), set(events)
    record_property("figure", f"{len(canary.made)} canaries, {len(events)} lines, 0 hits")


def _over_a_socket(client: TestClient, key: str, canary: Canaries) -> None:
    with client.websocket_connect("/graphql", ["graphql-transport-ws"]) as socket:
        socket.send_json(
            {"type": "connection_init", "payload": {"authorization": f"Bearer {key}", "x": canary("init")}}
        )
        socket.receive_json()
        for number, request in enumerate(requests(canary)):
            if "query" in request.get("json", {}) and "deep" not in request["json"].get("variables", {}):
                socket.send_json({"id": canary(f"id{number}"), "type": "subscribe", "payload": request["json"]})
                while socket.receive_json()["type"] == "next":
                    pass
        socket.send_text(canary("text"))
    with client.websocket_connect("/graphql", ["graphql-transport-ws"]) as socket:
        socket.send_json({"type": "connection_init", "payload": {"authorization": f"Bearer {canary('wskey')}"}})


async def test_e5_nothing_of_an_import_is_in_the_logs(
    database: PreparedDatabase, lines: io.StringIO, tmp_path: Path
) -> None:
    canary = Canaries()
    path = tmp_path / "purchases.csv"
    rows = [
        f"{canary('customer')},2026-01-01,5.00",
        f"1,{canary('day')},5.00",
        f"2,2026-01-01,{canary('amount')}",
        f"{canary('one')}",
    ]
    path.write_text("customer,day,amount\n" + "\n".join(rows) + "\n")
    context = {"actor": database.actor, "plugins": database.plugins, "clock": database.clock, "ids": database.ids}

    report = await run_import(database.database, Purchases(), [path], **context)  # type: ignore[arg-type]
    path.write_text(f"{canary('header')},day\n")
    with suppress(PublicError):
        await run_import(database.database, Purchases(), [path], **context)  # type: ignore[arg-type]

    assert len(report.bad_rows) == 3
    assert canary.seen_in(lines.getvalue()) == []
    assert canary.seen_in(" ".join(row.reason for row in report.bad_rows)) == []


def test_e5_what_libraries_and_crashes_write_loses_its_text(lines: io.StringIO) -> None:
    canary = Canaries()
    library = logging.getLogger("uvicorn.error")
    try:
        raise RuntimeError(canary("raised"))
    except RuntimeError as error:
        library.exception("Exception in ASGI application")
        library.error("failed", exc_info=error, stack_info=True)
        structlog.get_logger("patron").error("ours", exc_info=True)
        sys.excepthook(type(error), error, error.__traceback__)
        sys.unraisablehook(SimpleNamespace(exc_value=error))
        raised = error

    def crash() -> None:
        raise raised

    thread = threading.Thread(target=crash)
    thread.start()
    thread.join()

    async def lose() -> None:
        async def fail() -> None:
            raise RuntimeError(canary("task"))

        task = asyncio.create_task(fail())
        await asyncio.sleep(0)
        context = {"message": "Task exception was never retrieved", "exception": task.exception(), "task": task}
        asyncio.get_running_loop().call_exception_handler(context)

    asyncio.run(lose())

    found = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert canary.seen_in(lines.getvalue()) == []
    assert [line["event"] for line in found] == [
        "Exception in ASGI application", "failed", "ours", "crashed", "unraisable", "thread.crashed", "Task exception was never retrieved",
    ]  # fmt: skip
    assert all(line["error"] == "builtins.RuntimeError" and line["where"] for line in found)


SECRET = "x" * 43
KEY = f"patron_{'0' * 31}a_{'0' * 31}b_{SECRET}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"used {KEY}.", "used [API key]."),
        (f"Authorization: Bearer {KEY}", "Authorization: Bearer [credential]"),
        ("authorization=bearer abc.def-ghi", "authorization=bearer [credential]"),
        ("Basic dXNlcjpwYXNz==", "Basic [credential]"),
        ("token eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhIn0.c2ln ended", "token [token] ended"),
        ("to postgresql+asyncpg://patron_app:s3cr3t@db/crm", "to postgresql+asyncpg://[credential]@db/crm"),
        ("paid with 4111-1111-1111-1111 today", "paid with [card number] today"),
        (
            "patron_app may not log in, http://127.0.0.1:8000/graphql",
            "patron_app may not log in, http://127.0.0.1:8000/graphql",
        ),
        (
            "2026-03-14T12:00:00Z 018f0000-0000-7000-8000-00000000000a",
            "2026-03-14T12:00:00Z 018f0000-0000-7000-8000-00000000000a",
        ),
    ],
)
def test_e5_the_last_net_masks_what_slips_through(text: str, shown: str, lines: io.StringIO) -> None:
    assert mask(text).replace("Bearer [API key]", "Bearer [credential]") == shown

    logging.getLogger("some.library").warning("said %s", text)
    structlog.get_logger("some.plugin").warning("said", what=text)
    logging.getLogger("py.warnings").warning("%s", text)

    assert SECRET not in lines.getvalue()
    assert lines.getvalue().count(shown.split()[0]) >= 2
