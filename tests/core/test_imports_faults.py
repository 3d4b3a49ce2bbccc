"""Row D7: imports lose and double nothing however they are killed, tell of every bad row, and take bombs for bad rows."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from tests.core.killed_imports import SmallBatches
from tests.core.test_imports_mapped import MONEY, PEOPLE, rows_of, table, take_in
from tests.core.test_imports_undo import counts
from tests.program import run_module

from patron_core.audit.models import AuditEntry
from patron_core.customers.models import Customer
from patron_core.imports.importer import BadRow, WrongFormat
from patron_core.imports.lines import BoundedLines
from patron_core.imports.mapped import CsvRecords
from patron_core.imports.runner import run_import
from patron_core.imports.tables import Row, first_rows, read_table
from patron_core.outbox.models import OutboxEvent
from patron_core.parties.models import Person
from patron_core.transactions.models import Transaction, TransactionLine
from patron_schema.testing.databases import MASTER_KEY, PreparedDatabase

pytestmark = pytest.mark.faults

HEAD = "store,receipt_no,sold_at,loyalty_no,currency,sku,item,quantity,price"
KILLS = 20
COUNT, BAD = 1_200, 12  # receipts, more than all tries together take in before the last of them dies


def receipts(folder: Path, *, count: int, bad: int) -> Path:
    """Receipts of three lines; every so often the last line of one holds a price that is none."""
    lines = [HEAD]
    for number in range(count):
        is_bad = number % (count // bad) == 7
        for line in range(3):
            price = "much" if is_bad and line == 2 else f"{line + 1}.25"
            lines.append(f"S,{number},2026-01-05T09:14:00Z,,EUR,A{line},Thing,{number % 5 + 1},{price}")
    return table(folder, *lines, name="receipts.csv")


async def test_d7_an_import_killed_at_20_points_loses_and_doubles_nothing(
    database: PreparedDatabase, tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    file = receipts(tmp_path, count=COUNT, bad=BAD)
    arguments = [
        database.url,
        str(database.tenant_id),
        str(file),
        "pos-sales",
        str(KILLS),
        MASTER_KEY.get_secret_value(),
    ]

    done = await run_module("tests.core.killed_imports", *arguments)
    died = int(done.output or 0)
    assert died >= KILLS - 2, done.output + done.errors[-2_000:]  # a timer may come after the end of a short try
    half = len(await rows_of(database, Transaction))
    report = await run_import(
        database.database, SmallBatches(), [file], actor=database.actor, plugins=database.plugins,
        clock=database.clock, ids=database.ids, options={"mapping": "pos-sales"},
    )  # fmt: skip

    ledger, lines = await rows_of(database, Transaction), await rows_of(database, TransactionLine)
    assert 0 < half < COUNT - BAD
    assert report.sources[0].resumed_rows == half * 3
    assert {row.source_key for row in ledger} == {f"S/{n}" for n in range(COUNT) if n % 100 != 7}
    assert (len(ledger), len(lines)) == (COUNT - BAD, 3 * (COUNT - BAD))
    assert set(Counter(line.transaction_id for line in lines).values()) == {3}
    assert [row.line for row in report.bad_rows] == [2 + 3 * n for n in range(COUNT) if n % 100 == 7]
    told = Counter(
        id_ for event in await rows_of(database, OutboxEvent) for id_ in event.payload.get("transaction_ids", ())
    )
    assert told == Counter(str(row.id) for row in ledger)
    audited = select(AuditEntry.record_id).where(AuditEntry.record_type == "ledger_transaction")
    assert Counter(await database.do(lambda uow: uow.select(audited))) == Counter(row.id for row in ledger)
    record_property(
        "figure",
        f"killed {died} times at {half} of {COUNT - BAD} transactions, then ended: 0 lost, 0 double, 0 half, "
        f"{report.bad_row_count} of {COUNT} bad and told by line",
    )


async def test_d7_a_dry_run_has_no_effect_in_any_table(
    database: PreparedDatabase, tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    people = table(tmp_path, "id,first,last", *(f"{n},F{n},L{n}" for n in range(300)), "300,,", name="people.csv")
    told: list[Any] = []
    before = await counts(database)

    dry = [
        await take_in(database, people, PEOPLE, dry_run=True, broadcast=told.append),
        await take_in(database, receipts(tmp_path, count=200, bad=2), "pos-sales", dry_run=True, broadcast=told.append),
    ]

    assert await counts(database) == before
    assert told == []
    assert [report.counts.created for report in dry] == [{"customers": 300}, {"transactions": 198}]
    assert [report.bad_row_count for report in dry] == [1, 2]
    record_property(
        "figure", f"{len(before)} tables, 0 rows more or fewer after 2 dry runs of 498 records, 0 events told"
    )


class Gigabyte:
    """A file whose second line is a gigabyte long; it exists only while it is read."""

    def __init__(self) -> None:
        self._left = 1 << 30
        self._lines = ["first\n", "third\n", ""]

    def readline(self, size: int = -1, /) -> str:
        """A line, or as much of it as is asked for."""
        if len(self._lines) == 2 and self._left:
            part = min(size, self._left)
            self._left -= part
            return "x" * part + ("" if self._left else "\n")
        return self._lines.pop(0)


def test_d7_a_line_of_a_gigabyte_is_one_bad_row_and_takes_no_memory(
    tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    bomb = tmp_path / "bomb.csv"
    with bomb.open("wb") as out:
        out.write(b"id,first,last\n1,Ada,Lovelace\n")
        out.seek(1 << 24, 1)  # a hole: zeros without a line's end
        out.write(b"\n2,Alan,Turing\n")
    lines = BoundedLines(Gigabyte())

    tracemalloc.start()
    read = [(next(lines), lines.too_long) for _ in range(3)]
    rows = list(read_table(bomb))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert read == [("first\n", False), ("\n", True), ("third\n", True)]
    assert [(row.line, type(row)) for row in rows] == [(2, Row), (3, BadRow), (4, Row)]
    assert peak < 32 * 1024 * 1024
    record_property("figure", f"a line of 1 GiB: one bad row, at most {peak / 1e6:.0f} MB held")


async def test_d7_bombs_are_bad_rows_or_another_format_and_never_a_fault(
    database: PreparedDatabase, tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    file = tmp_path / "bombs.csv"
    wide = b",".join([b"x"] * 400_000)
    parts = [
        b"\xef\xbb\xbfid,first,last\r\n",  # a mark of the encoding in front
        b"1,Ada,Lovelace\n", b"2,nul\x00,x\r", b"3,\xff\xfe,x\n", wide + b"\n", b"4,=cmd|' /C calc'!A0,@SUM(1)\r\n",
        b"5,\xed\xa0\x80,x\n", b'6,"two\r\nlines",x\n', b"7," + b"y" * 200_000 + b",x\n", b"8,Alan,Turing\r",
        b"9,\xe2\x80\xae,ok\n", b'10,"open,x\n', b"11,never seen,x\n",
    ]  # fmt: skip
    file.write_bytes(b"".join(parts))

    report = await take_in(database, file, PEOPLE)
    people = {row.family_name: row.given_name for row in await rows_of(database, Person)}

    assert people["@SUM(1)"] == "=cmd|' /C calc'!A0"
    assert {"Lovelace", "Turing", "@SUM(1)"} <= set(people)
    assert [row.line for row in report.bad_rows] == [3, 4, 5, 7, 9, 10, 14]
    assert len(await rows_of(database, Customer)) == report.counts.created["customers"] == 4
    for header in (b",".join(b"c%d" % n for n in range(1_000_000)), b"a" * 3_000_000, b"\x00" * 1_000, b""):
        (tmp_path / "header.csv").write_bytes(header + b"\n1\n")
        with pytest.raises(WrongFormat):
            await take_in(database, tmp_path / "header.csv", PEOPLE)
    assert first_rows(tmp_path / "header.csv", count=1) == [["1"]]
    record_property(
        "figure", f"{len(parts)} rows of which {report.bad_row_count} are bombs: each told, the others taken in"
    )


async def test_d7_one_bad_row_in_a_hundred_is_told_by_line_and_the_others_are_taken_in(
    database: PreparedDatabase, tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    wrong = ("oops", "1.2.3,4", "", "1e9", "NaN")
    lines = [f"{n},{wrong[n // 100 % 5] if n % 100 == 50 else '5'},,14.03.2026,s," for n in range(5_000)]
    rejected: list[BadRow] = []

    report = await take_in(
        database, table(tmp_path, "id,amount,cur,day,kind,who", *lines), MONEY, rejected=rejected.append
    )

    assert report.counts.created == {"transactions": 4_950}
    assert [row.line for row in rejected] == [n + 2 for n in range(5_000) if n % 100 == 50]
    assert {row.column for row in rejected} == {"amount", None}
    record_property(
        "figure", f"5,000 rows, 50 bad: {len(rejected)} told by line, {report.counts.created['transactions']} taken in"
    )


def test_d7_the_importer_of_tables_is_the_one_that_is_killed() -> None:
    assert issubclass(SmallBatches, CsvRecords)
