"""An importer as a vendor would write one, to test the framework with: purchases, one a line, `customer,day,amount`.

As a program it imports a file and is killed in the middle of a batch: `python purchases.py URL TENANT FILE BATCH`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import sys
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.intake import take_in_customers
from patron_core.database import open_database
from patron_core.imports.importer import BadRow, Counts, Importer, ImportOptions, Item, Source
from patron_core.imports.runner import run_import
from patron_core.imports.source_keys import RowKeys
from patron_core.imports.tables import Row, check_header, read_table
from patron_core.messages import Actor
from patron_core.parties.commands import NewExternalIdentifier, NewPerson
from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_core.transactions.commands import IngestTransactions, NewTransaction
from patron_core.transactions.models import TransactionKind
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money, RandomIds, SystemClock

COLUMNS = ("customer", "day", "amount")


class PurchaseOptions(ImportOptions):
    """What the file does not say."""

    currency: str = Field("EUR", description="Currency of all amounts, ISO 4217.")


class Purchases(Importer[NewTransaction, PurchaseOptions]):
    """Purchases of an old shop."""

    name = "purchases"
    description = "Purchases, one a line."
    options = PurchaseOptions
    suffixes = (".csv",)
    batch_size = 10

    def check(self, source: Source, *, options: PurchaseOptions) -> None:
        """Refuses a file without the three columns."""
        check_header(source.file, columns=COLUMNS, format=self.name)

    def read(self, source: Source, *, options: PurchaseOptions) -> Iterator[Item[NewTransaction] | BadRow]:
        """A purchase for each row."""
        keys = RowKeys()
        for row in read_table(source.file):
            yield row if isinstance(row, BadRow) else self._purchase(row, keys, options)

    def apply(self, items: Sequence[Item[NewTransaction]], *, uow: UnitOfWork, options: PurchaseOptions) -> Counts:
        """Takes in customers, then purchases."""
        named = [item.value.customer for item in items if item.value.customer is not None]
        intake = take_in_customers(
            uow,
            [
                CreateCustomer(person=NewPerson(display_name="Customer"), external_identifiers=(identifier,))
                for identifier in named
            ],
        )
        result = uow.handle(IngestTransactions(source=self.name, rows=tuple(item.value for item in items)))
        refused = [BadRow(items[r.index].file, items[r.index].line, r.message) for r in result.rows if r.message]
        return Counts(
            created={"customers": intake.created, "transactions": result.created},
            unchanged={"customers": intake.unchanged, "transactions": result.duplicates},
            noted={"purchases without a customer": len(items) - len(named)},
            rejected=tuple(refused),
        )

    def _purchase(self, row: Row, keys: RowKeys, options: PurchaseOptions) -> Item[NewTransaction] | BadRow:
        key = keys.key(row.values.values())
        try:
            amount = Money.of(row.values["amount"], options.currency)
            day = dt.datetime.fromisoformat(row.values["day"]).replace(tzinfo=dt.UTC)
        except ValueError:
            return row.bad("Column day or amount is not well formed.")
        name = row.values["customer"]
        purchase = NewTransaction(
            source_key=key,
            customer=NewExternalIdentifier(system=self.name, value=name) if name else None,
            kind=TransactionKind.REFUND if amount.minor < 0 else TransactionKind.SALE,
            amount=amount,
            occurred_at=day,
        )
        return Item(row.file, row.line, key, purchase)


class KilledPurchases(Purchases):
    """Ends its process without warning in the middle of a batch, after the batch's rows were sent."""

    def __init__(self, *, batch: int) -> None:
        self._left = batch

    def apply(self, items: Sequence[Item[NewTransaction]], *, uow: UnitOfWork, options: PurchaseOptions) -> Counts:
        """Applies the batch; in the chosen one the process dies before the commit."""
        counts = super().apply(items, uow=uow, options=options)
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return counts


async def _main(url: str, tenant: str, file: str, batch: str) -> None:
    clock = SystemClock()
    actor = Actor(uuid.UUID(tenant), "import", "system", reason="A test of what a kill leaves.")
    context: dict[str, Any] = {"plugins": Plugins.of({}), "clock": clock, "ids": RandomIds(clock)}
    database = open_database(Settings(database_url=url))
    await run_import(database, KilledPurchases(batch=int(batch)), [Path(file)], actor=actor, **context)


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
