"""What becomes of events when a party is forgotten: they go, handed on or not; numbers that were given are not given again."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.events import CustomerChanged
from patron_core.customers.models import Customer
from patron_core.outbox.models import EventCounter, OutboxEvent
from patron_core.outbox.reading import current_position, read_page
from patron_core.outbox.relay import Relay
from patron_core.outbox.types import EventTypes
from patron_core.parties.commands import NewPerson
from patron_core.plugins import Plugins
from patron_core.privacy.erasure import erase
from patron_core.unit_of_work import UnitOfWork
from patron_schema.testing.databases import PreparedDatabase

pytestmark = pytest.mark.security
TYPES = EventTypes.of(Plugins.of({}))


async def customer(database: PreparedDatabase, name: str) -> Customer:
    made: Customer = await database.do(CreateCustomer(person=NewPerson(given_name=name)))
    return made


async def relayed(database: PreparedDatabase) -> int:
    await Relay(database.database, clock=database.clock, types=TYPES).relay(database.tenant_id)
    return await current_position(database.database, database.tenant_id)


async def test_e3_events_of_an_erased_party_are_gone_whether_they_were_handed_on_or_not(
    database: PreparedDatabase,
) -> None:
    ada, bob = await customer(database, "Ada"), await customer(database, "Bob")
    before = await relayed(database)
    await database.do(lambda uow: uow.emit(CustomerChanged(customer_id=ada.id)))
    await database.do(lambda uow: uow.emit(CustomerChanged(customer_id=bob.id)))

    await database.do(lambda uow: erase(uow, ada.party_id, reason="asked"))

    def naming(uow: UnitOfWork) -> list[str]:
        rows = uow.select(select(OutboxEvent))
        return [
            row.type
            for row in rows
            if row.customer_id == ada.id or any(str(i) in str(row.payload) for i in (ada.id, ada.party_id))
        ]

    assert await database.do(naming) == ["party.erased"]
    after = await relayed(database)
    assert after == before + 2  # the change of the other one, and that somebody was erased
    page = await read_page(database.database, database.tenant_id, types=TYPES, after=0)
    assert [each.event.type for each in page.events][-2:] == ["customer.changed", "party.erased"]
    assert page.last == after  # positions of what is gone are passed over and never given again


async def test_e3_a_counter_outlives_what_it_counted_and_says_nothing_but_a_number(database: PreparedDatabase) -> None:
    ada = await customer(database, "Ada")
    sequence = await database.do(lambda uow: uow.get(EventCounter, ada.id).last)

    await database.do(lambda uow: erase(uow, ada.party_id, reason="asked"))
    await database.do(lambda uow: uow.emit(CustomerChanged(customer_id=ada.id)))

    def numbers(uow: UnitOfWork) -> list[int | None]:
        return uow.select(select(OutboxEvent.customer_sequence).where(OutboxEvent.customer_id == ada.id))

    assert await database.do(numbers) == [sequence + 1]
    assert set(EventCounter.__table__.c.keys()) == {"tenant_id", "id", "last", "version", "created_at", "updated_at"}


async def test_counters_of_two_tenants_with_one_customers_id_do_not_meet(database: PreparedDatabase) -> None:
    stranger = await database.tenant("Blankets")
    shared = uuid.uuid4()
    for actor in (database.actor, stranger, database.actor):
        await database.do(lambda uow: uow.emit(CustomerChanged(customer_id=shared)), actor=actor)

    def numbers(uow: UnitOfWork) -> set[int | None]:
        return set(uow.select(select(OutboxEvent.customer_sequence).where(OutboxEvent.customer_id == shared)))

    assert await database.do(numbers) == {1, 2}
    assert await database.do(numbers, actor=stranger) == {1}
