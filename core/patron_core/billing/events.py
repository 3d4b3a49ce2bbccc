"""What can have happened to bills. Events carry ids and days, never amounts. `customer_id` is set."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event

__all__ = ["InvoiceIssued", "InvoiceOverdue", "InvoicePaid", "InvoiceVoided", "PaymentAllocated", "PaymentRecorded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceIssued(Event):
    """There is an invoice."""

    type: ClassVar[str] = "invoice.issued"
    invoice_id: uuid.UUID
    due_on: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicePaid(Event):
    """All of an invoice is paid. days_late: after its day; 0 where it was in time."""

    type: ClassVar[str] = "invoice.paid"
    invoice_id: uuid.UUID
    days_late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceOverdue(Event):
    """An invoice was not paid by its day; told once."""

    type: ClassVar[str] = "invoice.overdue"
    invoice_id: uuid.UUID
    due_on: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceVoided(Event):
    """An invoice does not count any more."""

    type: ClassVar[str] = "invoice.voided"
    invoice_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRecorded(Event):
    """Money came."""

    type: ClassVar[str] = "payment.recorded"
    payment_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentAllocated(Event):
    """Some of a payment pays an invoice."""

    type: ClassVar[str] = "payment.allocated"
    payment_id: uuid.UUID
    invoice_id: uuid.UUID
