"""`patron encryption`: what each command does to the keys of a tenant, and what a script reads."""

from __future__ import annotations

import asyncio
import base64
import os
from pathlib import Path
from typing import Any

import pytest
from tests.core.clinic import write_chart
from tests.core.raw_rows import raw
from typer.testing import CliRunner

from patron_core.access.permissions import ADMINISTRATOR
from patron_core.access.service import find_tenant
from patron_core.database import open_database
from patron_core.messages import Actor
from patron_core.settings import Settings
from patron_schema.cli import app
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import PreparedDatabase


def run(*arguments: str, input: str | None = None) -> Any:
    return CliRunner().invoke(app, list(arguments), input=input)


def ok(*arguments: str) -> list[str]:
    """The lines a command prints on standard output."""
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return [line for line in str(result.stdout).splitlines() if line.strip()]


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with a tenant that has a patient, made by a newcomer: no setting names a master key."""
    for name in [name for name in os.environ if name.startswith("PATRON_")]:
        monkeypatch.delenv(name)
    url = f"sqlite:///{tmp_path}/patron.db"
    monkeypatch.setenv("PATRON_DATABASE_URL", url)
    monkeypatch.setenv("PATRON_PLUGINS", "healthcare")
    monkeypatch.setenv("COLUMNS", "300")
    ok("migrate")
    ok("tenant", "create", "Riverside Clinic")

    async def fill() -> None:
        database = open_database(Settings())
        prepared = PreparedDatabase("sqlite", database, url, url, load_plugins(("healthcare",)))
        prepared.tenant_id = (await find_tenant(database, "Riverside Clinic")).id
        prepared.actor = Actor(prepared.tenant_id, "test", "user", roles=(ADMINISTRATOR,))
        await write_chart(prepared)
        await database.close()

    asyncio.run(fill())
    return url


def test_a_new_master_key_is_printed_alone() -> None:
    (first,), (second,) = ok("encryption", "new-master-key"), ok("encryption", "new-master-key")

    assert len(base64.b64decode(first)) == 32
    assert first != second


def test_keys_are_rotated_and_listed(clinic: str) -> None:
    (rotated,) = ok("encryption", "rotate", "--tenant", "Riverside Clinic")
    (finished,) = ok("encryption", "finish")
    states = [line.split("\t") for line in ok("encryption", "status")]

    assert rotated == "Riverside Clinic\t7 rows encrypted anew, 0 do not open"
    assert finished == "Riverside Clinic\t0 rows encrypted anew, 0 do not open, 0 keys destroyed"
    assert [(purpose, number, state) for _, purpose, number, _, state in states] == [
        ("BLIND", "1", "hashes"),
        ("ENCRYPT", "1", "retired"),
        ("ENCRYPT", "2", "encrypts"),
    ]


def test_another_master_key_takes_over(clinic: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (new,) = ok("encryption", "new-master-key")
    monkeypatch.setenv("PATRON_MASTER_KEY", new)
    refused = run("encryption", "rewrap")
    monkeypatch.setenv("PATRON_PREVIOUS_MASTER_KEY", (tmp_path / "patron.db.key").read_text().strip())

    (wrapped,) = ok("encryption", "rewrap")
    monkeypatch.delenv("PATRON_PREVIOUS_MASTER_KEY")

    assert refused.exit_code == 1
    assert "is not the one that is set" in " ".join(str(refused.stderr).split())
    assert wrapped == "Riverside Clinic\t2 keys wrapped anew"
    assert ok("encryption", "rotate") == ["Riverside Clinic\t7 rows encrypted anew, 0 do not open"]


def test_shredding_asks_first_and_a_tenant_without_keys_is_told_of(clinic: str) -> None:
    assert run("encryption", "shred", "Riverside Clinic", input="n\n").exit_code == 1
    assert {line.rpartition("\t")[2] for line in ok("encryption", "status")} == {"hashes", "encrypts"}

    assert ok("encryption", "shred", "Riverside Clinic", "--yes") == ["Riverside Clinic\t2 keys destroyed"]

    assert {line.rpartition("\t")[2] for line in ok("encryption", "status")} == {"destroyed"}
    assert ok("encryption", "rotate") == ["Riverside Clinic\tno keys"]


def test_what_was_stored_before_is_encrypted_when_that_is_asked(clinic: str) -> None:
    prepared = PreparedDatabase("sqlite", None, clinic, clinic, load_plugins(("healthcare",)))  # type: ignore[arg-type]
    asyncio.run(raw(prepared, "UPDATE healthcare_follow_up SET outcome = 'in the clear'"))

    assert ok("encryption", "finish") == ["Riverside Clinic\t0 rows encrypted anew, 0 do not open, 0 keys destroyed"]
    assert ok("encryption", "finish", "--plain") == [
        "Riverside Clinic\t1 rows encrypted anew, 0 do not open, 0 keys destroyed"
    ]
    (stored,) = asyncio.run(raw(prepared, "SELECT outcome FROM healthcare_follow_up"))
    assert stored[0].startswith("v1.1.")
