"""`patron export`: files of each form, as a key or a role, gone on with, whole or not at all; and no cell is a formula."""

from __future__ import annotations

import asyncio
import builtins
import csv
import datetime as dt
import io
import json
import os
import stat
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pytest
from typer.testing import CliRunner

from patron_core.customers.commands import CreateCustomer
from patron_core.errors import InvalidInput
from patron_core.exports.cells import restored
from patron_core.exports.columns import Column, Kind, flat
from patron_core.exports.files import PartFile
from patron_core.exports.writers import CsvWriter, ParquetWriter
from patron_core.parties.commands import NewPerson
from patron_core.plugins import Plugins
from patron_core.transactions.commands import IngestTransactions, NewTransaction
from patron_core.transactions.models import TransactionKind
from patron_core.values import Money
from patron_schema.cli import app
from patron_schema.cli.export import KEY_VARIABLE
from patron_schema.testing.databases import MASTER_KEY, PreparedDatabase

SALES = """query Sales($least: String = "") {
  transactions(first: 10, where: {sourceKey: {gte: $least}}) {
    nodes { sourceKey receiptNumber occurredAt amount { amount currencyCode } }
  }
}"""
NASTY = [
    "=1+1",
    "+1",
    "-2",
    "@SUM(A1)",
    "\t=1",
    " =1",
    "'=1",
    '"=1"',
    "\uff1d1",
    "plain",
    "1,5",
    'say "hi"',
    "two\nlines",
]


@pytest.fixture(scope="module")
def loaded_plugins() -> Plugins:
    """None: a command composes the schema of what is installed, and the core's is enough here."""
    return Plugins.of({})


@pytest.fixture
def filled(database: PreparedDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PreparedDatabase:
    """A tenant with 57 sales, and the environment of a command line on it, in a folder of its own."""
    for name in [name for name in os.environ if name.startswith("PATRON_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATRON_DATABASE_URL", database.url)
    monkeypatch.setenv("PATRON_MASTER_KEY", MASTER_KEY.get_secret_value())
    monkeypatch.setenv("PATRON_PLUGINS", "")
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.chdir(tmp_path)
    put("sales.graphql", SALES)
    return database


async def fill(database: PreparedDatabase, count: int = 57) -> None:
    customer = await database.do(CreateCustomer(person=NewPerson(given_name="Ada")))
    rows = tuple(
        NewTransaction(
            customer_id=customer.id,
            kind=TransactionKind.SALE if number != 13 else TransactionKind.REFUND,
            amount=Money(number if number != 13 else -1234, "EUR"),
            source_key=f"{number:05}",
            receipt_number=NASTY[number % len(NASTY)].replace("\n", " ") or None,
            occurred_at=database.clock.now(),
        )
        for number in range(1, count + 1)
    )
    await database.do(IngestTransactions(source="till", rows=rows))


async def patron(*arguments: str, code: int = 0) -> str:
    """What a command says; its loop is its own, so it runs in a thread."""
    done = await asyncio.to_thread(CliRunner().invoke, app, list(arguments))
    assert done.exit_code == code, f"{done.output}{done.exception!r}"
    return done.output


def is_there(name: str) -> bool:
    return Path(name).exists()


def put(name: str, text: str) -> None:
    Path(name).write_text(text)


def text_of(name: str) -> str:
    return Path(name).read_bytes().decode()


def table_of(name: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text_of(name), newline="")))


async def export(form: str, *more: str, code: int = 0, out: str = "sales.out") -> str:
    return await patron(
        "export", "sales.graphql", "--tenant", "Pillows", "--format", form, "--out", out, *more, code=code
    )


MANAGER = ("--role", "manager")


async def test_csv_has_a_header_and_every_row(filled: PreparedDatabase) -> None:
    await fill(filled)

    told = await export("csv", *MANAGER)

    header, *rows = table_of("sales.out")
    assert "57 rows" in told
    assert header == ["sourceKey", "receiptNumber", "occurredAt", "amount.amount", "amount.currencyCode"]
    assert [row[0] for row in rows] == [f"{number:05}" for number in range(1, 58)]
    assert rows[12][3] == "-12.34"  # a number, and no formula
    assert stat.S_IMODE(os.stat("sales.out").st_mode) == 0o600
    assert sorted(os.listdir()) == ["sales.graphql", "sales.out"]


@pytest.mark.security
async def test_e8_no_cell_of_an_export_is_a_formula_and_reading_restores_it(
    filled: PreparedDatabase, record_property: Callable[[str, object], None]
) -> None:
    await fill(filled)
    await export("csv", *MANAGER)
    await export("csv", *MANAGER, "--plain", out="plain.out")
    await export("jsonl", *MANAGER, out="lines.out")

    cells = [row[1] for row in table_of("sales.out")[1:]]
    plain = [row[1] for row in table_of("plain.out")[1:]]
    values = [json.loads(line)["receiptNumber"] for line in text_of("lines.out").splitlines()]
    formulas = [cell for cell in cells if cell.lstrip(" \t'\"")[:1] in tuple("=+-@\uff1d") and not cell.startswith("'")]
    record_property("figure", f"{len(formulas)} formulas in {len(cells)} cells")
    assert formulas == []
    assert [restored(cell) for cell in cells] == plain == values


async def test_lines_of_json_are_the_rows_as_the_api_answers_them(filled: PreparedDatabase) -> None:
    await fill(filled, 3)

    await export("jsonl", *MANAGER, "--variables", '{"least": "00002"}')

    rows = [json.loads(line) for line in text_of("sales.out").splitlines()]
    assert [row["sourceKey"] for row in rows] == ["00002", "00003"]
    assert rows[0]["amount"] == {"amount": "0.02", "currencyCode": "EUR"}


async def test_parquet_has_exact_amounts_and_times_in_utc(filled: PreparedDatabase) -> None:
    await fill(filled)

    await export("parquet", *MANAGER)

    table = parquet.read_table("sales.out")
    assert [str(field.type) for field in table.schema] == [
        "string", "string", "timestamp[us, tz=UTC]", "decimal128(38, 9)", "string",
    ]  # fmt: skip
    rows = table.to_pylist()
    assert len(rows) == 57
    assert rows[12]["amount.amount"] == Decimal("-12.34")
    assert rows[0]["occurredAt"] == filled.clock.now()


async def test_a_key_exports_what_it_may_see(filled: PreparedDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    await fill(filled, 2)
    monkeypatch.setenv(KEY_VARIABLE, await filled.key(roles=["analyst"]))
    await export("jsonl")
    put("sales.graphql", "{ customers { nodes { party { ... on Person { givenName } } } } }")

    told = await export("jsonl", out="names.out", code=1)

    assert "givenName" in told
    assert not is_there("names.out")


async def test_a_key_of_another_tenant_is_refused(filled: PreparedDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    other = await filled.tenant("Others")
    monkeypatch.setenv(KEY_VARIABLE, await filled.key(tenant_id=other.tenant_id))

    assert "not of this tenant" in await export("csv", code=1)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ((), KEY_VARIABLE),
        (("--role", "nobody"), "no such role"),
        (("--role", "customer_portal"), "rows of one party"),
        (("--role", "manager", "--purpose", "FUN"), "purpose"),
        (("--role", "manager", "--resume"), "nothing to go on with"),
    ],
)
async def test_what_cannot_be_done_is_said(filled: PreparedDatabase, more: tuple[str, ...], told: str) -> None:
    assert told in await export("csv", *more, code=1)
    assert not is_there("sales.out")


async def test_lists_are_refused_or_written_as_json(filled: PreparedDatabase) -> None:
    await fill(filled, 1)
    put("sales.graphql", "{ customers { nodes { id transactions { nodes { sourceKey } } } } }")

    told = await export("csv", *MANAGER, code=1)
    await export("csv", *MANAGER, "--lists")

    assert "no place for lists. transactions is one." in told
    assert json.loads(table_of("sales.out")[1][1]) == {"nodes": [{"sourceKey": "00001"}]}


async def test_a_file_that_is_there_stays_unless_it_may_go(filled: PreparedDatabase) -> None:
    await fill(filled, 1)
    put("sales.out", "mine")

    told = await export("csv", *MANAGER, code=1)

    assert "is there already" in told
    assert text_of("sales.out") == "mine"
    await export("csv", *MANAGER, "--replace")
    assert text_of("sales.out").startswith('"sourceKey"')


@pytest.mark.parametrize("form", ["csv", "jsonl"])
async def test_an_export_that_broke_off_goes_on_and_ends_the_same(
    filled: PreparedDatabase, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(filled)
    await export(form, *MANAGER, out="whole.out")
    pages = 0
    note = PartFile.note

    def breaking(self: PartFile, rows: int, cursors: Any) -> None:
        nonlocal pages
        pages += 1
        if pages == 3:
            _unplugged(self)  # a page is written and not noted
        note(self, rows, cursors)

    monkeypatch.setattr(PartFile, "note", breaking)
    told = await export(form, *MANAGER, code=1)
    monkeypatch.setattr(PartFile, "note", note)

    assert "20 rows are in sales.out.part; go on with --resume" in told
    assert not is_there("sales.out")
    await export(form, *MANAGER, "--resume")
    assert text_of("sales.out") == text_of("whole.out")
    assert not is_there("sales.out.part")
    assert not is_there("sales.out.state")


async def test_a_file_of_something_else_is_not_gone_on_with(
    filled: PreparedDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(filled, 12)
    with monkeypatch.context() as broken:
        broken.setattr(PartFile, "complete", _unplugged)
        await export("csv", *MANAGER, code=1)

    assert "is of something else" in await export("csv", "--role", "agent", "--resume", code=1)
    assert "is of something else" in await export("csv", *MANAGER, "--plain", "--resume", code=1)
    put("sales.out.part", "short")
    assert "shorter than was noted" in await export("csv", *MANAGER, "--resume", code=1)
    assert not is_there("sales.out")


def _unplugged(_: PartFile) -> None:
    raise InvalidInput("The plug was pulled. Nothing was given. Try again.")


async def test_without_pyarrow_parquet_says_what_to_install(
    filled: PreparedDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_ = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return import_(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)

    assert "patron[parquet]" in await export("parquet", *MANAGER, code=1)


def test_a_decimal_that_parquet_cannot_hold_is_refused(tmp_path: Path) -> None:
    writer = ParquetWriter([Column(("n",), Kind.DECIMAL)])
    with (tmp_path / "n.parquet").open("wb") as file:
        writer.begin(file, fresh=True)
        for text in ("1.0000000001", "1" + "0" * 30):
            with pytest.raises(InvalidInput, match="does not fit into Parquet"):
                writer.write([{"n": text}])
        writer.write([{"n": "12345678901234567890123456789.123456789"}])
        writer.end()


def test_parquet_is_written_in_groups_and_of_nothing_too(tmp_path: Path) -> None:
    columns = [
        Column(("when", "day"), Kind.DAY),
        Column(("flag",), Kind.TRUTH),
        Column(("n",), Kind.INTEGER),
        Column(("x",), Kind.NUMBER),
        Column(("list",), Kind.JSON),
    ]
    rows = [{"when": None, "flag": True, "n": n, "x": 0.5, "list": [n]} for n in range(25_000)]
    for name, count in (("none", 0), ("many", 25_000)):
        writer = ParquetWriter(columns)
        with (tmp_path / name).open("wb") as file:
            writer.begin(file, fresh=True)
            for start in range(0, count, 1_000):
                writer.write([*rows[start : start + 999], {**rows[start + 999], "when": {"day": "2026-03-14"}}])
            writer.end()

    many = parquet.ParquetFile(tmp_path / "many")
    assert parquet.read_table(tmp_path / "none").num_rows == 0
    assert (many.metadata.num_rows, many.num_row_groups) == (25_000, 3)
    assert many.read().column("when.day")[999].as_py() == dt.date(2026, 3, 14)
    assert many.read().column("list")[7].as_py() == "[7]"


def test_cells_of_each_kind_are_written_as_a_program_reads_them(tmp_path: Path) -> None:
    kinds = [Kind.TRUTH, Kind.INTEGER, Kind.NUMBER, Kind.DECIMAL, Kind.TEXT, Kind.JSON, Kind.TEXT]
    columns = [Column((f"c{place}",), kind) for place, kind in enumerate(kinds)]
    row = dict(
        zip((f"c{place}" for place in range(7)), [True, -5, -0.5, "-12.50", "-12.50", ["=1"], None], strict=True)
    )
    writer = CsvWriter(columns)
    with (tmp_path / "t.csv").open("wb") as file:
        writer.begin(file, fresh=False)
        writer.write([row])
        writer.end()

    assert (tmp_path / "t.csv").read_bytes() == b'"true","-5","-0.5","-12.50","\'-12.50","[""=1""]",""\r\n'
    assert flat({"a": None}, [Column(("a", "b"), Kind.TEXT)]) == [None]
