"""Imports: checked first, written by the batch, resumed after a kill, repeated without effect, and a dry run is dry."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.core.purchases import PurchaseOptions, Purchases
from tests.program import run_module

from patron_core.audit.models import AuditEntry
from patron_core.customers.models import Customer
from patron_core.errors import Conflict, Forbidden, InvalidInput
from patron_core.imports.importer import BadRow, Counts, Item, Source, WrongFormat
from patron_core.imports.models import ImportRun, ImportStatus
from patron_core.imports.runner import ImportReport, Progress, run_import
from patron_core.imports.source_keys import RowKeys, hash_key
from patron_core.imports.sources import content_sha256, sources_of
from patron_core.imports.tables import Row, read_table
from patron_core.messages import Actor
from patron_core.outbox.models import OutboxEvent
from patron_core.transactions.commands import NewTransaction
from patron_core.transactions.models import Transaction
from patron_core.unit_of_work import UnitOfWork
from patron_schema.testing.databases import PreparedDatabase

HEADER = "customer,day,amount\n"
TABLES: tuple[Any, ...] = (Customer, Transaction, ImportRun, OutboxEvent, AuditEntry)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A hundred purchases of twenty customers, with equal rows, a refund, two bad rows and one of nobody."""
    lines = [f"{number % 20 + 1},2026-01-{number % 4 + 1:02},{number % 20 + 5}.00\n" for number in range(96)]
    lines[40:40] = ["7,2026-13-01,5.00\n", "7,2026-01-01\n"]
    path = tmp_path / "purchases.csv"
    path.write_text(HEADER + "".join(lines) + ",2026-01-05,3.00\n3,2026-01-06,-4.00\n")
    return path


def longer_copy(file: Path, lines: str) -> Path:
    longer = file.with_name("longer.csv")
    longer.write_text(file.read_text() + lines)
    return longer


async def take_in(database: PreparedDatabase, *paths: Path, importer: Any = None, **options: Any) -> ImportReport:
    return await run_import(
        database.database,
        importer or Purchases(),
        paths,
        **{
            "actor": database.actor,
            "plugins": database.plugins,
            "clock": database.clock,
            "ids": database.ids,
            **options,
        },
    )


async def counts(database: PreparedDatabase) -> list[int]:
    def work(uow: UnitOfWork) -> list[int]:
        return [uow.select(select(func.count()).select_from(model))[0] for model in TABLES]

    return list(await database.do(work))


async def only_run(database: PreparedDatabase) -> ImportRun:
    runs: list[ImportRun] = await database.do(lambda uow: uow.select(select(ImportRun)))
    assert len(runs) == 1
    return runs[0]


async def test_a_file_is_taken_in_and_its_bad_rows_are_told_with_line_and_reason(
    database: PreparedDatabase, file: Path
) -> None:
    seen: list[Progress] = []

    report = await take_in(database, file, progress=seen.append)

    assert report.counts.created == {"customers": 20, "transactions": 98}
    assert report.counts.noted == {"purchases without a customer": 1}
    assert report.bad_rows == (
        BadRow("purchases.csv", 42, "Column day or amount is not well formed."),
        BadRow("purchases.csv", 43, "The row has 2 fields. The table has 3 columns."),
    )
    assert (seen[-1].rows, seen[-1].bad_rows, len(seen)) == (100, 2, 10)
    run = await only_run(database)
    assert (run.status, run.rows_done, run.file_name) == (ImportStatus.FINISHED, 98, "purchases.csv")
    assert run.counts["created"] == {"customers": 20, "transactions": 98}
    assert run.counts["rejected"] == 2


async def test_the_same_file_a_second_time_changes_nothing(database: PreparedDatabase, file: Path) -> None:
    await take_in(database, file)
    before = await counts(database)

    report = await take_in(database, file)

    assert await counts(database) == before
    assert (report.counts.created, report.sources[0].again) == ({}, True)
    assert report.counts.unchanged["transactions"] == 98
    assert report.bad_row_count == 2


async def test_a_longer_file_adds_what_is_new(database: PreparedDatabase, file: Path) -> None:
    await take_in(database, file)
    longer = longer_copy(file, "1,2026-01-01,5.00\n99,2026-02-01,1.00\n")

    report = await take_in(database, longer)

    assert report.counts.created == {"customers": 1, "transactions": 2}


async def test_a_dry_run_reports_the_same_and_leaves_nothing(database: PreparedDatabase, file: Path) -> None:
    before = await counts(database)
    told: list[Any] = []

    dry = await take_in(database, file, dry_run=True, broadcast=told.append)

    assert await counts(database) == before
    assert told == []
    wet = await take_in(database, file)
    assert (dry.counts, dry.bad_rows, dry.dry_run, wet.dry_run) == (wet.counts, wet.bad_rows, True, False)


@pytest.mark.parametrize("content", ["", "id,amount\n1,2\n", "\x00\x01\x02", '"open', "customer;day;amount\n1;2;3\n"])
async def test_a_file_that_is_something_else_is_one_error_and_changes_nothing(
    database: PreparedDatabase, file: Path, content: str
) -> None:
    other = file.with_name("other.csv")
    other.write_text(content)
    before = await counts(database)

    with pytest.raises(WrongFormat) as refused:
        await take_in(database, file, other)

    assert refused.value.message.startswith("other.csv is not a file of format purchases.")
    assert await counts(database) == before


@pytest.mark.parametrize("batch", [1, 4])
async def test_a_killed_run_resumes_without_loss_and_without_repeats(
    database: PreparedDatabase, file: Path, batch: int
) -> None:
    arguments = [database.url, str(database.tenant_id), str(file), str(batch)]
    killed = await run_module("tests.core.purchases", *arguments, seconds=60)
    assert killed.code == -signal.SIGKILL, killed.errors
    run = await only_run(database)
    done = run.rows_done
    assert (run.status, done) == (ImportStatus.RUNNING, 10 * (batch - 1))
    assert (await counts(database))[1] == done

    report = await take_in(database, file)

    assert report.sources[0].resumed_rows == done
    assert report.counts.created["transactions"] == 98 - done
    assert (await counts(database))[:2] == [20, 98]
    run = await only_run(database)
    assert (run.status, run.rows_done, run.counts["created"]["transactions"]) == (ImportStatus.FINISHED, 98, 98)
    assert run.counts["rejected"] == report.bad_row_count == 2


class Failing(Purchases):
    """Fails on a purchase of a given amount, as a defect of the importer or as a rule of the domain."""

    def __init__(self, error: Exception, *, amount: str) -> None:
        self._error = error
        self._amount = amount

    def apply(self, items: Sequence[Item[NewTransaction]], *, uow: UnitOfWork, options: PurchaseOptions) -> Counts:
        counted = super().apply(items, uow=uow, options=options)
        if any(str(item.value.amount.amount) == self._amount for item in items):
            raise self._error
        return counted


async def test_a_defect_stops_the_run_and_the_next_one_goes_on(database: PreparedDatabase, file: Path) -> None:
    with pytest.raises(RuntimeError):
        await take_in(database, file, importer=Failing(RuntimeError("a defect"), amount="-4.00"))
    stopped = await only_run(database)

    report = await take_in(database, file)

    assert (stopped.status, stopped.rows_done) == (ImportStatus.FAILED, 88)
    assert (report.sources[0].resumed_rows, report.counts.created) == (88, {"transactions": 10})


async def test_what_a_rule_refuses_is_one_bad_row_and_the_others_stay(database: PreparedDatabase, file: Path) -> None:
    importer = Failing(Conflict("The shop is closed."), amount="-4.00")

    report = await take_in(database, file, importer=importer)

    assert report.counts.created == {"customers": 20, "transactions": 97}
    assert report.bad_rows[-1] == BadRow("purchases.csv", 101, "The shop is closed.")
    assert (await counts(database))[1] == 97
    events = await database.do(lambda uow: uow.select(select(OutboxEvent.payload)))
    assert sum(len(payload.get("transaction_ids", ())) for payload in events) == 97
    audited = await database.do(
        lambda uow: uow.select(select(AuditEntry).where(AuditEntry.record_type == "ledger_transaction"))
    )
    assert len(audited) == 97


async def test_two_imports_of_a_file_at_once_take_each_row_in_once(database: PreparedDatabase, file: Path) -> None:
    results = await asyncio.gather(*(take_in(database, file) for _ in range(2)), return_exceptions=True)

    assert all(isinstance(result, ImportReport | Conflict) for result in results), results
    await take_in(database, file)
    assert (await counts(database))[:2] == [20, 98]


async def test_options_change_what_rows_mean_and_are_checked(database: PreparedDatabase, file: Path) -> None:
    report = await take_in(database, file, options={"currency": "JPY"})
    with pytest.raises(InvalidInput) as refused:
        await take_in(database, file, options={"curency": "JPY"})

    assert report.counts.created["transactions"] == 98
    assert refused.value.path == ("curency",)
    currencies = await database.do(lambda uow: uow.select(select(Transaction.amount_currency).distinct()))
    assert currencies == ["JPY"]


async def test_an_import_needs_its_scope_and_stays_in_its_tenant(database: PreparedDatabase, file: Path) -> None:
    stranger = await database.tenant("Duvets")
    reader = Actor(database.tenant_id, "reader", "app", scopes=("customer:write",))

    with pytest.raises(Forbidden) as refused:
        await take_in(database, file, actor=reader)
    await take_in(database, file, actor=stranger)

    assert refused.value.extensions["scope"] == "import:run"
    assert (await counts(database))[:3] == [0, 0, 0]


def test_a_folder_gives_its_files_and_a_set_stays_together(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "notes.txt", ".hidden.csv"):
        (tmp_path / name).write_text(name)

    class Together(Purchases):
        together = True

    apart = sources_of(Purchases(), [tmp_path, tmp_path / "a.csv"])
    (together,) = sources_of(Together(), [tmp_path])

    assert [source.name for source in apart] == ["a.csv", "b.csv"]
    assert [file.name for file in together.files] == ["a.csv", "b.csv"]
    assert together.ending("B.csv") == together.files[1]
    assert content_sha256(together) != content_sha256(Source(together.files[:1]))


def test_a_path_where_nothing_is_and_an_empty_folder_are_told(tmp_path: Path) -> None:
    for paths in ([tmp_path / "missing.csv"], [tmp_path], []):
        with pytest.raises(InvalidInput):
            sources_of(Purchases(), paths)


def test_equal_rows_of_a_file_have_keys_of_their_own_and_the_same_each_time() -> None:
    rows = [("a", "b"), ("a", "b"), ("ab", ""), ("a", "b")]

    first, second = ([keys.key(row) for row in rows] for keys in (RowKeys(), RowKeys()))

    assert first == second
    assert len(set(first)) == 4
    assert [key.rpartition("-")[2] for key in first] == ["1", "2", "1", "3"]
    assert hash_key(["ab", "c"]) != hash_key(["a", "bc"])


def test_a_table_is_read_with_its_traps(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_bytes(b'\xef\xbb\xbfname,note\n"a","two\nlines"\n\nb,\xff\nc,d,e\nf,nul\x00\ng,"caf\xc3\xa9, bar"\n')

    rows = list(read_table(table))

    assert [(row.line, type(row).__name__) for row in rows] == [
        (3, "Row"),
        (5, "BadRow"),
        (6, "BadRow"),
        (7, "BadRow"),
        (8, "Row"),
    ]
    assert [dict(row.values) for row in rows if isinstance(row, Row)] == [
        {"name": "a", "note": "two\nlines"},
        {"name": "g", "note": "café, bar"},
    ]


def test_a_table_without_a_header_gets_its_names(tmp_path: Path) -> None:
    table = tmp_path / "table.tsv"
    table.write_text("1\tM\n2\tF\n")

    rows = list(read_table(table, delimiter="\t", columns=("id", "sex")))

    assert [row.values for row in rows if isinstance(row, Row)] == [{"id": "1", "sex": "M"}, {"id": "2", "sex": "F"}]
