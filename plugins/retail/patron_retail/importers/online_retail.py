"""UCI Online Retail (and Online Retail II) as CSV: an invoice is a transaction, each of its lines one line of it.

Columns InvoiceNo|Invoice, StockCode, Description, Quantity, InvoiceDate, UnitPrice|Price, CustomerID|Customer ID, Country;
the lines of an invoice stand together. An invoice without a customer is a transaction without one. An invoice with a
bad line is left out whole, for without that line its amount would be wrong.
"""

from __future__ import annotations

import codecs
import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final, Literal

from pydantic import Field, field_validator
from sqlalchemy import func, select

from patron_core.errors import InvalidInput
from patron_core.imports.importer import BadRow, Counts, Importer, Item, Source, WrongFormat
from patron_core.imports.tables import Row, first_rows, read_table
from patron_core.parties.commands import NewContactMedium, NewExternalIdentifier
from patron_core.parties.models import ContactKind
from patron_core.touchpoints.models import Channel
from patron_core.transactions.amounts import times
from patron_core.transactions.commands import NewLine, NewTransaction
from patron_core.transactions.ingest import IngestStatus
from patron_core.transactions.models import Transaction, TransactionKind, TransactionLine
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money
from patron_retail.importers.intake import SalesOptions, bad_row, ingest, take_in_buyers, utc

__all__ = ["Invoice", "OnlineRetail", "OnlineRetailOptions"]

#: What the two editions of the data set call each column.
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "InvoiceNo": ("InvoiceNo", "Invoice"),
    "StockCode": ("StockCode",),
    "Description": ("Description",),
    "Quantity": ("Quantity",),
    "InvoiceDate": ("InvoiceDate",),
    "UnitPrice": ("UnitPrice", "Price"),
    "CustomerID": ("CustomerID", "Customer ID"),
    "Country": ("Country",),
}
_DATE: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2}) (\d{1,2}):(\d{2})(?::(\d{2}))?")
_KINDS: Final = {"C": TransactionKind.REFUND, "A": TransactionKind.ADJUSTMENT}


class OnlineRetailOptions(SalesOptions):
    """The data set names neither currency nor zone; its shop is in the United Kingdom."""

    currency: str = Field(default="GBP", description="ISO 4217 code of all amounts.")
    timezone: str = Field(default="Europe/London", description="IANA time zone of all times.")
    dates: Literal["month-first", "day-first"] = Field(
        default="month-first", description="How 12/1/10 is read; dates like 2010-12-01 need no telling."
    )
    encoding: str = Field(default="utf-8-sig", description="Encoding of the file, such as latin-1.")

    @field_validator("encoding")
    @classmethod
    def _is_an_encoding(cls, name: str) -> str:
        try:
            return codecs.lookup(name).name
        except LookupError:
            raise ValueError("is no encoding, such as latin-1") from None


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice ready to be written. country: of the customer, as the file says. transaction: None where it is left
    out because of a bad line.
    """

    transaction: NewTransaction | None
    country: str | None


class OnlineRetail(Importer[Invoice, OnlineRetailOptions]):
    """Takes in invoices, credit notes and corrections of the data set."""

    name = "online-retail"
    description = "Invoices of UCI Online Retail, one line of CSV for each item."
    options = OnlineRetailOptions
    suffixes = (".csv",)

    def check(self, source: Source, *, options: OnlineRetailOptions) -> None:
        """Refuses a file whose first line does not name the columns of either edition."""
        advice = "Pass the file as it was published, saved as CSV with its header line."
        with source.file.open("rb") as stream:
            is_spreadsheet = stream.read(2) == b"PK"
        missing = [name for name in _NAMES if name not in _columns(source, options)]
        if is_spreadsheet:
            raise WrongFormat(file=source.file, format=self.name, what="It is a spreadsheet.", advice=advice)
        if missing:
            what = f"Its first line does not name the columns {', '.join(missing)}."
            raise WrongFormat(file=source.file, format=self.name, what=what, advice=advice)

    def read(self, source: Source, *, options: OnlineRetailOptions) -> Iterator[Item[Invoice] | BadRow]:
        """The invoices in the order of the file; one is in memory."""
        columns = _columns(source, options)
        lines: _Lines | None = None
        for row in read_table(source.file, encoding=options.encoding):
            if isinstance(row, BadRow):
                yield row
                if lines is not None:
                    lines.unread = True
                continue
            number = row.values[columns["InvoiceNo"]].strip()
            if not number:
                yield row.bad(f"Column {columns['InvoiceNo']} is empty.")
                continue
            if lines is None or number != lines.number:
                if lines is not None:
                    yield from lines.item()
                lines = _Lines(number, row, columns, options)
            yield from lines.add(row)
        if lines is not None:
            yield from lines.item()

    def apply(self, items: Sequence[Item[Invoice]], *, uow: UnitOfWork, options: OnlineRetailOptions) -> Counts:
        """Writes a batch of invoices. One that is there with another amount or other lines is refused."""
        whole = [item for item in items if item.value.transaction is not None]
        rows = [item.value.transaction for item in whole if item.value.transaction is not None]
        customers = take_in_buyers(
            uow, [(row.customer, _media(item.value)) for item, row in zip(whole, rows, strict=True) if row.customer]
        )
        result = ingest(uow, self.name, rows)
        created: list[NewTransaction] = []
        same: list[NewTransaction] = []
        rejected: list[BadRow] = []
        stored = _stored(uow, [row.id for row in result.rows if row.status is IngestStatus.DUPLICATE])
        for item, row, outcome in zip(whole, rows, result.rows, strict=True):
            if outcome.status is IngestStatus.CREATED:
                created.append(row)
            elif outcome.status is IngestStatus.REJECTED:
                rejected.append(bad_row(item, outcome))
            elif stored.get(outcome.id) == (row.amount.minor, len(row.lines)):
                same.append(row)
            else:
                reason = "The invoice is there already, with another amount or other lines. It stays as it is."
                rejected.append(BadRow(file=item.file, line=item.line, reason=reason))
        return Counts(
            created={"customers": customers.created, **_numbers(created)},
            unchanged={"customers": customers.unchanged, **_numbers(same)},
            skipped={"lines of invoices with a bad line": sum(i.rows for i in items if i.value.transaction is None)},
            noted=_noted(created),
            rejected=tuple(rejected),
        )


@dataclass(slots=True)
class _Lines:
    """The invoice that is being read. unread: whether a line could not be read since the last good one."""

    number: str
    first: Row
    columns: Mapping[str, str]
    options: OnlineRetailOptions
    lines: list[NewLine] = field(default_factory=list[NewLine])
    good: int = 0
    broken: bool = False
    unread: bool = False

    def add(self, row: Row) -> Iterator[BadRow]:
        """Takes a line; a bad one comes out again with its reason."""
        self.broken = self.broken or self.unread  # the line that could not be read stood between two of this invoice
        self.unread = False
        try:
            self.lines.append(self._line(row))
            self._occurred_at(row)
        except (ValueError, InvalidInput) as error:
            self.broken = True
            yield row.bad(f"{error} The invoice is left out.")
        else:
            self.good += 1

    def item(self) -> Iterator[Item[Invoice] | BadRow]:
        """The invoice; one without any good line is none."""
        try:
            transaction = None if self.broken else self._transaction()
        except (ValueError, InvalidInput) as error:
            yield self.first.bad(f"{error} The invoice is left out.")
            self.good -= 1
            transaction = None
        if self.good:
            invoice = Invoice(transaction, self._value(self.first, "Country"))
            yield Item(self.first.file, self.first.line, self.number, invoice, rows=self.good)

    def _transaction(self) -> NewTransaction:
        customer = self._value(self.first, "CustomerID")
        amount = Money(sum(line.total.minor for line in self.lines), self.options.currency)
        return NewTransaction(
            source_key=self.number,
            customer=NewExternalIdentifier(system=OnlineRetail.name, value=customer.removesuffix(".0"))
            if customer
            else None,
            kind=self._kind(amount),
            amount=amount,
            occurred_at=self._occurred_at(self.first),
            channel=Channel.WEB,
            receipt_number=self.number,
            lines=tuple(self.lines),
        )

    def _kind(self, amount: Money) -> TransactionKind:
        """C is a credit note, A a correction; goods that only went, for nothing, are a correction of the stock."""
        if self.number[0] in _KINDS:
            return _KINDS[self.number[0]]
        went = amount.minor < 0 or all(line.quantity < 0 for line in self.lines)
        return TransactionKind.ADJUSTMENT if went else TransactionKind.SALE

    def _line(self, row: Row) -> NewLine:
        price = self._number(row, "UnitPrice")
        try:
            unit_price = Money.of(price, self.options.currency)
        except ValueError as error:
            raise ValueError(f"Column {self.columns['UnitPrice']} cannot be kept. {error}") from None
        quantity = self._number(row, "Quantity")
        return NewLine(
            sku=self._value(row, "StockCode"),
            description=self._value(row, "Description"),
            quantity=quantity,
            unit_price=unit_price,
            amount=times(unit_price, quantity),
        )

    def _number(self, row: Row, name: str) -> Decimal:
        try:
            number = Decimal(row.values[self.columns[name]].strip())
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise ValueError(f"Column {self.columns[name]} holds no number.")
        return number

    def _occurred_at(self, row: Row) -> dt.datetime:
        text = row.values[self.columns["InvoiceDate"]].strip()
        try:
            return utc(_local_time(text, day_first=self.options.dates == "day-first"), zone=self.options.timezone)
        except ValueError:
            raise ValueError(
                f"Column {self.columns['InvoiceDate']} holds no time that is read {self.options.dates}."
            ) from None

    def _value(self, row: Row, name: str) -> str | None:
        return row.values[self.columns[name]].strip() or None


def _columns(source: Source, options: OnlineRetailOptions) -> dict[str, str]:
    """What this file calls each column; columns it does not have are left out."""
    header = [name for row in first_rows(source.file, count=1, encoding=options.encoding) for name in row]
    return {name: given for name, known in _NAMES.items() for given in known if given in header}


def _local_time(text: str, *, day_first: bool) -> dt.datetime:
    match = _DATE.fullmatch(text)
    if match is None:
        return dt.datetime.fromisoformat(text).replace(tzinfo=None)
    first, second, year, hour, minute, seconds = (int(part or 0) for part in match.groups())
    day, month = (first, second) if day_first else (second, first)
    return dt.datetime(year + 2000 if year < 100 else year, month, day, hour, minute, seconds)  # noqa: DTZ001


def _media(invoice: Invoice) -> list[NewContactMedium]:
    """The country is all the file knows of the address."""
    if invoice.country is None or invoice.country == "Unspecified":
        return []
    return [NewContactMedium(kind=ContactKind.ADDRESS, value=invoice.country)]


def _stored(uow: UnitOfWork, ids: Sequence[object]) -> dict[object, tuple[int, int]]:
    """The amount and the number of lines of transactions that are there, by id."""
    if not ids:
        return {}
    line = TransactionLine
    wanted = (
        select(Transaction.id, Transaction.amount_minor, func.count(line.id).label("lines"))
        .outerjoin(line, (line.tenant_id == Transaction.tenant_id) & (line.transaction_id == Transaction.id))
        .where(Transaction.id.in_(ids))
        .group_by(Transaction.id, Transaction.amount_minor)
    )
    return {row.id: (row.amount_minor, row.lines) for row in uow.rows(wanted)}


def _numbers(rows: Sequence[NewTransaction]) -> dict[str, int]:
    return {"transactions": len(rows), "lines": sum(len(row.lines) for row in rows)}


def _noted(rows: Sequence[NewTransaction]) -> dict[str, int]:
    nobodys = [row for row in rows if row.customer is None]
    return {
        "refunds": sum(row.kind is TransactionKind.REFUND for row in rows),
        "corrections": sum(row.kind is TransactionKind.ADJUSTMENT for row in rows),
        "transactions without a customer": len(nobodys),
        "lines without a customer": sum(len(row.lines) for row in nobodys),
    }
