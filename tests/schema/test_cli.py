"""The command line: what each command does, what scripts can read, and that an error is one clear message."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from graphql import build_schema
from typer.testing import CliRunner
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from patron_core.plugins import Plugins
from patron_schema.cli import app
from patron_schema.schema_export import added_sdl
from patron_schema.testing.databases import Databases
from patron_schema.testing.servers import PostgresServer

KEY = re.compile(r"patron_[0-9a-f]{32}_[0-9a-f]{32}_[A-Za-z0-9_-]{43}")


@pytest.fixture(autouse=True)
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database in a folder of its own, named by the environment."""
    for name in [name for name in os.environ if name.startswith("PATRON_")]:
        monkeypatch.delenv(name)
    found = f"sqlite:///{tmp_path}/patron.db"
    monkeypatch.setenv("PATRON_DATABASE_URL", found)
    monkeypatch.setenv("PATRON_PLUGINS", "")
    monkeypatch.setenv("COLUMNS", "300")
    return found


def run(*arguments: str, input: str | None = None) -> Any:
    return CliRunner().invoke(app, list(arguments), input=input)


def ok(*arguments: str) -> str:
    """What a command prints on standard output when it works."""
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return str(result.stdout)


def refused(*arguments: str, code: int = 1) -> str:
    """What a command says when it does not: one message, and no traceback."""
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return " ".join(str(result.stderr).split())


@pytest.fixture
def tenant() -> str:
    ok("migrate")
    ok("tenant", "create", "Pillows Ltd")
    return "Pillows Ltd"


# -------------------------------------------------------------------------------- setting up


COMMANDS = [
    (),
    ("migrate",),
    ("migrate", "down"),
    ("tenant",),
    ("tenant", "create"),
    ("tenant", "list"),
    ("key",),
    ("key", "create"),
    ("key", "list"),
    ("key", "revoke"),
    ("key", "rotate"),
    ("role",),
    ("role", "delete"),
    ("role", "list"),
    ("role", "save"),
    ("import",),
    ("serve",),
    ("plugin",),
    ("plugin", "list"),
    ("export-schema",),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_teaches_how_to_use_it(command: tuple[str, ...]) -> None:
    said = ok(*command, "--help")

    assert "Usage" in said
    if command[:1] not in [("tenant",), ("key",), ("role",), ("plugin",)] or len(command) > 1:
        assert "Example" in said or "First steps" in said


def test_the_first_help_names_the_first_steps_in_their_order() -> None:
    said = ok("--help")

    places = [
        said.index(step) for step in ("patron migrate", "patron tenant create", "patron key create", "patron serve")
    ]
    assert places == sorted(places)


def test_migrate_makes_the_tables_and_says_what_is_pending() -> None:
    before = run("migrate", "--status")
    ok("migrate")

    assert (before.exit_code, before.stdout.startswith("patron: nothing -> ")) == (1, True)
    assert ok("migrate", "--status") == ""
    assert ok("migrate") == ""


def test_migrate_down_asks_first() -> None:
    ok("migrate")

    assert run("migrate", "down", input="n\n").exit_code == 1
    assert ok("migrate", "--status") == ""

    ok("migrate", "down", "--yes")
    assert run("migrate", "--status").exit_code == 1


def test_the_roles_can_be_printed_for_an_administrator() -> None:
    said = ok("migrate", "--print-roles")

    assert "CREATE ROLE patron_app" in said
    assert said.endswith(";\n")


def test_a_tenant_is_made_once_and_listed(tenant: str) -> None:
    assert "already a tenant" in refused("tenant", "create", tenant)
    assert re.fullmatch(r"[0-9a-f-]{36}\tPillows Ltd\thybrid\t\n", ok("tenant", "list"))


def test_a_tenant_has_the_mode_it_was_given(tenant: str) -> None:
    ok("tenant", "create", "First Bank", "--mode", "relationship", "--plugins", "")

    assert "First Bank\trelationship\t\n" in ok("tenant", "list")
    assert "Choose relationship, transaction, hybrid" in refused("tenant", "create", "X", "--mode", "both", code=2)
    assert "Did you mean 'retail'" in refused("tenant", "create", "X", "--plugins", "retial")


def test_the_scopes_of_a_tenants_plugins_can_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATRON_PLUGINS", "retail,banking")
    ok("migrate")
    ok("tenant", "create", "Pillows Ltd", "--plugins", "retail")

    assert KEY.fullmatch(ok("key", "create", "--tenant", "Pillows Ltd", "--scope", "retail:*").strip())
    assert "declares banking:*." in refused("key", "create", "--tenant", "Pillows Ltd", "--scope", "banking:*")


def test_tenants_on_postgresql_are_listed_for_a_superuser_only(
    databases: Databases, postgres_server: PostgresServer
) -> None:
    databases.server = postgres_server
    superuser = databases.create("postgresql", Plugins.of({}))
    application = databases.application_url(superuser)
    try:
        for name in ("Pillows", "Blankets"):
            ok("tenant", "create", name, "--database-url", application)

        listed = ok("tenant", "list", "--database-url", superuser)
        said = refused("tenant", "list", "--database-url", application)
    finally:
        databases.drop(superuser)

    assert [line.split("\t")[1] for line in listed.splitlines()] == ["Blankets", "Pillows"]
    assert "Row-level security hides the tenants from this role." in said
    assert "Connect as a superuser" in said


def test_a_key_is_printed_once_and_alone(tenant: str) -> None:
    result = run("key", "create", "--tenant", tenant, "--scope", "party:read", "--scope", "customer:*", "--days", "7")

    assert KEY.fullmatch(result.stdout.strip())
    assert "customer:* party:read" in result.stderr
    assert result.stdout.strip() not in result.stderr


def test_a_key_can_be_taken_back_by_its_text_or_its_id(tenant: str) -> None:
    text, other = (ok("key", "create", "--tenant", tenant).strip() for _ in range(2))
    key_id = other.split("_")[2]

    ok("key", "revoke", text)
    ok("key", "revoke", f"key_{key_id}", "--tenant", tenant)

    assert "needed where only the key's id is given" in refused("key", "revoke", key_id, code=2)
    assert "neither a key's id" in refused("key", "revoke", "nonsense", "--tenant", tenant, code=2)
    assert refused("key", "revoke", "018f0000-0000-7000-8000-000000000001", "--tenant", tenant)


# -------------------------------------------------------------------------------- errors


def test_keys_are_listed_and_given_new_secrets(tenant: str) -> None:
    text = ok(
        "key", "create", "--tenant", tenant, "--name", "till", "--role", "agent", "--network", "10.0.0.0/8"
    ).strip()
    key_id = "key_" + str(uuid.UUID(text.split("_")[2]))

    listed = ok("key", "list", "--tenant", tenant).splitlines()
    renewed = ok("key", "rotate", key_id, "--tenant", tenant, "--overlap-hours", "2").strip()
    ok("key", "revoke", renewed)

    assert [line.split("\t")[:4] for line in listed] == [[key_id, "till", f"…{text[-4:]}", "agent"]]
    assert KEY.fullmatch(renewed)
    assert renewed != text
    assert text[-43:] not in "".join(listed)
    assert "\ttaken back" in ok("key", "list", "--tenant", tenant)
    assert "does not work any more" in refused("key", "rotate", key_id, "--tenant", tenant)
    assert "neither a key's id" in refused("key", "rotate", "nonsense", "--tenant", tenant, code=2)


def test_a_portals_key_names_its_party_on_the_command_line_too(tenant: str) -> None:
    assert "Name the party." in refused("key", "create", "--tenant", tenant, "--role", "customer_portal")
    assert "no id (pty_" in refused("key", "create", "--tenant", tenant, "--role", "partner", "--party", "x", code=2)


def test_roles_are_saved_from_a_file_listed_and_deleted(tenant: str, tmp_path: Path) -> None:
    file = tmp_path / "clerk.json"
    role = {"name": "clerk", "description": "Clerks.", "scopes": ["party:read"], "grants": [{"classes": ["PII"]}]}
    file.write_text(json.dumps(role))

    ok("role", "save", str(file), "--tenant", tenant)
    ok("key", "create", "--tenant", tenant, "--role", "clerk")
    file.write_text(json.dumps({**role, "rows": "OWNED"}))
    ok("role", "save", str(file), "--tenant", tenant)
    listed = [line.split("\t") for line in ok("role", "list", "--tenant", tenant).splitlines()]

    assert ["clerk", "own", "OWNED", "party:read", "Clerks."] in listed
    assert ["agent", "bundled", "ALL"] in [line[:3] for line in listed]
    assert "The role is in use." in refused("role", "delete", "clerk", "--tenant", tenant)
    file.write_text(json.dumps({**role, "name": "idle"}))
    ok("role", "save", str(file), "--tenant", tenant)
    ok("role", "delete", "idle", "--tenant", tenant)
    assert "no such role" in refused("role", "delete", "idle", "--tenant", tenant)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"name": "clerk"}',
        '{"name": "clerk", "description": "x", "scope": []}',
        '{"name": "clerk", "description": "x", "scopes": "party:read"}',
        '{"name": "clerk", "description": "x", "grants": [{"class": "PII"}]}',
        '{"name": "clerk", "description": "x", "grants": [{"classes": ["SECRET"]}]}',
        '{"name": "owner", "description": "x"}',
    ],
)
def test_a_file_that_holds_no_role_is_refused(tenant: str, tmp_path: Path, text: str) -> None:
    file = tmp_path / "role.json"
    file.write_text(text)

    assert refused("role", "save", str(file), "--tenant", tenant)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("key", "create", "--tenant", "nobody"), "There is no such tenant."),
        (("key", "create", "--tenant", "Pillows Ltd", "--scope", "NOT A SCOPE"), "A scope or role is lower-case words"),
        (
            ("key", "create", "--tenant", "Pillows Ltd", "--scope", "nonsense"),
            "Choose among access:administer, access:impersonate",
        ),
        (("key", "create", "--tenant", "Pillows Ltd", "--role", "janitor"), "Choose among owner, administrator"),
        (("tenant", "create", " "), "The name of a tenant has 1 to 200"),
        (("migrate", "down", "nothing", "--yes"), "No distribution is called 'nothing'."),
        (("migrate", "--plugins", "retial"), "Did you mean 'retail'?"),
        (("tenant", "list", "--database-url", "mysql://root:hunter2@localhost/x"), "PATRON_DATABASE_URL is wrong."),
    ],
)
def test_an_error_is_one_clear_message(tenant: str, arguments: tuple[str, ...], says: str) -> None:
    message = refused(*arguments)

    assert says in message
    assert "hunter2" not in message


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATRON_MAX_DEPTH", "deep")

    assert "PATRON_MAX_DEPTH is wrong." in refused("tenant", "list")


def test_a_database_without_tables_is_an_error_without_a_traceback() -> None:
    assert refused("key", "create", "--tenant", "x")


# -------------------------------------------------------------------------------- imports

PURCHASES = """\
 00001 19970101  1   11.77
 00002 19970112  1   12.00
 00002 19970112  5   77.00
"""


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PATRON_PLUGINS", "retail")
    ok("migrate")
    ok("tenant", "create", "Shop")
    return "Shop"


def test_a_file_is_imported_once(shop: str, tmp_path: Path) -> None:
    file = tmp_path / "cdnow.txt"
    file.write_text(PURCHASES)

    first = run("import", "cdnow", str(file), "--tenant", shop)
    second = run("import", "cdnow", str(file), "--tenant", shop)

    assert (first.exit_code, second.exit_code) == (0, 0), first.output + second.output
    assert re.search(r"created +2  customers\ncreated +3  transactions", first.stdout)
    assert re.search(r"unchanged +2  customers\nunchanged +3  transactions", second.stdout)
    assert "this file was imported before" in second.stderr


def test_a_dry_run_keeps_nothing(shop: str, tmp_path: Path) -> None:
    file = tmp_path / "cdnow.txt"
    file.write_text(PURCHASES)

    tried = run("import", "cdnow", str(file), "--tenant", shop, "--dry-run")

    assert (tried.exit_code, "nothing was kept" in tried.stderr) == (0, True)
    assert re.search(r"created +3  transactions", ok("import", "cdnow", str(file), "--tenant", shop))


def test_bad_rows_are_listed_and_make_the_exit_code_1(shop: str, tmp_path: Path) -> None:
    file = tmp_path / "cdnow.txt"
    file.write_text(PURCHASES + " 00003 19971399  1    1.00\n")

    result = run("import", "cdnow", str(file), "--tenant", shop)

    assert result.exit_code == 1
    assert "1 row could not be taken in" in result.stdout
    assert re.search(r"cdnow.txt\s+│ 4\s+│\s+│\s+│ The second column is no day", result.stdout), result.stdout
    assert re.search(r"created +3  transactions", result.stdout)


def test_the_options_of_a_format_are_its_importers(shop: str, tmp_path: Path) -> None:
    file = tmp_path / "cdnow.txt"
    file.write_text(PURCHASES)

    assert "--currency" in ok("import", "cdnow", "--help")
    assert "The option currency of cdnow is wrong" in refused(
        "import", "cdnow", str(file), "--tenant", shop, "--currency", "XXXX"
    )
    ok("import", "cdnow", str(file), "--tenant", shop, "--currency", "EUR", "--timezone", "Europe/Paris")


def test_a_file_that_is_not_what_it_claims_changes_nothing(shop: str, tmp_path: Path) -> None:
    file = tmp_path / "cdnow.txt"
    file.write_text("<xml/>\n" * 5)

    assert "cdnow.txt is not a file of format cdnow." in refused("import", "cdnow", str(file), "--tenant", shop)


def test_what_cannot_be_imported_is_said(shop: str, tmp_path: Path) -> None:
    file = tmp_path / "cdnow.txt"
    file.write_text(PURCHASES)
    ok("tenant", "create", "First Bank", "--plugins", "")

    assert "There is no such tenant." in refused("import", "cdnow", str(file), "--tenant", "nobody")
    assert "does not have" in refused("import", "cdnow", str(file), "--tenant", "First Bank")
    assert "No such command 'nothing'" in refused("import", "nothing", str(file), "--tenant", shop, code=2)
    assert "does not exist" in refused("import", "cdnow", str(tmp_path / "missing"), "--tenant", shop, code=2)


# -------------------------------------------------------------------------------- schema


def test_the_schema_is_printed_or_written(tmp_path: Path) -> None:
    printed = ok("export-schema", "--plugins", "")
    file = tmp_path / "core.graphql"

    stale = run("export-schema", "--plugins", "", "--out", str(file), "--check")
    ok("export-schema", "--plugins", "", "--out", str(file))

    assert build_schema(printed).query_type is not None
    assert file.read_text() == printed
    assert stale.exit_code == 1
    assert ok("export-schema", "--plugins", "", "--out", str(file), "--check") == ""


def test_what_a_plugin_adds_is_new_types_and_extensions() -> None:
    core = 'type Query { "A." a: A } type A { "X." x: Int } enum E { ONE } union U = A input I { i: Int } scalar S'
    whole = (
        'type Query { "A." a: A "B." b: B } type A implements N { "X." x: Int "Y." y: Int @deprecated } interface N { y: Int }'
        ' enum E { ONE TWO } union U = A | B "The B." type B { z: S } input I { i: Int j: Int } scalar S'
    )

    assert added_sdl(core, whole) == (
        'extend type Query {\n  "B."\n  b: B\n}\n\n'
        'extend type A implements N {\n  "Y."\n  y: Int @deprecated\n}\n\n'
        "interface N {\n  y: Int\n}\n\n"
        "extend enum E {\n  TWO\n}\n\n"
        "extend union U = B\n\n"
        '"The B."\ntype B {\n  z: S\n}\n\n'
        "extend input I {\n  j: Int\n}\n"
    )
    assert added_sdl(core, core) == "\n"


# -------------------------------------------------------------------------------- serving


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], int, list[str]]]:
    """`patron serve` in a process of its own on a free port: the process, the port and the lines it has logged."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    command = [sys.executable, "-c", "from patron_schema.start import main; main()", "serve", "--port", str(port)]
    with subprocess.Popen([*command, *arguments], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines: list[str] = []
        is_up = "Application startup complete" if "--workers" in arguments else "Uvicorn running on"
        for line in process.stderr:
            lines.append(line)
            if is_up in line:
                break
        try:
            yield process, port, lines
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            lines.extend(process.stderr)
            process.wait(30)


def test_serve_answers_and_stops_when_told(tenant: str) -> None:
    key = ok("key", "create", "--tenant", tenant).strip()
    with serving() as (process, port, lines):
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"authorization": f"Bearer {key}"}) as client:
            answer = client.post("/graphql", json={"query": "{ viewer { tenantName } }"})
            ready = client.get("/readyz")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) in (0, -signal.SIGTERM)

    assert answer.json()["data"] == {"viewer": {"tenantName": tenant}}
    assert (answer.headers["cache-control"], "server" in answer.headers) == ("no-store", False)
    assert ready.status_code == 200
    assert not any("Traceback" in line for line in lines)
    assert all(line.startswith("{") for line in lines), lines  # one line of JSON each
    assert key not in "".join(lines)


@pytest.mark.security
def test_a_body_that_is_announced_too_large_is_not_waited_for(tenant: str) -> None:
    with serving() as (_, port, _lines), socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(
            b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000000\r\n\r\n"
        )
        answer = client.makefile("rb").read()  # ends because the server closes

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"LIMIT_EXCEEDED" in answer


@pytest.mark.security
def test_a_frame_that_is_too_large_ends_the_socket(tenant: str) -> None:
    with serving() as (_, port, lines):
        address = f"ws://127.0.0.1:{port}/graphql"
        with (  # noqa: PT012 (it ends with 1009 where the rest of the frame leaves room for it)
            pytest.raises((ConnectionClosed, OSError)),
            connect(address, subprotocols=[Subprotocol("graphql-transport-ws")], compression=None) as client,
        ):
            client.send("x" * 4_000_000)
            client.recv(timeout=10)
        assert httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200

    assert not any("Traceback" in line for line in lines)


def test_serve_refuses_plugins_that_are_not_installed() -> None:
    assert "Did you mean 'retail'?" in refused("serve", "--plugins", "retial")


def test_several_workers_serve_and_the_log_says_when_events_come(tenant: str) -> None:
    with serving("--workers", "2") as (_, port, lines), httpx.Client() as client:
        answer = client.get(f"http://127.0.0.1:{port}/healthz", timeout=30)

    assert answer.json() == {"status": "ok"}
    assert any("a socket hears what other workers committed" in line for line in lines)
