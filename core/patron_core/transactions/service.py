"""What happens to the ledger: record a row, take one back. Many at once are taken in by `ingest`."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select

from patron_core.customers.models import Customer
from patron_core.errors import Conflict, InvalidInput
from patron_core.hookspecs import CommandHandler
from patron_core.transactions import events
from patron_core.transactions.commands import IngestTransactions, NewLine, RecordTransaction, ReverseTransaction
from patron_core.transactions.ingest import ingest_transactions
from patron_core.transactions.lines import line_values, margin_of
from patron_core.transactions.models import Transaction, TransactionLine
from patron_core.transactions.permissions import TRANSACTION_WRITE
from patron_core.unit_of_work import UnitOfWork

__all__ = ["HANDLERS", "record_transaction", "reverse_transaction"]


def record_transaction(command: RecordTransaction, uow: UnitOfWork) -> Transaction:
    """Records a row of the ledger with its lines. A source key that is known gives the row that is there."""
    if command.customer_id is not None:
        uow.refer(Customer, command.customer_id, path=("customer_id",))
    values = {
        "customer_id": command.customer_id,
        "kind": command.kind,
        "amount": command.amount,
        "margin": margin_of(command.lines),
        "occurred_at": command.occurred_at or uow.now,
        "channel": command.channel,
        "receipt_number": command.receipt_number,
        "source": command.source,
        "source_key": command.source_key,
    }
    if command.source is None:
        transaction = uow.add(Transaction(**values))
    elif ids := uow.add_many(Transaction, [values], unless_exists=SOURCE_KEY):
        transaction = uow.get(Transaction, ids[0])
    else:
        return _known(command, uow)
    _add_lines(transaction.id, command.lines, uow)
    uow.emit(
        events.TransactionRecorded(
            customer_id=transaction.customer_id,
            transaction_id=transaction.id,
            kind=transaction.kind,
            amount=transaction.amount,
            occurred_at=transaction.occurred_at,
        )
    )
    return transaction


def reverse_transaction(command: ReverseTransaction, uow: UnitOfWork) -> Transaction:
    """Adds the row that takes another back, with opposite amount and lines. CONFLICT where that was done already."""
    original = uow.get(Transaction, command.id, path=("id",))
    occurred_at = command.occurred_at or uow.now
    if original.reverses_id is not None:
        raise InvalidInput(
            "A row that takes another one back cannot be taken back. The id of a reversing row was given. "
            "Record the transaction again.",
            path=("id",),
        )
    if occurred_at < original.occurred_at:
        raise InvalidInput(
            "A transaction cannot be taken back before it happened. An earlier time was given. Give a later one.",
            path=("occurred_at",),
        )
    values = {
        "customer_id": original.customer_id,
        "kind": original.kind,
        "amount": -original.amount,
        "margin": None if original.margin is None else -original.margin,
        "occurred_at": occurred_at,
        "channel": original.channel,
        "receipt_number": original.receipt_number,
        "reverses_id": original.id,
    }
    # The unique constraint decides between two at once.
    ids = uow.add_many(Transaction, [values], unless_exists=("reverses_id",))
    if not ids:
        raise Conflict(
            "The transaction was taken back already. It can be taken back once. Record a new one if need be.",
            path=("id",),
        )
    reversal = uow.get(Transaction, ids[0])
    _take_lines_back(original.id, reversal.id, uow)
    uow.emit(
        events.TransactionReversed(
            customer_id=original.customer_id,
            transaction_id=reversal.id,
            reverses_id=original.id,
            kind=original.kind,
            amount=reversal.amount,
            occurred_at=occurred_at,
            reason=command.reason,
        )
    )
    return reversal


def _known(command: RecordTransaction, uow: UnitOfWork) -> Transaction:
    known = uow.find(Transaction, source=command.source, source_key=command.source_key)
    if known is None:  # written and not yet visible: another transaction is about to commit it
        raise Conflict("The transaction is being recorded by another request. It has the same source key. Try again.")
    return known


def _add_lines(transaction_id: uuid.UUID, lines: Sequence[NewLine], uow: UnitOfWork) -> None:
    if lines:
        uow.add_many(TransactionLine, line_values(transaction_id, lines))


def _take_lines_back(original_id: uuid.UUID, reversal_id: uuid.UUID, uow: UnitOfWork) -> None:
    lines = uow.select(select(TransactionLine).where(TransactionLine.transaction_id == original_id))
    opposite: list[Mapping[str, Any]] = [
        {
            "transaction_id": reversal_id,
            "number": line.number,
            "sku": line.sku,
            "description": line.description,
            "quantity": -line.quantity,
            "unit_price": line.unit_price,
            "amount": -line.amount,
            "cost": None if line.cost is None else -line.cost,
            "margin": None if line.margin is None else -line.margin,
        }
        for line in lines
    ]
    if opposite:
        uow.add_many(TransactionLine, opposite)


SOURCE_KEY: Final = ("source", "source_key")

HANDLERS: Final = (
    CommandHandler(command=RecordTransaction, handler=record_transaction, permission=TRANSACTION_WRITE),
    CommandHandler(command=ReverseTransaction, handler=reverse_transaction, permission=TRANSACTION_WRITE),
    CommandHandler(command=IngestTransactions, handler=ingest_transactions, permission=TRANSACTION_WRITE),
)
