"""What can have happened to the ledger. Events carry what follows need without reading: ids, kind, amount."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event, Named
from patron_core.records import INTERNAL, Classification
from patron_core.transactions.models import Transaction, TransactionKind
from patron_core.values import Money

__all__ = ["TransactionRecorded", "TransactionReversed", "TransactionsIngested"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionRecorded(Event):
    """A row of the ledger was recorded. `customer_id` is set where the customer is known."""

    type: ClassVar[str] = "transaction.recorded"
    transaction_id: uuid.UUID
    kind: TransactionKind
    amount: Money
    occurred_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionReversed(Event):
    """A row of the ledger was taken back by another one. `amount` is the reversing row's. `customer_id` as recorded."""

    type: ClassVar[str] = "transaction.reversed"
    names: ClassVar[Named] = {"reverses_id": Transaction}
    transaction_id: uuid.UUID
    reverses_id: uuid.UUID
    kind: TransactionKind
    amount: Money
    occurred_at: dt.datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionsIngested(Event):
    """Many rows of the ledger were recorded at once; there is no event for each of them.

    transaction_ids: the new rows, duplicates left out. customer_ids: their customers, each once.
    """

    type: ClassVar[str] = "transactions.ingested"
    classes: ClassVar[Mapping[str, Classification]] = {"source": INTERNAL}
    source: str
    transaction_ids: tuple[uuid.UUID, ...]
    customer_ids: tuple[uuid.UUID, ...]
