"""Bar A3: a disk that is full or fails is told as UNAVAILABLE, nothing is acknowledged meanwhile, and writing goes on afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from sqlalchemy import make_url
from tests.faults.conftest import MakePlace
from tests.faults.connection import Connection
from tests.faults.looking import rows
from tests.faults.server_tree import served
from tests.faults.stories import business
from tests.faults.writers import Writers

from patron_core.errors import Unavailable
from patron_core.parties.commands import CreatePerson, NewPerson
from patron_core.parties.models import Party
from patron_schema.testing.databases import PreparedDatabase

pytestmark = pytest.mark.faults

CLIENTS = 16
RESUME_SECONDS = 10
ROOM_BYTES = 300_000
READ = "{ customers(first: 5) { totalCount } }"
#: What a full disk is to a statement that would write, in PostgreSQL's own words.
FULL = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file "base/1/2": No space left on device' USING ERRCODE = 'disk_full'; END $$
"""


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a3_a_server_whose_files_cannot_grow_refuses_writes_and_reads_on(
    place: MakePlace, dialect: Literal["sqlite"], record_property: Callable[[str, object], None]
) -> None:
    here = place()
    path = Path(str(make_url(here.owner_url).database))

    async with served(here.environment) as server:
        key = here.new_tenant()
        writers = Writers(server.port, key, business, clients=CLIENTS)
        reader = Connection(server.port, key=key)
        writers.start()
        await writers.more(5 * CLIENTS)
        server.limit_files(min(ROOM_BYTES, _wal(path).stat().st_size))
        await writers.more_refusals(2 * CLIENTS)
        reads = [await reader.ask(READ) for _ in range(20)]
        after = len(writers.acknowledged)
        await writers.more_refusals(2 * CLIENTS)
        meanwhile = len(writers.acknowledged) - after
        server.limit_files(None)
        began = time.monotonic()
        await writers.more(CLIENTS)
        resumed = time.monotonic() - began
        await writers.finish()
        reader.close()

    assert set(writers.codes) == {"UNAVAILABLE"}
    assert meanwhile == 0
    assert all(answer.status == 200 and not answer.codes for answer in reads)
    assert not writers.traces
    made = [name for (name,) in await rows(here.owner_url, "SELECT display_name FROM party")]
    assert sorted(made) == sorted(
        each.operation.label for each in writers.acknowledged if each.operation.kind == "customer"
    )
    assert await rows(here.owner_url, "PRAGMA integrity_check") == [("ok",)]
    record_property(
        "figure",
        f"sqlite, files that cannot grow: {writers.codes.total()} refusals, all UNAVAILABLE, 0 acknowledged meanwhile, "
        f"20 of 20 reads answered, writing again after {resumed:.1f} s",
    )
    assert resumed <= RESUME_SECONDS


async def test_a3_a_full_database_refuses_writes_and_takes_them_again(
    database: PreparedDatabase, record_property: Callable[[str, object], None]
) -> None:
    def person(number: int) -> CreatePerson:
        return CreatePerson(person=NewPerson(family_name=f"Person {number}"))

    made = [(await database.do(person(0))).id]
    await _fill(database)
    refused = 0
    for number in range(1, 200):
        try:
            made.append((await database.do(person(number))).id)
        except Unavailable:
            refused += 1
            if refused == 20:
                break
    still = await database.database.read(
        database.tenant_id, lambda session: session.get(Party, (database.tenant_id, made[0]))
    )
    await _empty(database)
    resumed = await database.do(person(1_000))

    assert refused == 20
    assert still is not None
    found = {row for (row,) in await database.do(lambda uow: uow.rows(_ids()))}
    assert found == {*made, resumed.id}
    record_property(
        "figure", f"{database.dialect}, full: 20 of 20 writes refused as UNAVAILABLE, reads answered, writes resumed"
    )


def _ids() -> Any:
    from sqlalchemy import select

    return select(Party.id)


async def _fill(database: PreparedDatabase) -> None:
    if database.dialect == "sqlite":
        await _pages(database, 0)  # SQLite raises it to what the file has
    else:
        await rows(database.owner_url, FULL)
        await rows(
            database.owner_url,
            "CREATE TRIGGER no_room BEFORE INSERT ON party FOR EACH ROW EXECUTE FUNCTION no_room()",
        )


async def _empty(database: PreparedDatabase) -> None:
    if database.dialect == "sqlite":
        await _pages(database, 1_000_000)
    else:
        await rows(database.owner_url, "DROP TRIGGER no_room ON party")


async def _pages(database: PreparedDatabase, most: int) -> None:
    """How many pages the writer's connection may fill: it is the only one."""
    await database.database.write(
        database.tenant_id,
        lambda session: session.connection().exec_driver_sql(f"PRAGMA max_page_count = {max(most, 1)}").fetchall(),
    )


def _wal(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")
