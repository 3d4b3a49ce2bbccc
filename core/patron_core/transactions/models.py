"""The ledger of what customers bought, returned and cost: append-only; a correction is a reversing row."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..customers.models import Customer
from ..records import FINANCIAL, INTERNAL, PUBLIC, Record, column, money, reference, subject
from ..touchpoints.models import Channel
from ..values import Code, Money

__all__ = ["Transaction", "TransactionKind", "TransactionLine"]


class TransactionKind(Code):
    """What a row of the ledger stands for."""

    SALE = "sale", "Something sold; the amount is what the customer owes."
    REFUND = "refund", "Money given back; the amount is negative."
    FEE = "fee", "A charge."
    COST_TO_SERVE = "cost_to_serve", "What serving the customer cost us."
    ADJUSTMENT = "adjustment", "A correction that has no other name."


class Transaction(Record):
    """A row of the ledger."""

    __tablename__ = "ledger_transaction"
    id_prefix = "txn"
    without_index = (
        ("source_key", "Asked with its source, and an index has both."),
        ("margin_minor margin_currency", "Summed of a customer's or a time's rows, and ordered among them."),
    )
    append_only = True
    ours_where = ("kind", TransactionKind.COST_TO_SERVE)
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "source_key"),
        Index(None, "tenant_id", "customer_id", "occurred_at", "id"),
        Index(None, "tenant_id", "occurred_at", "id"),
    )

    customer: Mapped[Customer | None] = subject(
        Customer, optional=True, doc="Whose transaction; null when nobody was named."
    )
    kind: Mapped[TransactionKind] = column(
        PUBLIC, doc="Sale, refund, fee, cost or adjustment.", filterable=True, orderable=True
    )
    amount: Mapped[Money] = money(FINANCIAL, doc="How much.", filterable=True, orderable=True)
    margin: Mapped[Money | None] = money(
        FINANCIAL,
        doc="What is left of the amount after what its items cost us; null where the cost of one is not known.",
        optional=True,
        filterable=True,
        orderable=True,
        ours=True,
    )
    occurred_at: Mapped[dt.datetime] = column(INTERNAL, doc="When it happened.", filterable=True, orderable=True)
    channel: Mapped[Channel | None] = column(PUBLIC, doc="Where it was made.", filterable=True)
    receipt_number: Mapped[str | None] = column(
        INTERNAL, doc="Number on the receipt or invoice.", filterable=True, orderable=True, index=True
    )
    reverses: Mapped[Transaction | None] = reference(
        "self", optional=True, unique=True, doc="The row this one takes back; a row is taken back at most once."
    )
    source: Mapped[str | None] = column(INTERNAL, doc="The system that reported it.", filterable=True)
    source_key: Mapped[str | None] = column(
        INTERNAL, doc="Its key there: the same key twice is one transaction.", filterable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID | None]
        reverses_id: Mapped[uuid.UUID | None]
        amount_minor: Mapped[int]
        amount_currency: Mapped[str]


class TransactionLine(Record):
    """An item of a transaction."""

    __tablename__ = "ledger_transaction_line"
    id_prefix = "txl"
    without_index = (("*", "Written often, and asked of one transaction's lines, which its reference finds."),)
    append_only = True
    __table_args__ = (UniqueConstraint("tenant_id", "transaction_id", "number"),)

    transaction: Mapped[Transaction] = subject(Transaction, doc="The transaction.")
    number: Mapped[int] = column(PUBLIC, doc="Position, from 1.", filterable=True, orderable=True)
    sku: Mapped[str | None] = column(PUBLIC, doc="Stock-keeping unit.", filterable=True)
    description: Mapped[str | None] = column(INTERNAL, doc="What was sold.", filterable=True)
    quantity: Mapped[Decimal] = column(
        INTERNAL, doc="How many; negative when returned.", scale=3, filterable=True, orderable=True
    )
    unit_price: Mapped[Money] = money(FINANCIAL, doc="Price of one.", filterable=True, orderable=True)
    amount: Mapped[Money] = money(FINANCIAL, doc="Quantity times price.", filterable=True, orderable=True)
    cost: Mapped[Money | None] = money(
        FINANCIAL,
        doc="What the items cost us; negative when returned, null where nobody knows.",
        optional=True,
        ours=True,
    )
    margin: Mapped[Money | None] = money(
        FINANCIAL,
        doc="Amount less cost, null where nobody knows.",
        optional=True,
        filterable=True,
        orderable=True,
        ours=True,
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        transaction_id: Mapped[uuid.UUID]
        amount_minor: Mapped[int]
        cost_minor: Mapped[int | None]
        cost_currency: Mapped[str | None]
