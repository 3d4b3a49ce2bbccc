"""Customers: a party's role, its defaults, its stages and their history, one by one and many at once."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from sqlalchemy import func, select

from patron_core.customers.commands import CreateCustomer, UpdateCustomer
from patron_core.customers.intake import find_customers, take_in_customers
from patron_core.customers.lifecycle import NEXT_STAGES, check_transition, default_mode
from patron_core.customers.models import Customer, CustomerKind, EngagementMode, LifecycleChange, LifecycleStage
from patron_core.errors import Conflict, Forbidden, InvalidInput, NotFound
from patron_core.messages import Actor
from patron_core.parties.commands import (
    CreatePerson,
    NewContactMedium,
    NewExternalIdentifier,
    NewOrganization,
    NewPerson,
)
from patron_core.parties.models import ContactKind, ContactMedium, ExternalIdentifier, Party, Person
from patron_schema.testing.databases import PreparedDatabase

ADA = CreateCustomer(person=NewPerson(given_name="Ada"))
PROSPECT, ACTIVE, DORMANT, CHURNED = LifecycleStage
RELATIONSHIP, TRANSACTION, HYBRID = EngagementMode


async def history(database: PreparedDatabase) -> list[tuple[Any, ...]]:
    changes = await database.do(lambda uow: uow.select(select(LifecycleChange).order_by(LifecycleChange.id)))
    return [(change.from_stage, change.to_stage, change.reason) for change in changes]


async def test_a_person_becomes_a_customer_in_one_command(database: PreparedDatabase) -> None:
    outcome = await database.execute(
        CreateCustomer(
            person=NewPerson(given_name="Ada", family_name="Lovelace"),
            contact_media=(NewContactMedium(kind=ContactKind.EMAIL, value="ada@example.org"),),
            external_identifiers=(NewExternalIdentifier(system="crm", value="17"),),
            owner="grace",
            since=dt.date(2020, 1, 1),
        )
    )

    customer = outcome.value
    assert (customer.kind, customer.engagement_mode, customer.lifecycle_stage) == (
        CustomerKind.B2C,
        TRANSACTION,
        PROSPECT,
    )
    assert [committed.event.type for committed in outcome.events] == [
        "person.created",
        "customer.created",
        "customer.changed",
    ]
    assert {committed.event.customer_id for committed in outcome.events} == {None, customer.id}
    assert await history(database) == [(None, PROSPECT, None)]


async def test_an_organization_is_a_business(database: PreparedDatabase) -> None:
    customer = await database.do(CreateCustomer(organization=NewOrganization(legal_name="Analytical Engines")))

    assert (customer.kind, customer.engagement_mode) == (CustomerKind.B2B, RELATIONSHIP)


async def test_a_tenants_mode_is_its_customers_default(database: PreparedDatabase) -> None:
    bank = await database.tenant("Bank", mode=RELATIONSHIP)

    defaulted = await database.do(ADA, actor=bank)
    chosen = await database.do(CreateCustomer(person=NewPerson(given_name="Bob"), engagement_mode=HYBRID), actor=bank)

    assert (defaulted.engagement_mode, chosen.engagement_mode) == (RELATIONSHIP, HYBRID)


async def test_a_known_party_becomes_a_customer_once(database: PreparedDatabase) -> None:
    person = await database.do(CreatePerson(person=NewPerson(given_name="Ada")))

    customer = await database.do(CreateCustomer(party_id=person.id))
    with pytest.raises(Conflict) as refused:
        await database.do(CreateCustomer(party_id=person.id))

    assert customer.party_id == person.id
    assert refused.value.path == ("party_id",)


async def test_a_refused_customer_leaves_no_party(database: PreparedDatabase) -> None:
    identifier = NewExternalIdentifier(system="crm", value="17")
    await database.do(CreateCustomer(person=NewPerson(given_name="Ada"), external_identifiers=(identifier,)))

    with pytest.raises(Conflict):
        await database.do(CreateCustomer(person=NewPerson(given_name="Bob"), external_identifiers=(identifier,)))

    assert await database.do(lambda uow: uow.select(select(Party.display_name))) == ["Ada"]


async def test_a_party_of_another_tenant_is_not_found(database: PreparedDatabase) -> None:
    stranger = await database.tenant("Duvets")
    theirs = await database.do(CreatePerson(person=NewPerson(given_name="Eve")), actor=stranger)

    for party_id in (theirs.id, uuid.uuid4()):
        with pytest.raises(NotFound) as refused:
            await database.do(CreateCustomer(party_id=party_id))
        assert refused.value.path == ("party_id",)


async def test_an_actor_without_the_scope_is_refused(database: PreparedDatabase) -> None:
    reader = Actor(database.tenant_id, "reader", "app", scopes=("customer:read",))

    with pytest.raises(Forbidden) as refused:
        await database.do(ADA, actor=reader)

    assert refused.value.extensions["scope"] == "customer:write"


async def test_the_same_idempotency_key_makes_one_customer(database: PreparedDatabase) -> None:
    first = await database.execute(ADA, idempotency_key="k1")
    second = await database.execute(ADA, idempotency_key="k1")

    assert second.replayed
    assert second.value.id == first.value.id
    assert await database.do(lambda uow: uow.select(select(func.count()).select_from(Customer))) == [1]


async def test_a_change_of_stage_is_kept_with_its_reason(database: PreparedDatabase) -> None:
    customer = await database.do(ADA)

    outcome = await database.execute(
        UpdateCustomer(id=customer.id, version=1, lifecycle_stage=ACTIVE, stage_reason="First purchase", owner="grace")
    )

    assert (outcome.value.lifecycle_stage, outcome.value.owner, outcome.value.version) == (ACTIVE, "grace", 2)
    assert await history(database) == [(None, PROSPECT, None), (PROSPECT, ACTIVE, "First purchase")]
    assert [committed.event.type for committed in outcome.events] == [
        "customer.lifecycle_stage_changed",
        "customer.changed",
    ]
    assert outcome.events[1].event.payload()["fields"] == ["lifecycle_stage", "owner"]


async def test_a_stage_that_does_not_follow_is_refused_and_nothing_kept(database: PreparedDatabase) -> None:
    customer = await database.do(ADA)

    with pytest.raises(InvalidInput) as refused:
        await database.do(UpdateCustomer(id=customer.id, version=1, lifecycle_stage=CHURNED, owner="grace"))

    assert refused.value.path == ("lifecycle_stage",)
    assert await history(database) == [(None, PROSPECT, None)]


async def test_an_update_tells_absent_from_null_and_minds_the_version(database: PreparedDatabase) -> None:
    customer = await database.do(
        CreateCustomer(person=NewPerson(given_name="Ada"), owner="grace", since=dt.date(2020, 1, 1))
    )

    changed = await database.do(UpdateCustomer(id=customer.id, version=1, owner=None))
    with pytest.raises(Conflict):
        await database.do(UpdateCustomer(id=customer.id, version=1, owner="grace"))

    assert (changed.owner, changed.since, changed.version) == (None, dt.date(2020, 1, 1), 2)


@pytest.mark.parametrize("stage", LifecycleStage)
def test_a_stage_leads_to_the_named_ones_and_to_itself(stage: LifecycleStage) -> None:
    for to in LifecycleStage:
        if to is stage or to in NEXT_STAGES[stage]:
            check_transition(stage, to=to)
        else:
            with pytest.raises(InvalidInput):
                check_transition(stage, to=to)


@pytest.mark.parametrize(
    ("kind", "tenant", "mode"),
    [
        (CustomerKind.B2B, HYBRID, RELATIONSHIP),
        (CustomerKind.B2C, HYBRID, TRANSACTION),
        (CustomerKind.B2C, RELATIONSHIP, RELATIONSHIP),
        (CustomerKind.B2B, TRANSACTION, TRANSACTION),
    ],
)
def test_the_default_mode_is_the_tenants_or_the_kinds(
    kind: CustomerKind, tenant: EngagementMode, mode: EngagementMode
) -> None:
    assert default_mode(kind, tenant=tenant) is mode


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({}, ("person",)),
        ({"person": NewPerson(given_name="A"), "party_id": uuid.uuid4()}, ("party_id",)),
        ({"person": NewPerson(given_name="A"), "owner": " "}, ("owner",)),
        ({"person": NewPerson(given_name="A"), "idempotency_key": ""}, ("idempotency_key",)),
    ],
)
def test_a_customer_is_one_party(fields: dict[str, Any], path: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput) as refused:
        CreateCustomer(**fields)

    assert refused.value.path == path


@pytest.mark.parametrize("name", ["kind", "engagement_mode", "lifecycle_stage"])
def test_what_a_customer_always_has_cannot_be_emptied(name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        UpdateCustomer(id=uuid.uuid4(), version=1, **{name: None})  # type: ignore[arg-type]

    assert refused.value.path == (name,)


def guest(number: int, **fields: Any) -> CreateCustomer:
    return CreateCustomer(
        person=NewPerson(display_name=f"Guest {number}"),
        external_identifiers=(NewExternalIdentifier(system="hotel", value=str(number)),),
        **fields,
    )


async def test_many_customers_are_taken_in_once_with_one_event(database: PreparedDatabase) -> None:
    medium = NewContactMedium(kind=ContactKind.EMAIL, value="guest@example.org", preferred=True)
    wanted = [guest(number, contact_media=(medium,), lifecycle_stage=ACTIVE) for number in range(300)]

    first = await database.execute(lambda uow: take_in_customers(uow, [*wanted, wanted[0]]))
    second = await database.execute(lambda uow: take_in_customers(uow, wanted))

    assert (first.value.created, first.value.unchanged) == (300, 0)
    assert (second.value.created, second.value.unchanged, second.events) == (0, 300, ())
    assert [committed.event.type for committed in first.events] == ["customers.taken_in"]
    assert first.value.customer_id("hotel", "7") == second.value.customer_id("hotel", "7")
    for model in (Person, Customer, ExternalIdentifier, ContactMedium, LifecycleChange):
        assert await database.do(lambda uow, m=model: uow.select(select(func.count()).select_from(m))) == [300]  # type: ignore[misc]


async def test_a_known_party_without_the_role_becomes_a_customer_in_an_intake(database: PreparedDatabase) -> None:
    identifier = NewExternalIdentifier(system="hotel", value="1")
    person = await database.do(CreatePerson(person=NewPerson(given_name="Ada"), external_identifiers=(identifier,)))

    intake = await database.do(lambda uow: take_in_customers(uow, [guest(1)]))
    found = await database.do(lambda uow: find_customers(uow, [("hotel", "1"), ("hotel", "2")]))

    assert (intake.created, intake.customers["hotel", "1"].party_id) == (1, person.id)
    assert list(found) == [("hotel", "1")]
    assert await database.do(lambda uow: uow.select(select(Party.display_name))) == ["Ada"]


async def test_an_intake_costs_the_same_statements_for_any_number(database: PreparedDatabase) -> None:
    from sqlalchemy import event

    async def statements(numbers: range) -> int:
        count = 0

        def work(uow: Any) -> None:
            def count_one(*_: Any) -> None:
                nonlocal count
                count += 1

            connection = uow.session.connection()
            event.listen(connection, "before_cursor_execute", count_one)
            take_in_customers(uow, [guest(number) for number in numbers])

        await database.do(work)
        return count

    assert await statements(range(10)) == await statements(range(10, 210)) <= 8


async def test_an_intake_needs_an_identifier(database: PreparedDatabase) -> None:
    with pytest.raises(InvalidInput) as refused:
        await database.do(lambda uow: take_in_customers(uow, [ADA]))

    assert refused.value.path == ("external_identifiers",)
