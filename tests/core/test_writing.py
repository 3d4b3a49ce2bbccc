"""How rows are written: what waits goes in one statement, what a constraint answers is not asked, and nothing is lost by it."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from tests.core.statements import counted_statements

from patron_core.audit.models import AuditEntry
from patron_core.customers.commands import CreateCustomer
from patron_core.customers.models import Customer
from patron_core.database import TenantSession
from patron_core.database.rows import NewRows, insert
from patron_core.errors import Conflict, NotFound
from patron_core.hookspecs import Manifest, hookimpl
from patron_core.idempotency import IdempotencyRecord
from patron_core.messages import Event
from patron_core.outbox.models import OutboxEvent
from patron_core.parties.commands import NewPerson
from patron_core.parties.models import Party, Person
from patron_core.plugins import Plugins
from patron_core.records import table_of
from patron_core.transactions.commands import NewLine, RecordTransaction
from patron_core.transactions.models import Transaction, TransactionLine
from patron_core.unit_of_work import UnitOfWork, execute
from patron_core.values import Money
from patron_schema.testing.databases import NOON, PreparedDatabase

EURO = Money(100, "EUR")


async def a_customer(database: PreparedDatabase) -> Customer:
    made: Customer = await database.do(CreateCustomer(person=NewPerson(given_name="Ada")))
    return made


async def count(database: PreparedDatabase, model: Any) -> int:
    return len(await database.do(lambda uow: uow.select(select(model.id))))


# ------------------------------------------------------------------------------------------------ how many statements


async def test_a_recorded_transaction_is_one_statement_which_is_its_transaction(database: PreparedDatabase) -> None:
    ada = await a_customer(database)
    lines = (NewLine(sku="P1", unit_price=EURO), NewLine(sku="P2", unit_price=EURO))

    with counted_statements() as statements:
        await database.execute(
            RecordTransaction(customer_id=ada.id, amount=Money(200, "EUR"), lines=lines), idempotency_key="k1"
        )

    tables = ["ledger_transaction", "ledger_transaction_line", "audit_entry", "event_counter", "outbox_event"]
    tables += ["idempotency_record"]
    if database.dialect == "postgresql":
        (statement,) = statements
        assert statement.count("INSERT INTO") == statement.count("set_config('app.tenant', $1::text, true)") == 6
        assert [statement.index(f"INSERT INTO {table} ") for table in tables] == sorted(
            statement.index(f"INSERT INTO {table} ") for table in tables
        )
    else:
        reads = [statement for statement in statements if not statement.startswith("INSERT")]
        assert reads == []
        assert [statement.split()[2] for statement in statements] == tables
    assert await count(database, TransactionLine) == 2
    assert await count(database, IdempotencyRecord) == 1


async def test_what_was_read_before_shares_the_transaction_of_what_is_written(database: PreparedDatabase) -> None:
    ada = await a_customer(database)

    def work(uow: UnitOfWork) -> None:
        uow.get(Customer, ada.id, lock=True)
        uow.add(Person(display_name="Bob"))

    with counted_statements() as statements:
        await database.do(work)

    assert len(statements) == (2 if database.dialect == "postgresql" else 3)
    assert "set_config" not in "".join(statements)


# ------------------------------------------------------------------------------------------------ what constraints answer


async def test_a_customer_nobody_has_is_not_found_where_it_was_named(database: PreparedDatabase) -> None:
    command = RecordTransaction(customer_id=uuid.uuid4(), amount=EURO)

    for key in (None, "k1"):
        with pytest.raises(NotFound, match="no such customer") as refused:
            await database.execute(command, idempotency_key=key)
        assert refused.value.path == ("customer_id",)

    assert [await count(database, model) for model in (Transaction, IdempotencyRecord)] == [0, 0]
    assert await database.do(lambda uow: uow.find(OutboxEvent, type="transaction.recorded")) is None


@pytest.mark.security
async def test_another_tenants_customer_is_not_found_either(database: PreparedDatabase) -> None:
    stranger = await database.tenant("Blankets")
    theirs = await database.do(CreateCustomer(person=NewPerson(given_name="Eve")), actor=stranger)

    with pytest.raises(NotFound, match="no such customer"):
        await database.execute(RecordTransaction(customer_id=theirs.id, amount=EURO))


async def test_what_a_command_got_wrong_is_not_counted_against_a_plugin(database: PreparedDatabase) -> None:
    called: list[str] = []

    class Curious:
        @staticmethod
        @hookimpl
        def patron_manifest() -> Manifest:
            return Manifest(name="curious", version="1", core_range=">=0", label="Curious")

        @staticmethod
        @hookimpl
        def patron_on_event(event: Event, uow: UnitOfWork) -> None:
            called.append(event.type)

    plugins = Plugins.of({"curious": Curious})
    given: dict[str, Any] = {"actor": database.actor, "clock": database.clock, "ids": database.ids, "plugins": plugins}

    for _ in range(6):
        with pytest.raises(NotFound):
            await execute(database.database, RecordTransaction(customer_id=uuid.uuid4(), amount=EURO), **given)
    await execute(database.database, RecordTransaction(amount=EURO), **given)

    assert called == ["transaction.recorded"]


# ------------------------------------------------------------------------------------------------ savepoints and records


async def test_a_record_written_in_a_savepoint_that_was_undone_is_not_there(database: PreparedDatabase) -> None:
    made: list[Person] = []

    def fail(uow: UnitOfWork) -> None:
        with uow.savepoint():
            made.append(uow.add(Person(display_name="Bob")))
            uow.flush()
            assert uow.get(Person, made[0].id) is made[0]
            uow.add(Person(display_name="Cid"))
            raise Conflict("No. It was to be. Stop.")

    def work(uow: UnitOfWork) -> tuple[uuid.UUID, Any]:
        ada = uow.add(Person(display_name="Ada"))
        with pytest.raises(Conflict):
            fail(uow)
        with pytest.raises(NotFound):
            uow.get(Person, made[0].id)
        return ada.id, uow.get(Person, ada.id).display_name

    ada, name = await database.do(work)

    assert name == "Ada"
    assert [row.id for row in await database.do(lambda uow: uow.select(select(Person)))] == [ada]
    entries = await database.do(lambda uow: uow.select(select(AuditEntry).where(AuditEntry.record_type == "party")))
    assert [entry.record_id for entry in entries] == [ada]


async def test_a_record_changed_before_it_is_sent_is_written_once_and_later_as_a_change(
    database: PreparedDatabase,
) -> None:
    def work(uow: UnitOfWork) -> Person:
        ada = uow.add(Person(display_name="Ada"))
        ada.language = "en"
        uow.flush()
        ada.given_name = "Ada"
        return ada

    ada = await database.do(work)

    stored = await database.do(lambda uow: uow.get(Person, ada.id))
    assert (stored.version, stored.language, stored.given_name, stored.family_name) == (2, "en", "Ada", None)


@pytest.mark.security
async def test_rows_of_another_tenant_are_refused_also_in_a_statement_that_is_its_own_transaction(
    database: PreparedDatabase,
) -> None:
    stranger = await database.tenant("Blankets")
    shared = {"tenant_id": stranger.tenant_id, "version": 1, "created_at": NOON, "updated_at": NOON, "kind": "PERSON"}
    rows = NewRows(table_of(Party), shared | {"kind": None}, {"id": [uuid.uuid4()], "display_name": ["Eve"]})

    def record(uow: UnitOfWork) -> None:
        uow.session.wait(Person(tenant_id=stranger.tenant_id, id=uuid.uuid4(), display_name="Eve"))

    with pytest.raises(TypeError, match="of another tenant"):
        await database.do(record)
    if database.dialect == "postgresql":

        def closing(session: TenantSession) -> None:
            session.closing = [rows]

        def inside(session: TenantSession) -> None:
            insert(session.connection(), [rows])

        for work in (closing, inside):
            with pytest.raises(DBAPIError, match="row-level security"):
                await database.database.write(database.tenant_id, work)
    assert await count(database, Party) == 0


async def test_a_failed_statement_that_was_ignored_is_no_silent_rollback(database: PreparedDatabase) -> None:
    def work(session: TenantSession) -> None:
        session.wait(Person(tenant_id=database.tenant_id, display_name="Ada", **standard))
        session.flush()
        with pytest.raises(DBAPIError):
            session.connection().exec_driver_sql("SELECT * FROM nowhere")

    standard: dict[str, Any] = {"id": uuid.uuid4(), "version": 1, "created_at": NOON, "updated_at": NOON}

    if database.dialect == "postgresql":
        with pytest.raises(RuntimeError, match="PostgreSQL undid it"):
            await database.database.write(database.tenant_id, work)
        assert await count(database, Person) == 0
    else:
        await database.database.write(database.tenant_id, work)
        assert await count(database, Person) == 1
