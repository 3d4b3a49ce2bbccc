"""What happens to bills: invoices are issued and voided, payments recorded and allocated, inside the caller's unit of work.

A payment and the invoices it pays are locked in the order of their ids while amounts move, so that two payments at once never pay
more than is owed and wait for each other in one order; constraints of the tables say the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from patron_core.billing import events
from patron_core.billing.commands import AllocatePayment, IssueInvoice, NewAllocation, RecordPayment, VoidInvoice
from patron_core.billing.models import Invoice, InvoiceStatus, Payment, PaymentAllocation
from patron_core.billing.permissions import INVOICE_WRITE
from patron_core.customers.models import Customer
from patron_core.errors import Conflict, InvalidInput
from patron_core.hookspecs import CommandHandler
from patron_core.orders.models import Order, OrderStatus
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import same_version, unused
from patron_core.values import Money

__all__ = ["HANDLERS", "OWED", "allocate_payment", "issue_invoice", "record_payment", "void_invoice"]

#: Of which invoices something is still owed.
OWED: Final = (InvoiceStatus.OPEN, InvoiceStatus.PARTLY_PAID)
_MOST_OLDEST: Final = 200
_WITHOUT_DEBT: Final = (OrderStatus.DRAFT, OrderStatus.CANCELLED)


def issue_invoice(command: IssueInvoice, uow: UnitOfWork) -> Invoice:
    """Issues an invoice. A known source key gives the one that is there; CONFLICT where the number is taken."""
    uow.get(Customer, command.customer_id, path=("customer_id",))
    order = None if command.order_id is None else uow.get(Order, command.order_id, path=("order_id",))
    if command.source is not None:
        known = uow.find(Invoice, source=command.source, source_key=command.source_key)
        if known is not None:
            return known
    unused(uow, Invoice, number=command.number)
    if order is not None:
        _check_order(order, command)
    issued_on = command.issued_on or uow.now.date()
    if command.due_on < issued_on:
        raise InvalidInput(
            "The invoice is due before it is written. An earlier day was given. Correct one.", path=("due_on",)
        )
    total = command.total if command.total is not None or order is None else order.total
    assert total is not None  # the command has one where there is no order
    invoice = uow.add(
        Invoice(
            customer_id=command.customer_id,
            order_id=command.order_id,
            number=command.number,
            issued_on=issued_on,
            due_on=command.due_on,
            status=InvoiceStatus.OPEN,
            total=total,
            paid=Money(0, total.currency_code),
            outstanding=total,
            source=command.source,
            source_key=command.source_key,
        )
    )
    uow.emit(events.InvoiceIssued(customer_id=invoice.customer_id, invoice_id=invoice.id, due_on=invoice.due_on))
    return invoice


def void_invoice(command: VoidInvoice, uow: UnitOfWork) -> Invoice:
    """Takes an invoice out of account. CONFLICT where something of it is paid, or it does not count already."""
    invoice = uow.get(Invoice, command.id, lock=True, path=("id",))
    same_version(invoice, version=command.version)
    if invoice.status is not InvoiceStatus.OPEN:
        raise Conflict(
            f"The invoice cannot be voided. It is {invoice.status.name}. Only one of which nothing is paid can be.",
            path=("id",),
        )
    invoice.status, invoice.void_reason = InvoiceStatus.VOID, command.reason
    invoice.outstanding = Money(0, invoice.total_currency)
    uow.emit(events.InvoiceVoided(customer_id=invoice.customer_id, invoice_id=invoice.id))
    return invoice


def record_payment(command: RecordPayment, uow: UnitOfWork) -> Payment:
    """Records a payment and what it pays. A known source key gives the one that is there."""
    uow.get(Customer, command.customer_id, path=("customer_id",))
    if command.source is not None:
        known = uow.find(Payment, source=command.source, source_key=command.source_key)
        if known is not None:
            return known
    received_on = command.received_on or uow.now.date()
    if received_on > uow.now.date() + dt.timedelta(days=1):  # somewhere it is tomorrow already
        raise InvalidInput("The payment lies in the future. Its day is after today. Correct it.", path=("received_on",))
    payment = uow.add(
        Payment(
            customer_id=command.customer_id,
            received_on=received_on,
            method=command.method,
            amount=command.amount,
            allocated=Money(0, command.amount.currency_code),
            unallocated=command.amount,
            remittance=command.remittance,
            source=command.source,
            source_key=command.source_key,
        )
    )
    uow.flush()
    uow.emit(events.PaymentRecorded(customer_id=payment.customer_id, payment_id=payment.id))
    _allocate(payment, command.allocations, uow)
    if command.oldest_first:
        _allocate_oldest(payment, uow)
    return payment


def allocate_payment(command: AllocatePayment, uow: UnitOfWork) -> Payment:
    """Allocates what is left of a payment. INVALID_INPUT for more than is left of it, or than an invoice is open."""
    payment = uow.get(Payment, command.id, lock=True, path=("id",))
    _invoices(command.allocations, uow)
    same_version(payment, version=command.version)
    _allocate(payment, command.allocations, uow)
    return payment


def _check_order(order: Order, command: IssueInvoice) -> None:
    if order.customer_id != command.customer_id:
        raise InvalidInput(
            "The order is another customer's. Its customer differs from the invoice's. Give the same.",
            path=("order_id",),
        )
    if order.status in _WITHOUT_DEBT:
        raise Conflict(f"Nothing is owed for the order. It is {order.status.name}. Place it first.", path=("order_id",))


def _invoices(allocations: Sequence[NewAllocation], uow: UnitOfWork) -> dict[object, Invoice]:
    """The invoices that are paid, held in the order of their ids."""
    places = {each.invoice_id: position for position, each in enumerate(allocations)}
    return {
        id_: uow.get(Invoice, id_, lock=True, path=("allocations", places[id_], "invoice_id")) for id_ in sorted(places)
    }


def _allocate(payment: Payment, allocations: Sequence[NewAllocation], uow: UnitOfWork) -> None:
    invoices = _invoices(allocations, uow)
    for position, allocation in enumerate(allocations):
        invoice = invoices[allocation.invoice_id]
        _check(payment, invoice, allocation.amount, path=("allocations", position))
        _pay(payment, invoice, allocation.amount, uow)


def _allocate_oldest(payment: Payment, uow: UnitOfWork) -> None:
    uow.flush()
    owed = select(Invoice.id).where(
        Invoice.customer_id == payment.customer_id,
        Invoice.status.in_(OWED),
        Invoice.total_currency == payment.amount_currency,
    )
    ids = uow.select(owed.order_by(Invoice.due_on, Invoice.id).limit(_MOST_OLDEST))
    held = {id_: uow.get(Invoice, id_, lock=True) for id_ in sorted(ids)}
    for invoice in (held[id_] for id_ in ids):
        amount = Money(min(payment.unallocated_minor, invoice.outstanding_minor), payment.amount_currency)
        if amount.minor > 0 and invoice.status in OWED:
            _pay(payment, invoice, amount, uow)


def _check(payment: Payment, invoice: Invoice, amount: Money, *, path: tuple[str | int, ...]) -> None:
    if invoice.customer_id != payment.customer_id:
        raise InvalidInput(
            "The invoice is another customer's. Its customer differs from the payment's. Give one of the same.",
            path=(*path, "invoice_id"),
        )
    if invoice.status not in OWED:
        raise Conflict(
            f"Nothing is owed on the invoice. It is {invoice.status.name}. Leave it out.", path=(*path, "invoice_id")
        )
    if not amount.currency_code == payment.amount_currency == invoice.total_currency:
        raise InvalidInput(
            "Two currencies meet in one allocation. Payment, invoice and amount differ in them. Use one currency.",
            path=(*path, "amount"),
        )
    if amount.minor > payment.unallocated_minor:
        raise InvalidInput(
            "More is allocated than was paid. The amount is above what is left of the payment. Give less.",
            path=(*path, "amount"),
        )
    if amount.minor > invoice.outstanding_minor:
        raise InvalidInput(
            "More is allocated than is owed. The amount is above what is open of the invoice. Give less.",
            path=(*path, "amount"),
        )


def _pay(payment: Payment, invoice: Invoice, amount: Money, uow: UnitOfWork) -> None:
    uow.add(PaymentAllocation(payment_id=payment.id, invoice_id=invoice.id, amount=amount))
    payment.allocated += amount
    payment.unallocated += -amount
    invoice.paid += amount
    invoice.outstanding += -amount
    invoice.status = InvoiceStatus.PARTLY_PAID if invoice.outstanding_minor else InvoiceStatus.PAID
    ids = {"customer_id": invoice.customer_id, "invoice_id": invoice.id}
    uow.emit(events.PaymentAllocated(payment_id=payment.id, **ids))
    if invoice.status is InvoiceStatus.PAID:
        invoice.paid_on = paid_on = _last_day(invoice, payment, uow)
        uow.emit(events.InvoicePaid(days_late=max(0, (paid_on - invoice.due_on).days), **ids))


def _last_day(invoice: Invoice, payment: Payment, uow: UnitOfWork) -> dt.date:
    """The day of the payment that came last of those that pay an invoice."""
    uow.flush()
    days = (
        select(Payment.received_on)
        .join(PaymentAllocation, PaymentAllocation.payment_id == Payment.id)
        .where(PaymentAllocation.invoice_id == invoice.id)
    )
    return max([payment.received_on, *uow.select(days)])


HANDLERS: Final = (
    CommandHandler(command=IssueInvoice, handler=issue_invoice, permission=INVOICE_WRITE),
    CommandHandler(command=VoidInvoice, handler=void_invoice, permission=INVOICE_WRITE),
    CommandHandler(command=RecordPayment, handler=record_payment, permission=INVOICE_WRITE),
    CommandHandler(command=AllocatePayment, handler=allocate_payment, permission=INVOICE_WRITE),
)
