"""The ledger of consents, legal holds, and erasures that wait, as the core has them without any plugin."""

from __future__ import annotations

import datetime as dt
import uuid
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from patron_core.audit.models import AuditEntry
from patron_core.customers.commands import CreateCustomer
from patron_core.customers.models import Customer, LifecycleChange
from patron_core.database.deadline import ENDS_AT, is_over
from patron_core.errors import Forbidden, InvalidInput, NotFound
from patron_core.jobs.service import run_job
from patron_core.messages import Actor
from patron_core.parties.commands import NewPerson
from patron_core.parties.models import ContactKind, ContactMedium, Party, Person
from patron_core.privacy import emptying
from patron_core.privacy.commands import (
    EraseParty,
    ExportOwnParty,
    ExportParty,
    PlaceLegalHold,
    RecordConsent,
    ReleaseLegalHold,
    WithdrawConsent,
)
from patron_core.privacy.consent import may_contact
from patron_core.privacy.models import (
    Consent,
    ConsentDecision,
    ConsentPurpose,
    Erasure,
    ErasureOutcome,
    LawfulBasis,
)
from patron_core.privacy.replay import erase_again, erased, read_list
from patron_core.records import table_of
from patron_core.relationships.models import Relationship, RelationshipType
from patron_core.touchpoints.models import Channel
from patron_core.transactions.models import Transaction, TransactionKind
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money, Period
from patron_schema.testing.databases import NOON, PreparedDatabase

EMAIL, PHONE = Channel.EMAIL, Channel.PHONE
MARKETING, SERVICE = ConsentPurpose.MARKETING, ConsentPurpose.SERVICE


async def a_customer(database: PreparedDatabase, name: str = "Ada") -> Customer:
    made: Customer = await database.do(CreateCustomer(person=NewPerson(given_name=name, family_name="Lovelace")))
    return made


async def allowed(
    database: PreparedDatabase,
    party_id: uuid.UUID,
    purpose: ConsentPurpose = MARKETING,
    channel: Channel | None = EMAIL,
) -> bool:
    found: bool = await database.do(lambda uow: may_contact(uow, party_id, purpose, channel))
    return found


async def said(database: PreparedDatabase, party_id: uuid.UUID, **given: object) -> Consent:
    command = RecordConsent(party_id=party_id, purpose=MARKETING, **given)  # type: ignore[arg-type]
    made: Consent = await database.do(command)
    return made


# -------------------------------------------------------------------------------- consent


async def test_without_a_word_only_service_is_allowed(database: PreparedDatabase) -> None:
    who = await a_customer(database)

    assert await allowed(database, who.party_id, SERVICE)
    assert not await allowed(database, who.party_id, MARKETING)


async def test_the_latest_word_wins_over_all_channels_and_one(database: PreparedDatabase) -> None:
    party_id = (await a_customer(database)).party_id

    await said(database, party_id)
    assert await allowed(database, party_id, channel=EMAIL)
    assert await allowed(database, party_id, channel=PHONE)

    database.clock.advance(dt.timedelta(seconds=1))
    await database.do(WithdrawConsent(party_id=party_id, purpose=MARKETING, channel=EMAIL))
    assert not await allowed(database, party_id, channel=EMAIL)
    assert await allowed(database, party_id, channel=PHONE)

    database.clock.advance(dt.timedelta(seconds=1))
    await database.do(WithdrawConsent(party_id=party_id, purpose=MARKETING))
    assert not await allowed(database, party_id, channel=PHONE)

    database.clock.advance(dt.timedelta(seconds=1))
    await said(database, party_id, channel=EMAIL)
    assert await allowed(database, party_id, channel=EMAIL)
    assert not await allowed(database, party_id, channel=PHONE)


async def test_of_two_words_at_the_same_instant_the_one_recorded_later_wins(database: PreparedDatabase) -> None:
    party_id = (await a_customer(database)).party_id

    await said(database, party_id)
    await database.do(WithdrawConsent(party_id=party_id, purpose=MARKETING))

    assert not await allowed(database, party_id)


async def test_an_old_consent_that_is_recorded_late_does_not_undo_a_withdrawal(database: PreparedDatabase) -> None:
    party_id = (await a_customer(database)).party_id
    await database.do(WithdrawConsent(party_id=party_id, purpose=MARKETING))

    await said(database, party_id, decided_at=NOON - dt.timedelta(days=400))

    assert not await allowed(database, party_id)


async def test_consent_counts_within_its_period_only(database: PreparedDatabase) -> None:
    party_id = (await a_customer(database)).party_id
    day = dt.timedelta(days=1)
    await said(database, party_id, valid_from=NOON + day, valid_to=NOON + 3 * day)

    assert not await allowed(database, party_id)
    database.clock.advance(day)
    assert await allowed(database, party_id)
    database.clock.advance(2 * day)
    assert not await allowed(database, party_id)


async def test_denied_service_is_an_objection(database: PreparedDatabase) -> None:
    party_id = (await a_customer(database)).party_id

    await database.do(
        RecordConsent(
            party_id=party_id,
            purpose=SERVICE,
            status=ConsentDecision.DENIED,
            lawful_basis=LawfulBasis.LEGITIMATE_INTERESTS,
        )
    )

    assert not await allowed(database, party_id, SERVICE)


async def test_a_withdrawal_keeps_when_and_to_what_was_agreed(database: PreparedDatabase) -> None:
    party_id = (await a_customer(database)).party_id
    await said(database, party_id, lawful_basis=LawfulBasis.CONSENT, text_version="2026-01")
    database.clock.advance(dt.timedelta(days=1))

    made = await database.do(WithdrawConsent(party_id=party_id, purpose=MARKETING))

    assert (made.given_at, made.withdrawn_at, made.text_version) == (NOON, NOON + dt.timedelta(days=1), "2026-01")


async def test_the_ledger_of_consents_is_append_only(database: PreparedDatabase) -> None:
    made = await said(database, (await a_customer(database)).party_id)

    def change(uow: UnitOfWork) -> None:
        uow.get(Consent, made.id).status = ConsentDecision.DENIED

    with pytest.raises(TypeError, match="append-only"):
        await database.do(change)


async def test_a_consent_of_tomorrow_or_withdrawn_at_birth_is_refused(database: PreparedDatabase) -> None:
    party_id = (await a_customer(database)).party_id

    with pytest.raises(InvalidInput, match="future"):
        await said(database, party_id, decided_at=NOON + dt.timedelta(days=1))
    with pytest.raises(InvalidInput, match="consentWithdraw"):
        RecordConsent(party_id=party_id, purpose=MARKETING, status=ConsentDecision.WITHDRAWN)
    with pytest.raises(InvalidInput, match="never count"):
        RecordConsent(party_id=party_id, purpose=MARKETING, valid_from=NOON, valid_to=NOON)
    with pytest.raises(NotFound):
        await said(database, uuid.UUID(int=1))


# -------------------------------------------------------------------------------- erasure


async def test_an_erased_party_stays_as_a_row_that_says_nothing(database: PreparedDatabase) -> None:
    who = await a_customer(database)

    receipt = await database.do(EraseParty(party_id=who.party_id, reason="request 1"))

    party = await database.do(lambda uow: uow.get(Person, who.party_id))
    assert (party.display_name, party.given_name, party.family_name) == ("erased", None, None)
    assert receipt.outcome is ErasureOutcome.COMPLETE
    assert receipt.due_on is None


async def test_a_ledger_keeps_its_amounts_and_loses_what_names_the_party(database: PreparedDatabase) -> None:
    who = await a_customer(database)

    def sell(uow: UnitOfWork) -> Transaction:
        return uow.add(
            Transaction(
                customer_id=who.id,
                kind=TransactionKind.SALE,
                amount=Money(1250, "EUR"),
                occurred_at=uow.now,
                receipt_number="R-1",
                source="till",
                source_key="1",
            )
        )

    sale = await database.do(sell)
    await database.do(EraseParty(party_id=who.party_id, reason="request 1"))

    left = await database.do(lambda uow: uow.get(Transaction, sale.id))
    change = await database.do(lambda uow: uow.find(LifecycleChange, customer_id=who.id))
    assert (left.amount, left.receipt_number, left.source_key) == (Money(1250, "EUR"), None, None)
    assert left.customer_id == who.id
    assert change is not None


async def test_rows_of_others_that_refer_to_an_erased_row_are_left_as_they_are(database: PreparedDatabase) -> None:
    a, b = await a_customer(database), await a_customer(database, "Bob")

    def relate(uow: UnitOfWork) -> uuid.UUID:
        kind = uow.add(
            RelationshipType(
                code="KNOWS",
                forward_name="knows",
                inverse_name="is known by",
                symmetric=True,
                reflexive=False,
            )
        )
        return uow.add(
            Relationship(type_id=kind.id, source_id=b.party_id, target_id=a.party_id, validity=Period(None, None))
        ).id

    relation = await database.do(relate)
    before = await database.do(lambda uow: uow.get(Person, b.party_id))

    await database.do(EraseParty(party_id=a.party_id, reason="request 1"))

    after = await database.do(lambda uow: uow.get(Person, b.party_id))
    assert (after.version, after.display_name) == (before.version, before.display_name)
    assert await database.do(lambda uow: uow.find(Relationship, id=relation)) is None


async def test_what_is_also_about_a_held_party_stays_and_goes_after_the_release(database: PreparedDatabase) -> None:
    a, b = await a_customer(database), await a_customer(database, "Bob")

    def relate(uow: UnitOfWork) -> uuid.UUID:
        kind = uow.add(
            RelationshipType(
                code="OWES", forward_name="owes", inverse_name="is owed by", symmetric=False, reflexive=False
            )
        )
        return uow.add(
            Relationship(type_id=kind.id, source_id=a.party_id, target_id=b.party_id, validity=Period(None, None))
        ).id

    relation = await database.do(relate)
    hold = await database.do(PlaceLegalHold(party_id=b.party_id, reason="Lawsuit"))

    receipt = await database.do(EraseParty(party_id=a.party_id, reason="request 1"))
    kept = await database.do(lambda uow: uow.find(Relationship, id=relation))
    await database.do(ReleaseLegalHold(legal_hold_id=hold.id))
    await due(database)

    assert receipt.outcome is ErasureOutcome.PARTIAL
    assert kept is not None
    assert await database.do(lambda uow: uow.find(Relationship, id=relation)) is None
    assert (await newest(database)).outcome is ErasureOutcome.COMPLETE


async def test_a_held_erasure_waits_for_the_release_and_makes_no_further_receipts(database: PreparedDatabase) -> None:
    who = await a_customer(database)
    hold = await database.do(PlaceLegalHold(party_id=who.party_id, reason="Lawsuit"))
    held = await database.do(EraseParty(party_id=who.party_id, reason="request 1"))

    await due(database)
    still = await database.do(lambda uow: uow.select(select(Erasure)))
    await database.do(ReleaseLegalHold(legal_hold_id=hold.id))
    database.clock.advance(dt.timedelta(days=1))
    await due(database)

    assert held.outcome is ErasureOutcome.HELD
    assert len(still) == 1
    last = await newest(database)
    assert (last.outcome, last.requested_at) == (ErasureOutcome.COMPLETE, held.requested_at)


async def test_an_erasure_is_audited_by_row_and_column_without_values(database: PreparedDatabase) -> None:
    who = await a_customer(database)
    await database.do(EraseParty(party_id=who.party_id, reason="request 1"))

    entries = await database.do(
        lambda uow: uow.select(select(AuditEntry).where(AuditEntry.record_id == who.party_id).order_by(AuditEntry.id))
    )

    assert [entry.action for entry in entries] == ["CREATE", "UPDATE"]
    assert "display_name" in entries[-1].columns


async def test_erasures_are_done_again_from_a_list_without_names(database: PreparedDatabase) -> None:
    who = await a_customer(database)
    await database.do(EraseParty(party_id=who.party_id, reason="request 1"))
    listed = [each.line for each in await database.do(erased)]

    def restored(uow: UnitOfWork) -> None:
        uow.get(Person, who.party_id).display_name = "Ada Lovelace"
        uow.add(
            ContactMedium(
                party_id=who.party_id,
                kind=ContactKind.EMAIL,
                value="ada@example.com",
                preferred=False,
                validity=Period(None, None),
            )
        )

    await database.do(restored)
    database.clock.advance(dt.timedelta(days=1))
    done = await database.do(lambda uow: erase_again(uow, read_list(listed)))

    assert len(listed) == len(done) == 1
    assert "Ada" not in listed[0]
    assert (await database.do(lambda uow: uow.get(Party, who.party_id))).display_name == "erased"
    assert await database.do(lambda uow: uow.find(ContactMedium, party_id=who.party_id)) is None
    assert done[0].requested_at == NOON


def test_a_list_that_is_none_is_refused_by_line() -> None:
    with pytest.raises(InvalidInput, match="Line 2"):
        list(read_list(["", "not json"]))


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_append_only_rows_refuse_changes_outside_of_an_erasure(database: PreparedDatabase) -> None:
    who = await a_customer(database)

    def outside(uow: UnitOfWork) -> int:
        table = table_of(LifecycleChange)
        change = table.update().where(table.c.tenant_id == uow.tenant_id, table.c.customer_id == who.id)
        made = uow.session.execute(change.values(reason="x"), execution_options={"patron_audited": True})
        return int(getattr(made, "rowcount", -1))

    def amounts(uow: UnitOfWork) -> None:
        table = table_of(Transaction)
        change = table.update().where(table.c.tenant_id == uow.tenant_id)
        uow.session.execute(change.values(amount_minor=0), execution_options={"patron_audited": True})

    assert await database.do(outside) == 0
    with pytest.raises(Exception, match="permission denied"):
        await database.do(amounts)


def test_every_row_that_may_have_to_stay_can_be_emptied() -> None:
    assert emptying.problems() == []


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_the_file_is_rewritten_also_when_the_requests_time_is_over(database: PreparedDatabase) -> None:
    who = await a_customer(database, "Canary")

    def erase(uow: UnitOfWork) -> None:
        uow.handle(EraseParty(party_id=who.party_id, reason="request 1"))
        driver: Any = uow.session.connection().connection.driver_connection
        driver.set_progress_handler(is_over, 1)  # asked at each step, as a large file's VACUUM is at some
        event.listen(uow.session, "after_commit", lambda _: ENDS_AT.set(0.0))  # before the clock began

    await database.do(erase)

    path = Path(database.url.removeprefix("sqlite:///"))
    assert [file for file in path.parent.glob(f"{path.name}*") if b"Canary" in file.read_bytes()] == []


# -------------------------------------------------------------------------------- who may


async def test_who_lacks_the_permission_is_refused(database: PreparedDatabase) -> None:
    who = await a_customer(database)
    agent = Actor(database.tenant_id, "an agent", "user", roles=("agent",))

    for command in (
        EraseParty(party_id=who.party_id, reason="x"),
        ExportParty(party_id=who.party_id),
        ExportOwnParty(),
        PlaceLegalHold(party_id=who.party_id, reason="x"),
        RecordConsent(party_id=who.party_id, purpose=MARKETING),
    ):
        with pytest.raises(Forbidden):
            await database.do(command, actor=agent)


async def due(database: PreparedDatabase) -> None:
    await run_job(
        database.database,
        database.plugins,
        "privacy.due_erasures",
        tenant_id=database.tenant_id,
        clock=database.clock,
        ids=database.ids,
    )


async def newest(database: PreparedDatabase) -> Erasure:
    found: list[Erasure] = await database.do(lambda uow: uow.select(select(Erasure).order_by(Erasure.id.desc())))
    return found[0]
