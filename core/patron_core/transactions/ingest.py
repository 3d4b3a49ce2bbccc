"""Taking in many rows of the ledger at once, each with a result of its own, in a handful of statements for any number.

Rows are checked in memory, then known source keys and customers are looked up in one statement each, and what is new
is inserted with one statement for transactions and one for lines. The unique source key decides between two batches
at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import select

from patron_core.customers.intake import find_customers
from patron_core.customers.models import Customer
from patron_core.errors import InvalidInput, NotFound, PublicError, Vetoed
from patron_core.messages import Refused
from patron_core.transactions.commands import IngestTransactions, NewTransaction, RecordTransaction, check_row
from patron_core.transactions.events import TransactionsIngested
from patron_core.transactions.lines import line_values, margin_of
from patron_core.transactions.models import Transaction, TransactionLine
from patron_core.transactions.undoing import freed_keys
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Code

__all__ = ["IngestResult", "IngestStatus", "IngestedRow", "ingest_transactions"]

_SOURCE_KEY: Final = ("source", "source_key")
_number: Final = attrgetter("int")  # sorts ids without a call of Python for each comparison


class IngestStatus(Code):
    """What became of a row of a batch."""

    CREATED = "created", "Recorded."
    DUPLICATE = "duplicate", "Known by its source key; nothing changed."
    REJECTED = "rejected", "Not recorded; code and message say why."


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestedRow:
    """What became of a row.

    index: its position in the batch, from 0. id: of the transaction, new or known; None where it was rejected. code,
    message: why it was rejected. path: the field at fault, inside the row.
    """

    index: int
    status: IngestStatus
    id: uuid.UUID | None = None
    code: str | None = None
    message: str | None = None
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestResult:
    """What became of a batch: its rows in their order, and how many of each status."""

    rows: tuple[IngestedRow, ...]
    created: int
    duplicates: int
    rejected: int


def ingest_transactions(command: IngestTransactions, uow: UnitOfWork) -> IngestResult:
    """Records the rows that are sound and new. Faults refuse their row alone; a known source key is a duplicate."""
    batch = _Batch(command, uow)
    batch.check()
    batch.find_duplicates()
    batch.find_customers()
    batch.ask_gates()
    batch.insert()
    return batch.result()


class _Batch:
    """A batch on its way: results by position, and the rows that are still to be recorded."""

    def __init__(self, command: IngestTransactions, uow: UnitOfWork) -> None:
        self._source = command.source
        self._uow = uow
        self._rows = command.rows
        self._open: dict[int, NewTransaction] = {}
        self._customers: dict[int, uuid.UUID | None] = {}
        self._results: dict[int, IngestedRow] = {}

    def check(self) -> None:
        """Rejects what is wrong by itself, and keeps the rest open."""
        for index, row in enumerate(self._rows):
            if isinstance(row, Refused):
                self._refuse(index, code=row.code, message=row.message, path=row.path)
                continue
            self._open[index] = row
            try:
                check_row(row)
            except InvalidInput as error:
                self._reject(index, error)

    def find_duplicates(self) -> None:
        """Settles rows whose key is known."""
        known = self._known([row.source_key for row in self._open.values()])
        free = freed_keys(self._uow, known, self._known)
        for index, row in list(self._open.items()):
            if row.source_key in free:  # an undo of an import took its row back, and it may come again
                row = self._open[index] = replace(row, source_key=free[row.source_key])
            if row.source_key in known:
                self._settle(index, IngestStatus.DUPLICATE, known[row.source_key])

    def find_customers(self) -> None:
        """Rejects rows that name a customer nobody has."""
        by_id = self._customers_by_id()
        by_identifier = self._customers_by_identifier()
        for index, row in list(self._open.items()):
            try:
                self._customers[index] = _customer(row, by_id, by_identifier)
            except NotFound as error:
                self._reject(index, error)

    def ask_gates(self) -> None:
        """Rejects what a plugin's gate would veto as a single command: a batch is no way around it."""
        if not self._open or not self._uow.has_gate(self._as_command(next(iter(self._open)))):
            return
        for index in list(self._open):
            try:
                self._uow.judge(self._as_command(index))
            except Vetoed as error:
                self._reject(index, error)

    def insert(self) -> None:
        """Inserts what is left: the first of each key; others with the key are duplicates of it."""
        firsts: dict[str, int] = {}
        for index, row in self._open.items():
            firsts.setdefault(row.source_key, index)
        ids = dict(zip(firsts.values(), self._uow.ids.many(len(firsts)), strict=True))
        values = [self._values(index, ids[index]) for index in firsts.values()]
        inserted = set(self._uow.add_many(Transaction, values, unless_exists=_SOURCE_KEY))
        self._insert_lines({index: id_ for index, id_ in ids.items() if id_ in inserted})
        overtaken = [self._open[index].source_key for index, id_ in ids.items() if id_ not in inserted]
        known = self._known(overtaken)  # by a batch that committed in between
        for index, row in list(self._open.items()):
            first = firsts[row.source_key]
            if first == index and ids[first] in inserted:
                self._settle(index, IngestStatus.CREATED, ids[first])
            else:
                self._settle(index, IngestStatus.DUPLICATE, known.get(row.source_key, ids[first]))
        self._tell([id_ for id_ in ids.values() if id_ in inserted])

    def result(self) -> IngestResult:
        """The results in the order of the rows."""
        rows = tuple(self._results[index] for index in range(len(self._rows)))
        counts = {status: sum(row.status is status for row in rows) for status in IngestStatus}
        return IngestResult(
            rows=rows,
            created=counts[IngestStatus.CREATED],
            duplicates=counts[IngestStatus.DUPLICATE],
            rejected=counts[IngestStatus.REJECTED],
        )

    def _known(self, keys: Sequence[str]) -> dict[str, uuid.UUID]:
        if not keys:
            return {}
        wanted = select(Transaction.source_key, Transaction.id).where(Transaction.source == self._source)
        return {row.source_key: row.id for row in self._uow.look_up(wanted, Transaction.source_key, keys)}

    def _customers_by_id(self) -> set[uuid.UUID]:
        ids = {row.customer_id for row in self._open.values() if row.customer_id is not None}
        return {row.id for row in self._uow.look_up(select(Customer.id), Customer.id, ids)}

    def _customers_by_identifier(self) -> dict[tuple[str, str], uuid.UUID]:
        named = [(row.customer.system, row.customer.value) for row in self._open.values() if row.customer is not None]
        return {key: taken.customer_id for key, taken in find_customers(self._uow, named).items()}

    def _as_command(self, index: int) -> RecordTransaction:
        row = self._open[index]
        return RecordTransaction(
            customer_id=self._customers[index],
            kind=row.kind,
            amount=row.amount,
            occurred_at=row.occurred_at,
            channel=row.channel,
            receipt_number=row.receipt_number,
            lines=row.lines,
            source=self._source,
            source_key=row.source_key,
        )

    def _values(self, index: int, id_: uuid.UUID) -> Mapping[str, Any]:
        row = self._open[index]
        return {
            "id": id_,
            "customer_id": self._customers[index],
            "kind": row.kind,
            "amount": row.amount,
            "margin": margin_of(row.lines),
            "occurred_at": row.occurred_at,
            "channel": row.channel,
            "receipt_number": row.receipt_number,
            "source": self._source,
            "source_key": row.source_key,
        }

    def _insert_lines(self, inserted: Mapping[int, uuid.UUID]) -> None:
        lines = [line for index, id_ in inserted.items() for line in line_values(id_, self._open[index].lines)]
        if lines:
            self._uow.add_many(TransactionLine, lines)

    def _tell(self, inserted: Sequence[uuid.UUID]) -> None:
        if inserted:
            customers = {id_ for id_ in self._customers.values() if id_ is not None}
            self._uow.emit(
                TransactionsIngested(
                    source=self._source,
                    transaction_ids=tuple(inserted),
                    customer_ids=tuple(sorted(customers, key=_number)),
                )
            )

    def _reject(self, index: int, error: PublicError) -> None:
        del self._open[index]
        self._refuse(index, code=error.public_code, message=error.message, path=error.path)

    def _refuse(self, index: int, *, code: str, message: str, path: tuple[str | int, ...]) -> None:
        self._results[index] = IngestedRow(
            index=index, status=IngestStatus.REJECTED, code=code, message=message, path=path
        )

    def _settle(self, index: int, status: IngestStatus, id_: uuid.UUID) -> None:
        del self._open[index]
        self._results[index] = IngestedRow(index=index, status=status, id=id_)


def _customer(
    row: NewTransaction, by_id: set[uuid.UUID], by_identifier: Mapping[tuple[str, str], uuid.UUID]
) -> uuid.UUID | None:
    if row.customer is not None:
        found = by_identifier.get((row.customer.system, row.customer.value))
        if found is None:
            raise NotFound(
                "There is no such customer. The external identifier names none that you may see. Check it.",
                path=("customer",),
            )
        return found
    if row.customer_id is not None and row.customer_id not in by_id:
        raise NotFound(
            "There is no such customer. The id names none that you may see. Check the id.", path=("customer_id",)
        )
    return row.customer_id
