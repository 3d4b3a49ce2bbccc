"""What time does to invoices: one that is not paid by its day is overdue, which is told once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from patron_core.billing import events
from patron_core.billing.models import Invoice
from patron_core.billing.service import OWED
from patron_core.hookspecs import Progress, Step

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["find_overdue"]

_AT_ONCE: Final = 500


def find_overdue(step: Step, uow: UnitOfWork) -> Progress | None:
    """Finds invoices whose day has passed unpaid, up to 500 in each step. Days are those of UTC."""
    late = (Invoice.status.in_(OWED), Invoice.due_on < uow.now.date(), Invoice.overdue_at.is_(None))
    some = select(Invoice.id).where(*late).order_by(Invoice.due_on, Invoice.id).limit(_AT_ONCE)
    ids = uow.update_rows(Invoice, *late, Invoice.id.in_(some), values={"overdue_at": uow.now})
    found = uow.select(select(Invoice).where(uow.among(Invoice.id, ids)).order_by(Invoice.id)) if ids else []
    for invoice in found:
        uow.emit(events.InvoiceOverdue(customer_id=invoice.customer_id, invoice_id=invoice.id, due_on=invoice.due_on))
    return Progress(done=step.done + len(found)) if len(found) == _AT_ONCE else None
