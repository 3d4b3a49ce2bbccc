"""Webhooks through the front door: set up by GraphQL, told of what was committed, signed, retried, seen in the log."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from standardwebhooks import Webhook, WebhookVerificationError
from tests.schema.webhook_receiver import HANG, RESET, Mailroom, Receiver, receiver

from patron_core.plugins import Plugins
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.service import Patron

DELIVERIES = """{ webhookDeliveries(first: 50) { nodes {
  id webhookId eventType customerId status tries parkedReason dueAt finishedAt
  attempts(first: 20) { nodes { outcome httpStatus milliseconds attemptedAt } } } } }"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return load_plugins(())


@pytest_asyncio.fixture
async def hooks() -> AsyncIterator[Receiver]:
    async with receiver() as made:
        yield made


@pytest.fixture
def mail(patron: Patron) -> Mailroom:
    return Mailroom(patron)


async def customer(patron: Patron, name: str = "Ada Lovelace", **more: Any) -> str:
    """A customer's id."""
    data = await patron.data(
        "mutation($input: CustomerCreateInput!) { customerCreate(input: $input) { customer { id } userErrors { message } } }",
        {"input": {"person": {"givenName": name.split()[0], "familyName": name.split()[-1]}, **more}},
    )
    assert data["customerCreate"]["userErrors"] == []
    id_: str = data["customerCreate"]["customer"]["id"]
    return id_


async def deliveries(patron: Patron) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = (await patron.data(DELIVERIES))["webhookDeliveries"]["nodes"]
    return nodes


async def test_an_event_is_delivered_and_the_delivery_is_in_the_log(
    patron: Patron, mail: Mailroom, hooks: Receiver
) -> None:
    await mail.endpoint(hooks.url, ["customer.created"])

    await customer(patron)
    await mail.deliver()

    (came,) = hooks.came
    (delivery,) = await deliveries(patron)
    assert came.json["type"] == "customer.created"
    assert came.webhook_id == delivery["webhookId"] == came.json["data"]["eventId"]
    assert came.json["data"]["customerId"] == delivery["customerId"]
    assert delivery["status"] == "DELIVERED"
    assert [each["outcome"] for each in delivery["attempts"]["nodes"]] == ["DELIVERED"]


async def test_a_thin_payload_has_ids_alone(patron: Patron, mail: Mailroom, hooks: Receiver) -> None:
    await mail.endpoint(hooks.url, ["party.*", "person.*", "customer.*"])

    await customer(patron)
    await mail.deliver()

    for came in hooks.came:
        ids = {name for name in came.json["data"] if name not in ("eventId", "eventVersion", "position")}
        assert ids
        assert all(name.endswith("Id") for name in ids), came.json
        assert b"Ada" not in came.body


async def test_a_full_payload_shows_the_row_as_far_as_the_scopes_open_it(
    patron: Patron, mail: Mailroom, hooks: Receiver
) -> None:
    async with receiver() as blind:
        await mail.endpoint(hooks.url, ["person.created"], payload="FULL", scopes=["*:read", "read:pii"])
        await mail.endpoint(blind.url, ["person.created"], payload="FULL", scopes=["*:read"])

        await customer(patron)
        await mail.deliver()

        (seen,), (hidden,) = hooks.came, blind.came
    assert seen.json["data"]["object"]["displayName"] == "Ada Lovelace"
    assert "Ada" not in hidden.body.decode()
    assert hidden.json["data"]["object"]["id"] == seen.json["data"]["object"]["id"]


async def test_what_is_financial_is_sent_with_the_scope_alone_and_the_audit_keeps_that_it_was(
    patron: Patron, mail: Mailroom, hooks: Receiver
) -> None:
    async with receiver() as blind:
        made = await mail.endpoint(
            hooks.url, ["transaction.recorded"], payload="FULL", scopes=["*:read", "read:financial"]
        )
        await mail.endpoint(blind.url, ["transaction.recorded"], payload="FULL", scopes=["*:read"])

        data = await patron.data(
            """mutation($id: ID!) { transactionRecord(input: {customerId: $id, kind: SALE, amount: {amount: "12.50",
              currencyCode: "EUR"}, source: "till", sourceKey: "k1"}) { userErrors { message } } }""",
            {"id": await customer(patron)},
        )
        assert data["transactionRecord"]["userErrors"] == []
        await mail.deliver()
        (seen,), (hidden,) = hooks.came, blind.came

    reads = (await patron.data("{ auditReads { nodes { actor classes fields } } }"))["auditReads"]["nodes"]
    assert seen.json["data"]["object"]["amount"] == {"amount": "12.50", "currencyCode": "EUR"}
    assert "amount" not in hidden.body.decode()
    assert [read["actor"] for read in reads if "FINANCIAL" in read["classes"]] == [made["id"]]


async def test_a_filter_is_asked_of_the_events_customer(patron: Patron, mail: Mailroom, hooks: Receiver) -> None:
    await mail.endpoint(hooks.url, ["customer.created"], filter={"lifecycleStage": {"in": ["PROSPECT"]}})

    wanted = await customer(patron, "Ada One", lifecycleStage="PROSPECT")
    await customer(patron, "Ada Two", lifecycleStage="ACTIVE")
    await mail.deliver()

    assert [came.json["data"]["customerId"] for came in hooks.came] == [wanted]
    assert sorted(each["status"] for each in await deliveries(patron)) == ["DELIVERED", "SKIPPED"]


async def test_an_event_without_a_customer_is_not_told_where_there_is_a_filter(
    patron: Patron, mail: Mailroom, hooks: Receiver
) -> None:
    await mail.endpoint(hooks.url, ["*"], filter={"kind": {"eq": "B2C"}})

    await patron.data(
        """mutation { organizationCreate(input: {organization: {legalName: "ACME"}}) { userErrors { code } } }"""
    )
    await mail.deliver()

    assert hooks.came == []


async def test_a_failed_try_is_made_again_when_it_is_due_with_the_same_id(
    patron: Patron, mail: Mailroom, hooks: Receiver
) -> None:
    hooks.answer = lambda _id, number: (500, RESET, HANG, 302, 204)[number - 1]
    await mail.endpoint(hooks.url, ["customer.created"])
    await customer(patron)
    await mail.hand_on()

    for wait in (0, 6, 400, 2_200, 9_000):
        patron.prepared.clock.advance(dt.timedelta(seconds=wait))
        await mail.send()
        await mail.send()  # before it is due, nothing is sent

    (delivery,) = await deliveries(patron)
    outcomes = [each["outcome"] for each in delivery["attempts"]["nodes"]]
    assert outcomes == ["REFUSED", "UNREACHABLE", "TIMEOUT", "REFUSED", "DELIVERED"]
    assert [each["httpStatus"] for each in delivery["attempts"]["nodes"]] == [500, None, None, 302, 204]
    assert (delivery["status"], delivery["tries"]) == ("DELIVERED", 5)
    assert len({came.webhook_id for came in hooks.came}) == 1
    assert len({came.headers["webhook-timestamp"] for came in hooks.came}) == 5


async def test_retry_after_is_waited_for(patron: Patron, mail: Mailroom, hooks: Receiver) -> None:
    hooks.answer, hooks.extra = (lambda _id, number: 503 if number == 1 else 200), "Retry-After: 3600\r\n"
    await mail.endpoint(hooks.url, ["customer.created"])
    await customer(patron)
    await mail.deliver()

    patron.prepared.clock.advance(dt.timedelta(minutes=59))
    await mail.send()
    before = len(hooks.came)
    patron.prepared.clock.advance(dt.timedelta(minutes=2))
    await mail.send()

    assert (before, len(hooks.came)) == (1, 2)


async def test_after_72_hours_a_delivery_is_parked_and_an_alert_raised(
    patron: Patron, mail: Mailroom, hooks: Receiver
) -> None:
    hooks.answer = lambda _id, _number: 500
    await mail.endpoint(hooks.url, ["customer.created"])
    await customer(patron)
    await mail.hand_on()

    for _ in range(30):
        await mail.send()
        patron.prepared.clock.advance(dt.timedelta(hours=3))

    (delivery,) = await deliveries(patron)
    assert (delivery["status"], delivery["parkedReason"]) == ("PARKED", "TRIED_LONG_ENOUGH")
    assert [each.event.type for each in mail.events] == ["webhook.deliveries_given_up"]


async def test_410_disables_the_endpoint_and_gives_up_what_waits(
    patron: Patron, mail: Mailroom, hooks: Receiver
) -> None:
    hooks.answer = lambda _id, _number: 410
    await mail.endpoint(hooks.url, ["customer.created"])
    for number in range(9):
        await customer(patron, f"Ada {number}")
    await mail.deliver()

    endpoints = (await patron.data("{ webhookEndpoints { nodes { status disabledReason } } }"))["webhookEndpoints"]
    assert endpoints["nodes"] == [{"status": "DISABLED", "disabledReason": "GONE"}]
    assert {each["status"] for each in await deliveries(patron)} == {"PARKED"}
    await customer(patron)
    await mail.deliver()
    assert len(await deliveries(patron)) == 9


async def test_an_endpoint_that_fails_is_paused_asked_with_one_and_opened_again(
    patron: Patron, mail: Mailroom, hooks: Receiver
) -> None:
    hooks.answer = lambda _id, _number: 500
    await mail.endpoint(hooks.url, ["customer.created"])
    for number in range(20):
        await customer(patron, f"Ada {number}")
    await mail.deliver()
    tried = len(hooks.came)

    state = "{ webhookEndpoints { nodes { failures pausedUntil } } }"
    (paused,) = (await patron.data(state))["webhookEndpoints"]["nodes"]
    await mail.send()
    held = len(hooks.came)
    patron.prepared.clock.advance(dt.timedelta(seconds=40))
    await mail.send()
    probed = len(hooks.came)
    hooks.answer = lambda _id, _number: 200
    patron.prepared.clock.advance(dt.timedelta(hours=1))
    await mail.send()

    assert paused["pausedUntil"] is not None
    assert 10 <= tried == held < 20
    assert probed == held + 1
    assert [each.event.type for each in mail.events] == ["webhook.paused"]
    assert {each["status"] for each in await deliveries(patron)} == {"DELIVERED"}
    (opened,) = (await patron.data(state))["webhookEndpoints"]["nodes"]
    assert opened == {"failures": 0, "pausedUntil": None}


async def test_a_customers_later_event_waits_for_the_earlier_one_and_nobody_elses_does(
    patron: Patron, mail: Mailroom, hooks: Receiver
) -> None:
    first, second = await customer(patron, "Ada One"), await customer(patron, "Ada Two")
    await mail.hand_on()
    await mail.endpoint(hooks.url, ["customer.*"])
    failing: list[str] = []
    hooks.answer = lambda id_, number: (
        500 if number == 1 and failing in ([], [id_]) and not failing.append(id_) else 200
    )
    update = """mutation($id: ID!, $version: Int!, $owner: String!) {
      customerUpdate(input: {id: $id, version: $version, owner: $owner}) { customer { version } userErrors { message } } }"""
    for id_, version in ((first, 1), (first, 2), (second, 1)):
        await patron.data(update, {"id": id_, "version": version, "owner": f"agent {version}"})
        await mail.deliver()

    before = [came.json["data"]["customerId"] for came in hooks.came]
    patron.prepared.clock.advance(dt.timedelta(seconds=7))
    await mail.send()
    after = [came.json["data"]["position"] for came in hooks.taken if came.json["data"]["customerId"] == first]

    assert before == [first, second]
    assert after == sorted(after)
    assert len(after) == 2


async def test_d3_the_secret_verifies_what_comes_and_rotation_overlaps(
    patron: Patron, mail: Mailroom, hooks: Receiver
) -> None:
    patron.prepared.clock.advance(dt.datetime.now(dt.UTC) - patron.prepared.clock.now())
    made = await mail.endpoint(hooks.url, ["customer.created"])
    await customer(patron, "Ada One")
    await mail.deliver()
    rotate = """mutation($id: ID!) { webhookSecretRotate(input: {id: $id, overlapHours: 1}) { secret userErrors { message } } }"""
    new = (await patron.data(rotate, {"id": made["id"]}))["webhookSecretRotate"]["secret"]
    await customer(patron, "Ada Two")
    await mail.deliver()
    patron.prepared.clock.advance(dt.timedelta(minutes=61))
    await customer(patron, "Ada Three")
    await mail.deliver()

    first, second, third = hooks.came
    old = made["secret"]
    assert Webhook(old).verify(first.body, first.headers) == first.json
    assert Webhook(old).verify(second.body, second.headers) == Webhook(new).verify(second.body, second.headers)
    assert len(third.headers["webhook-signature"].split(" ")) == 1
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(first.body, first.headers)


async def test_no_secret_is_in_the_clear_in_the_database_or_shown_again(
    patron: Patron, mail: Mailroom, hooks: Receiver
) -> None:
    given = {"url": hooks.url, "eventTypes": ["*"], "scopes": ["*:read"], "idempotencyKey": "once"}
    create = """mutation($input: WebhookCreateInput!) { webhookCreate(input: $input) {
      secret webhookEndpoint { id } userErrors { message } } }"""

    first = (await patron.data(create, {"input": given}))["webhookCreate"]
    again = (await patron.data(create, {"input": given}))["webhookCreate"]

    def rows(session: Any) -> str:
        tables = ("webhook_endpoint", "idempotency_record", "audit_entry", "outbox_event")
        connection, marker = session.connection(), {}
        return str([list(connection.exec_driver_sql(f"SELECT * FROM {table}", marker or None)) for table in tables])

    stored = await patron.prepared.database.read(patron.prepared.tenant_id, rows)
    assert first["secret"].startswith("whsec_")
    assert again == {**first, "secret": None}
    assert first["secret"].removeprefix("whsec_") not in stored


async def test_a_try_by_hand_says_how_it_went_and_leaves_nothing(
    patron: Patron, mail: Mailroom, hooks: Receiver
) -> None:
    made = await mail.endpoint(hooks.url)
    test = """mutation($id: ID!) { webhookTest(input: {id: $id}) {
      delivered outcome httpStatus milliseconds userErrors { message } } }"""

    good = (await patron.data(test, {"id": made["id"]}))["webhookTest"]
    hooks.answer = lambda _id, _number: 404
    bad = (await patron.data(test, {"id": made["id"]}))["webhookTest"]

    assert (good["delivered"], good["outcome"], good["httpStatus"]) == (True, "DELIVERED", 200)
    assert (bad["delivered"], bad["outcome"], bad["httpStatus"]) == (False, "REFUSED", 404)
    assert hooks.came[0].json["type"] == "webhook.test"
    assert await deliveries(patron) == []


async def test_a_delivery_is_sent_again_by_hand_with_the_same_id(
    patron: Patron, mail: Mailroom, hooks: Receiver
) -> None:
    await mail.endpoint(hooks.url, ["customer.created"])
    await customer(patron)
    await mail.deliver()
    (delivery,) = await deliveries(patron)
    resend = """mutation($id: ID!) { webhookResend(input: {id: $id}) { webhookDelivery { status tries } userErrors { code } } }"""

    given = (await patron.data(resend, {"id": delivery["id"]}))["webhookResend"]
    await mail.send()

    assert given == {"webhookDelivery": {"status": "WAITING", "tries": 0}, "userErrors": []}
    assert [came.webhook_id for came in hooks.came] == [delivery["webhookId"]] * 2


async def test_events_of_a_span_are_sent_again_in_their_order(patron: Patron, mail: Mailroom, hooks: Receiver) -> None:
    made = await mail.endpoint(hooks.url, ["customer.created"])
    disable = "mutation($id: ID!) { webhookDisable(input: {id: $id}) { webhookEndpoint { status } } }"
    enable = "mutation($id: ID!) { webhookEnable(input: {id: $id}) { webhookEndpoint { status } } }"
    replay = """mutation($id: ID!) { webhookReplay(input: {id: $id, afterPosition: 0}) {
      queued upToPosition more userErrors { message } } }"""
    wanted = [await customer(patron, "Ada One")]
    await mail.deliver()
    await patron.data(disable, {"id": made["id"]})
    wanted.append(await customer(patron, "Ada Two"))
    await mail.deliver()
    refused = (await patron.data(replay, {"id": made["id"]}))["webhookReplay"]
    await patron.data(enable, {"id": made["id"]})

    replayed = (await patron.data(replay, {"id": made["id"]}))["webhookReplay"]
    await mail.send()

    assert refused["userErrors"] != []
    assert (replayed["queued"], replayed["more"]) == (2, False)
    assert [came.json["data"]["customerId"] for came in hooks.came] == [wanted[0], *wanted]
    assert hooks.came[0].webhook_id == hooks.came[1].webhook_id


async def test_an_endpoint_is_changed_and_deleted_with_its_log(patron: Patron, mail: Mailroom, hooks: Receiver) -> None:
    made = await mail.endpoint(hooks.url, ["customer.created"], filter={"kind": {"eq": "B2C"}})
    await customer(patron)
    await mail.deliver()
    update = """mutation($input: WebhookUpdateInput!) { webhookUpdate(input: $input) {
      webhookEndpoint { eventTypes condition scopes } userErrors { code path } } }"""
    (stale,) = (await patron.data("{ webhookEndpoints { nodes { version } } }"))["webhookEndpoints"]["nodes"]

    given = {"id": made["id"], "version": stale["version"], "eventTypes": ["customer.*"], "filter": None}
    changed = (await patron.data(update, {"input": given}))["webhookUpdate"]
    late = (await patron.data(update, {"input": given}))["webhookUpdate"]
    gone = await patron.data(
        "mutation($id: ID!) { webhookDelete(input: {id: $id}) { url userErrors { code } } }", {"id": made["id"]}
    )

    assert changed["webhookEndpoint"] == {"eventTypes": "customer.*", "condition": None, "scopes": "*:read"}
    assert late["userErrors"] == [{"code": "CONFLICT", "path": ["input", "version"]}]
    assert gone["webhookDelete"] == {"url": hooks.url, "userErrors": []}
    assert await deliveries(patron) == []
