"""`patron backup` and `patron restore`: a copy of one moment under load, put back whole, with nobody back who was erased."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pysqlite3
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from patron_core.address import sqlite_path
from patron_core.audit.sealing import seal_all
from patron_core.backups.files import back_up, manifest_of, put_back, verified
from patron_core.errors import InvalidInput, Unavailable
from patron_core.parties.commands import CreatePerson, NewPerson
from patron_core.parties.models import Person
from patron_core.plugins import Plugins
from patron_core.privacy.commands import EraseParty
from patron_core.values import SystemClock
from patron_schema.cli import app
from patron_schema.testing.databases import MASTER_KEY, PreparedDatabase

NOW = SystemClock().now()


@pytest.fixture(scope="module")
def loaded_plugins() -> Plugins:
    """The core alone: a command loads what is installed."""
    return Plugins.of({})


@pytest.fixture
def here(database: PreparedDatabase, monkeypatch: pytest.MonkeyPatch) -> PreparedDatabase:
    """The database of each kind as the command line's."""
    monkeypatch.setenv("PATRON_DATABASE_URL", database.url)
    monkeypatch.setenv("PATRON_MIGRATION_DATABASE_URL", database.owner_url)
    monkeypatch.setenv("PATRON_MASTER_KEY", MASTER_KEY.get_secret_value())
    monkeypatch.setenv("PATRON_PLUGINS", "")
    monkeypatch.setenv("COLUMNS", "300")
    return database


async def patron(*arguments: str, code: int = 0) -> str:
    done = await asyncio.to_thread(CliRunner().invoke, app, list(arguments))
    assert done.exit_code == code, f"{done.output}{done.exception!r}"
    return done.output


async def person(database: PreparedDatabase, name: str) -> Any:
    return await database.do(CreatePerson(person=NewPerson(family_name=name)))


def names_in(file: Path) -> set[str]:
    connection: Any = pysqlite3.connect(file)
    try:
        return {name for (name,) in connection.execute("SELECT family_name FROM party")}
    finally:
        connection.close()


@pytest.mark.faults
async def test_f2_a_backup_under_load_has_every_write_before_its_moment_and_restores(
    here: PreparedDatabase, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    if here.dialect == "postgresql":
        return  # `test_f2_after_a_restore_by_other_tools…`
    acknowledged: list[str] = []
    ended, enough = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        while not ended.is_set():
            name = f"Writer {len(acknowledged)}"
            await person(here, name)
            acknowledged.append(name)
            if len(acknowledged) == 40:
                enough.set()

    writer = asyncio.create_task(write())
    await enough.wait()
    before = set(acknowledged)
    file = tmp_path / "copy.db"
    await patron("backup", "--out", str(file))
    within = len(acknowledged) - len(before)
    ended.set()
    await writer
    await seal_all(here.database, here.tenant_id, clock=SystemClock())
    restored = tmp_path / "restored.db"

    told = await patron("restore", str(file), "--database-url", f"sqlite:///{restored}")

    there = names_in(restored)
    assert before <= there <= set(acknowledged)
    assert there == set(
        list(dict.fromkeys(acknowledged))[: len(there)]
    )  # one moment: nothing later without the earlier
    assert "rows of the audit sealed" in told
    record_property(
        "figure", f"{len(before)} of {len(before)} acknowledged writes are there, {within} more came meanwhile"
    )


@pytest.mark.faults
async def test_f2_whoever_was_erased_after_the_backup_is_erased_again(here: PreparedDatabase, tmp_path: Path) -> None:
    if here.dialect == "postgresql":
        return
    forgotten, kept = await person(here, "Forgotten"), await person(here, "Kept")
    file = tmp_path / "copy.db"
    await patron("backup", "--out", str(file))
    await here.do(EraseParty(party_id=forgotten.id, reason="request 1"))
    await here.database.close()
    place = sqlite_path(here.url)
    assert "Forgotten" in names_in(file)

    refused = await patron("restore", str(file), code=1)
    told = await patron("restore", str(file), "--replace")

    assert "There is a database already" in refused
    assert "1 erased again" in told
    assert "Forgotten" not in names_in(place)
    assert "Kept" in names_in(place)
    assert kept.id != forgotten.id


@pytest.mark.faults
async def test_f2_after_a_restore_by_other_tools_the_rest_is_done(here: PreparedDatabase, tmp_path: Path) -> None:
    forgotten = await person(here, "Forgotten")
    listed = {"party": str(forgotten.id), "reason": "request 1", "requestedAt": "2026-03-14T12:00:00Z"}
    lines = tmp_path / "erasures.jsonl"
    lines.write_text(json.dumps(listed) + "\n")

    told = await patron("restore", "--after", "--erasures", str(lines))

    assert "1 erased again" in told
    names = await here.do(lambda uow: [party.family_name for party in uow.select(select(Person))])
    assert "Forgotten" not in names


async def test_on_postgresql_the_tools_of_postgresql_are_named(here: PreparedDatabase, tmp_path: Path) -> None:
    if here.dialect == "sqlite":
        return
    told = await patron("backup", "--out", str(tmp_path / "copy.dump"), code=1)

    assert "pg_dump" in told
    assert "restore --after" in told
    assert not (tmp_path / "copy.dump").exists()
    file = tmp_path / "any"
    file.write_bytes(b"")
    assert "is no backup of ours" in await patron("restore", str(file), code=1)


# -- files


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A database with some pages."""
    place = tmp_path / "source.db"
    connection: Any = pysqlite3.connect(place)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE t (n integer primary key, text text)")
    connection.executemany("INSERT INTO t (text) VALUES (?)", [("x" * 500,) for _ in range(2_000)])
    connection.commit()
    connection.close()
    return place


def count(file: Path) -> int:
    connection: Any = pysqlite3.connect(file)
    try:
        found: int = connection.execute("SELECT count(*) FROM t").fetchone()[0]
        return found
    finally:
        connection.close()


def test_a_write_between_two_steps_does_not_begin_the_copy_anew(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("patron_core.backups.files._PAGES", 20)
    told: list[int] = []

    def write(done: int, _all: int) -> None:
        told.append(done)
        connection: Any = pysqlite3.connect(source, timeout=5)
        connection.execute("INSERT INTO t (text) VALUES ('late')")
        connection.commit()
        connection.close()

    back_up(source, tmp_path / "copy.db", now=NOW, progress=write)

    assert told == sorted(told)
    assert len(told) > 5
    assert count(tmp_path / "copy.db") == 2_000
    assert count(source) == 2_000 + len(told)


@pytest.mark.parametrize("what", ["byte", "short", "manifest", "format"])
def test_a_backup_that_was_changed_is_not_restored(source: Path, tmp_path: Path, what: str) -> None:
    file, place = tmp_path / "copy.db", tmp_path / "place.db"
    back_up(source, file, now=NOW)
    data = bytearray(file.read_bytes())
    if what == "byte":
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
    elif what == "short":
        file.write_bytes(data[:-1])
    elif what == "manifest":
        manifest_of(file).unlink()
    else:
        kept = json.loads(manifest_of(file).read_text())
        manifest_of(file).write_text(json.dumps({**kept, "format": 99}))

    with pytest.raises(InvalidInput):
        put_back(file, place, replace=False)
    assert not place.exists()


def test_a_copy_that_is_damaged_is_told(source: Path, tmp_path: Path) -> None:
    with source.open("r+b") as file:
        file.seek(4096 * 30)
        file.write(b"\xff" * 4096)

    with pytest.raises((Unavailable, pysqlite3.DatabaseError)):
        back_up(source, tmp_path / "copy.db", now=NOW)
    assert not (tmp_path / "copy.db").exists()


def test_a_database_that_somebody_uses_is_not_replaced(source: Path, tmp_path: Path) -> None:
    file = tmp_path / "copy.db"
    back_up(source, file, now=NOW)
    user: Any = pysqlite3.connect(source)
    user.execute("SELECT * FROM t").fetchone()

    with pytest.raises(InvalidInput, match="in use"):
        put_back(file, source, replace=True)

    user.close()
    put_back(file, source, replace=True)
    assert verified(file).size == file.stat().st_size


def test_there_must_be_something_and_nothing_in_its_place(source: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no database"):
        back_up(tmp_path / "none.db", tmp_path / "copy.db", now=NOW)
    shutil.copy(source, tmp_path / "copy.db")
    with pytest.raises(InvalidInput, match="is there already"):
        back_up(source, tmp_path / "copy.db", now=NOW)
