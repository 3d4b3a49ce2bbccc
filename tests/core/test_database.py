"""Units of work on both databases: they commit or leave nothing, meet, and outlive callers and servers that go."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import pysqlite3
import pytest
import pytest_asyncio
from sqlalchemy import Column, Integer, MetaData, Table, UniqueConstraint, delete, func, select, text, true
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import aliased, selectinload

from patron_core.access.service import create_tenant
from patron_core.address import asyncpg_url, sqlite_path
from patron_core.customers.models import Customer, CustomerKind, EngagementMode, LifecycleStage
from patron_core.database import Database, PostgresqlDatabase, SqliteDatabase, TenantSession
from patron_core.database.faults import shortened
from patron_core.errors import Conflict, InvalidInput, Overloaded, Timeout, Unavailable
from patron_core.migrations import migrate
from patron_core.parties.models import ContactKind, ContactMedium, Party, PartyKind, Person
from patron_core.plugins import Plugins
from patron_core.relationships.models import RelationshipType
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import FixedClock, Period, SequentialIds
from patron_schema.testing.databases import NOON, PreparedDatabase
from patron_schema.testing.servers import PostgresProcess


def person(uow: UnitOfWork, name: str = "Ada") -> Person:
    return uow.add(Person(kind=PartyKind.PERSON, display_name=name))


def customer(uow: UnitOfWork, party_id: uuid.UUID) -> Customer:
    return uow.add(
        Customer(
            party_id=party_id,
            kind=CustomerKind.B2C,
            engagement_mode=EngagementMode.HYBRID,
            lifecycle_stage=LifecycleStage.PROSPECT,
        )
    )


def names(uow: UnitOfWork) -> list[str]:
    return uow.select(select(Party.display_name).order_by(Party.display_name))


async def test_work_that_raises_leaves_nothing(database: PreparedDatabase) -> None:
    def fail(uow: UnitOfWork) -> None:
        person(uow)
        uow.flush()
        raise InvalidInput("No. Nothing. Stop.")

    with pytest.raises(InvalidInput):
        await database.do(fail)

    assert await database.do(names) == []


async def test_writers_meet_and_no_update_is_lost(database: PreparedDatabase) -> None:
    ada = await database.do(person)

    async def append(letter: str) -> None:
        def work(uow: UnitOfWork) -> None:
            row = uow.get(Person, ada.id, lock=True)
            row.display_name += letter

        await database.do(work)

    await asyncio.gather(*(append(letter) for letter in "abcdefghijkl"))

    row = await database.do(lambda uow: uow.get(Person, ada.id))
    assert sorted(row.display_name.removeprefix("Ada")) == list("abcdefghijkl")
    assert row.version == 13


async def test_a_change_made_on_an_old_version_is_a_conflict(database: PreparedDatabase) -> None:
    ada = await database.do(person)

    def overtaken(uow: UnitOfWork) -> None:
        row = uow.get(Person, ada.id)
        uow.session.connection().exec_driver_sql("UPDATE party SET version = version + 1")  # somebody was faster
        row.display_name = "Eve"

    with pytest.raises(Conflict, match="has changed since it was read"):
        await database.do(overtaken)


async def test_a_broken_unique_rule_is_a_conflict_that_names_it(database: PreparedDatabase) -> None:
    ada = await database.do(person)
    await database.do(lambda uow: customer(uow, ada.id))

    with pytest.raises(Conflict, match="already a customer with the same party"):
        await database.do(lambda uow: customer(uow, ada.id))


async def test_a_partial_unique_rule_is_named_too(database: PreparedDatabase) -> None:
    ada = await database.do(person)

    def prefer(uow: UnitOfWork) -> None:
        medium = {"party_id": ada.id, "kind": ContactKind.EMAIL, "preferred": True, "validity": Period(None, None)}
        uow.add_many(ContactMedium, [{**medium, "value": "a@example.org"}, {**medium, "value": "b@example.org"}])

    with pytest.raises(Conflict, match="already a contact medium with the same party and kind"):
        await database.do(prefer)


async def test_a_reference_to_nothing_is_a_conflict(database: PreparedDatabase) -> None:
    with pytest.raises(Conflict):
        await database.do(lambda uow: customer(uow, uow.ids.new()))


@pytest.mark.security
async def test_a_reference_to_another_tenants_row_is_a_reference_to_nothing(database: PreparedDatabase) -> None:
    stranger = await database.tenant("Blankets")
    theirs = await database.do(person, actor=stranger)

    with pytest.raises(Conflict):
        await database.do(lambda uow: customer(uow, theirs.id))


async def test_a_value_outside_a_check_is_invalid_input(database: PreparedDatabase) -> None:
    def work(uow: UnitOfWork) -> None:
        # Past the column type, as a defect would: the database has the last word.
        uow.session.connection().exec_driver_sql("UPDATE party SET kind = 'PLANT'")

    await database.do(person)

    with pytest.raises(InvalidInput, match="ck_party_kind"):
        await database.do(work)


async def test_reads_run_beside_a_writer_and_see_what_is_committed(database: PreparedDatabase) -> None:
    loop = asyncio.get_running_loop()
    written, seen = asyncio.Event(), asyncio.Event()

    def write(uow: UnitOfWork) -> None:
        person(uow)
        uow.flush()
        loop.call_soon_threadsafe(written.set)
        if database.dialect == "sqlite":  # the writer thread may wait; on PostgreSQL work runs in the loop itself
            asyncio.run_coroutine_threadsafe(seen.wait(), loop).result(5)

    task = asyncio.create_task(database.do(write))
    await written.wait()

    count = await database.database.read(
        database.tenant_id, lambda s: s.scalar(select(func.count()).select_from(Party))
    )
    seen.set()
    await task

    assert count in ((0,) if database.dialect == "sqlite" else (0, 1))
    assert await database.do(names) == ["Ada"]


async def test_a_read_writes_nothing(database: PreparedDatabase) -> None:
    def write(session: TenantSession) -> None:
        session.connection().exec_driver_sql("DELETE FROM party")

    with pytest.raises((Unavailable, DBAPIError), match=r"cannot be reached|read-only"):
        await database.database.read(database.tenant_id, write)


async def test_cancelled_callers_lose_no_acknowledged_write_and_leave_no_transaction_open(
    database: PreparedDatabase,
) -> None:
    acknowledged: list[str] = []
    dice = random.Random(7)

    async def write(number: int) -> None:
        await database.do(lambda uow: person(uow, f"{number:03d}"))
        acknowledged.append(f"{number:03d}")

    tasks = [asyncio.create_task(write(number)) for number in range(60)]
    while pending := [task for task in tasks if not task.done()]:
        dice.choice(pending).cancel()
        for _ in range(dice.randrange(40)):
            await asyncio.sleep(0)
    await asyncio.gather(*tasks, return_exceptions=True)
    stored = await database.do(names)

    assert set(acknowledged) <= set(stored)
    assert len(stored) == len(set(stored))
    if database.dialect == "postgresql":
        await _no_transaction_is_open(database)


async def _no_transaction_is_open(database: PreparedDatabase) -> None:
    connection = await asyncpg.connect(asyncpg_url(database.owner_url))
    try:
        for _ in range(200):  # what callers left behind ends by itself, in its own task
            open_ = await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
            )
            if open_ == 0:
                return
            await asyncio.sleep(0)
        pytest.fail(f"{open_} transactions are open")
    finally:
        await connection.close()


async def test_an_error_of_the_database_leaves_the_connection_usable(database: PreparedDatabase) -> None:
    for _ in range(12):  # more often than there are connections
        with pytest.raises(Conflict):
            await database.do(lambda uow: customer(uow, uow.ids.new()))

    assert await database.do(names) == []


async def test_a_second_process_that_writes_too_long_is_overload(tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path}/busy.db"
    await migrate(url, Plugins.of({}))
    database = SqliteDatabase(url, busy_timeout_seconds=0.05)
    other = pysqlite3.connect(str(sqlite_path(url)), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(Overloaded):
            await create_tenant(database, name="A", clock=FixedClock(NOON), ids=SequentialIds(FixedClock(NOON)))
        other.execute("ROLLBACK")

        await create_tenant(database, name="A", clock=FixedClock(NOON), ids=SequentialIds(FixedClock(NOON)))
    finally:
        other.close()
        await database.close()


async def test_sqlite_is_set_up_to_be_durable(database: PreparedDatabase) -> None:
    if database.dialect == "postgresql":
        return

    def settings(session: TenantSession) -> dict[str, Any]:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "trusted_schema")
        connection = session.connection()
        return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas}

    assert await database.database.write(database.tenant_id, settings) == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
        "trusted_schema": 0,
    }


# ------------------------------------------------------------------------------------------------ PostgreSQL alone


@pytest_asyncio.fixture
async def postgres(database: PreparedDatabase) -> AsyncIterator[PostgresqlDatabase]:
    """A database of its own for settings the common one does not have."""
    own = PostgresqlDatabase(database.url, pool_size=2, statement_timeout_seconds=0.3)
    yield own
    await own.close()


only_postgresql = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)


@only_postgresql
async def test_a_deadlock_is_run_again(database: PreparedDatabase) -> None:
    ada, bob = await database.do(person), await database.do(lambda uow: person(uow, "Bob"))
    runs: list[str] = []

    def both(first: uuid.UUID, second: uuid.UUID) -> Callable[[UnitOfWork], None]:
        def work(uow: UnitOfWork) -> None:
            runs.append("run")
            for id_ in (first, second):
                uow.get(Person, id_, lock=True)
                uow.rows(select(func.pg_sleep(0.05)))  # so that each holds one row and wants the other's

        return work

    await asyncio.gather(database.do(both(ada.id, bob.id)), database.do(both(bob.id, ada.id)))

    assert len(runs) >= 3


@only_postgresql
async def test_a_statement_that_runs_too_long_is_cancelled(
    database: PreparedDatabase, postgres: PostgresqlDatabase
) -> None:
    with pytest.raises(Timeout):
        await postgres.write(database.tenant_id, lambda session: session.execute(select(func.pg_sleep(5))))


@only_postgresql
async def test_more_work_than_connections_waits_its_turn(
    database: PreparedDatabase, postgres: PostgresqlDatabase
) -> None:
    def nap(session: TenantSession) -> int:
        session.execute(select(func.pg_sleep(0.01)))
        return 1

    assert sum(await asyncio.gather(*(postgres.write(database.tenant_id, nap) for _ in range(20)))) == 20


async def _write(database: Database, tenant_id: uuid.UUID) -> Any:
    return await database.write(tenant_id, lambda session: session.scalar(select(func.count()).select_from(Party)))


async def test_a_server_that_is_down_is_unavailable_and_found_again_when_it_is_back() -> None:
    process = PostgresProcess.create()
    try:
        process.start()
        await migrate(process.url, Plugins.of({}))
        superuser = await asyncpg.connect(process.url)
        await superuser.execute("CHECKPOINT")  # the test server acknowledges commits before they are safe
        await superuser.close()
        app_url = process.url.replace("postgresql://postgres@", "postgresql+asyncpg://patron_app@")
        database = PostgresqlDatabase(app_url, pool_size=2)
        tenant_id = uuid.uuid4()
        assert await _write(database, tenant_id) == 0

        process.kill()
        with pytest.raises(Unavailable):
            await _write(database, tenant_id)
        process.start()

        # The pool's old connections are broken; the first use finds out and takes a new one.
        assert await asyncio.gather(*(_write(database, tenant_id) for _ in range(5))) == [0] * 5
        await database.close()
    finally:
        process.remove()


# ------------------------------------------------------------------------------------------------ the tenant's net


@pytest_asyncio.fixture
async def two_tenants(database: PreparedDatabase) -> PreparedDatabase:
    stranger = await database.tenant("Blankets")
    for actor, name in ((database.actor, "Ada"), (stranger, "Mallory")):
        ada = await database.do(lambda uow, n=name: person(uow, n), actor=actor)
        await database.do(lambda uow, a=ada: customer(uow, a.id), actor=actor)
    return database


READS: dict[str, Callable[[UnitOfWork], list[Any]]] = {
    "an entity": lambda uow: [row.display_name for row in uow.select(select(Party))],
    "a subclass": lambda uow: [row.display_name for row in uow.select(select(Person))],
    "a column": lambda uow: uow.select(select(Person.display_name)),
    "an alias": lambda uow: [row.display_name for row in uow.select(select(aliased(Party)))],
    "a join": lambda uow: [
        row[0] for row in uow.rows(select(Person.display_name).join(Customer, Customer.party_id == Person.id))
    ],
    "a cross join": lambda uow: [
        row[0] for row in uow.rows(select(Person.display_name, Customer.id).join(Customer, true()))
    ],
    "a sub-select": lambda uow: uow.select(select(Party.display_name).where(Party.id.in_(select(Customer.party_id)))),
    "a CTE": lambda uow: uow.select(select(select(Party.display_name).cte("c").c.display_name)),
    "a union": lambda uow: uow.select(select(Party.display_name).union(select(Party.display_name))),  # type: ignore[arg-type]
    "a lazy load": lambda uow: [row.party.display_name for row in uow.select(select(Customer))],
    "an eager load": lambda uow: [
        row.party.display_name for row in uow.select(select(Customer).options(selectinload(Customer.party)))
    ],
    "an aggregate": lambda uow: ["Ada"] * uow.select(select(func.count(Party.id)))[0],
}


@pytest.mark.security
@pytest.mark.parametrize("read", READS)
async def test_every_shape_of_a_read_is_held_to_its_tenant(two_tenants: PreparedDatabase, read: str) -> None:
    """On SQLite the ORM's criteria are the only net; they must hold for each shape by themselves."""
    assert await two_tenants.do(READS[read]) == ["Ada"]


@pytest.mark.security
async def test_a_cached_statement_takes_the_tenant_of_the_moment(two_tenants: PreparedDatabase) -> None:
    stranger = await two_tenants.tenant("Sheets")

    seen = [await two_tenants.do(names, actor=actor) for actor in (two_tenants.actor, stranger) * 3]

    assert seen == [["Ada"], []] * 3


@pytest.mark.security
@pytest.mark.parametrize(
    "statement",
    [
        lambda: select(Party.__table__),
        lambda: select(Party.__table__.alias("p")),
        lambda: select(func.count()).select_from(Party.__table__),
        lambda: select(Customer.__table__.c.id).join(
            Party.__table__, Party.__table__.c.id == Customer.__table__.c.party_id
        ),
        lambda: select(select(Party.__table__).subquery()),
        lambda: text("SELECT * FROM party"),
        lambda: delete(Party),
        lambda: delete(Party.__table__),  # type: ignore[arg-type]
    ],
)
async def test_a_statement_whose_tenant_nobody_can_check_is_refused(
    two_tenants: PreparedDatabase, statement: Callable[[], Any]
) -> None:
    with pytest.raises(TypeError):
        await two_tenants.do(lambda uow: uow.rows(statement()))


async def test_a_core_statement_with_its_tenant_is_allowed(two_tenants: PreparedDatabase) -> None:
    table = Party.__table__

    found = await two_tenants.do(
        lambda uow: uow.rows(select(table.c.display_name).where(table.c.tenant_id == uow.tenant_id))
    )

    assert [row[0] for row in found] == ["Ada"]


@pytest.mark.security
async def test_a_record_of_another_tenant_cannot_be_written(two_tenants: PreparedDatabase) -> None:
    stranger = await two_tenants.tenant("Sheets")

    def smuggle(uow: UnitOfWork) -> None:
        row = person(uow, "Trojan")
        row.tenant_id = stranger.tenant_id

    def move(uow: UnitOfWork) -> None:
        uow.select(select(Person))[0].tenant_id = stranger.tenant_id

    for work in (smuggle, move):
        with pytest.raises(TypeError, match="another tenant"):
            await two_tenants.do(work)


async def test_a_catalogue_row_may_have_the_same_code_in_two_tenants(database: PreparedDatabase) -> None:
    stranger = await database.tenant("Blankets")
    row = {
        "code": "KNOWS",
        "forward_name": "knows",
        "inverse_name": "is known by",
        "symmetric": True,
        "reflexive": False,
    }

    for actor in (database.actor, stranger):
        ids = await database.do(lambda uow: uow.add_many(RelationshipType, [row]), actor=actor)
        assert len(ids) == 1


def test_a_rule_whose_name_postgresql_cuts_off_is_found_under_what_is_left() -> None:
    convention = {"uq": "uq_%(table_name)s_%(column_0_N_name)s"}
    names = ("feathers_of_the_left_half_of_it", "feathers_of_the_right_half_of_it")
    rule = UniqueConstraint(*names)
    Table("pillow", MetaData(naming_convention=convention), *(Column(name, Integer) for name in names), rule)

    name = postgresql.dialect().identifier_preparer.format_constraint(rule)

    assert len(str(rule.name)) > 63
    assert name == shortened(str(rule.name))
