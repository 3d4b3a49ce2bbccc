"""What a unit of work does by itself: standard columns, order, audit, events, plugins' say; and how few statements it costs."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
import structlog
from sqlalchemy import select, text
from tests.core.statements import counted_statements

from patron_core.audit.models import AuditEntry
from patron_core.customers.models import (
    Customer,
    CustomerKind,
    EngagementMode,
    LifecycleChange,
    LifecycleStage,
)
from patron_core.database import TenantSession
from patron_core.errors import Conflict, Forbidden, Internal, InvalidInput, NotFound, Unavailable, Vetoed
from patron_core.hookspecs import CommandHandler, Manifest, Veto, hookimpl
from patron_core.messages import Actor, Command, Event
from patron_core.outbox.models import OutboxEvent, OutboxStatus
from patron_core.parties.models import Organization, Party, PartyKind, Person
from patron_core.plugins import Plugins
from patron_core.transactions.models import Transaction, TransactionKind
from patron_core.unit_of_work import CommittedEvent, UnitOfWork, execute
from patron_core.values import Money
from patron_schema.testing.databases import NOON, PreparedDatabase


@dataclass(frozen=True, slots=True, kw_only=True)
class PlumpPillow(Command):
    name: str = "Ada"


@dataclass(frozen=True, slots=True, kw_only=True)
class PillowPlumped(Event):
    type: ClassVar[str] = "pillow.plumped"
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatherFell(Event):
    type: ClassVar[str] = "feather.fell"


def plump(command: PlumpPillow, uow: UnitOfWork) -> Person:
    person = uow.add(Person(kind=PartyKind.PERSON, display_name=command.name))
    uow.emit(PillowPlumped(name=command.name))
    return person


def plugin(**hooks: Any) -> Any:
    """A plugin as a test needs it: a manifest, and the hooks given."""

    @hookimpl
    def patron_manifest() -> Manifest:
        return Manifest(name="pillows", version="1", core_range=">=0", label="Pillows")

    @hookimpl
    def patron_commands() -> Any:
        yield CommandHandler(command=PlumpPillow, handler=plump, permission="pillow:plump")

    marked = {name: hookimpl(function) for name, function in hooks.items()}
    return SimpleNamespace(**{"patron_manifest": patron_manifest, "patron_commands": patron_commands, **marked})


def plugins(*others: Any, **hooks: Any) -> Plugins:
    return Plugins.of({"pillows": plugin(**hooks), **{f"other_{n}": other for n, other in enumerate(others)}})


async def run(database: PreparedDatabase, work: Any, registry: Plugins, **options: Any) -> Any:
    return await execute(
        database.database,
        work,
        **{"actor": database.actor, "clock": database.clock, "ids": database.ids, "plugins": registry, **options},
    )


def a_customer(uow: UnitOfWork, party: Party) -> Customer:
    return uow.add(
        Customer(
            party_id=party.id,
            kind=CustomerKind.B2C,
            engagement_mode=EngagementMode.HYBRID,
            lifecycle_stage=LifecycleStage.PROSPECT,
        )
    )


def a_person(uow: UnitOfWork, name: str = "Ada") -> Person:
    return uow.add(Person(kind=PartyKind.PERSON, display_name=name))


def a_sale(number: int = 1, **more: Any) -> dict[str, Any]:
    sale = {"kind": TransactionKind.SALE, "amount": Money(100, "EUR"), "occurred_at": NOON}
    return {**sale, "source": "till", "source_key": str(number), **more}


def audit(uow: UnitOfWork, *, table: str) -> list[tuple[str, list[str]]]:
    rows = uow.select(select(AuditEntry).where(AuditEntry.record_type == table).order_by(AuditEntry.id))
    return [(row.action, row.columns) for row in rows]


# ------------------------------------------------------------------------------------------------ records


async def test_a_new_record_gets_tenant_id_times_and_version(database: PreparedDatabase) -> None:
    person = await database.do(a_person)

    assert (person.tenant_id, person.version) == (database.tenant_id, 1)
    assert person.created_at == person.updated_at == NOON
    assert person.id.version == 7


async def test_a_change_moves_version_and_time_and_is_audited_by_column(database: PreparedDatabase) -> None:
    person = await database.do(a_person)
    database.clock.advance(dt.timedelta(hours=1))

    def change(uow: UnitOfWork) -> Person:
        row = uow.get(Person, person.id)
        row.language, row.display_name = "de-CH", "Ada"
        return row

    changed = await database.do(change)

    assert (changed.version, changed.updated_at - changed.created_at) == (2, dt.timedelta(hours=1))
    assert await database.do(lambda uow: audit(uow, table="party")) == [("CREATE", []), ("UPDATE", ["language"])]


async def test_a_change_to_the_same_value_is_none(database: PreparedDatabase) -> None:
    person = await database.do(a_person)

    def touch(uow: UnitOfWork) -> int:
        row = uow.get(Person, person.id)
        row.display_name = "Ada"
        uow.flush()
        return row.version

    assert await database.do(touch) == 1


async def test_the_audit_says_who_when_and_through_which_request(database: PreparedDatabase) -> None:
    person = await database.do(a_person)

    entry = await database.do(lambda uow: uow.find(AuditEntry, record_type="party"))

    assert (entry.actor, entry.actor_kind, entry.request_id) == (database.actor.subject, "user", "req_test")
    assert (entry.record_id, entry.occurred_at, entry.reason) == (person.id, NOON, None)


async def test_a_system_actors_reason_is_audited(database: PreparedDatabase) -> None:
    robot = Actor(database.tenant_id, "system", "system", reason="Nightly tidying.")

    await database.do(a_person, actor=robot)

    entry = await database.do(lambda uow: uow.find(AuditEntry, record_type="party"))
    assert entry.reason == "Nightly tidying."


async def test_records_are_sent_in_the_order_their_references_need(database: PreparedDatabase) -> None:
    """References are view-only, so SQLAlchemy knows no order between the tables of one flush."""

    def work(uow: UnitOfWork) -> None:
        parent = uow.add(Organization(kind=PartyKind.ORGANIZATION, display_name="Group"))
        child = uow.add(Organization(kind=PartyKind.ORGANIZATION, display_name="Branch", parent_id=parent.id))
        customers = [a_customer(uow, parent), a_customer(uow, child)]
        person = a_person(uow)
        customers.append(a_customer(uow, person))
        for customer in customers:
            uow.add(LifecycleChange(customer_id=customer.id, to_stage=LifecycleStage.PROSPECT, occurred_at=uow.now))

    await database.do(work)

    assert len(await database.do(lambda uow: uow.select(select(LifecycleChange)))) == 3


async def test_an_append_only_record_cannot_be_changed_or_deleted(database: PreparedDatabase) -> None:
    (sale,) = await database.do(lambda uow: uow.add_many(Transaction, [a_sale()]))

    def change(uow: UnitOfWork) -> None:
        uow.get(Transaction, sale).source = "elsewhere"

    def delete(uow: UnitOfWork) -> None:
        uow.delete(uow.get(Transaction, sale))

    def change_many(uow: UnitOfWork) -> None:
        uow.update_rows(Transaction, Transaction.id == sale, values={"source": "elsewhere"})

    for work in (change, delete, change_many):
        with pytest.raises(TypeError, match="append-only"):
            await database.do(work)


async def test_a_deleted_record_is_gone_and_audited(database: PreparedDatabase) -> None:
    person = await database.do(a_person)

    await database.do(lambda uow: uow.delete(uow.get(Person, person.id)))

    assert await database.do(lambda uow: uow.find(Person)) is None
    assert [action for action, _ in await database.do(lambda uow: audit(uow, table="party"))] == ["CREATE", "DELETE"]


@pytest.mark.security
async def test_a_foreign_a_missing_and_a_wrong_id_are_refused_in_the_same_words(database: PreparedDatabase) -> None:
    stranger = await database.tenant("Blankets")
    theirs = await database.do(a_person, actor=stranger)
    organization = await database.do(lambda uow: uow.add(Organization(kind=PartyKind.ORGANIZATION, display_name="O")))
    texts = set()

    for wrong in (theirs.id, uuid.uuid4(), organization.id):
        with pytest.raises(NotFound) as refused:
            await database.do(lambda uow, w=wrong: uow.get(Person, w, path=("personId",)))
        texts.add((refused.value.message, refused.value.path))

    assert len(texts) == 1


# ------------------------------------------------------------------------------------------------ many rows


async def test_many_rows_are_written_with_one_statement_for_each_table_or_all(database: PreparedDatabase) -> None:
    rows = [a_sale(number, amount=Money(number, "JPY")) for number in range(100)]

    with counted_statements() as statements:
        ids = await database.do(lambda uow: uow.add_many(Transaction, rows))

    assert len(statements) == (1 if database.dialect == "postgresql" else 2)
    stored = await database.do(lambda uow: uow.select(select(Transaction).order_by(Transaction.id)))
    assert [row.amount for row in stored] == [row["amount"] for row in rows]
    assert [row.id for row in stored] == ids
    assert len(await database.do(lambda uow: audit(uow, table="ledger_transaction"))) == 100


async def test_many_rows_may_miss_values_that_may_be_null(database: PreparedDatabase) -> None:
    await database.do(
        lambda uow: uow.add_many(Person, [{"display_name": "Ada", "language": "en"}, {"display_name": "Bob"}])
    )

    people = await database.do(lambda uow: uow.select(select(Person).order_by(Person.display_name)))

    assert [(person.kind, person.language) for person in people] == [(PartyKind.PERSON, "en"), (PartyKind.PERSON, None)]


async def test_rows_that_are_there_are_left_out(database: PreparedDatabase) -> None:
    await database.do(lambda uow: uow.add_many(Transaction, [a_sale(1), a_sale(2)]))

    def again(uow: UnitOfWork) -> int:
        key = ("source", "source_key")
        return len(uow.add_many(Transaction, [a_sale(2), a_sale(3), a_sale(4)], unless_exists=key))

    assert await database.do(again) == 2
    assert len(await database.do(lambda uow: audit(uow, table="ledger_transaction"))) == 4


async def test_rows_that_are_there_are_a_conflict_otherwise(database: PreparedDatabase) -> None:
    await database.do(lambda uow: uow.add_many(Transaction, [a_sale(1)]))

    with pytest.raises(Conflict, match="already a ledger transaction with the same source and source key"):
        await database.do(lambda uow: uow.add_many(Transaction, [a_sale(2), a_sale(1)]))


async def test_many_imports_of_the_same_rows_at_once_write_each_once(database: PreparedDatabase) -> None:
    rows = [a_sale(number) for number in range(20)]
    key = ("source", "source_key")

    written = await asyncio.gather(
        *(database.do(lambda uow: len(uow.add_many(Transaction, rows, unless_exists=key))) for _ in range(6))
    )

    assert sum(written) == 20


async def test_a_column_nobody_declared_is_refused(database: PreparedDatabase) -> None:
    with pytest.raises(TypeError, match="no column 'feathers'"):
        await database.do(lambda uow: uow.add_many(Transaction, [a_sale(feathers=7)]))


async def test_a_value_no_column_keeps_refuses_the_rows_and_nothing_else(database: PreparedDatabase) -> None:
    beyond = NOON.replace(year=9999, month=12, day=31)

    def work(uow: UnitOfWork) -> None:
        with pytest.raises(InvalidInput, match="The time cannot be kept"), uow.savepoint():
            uow.add_many(Transaction, [a_sale(1), a_sale(2, occurred_at=beyond)])
        uow.add_many(Transaction, [a_sale(3)])

    await database.do(work)

    assert [row.source_key for row in await database.do(lambda uow: uow.select(select(Transaction)))] == ["3"]
    assert len(await database.do(lambda uow: audit(uow, table="ledger_transaction"))) == 1


async def test_a_set_based_change_is_atomic_audited_and_seen_by_loaded_records(database: PreparedDatabase) -> None:
    ada = await database.do(a_person)

    def change(uow: UnitOfWork) -> tuple[Any, ...]:
        row = uow.get(Person, ada.id)
        ids = uow.update_rows(Person, Person.language.is_(None), values={"language": "en", "given_name": "Ada"})
        none = uow.update_rows(Person, Person.language.is_(None), values={"language": "de"})
        return ids, none, row.language, row.version

    assert await database.do(change) == ([ada.id], [], "en", 2)
    assert (await database.do(lambda uow: audit(uow, table="party")))[1:] == [("UPDATE", ["given_name", "language"])]


async def test_a_result_can_be_read_after_the_commit(database: PreparedDatabase) -> None:
    ada = await database.do(a_person)

    def change(uow: UnitOfWork) -> tuple[Person, ...]:
        row = uow.get(Person, ada.id)
        uow.update_rows(Person, Person.id == ada.id, values={"language": "en"})
        return (row,)

    (row,) = await database.do(change)

    assert (row.language, row.version) == ("en", 2)


@pytest.mark.security
async def test_a_set_based_change_stays_inside_its_tenant(database: PreparedDatabase) -> None:
    stranger = await database.tenant("Blankets")
    await database.do(a_person, actor=stranger)

    changed = await database.do(lambda uow: uow.update_rows(Person, Person.id.is_not(None), values={"language": "en"}))

    assert changed == []


# ------------------------------------------------------------------------------------------------ commands and events


async def test_a_command_costs_a_statement_for_each_table_it_writes_or_one_for_all(database: PreparedDatabase) -> None:
    with counted_statements() as statements:
        await run(database, PlumpPillow(), plugins())

    expected = ["INSERT INTO party", "INSERT INTO audit_entry", "INSERT INTO outbox_event"]
    if database.dialect == "postgresql":
        expected = ["WITH i0 AS (INSERT INTO party"]
    assert [statement[: len(wanted)] for statement, wanted in zip(statements, expected, strict=True)] == expected


async def test_an_event_is_in_the_outbox_and_broadcast_after_the_commit(database: PreparedDatabase) -> None:
    heard: list[CommittedEvent] = []

    outcome = await run(database, PlumpPillow(), plugins(), broadcast=heard.extend)

    letter = await database.do(lambda uow: uow.find(OutboxEvent, type="pillow.plumped"))
    assert (letter.status, letter.type_version, letter.payload["name"]) == (OutboxStatus.PENDING, 1, "Ada")
    assert [(event.id, event.event, event.tenant_id) for event in heard] == [
        (letter.id, PillowPlumped(name="Ada"), database.tenant_id)
    ]
    assert outcome.events == tuple(heard)


async def test_nothing_is_broadcast_when_the_work_fails(database: PreparedDatabase) -> None:
    heard: list[CommittedEvent] = []

    def fail(uow: UnitOfWork) -> None:
        uow.emit(FeatherFell())
        raise InvalidInput("No. Nothing. Stop.")

    with pytest.raises(InvalidInput):
        await run(database, fail, plugins(), broadcast=heard.extend)

    assert heard == []
    assert await database.do(lambda uow: uow.find(OutboxEvent, type="feather.fell")) is None


async def test_a_cancelled_callers_events_are_broadcast_all_the_same(database: PreparedDatabase) -> None:
    heard: asyncio.Queue[CommittedEvent] = asyncio.Queue()

    def tell(events: Any) -> None:
        heard.put_nowait(events[0])

    task = asyncio.create_task(run(database, PlumpPillow(), plugins(), broadcast=tell))
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await asyncio.wait_for(heard.get(), 5)).event == PillowPlumped(name="Ada")


async def test_a_command_needs_its_permission(database: PreparedDatabase) -> None:
    guest = Actor(database.tenant_id, "guest", "user", scopes=("pillow:look",))
    maid = Actor(database.tenant_id, "maid", "user", scopes=("pillow:*",))

    with pytest.raises(Forbidden, match="pillow:plump") as refused:
        await run(database, PlumpPillow(), plugins(), actor=guest)

    assert refused.value.extensions == {"code": "FORBIDDEN", "scope": "pillow:plump"}
    await run(database, PlumpPillow(), plugins(), actor=maid)


async def test_a_gate_refuses_with_its_own_code(database: PreparedDatabase) -> None:
    def patron_gate(command: PlumpPillow, uow: UnitOfWork) -> Veto | None:
        return Veto("TOO_SOFT", "It is soft. Quite. Stop.", ("name",)) if command.name == "Ada" else None

    registry = plugins(patron_gate=patron_gate)

    with pytest.raises(Vetoed) as refused:
        await run(database, PlumpPillow(), registry)

    assert (refused.value.public_code, refused.value.path) == ("TOO_SOFT", ("name",))
    await run(database, PlumpPillow(name="Bob"), registry)


@pytest.mark.security
async def test_a_gate_that_fails_refuses_and_keeps_refusing(database: PreparedDatabase) -> None:
    def patron_gate(command: PlumpPillow) -> Veto | None:
        raise RuntimeError("secret")

    registry = plugins(patron_gate=patron_gate)

    for _ in range(7):  # past the quarantine
        with pytest.raises(Internal) as refused:
            await run(database, PlumpPillow(), registry)
        assert "secret" not in refused.value.message

    assert registry.quarantined_for(database.tenant_id) == ("pillows",)


async def test_a_plugin_reacts_inside_the_transaction(database: PreparedDatabase) -> None:
    def patron_on_event(event: PillowPlumped, uow: UnitOfWork) -> None:
        uow.add(Organization(kind=PartyKind.ORGANIZATION, display_name=f"{event.name} and Sons"))
        uow.emit(FeatherFell())

    outcome = await run(database, PlumpPillow(), plugins(patron_on_event=patron_on_event))

    assert [committed.event.type for committed in outcome.events] == ["pillow.plumped", "feather.fell"]
    assert await database.do(lambda uow: uow.find(Organization)) is not None


async def test_a_plugin_that_raises_is_undone_and_the_rest_goes_on(database: PreparedDatabase) -> None:
    def patron_on_event(event: PillowPlumped, uow: UnitOfWork) -> None:
        uow.add(Organization(kind=PartyKind.ORGANIZATION, display_name="Half done"))
        uow.flush()
        uow.emit(FeatherFell())
        raise RuntimeError("torn")

    reached: list[str] = []

    class Other:
        @staticmethod
        @hookimpl
        def patron_manifest() -> Manifest:
            return Manifest(name="other_0", version="1", core_range=">=0", label="Other")

        @staticmethod
        @hookimpl
        def patron_on_event(event: PillowPlumped) -> None:
            reached.append(event.name)

    registry = plugins(Other, patron_on_event=patron_on_event)

    outcome = await run(database, PlumpPillow(), registry)

    assert reached == ["Ada"]
    assert [committed.event.type for committed in outcome.events] == ["pillow.plumped"]
    assert await database.do(lambda uow: uow.find(Organization)) is None
    assert await database.do(lambda uow: uow.find(Person)) is not None
    assert await database.do(lambda uow: audit(uow, table="party")) == [("CREATE", [])]


async def test_a_plugin_that_breaks_the_database_is_undone_too(database: PreparedDatabase) -> None:
    def patron_on_event(event: PillowPlumped, uow: UnitOfWork) -> None:
        a_customer(uow, Person(id=uow.ids.new()))  # a party that is not there

    await run(database, PlumpPillow(), plugins(patron_on_event=patron_on_event))

    assert await database.do(lambda uow: uow.find(Person)) is not None


async def test_after_five_failures_a_plugin_is_quarantined(database: PreparedDatabase) -> None:
    calls: list[Event] = []

    def patron_on_event(event: PillowPlumped) -> None:
        calls.append(event)
        raise RuntimeError

    registry = plugins(patron_on_event=patron_on_event)
    for _ in range(7):
        await run(database, PlumpPillow(), registry)

    assert len(calls) == 5
    assert registry.quarantined_for(database.tenant_id) == ("pillows",)


@pytest.mark.security
async def test_a_tenant_whose_data_fails_a_plugin_does_not_switch_it_off_for_others(database: PreparedDatabase) -> None:
    reached: list[uuid.UUID] = []

    def patron_on_event(event: PillowPlumped, uow: UnitOfWork) -> None:
        if uow.tenant_id == database.tenant_id:
            raise RuntimeError
        reached.append(uow.tenant_id)

    registry = plugins(patron_on_event=patron_on_event)
    stranger = await database.tenant("Blankets")
    for _ in range(7):
        await run(database, PlumpPillow(), registry)

    await run(database, PlumpPillow(), registry, actor=stranger)

    assert reached == [stranger.tenant_id]
    assert (registry.quarantined, registry.quarantined_for(stranger.tenant_id)) == ((), ())


async def test_a_failing_plugin_is_logged_without_values_of_rows(database: PreparedDatabase) -> None:
    def patron_on_event(event: PillowPlumped, uow: UnitOfWork) -> None:
        uow.session.connection().execute(text("SELECT :value FROM nowhere"), {"value": "SECRET"})

    with structlog.testing.capture_logs() as entries:
        await run(database, PlumpPillow(), plugins(patron_on_event=patron_on_event))

    (failed,) = [entry for entry in entries if entry["event"] == "plugin_failed"]
    assert (failed["plugin"], failed["hook"], "exc_info" in failed) == ("pillows", "patron_on_event", False)
    assert any("patron_on_event" in frame for frame in failed["where"])
    assert "SECRET" not in repr(failed)


async def test_an_error_of_the_database_hides_what_was_sent(database: PreparedDatabase) -> None:
    def work(session: TenantSession) -> None:
        session.connection().execute(text("SELECT :value FROM nowhere"), {"value": "SECRET"})

    with pytest.raises(Unavailable) as caught:
        await database.database.write(database.tenant_id, work)

    assert "SECRET" not in str(caught.value.__cause__)


async def test_an_event_a_plugin_did_not_ask_for_costs_nothing(database: PreparedDatabase) -> None:
    def patron_on_event(event: FeatherFell, uow: UnitOfWork) -> None:
        raise AssertionError

    with counted_statements() as statements:
        await run(database, PlumpPillow(), plugins(patron_on_event=patron_on_event))

    assert not [statement for statement in statements if "SAVEPOINT" in statement]


async def test_events_that_cause_each_other_for_ever_are_stopped(database: PreparedDatabase) -> None:
    def patron_on_event(event: PillowPlumped, uow: UnitOfWork) -> None:
        uow.emit(event)

    outcome = await run(database, PlumpPillow(), plugins(patron_on_event=patron_on_event))

    assert 1 <= len(outcome.events) <= 8


async def test_nested_commands_share_the_transaction(database: PreparedDatabase) -> None:
    def both(uow: UnitOfWork) -> None:
        uow.handle(PlumpPillow(name="Ada"))
        uow.handle(PlumpPillow(name="Bob"))
        raise InvalidInput("No. Nothing. Stop.")

    with pytest.raises(InvalidInput):
        await run(database, both, plugins())

    assert await database.do(lambda uow: uow.find(Person)) is None


async def test_a_savepoint_undoes_what_is_inside_it(database: PreparedDatabase) -> None:
    def work(uow: UnitOfWork) -> None:
        a_person(uow, "Ada")
        with pytest.raises(InvalidInput):
            undone(uow)

    def undone(uow: UnitOfWork) -> None:
        with uow.savepoint():
            a_person(uow, "Bob")
            uow.emit(FeatherFell())
            raise InvalidInput("No. Nothing. Stop.")

    outcome = await database.execute(work)

    assert outcome.events == ()
    assert await database.do(lambda uow: uow.select(select(Person.display_name))) == ["Ada"]
