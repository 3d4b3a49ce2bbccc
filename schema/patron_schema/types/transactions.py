"""The ledger as the API shows it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import case

from patron_core.touchpoints.models import Channel
from patron_core.transactions import models
from patron_core.values import Money

from ..declare import Connection, Query, expression, extends, planned, related, root
from ..nodes import Node
from .timeline import TimelineEntry

if TYPE_CHECKING:
    from .customers import Customer

__all__ = ["EXTENSIONS", "TYPES", "Transaction", "TransactionLine"]

_SUMMARY = case(
    (models.Transaction.kind == models.TransactionKind.SALE, "Sale"),
    (models.Transaction.kind == models.TransactionKind.REFUND, "Refund"),
    (models.Transaction.kind == models.TransactionKind.FEE, "Fee"),
    (models.Transaction.kind == models.TransactionKind.COST_TO_SERVE, "Cost to serve"),
    else_="Adjustment",
)


@planned(models.Transaction)
class Transaction(TimelineEntry):
    """A row of the ledger."""

    customer: Customer | None
    kind: models.TransactionKind
    amount: Money
    margin: Money | None
    occurred_at: dt.datetime
    channel: Channel | None
    receipt_number: str | None
    source: str | None
    source_key: str | None
    summary: str = expression(_SUMMARY, description="What kind of row it is.", filterable=False, orderable=False)
    reverses: Transaction | None
    reversed_by: Transaction | None = related(
        models.Transaction.reverses, description="The row that takes this one back."
    )
    lines: Connection[TransactionLine] = related(models.TransactionLine.transaction, description="The items.")


@planned(models.TransactionLine)
class TransactionLine(Node):
    """An item of a transaction."""

    transaction: Transaction
    number: int
    sku: str | None
    description: str | None
    quantity: Decimal
    unit_price: Money
    amount: Money
    cost: Money | None
    margin: Money | None


@extends(Query)
class TransactionQuery:
    transaction: Transaction | None = root(description="A row of the ledger by its id.")
    transactions: Connection[Transaction] = root(description="Rows of the ledger.")


TYPES = (Transaction, TransactionLine)
EXTENSIONS = (TransactionQuery,)
