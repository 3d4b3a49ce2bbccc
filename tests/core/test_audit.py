"""The audit: who did what, sealed within a second, and every way of tampering with it found."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import random
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pysqlite3
import pytest
from sqlalchemy import select
from tests.core.audited_rows import Hand, hand_on, person
from tests.program import run_module

from patron_core.access.service import create_key
from patron_core.address import asyncpg_url, sqlite_path
from patron_core.audit.anchors import append, read_anchors
from patron_core.audit.canonical import canonical, link
from patron_core.audit.models import AuditEntry, AuditSeal, SealedKind
from patron_core.audit.sealing import Sealer, anchor_of, seal, seal_all
from patron_core.audit.verification import Verdict, verify
from patron_core.errors import StartupError
from patron_core.messages import Actor
from patron_core.parties.commands import CreatePerson, NewPerson
from patron_core.values import FixedClock, RandomIds
from patron_schema.testing.databases import PreparedDatabase

pytestmark = pytest.mark.security

PROCESSES = 8
FIELDS = [
    *("actor", "actor_kind", "reason", "action", "record_type", "record_id", "columns", "request_id", "occurred_at"),
    *("impersonator", "purpose", "operation", "created_at", "updated_at", "version"),
]


async def filled(database: PreparedDatabase, count: int) -> None:
    """So many more sealed rows."""
    for _ in range(count // 50):
        await database.do(lambda uow: [person(uow) for _ in range(50)])
        database.clock.advance(dt.timedelta(milliseconds=1))
    await seal_all(database.database, database.tenant_id, clock=database.clock)


async def checked(database: PreparedDatabase, anchors: dict[int, str] | None = None) -> Verdict:
    return await verify(database.database, database.tenant_id, anchors=anchors)


# -- what stands in a row


async def test_a_change_is_kept_with_who_did_it_for_what_and_by_which_command(database: PreparedDatabase) -> None:
    actor = Actor(database.tenant_id, "ann", "user", roles=("owner",), purpose="TREAT", impersonator="bob")

    made = await database.do(CreatePerson(person=NewPerson(given_name="Ada", family_name="Almond")), actor=actor)

    entries = await database.do(lambda uow: uow.select(select(AuditEntry).where(AuditEntry.record_id == made.id)))
    (entry,) = entries
    assert (entry.actor, entry.impersonator, entry.purpose) == ("ann", "bob", "TREAT")
    assert (entry.operation, entry.action, entry.record_type) == ("CreatePerson", "CREATE", "party")


async def test_rows_of_the_audit_and_seals_are_never_changed_by_anybody(database: PreparedDatabase) -> None:
    await filled(database, 50)
    statements = [
        f"{what} {table}{rest}"
        for table in ("audit_entry", "audit_read", "audit_seal")
        for what, rest in (("UPDATE", " SET version = 7"), ("DELETE FROM", ""))
    ]
    refused = 0

    if database.dialect == "sqlite":
        connection = pysqlite3.connect(str(sqlite_path(database.url)))
        connection.execute("INSERT INTO audit_read SELECT * FROM audit_read")  # an empty table has no row to refuse for
        for statement in statements:
            if "audit_read" in statement:
                continue
            with pytest.raises(pysqlite3.IntegrityError, match="never changed or deleted"):
                connection.execute(statement)
            refused += 1
        connection.close()
    else:
        owner = await asyncpg.connect(asyncpg_url(database.owner_url))
        for statement in (*statements, "TRUNCATE audit_entry"):
            with pytest.raises(asyncpg.RestrictViolationError, match="never changed or deleted"):
                await owner.execute(statement)
            refused += 1
        await owner.close()

    assert refused >= 4


# -- sealing


async def test_rows_are_sealed_within_a_second(database: PreparedDatabase) -> None:
    sealer = Sealer(database.database, clock=database.clock)
    await database.do(person)

    sealer.note(database.tenant_id)
    async with asyncio.timeout(1):
        await sealer.settled()

    verdict = await checked(database)
    assert (verdict.unsealed, verdict.fault) == (0, None)
    assert verdict.sealed > 1
    await sealer.close()


async def test_a_sealer_sweeps_up_what_a_process_that_crashed_left_behind(database: PreparedDatabase) -> None:
    await filled(database, 50)
    await database.do(person)  # committed, and then nobody sealed it
    database.clock.advance(dt.timedelta(days=9))
    sealer = Sealer(database.database, clock=database.clock)

    sealer.note(database.tenant_id)
    await sealer.close()

    verdict = await checked(database)
    assert (verdict.unsealed, verdict.late, verdict.fault) == (0, 1, None)


async def test_tenants_have_chains_of_their_own(database: PreparedDatabase) -> None:
    other = await database.tenant("Cushions")
    await filled(database, 100)
    await database.do(person, actor=other)

    await seal_all(database.database, other.tenant_id, clock=database.clock)

    theirs = await verify(database.database, other.tenant_id)
    assert (theirs.unsealed, theirs.fault) == (0, None)
    assert theirs.sealed < (await checked(database)).sealed


async def test_two_sealers_at_once_make_one_chain(database: PreparedDatabase) -> None:
    for _ in range(8):
        await database.do(lambda uow: [person(uow) for _ in range(100)])

    await asyncio.gather(*(seal_all(database.database, database.tenant_id, clock=database.clock) for _ in range(4)))

    verdict = await checked(database)
    assert verdict.fault is None
    assert verdict.unsealed == 0
    assert verdict.sealed >= 800


def test_no_two_rows_have_the_same_bytes() -> None:
    moment = dt.datetime(2026, 3, 14, 12, 0, 0, 1, tzinfo=dt.UTC)
    rows: list[list[Any]] = [
        ["ab", "c"], ["a", "bc"], ["abc", None], ["abc", ""], [None, "abc"], ["1;a", "b"], ["1", ";ab"],
        [moment, ""], [moment.replace(microsecond=2), ""], [["a", "b"], ""], [["a,b"], ""],
    ]  # fmt: skip

    made = {canonical(SealedKind.CHANGE, 1, moment, row) for row in rows}
    made |= {canonical(SealedKind.READ, 1, moment, rows[0]), canonical(SealedKind.CHANGE, 11, moment, rows[0])}

    assert len(made) == len(rows) + 2
    assert len({link(row, "0" * 64) for row in made}) == len(made)


# -- E2 and group 24 of the failures


@pytest.mark.parametrize("appends", [pytest.param(50, id="ci"), pytest.param(1_000, id="real", marks=pytest.mark.soak)])
async def test_failures_24_eight_processes_append_and_the_chain_verifies(
    database: PreparedDatabase, appends: int, record_property: Callable[[str, object], None]
) -> None:
    before = (await checked(database)).unsealed
    appending = [
        run_module("tests.core.audited_rows", database.url, str(database.tenant_id), str(appends))
        for _ in range(PROCESSES)
    ]

    for ended in await asyncio.gather(*appending):
        assert ended.code == 0, ended.errors

    await seal_all(database.database, database.tenant_id, clock=database.clock)
    verdict = await checked(database)
    assert verdict.fault is None
    assert (verdict.sealed, verdict.unsealed) == (before + PROCESSES * appends, 0)
    record_property("figure", f"{PROCESSES} processes x {appends} appends verify clean, {verdict.sealed} sealed")


@pytest.mark.parametrize(
    ("rows", "times"),
    [pytest.param(200, 200, id="ci"), pytest.param(8_000, 200, id="real", marks=pytest.mark.soak)],
)
async def test_e2_every_tampering_is_found_and_the_first_bad_row_named(
    database: PreparedDatabase, rows: int, times: int, record_property: Callable[[str, object], None]
) -> None:
    await filled(database, rows)
    clean = await checked(database)
    anchors = {clean.sealed: clean.head, clean.sealed // 2: await hash_at(database, clean.sealed // 2)}
    assert clean.fault is None
    chance = random.Random(24)
    found = 0

    async with hand_on(database.owner_url) as hand:
        tampering = Tampering(hand, chance, clean.sealed, database)
        for turn in range(times):
            kind = tampering.kinds[turn % len(tampering.kinds)]
            place, restore = await kind()
            verdict = await checked(database, anchors)
            assert verdict.fault is not None, kind.__name__
            assert verdict.fault.sequence == place, (kind.__name__, verdict.fault)
            found += 1
            await restore()
        assert (await checked(database, anchors)).fault is None

    record_property("figure", f"{found} of {times} tamperings found, the first bad row named each time")
    assert found == times


async def hash_at(database: PreparedDatabase, sequence: int) -> str:
    found = await database.do(lambda uow: uow.select(select(AuditSeal.hash).where(AuditSeal.sequence == sequence)))
    return str(found[0])


Restore = Callable[[], Any]


class Tampering:
    """Ways to tamper. Each gives the first place that is wrong, and how to undo it."""

    def __init__(self, hand: Hand, chance: random.Random, sealed: int, database: PreparedDatabase) -> None:
        self.hand, self.chance, self.sealed = hand, chance, sealed
        self.tenant = database.tenant_id
        self.kinds = [
            self.edit, self.delete_row, self.delete_seal, self.swap_rows, self.swap_seals, self.edit_seal,
            self.cut_the_end, self.insert, self.edit,
        ]  # fmt: skip

    async def row_at(self, place: int) -> uuid.UUID:
        sql = "SELECT id FROM audit_seal WHERE tenant_id = ? AND sequence = ?"
        ((found,),) = await self.hand(sql, self.tenant, place)
        return uuid.UUID(str(found))

    async def whole(self, table: str, row: uuid.UUID) -> tuple[Any, ...]:
        return (await self.hand(f"SELECT * FROM {table} WHERE tenant_id = ? AND id = ?", self.tenant, row))[0]

    async def put_back(self, table: str, row: tuple[Any, ...]) -> None:
        await self.hand(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", *row)

    async def drop(self, table: str, row: uuid.UUID) -> None:
        await self.hand(f"DELETE FROM {table} WHERE tenant_id = ? AND id = ?", self.tenant, row)

    def place(self, *, most: int | None = None) -> int:
        return self.chance.randint(1, most or self.sealed)

    async def edit(self) -> tuple[int, Restore]:
        """One value of one row."""
        place, name = self.place(), self.chance.choice(FIELDS)
        row = await self.row_at(place)
        before = await self.whole("audit_entry", row)
        where = "WHERE tenant_id = ? AND id = ?"
        sqlite = isinstance(before[0], str)
        other = {
            "version": "version + 1",
            "columns": "'[\"other\"]'",
            "record_id": f"'{uuid.uuid4()}'",
            **dict.fromkeys(
                ("occurred_at", "created_at", "updated_at"),
                "'2026-03-14T12:00:00.000009Z'" if sqlite else "occurred_at + interval '1 microsecond'",
            ),
        }.get(name, "'other'")
        await self.hand(f"UPDATE audit_entry SET {name} = {other} {where}", self.tenant, row)

        async def restore() -> None:
            await self.drop("audit_entry", row)
            await self.put_back("audit_entry", before)

        return place, restore

    async def delete_row(self) -> tuple[int, Restore]:
        place = self.place()
        row = await self.row_at(place)
        before = await self.whole("audit_entry", row)
        await self.drop("audit_entry", row)
        return place, lambda: self.put_back("audit_entry", before)

    async def delete_seal(self) -> tuple[int, Restore]:
        place = self.place(most=self.sealed - 1)
        row = await self.row_at(place)
        before = await self.whole("audit_seal", row)
        await self.drop("audit_seal", row)
        return place, lambda: self.put_back("audit_seal", before)

    async def swap_rows(self) -> tuple[int, Restore]:
        """Two rows exchange their ids: each has the other's content."""
        first, second = sorted(self.chance.sample(range(1, self.sealed + 1), 2))
        one, other, free = await self.row_at(first), await self.row_at(second), uuid.uuid4()

        async def swap() -> None:
            for old, new in ((one, free), (other, one), (free, other)):
                await self.hand("UPDATE audit_entry SET id = ? WHERE tenant_id = ? AND id = ?", new, self.tenant, old)

        await swap()
        return first, swap

    async def swap_seals(self) -> tuple[int, Restore]:
        """Two links exchange their places."""
        first, second = sorted(self.chance.sample(range(1, self.sealed + 1), 2))

        async def swap() -> None:
            for old, new in ((first, -1), (second, first), (-1, second)):
                sql = "UPDATE audit_seal SET sequence = ? WHERE tenant_id = ? AND sequence = ?"
                await self.hand(sql, new, self.tenant, old)

        await swap()
        return first, swap

    async def edit_seal(self) -> tuple[int, Restore]:
        place, name = self.place(), self.chance.choice(("hash", "previous_hash", "version", "kind"))
        row = await self.row_at(place)
        before = await self.whole("audit_seal", row)
        other = {"version": "2", "kind": "'READ'"}.get(name, f"'{self.chance.randbytes(32).hex()}'")
        await self.hand(f"UPDATE audit_seal SET {name} = {other} WHERE tenant_id = ? AND id = ?", self.tenant, row)

        async def restore() -> None:
            await self.drop("audit_seal", row)
            await self.put_back("audit_seal", before)

        return place, restore

    async def cut_the_end(self) -> tuple[int, Restore]:
        """The last rows go with their seals: the chain is whole, and only a head that was kept elsewhere tells."""
        kept: list[tuple[str, tuple[Any, ...]]] = []
        for place in range(self.sealed - self.chance.randint(0, 20), self.sealed + 1):
            row = await self.row_at(place)
            for table in ("audit_entry", "audit_seal"):
                kept.append((table, await self.whole(table, row)))
                await self.drop(table, row)

        async def restore() -> None:
            for table, row in kept:
                await self.put_back(table, row)

        return self.sealed, restore

    async def insert(self) -> tuple[int, Restore]:
        """A row that never was, with a link of its own at the end; its maker does not know what the hash is made of."""
        model = await self.row_at(self.place())
        new = uuid.uuid4()
        rows = []
        for table, changed in (("audit_entry", {1: new}), ("audit_seal", {1: new, 2: self.sealed + 1})):
            row = [changed.get(n, value) for n, value in enumerate(await self.whole(table, model))]
            if table == "audit_seal":
                last = await self.whole("audit_seal", await self.row_at(self.sealed))
                row[4], row[5] = last[5], self.chance.randbytes(32).hex()
            await self.put_back(table, tuple(row))
            rows.append(table)

        async def restore() -> None:
            for table in rows:
                await self.drop(table, new)

        return self.sealed + 1, restore


async def test_e2_a_row_put_in_later_without_a_seal_is_found(database: PreparedDatabase) -> None:
    await filled(database, 50)
    database.clock.advance(dt.timedelta(hours=2))
    await filled(database, 50)

    async with hand_on(database.owner_url) as hand:
        tampering = Tampering(hand, random.Random(1), 100, database)
        row = list(await tampering.whole("audit_entry", await tampering.row_at(1)))
        row[1] = uuid.uuid4()
        await tampering.put_back("audit_entry", tuple(row))

    verdict = await checked(database)
    assert verdict.fault is not None
    assert verdict.fault.row == f"CHANGE {row[1]}"


async def test_e2_a_chain_made_anew_is_found_by_its_anchor(database: PreparedDatabase, tmp_path: Path) -> None:
    await filled(database, 100)
    file = tmp_path / "anchors.jsonl"
    append(file, [await anchor_of(database.database, database.tenant_id, clock=database.clock)])
    async with hand_on(database.owner_url) as hand:
        await hand("DELETE FROM audit_seal")
        await hand("UPDATE audit_entry SET actor = 'nobody'")
    await seal_all(database.database, database.tenant_id, clock=database.clock)

    without = await checked(database)
    verdict = await checked(database, read_anchors(file)[database.tenant_id])

    assert without.fault is None
    assert verdict.fault is not None
    assert "made anew" in verdict.fault.what


# -- anchors


async def test_a_service_keeps_heads_in_a_file(database: PreparedDatabase, tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"
    sealer = Sealer(database.database, clock=database.clock, anchor_file=file, seconds=0.01)
    await database.do(person)

    sealer.note(database.tenant_id)
    async with asyncio.timeout(5):
        await sealer.settled()
    await sealer.close()

    line = json.loads(file.read_text().splitlines()[-1])
    verdict = await checked(database)
    assert line["tenant"] == str(database.tenant_id)
    assert (line["sequence"], line["hash"]) == (verdict.sealed, verdict.head)
    assert file.stat().st_mode & 0o077 == 0


def test_a_file_that_holds_no_anchors_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.txt"
    file.write_text("hello\n")

    with pytest.raises(StartupError, match="cannot be read"):
        read_anchors(file)


async def test_sealing_is_left_to_the_one_that_holds_the_lock(database: PreparedDatabase) -> None:
    if database.dialect == "sqlite":
        return  # one writer at a time is what SQLite is
    await database.do(person)
    other = await asyncpg.connect(asyncpg_url(database.url))
    try:
        async with other.transaction():
            await other.execute("SELECT pg_advisory_xact_lock($1)", database.tenant_id.int % 2**63)

            assert await seal(database.database, database.tenant_id, clock=database.clock) is None
    finally:
        await other.close()


async def test_an_issued_key_is_in_the_audit_as_the_command_that_issued_it(database: PreparedDatabase) -> None:
    clock = FixedClock(database.clock.now())

    key, _ = await create_key(
        database.database, tenant_id=database.tenant_id, name="a", clock=clock, ids=RandomIds(clock)
    )

    entries = await database.do(lambda uow: uow.select(select(AuditEntry).where(AuditEntry.record_id == key.id)))
    assert [entry.operation for entry in entries] == ["IssueKey"]
