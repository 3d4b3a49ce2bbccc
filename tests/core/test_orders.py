"""Orders: totals, states, the sale in the ledger with its margin, returns that never exceed what was bought."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from patron_core.customers.commands import CreateCustomer
from patron_core.errors import Conflict, InvalidInput, NotFound
from patron_core.orders.commands import (
    CancelOrder,
    CreateOrder,
    MoveOrder,
    NewOrderLine,
    NewReturnLine,
    PlaceOrder,
    ReturnOrder,
    SetOrderLines,
)
from patron_core.orders.models import Order, OrderLine, OrderReturn, OrderStatus, OrderStatusChange
from patron_core.orders.service import lines_of
from patron_core.orders.states import NEXT, check_move
from patron_core.orders.sums import refund_lines, sale_lines
from patron_core.parties.commands import NewOrganization
from patron_core.products.commands import CreateProduct, SetPrice
from patron_core.transactions.models import Transaction, TransactionKind, TransactionLine
from patron_core.values import Money
from patron_schema.testing.databases import PreparedDatabase


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


MUGS = NewOrderLine(sku="MUG-07", quantity=Decimal(3), discount=euro(250), tax=euro(665))
HOUR = NewOrderLine(description="An hour of work", unit_price=euro(6000), unit_cost=euro(3200), tax=euro(1140))


async def catalogue(database: PreparedDatabase) -> None:
    """A mug that is bought for 5.20 and sold for 12.50."""
    mug = await database.do(CreateProduct(sku="MUG-07", name="Mug", unit_cost=euro(520)))
    await database.do(SetPrice(product_id=mug.id, amount=euro(1250)))


async def order(database: PreparedDatabase, *lines: NewOrderLine, **given: Any) -> Order:
    """A draft of a new customer."""
    customer = await database.do(CreateCustomer(organization=NewOrganization(legal_name="Engines")))
    command = CreateOrder(customer_id=customer.id, currency_code="EUR", lines=lines or (HOUR,), **given)
    made: Order = await database.do(command)
    return made


async def placed(database: PreparedDatabase, *lines: NewOrderLine) -> Order:
    draft = await order(database, *lines)
    made: Order = await database.do(PlaceOrder(id=draft.id, version=draft.version))
    return made


async def fulfilled(database: PreparedDatabase, *lines: NewOrderLine) -> Order:
    made = await placed(database, *lines)
    moved: Order = await database.do(MoveOrder(id=made.id, version=made.version, status=OrderStatus.FULFILLED))
    return moved


async def ledger(database: PreparedDatabase) -> list[Transaction]:
    found: list[Transaction] = await database.do(lambda uow: uow.select(select(Transaction).order_by(Transaction.id)))
    return found


async def lines(database: PreparedDatabase, of: Order) -> list[OrderLine]:
    found: list[OrderLine] = await database.do(lambda uow: lines_of(of, uow))
    return found


async def test_the_total_is_lines_less_discounts_with_tax(database: PreparedDatabase) -> None:
    await catalogue(database)

    made = await order(database, MUGS, HOUR)

    assert (made.subtotal.minor, made.discount.minor, made.tax.minor) == (3 * 1250 + 6000, 250, 665 + 1140)
    assert made.total == euro(3 * 1250 + 6000 - 250 + 665 + 1140)
    first, second = await lines(database, made)
    assert (first.description, first.unit_price, first.unit_cost) == ("Mug", euro(1250), euro(520))
    assert (second.product_id, second.amount) == (None, euro(6000))


async def test_placing_writes_one_sale_whose_margin_is_followed_line_by_line(database: PreparedDatabase) -> None:
    await catalogue(database)

    made = await placed(database, MUGS, HOUR)

    (sale,) = await ledger(database)
    assert (sale.id, sale.kind, sale.amount, sale.receipt_number) == (
        made.sale_id,
        TransactionKind.SALE,
        made.total,
        made.number,
    )
    assert sale.margin == euro(3 * (1250 - 520) - 250 + 6000 - 3200)
    items = await database.do(lambda uow: uow.select(select(TransactionLine).order_by(TransactionLine.number)))
    assert [(item.description, item.amount.minor, item.margin.minor) for item in items] == [
        ("Mug", 3750, 2190),
        ("Discount", -250, -250),
        ("Tax", 665, 0),
        ("An hour of work", 6000, 2800),
        ("Tax", 1140, 0),
    ]


async def test_a_cost_nobody_knows_leaves_no_margin(database: PreparedDatabase) -> None:
    await placed(database, NewOrderLine(description="Something", unit_price=euro(100)), HOUR)

    (sale,) = await ledger(database)
    assert sale.margin is None


async def test_of_two_who_place_one_order_one_does(database: PreparedDatabase) -> None:
    draft = await order(database)

    answers = await asyncio.gather(
        *(database.do(PlaceOrder(id=draft.id, version=1)) for _ in range(4)), return_exceptions=True
    )

    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "Conflict", "Conflict", "Order"]
    assert len(await ledger(database)) == 1


@pytest.mark.parametrize("before", list(OrderStatus))
@pytest.mark.parametrize("after", list(OrderStatus))
def test_only_allowed_moves_are_allowed(before: OrderStatus, after: OrderStatus) -> None:
    if after in NEXT[before]:
        check_move(before, after)
    else:
        with pytest.raises(Conflict, match=before.name):
            check_move(before, after)


async def test_the_way_of_an_order_is_kept(database: PreparedDatabase) -> None:
    made = await placed(database)
    for status in (OrderStatus.PAID, OrderStatus.FULFILLED, OrderStatus.CLOSED):
        made = await database.do(MoveOrder(id=made.id, version=made.version, status=status))

    changes = await database.do(lambda uow: uow.select(select(OrderStatusChange).order_by(OrderStatusChange.id)))
    assert [change.to_status.name for change in changes] == ["DRAFT", "PLACED", "PAID", "FULFILLED", "CLOSED"]
    assert [change.from_status and change.from_status.name for change in changes][:2] == [None, "DRAFT"]
    with pytest.raises(InvalidInput):
        await database.do(MoveOrder(id=made.id, version=made.version, status=OrderStatus.DRAFT))


async def test_a_draft_has_other_lines_and_a_placed_order_has_not(database: PreparedDatabase) -> None:
    draft = await order(database)

    changed = await database.do(SetOrderLines(id=draft.id, version=1, lines=(HOUR, HOUR)))
    assert (changed.total, len(await lines(database, changed))) == (euro(2 * 7140), 2)

    made = await database.do(PlaceOrder(id=draft.id, version=changed.version))
    with pytest.raises(Conflict):
        await database.do(SetOrderLines(id=draft.id, version=made.version, lines=(HOUR,)))


async def test_a_cancelled_order_has_its_sale_taken_back(database: PreparedDatabase) -> None:
    made = await placed(database)

    cancelled = await database.do(CancelOrder(id=made.id, version=made.version, reason="Too late."))

    sale, reversal = await ledger(database)
    assert cancelled.status is OrderStatus.CANCELLED
    assert (reversal.reverses_id, reversal.amount, reversal.margin) == (sale.id, -sale.amount, -sale.margin)


async def test_a_cancelled_draft_leaves_no_trace_in_the_ledger(database: PreparedDatabase) -> None:
    draft = await order(database)
    await database.do(CancelOrder(id=draft.id, version=1))

    assert await ledger(database) == []


async def test_refunds_of_a_line_in_parts_sum_to_what_it_was_sold_for(database: PreparedDatabase) -> None:
    made = await fulfilled(
        database,
        NewOrderLine(quantity=Decimal(3), unit_price=euro(333), unit_cost=euro(111), discount=euro(100), tax=euro(170)),
    )
    (line,) = await lines(database, made)

    for _ in range(3):
        current = await database.do(lambda uow: uow.get(Order, made.id))
        command = ReturnOrder(
            id=made.id, version=current.version, lines=(NewReturnLine(line_id=line.id, quantity=Decimal(1)),)
        )
        await database.do(command)

    sale, *refunds = await ledger(database)
    assert [refund.kind for refund in refunds] == [TransactionKind.REFUND] * 3
    assert sum(refund.amount.minor for refund in refunds) == -sale.amount.minor
    assert sum(refund.margin.minor for refund in refunds) == -sale.margin.minor
    current = await database.do(lambda uow: uow.get(Order, made.id))
    assert (current.status, current.refunded) == (OrderStatus.RETURNED, current.total)


async def test_more_than_was_bought_does_not_come_back(database: PreparedDatabase) -> None:
    made = await fulfilled(database, NewOrderLine(quantity=Decimal(2), unit_price=euro(100)))
    (line,) = await lines(database, made)

    def back(quantity: str) -> ReturnOrder:
        new = NewReturnLine(line_id=line.id, quantity=Decimal(quantity))
        return ReturnOrder(id=made.id, version=made.version, lines=(new,))

    with pytest.raises(InvalidInput):
        await database.do(back("2.001"))
    answers = await asyncio.gather(*(database.do(back("2")) for _ in range(4)), return_exceptions=True)

    assert [type(answer) for answer in answers].count(OrderReturn) == 1
    assert len(await ledger(database)) == 2


async def test_an_order_that_was_not_delivered_is_not_returned(database: PreparedDatabase) -> None:
    made = await placed(database)
    (line,) = await lines(database, made)
    new = NewReturnLine(line_id=line.id, quantity=Decimal(1))

    with pytest.raises(Conflict):
        await database.do(ReturnOrder(id=made.id, version=made.version, lines=(new,)))


async def test_a_known_source_key_gives_the_order_that_is_there(database: PreparedDatabase) -> None:
    first = await order(database, source="shop", source_key="1")
    again = await order(database, source="shop", source_key="1")

    assert again.id == first.id
    assert len(await database.do(lambda uow: uow.select(select(Order)))) == 1
    with pytest.raises(Conflict):
        await order(database, number=first.number)


@pytest.mark.parametrize(
    "line",
    [
        {"unit_price": euro(100), "quantity": Decimal(0)},
        {"unit_price": euro(100), "quantity": Decimal("0.0001")},
        {"unit_price": euro(-1)},
        {"unit_price": Money(100, "USD")},
        {"unit_price": euro(100), "tax": Money(1, "USD")},
        {"unit_price": euro(100), "discount": euro(101)},
        {"description": "Without a price"},
        {"sku": "UNPRICED"},
    ],
)
async def test_lines_that_make_no_sense_are_refused(database: PreparedDatabase, line: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        await order(database, NewOrderLine(**line))

    assert refused.value.path[:2] == ("lines", 0)


async def test_what_is_not_sold_cannot_be_ordered(database: PreparedDatabase) -> None:
    await database.do(CreateProduct(sku="OLD", name="Old", active=False))

    with pytest.raises(InvalidInput, match="not sold"):
        await order(database, NewOrderLine(sku="OLD", unit_price=euro(1)))
    with pytest.raises(NotFound):
        await order(database, NewOrderLine(product_id=database.tenant_id, unit_price=euro(1)))


@pytest.mark.parametrize("parts", [("1", "1", "1"), ("0.5", "2.5"), ("0.001", "2.999"), ("3",)])
@pytest.mark.parametrize(
    ("amount", "discount", "tax"), [(10, 8, 1), (1000, 0, 190), (7, 7, 0), (1, 0, 1), (999, 333, 77)]
)
def test_whatever_comes_back_first_refunds_are_exact_and_never_positive(
    parts: tuple[str, ...], amount: int, discount: int, tax: int
) -> None:
    line = OrderLine(
        quantity=Decimal(3), returned=Decimal(0), amount=euro(amount), discount=euro(discount), tax=euro(tax),
        unit_price=Money(amount // 3, "EUR"), unit_cost=euro(3),
    )  # fmt: skip
    sold = sum(item.total.minor for item in sale_lines([line]))
    back = 0
    for part in parts:
        refund = sum(item.total.minor for item in refund_lines([(line, Decimal(part))]))
        assert refund <= 0
        back += refund
        line.returned += Decimal(part)

    assert (sold, back) == (amount - discount + tax, -sold)
