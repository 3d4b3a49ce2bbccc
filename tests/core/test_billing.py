"""Invoices and payments: never more paid than owed, by whoever at once; overdue once; how a customer pays."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from patron_core.billing.behaviour import Counted, behaviour_of, payment_behaviour
from patron_core.billing.commands import AllocatePayment, IssueInvoice, NewAllocation, RecordPayment, VoidInvoice
from patron_core.billing.models import Invoice, InvoiceStatus, Payment, PaymentAllocation
from patron_core.billing.overdue import find_overdue
from patron_core.customers.commands import CreateCustomer
from patron_core.customers.models import Customer
from patron_core.errors import Conflict, Forbidden, InvalidInput
from patron_core.hookspecs import Step
from patron_core.messages import Actor
from patron_core.orders.commands import CreateOrder, NewOrderLine, PlaceOrder
from patron_core.parties.commands import NewOrganization
from patron_core.values import Money
from patron_schema.testing.databases import NOON, PreparedDatabase

TODAY = NOON.date()
DAY = dt.timedelta(days=1)


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


async def customer(database: PreparedDatabase) -> Customer:
    made: Customer = await database.do(CreateCustomer(organization=NewOrganization(legal_name="Engines")))
    return made


async def invoice(database: PreparedDatabase, who: Customer, minor: int = 1000, **given: Any) -> Invoice:
    number = f"I-{database.ids.new().hex[-10:]}"
    given = {"number": number, "issued_on": TODAY - 60 * DAY, "due_on": TODAY - 30 * DAY, "total": euro(minor)} | given
    made: Invoice = await database.do(IssueInvoice(customer_id=who.id, **given))
    return made


async def paid(
    database: PreparedDatabase, who: Customer, minor: int, *of: tuple[Invoice, int], **given: Any
) -> Payment:
    allocations = tuple(NewAllocation(invoice_id=each.id, amount=euro(amount)) for each, amount in of)
    command = RecordPayment(customer_id=who.id, amount=euro(minor), allocations=allocations, **given)
    made: Payment = await database.do(command)
    return made


async def now(database: PreparedDatabase, of: Invoice) -> Invoice:
    found: Invoice = await database.do(lambda uow: uow.get(Invoice, of.id))
    return found


async def test_payments_pay_an_invoice_in_parts(database: PreparedDatabase) -> None:
    who = await customer(database)
    owed = await invoice(database, who, 1000)

    first = await paid(database, who, 700, (owed, 400), received_on=TODAY)
    state = await now(database, owed)
    assert (first.allocated, first.unallocated) == (euro(400), euro(300))
    assert (state.status, state.paid, state.outstanding, state.paid_on) == (
        InvoiceStatus.PARTLY_PAID, euro(400), euro(600), None,
    )  # fmt: skip

    second = await database.execute(
        RecordPayment(
            customer_id=who.id, amount=euro(600), received_on=TODAY - 20 * DAY,
            allocations=(NewAllocation(invoice_id=owed.id, amount=euro(600)),),
        )
    )  # fmt: skip

    state = await now(database, owed)
    assert (state.status, state.outstanding, state.paid_on) == (InvoiceStatus.PAID, euro(0), TODAY)
    assert [each.event.type for each in second.events] == ["payment.recorded", "payment.allocated", "invoice.paid"]
    assert second.events[-1].event.days_late == 30


@pytest.mark.parametrize(("payment", "allocated", "why"), [(500, 501, "than was paid"), (2000, 1001, "than is owed")])
async def test_more_than_there_is_cannot_be_allocated(
    database: PreparedDatabase, payment: int, allocated: int, why: str
) -> None:
    who = await customer(database)
    owed = await invoice(database, who, 1000)

    with pytest.raises(InvalidInput, match=why):
        await paid(database, who, payment, (owed, allocated))

    assert await database.do(lambda uow: uow.select(select(Payment))) == []


async def test_two_allocations_together_are_not_above_the_payment(database: PreparedDatabase) -> None:
    who = await customer(database)
    first, second = await invoice(database, who), await invoice(database, who)

    with pytest.raises(InvalidInput, match="than was paid"):
        await paid(database, who, 1000, (first, 600), (second, 401))


async def test_sixteen_payments_at_once_never_pay_more_than_is_owed(database: PreparedDatabase) -> None:
    who = await customer(database)
    owed = await invoice(database, who, 1000)

    answers = await asyncio.gather(*(paid(database, who, 300, (owed, 300)) for _ in range(16)), return_exceptions=True)

    assert [type(answer) for answer in answers].count(Payment) == 3
    allocations = await database.do(lambda uow: uow.select(select(PaymentAllocation)))
    assert sum(each.amount.minor for each in allocations) == (await now(database, owed)).paid.minor == 900


async def test_one_payment_is_allocated_once_by_whoever_at_once(database: PreparedDatabase) -> None:
    who = await customer(database)
    invoices = [await invoice(database, who, 1000) for _ in range(4)]
    payment = await paid(database, who, 1500)

    answers = await asyncio.gather(
        *(
            database.do(
                AllocatePayment(
                    id=payment.id, version=1, allocations=(NewAllocation(invoice_id=each.id, amount=euro(1000)),)
                )
            )
            for each in invoices
        ),
        return_exceptions=True,
    )

    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "Conflict", "Conflict", "Payment"]


async def test_what_is_left_pays_what_is_due_first(database: PreparedDatabase) -> None:
    who = await customer(database)
    late = await invoice(database, who, 1000, due_on=TODAY - DAY)
    later = await invoice(database, who, 1000, due_on=TODAY)
    foreign = await invoice(database, who, total=Money(500, "USD"))

    payment = await paid(database, who, 1200, oldest_first=True)

    assert payment.unallocated == euro(0)
    assert [(await now(database, each)).outstanding.minor for each in (late, later, foreign)] == [0, 800, 500]


async def test_others_invoices_and_currencies_are_refused(database: PreparedDatabase) -> None:
    who, other = await customer(database), await customer(database)
    theirs, dollars = await invoice(database, other), await invoice(database, who, total=Money(1000, "USD"))

    with pytest.raises(InvalidInput, match="another customer"):
        await paid(database, who, 1000, (theirs, 1000))
    with pytest.raises(InvalidInput, match="Two currencies"):
        await paid(database, who, 1000, (dollars, 1000))


async def test_an_invoice_is_voided_only_while_nothing_is_paid(database: PreparedDatabase) -> None:
    who = await customer(database)
    owed, other = await invoice(database, who), await invoice(database, who)
    await paid(database, who, 1, (other, 1))

    void = await database.do(VoidInvoice(id=owed.id, version=1, reason="Sent twice."))
    assert (void.status, void.outstanding) == (InvoiceStatus.VOID, euro(0))
    with pytest.raises(Conflict):
        await database.do(VoidInvoice(id=other.id, version=2, reason="Sent twice."))
    with pytest.raises(Conflict):
        await paid(database, who, 1000, (owed, 1000))


async def test_the_invoice_of_an_order_is_about_its_total(database: PreparedDatabase) -> None:
    who = await customer(database)
    lines = (NewOrderLine(unit_price=euro(1000), tax=euro(190)),)
    order = await database.do(CreateOrder(customer_id=who.id, currency_code="EUR", lines=lines))
    with pytest.raises(Conflict):
        await invoice(database, who, total=None, order_id=order.id)

    await database.do(PlaceOrder(id=order.id, version=1))
    made = await invoice(database, who, total=None, order_id=order.id)

    assert (made.total, made.outstanding) == (euro(1190), euro(1190))


async def test_a_number_and_a_source_key_name_one_invoice(database: PreparedDatabase) -> None:
    who = await customer(database)
    first = await invoice(database, who, source="erp", source_key="1")

    assert (await invoice(database, who, source="erp", source_key="1")).id == first.id
    with pytest.raises(Conflict):
        await invoice(database, who, number=first.number)
    again = [await paid(database, who, 100, source="bank", source_key="1") for _ in range(2)]
    assert again[0].id == again[1].id


async def test_what_is_not_paid_by_its_day_is_told_once(database: PreparedDatabase) -> None:
    who = await customer(database)
    late = await invoice(database, who)
    await invoice(database, who, due_on=TODAY)
    settled = await invoice(database, who)
    await paid(database, who, 1000, (settled, 1000))

    def run(uow: Any) -> Any:
        return find_overdue(Step(arguments={}, state={}, done=0), uow)

    told = [await database.execute(run) for _ in range(2)]

    assert [[each.event.invoice_id for each in outcome.events] for outcome in told] == [[late.id], []]


async def test_how_a_customer_pays_is_weighted_by_amount(database: PreparedDatabase) -> None:
    who = await customer(database)
    for minor, days in ((1000, 0), (1000, -5), (8000, 10)):
        owed = await invoice(database, who, minor)
        await paid(database, who, minor, (owed, minor), received_on=owed.due_on + days * DAY)
    await invoice(database, who, due_on=TODAY + DAY)  # neither paid nor due: it says nothing yet

    found = await database.do(lambda uow: payment_behaviour(uow, who.id))
    assert (found.days_late.value, found.days_late.sample_size, found.share_late.value) == (
        Decimal("8.0"), 3, Decimal("0.3333"),
    )  # fmt: skip
    assert {each.name: each.rows for each in found.days_late.inputs}["late"] == 1

    before = await database.do(lambda uow: payment_behaviour(uow, who.id, as_of=TODAY - 25 * DAY))
    assert before.days_late.value == Decimal("4.0")  # the large one was open, and five days late so far


async def test_of_few_invoices_and_without_money_nothing_is_said(database: PreparedDatabase) -> None:
    who = await customer(database)
    await invoice(database, who)

    found = await database.do(lambda uow: payment_behaviour(uow, who.id))
    assert (found.days_late.applicable, found.days_late.value, found.share_late.value) == (False, None, None)
    assert found.days_late.reason == "Too little is known: 1 invoices count, 3 are needed."
    receptionist = Actor(database.tenant_id, "rita", "user", roles=("receptionist",))
    with pytest.raises(Forbidden):
        await database.do(lambda uow: payment_behaviour(uow, who.id), actor=receptionist)


def test_amounts_of_other_currencies_are_not_weighed() -> None:
    counted = [
        Counted(uuid.uuid4(), minor, code, late, is_open=False)
        for minor, code, late in ((100, "EUR", 2), (300, "EUR", 6), (10**9, "JPY", 90))
    ]

    found = behaviour_of(counted, as_of=NOON, least_invoices=3)

    assert (found.days_late.value, found.share_late.value) == (Decimal("5.0"), Decimal("1.0000"))
    assert found.days_late.inputs[-1].value == "EUR"
