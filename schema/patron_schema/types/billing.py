"""Invoices and payments as the API shows them, and how a customer pays."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import case

from patron_core.billing import behaviour, models
from patron_core.billing.permissions import INVOICE_READ
from patron_core.day_counts import day_number
from patron_core.values import Money

from ..compose.commands import decode_id
from ..declare import Connection, Query, expression, extends, planned, related, resolver, root
from ..nodes import Node
from .customers import Customer
from .figures import Figure, shown

if TYPE_CHECKING:
    from .orders import Order

__all__ = ["EXTENSIONS", "TYPES", "Invoice", "Payment", "PaymentAllocation"]

_LATE = day_number(models.Invoice.paid_on) - day_number(models.Invoice.due_on)


@planned(models.Invoice)
class Invoice(Node):
    """What a customer owes until a day."""

    customer: Customer
    order: Order | None
    number: str
    issued_on: dt.date
    due_on: dt.date
    status: models.InvoiceStatus
    total: Money
    paid: Money
    outstanding: Money
    paid_on: dt.date | None
    days_late: int | None = expression(
        case((models.Invoice.paid_on > models.Invoice.due_on, _LATE), (models.Invoice.paid_on.is_not(None), 0)),
        description="How many days after its day it was paid; 0 where that was in time, null while it is not.",
    )
    overdue_at: dt.datetime | None
    void_reason: str | None
    source: str | None
    source_key: str | None
    version: int
    created_at: dt.datetime
    allocations: Connection[PaymentAllocation] = related(
        models.PaymentAllocation.invoice, description="Which payments pay it."
    )


@planned(models.Payment)
class Payment(Node):
    """Money that came from a customer."""

    customer: Customer
    received_on: dt.date
    method: models.PaymentMethod
    amount: Money
    allocated: Money
    unallocated: Money
    remittance: str | None
    source: str | None
    source_key: str | None
    version: int
    created_at: dt.datetime
    allocations: Connection[PaymentAllocation] = related(
        models.PaymentAllocation.payment, description="Which invoices it pays."
    )


@planned(models.PaymentAllocation)
class PaymentAllocation(Node):
    """How much of a payment pays an invoice."""

    payment: Payment
    invoice: Invoice
    amount: Money
    created_at: dt.datetime


@extends(Customer)
class CustomerBills:
    invoices: Connection[Invoice] = related(models.Invoice.customer, description="What the customer owes or owed.")
    payments: Connection[Payment] = related(models.Payment.customer, description="What the customer paid.")


@strawberry.type(description="How a customer pays.")
class PaymentBehaviour:
    days_late: Figure = strawberry.field(description="How many days late, weighted by amount; in time counts as 0.")
    share_late: Figure = strawberry.field(description="What share of the invoices was late or is, 0 to 1.")


Whose = Annotated[strawberry.ID, strawberry.argument(description="The customer.")]
AsOf = Annotated[
    dt.date | None, strawberry.argument(description="The day up to which payments count; today when left out.")
]
Least = Annotated[int, strawberry.argument(description="How many invoices the figures need to apply, 1 to 1,000.")]


@extends(Query)
class BillingQuery:
    invoice: Invoice | None = root(description="An invoice by its id.")
    invoices: Connection[Invoice] = root(description="Invoices.")
    payment: Payment | None = root(description="A payment by its id.")
    payments: Connection[Payment] = root(description="Payments.")
    payment_allocations: Connection[PaymentAllocation] = root(description="Which payments pay which invoices.")

    @resolver(scope=INVOICE_READ)
    async def payment_behaviour(
        self,
        info: strawberry.Info[Any, Any],
        customer_id: Whose,
        as_of: AsOf = None,
        least_invoices: Least = behaviour.LEAST_INVOICES,
    ) -> PaymentBehaviour | None:
        """How many days late a customer pays and how often, with the invoices from which that follows."""
        wanted = decode_id(customer_id, "cus")
        found = await info.context.read(
            lambda uow: behaviour.payment_behaviour(uow, wanted, as_of=as_of, least_invoices=least_invoices)
        )
        return PaymentBehaviour(days_late=shown(found.days_late), share_late=shown(found.share_late))


TYPES = (Invoice, Payment, PaymentAllocation)
EXTENSIONS = (CustomerBills, BillingQuery)
