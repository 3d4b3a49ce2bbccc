"""Invoices, payments, and which payment pays how much of which invoice."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..customers.models import Customer
from ..orders.models import Order
from ..records import FINANCIAL, INTERNAL, PII, PUBLIC, Record, column, money, reference, subject
from ..values import Code, Money

__all__ = ["Invoice", "InvoiceStatus", "Payment", "PaymentAllocation", "PaymentMethod"]


class InvoiceStatus(Code):
    """How far an invoice is paid."""

    OPEN = "open", "Nothing is paid."
    PARTLY_PAID = "partly_paid", "Some of it is paid."
    PAID = "paid", "All of it is paid."
    VOID = "void", "It does not count; nothing is owed."


class PaymentMethod(Code):
    """How money came."""

    TRANSFER = "transfer", "By bank transfer."
    DIRECT_DEBIT = "direct_debit", "Drawn from the customer's account."
    CARD = "card", "By card."
    CASH = "cash", "In cash."
    OTHER = "other", "In another way."


class Invoice(Record):
    """What a customer owes until a day."""

    __tablename__ = "invoice"
    id_prefix = "inv"
    without_index = (
        ("source source_key issued_on paid_on overdue_at", "Asked within a status or a customer's invoices."),
        (
            "total_minor total_currency paid_minor paid_currency outstanding_minor outstanding_currency",
            "Asked within a status or a customer's invoices.",
        ),
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("tenant_id", "source", "source_key"),
        Index(None, "tenant_id", "status", "due_on", "id"),
        Index(None, "tenant_id", "due_on", "id"),
        CheckConstraint("total_minor >= 0 AND paid_minor >= 0 AND outstanding_minor >= 0", name="amounts"),
        CheckConstraint("status = 'VOID' OR total_minor = paid_minor + outstanding_minor", name="outstanding"),
        CheckConstraint("issued_on <= due_on", name="due_on"),
    )

    customer: Mapped[Customer] = subject(Customer, doc="Who owes.")
    order: Mapped[Order | None] = reference(Order, optional=True, doc="The order it is for.")
    number: Mapped[str] = column(INTERNAL, doc="Its number, unique.", filterable=True, orderable=True)
    issued_on: Mapped[dt.date] = column(INTERNAL, doc="On which day it was written.", filterable=True, orderable=True)
    due_on: Mapped[dt.date] = column(
        INTERNAL, doc="The last day on which it is paid in time.", filterable=True, orderable=True
    )
    status: Mapped[InvoiceStatus] = column(INTERNAL, doc="How far it is paid.", filterable=True, orderable=True)
    total: Mapped[Money] = money(FINANCIAL, doc="How much it is about, with tax.", filterable=True, orderable=True)
    paid: Mapped[Money] = money(FINANCIAL, doc="What payments were allocated to it.", filterable=True)
    outstanding: Mapped[Money] = money(FINANCIAL, doc="What is still owed.", filterable=True, orderable=True)
    paid_on: Mapped[dt.date | None] = column(
        INTERNAL, doc="On which day all of it was paid.", filterable=True, orderable=True
    )
    overdue_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it was found unpaid after its day.", filterable=True, orderable=True
    )
    void_reason: Mapped[str | None] = column(PII, doc="Why it does not count.")
    source: Mapped[str | None] = column(INTERNAL, doc="The system that reported it.", filterable=True)
    source_key: Mapped[str | None] = column(
        INTERNAL, doc="Its key there: the same key twice is one invoice.", filterable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]
        order_id: Mapped[uuid.UUID | None]
        total_minor: Mapped[int]
        total_currency: Mapped[str]
        paid_minor: Mapped[int]
        outstanding_minor: Mapped[int]


class Payment(Record):
    """Money that came from a customer."""

    __tablename__ = "payment"
    id_prefix = "pay"
    without_index = (
        ("method source source_key", "Asked within a time or a customer's payments."),
        (
            "amount_minor amount_currency allocated_minor allocated_currency unallocated_minor unallocated_currency",
            "Asked within a time or a customer's payments.",
        ),
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "source_key"),
        Index(None, "tenant_id", "received_on", "id"),
        CheckConstraint("amount_minor > 0 AND allocated_minor >= 0 AND unallocated_minor >= 0", name="amounts"),
        CheckConstraint("amount_minor = allocated_minor + unallocated_minor", name="unallocated"),
    )

    customer: Mapped[Customer] = subject(Customer, doc="Who paid.")
    received_on: Mapped[dt.date] = column(INTERNAL, doc="On which day it came.", filterable=True, orderable=True)
    method: Mapped[PaymentMethod] = column(PUBLIC, doc="How it came.", filterable=True)
    amount: Mapped[Money] = money(FINANCIAL, doc="How much.", filterable=True, orderable=True)
    allocated: Mapped[Money] = money(FINANCIAL, doc="What of it pays invoices.")
    unallocated: Mapped[Money] = money(FINANCIAL, doc="What of it pays nothing yet.", filterable=True, orderable=True)
    remittance: Mapped[str | None] = column(PII, doc="What was written with it.")
    source: Mapped[str | None] = column(INTERNAL, doc="The system that reported it.", filterable=True)
    source_key: Mapped[str | None] = column(
        INTERNAL, doc="Its key there: the same key twice is one payment.", filterable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]
        amount_minor: Mapped[int]
        amount_currency: Mapped[str]
        unallocated_minor: Mapped[int]


class PaymentAllocation(Record):
    """How much of a payment pays an invoice."""

    __tablename__ = "payment_allocation"
    id_prefix = "pal"
    append_only = True
    without_index = (("amount_minor amount_currency", "Asked of one payment's or one invoice's allocations."),)
    __table_args__ = (CheckConstraint("amount_minor > 0", name="amount_minor"),)

    payment: Mapped[Payment] = subject(Payment, doc="The payment.")
    invoice: Mapped[Invoice] = subject(Invoice, doc="The invoice.")
    amount: Mapped[Money] = money(FINANCIAL, doc="How much.", filterable=True, orderable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        payment_id: Mapped[uuid.UUID]
        invoice_id: Mapped[uuid.UUID]
