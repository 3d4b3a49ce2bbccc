"""Demo rows: invoices of two companies, one of which pays in time, and payments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from patron_core.billing.commands import IssueInvoice, NewAllocation, RecordPayment
from patron_core.billing.models import Invoice
from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext
from patron_core.values import Money

__all__ = ["fill"]


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Five monthly invoices each; the last one of the second company is still open."""
    today = demo.uow.now.date()
    for place, customer in enumerate(companies[:2]):
        for month in range(5):
            issued_on = today - dt.timedelta(days=30 * (6 - month))
            total = Money(demo.random.randrange(20_000, 90_000), "EUR")
            invoice: Invoice = demo.uow.handle(
                IssueInvoice(
                    customer_id=customer.id,
                    number=f"INV-{place + 1}{month + 1:03}",
                    issued_on=issued_on,
                    due_on=issued_on + dt.timedelta(days=30),
                    total=total,
                )
            )
            demo.uow.flush()
            if place and month == 4:
                continue
            late = demo.random.randrange(5, 25) if place else -demo.random.randrange(5)
            paid = NewAllocation(invoice_id=invoice.id, amount=total)
            day = invoice.due_on + dt.timedelta(days=late)
            demo.uow.handle(
                RecordPayment(customer_id=customer.id, received_on=min(day, today), amount=total, allocations=(paid,))
            )
            demo.uow.flush()
