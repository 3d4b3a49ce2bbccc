"""Writing the ledger, and following it."""

from __future__ import annotations

import strawberry

from patron_core.transactions import commands, events, ingest

from ..compose.names import camel
from ..declare import Mutation, Subscription, extends, mutation, payload, subscription
from ..types.transactions import Transaction

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class TransactionPayload:
    """What writing a row of the ledger gives."""

    transaction: Transaction | None = strawberry.field(description="The row, new or already known by its source key.")


@strawberry.type(description="What became of a row of a batch.")
class IngestedTransaction:
    index: int = strawberry.field(description="Its position in the batch, from 0.")
    status: ingest.IngestStatus = strawberry.field(description="Created, known already, or rejected.")
    id: strawberry.ID | None = strawberry.field(
        description="The transaction, new or known; null where it was rejected."
    )
    code: str | None = strawberry.field(description="Why it was rejected, as a code.")
    message: str | None = strawberry.field(description="Why it was rejected and what to do.")
    path: list[str] = strawberry.field(description="The field at fault, inside the row.")


@payload
class TransactionsIngestPayload:
    """What became of a batch."""

    results: list[IngestedTransaction] | None = strawberry.field(description="One result per row, in the rows' order.")
    created: int | None = strawberry.field(description="How many were recorded.")
    duplicates: int | None = strawberry.field(description="How many were known by their source key.")
    rejected: int | None = strawberry.field(description="How many were not recorded.")

    @staticmethod
    def of(result: ingest.IngestResult) -> TransactionsIngestPayload:
        """The payload of a batch's result."""
        return TransactionsIngestPayload(
            results=[_row(row) for row in result.rows],
            created=result.created,
            duplicates=result.duplicates,
            rejected=result.rejected,
        )


def _row(row: ingest.IngestedRow) -> IngestedTransaction:
    return IngestedTransaction(
        index=row.index,
        status=row.status,
        id=None if row.id is None else strawberry.ID(f"txn_{row.id}"),
        code=row.code,
        message=row.message,
        path=[camel(str(step)) for step in row.path],
    )


@extends(Mutation)
class TransactionMutation:
    transaction_record: TransactionPayload = mutation(
        commands.RecordTransaction, description="Records a row of the ledger; the same source key twice is one row."
    )
    transaction_reverse: TransactionPayload = mutation(
        commands.ReverseTransaction, description="Takes a row of the ledger back by a reversing row, at most once."
    )
    transactions_ingest: TransactionsIngestPayload = mutation(
        commands.IngestTransactions, description="Records up to 1,000 rows at once, each with a result of its own."
    )


@extends(Subscription)
class TransactionSubscription:
    transaction_recorded: Transaction = subscription(
        events.TransactionRecorded,
        events.TransactionReversed,
        events.TransactionsIngested,
        node_id="transaction_id",
        description="Each row written to the ledger, one by one or in batches.",
    )


TYPES = (TransactionPayload, TransactionsIngestPayload)
EXTENSIONS = (TransactionMutation, TransactionSubscription)
