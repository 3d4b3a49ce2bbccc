"""Which sales stand: a row that takes another one back is none, and neither is the sale that it takes back."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from patron_core.transactions.models import Transaction, TransactionKind

__all__ = ["standing_sales"]


def standing_sales() -> tuple[ColumnElement[bool], ...]:
    """Criteria on `Transaction` that leave the sales that nobody took back."""
    taken = aliased(Transaction)
    back = select(taken.id).where(taken.reverses_id == Transaction.id).exists()
    return Transaction.kind == TransactionKind.SALE, Transaction.reverses_id.is_(None), ~back
