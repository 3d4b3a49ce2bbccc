"""Importing Online Retail and CDNOW: what becomes of good, bad, repeated and strange lines, on small files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from patron_core.errors import InvalidInput
from patron_core.imports.importer import Importer, WrongFormat
from patron_core.imports.runner import ImportReport, run_import
from patron_core.parties.models import ContactMedium, ExternalIdentifier, Person
from patron_core.transactions.models import Transaction, TransactionKind, TransactionLine
from patron_core.values import Money
from patron_retail.demo import SAMPLES
from patron_retail.importers.cdnow import Cdnow
from patron_retail.importers.online_retail import OnlineRetail
from patron_retail.models import LoyaltyMember, PointsEntry, Purchase
from patron_schema.testing.databases import PreparedDatabase

from .shop import check_sums

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


async def take_in(
    database: PreparedDatabase, importer: Importer[Any, Any], file: Path, *, dry_run: bool = False, **options: Any
) -> ImportReport:
    return await run_import(
        database.database,
        importer,
        [file],
        actor=database.actor,
        plugins=database.plugins,
        clock=database.clock,
        ids=database.ids,
        options=options,
        dry_run=dry_run,
    )


async def all_of(database: PreparedDatabase, model: type[Any]) -> list[Any]:
    found: list[Any] = await database.do(lambda uow: uow.select(select(model).order_by(model.id)))
    return found


async def by_receipt(database: PreparedDatabase) -> dict[str, Transaction]:
    return {row.receipt_number: row for row in await all_of(database, Transaction)}


@pytest.fixture
def csv(tmp_path: Path) -> Any:
    """Writes lines below the header into a file."""

    def write(*lines: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
        file = tmp_path / "invoices.csv"
        file.write_text(header + "".join(f"{line}\n" for line in lines), encoding=encoding)
        return file

    return write


async def test_an_invoice_is_a_transaction_with_its_lines(database: PreparedDatabase) -> None:
    report = await take_in(database, OnlineRetail(), SAMPLES / "online_retail.csv")

    assert report.bad_row_count == 0
    assert report.counts.created == {"customers": 3, "transactions": 6, "lines": 12}
    assert report.counts.noted == {
        "refunds": 1,
        "corrections": 1,
        "transactions without a customer": 2,
        "lines without a customer": 3,
    }
    rows = await by_receipt(database)
    assert {number: (row.kind.name, str(row.amount.amount)) for number, row in rows.items()} == {
        "700001": ("SALE", "113.00"),
        "700002": ("SALE", "287.70"),
        "700003": ("SALE", "389.00"),
        "C700004": ("REFUND", "-89.90"),
        "700005": ("ADJUSTMENT", "0.00"),
        "700006": ("SALE", "998.00"),
    }
    assert rows["700001"].occurred_at.isoformat() == "2026-01-12T09:05:00+00:00"
    assert rows["700003"].customer_id is None
    assert len(await all_of(database, TransactionLine)) == 12


async def test_nobody_is_invented(database: PreparedDatabase) -> None:
    await take_in(database, OnlineRetail(), SAMPLES / "online_retail.csv")

    people = await all_of(database, Person)
    assert {person.display_name for person in people} == {"Customer 21001", "Customer 21002", "Customer 21003"}
    assert {person.given_name for person in people} == {None}
    assert {medium.value for medium in await all_of(database, ContactMedium)} == {"United Kingdom", "France", "Norway"}
    assert {i.system for i in await all_of(database, ExternalIdentifier)} == {"online-retail"}


async def test_imported_sales_earn_points_and_refunds_take_them_back(database: PreparedDatabase) -> None:
    await take_in(database, OnlineRetail(), SAMPLES / "online_retail.csv")

    points = {member.points for member in await all_of(database, LoyaltyMember)}
    assert points == {113, 287 - 89, 998}
    await check_sums(database)


async def test_postage_and_discounts_are_no_goods(database: PreparedDatabase) -> None:
    await take_in(database, OnlineRetail(), SAMPLES / "online_retail.csv")

    rows = {row.id: row.receipt_number for row in await all_of(database, Transaction)}
    bought = {
        rows[purchase.transaction_id]: (purchase.units, purchase.products)
        for purchase in await all_of(database, Purchase)
    }
    assert bought == {"700001": (4, 2), "700002": (3, 1), "700003": (13, 2), "700006": (6, 2)}


@pytest.mark.parametrize("importer", [OnlineRetail(), Cdnow()], ids=lambda importer: importer.name)
async def test_the_same_file_twice_changes_nothing(
    database: PreparedDatabase, importer: Importer[Any, Any], tmp_path: Path
) -> None:
    sample = SAMPLES / {"online-retail": "online_retail.csv", "cdnow": "cdnow.txt"}[importer.name]
    copy = tmp_path / "other_name_and_one_byte_more"
    copy.write_bytes(sample.read_bytes() + b"\n")

    first = await take_in(database, importer, sample)
    counts = [len(await all_of(database, m)) for m in (Transaction, TransactionLine, Purchase, PointsEntry, Person)]
    again = await take_in(database, importer, sample)
    other = await take_in(database, importer, copy)

    for repeated in (again, other):
        assert repeated.counts.created == {}
        assert repeated.counts.unchanged == first.counts.created
        assert repeated.bad_row_count == 0
    assert counts == [
        len(await all_of(database, m)) for m in (Transaction, TransactionLine, Purchase, PointsEntry, Person)
    ]


async def test_a_dry_run_writes_nothing(database: PreparedDatabase) -> None:
    report = await take_in(database, OnlineRetail(), SAMPLES / "online_retail.csv", dry_run=True)

    assert report.counts.created == {"customers": 3, "transactions": 6, "lines": 12}
    assert await all_of(database, Transaction) == []


async def test_the_second_edition_names_its_columns_otherwise(database: PreparedDatabase, csv: Any) -> None:
    header = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"
    file = csv("489434,85048,LIGHTS,12,2009-12-01 07:45:00,6.95,13085.0,United Kingdom", header=header)

    await take_in(database, OnlineRetail(), file)

    (row,) = await all_of(database, Transaction)
    (identifier,) = await all_of(database, ExternalIdentifier)
    assert (row.amount, row.occurred_at.isoformat()) == (Money(8340, "GBP"), "2009-12-01T07:45:00+00:00")
    assert identifier.value == "13085"


async def test_currency_zone_order_of_dates_and_encoding_are_options(database: PreparedDatabase, csv: Any) -> None:
    file = csv("1,A1,Tüll,1,2/7/2026 12:00,5.00,1,France", encoding="latin-1")
    options = {"currency": "EUR", "timezone": "Europe/Paris", "dates": "day-first", "encoding": "latin-1"}

    await take_in(database, OnlineRetail(), file, **options)

    (row,) = await all_of(database, Transaction)
    (line,) = await all_of(database, TransactionLine)
    assert (row.amount, row.occurred_at.isoformat()) == (Money(500, "EUR"), "2026-07-02T10:00:00+00:00")
    assert line.description == "Tüll"


@pytest.mark.parametrize(
    "options", [{"currency": "XYZ"}, {"timezone": "Mars/Olympus"}, {"encoding": "runes"}, {"dates": "year-first"}]
)
async def test_a_wrong_option_is_refused(database: PreparedDatabase, options: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(options))):
        await take_in(database, OnlineRetail(), SAMPLES / "online_retail.csv", **options)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("1,A1,Cup,many,1/2/26 10:00,5.00,1,France", "Column Quantity holds no number."),
        ("1,A1,Cup,1,1/2/26 10:00,,1,France", "Column UnitPrice holds no number."),
        ("1,A1,Cup,1,1/2/26 10:00,5.001,1,France", "Column UnitPrice cannot be kept."),
        ("1,A1,Cup,1,31/12/26 10:00,5.00,1,France", "Column InvoiceDate holds no time that is read month-first."),
        ("1,A1,Cup,1,1/2/26 10:00,5.00,1", "The row has 7 fields."),
    ],
)
async def test_an_invoice_with_a_bad_line_is_left_out_whole(
    database: PreparedDatabase, csv: Any, bad: str, reason: str
) -> None:
    good = "1,A1,Cup,1,1/2/26 10:00,5.00,1,France"
    file = csv(good, bad, good, "2,A1,Cup,1,1/2/26 10:00,5.00,1,France")

    report = await take_in(database, OnlineRetail(), file)

    (row,) = report.bad_rows
    assert (row.file, row.line) == ("invoices.csv", 3)
    assert row.reason.startswith(reason)
    assert report.counts.skipped == {"lines of invoices with a bad line": 2}
    assert set(await by_receipt(database)) == {"2"}

    mended = csv(good, good, good, "2,A1,Cup,1,1/2/26 10:00,5.00,1,France")
    await take_in(database, OnlineRetail(), mended)
    assert (await by_receipt(database))["1"].amount == Money(1500, "GBP")


@pytest.mark.parametrize(
    "bad",
    [
        ",A1,Cup,1,1/2/26 10:00,5.00,1,France",
        f"1,A1,Cup,1,1/2/26 10:00,5.00,{'9' * 300},France",
        "1,A1,Cup,1e30,1/2/26 10:00,5.00,1,France",
        "1,A1,Cup,1e12,1/2/26 10:00,99999.00,1,France",
        "1,A1,Cup,0.0001,1/2/26 10:00,5.00,1,France",
        f"1,{'A' * 300},Cup,1,1/2/26 10:00,5.00,1,France",
        "C1,A1,Cup,1,1/2/26 10:00,5.00,1,France",
        '1,A1,"Cup,1,1/2/26 10:00,5.00,1,France',
    ],
    ids=["no number", "long customer", "huge", "beyond money", "fine", "long code", "credit to us", "open quote"],
)
async def test_a_strange_line_is_reported_and_the_rest_goes_in(database: PreparedDatabase, csv: Any, bad: str) -> None:
    report = await take_in(database, OnlineRetail(), csv("7,A1,Cup,1,1/2/26 10:00,5.00,1,France", bad))

    assert report.bad_row_count == 1
    assert set(await by_receipt(database)) == {"7"}


async def test_an_invoice_that_comes_again_with_other_lines_is_refused(database: PreparedDatabase, csv: Any) -> None:
    await take_in(database, OnlineRetail(), csv("1,A1,Cup,1,1/2/26 10:00,5.00,1,France"))

    report = await take_in(database, OnlineRetail(), csv("1,A1,Cup,2,1/2/26 10:00,5.00,1,France"))

    (row,) = report.bad_rows
    assert "another amount" in row.reason
    assert (await by_receipt(database))["1"].amount == Money(500, "GBP")


async def test_corrections_and_credit_notes_have_their_kinds(database: PreparedDatabase, csv: Any) -> None:
    await take_in(
        database,
        OnlineRetail(),
        csv(
            "A1,B,Adjust bad debt,1,1/2/26 10:00,-11062.06,,United Kingdom",
            "C2,D,Discount,-1,1/2/26 10:00,27.50,14527,United Kingdom",
            "3,M,Manual,1,1/2/26 10:00,-3.00,14527,United Kingdom",
        ),
    )

    kinds = {number: row.kind for number, row in (await by_receipt(database)).items()}
    assert kinds == {
        "A1": TransactionKind.ADJUSTMENT,
        "C2": TransactionKind.REFUND,
        "3": TransactionKind.ADJUSTMENT,
    }


async def test_purchases_of_cdnow_have_units_and_no_lines(database: PreparedDatabase) -> None:
    report = await take_in(database, Cdnow(), SAMPLES / "cdnow.txt")

    assert report.counts.created == {"customers": 3, "transactions": 6}
    assert report.counts.noted == {"purchases for nothing": 1}
    assert await all_of(database, TransactionLine) == []
    rows = {row.id: row for row in await all_of(database, Transaction)}
    bought = [
        (str(rows[p.transaction_id].amount.amount), p.units, p.products, p.occurred_at.isoformat())
        for p in await all_of(database, Purchase)
    ]
    assert sorted(bought) == [
        ("0.00", 1, None, "2026-01-07T05:00:00+00:00"),
        ("11.77", 1, None, "2026-01-05T05:00:00+00:00"),
        ("203.40", 12, None, "2026-03-11T04:00:00+00:00"),
        ("24.00", 2, None, "2026-01-05T05:00:00+00:00"),
        ("24.00", 2, None, "2026-01-05T05:00:00+00:00"),
        ("77.00", 5, None, "2026-02-19T05:00:00+00:00"),
    ]
    assert {member.points for member in await all_of(database, LoyaltyMember)} == {11, 125, 203}
    await check_sums(database)


@pytest.mark.parametrize(
    "bad", ["00001 20210230  1   11.77", "00001 20210101  1   11.7", "nonsense", "00001 20210101 x 11.77", "\x00"]
)
async def test_a_bad_line_of_cdnow_is_reported_with_its_number(
    database: PreparedDatabase, tmp_path: Path, bad: str
) -> None:
    file = tmp_path / "cdnow.txt"
    file.write_text(f" 00001 20210101  1   11.77\n{bad}\n 00002 20210101  1   12.00\n")

    report = await take_in(database, Cdnow(), file)

    assert [(row.line, row.file) for row in report.bad_rows] == [(2, "cdnow.txt")]
    assert len(await all_of(database, Transaction)) == 2


@pytest.mark.parametrize("importer", [OnlineRetail(), Cdnow()], ids=lambda importer: importer.name)
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04\x14\x00", b"a,b\n1,2\n", bytes(range(256)) * 40])
async def test_a_file_of_another_format_is_refused_and_changes_nothing(
    database: PreparedDatabase, importer: Importer[Any, Any], content: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "other.bin"
    file.write_bytes(content)

    with pytest.raises(WrongFormat, match=f"other.bin is not a file of format {importer.name}"):
        await take_in(database, importer, file)

    assert await all_of(database, Transaction) == []
