"""What this plugin reads of the core's ledger: rows that sold something or took it back, once for purchases and points.

In come ids of rows of the core's ledger, out come values, for one row or a thousand in the same statement.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from patron_core.transactions.models import Transaction, TransactionKind
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money

__all__ = ["Sold", "read_sold"]

_KINDS = (TransactionKind.SALE, TransactionKind.REFUND)


@dataclass(frozen=True, slots=True)
class Sold:
    """A sale, a refund, or a row that takes one of them back. source, source_key: as its source calls it."""

    id: uuid.UUID
    customer_id: uuid.UUID | None
    kind: TransactionKind
    amount: Money
    occurred_at: dt.datetime
    reverses_id: uuid.UUID | None
    source: str | None
    source_key: str | None

    @property
    def is_purchase(self) -> bool:
        """Whether something was bought, and not brought back."""
        return self.kind is TransactionKind.SALE and self.reverses_id is None


def read_sold(uow: UnitOfWork, ids: Sequence[uuid.UUID]) -> list[Sold]:
    """Those of the rows that are about goods, in the order in which they happened."""
    row = Transaction  # its columns alone: loading whole records would take as long as all the rest
    wanted = select(
        row.id,
        row.customer_id,
        row.kind,
        row.amount_minor,
        row.amount_currency,
        row.occurred_at,
        row.reverses_id,
        row.source,
        row.source_key,
    ).where(row.kind.in_(_KINDS))
    sold = [
        Sold(
            id=found.id,
            customer_id=found.customer_id,
            kind=found.kind,
            amount=Money(found.amount_minor, found.amount_currency),
            occurred_at=found.occurred_at,
            reverses_id=found.reverses_id,
            source=found.source,
            source_key=found.source_key,
        )
        for found in uow.look_up(wanted, row.id, ids)
    ]
    return sorted(sold, key=lambda each: (each.occurred_at, each.id))
