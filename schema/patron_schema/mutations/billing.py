"""Issuing invoices, recording payments and saying what they pay."""

from __future__ import annotations

import strawberry

from patron_core.billing import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.billing import Invoice, Payment

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class InvoicePayload:
    """What a mutation of an invoice gives."""

    invoice: Invoice | None = strawberry.field(description="The invoice, as it is now.")


@payload
class PaymentPayload:
    """What a mutation of a payment gives."""

    payment: Payment | None = strawberry.field(description="The payment, as it is now.")


@extends(Mutation)
class BillingMutation:
    invoice_issue: InvoicePayload = mutation(
        commands.IssueInvoice, description="Issues an invoice; the same source key twice is one invoice."
    )
    invoice_void: InvoicePayload = mutation(commands.VoidInvoice, description="Takes an invoice out of account.")
    payment_record: PaymentPayload = mutation(
        commands.RecordPayment, description="Records a payment and what it pays; the same source key twice is one."
    )
    payment_allocate: PaymentPayload = mutation(
        commands.AllocatePayment, description="Says which invoices what is left of a payment pays."
    )


TYPES = (InvoicePayload, PaymentPayload)
EXTENSIONS = (BillingMutation,)
