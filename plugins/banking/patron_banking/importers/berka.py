"""The importer `berka`: the seven tables of the PKDD'99 data of a Czech bank become customers, accounts, loans, cards and orders.

Clients have no names, so their parties are called "Client 1"; nobody is invented. There are no balances, and so none are
written. Reading rows is `berka_rows`' business, writing batches that of `berka_batch`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import ClassVar, Final

from pydantic import Field, field_validator

from patron_banking.importers import berka_batch
from patron_banking.importers.berka_rows import (
    TABLES,
    Account,
    Card,
    Client,
    Disposition,
    District,
    Loan,
    Table,
    Value,
)
from patron_core.imports.importer import BadRow, Counts, Importer, ImportOptions, Item, Source, WrongFormat
from patron_core.imports.remembered import Remembered
from patron_core.imports.tables import Row, first_rows, read_table
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import known_currency

__all__ = ["Berka", "BerkaOptions"]

_NO_OWNER: Final = "The account has no owner among the dispositions."


class BerkaOptions(ImportOptions):
    """What the tables do not say themselves."""

    currency: str = Field(default="CZK", description="Currency of all amounts, ISO 4217.")
    amount_unit: Decimal = Field(
        default=Decimal(10),
        gt=0,
        le=1_000_000,
        description="What 1 in the files stands for: 10, for the published files hold tens of koruna.",
    )

    @field_validator("currency")
    @classmethod
    def _known(cls, value: str) -> str:
        if not known_currency(value):
            raise ValueError("is no currency code of ISO 4217")
        return value


@dataclass(slots=True)
class _References:
    """What later rows say about earlier ones: places of districts, owners of accounts, client and account of dispositions."""

    places: Remembered[str, str] = field(default_factory=Remembered[str, str])
    owners: Remembered[str, str] = field(default_factory=Remembered[str, str])
    dispositions: Remembered[str, str] = field(default_factory=Remembered[str, str])


class Berka(Importer[Value, BerkaOptions]):
    """Clients, accounts, dispositions, loans, cards and standing orders of the Berka data, in seven files."""

    name = "berka"
    description = "The PKDD'99 (Berka) data of a Czech bank: a folder with its seven tab-separated tables."
    options: type[BerkaOptions] = BerkaOptions
    suffixes: ClassVar[tuple[str, ...]] = (".tsv",)
    together: ClassVar[bool] = True

    def check(self, source: Source, *, options: BerkaOptions) -> None:
        """All seven tables are there, and the first row of each is one of its table."""
        missing = [table.ending for table in TABLES.values() if source.ending(table.ending) is None]
        if missing:
            raise WrongFormat(
                file=source.file,
                format=self.name,
                what=f"The set lacks the files that end in {', '.join(missing)}.",
                advice="Name the folder with all seven tables.",
            )
        for table in TABLES.values():
            self._check_first_row(source, table)

    def read(self, source: Source, *, options: BerkaOptions) -> Iterator[Item[Value] | BadRow]:
        """The rows of all tables, districts and clients first. What others refer to is read before."""
        known = _references(source)
        for name, table in TABLES.items():
            for row, value in _parsed(source, table):
                if isinstance(row, BadRow):
                    yield row
                elif value is not None:
                    complete = _completed(value, known)
                    if isinstance(complete, str):
                        yield row.bad(complete)
                    else:
                        yield Item(row.file, row.line, f"{name}:{value.key}", complete)

    def apply(self, items: Sequence[Item[Value]], *, uow: UnitOfWork, options: BerkaOptions) -> Counts:
        """Writes a batch."""
        values = [item.value for item in items]
        return berka_batch.write(values, uow, currency=options.currency, unit=options.amount_unit)

    def _check_first_row(self, source: Source, table: Table) -> None:
        file = source.ending(table.ending)
        assert file is not None
        first = next(iter(_parsed(source, table)), None)
        if first is None or isinstance(first[0], BadRow):
            rows = first_rows(file, count=1, delimiter="\t")
            what = "Its first row does not fit its columns." if rows else "It is empty or holds no text."
            raise WrongFormat(
                file=file,
                format=self.name,
                what=f"{what} Expected are {', '.join(table.columns[:7])}, separated by tabs, without a header line.",
                advice="Pass the tables as they were published.",
            )


def _parsed(source: Source, table: Table) -> Iterator[tuple[Row, Value] | tuple[BadRow, None]]:
    """The rows of a table with their values, or as bad rows."""
    file = source.ending(table.ending)
    assert file is not None
    for row in read_table(file, delimiter="\t", columns=table.columns):
        if isinstance(row, BadRow):
            yield row, None
            continue
        try:
            yield row, table.parse(row.values)
        except ValueError as error:
            yield row.bad(f"Column {error} does not hold what it should."), None


def _references(source: Source) -> _References:
    """A first reading of districts and dispositions; their bad rows are reported by the second."""
    known = _References()
    for _, value in _parsed(source, TABLES["district"]):
        if isinstance(value, District):
            known.places.put(value.key, value.place)
    for _, value in _parsed(source, TABLES["disp"]):
        if isinstance(value, Disposition):
            known.dispositions.put(value.key, f"{value.client} {value.account}")
            if value.owner and known.owners.get(value.account) is None:
                known.owners.put(value.account, value.client)
    return known


def _completed(value: Value, known: _References) -> Value | str:
    """The value with what other tables say of it, or why it cannot be taken in."""
    match value:
        case Client():
            return replace(value, place=known.places.get(value.district))
        case Account():
            owner = known.owners.get(value.key)
            place = known.places.get(value.district)
            return _NO_OWNER if owner is None else replace(value, owner=owner, place=place)
        case Loan():
            owner = known.owners.get(value.account)
            return _NO_OWNER if owner is None else replace(value, owner=owner)
        case Card():
            disposition = known.dispositions.get(value.disposition)
            if disposition is None:
                return "Column disp_id names no disposition."
            client, account = disposition.split()
            return replace(value, client=client, account=account)
        case _:
            return value
