"""CDNOW, the purchases of a shop for CDs: customer, day, number of CDs and amount in columns of fixed width.

A purchase is a sale without lines, for the format names no items; its number of CDs is the purchase's `units`. There
is no key in the file and equal rows are different purchases, so a row's key is its hash and its ordinal among equals.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from pydantic import Field

from patron_core.imports.importer import BadRow, Counts, Importer, Item, Source, WrongFormat
from patron_core.imports.source_keys import RowKeys
from patron_core.parties.commands import NewExternalIdentifier
from patron_core.touchpoints.models import Channel
from patron_core.transactions.commands import NewTransaction
from patron_core.transactions.ingest import IngestStatus
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money
from patron_retail.importers.intake import SalesOptions, bad_row, ingest, take_in_buyers, utc
from patron_retail.purchases import units_told

__all__ = ["Cdnow", "CdnowOptions", "CdnowPurchase"]

_ROW: Final = re.compile(r"\s*(\d{1,20})\s+(\d{4})(\d{2})(\d{2})\s+(\d{1,9})\s+(\d{1,12}\.\d{2})\s*", re.ASCII)
_LOOKED_AT: Final = 20


class CdnowOptions(SalesOptions):
    """The file names neither currency nor zone; its shop was in the United States. A day begins at midnight there."""

    currency: str = Field(default="USD", description="ISO 4217 code of all amounts.")
    timezone: str = Field(default="America/New_York", description="IANA time zone whose days the file names.")


@dataclass(frozen=True, slots=True)
class CdnowPurchase:
    """A purchase ready to be written. units: how many CDs."""

    customer: NewExternalIdentifier
    transaction: NewTransaction
    units: Decimal


class Cdnow(Importer[CdnowPurchase, CdnowOptions]):
    """Takes in purchases."""

    name = "cdnow"
    description = "Purchases of CDNOW: customer, day, number of CDs and amount, one purchase a line."
    options = CdnowOptions
    suffixes = (".txt",)

    def check(self, source: Source, *, options: CdnowOptions) -> None:
        """Refuses a file whose first lines are mostly something else."""
        with source.file.open(encoding="utf-8", errors="surrogateescape") as stream:
            lines = [line for line, _ in zip(stream, range(_LOOKED_AT), strict=False) if line.strip()]
        if 2 * sum(_ROW.fullmatch(line) is not None for line in lines) <= len(lines):
            raise WrongFormat(
                file=source.file,
                format=self.name,
                what="Its first lines are not customer, day, number and amount.",
                advice="Pass the file as it was published.",
            )

    def read(self, source: Source, *, options: CdnowOptions) -> Iterator[Item[CdnowPurchase] | BadRow]:
        """The purchases in the order of the file."""
        keys = RowKeys()
        with source.file.open(encoding="utf-8", errors="surrogateescape") as stream:
            for number, line in enumerate(stream, start=1):
                if not line.strip():
                    continue
                try:
                    purchase = _purchase(line, keys, options)
                except ValueError as error:
                    yield BadRow(file=source.file.name, line=number, reason=str(error))
                else:
                    yield Item(source.file.name, number, purchase.transaction.source_key, purchase)

    def apply(self, items: Sequence[Item[CdnowPurchase]], *, uow: UnitOfWork, options: CdnowOptions) -> Counts:
        """Writes a batch of purchases."""
        customers = take_in_buyers(uow, [(item.value.customer, ()) for item in items])
        with units_told(uow, self.name, {item.source_key: item.value.units for item in items}):
            result = ingest(uow, self.name, [item.value.transaction for item in items])
        outcomes = list(zip(items, result.rows, strict=True))
        new = [(item, row) for item, row in outcomes if row.status is IngestStatus.CREATED]
        return Counts(
            created={"customers": customers.created, "transactions": result.created},
            unchanged={"customers": customers.unchanged, "transactions": result.duplicates},
            noted={"purchases for nothing": sum(item.value.transaction.amount.minor == 0 for item, _ in new)},
            rejected=tuple(bad_row(item, row) for item, row in outcomes if row.status is IngestStatus.REJECTED),
        )


def _purchase(line: str, keys: RowKeys, options: CdnowOptions) -> CdnowPurchase:
    """A line as a purchase; ValueError says what is wrong with it."""
    match = _ROW.fullmatch(line)
    if match is None:
        raise ValueError("The line is not a customer, a day, a number and an amount with two decimals.")
    customer, year, month, day, units, amount = match.groups()
    try:
        midnight = dt.datetime(int(year), int(month), int(day))  # noqa: DTZ001
    except ValueError:
        raise ValueError("The second column is no day of the calendar, written yyyymmdd.") from None
    identifier = NewExternalIdentifier(system=Cdnow.name, value=customer)
    transaction = NewTransaction(
        source_key=keys.key(match.groups()),
        customer=identifier,
        amount=Money.of(amount, options.currency),
        occurred_at=utc(midnight, zone=options.timezone),
        channel=Channel.WEB,
    )
    return CdnowPurchase(identifier, transaction, Decimal(units))
