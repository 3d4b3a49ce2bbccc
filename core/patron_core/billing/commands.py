"""What may be asked about bills: issue an invoice, void it, record a payment, say which invoices it pays."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Annotated

from patron_core import validation
from patron_core.billing.models import Invoice, Payment, PaymentMethod
from patron_core.customers.commands import CustomerId
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.orders.commands import OrderId
from patron_core.touchpoints.commands import check_source
from patron_core.validation import above_zero, key, once, one_line
from patron_core.values import Money

__all__ = [
    "AllocatePayment",
    "InvoiceId",
    "IssueInvoice",
    "NewAllocation",
    "PaymentId",
    "RecordPayment",
    "VoidInvoice",
]

InvoiceId = Annotated[uuid.UUID, IdOf(Invoice)]
PaymentId = Annotated[uuid.UUID, IdOf(Payment)]

MOST_ALLOCATIONS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueInvoice(Command):
    """Issues an invoice; the same source and source key again give the one that is there."""

    customer_id: CustomerId = argument("Who owes.")
    order_id: OrderId | None = argument("The order it is for, which must be placed.", default=None)
    number: str = argument("Its number, unique.")
    issued_on: dt.date | None = argument("On which day it is written; today when left out.", default=None)
    due_on: dt.date = argument("The last day on which it is paid in time.")
    total: Money | None = argument("How much, with tax; the order's total when left out.", default=None)
    source: str | None = argument("The system that reports it.", default=None)
    source_key: str | None = argument("Its key there; needs a source.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "number", maximum=80)
        key(self, "source", "source_key", "idempotency_key")
        check_source(self.source, self.source_key)
        if self.total is None and self.order_id is None:
            raise InvalidInput(
                "The invoice is about nothing. Neither an order nor a total was given. Give one of them.",
                path=("total",),
            )
        above_zero(self.total, path="total")
        if self.issued_on is not None and self.due_on < self.issued_on:
            raise InvalidInput(
                "The invoice is due before it is written. An earlier day was given. Correct one.", path=("due_on",)
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidInvoice(Command):
    """Takes an invoice out of account. One of which something is paid stays."""

    id: InvoiceId = argument("The invoice.")
    version: int = argument("The version the change was made from.")
    reason: str = argument("Why.")

    def __post_init__(self) -> None:
        one_line(self, "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAllocation:
    """How much of a payment pays an invoice."""

    invoice_id: InvoiceId = argument("The invoice.")
    amount: Money = argument("How much, above zero.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPayment(Command):
    """Records a payment; the same source and source key again give the one that is there."""

    customer_id: CustomerId = argument("Who paid.")
    received_on: dt.date | None = argument("On which day it came; today when left out.", default=None)
    method: PaymentMethod = argument("How it came.", default=PaymentMethod.TRANSFER)
    amount: Money = argument("How much, above zero.")
    allocations: tuple[NewAllocation, ...] = argument("Which invoices it pays, each at most once.", default=())
    oldest_first: bool = argument(
        "Whether what is left pays the customer's open invoices, those that are due first.", default=False
    )
    remittance: str | None = argument("What was written with it.", default=None)
    source: str | None = argument("The system that reports it.", default=None)
    source_key: str | None = argument("Its key there; needs a source.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "remittance")
        key(self, "source", "source_key", "idempotency_key")
        check_source(self.source, self.source_key)
        above_zero(self.amount, path="amount")
        check_allocations(self.allocations)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocatePayment(Command):
    """Says which invoices pay what is left of a payment."""

    id: PaymentId = argument("The payment.")
    version: int = argument("The version the change was made from.")
    allocations: tuple[NewAllocation, ...] = argument("Which invoices it pays, each at most once.")
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        key(self, "idempotency_key")
        check_allocations(self.allocations)


def check_allocations(allocations: tuple[NewAllocation, ...]) -> None:
    """Refuses too many, an invoice twice, and amounts that are not above zero."""
    validation.count(allocations, most=MOST_ALLOCATIONS, path="allocations")
    for position, allocation in enumerate(allocations):
        above_zero(allocation.amount, path=("allocations", position, "amount"))
    once((each.invoice_id for each in allocations), path="allocations")
