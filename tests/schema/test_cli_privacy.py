"""`patron privacy`: a party is taken out into files, erased after a question, and erased again from a list."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from patron_core.access.permissions import ADMINISTRATOR
from patron_core.access.service import find_tenant
from patron_core.customers.commands import CreateCustomer
from patron_core.database import open_database
from patron_core.exports.cells import text_rows
from patron_core.messages import Actor
from patron_core.parties.commands import NewPerson
from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_core.unit_of_work import execute
from patron_core.values import RandomIds, SystemClock
from patron_schema.cli import app

NAME = "=Ada Canary"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a database that has the tenant Pillows."""
    for name in [name for name in os.environ if name.startswith("PATRON_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATRON_DATABASE_URL", f"sqlite:///{tmp_path}/patron.db")
    monkeypatch.setenv("PATRON_PLUGINS", "")
    monkeypatch.setenv("COLUMNS", "300")
    run("migrate")
    run("tenant", "create", "Pillows")
    return tmp_path


@pytest.fixture
def party(folder: Path) -> str:
    """The id of a customer's party."""

    async def make() -> str:
        clock, database = SystemClock(), open_database(Settings(database_url=f"sqlite:///{folder}/patron.db"))
        try:
            tenant = await find_tenant(database, "Pillows")
            actor = Actor(tenant.id, "test", "user", roles=(ADMINISTRATOR,))
            command = CreateCustomer(person=NewPerson(given_name=NAME))
            ids = RandomIds(clock)
            made = await execute(database, command, actor=actor, clock=clock, ids=ids, plugins=Plugins.of({}))
            return f"pty_{made.value.party_id}"
        finally:
            await database.close()

    return asyncio.run(make())


def run(*arguments: str, code: int = 0, input: str | None = None) -> Any:
    result = CliRunner().invoke(app, list(arguments), input=input)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def privacy(*arguments: str, code: int = 0, input: str | None = None) -> Any:
    return run("privacy", *arguments, "--tenant", "Pillows", code=code, input=input)


@pytest.mark.parametrize("command", ["export", "preview", "erase", "erasures", "replay"])
def test_every_command_teaches_how_to_use_it(command: str) -> None:
    assert "Usage" in run("privacy", command, "--help").stdout


def test_a_party_is_taken_out_as_one_document_that_only_its_owner_reads(folder: Path, party: str) -> None:
    out = folder / "request" / "12"

    privacy("export", party, "--out", str(out))

    (file,) = out.iterdir()
    assert file.name == f"{party}.json"
    assert file.stat().st_mode & 0o077 == 0
    assert json.loads(file.read_text())["party"] == party
    assert NAME in file.read_text()


def test_a_party_is_taken_out_as_tables_without_formulas(folder: Path, party: str) -> None:
    privacy("export", party, "--out", str(folder / "out"), "--format", "csv")

    text = (folder / "out" / "party.csv").read_text()
    header, row = text_rows(text)
    assert f'"\'{NAME}"' in text
    assert dict(zip(header, row, strict=True))["given_name"] == NAME
    assert {file.name for file in (folder / "out").iterdir()} >= {"party.csv", "customer.csv", "columns.csv"}


def test_a_preview_changes_nothing_and_an_erasure_asks_first(folder: Path, party: str) -> None:
    seen = privacy("preview", party).stdout
    asked = privacy("erase", party, "--reason", "request 1", code=1, input="n\n")
    done = privacy("erase", party, "--reason", "request 1", "--yes")

    assert "Party\t0\t1\t0" in seen
    assert "for good?" in asked.output
    assert "COMPLETE" in done.stderr
    assert {line for line in seen.splitlines() if line} <= set(done.stdout.splitlines())
    assert NAME.encode() not in b"".join(file.read_bytes() for file in folder.glob("patron.db*"))


def test_who_was_erased_is_listed_without_names_and_erased_again(folder: Path, party: str) -> None:
    backup = (folder / "patron.db").read_bytes()
    privacy("erase", party, "--reason", "request 1", "--yes")
    listed = privacy("erasures").stdout
    for file in folder.glob("patron.db*"):
        file.unlink()
    (folder / "patron.db").write_bytes(backup)
    (folder / "erasures.jsonl").write_text(listed)

    assert privacy("erasures").stdout == ""
    again = privacy("replay", str(folder / "erasures.jsonl"))

    assert party.removeprefix("pty_") in listed
    assert "Ada" not in listed
    assert "1 parties were erased again" in again.stderr
    assert NAME.encode() not in b"".join(file.read_bytes() for file in folder.glob("patron.db*"))


def test_an_id_that_is_none_is_one_clear_message(folder: Path) -> None:
    assert "pty_" in privacy("preview", "cus_1", code=1).stderr
