"""The audit of reads: what of health and money was shown, to whom and about whom, is kept before the answer leaves."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import asyncpg
import pysqlite3
import pytest
from sqlalchemy import select
from tests.core.audited_rows import hand_on

from patron_core.address import asyncpg_url, sqlite_path
from patron_core.audit.models import AuditRead
from patron_core.audit.reading import MOST_SUBJECTS, DatabaseWriter, Disclosed, PostgresqlWriter, Read, ReadLog
from patron_core.audit.sealing import seal_all
from patron_core.audit.verification import verify
from patron_core.customers.commands import CreateCustomer
from patron_core.errors import Unavailable
from patron_core.messages import Actor
from patron_core.parties.commands import NewPerson
from patron_core.transactions.commands import RecordTransaction
from patron_core.transactions.models import TransactionKind
from patron_core.values import Money
from patron_schema.testing.databases import PreparedDatabase
from patron_schema.testing.service import Patron

pytestmark = pytest.mark.security

NAMES = "{ customers { nodes { displayName } } }"
AMOUNTS = "query Sales { customers { nodes { displayName transactions { nodes { amount { amount } } } } } }"


async def customers(patron: Patron, count: int) -> list[Any]:
    """Customers with a sale each."""
    made = []
    for number in range(count):
        person = NewPerson(given_name=f"Ada {number}", family_name="Almond")
        customer = await patron.prepared.do(CreateCustomer(person=person))
        await patron.prepared.do(
            RecordTransaction(
                customer_id=customer.id, kind=TransactionKind.SALE, amount=Money(100 + number, "EUR"),
                occurred_at=patron.prepared.clock.now(),
            )
        )  # fmt: skip
        made.append(customer)
    return made


async def reads(patron: Patron) -> Sequence[AuditRead]:
    rows: Sequence[AuditRead] = await patron.prepared.do(
        lambda uow: uow.select(select(AuditRead).order_by(AuditRead.id))
    )
    return rows


def parties(read: AuditRead) -> set[str]:
    return set(read.subjects.split())


# -- what is kept


async def test_e1_an_answer_with_money_is_kept_with_actor_purpose_fields_and_parties(patron: Patron) -> None:
    made = await customers(patron, 3)

    await patron.data(AMOUNTS)

    (read,) = await reads(patron)
    assert (read.actor, read.actor_kind, read.purpose) == ("administrator of Pillows", "user", "TREAT")
    assert (read.classes, read.types, read.fields) == ("FINANCIAL", "Transaction", "Transaction.amount.amount")
    assert parties(read) == {str(each.party_id) for each in made}
    assert (read.subject_count, read.subjects_sha256, read.break_glass) == (3, None, None)
    assert (read.request_id, read.operation) == ("req_test", "Sales")
    assert read.document is not None
    assert len(read.document) == 64


async def test_an_answer_without_money_or_health_is_not_kept(patron: Patron) -> None:
    await customers(patron, 1)

    await patron.data(NAMES)

    assert await reads(patron) == []


@pytest.mark.parametrize(
    ("query", "fields", "shown"),
    [
        pytest.param(
            '{ customers(where: {transactions: {some: {amount: {amount: {gt: "1.00"}, currencyCode: {eq: "EUR"}}}}})'
            " { nodes { displayName } } }",
            "Transaction.amount", 2, id="filter",
        ),
        pytest.param(
            "{ transactions(orderBy: [{field: AMOUNT, direction: DESC}]) { nodes { id } } }",
            "Transaction.amount", 3, id="order",
        ),
        pytest.param("{ transactionsAggregate { sum { amount { amount } } } }", "Transaction.amount", 0, id="aggregate"),
    ],
)  # fmt: skip
async def test_e1_every_use_of_money_is_kept(patron: Patron, query: str, fields: str, shown: int) -> None:
    await customers(patron, 3)

    answer = await patron.ask(query)

    assert "errors" not in answer, answer
    (read,) = await reads(patron)
    assert read.classes == "FINANCIAL"
    assert fields in read.fields
    assert read.subject_count == shown


async def test_e1_a_read_that_shows_nobody_is_kept_too(patron: Patron) -> None:
    await patron.data(AMOUNTS)

    (read,) = await reads(patron)
    assert (read.subjects, read.subject_count) == ("", 0)


async def test_e1_the_general_path_keeps_the_same(patron: Patron) -> None:
    await customers(patron, 2)
    await patron.data(AMOUNTS)

    await patron.data(AMOUNTS.replace("{ customers", "{ __schema { queryType { name } } customers"))

    fast, general = await reads(patron)
    assert (fast.fields, fast.subjects, fast.classes) == (general.fields, general.subjects, general.classes)


async def test_e1_a_payload_that_shows_money_is_kept(patron: Patron) -> None:
    (customer,) = await customers(patron, 1)
    query = """mutation($id: ID!) { transactionRecord(input: {customerId: $id, kind: SALE,
        amount: {amount: "5.00", currencyCode: "EUR"}}) { transaction { amount { amount } } userErrors { message } } }"""

    await patron.data(query, {"id": f"cus_{customer.id}"})

    (read,) = await reads(patron)
    assert parties(read) == {str(customer.party_id)}


async def test_e1_what_a_resolver_reads_by_itself_is_kept(patron: Patron) -> None:
    (customer,) = await customers(patron, 1)

    answer = await patron.ask(
        "query($id: ID!) { customerHealth(customerId: $id) { value } }", {"id": f"cus_{customer.id}"}
    )

    found = await reads(patron)
    assert "errors" not in answer, answer
    assert all(str(customer.party_id) in parties(read) for read in found)
    assert found


async def test_e1_every_listener_of_an_event_has_a_row_of_its_own(patron: Patron) -> None:
    (customer,) = await customers(patron, 1)
    query = "subscription($id: ID) { transactionRecorded(customerId: $id) { amount { amount } } }"
    told: list[Heard] = []
    for name in ("ann", "bob"):
        listener = Heard()
        told.append(listener)
        actor = replace(patron.prepared.actor, subject=name)
        await patron.gateway.follow(patron.request(query, {"id": f"cus_{customer.id}"}, actor=actor), listener)

    await sell(patron, customer)
    async with asyncio.timeout(5):
        await asyncio.gather(*(listener.heard.wait() for listener in told))

    found = await reads(patron)
    assert sorted(read.actor for read in found) == ["ann", "bob"]
    assert all(parties(read) == {str(customer.party_id)} for read in found)


async def test_e1_an_event_whose_audit_cannot_be_written_is_told_to_nobody(patron: Patron) -> None:
    (customer,) = await customers(patron, 1)
    patron.gateway.auditing.log = ReadLog(Broken())
    listener = Heard()
    await patron.gateway.follow(patron.request("subscription { transactionRecorded { amount { amount } } }"), listener)

    await sell(patron, customer)
    async with asyncio.timeout(5):
        await listener.heard.wait()

    (answer,) = listener.answers
    assert "UNAVAILABLE" in answer
    assert "5.00" not in answer


async def sell(patron: Patron, customer: Any) -> None:
    query = """mutation($id: ID!) { transactionRecord(input: {customerId: $id, kind: SALE,
        amount: {amount: "5.00", currencyCode: "EUR"}}) { userErrors { message } } }"""
    await patron.data(query, {"id": f"cus_{customer.id}"})


class Heard:
    """A listener that keeps what it is told."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.heard = asyncio.Event()

    def tell(self, answer: str, place: str | None) -> None:
        self.answers.append(answer)
        self.heard.set()

    def end(self, error: Exception | None) -> None:
        raise AssertionError(error)

    async def room(self) -> None:
        """It always has some."""


# -- when it is kept


class Broken:
    """A place where nothing can be kept."""

    async def write(self, tenant_id: uuid.UUID, rows: Any) -> None:
        raise OSError("The disk is full.")

    async def close(self) -> None:
        """Nothing to let go of."""


async def test_e1_an_answer_whose_audit_cannot_be_written_is_withheld(patron: Patron) -> None:
    await customers(patron, 1)
    patron.gateway.auditing.log = ReadLog(Broken())

    answer = await patron.ask(AMOUNTS)
    harmless = await patron.ask(NAMES)

    assert answer["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    assert "data" not in answer
    assert harmless["data"]["customers"]["nodes"]


async def test_e1_without_the_right_to_insert_nothing_is_shown(patron: Patron) -> None:
    await customers(patron, 1)
    prepared = patron.prepared
    if prepared.dialect == "sqlite":
        file = pysqlite3.connect(str(sqlite_path(prepared.owner_url)))
        file.execute("ALTER TABLE audit_read RENAME TO audit_read_gone")
        file.close()
    else:
        owner = await asyncpg.connect(asyncpg_url(prepared.owner_url))
        await owner.execute("REVOKE INSERT ON audit_read FROM patron_app")
        await owner.close()

    answer = await patron.ask(AMOUNTS)

    assert answer["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    assert "data" not in answer


async def test_e1_a_connection_of_the_audit_that_broke_is_replaced(database: PreparedDatabase) -> None:
    if database.dialect == "sqlite":
        return  # it has the one writer
    log = ReadLog(PostgresqlWriter(asyncpg_url(database.url)))
    await log.keep(a_read(database))
    owner = await asyncpg.connect(asyncpg_url(database.owner_url))
    await owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'patron audit'"
    )
    await owner.close()

    kept = 0
    for _ in range(3):  # the first may find out only by failing
        try:
            await log.keep(a_read(database))
            kept += 1
        except Unavailable:
            pass
    await log.close()

    stored = await database.do(lambda uow: uow.select(select(AuditRead.id)))
    assert kept >= 2
    assert len(stored) == kept + 1


async def test_reads_at_the_same_time_share_transactions(database: PreparedDatabase) -> None:
    writer = Counting(database)
    log = ReadLog(writer)
    other = await database.tenant("Cushions")

    each = [a_read(database), replace(a_read(database), actor=other)]
    await asyncio.gather(*(log.keep(replace(each[n % 2], id=database.ids.new())) for n in range(200)))

    mine = await database.do(lambda uow: uow.select(select(AuditRead.id)))
    theirs = await database.do(lambda uow: uow.select(select(AuditRead.id)), actor=other)
    assert (len(mine), len(theirs)) == (100, 100)
    assert writer.transactions < 20


class Counting(DatabaseWriter):
    """Counts its transactions."""

    def __init__(self, database: PreparedDatabase) -> None:
        super().__init__(database.database)
        self.transactions = 0

    async def write(self, tenant_id: uuid.UUID, rows: Any) -> None:
        self.transactions += 1
        await super().write(tenant_id, rows)


def a_read(database: PreparedDatabase, subjects: Sequence[str] = ("a",)) -> Read:
    return Read(
        database.ids.new(), database.actor, Disclosed("PHI", "Patient", "Patient.birthSex"), subjects,
        database.clock.now(),
    )  # fmt: skip


async def test_of_very_many_parties_the_number_and_a_digest_are_kept(database: PreparedDatabase) -> None:
    many = [f"{number:036}" for number in range(MOST_SUBJECTS + 1)]

    await ReadLog(DatabaseWriter(database.database)).keep(a_read(database, many))

    (read,) = await database.do(lambda uow: uow.select(select(AuditRead)))
    assert read.subject_count == MOST_SUBJECTS + 1
    assert len(read.subjects.split()) == MOST_SUBJECTS
    assert read.subjects_sha256 is not None


async def test_e2_reads_are_sealed_with_the_changes_and_tampering_with_one_shows(database: PreparedDatabase) -> None:
    await ReadLog(DatabaseWriter(database.database)).keep(a_read(database))
    await seal_all(database.database, database.tenant_id, clock=database.clock)
    assert (await verify(database.database, database.tenant_id)).fault is None

    async with hand_on(database.owner_url) as hand:
        await hand("UPDATE audit_read SET actor = 'nobody'")

    verdict = await verify(database.database, database.tenant_id)
    assert verdict.fault is not None
    assert str(verdict.fault.row).startswith("READ ")


async def test_the_role_of_the_audit_keeps_reads_and_sees_none(database: PreparedDatabase) -> None:
    if database.dialect == "sqlite":
        return  # it has no roles
    url = asyncpg_url(database.url).replace("patron_app", "patron_audit")
    log = ReadLog(PostgresqlWriter(url))

    await log.keep(a_read(database))
    await log.close()

    auditor = await asyncpg.connect(url)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await auditor.execute("SELECT * FROM audit_read")
    await auditor.close()
    assert len(await database.do(lambda uow: uow.select(select(AuditRead.id)))) == 1


# -- purpose of use

PATIENTS = "{ patients { nodes { birthSex } } }"


async def test_health_information_is_not_shown_without_a_purpose(patron: Patron) -> None:
    aimless = replace(patron.prepared.actor, purpose=None, purposes=("TREAT", "HRESCH"))

    answer = await patron.ask(PATIENTS, actor=aimless)

    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert "Patron-Purpose" in error["message"]
    assert "TREAT, HRESCH" in error["message"]
    assert patron.statements == []
    assert await reads(patron) == []


async def test_money_needs_no_purpose(patron: Patron) -> None:
    await customers(patron, 1)

    answer = await patron.ask(AMOUNTS, actor=replace(patron.prepared.actor, purpose=None))

    assert "errors" not in answer
    assert [read.purpose for read in await reads(patron)] == [None]


async def test_software_of_the_system_runs_the_organisation(patron: Patron) -> None:
    system = Actor(patron.prepared.tenant_id, "job", "system", reason="A job runs.")

    answer = await patron.ask(PATIENTS, actor=system)

    assert "errors" not in answer
    assert [(read.purpose, read.reason) for read in await reads(patron)] == [("HOPERAT", "A job runs.")]


async def test_reading_the_audit_of_reads_is_in_it(patron: Patron) -> None:
    await customers(patron, 1)
    await patron.data(AMOUNTS)
    patron.prepared.clock.advance(dt.timedelta(seconds=1))

    shown = await patron.data("{ auditReads { nodes { actor fields subjects } } }")

    assert [node["fields"] for node in shown["auditReads"]["nodes"]] == ["Transaction.amount.amount"]
    assert [read.types for read in await reads(patron)] == ["Transaction", "AuditRead"]
