"""How a customer pays: how many days late, weighted by what the invoices were about, and what share of them late.

An invoice counts once it is paid or its day has passed: one that is still open counts with the days until now, so that who never
pays is not better than who pays late. Amounts of several currencies are not weighed against each other: that of most invoices counts.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sqlalchemy import or_, select

from patron_core.access.overview import require_class
from patron_core.billing.models import Invoice, InvoiceStatus
from patron_core.customers.models import Customer
from patron_core.figures import Figure, Input
from patron_core.records import FINANCIAL
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import within

__all__ = ["LEAST_INVOICES", "MOST_INVOICES", "PaymentBehaviour", "behaviour_of", "payment_behaviour"]

#: Invoices below which an average says more about chance than about the customer.
LEAST_INVOICES: Final = 3
#: The newest invoices that are looked at.
MOST_INVOICES: Final = 1_000
_AVERAGE: Final = (
    "Sum of days late times amount, by the sum of amounts (the average days delinquent of credit management, "
    "weighted); in time counts as 0, an open invoice with the days until now."
)
_SHARE: Final = "Invoices paid after their day, or open after it, by all that are paid or whose day has passed."


@dataclass(frozen=True, slots=True)
class Counted:
    """An invoice as it counts. late: days."""

    id: uuid.UUID
    minor: int
    currency_code: str
    late: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class PaymentBehaviour:
    """How a customer pays. days_late: weighted by amount. share_late: of invoices, 0 to 1."""

    days_late: Figure
    share_late: Figure


def payment_behaviour(
    uow: UnitOfWork, customer_id: uuid.UUID, *, as_of: dt.date | None = None, least_invoices: int = LEAST_INVOICES
) -> PaymentBehaviour:
    """How a customer pays, from their newest 1,000 invoices, in one statement. FORBIDDEN for who may not see money.

    as_of: the day up to which payments count; today when left out. least_invoices: 1 to 1,000.
    """
    require_class(uow.actor, FINANCIAL)
    within(least_invoices, most=MOST_INVOICES, path="leastInvoices")
    uow.get(Customer, customer_id, path=("customerId",))
    day = as_of or uow.now.date()
    statement = (
        select(
            Invoice.id, Invoice.due_on, Invoice.paid_on, Invoice.total_minor, Invoice.total_currency.label("currency")
        )
        .where(
            Invoice.customer_id == customer_id,
            Invoice.status != InvoiceStatus.VOID,
            Invoice.issued_on <= day,
            or_(Invoice.paid_on <= day, Invoice.due_on < day),
        )
        .order_by(Invoice.due_on.desc(), Invoice.id.desc())
        .limit(MOST_INVOICES)
    )
    counted = [
        Counted(row.id, row.total_minor, row.currency, *_lateness(row.due_on, row.paid_on, day))
        for row in uow.rows(statement)
    ]
    moment = uow.now if as_of is None else dt.datetime.combine(as_of, dt.time.max, dt.UTC)
    return behaviour_of(counted, as_of=moment, least_invoices=least_invoices)


def behaviour_of(counted: Sequence[Counted], *, as_of: dt.datetime, least_invoices: int) -> PaymentBehaviour:
    """The figures of invoices; pure."""
    currencies = Counter(each.currency_code for each in counted)
    most = min(currencies, key=lambda code: (-currencies[code], code), default="")
    weighed = [each for each in counted if each.currency_code == most]
    late = [each for each in counted if each.late]
    inputs = (
        _input("invoices", counted, "Invoices that are paid or whose day has passed; the ids are of the newest."),
        _input("late", late, "Those of them that were late or are."),
        _input("stillOpen", [each for each in counted if each.is_open], "Those of them that are not paid yet."),
        Input(name="currency", value=most or None, description="The currency whose invoices are weighed."),
    )
    said = f"{len(late)} of {len(counted)} invoices were late or are."
    amounts = sum(each.minor for each in weighed)
    if len(counted) < least_invoices or not amounts:
        why = f"Too little is known: {len(counted)} invoices count, {least_invoices} are needed."
        none = [
            Figure.none(why, unit=unit, sample_size=len(counted), method=method, as_of=as_of, inputs=inputs)
            for unit, method in (("days", _AVERAGE), ("share", _SHARE))
        ]
        return PaymentBehaviour(*none)
    average = Decimal(sum(each.late * each.minor for each in weighed)) / amounts
    return PaymentBehaviour(
        Figure.of(
            round(average, 1), unit="days", reason=said, sample_size=len(weighed), method=_AVERAGE, as_of=as_of,
            inputs=inputs,
        ),
        Figure.of(
            round(Decimal(len(late)) / len(counted), 4), unit="share", reason=said, sample_size=len(counted),
            method=_SHARE, as_of=as_of, inputs=inputs,
        ),
    )  # fmt: skip


def _lateness(due_on: dt.date, paid_on: dt.date | None, day: dt.date) -> tuple[int, bool]:
    """How many days late an invoice is as of a day, and whether it is open then."""
    is_open = paid_on is None or paid_on > day
    until = day if paid_on is None or paid_on > day else paid_on
    return max(0, (until - due_on).days), is_open


def _input(name: str, invoices: Sequence[Counted], description: str) -> Input:
    ids = tuple(f"{Invoice.id_prefix}_{each.id}" for each in invoices)
    return Input(name=name, value=len(ids), description=description, ids=ids, rows=len(ids))
