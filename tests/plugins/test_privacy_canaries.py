"""Rows E3 and E4 of the bar: nothing of an erased party is left, everything of a party is taken out, and nothing of others."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pysqlite3
import pytest
from tests.plugins.canaries import KINDS, Maker, Subject, plain_texts, release

from patron_core.address import asyncpg_url
from patron_core.database import open_database
from patron_core.exports.cells import text_rows
from patron_core.jobs.service import run_job
from patron_core.parties.models import Party
from patron_core.plugins import Plugins, load_plugins
from patron_core.privacy.commands import EraseParty, ExportParty
from patron_core.privacy.models import Erasure, ErasureEntry, ErasureOutcome
from patron_core.privacy.replay import erase_again, erased, read_list
from patron_core.unit_of_work import UnitOfWork
from patron_healthcare.models import FollowUp, Observation
from patron_schema.hookspecs import SPECS
from patron_schema.testing.databases import Databases, PreparedDatabase

pytestmark = pytest.mark.security

Dump = dict[str, list[str]]
BY_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


async def dump(database: PreparedDatabase) -> Dump:
    """Every row of every table as text, read behind row-level security."""
    if database.dialect == "sqlite":
        connection = pysqlite3.connect(f"file:{_path(database)}?mode=ro", uri=True)
        try:
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: [repr(row) for row in connection.execute(f"SELECT * FROM {name}")] for name in names}
        finally:
            connection.close()
    import asyncpg

    link = await asyncpg.connect(asyncpg_url(database.owner_url))
    try:
        found = await link.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        names = [row[0] for row in found]
        return {n: [row[0] for row in await link.fetch(f'SELECT t::text FROM "{n}" t')] for n in names}
    finally:
        await link.close()


def hits(rows: Dump, mark: str) -> dict[str, int]:
    """How many rows of each table hold a text."""
    return {table: n for table, texts in rows.items() if (n := sum(mark in text for text in texts))}


def bytes_with(database: PreparedDatabase, mark: str) -> list[str]:
    """Which files of an SQLite database hold a text anywhere, free pages and log included."""
    if database.dialect != "sqlite":
        return []
    path = _path(database)
    return [file.name for file in path.parent.glob(f"{path.name}*") if mark.encode() in file.read_bytes()]


def _path(database: PreparedDatabase) -> Path:
    return Path(database.url.removeprefix("sqlite:///"))


async def two(database: PreparedDatabase, kind: type[Party]) -> tuple[Subject, Subject]:
    """Two parties with a row of each kind."""

    def make(uow: UnitOfWork) -> tuple[Subject, Subject]:
        maker = Maker(uow)
        return maker.subject("A", kind), maker.subject("B", kind)

    made: tuple[Subject, Subject] = await database.do(make)
    await database.do(lambda uow: release(uow, made))
    return made


async def receipt(database: PreparedDatabase, erasure: Erasure) -> list[ErasureEntry]:
    def read(uow: UnitOfWork) -> list[ErasureEntry]:
        from sqlalchemy import select

        return uow.select(select(ErasureEntry).where(ErasureEntry.erasure_id == erasure.id))

    entries: list[ErasureEntry] = await database.do(read)
    return entries


@pytest.fixture(scope="module")
def nothing_kept() -> Plugins:
    """All plugins, in a place whose law keeps nothing."""
    environment = {"PATRON_BANKING_RETENTION_YEARS": "0", "PATRON_HEALTHCARE_RETENTION_YEARS": "0"}
    return load_plugins(None, specs=SPECS, environment=environment)


@BY_KIND
async def test_e3_erasure_leaves_nothing(
    database: PreparedDatabase,
    kind: type[Party],
    nothing_kept: Plugins,
    record_property: Callable[[str, object], None],
) -> None:
    a, b = await two(database, kind)
    before = await dump(database)
    for table, column, text in plain_texts(a):
        assert any(text in row for row in before[table]), f"{table}.{column} was not filled: the scan proves nothing"
    database.plugins = nothing_kept

    erasure = await database.do(EraseParty(party_id=a.party_id, reason="request 17"))

    after = await dump(database)
    assert erasure.outcome is ErasureOutcome.COMPLETE
    assert hits(after, a.mark) == {}
    assert bytes_with(database, a.mark) == []
    assert hits(after, b.mark) == hits(before, b.mark)
    assert {t: [r for r in rows if b.mark in r] for t, rows in before.items()} == {
        t: [r for r in rows if b.mark in r] for t, rows in after.items()
    }
    gone = await database.do(lambda uow: export_of(uow, a))
    assert a.mark not in gone
    record_property("figure", f"{len(a.texts)} columns of {len(before)} tables: 0 hits; free pages and log included")


@BY_KIND
async def test_e3_what_the_law_keeps_is_on_the_receipt_and_goes_when_its_day_comes(
    database: PreparedDatabase, kind: type[Party]
) -> None:
    a, b = await two(database, kind)
    before = await dump(database)

    erasure = await database.do(EraseParty(party_id=a.party_id, reason="request 17"))

    entries = await receipt(database, erasure)
    kept = {entry.record_type for entry in entries if entry.kept}
    tables = {model.__tablename__ for model in a.rows if model.__name__ in kept}
    found = hits(await dump(database), a.mark)
    assert erasure.outcome is ErasureOutcome.PARTIAL
    assert set(found) <= tables
    assert {"FinancialAccount", "KycProfile", "Observation", "Party"} <= kept
    assert all(entry.kept_reason and entry.kept_until for entry in entries if entry.kept)
    assert "Directive (EU) 2015/849, art. 40(1)" in str([entry.kept_reason for entry in entries])

    database.clock.advance(dt.timedelta(days=365 * 5 + 3))
    await due(database)
    assert "banking_account" not in hits(await dump(database), a.mark)
    assert "healthcare_observation" in {model.__tablename__ for model in a.rows if await there(database, model, a)}

    database.clock.advance(dt.timedelta(days=365 * 5 + 3))
    await due(database)
    after = await dump(database)
    assert hits(after, a.mark) == {}
    assert bytes_with(database, a.mark) == []
    assert hits(after, b.mark) == hits(before, b.mark)
    newest = await database.do(lambda uow: uow.find(Erasure, outcome=ErasureOutcome.COMPLETE))
    assert newest is not None
    assert newest.requested_at == erasure.requested_at


async def test_e3_a_row_that_another_still_needs_is_emptied_also_where_it_is_encrypted(
    database: PreparedDatabase,
) -> None:
    a, _ = await two(database, KINDS[0])
    observation = a.rows[Observation]

    def long_ago(uow: UnitOfWork) -> None:
        uow.get(Observation, observation).effective_at = uow.now - dt.timedelta(days=365 * 12)

    await database.do(long_ago)

    await database.do(EraseParty(party_id=a.party_id, reason="request 17"))

    left = await database.do(lambda uow: uow.get(Observation, observation))
    follow_up = await database.do(lambda uow: uow.get(FollowUp, a.rows[FollowUp]))
    assert (left.code, left.display, left.value_text) == ("erased", "erased", None)
    assert follow_up.based_on_id == observation
    assert follow_up.reason == a.texts["healthcare_follow_up", "reason"]


@BY_KIND
async def test_e4_export_has_all_of_the_party_and_nothing_of_others(
    database: PreparedDatabase, kind: type[Party], record_property: Callable[[str, object], None]
) -> None:
    a, b = await two(database, kind)

    made = await database.do(ExportParty(party_id=a.party_id))

    from patron_core.records import META, SECRET, Base

    secret = {
        text for (t, c), text in a.texts.items() if Base.metadata.tables[t].c[c].info[META].classification is SECRET
    }
    wanted = set(a.texts.values()) - secret
    document = json.loads(made.json)
    tables = "".join(file.text for file in made.files)
    assert [text for text in sorted(wanted) if text not in made.json] == []
    assert [text for text in sorted(wanted) if text not in tables] == []
    assert [text for text in sorted(secret) if text in made.json or text in tables] == []
    assert b.mark not in made.json
    assert b.mark not in tables
    assert "stranger" not in made.json
    assert all(column["description"] for kind_ in document["kinds"] for column in kind_["columns"])
    assert {access["action"] for access in document["accesses"]} >= {"CREATE"}
    rows = list(text_rows(next(file.text for file in made.files if file.name == "contact_medium.csv")))
    assert a.texts["contact_medium", "value"] in rows[1]
    record_property("figure", f"{len(wanted)} of {len(wanted)} columns in, 0 of others, {len(secret)} secrets out")


async def test_e3_an_erasure_survives_the_restore_of_an_older_backup(
    database: PreparedDatabase, databases: Databases, nothing_kept: Plugins
) -> None:
    a, b = await two(database, KINDS[0])
    database.plugins = nothing_kept
    backup = await copy_of(database, databases)
    await database.do(EraseParty(party_id=a.party_id, reason="request 17"))
    listed = [each.line for each in await database.do(erased)]

    await restore(database, databases, backup)
    back = hits(await dump(database), a.mark)
    done = await database.do(lambda uow: erase_again(uow, read_list(listed)))

    after = await dump(database)
    assert len(back) > 20
    assert len(done) == 1
    assert hits(after, a.mark) == {}
    assert bytes_with(database, a.mark) == []
    assert hits(after, b.mark) != {}


async def copy_of(database: PreparedDatabase, databases: Databases) -> str:
    """A backup: the database as it is now, under another URL."""
    await database.database.close()
    if database.dialect == "sqlite":
        url = f"{database.owner_url}.backup"
        shutil.copyfile(_path(database), url.removeprefix("sqlite:///"))
    else:
        assert databases.server is not None
        url = databases.server.create_database(template=database.owner_url)
    database.database = open_database(database.settings)
    return url


async def restore(database: PreparedDatabase, databases: Databases, backup: str) -> None:
    """Puts a backup in the database's place."""
    await database.database.close()
    if database.dialect == "sqlite":
        shutil.move(backup.removeprefix("sqlite:///"), _path(database))
    else:
        databases.drop(database.owner_url)
        database.owner_url, database.url = backup, databases.application_url(backup)
    database.database = open_database(database.settings)


def export_of(uow: UnitOfWork, subject: Subject) -> str:
    from patron_core.privacy.export import export

    return export(uow, subject.party_id).json


async def due(database: PreparedDatabase) -> None:
    await run_job(
        database.database,
        database.plugins,
        "privacy.due_erasures",
        tenant_id=database.tenant_id,
        clock=database.clock,
        ids=database.ids,
    )


async def there(database: PreparedDatabase, model: Any, subject: Subject) -> bool:
    return await database.do(lambda uow: uow.find(model, id=subject.rows[model])) is not None
