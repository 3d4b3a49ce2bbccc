"""The feed of changes and the catalogue of events in the API: what is there, in which order, and who sees what of it."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from tests.core.statements import counted_statements
from tests.schema.test_read_audit import reads

from patron_core.access.models import SharingAgreement
from patron_core.cases.commands import OpenCase
from patron_core.cases.models import CaseKind
from patron_core.cases.watching import watch
from patron_core.customers.commands import CreateCustomer
from patron_core.customers.events import CustomerChanged
from patron_core.customers.models import Customer
from patron_core.hookspecs import Step
from patron_core.messages import Actor, Event
from patron_core.outbox.models import OutboxEvent
from patron_core.outbox.reading import current_position
from patron_core.outbox.relay import Relay
from patron_core.outbox.retention import forget_events
from patron_core.outbox.types import EventTypes
from patron_core.parties.commands import NewPerson
from patron_core.unit_of_work import UnitOfWork
from patron_core.webhooks.models import (
    WebhookDelivery,
    WebhookDeliveryStatus,
    WebhookEndpoint,
    WebhookEndpointStatus,
    WebhookPayloadStyle,
)
from patron_healthcare.events import PatientRegistered
from patron_schema.testing.databases import NOON, PreparedDatabase
from patron_schema.testing.service import Patron

FEED = """query($since: String! = "0", $first: Int! = 100, $types: [String!], $customer: ID) {
  changes(since: $since, first: $first, types: $types, customerId: $customer) {
    position hasMore events { id position type version customerId customerSequence occurredAt data } } }"""


async def relayed(database: PreparedDatabase, *, actor: Actor | None = None) -> None:
    types = EventTypes.of(database.plugins)
    whose = (actor or database.actor).tenant_id
    await Relay(database.database, clock=database.clock, types=types).relay(whose)


async def emitted(patron: Patron, *events: Event, actor: Actor | None = None) -> None:
    def work(uow: UnitOfWork) -> None:
        for event in events:
            uow.emit(event)

    await patron.prepared.do(work, actor=actor)
    await relayed(patron.prepared, actor=actor)


async def feed(patron: Patron, *, actor: Actor | None = None, **variables: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await patron.data(FEED, variables, actor=actor))["changes"]
    return found


async def refused(patron: Patron, *, actor: Actor | None = None, **variables: Any) -> dict[str, Any]:
    answer = await patron.ask(FEED, variables, actor=actor)
    error: dict[str, Any] = answer["errors"][0]
    return {"code": error["extensions"]["code"], "message": error["message"]}


async def customer(patron: Patron, name: str = "Ada", **options: Any) -> Customer:
    made: Customer = await patron.prepared.do(CreateCustomer(person=NewPerson(given_name=name), **options))
    return made


FIRST = Step(arguments={}, state={}, done=0)


def changed(customer_id: uuid.UUID, *names: str) -> CustomerChanged:
    return CustomerChanged(customer_id=customer_id, fields=names)


# ------------------------------------------------------------------------------------------------ the feed


async def test_changes_come_in_the_order_of_their_positions_page_by_page(patron: Patron) -> None:
    ada = await customer(patron)
    await relayed(patron.prepared)
    begun = await current_position(patron.prepared.database, patron.prepared.tenant_id)
    await emitted(patron, changed(ada.id, "a"), changed(ada.id, "b"), changed(ada.id, "c"))

    first = await feed(patron, since=str(begun), first=2)
    second = await feed(patron, since=first["position"], first=2)
    end = await feed(patron, since=second["position"])

    assert [event["position"] for event in first["events"]] == [str(begun + 1), str(begun + 2)]
    assert (first["position"], first["hasMore"]) == (str(begun + 2), True)
    (last,) = second["events"]
    assert (second["position"], second["hasMore"]) == (str(begun + 3), False)
    assert end == {"position": str(begun + 3), "hasMore": False, "events": []}
    assert last["id"].startswith("evt_")
    assert (last["type"], last["version"], last["customerId"]) == ("customer.changed", 1, f"cus_{ada.id}")
    assert int(last["customerSequence"]) == int(first["events"][1]["customerSequence"]) + 1
    assert json.loads(last["data"]) == {"customerId": f"cus_{ada.id}"}


async def test_the_feed_shows_nothing_that_was_not_handed_on(patron: Patron) -> None:
    await relayed(patron.prepared)
    before = await feed(patron)
    ada = await customer(patron)

    assert await feed(patron, since=before["position"]) == {**before, "events": []}
    await relayed(patron.prepared)
    after = await feed(patron, since=before["position"])
    assert {event["customerId"] for event in after["events"]} >= {f"cus_{ada.id}"}


async def test_changes_are_of_the_types_and_the_customer_wanted_and_the_position_moves_past_others(
    patron: Patron,
) -> None:
    ada, bob = await customer(patron), await customer(patron, "Bob")
    await emitted(patron, changed(ada.id), changed(bob.id), changed(ada.id))
    end = await current_position(patron.prepared.database, patron.prepared.tenant_id)

    one = await feed(patron, types=["customer.created"])
    his = await feed(patron, customer=f"cus_{bob.id}", types=["customer.changed", "customer.created"])
    none = await feed(patron, types=["legal_hold.placed"])

    assert {event["type"] for event in one["events"]} == {"customer.created"}
    assert len(one["events"]) == 2
    assert {event["customerId"] for event in his["events"]} == {f"cus_{bob.id}"}
    assert [event["customerSequence"] for event in his["events"]] == [
        str(number) for number in range(1, len(his["events"]) + 1)
    ]
    assert none == {"position": str(end), "hasMore": False, "events": []}


async def test_a_page_is_one_statement(patron: Patron) -> None:
    ada = await customer(patron)
    await emitted(patron, changed(ada.id))

    with counted_statements() as statements:
        await feed(patron)

    assert len([each for each in statements if "outbox_event" in each]) == 1


@pytest.mark.parametrize("since", ["", "-1", "1.5", "ten", "9" * 19, "٣"])
async def test_what_is_no_position_is_refused(patron: Patron, since: str) -> None:
    assert (await refused(patron, since=since))["code"] == "INVALID_INPUT"


async def test_a_position_nobody_was_given_yet_and_pages_too_large_are_refused(patron: Patron) -> None:
    await relayed(patron.prepared)
    end = await current_position(patron.prepared.database, patron.prepared.tenant_id)
    reader = Actor(patron.prepared.tenant_id, "etl", "app", scopes=("*:read",))

    assert "no position" in (await refused(patron, since=str(end + 1)))["message"]
    assert (await refused(patron, first=0))["code"] == "INVALID_INPUT"
    assert (await refused(patron, first=101, actor=reader))["code"] == "INVALID_INPUT"
    large = replace(reader, scopes=("*:read", "page:large"))
    assert (await feed(patron, first=1000, actor=large))["position"] == str(end)
    assert (await refused(patron, first=1001, actor=large))["code"] == "INVALID_INPUT"
    assert "no such type" in (await refused(patron, types=["pillow.plumped"]))["message"]


# ------------------------------------------------------------------------------------------------ what is forgotten


async def test_events_are_forgotten_from_the_oldest_on_and_who_asks_for_them_is_told(patron: Patron) -> None:
    prepared = patron.prepared
    ada = await customer(patron)
    await relayed(prepared)
    old = await current_position(prepared.database, prepared.tenant_id)
    prepared.clock.advance(dt.timedelta(days=20))
    await emitted(patron, changed(ada.id, "young"))
    prepared.clock.advance(dt.timedelta(days=11))
    await prepared.do(lambda uow: uow.emit(changed(ada.id, "waits")))

    progress = await prepared.do(lambda uow: forget_events(FIRST, uow))

    assert progress is None
    rest = await prepared.do(lambda uow: uow.select(select(OutboxEvent)))
    assert sorted((row.payload["fields"], row.position) for row in rest) == [(["waits"], None), (["young"], old + 1)]
    expired = await refused(patron, since=str(old - 1))
    assert expired["code"] == "INVALID_INPUT"
    assert "`since` has expired." in expired["message"]
    assert f"go on from {old}." in expired["message"]
    assert [event["position"] for event in (await feed(patron, since=str(old)))["events"]] == [str(old + 1)]

    await relayed(prepared)
    assert (await feed(patron, since=str(old)))["position"] == str(old + 2)  # counters stay
    prepared.clock.advance(dt.timedelta(days=60))
    await prepared.do(lambda uow: forget_events(FIRST, uow))
    assert (await feed(patron, since=str(old + 2)))["events"] == []
    assert (await refused(patron, since=str(old)))["code"] == "INVALID_INPUT"


async def test_an_event_whose_webhook_is_still_to_be_sent_is_kept_and_all_behind_it(patron: Patron) -> None:
    prepared = patron.prepared
    ada = await customer(patron)
    await relayed(prepared)
    position = await current_position(prepared.database, prepared.tenant_id)
    await emitted(patron, changed(ada.id, "to be sent"), changed(ada.id, "behind it"))
    prepared.clock.advance(dt.timedelta(days=99))

    def to_be_sent(uow: UnitOfWork) -> None:
        endpoint = uow.add(
            WebhookEndpoint(
                url="https://example.com/",
                event_types="*",
                scopes="",
                payload=WebhookPayloadStyle.THIN,
                status=WebhookEndpointStatus.ENABLED,
                secret="whsec_",
                created_by="ada",
            )
        )
        uow.add(
            WebhookDelivery(
                endpoint_id=endpoint.id,
                event_id=uuid.uuid4(),
                event_type="customer.changed",
                position=position + 1,
                status=WebhookDeliveryStatus.WAITING,
                queued_at=NOON,
                due_at=NOON,
            )
        )

    await prepared.do(to_be_sent)
    await prepared.do(lambda uow: forget_events(FIRST, uow))

    kept = await prepared.do(lambda uow: uow.select(select(OutboxEvent.position).where(OutboxEvent.position > 0)))
    assert sorted(kept) == [position + 1, position + 2]


# ------------------------------------------------------------------------------------------------ who sees what


@pytest.mark.security
async def test_events_come_with_their_own_scopes_only(patron: Patron) -> None:
    ada = await customer(patron)
    await emitted(patron, changed(ada.id), PatientRegistered(customer_id=ada.id, patient_id=uuid.uuid4()))
    tenant = patron.prepared.tenant_id
    end = await current_position(patron.prepared.database, tenant)

    of_customers = await feed(patron, actor=Actor(tenant, "etl", "app", scopes=("event:read", "customer:read")))
    of_nothing = await feed(patron, actor=Actor(tenant, "etl", "app", scopes=("event:read",)))
    manager = await feed(patron, actor=Actor(tenant, "mia", "user", roles=("manager",)))

    assert {event["type"].partition(".")[0] for event in of_customers["events"]} == {"customer"}
    assert of_nothing == {"position": str(end), "hasMore": False, "events": []}
    assert "healthcare.patient_registered" not in {event["type"] for event in manager["events"]}
    no_scope = await patron.ask(FEED, actor=Actor(tenant, "etl", "app", scopes=("customer:read",)))
    assert no_scope["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.security
async def test_e1_who_hears_of_care_is_in_the_audit_and_needs_a_purpose(patron: Patron) -> None:
    ada = await customer(patron)
    patient = uuid.uuid4()
    await emitted(patron, PatientRegistered(customer_id=ada.id, patient_id=patient))
    before = len(await reads(patron))
    types = ["healthcare.patient_registered"]

    shown = await feed(patron, types=types)
    assert [json.loads(event["data"])["patientId"] for event in shown["events"]] == [f"pat_{patient}"]

    (read,) = (await reads(patron))[before:]
    assert "PHI" in read.classes.split()
    assert str(ada.party_id) in read.subjects
    aimless = replace(patron.prepared.actor, purpose=None)
    assert (await refused(patron, types=types, actor=aimless))["code"] == "FORBIDDEN"
    await feed(patron, types=["customer.created"], actor=aimless)
    assert len(await reads(patron)) == before + 1


@pytest.mark.security
async def test_who_sees_some_customers_hears_of_these(patron: Patron) -> None:
    prepared = patron.prepared
    ada, bob, cleo = await customer(patron, owner="sam"), await customer(patron, "Bob"), await customer(patron, "Cleo")
    partner = await customer(patron, "Partner")

    def share(uow: UnitOfWork) -> None:
        for whose, until in ((bob, None), (cleo, NOON - dt.timedelta(days=1))):
            uow.add(
                SharingAgreement(
                    partner_id=partner.party_id,
                    customer_id=whose.id,
                    validity_from=NOON - dt.timedelta(days=2),
                    validity_to=until,
                )
            )

    await prepared.do(share)
    await emitted(patron, *(changed(each.id) for each in (ada, bob, cleo, partner)))
    reader = Actor(prepared.tenant_id, "sam", "user", scopes=("*:read",))

    async def heard(actor: Actor) -> set[str | None]:
        return {event["customerId"] for event in (await feed(patron, actor=actor))["events"]}

    assert await heard(replace(reader, rows=frozenset({"owned"}))) == {f"cus_{ada.id}"}
    shared = replace(reader, rows=frozenset({"shared"}), party_id=partner.party_id)
    assert await heard(shared) == {f"cus_{bob.id}"}
    own = replace(reader, rows=frozenset({"own"}), party_id=cleo.party_id)
    assert await heard(own) == {f"cus_{cleo.id}"}
    assert await heard(replace(own, rows=frozenset({"own", "owned"}))) == set()
    assert await heard(replace(reader, rows=frozenset({"own"}))) == set()
    everything = await heard(reader)
    assert {f"cus_{each.id}" for each in (ada, bob, cleo, partner)} < everything
    assert None in everything  # events that are of no customer


@pytest.mark.security
async def test_another_tenants_changes_are_not_there(patron: Patron) -> None:
    prepared = patron.prepared
    stranger = await prepared.tenant("Blankets")
    theirs = uuid.uuid4()
    await emitted(patron, changed(theirs), actor=stranger)
    await relayed(prepared)

    mine = await feed(patron)
    his = await feed(patron, customer=f"cus_{theirs}")

    assert f"cus_{theirs}" not in {event["customerId"] for event in mine["events"]}
    assert his["events"] == []
    assert f"cus_{theirs}" in {event["customerId"] for event in (await feed(patron, actor=stranger))["events"]}


# ------------------------------------------------------------------------------------------------ the catalogue

CATALOGUE = "{ eventTypes { name version description plugin scope fields { name type description classification } } }"


async def test_event_types_say_what_each_event_tells(patron: Patron) -> None:
    found = {each["name"]: each for each in (await patron.data(CATALOGUE))["eventTypes"]}

    assert set(found) == {each.name for each in EventTypes.of(patron.prepared.plugins).all}
    recorded = found["transaction.recorded"]
    assert (recorded["version"], recorded["plugin"], recorded["scope"]) == (1, "core", "transaction:read")
    assert {"name": "amount", "type": "Money!", "description": "Amount.", "classification": "FINANCIAL"} in recorded[
        "fields"
    ]


@pytest.mark.security
async def test_event_types_that_one_may_not_hear_of_are_not_listed(patron: Patron) -> None:
    tenant = patron.prepared.tenant_id
    few = Actor(tenant, "etl", "app", scopes=("event:read", "touchpoint:read", "healthcare:read"))

    shown = (await patron.data(CATALOGUE, actor=few))["eventTypes"]

    assert {each["name"] for each in shown} == {"touchpoint.logged", "healthcare.practitioner_registered"}


async def test_a_customer_hears_of_its_cases_and_not_of_what_is_read_from_them(patron: Patron) -> None:
    ada = await customer(patron)
    await patron.prepared.do(OpenCase(customer_id=ada.id, kind=CaseKind.COMPLAINT, topic="It is broken"))
    await patron.prepared.do(lambda uow: watch(FIRST, uow))
    await relayed(patron.prepared)
    itself = Actor(patron.prepared.tenant_id, "ada", "user", roles=("customer_portal",), party_id=ada.party_id)

    ours, its = [{each["type"] for each in (await feed(patron, actor=who))["events"]} for who in (None, itself)]

    assert {"case.opened", "warning.raised"} <= ours
    assert "warning.raised" not in its
    assert "case.opened" in its
