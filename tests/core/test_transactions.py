"""The ledger: rows are recorded and taken back, never changed; sums and signs are exact; a source key is one row."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.models import Customer
from patron_core.errors import Conflict, InvalidInput, NotFound, Vetoed
from patron_core.hookspecs import Manifest, Veto, hookimpl
from patron_core.parties.commands import NewExternalIdentifier, NewPerson
from patron_core.plugins import Plugins
from patron_core.transactions import amounts
from patron_core.transactions.commands import (
    IngestTransactions,
    NewLine,
    NewTransaction,
    RecordTransaction,
    ReverseTransaction,
)
from patron_core.transactions.ingest import IngestStatus
from patron_core.transactions.models import Transaction, TransactionKind, TransactionLine
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money
from patron_schema.testing.databases import NOON, PreparedDatabase

SALE, REFUND, FEE, COST, ADJUSTMENT = TransactionKind
CREATED, DUPLICATE, REJECTED = IngestStatus


def eur(amount: str) -> Money:
    return Money.of(amount, "EUR")


PILLOWS = (
    NewLine(sku="P1", description="Pillow", quantity=Decimal(2), unit_price=eur("9.99"), cost=eur("11.00")),
    NewLine(sku="S1", description="Shipping", unit_price=eur("4.90")),
    NewLine(description="Discount", unit_price=eur("-0.88")),
)


async def customer(database: PreparedDatabase, *, value: str = "1", actor: Any = None) -> Customer:
    made: Customer = await database.do(
        CreateCustomer(
            person=NewPerson(given_name="Ada"),
            external_identifiers=(NewExternalIdentifier(system="shop", value=value),),
        ),
        actor=actor,
    )
    return made


async def count(database: PreparedDatabase, model: Any) -> int:
    return int((await database.do(lambda uow: uow.select(select(func.count()).select_from(model))))[0])


async def total(database: PreparedDatabase, model: Any) -> int:
    return int((await database.do(lambda uow: uow.select(select(func.sum(model.amount_minor)))))[0])


async def test_a_sale_is_recorded_with_its_lines(database: PreparedDatabase) -> None:
    ada = await customer(database)

    outcome = await database.execute(
        RecordTransaction(customer_id=ada.id, amount=eur("24.00"), receipt_number="R1", lines=PILLOWS)
    )

    sale = outcome.value
    assert (sale.kind, sale.amount, sale.occurred_at) == (SALE, eur("24.00"), NOON)
    assert [(c.event.type, c.event.customer_id) for c in outcome.events] == [("transaction.recorded", ada.id)]
    assert outcome.events[0].event.payload()["amount"] == {"amount": "24.00", "currencyCode": "EUR"}
    lines = await database.do(lambda uow: uow.select(select(TransactionLine).order_by(TransactionLine.number)))
    assert [(line.number, line.quantity, line.amount, line.cost) for line in lines] == [
        (1, Decimal(2), eur("19.98"), eur("11.00")),
        (2, Decimal(1), eur("4.90"), None),
        (3, Decimal(1), eur("-0.88"), None),
    ]


async def test_the_same_source_key_is_one_row(database: PreparedDatabase) -> None:
    command = RecordTransaction(amount=eur("24.00"), lines=PILLOWS, source="till", source_key="R1")

    results = [await database.execute(command) for _ in range(2)]
    at_once = await asyncio.gather(*(database.do(command) for _ in range(4)))

    assert len({result.value.id for result in results} | {row.id for row in at_once}) == 1
    assert [len(result.events) for result in results] == [1, 0]
    assert (await count(database, Transaction), await count(database, TransactionLine)) == (1, 3)


async def test_a_reversal_takes_amount_and_lines_back_and_keeps_the_original(database: PreparedDatabase) -> None:
    ada = await customer(database)
    sale = await database.do(RecordTransaction(customer_id=ada.id, amount=eur("24.00"), lines=PILLOWS))

    outcome = await database.execute(ReverseTransaction(id=sale.id, reason="Returned"))

    reversal = outcome.value
    assert (reversal.reverses_id, reversal.kind, reversal.amount) == (sale.id, SALE, eur("-24.00"))
    assert (reversal.customer_id, await count(database, Transaction)) == (ada.id, 2)
    assert [c.event.type for c in outcome.events] == ["transaction.reversed"]
    assert (await total(database, Transaction), await total(database, TransactionLine)) == (0, 0)
    costs = await database.do(lambda uow: uow.select(select(func.sum(TransactionLine.cost_minor))))
    assert [int(cost) for cost in costs] == [0]
    assert (await database.do(lambda uow: uow.get(Transaction, sale.id))).version == 1


async def test_a_row_is_taken_back_once_whoever_tries(database: PreparedDatabase) -> None:
    sale = await database.do(RecordTransaction(amount=eur("24.00")))

    results = await asyncio.gather(
        *(database.do(ReverseTransaction(id=sale.id)) for _ in range(4)), return_exceptions=True
    )
    with pytest.raises(Conflict) as refused:
        await database.do(ReverseTransaction(id=sale.id))

    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Conflict", "Conflict", "Transaction"]
    texts = {str(result) for result in (*results, refused.value) if isinstance(result, Conflict)}
    assert texts == {"The transaction was taken back already. It can be taken back once. Record a new one if need be."}
    assert refused.value.path == ("id",)
    assert await total(database, Transaction) == 0


async def test_a_reversal_is_neither_reversed_nor_before_its_row(database: PreparedDatabase) -> None:
    sale = await database.do(RecordTransaction(amount=eur("24.00")))
    reversal = await database.do(ReverseTransaction(id=sale.id))
    other = await database.do(RecordTransaction(amount=eur("1.00")))

    with pytest.raises(InvalidInput) as twice:
        await database.do(ReverseTransaction(id=reversal.id))
    with pytest.raises(InvalidInput) as early:
        await database.do(ReverseTransaction(id=other.id, occurred_at=NOON - dt.timedelta(seconds=1)))

    assert (twice.value.path, early.value.path) == (("id",), ("occurred_at",))


async def test_the_ledger_cannot_be_changed(database: PreparedDatabase) -> None:
    sale = await database.do(RecordTransaction(amount=eur("24.00")))

    def forge(uow: UnitOfWork) -> None:
        uow.get(Transaction, sale.id).amount = eur("2400.00")

    with pytest.raises(TypeError, match="append-only"):
        await database.do(forge)


async def test_a_stranger_finds_neither_customer_nor_transaction(database: PreparedDatabase) -> None:
    ada = await customer(database)
    sale = await database.do(RecordTransaction(amount=eur("24.00"), customer_id=ada.id))
    stranger = await database.tenant("Duvets")

    for command in (RecordTransaction(amount=eur("1.00"), customer_id=ada.id), ReverseTransaction(id=sale.id)):
        with pytest.raises(NotFound):
            await database.do(command, actor=stranger)


def row(key: str, **fields: Any) -> NewTransaction:
    return NewTransaction(**{"source_key": key, "amount": eur("10.00"), "occurred_at": NOON, **fields})


async def test_rows_of_a_batch_have_results_of_their_own(database: PreparedDatabase) -> None:
    ada = await customer(database)
    await database.do(IngestTransactions(source="till", rows=(row("known"),)))
    shop = NewExternalIdentifier(system="shop", value="1")

    outcome = await database.execute(
        IngestTransactions(
            source="till",
            rows=(
                row("a", customer_id=ada.id),
                row("b", customer=shop, amount=eur("24.00"), lines=PILLOWS),
                row("known"),
                row("a"),
                row("c", amount=eur("-1.00")),
                row("d", customer_id=uuid.uuid4()),
                row("e", customer=NewExternalIdentifier(system="shop", value="2")),
                row("f", lines=PILLOWS),
                row("g", occurred_at=dt.datetime(2026, 1, 1)),  # noqa: DTZ001
                row(""),
                row("h", customer_id=ada.id, customer=shop),
                row("i", kind=REFUND, amount=eur("-3.00")),
            ),
        )
    )

    result = outcome.value
    assert [(r.index, r.status.name, r.code, r.path) for r in result.rows] == [
        (0, "CREATED", None, ()),
        (1, "CREATED", None, ()),
        (2, "DUPLICATE", None, ()),
        (3, "DUPLICATE", None, ()),
        (4, "REJECTED", "INVALID_INPUT", ("amount",)),
        (5, "REJECTED", "NOT_FOUND", ("customer_id",)),
        (6, "REJECTED", "NOT_FOUND", ("customer",)),
        (7, "REJECTED", "INVALID_INPUT", ("amount",)),
        (8, "REJECTED", "INVALID_INPUT", ("occurred_at",)),
        (9, "REJECTED", "INVALID_INPUT", ("source_key",)),
        (10, "REJECTED", "INVALID_INPUT", ("customer",)),
        (11, "CREATED", None, ()),
    ]
    assert (result.created, result.duplicates, result.rejected) == (3, 2, 7)
    assert result.rows[3].id == result.rows[0].id
    assert [c.event.type for c in outcome.events] == ["transactions.ingested"]
    assert outcome.events[0].event.payload()["customer_ids"] == [str(ada.id)]
    assert (await count(database, Transaction), await count(database, TransactionLine)) == (4, 3)


async def test_a_thousand_rows_cost_as_many_statements_as_ten(database: PreparedDatabase) -> None:
    await customer(database)
    shop = NewExternalIdentifier(system="shop", value="1")

    async def statements(keys: range) -> int:
        seen = 0

        def work(uow: UnitOfWork) -> Any:
            def count_one(*_: Any) -> None:
                nonlocal seen
                seen += 1

            event.listen(uow.session.connection(), "before_cursor_execute", count_one)
            rows = tuple(row(str(key), customer=shop, amount=eur("24.00"), lines=PILLOWS) for key in keys)
            return uow.handle(IngestTransactions(source="till", rows=rows))

        assert (await database.do(work)).created == len(keys)
        return seen

    few, many = await statements(range(10)), await statements(range(10, 1010))

    # Known keys, customers, transactions, lines, audit, outbox; PostgreSQL takes the last three in one.
    expected = 4 if database.dialect == "postgresql" else 6
    assert (few, many) == (expected, expected)
    assert await count(database, Transaction) == 1010


async def test_the_same_batch_twice_and_two_at_once_change_nothing_more(database: PreparedDatabase) -> None:
    command = IngestTransactions(source="till", rows=tuple(row(str(key), lines=()) for key in range(50)))

    results = await asyncio.gather(*(database.do(command) for _ in range(3)))
    again = await database.execute(command)

    assert sum(result.created for result in results) == 50
    assert sum(result.duplicates for result in results) == 100
    assert (again.value.duplicates, again.events) == (50, ())
    assert len({r.id for result in (*results, again.value) for r in result.rows}) == 50


async def test_a_batch_replayed_by_its_key_gives_the_first_results(database: PreparedDatabase) -> None:
    command = IngestTransactions(source="till", rows=(row("a"), row("b", amount=eur("-1.00"))))

    first = await database.execute(command, idempotency_key="k1")
    second = await database.execute(command, idempotency_key="k1")

    assert second.replayed
    assert second.value == first.value


def test_a_batch_has_at_most_a_thousand_rows() -> None:
    with pytest.raises(InvalidInput) as refused:
        IngestTransactions(source="till", rows=(row("a"),) * 1001)

    assert refused.value.path == ("rows",)


@pytest.mark.parametrize(
    ("kind", "amount", "fits"),
    [
        (SALE, "1.00", True),
        (SALE, "0.00", True),
        (SALE, "-0.01", False),
        (REFUND, "-1.00", True),
        (REFUND, "0.00", True),
        (REFUND, "0.01", False),
        (FEE, "-1.00", False),
        (COST, "-1.00", False),
        (ADJUSTMENT, "-1.00", True),
        (ADJUSTMENT, "1.00", True),
    ],
)
def test_the_sign_of_an_amount_is_that_of_its_kind(kind: TransactionKind, amount: str, fits: bool) -> None:
    if fits:
        RecordTransaction(kind=kind, amount=eur(amount))
    else:
        with pytest.raises(InvalidInput) as refused:
            RecordTransaction(kind=kind, amount=eur(amount))
        assert refused.value.path == ("amount",)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"lines": PILLOWS[:1]}, ("amount",)),
        ({"lines": (NewLine(unit_price=Money(100, "USD")),)}, ("lines", 0, "unit_price")),
        ({"lines": (NewLine(unit_price=eur("1.00"), quantity=Decimal("0.0001")),)}, ("lines", 0, "quantity")),
        ({"lines": (NewLine(unit_price=eur("1.00"), quantity=Decimal("NaN")),)}, ("lines", 0, "quantity")),
        ({"lines": (NewLine(unit_price=eur("1.00"), quantity=Decimal(10**12)),) * 2}, ("amount",)),
        ({"lines": (NewLine(unit_price=Money(10**16, "EUR"), quantity=Decimal(11)),)}, ("lines", 0, "quantity")),
        ({"lines": (NewLine(unit_price=eur("1.00"), amount=eur("1.02")),)}, ("lines", 0, "amount")),
        ({"lines": (NewLine(unit_price=eur("1.00"), sku=" "),)}, ("lines", 0, "sku")),
        ({"lines": (NewLine(unit_price=eur("1.00"), cost=Money(50, "USD")),)}, ("lines", 0, "cost")),
        ({"lines": (NewLine(unit_price=eur("1.00"), cost=eur("-0.50")),)}, ("lines", 0, "cost")),
        ({"source": "till"}, ("source_key",)),
        ({"receipt_number": "\x00"}, ("receipt_number",)),
    ],
)
def test_a_transaction_checks_its_form_and_its_sums(fields: dict[str, Any], path: tuple[str | int, ...]) -> None:
    with pytest.raises(InvalidInput) as refused:
        RecordTransaction(amount=eur("24.00"), **fields)

    assert refused.value.path == path


@given(
    st.integers(-(10**6), 10**6),
    st.decimals(-1000, 1000, places=3, allow_nan=False, allow_infinity=False),
    st.sampled_from(["EUR", "JPY", "BHD"]),
)
def test_a_line_is_price_times_quantity_to_the_minor_unit(minor: int, quantity: Decimal, currency: str) -> None:
    line = NewLine(unit_price=Money(minor, currency), quantity=quantity)

    exact = minor * quantity
    assert abs(line.total.minor - exact) <= Decimal("0.5")
    amounts.check_line(quantity, line.unit_price, line.total)


class NoFeathers:
    """A plugin with a gate on single transactions."""

    @hookimpl
    def patron_manifest(self) -> Manifest:
        return Manifest(name="nofeathers", version="1", core_range=">=0", label="No feathers")

    @hookimpl
    def patron_gate(self, command: RecordTransaction, uow: UnitOfWork) -> Veto | None:
        if command.receipt_number == "FEATHERS":
            return Veto("NO_FEATHERS", "Feathers are not sold. Some were. Sell down.", path=("receipt_number",))
        return None


async def test_a_batch_is_no_way_around_a_gate(database: PreparedDatabase) -> None:
    database.plugins = Plugins.of([NoFeathers()])
    rows = (row("a", receipt_number="FEATHERS"), row("b", receipt_number="DOWN"))

    with pytest.raises(Vetoed):
        await database.do(RecordTransaction(amount=eur("1.00"), receipt_number="FEATHERS"))
    result = await database.do(IngestTransactions(source="till", rows=rows))

    assert [(r.status.name, r.code) for r in result.rows] == [("REJECTED", "NO_FEATHERS"), ("CREATED", None)]
