"""Who may set up webhooks, what is refused, and that nobody is told more than the endpoint's maker could read."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio
from tests.schema.webhook_receiver import Mailroom, Receiver, receiver

from patron_core.messages import Actor
from patron_core.outbound.client import Outbound
from patron_core.outbox.types import EventTypes
from patron_core.plugins import Plugins
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.service import Patron
from patron_schema.webhook_commands import WebhookCommands

CREATE = """mutation($input: WebhookCreateInput!) { webhookCreate(input: $input) {
  webhookEndpoint { id } secret userErrors { code path } } }"""
OBSERVE = """mutation($id: ID!, $display: String!) { observationRecord(input: {
  patientId: $id, code: "718-7", display: $display, value: "11", unit: "g/dL"}) { userErrors { message } } }"""
CANARY = "canary of a finding"
GOOD: dict[str, Any] = {"url": "https://hooks.example.com/x", "eventTypes": ["*"], "scopes": ["customer:read"]}


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return load_plugins(("healthcare",))


@pytest_asyncio.fixture
async def hooks() -> AsyncIterator[Receiver]:
    async with receiver() as made:
        yield made


def actor(patron: Patron, *roles: str, scopes: Sequence[str] = (), **more: Any) -> Actor:
    return Actor(patron.prepared.tenant_id, "somebody", "app", roles=roles, scopes=tuple(scopes), **more)


async def refused(patron: Patron, given: dict[str, Any], who: Actor | None = None) -> list[dict[str, Any]]:
    """User errors, or the codes of top-level ones."""
    answer = await patron.ask(CREATE, {"input": {**GOOD, **given}}, actor=who)
    if "errors" in answer:
        return [{"code": each["extensions"]["code"], "path": None} for each in answer["errors"]]
    found: list[dict[str, Any]] = answer["data"]["webhookCreate"]["userErrors"]
    return found


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"url": "http://hooks.example.com/"}, "url"),
        ({"url": "https://192.168.0.1/"}, "url"),
        ({"url": "https://localhost/"}, "url"),
        ({"eventTypes": ["customer.forgotten"]}, "eventTypes"),
        ({"eventTypes": ["transaction.recorded"]}, "eventTypes"),
        ({"scopes": ["nobody:read"]}, "scopes"),
        ({"scopes": ["customer:write"]}, "scopes"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["customer:read", "read:phi"]}, "purpose"),
        ({"filter": {"party": {"createdAt": {"isNull": False}}}}, "filter"),
        ({"filter": {"kind": {}}}, "filter"),
    ],
)
async def test_what_cannot_be_is_refused_at_its_place(patron: Patron, given: dict[str, Any], path: str) -> None:
    found = await refused(patron, given)

    assert [(each["code"], each["path"] and each["path"][:2]) for each in found] == [("INVALID_INPUT", ["input", path])]


async def test_a_filter_on_fields_there_are_not_is_no_valid_variable(patron: Patron) -> None:
    assert [each["code"] for each in await refused(patron, {"filter": {"nonsense": {"eq": 1}}})] == ["BAD_REQUEST"]


@pytest.mark.parametrize("scopes", [["*:read", "read:phi"], ["*:read", "audit:read"], ["healthcare:read", "read:phi"]])
async def test_nobody_has_an_endpoint_told_more_than_they_may_read(patron: Patron, scopes: list[str]) -> None:
    manager = actor(patron, "manager")

    found = await refused(patron, {"scopes": scopes, "purpose": "TREAT"}, manager)

    assert [each["code"] for each in found] == ["FORBIDDEN"]


async def test_who_sees_the_rows_of_some_sets_up_nothing_that_hears_of_all(patron: Patron) -> None:
    limited = dataclasses.replace(actor(patron, "manager"), rows=frozenset({"owned"}))

    assert [each["code"] for each in await refused(patron, {}, limited)] == ["FORBIDDEN"]


@pytest.mark.parametrize("role", ["agent", "analyst", "clinician", "receptionist", "partner", "customer_portal"])
async def test_other_roles_do_not_even_see_that_there_are_webhooks(patron: Patron, role: str) -> None:
    who = actor(patron, role)

    seen = await patron.ask("{ webhookEndpoints { nodes { url } } }", actor=who)

    assert {each["extensions"]["code"] for each in seen["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}
    assert {each["code"] for each in await refused(patron, {}, who)} == {"GRAPHQL_VALIDATION_FAILED"}


@pytest.mark.parametrize("role", ["manager", "integration"])
async def test_managers_and_integrations_set_up_what_they_may_read(patron: Patron, role: str) -> None:
    assert await refused(patron, {"scopes": ["*:read", "read:pii", "read:financial"]}, actor(patron, role)) == []


async def test_who_may_read_less_does_not_lead_an_endpoint_elsewhere(patron: Patron) -> None:
    given = {**GOOD, "scopes": ["*:read", "read:pii", "read:phi"], "purpose": "TREAT"}
    made = (await patron.data(CREATE, {"input": given}))["webhookCreate"]["webhookEndpoint"]
    less = actor(patron, "manager")
    asked = {
        "webhookUpdate": f'webhookUpdate(input: {{id: "{made["id"]}", version: 1, url: "https://evil.example.com/"}})',
        "webhookSecretRotate": f'webhookSecretRotate(input: {{id: "{made["id"]}"}})',
        "webhookEnable": f'webhookEnable(input: {{id: "{made["id"]}"}})',
    }

    for name, field in asked.items():
        answer = await patron.ask(f"mutation {{ {field} {{ userErrors {{ code }} }} }}", actor=less)
        assert [each["extensions"]["code"] for each in answer["errors"]] == ["FORBIDDEN"], name


async def test_a_tenant_has_50_endpoints_at_most(patron: Patron) -> None:
    for _ in range(50):
        assert await refused(patron, {}) == []

    assert [each["code"] for each in await refused(patron, {})] == ["CONFLICT"]


async def test_another_tenants_endpoints_and_deliveries_are_not_there(patron: Patron, hooks: Receiver) -> None:
    mail = Mailroom(patron)
    made = await mail.endpoint(hooks.url, ["customer.created"])
    stranger = await patron.prepared.tenant("Cushions")
    person = """mutation { customerCreate(input: {person: {givenName: "Ada", familyName: "L"}}) { customer { id } } }"""

    await patron.ask(person, actor=stranger)
    await mail.relay.relay(stranger.tenant_id)
    mail.sender.wake(stranger.tenant_id)
    await mail.deliver()
    listed = await patron.data(
        "{ webhookEndpoints { nodes { id } } webhookDeliveries { nodes { id } } }", actor=stranger
    )
    asked = await patron.data(
        f'mutation {{ webhookDelete(input: {{id: "{made["id"]}"}}) {{ userErrors {{ code }} }} }}', actor=stranger
    )

    assert hooks.came == []
    assert listed == {"webhookEndpoints": {"nodes": []}, "webhookDeliveries": {"nodes": []}}
    assert asked["webhookDelete"]["userErrors"] == [{"code": "NOT_FOUND"}]


#: What a name may lead to that no webhook may reach; each as a resolver would give it.
ADDRESSES = (
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254",
    "169.254.169.254", "169.254.0.1", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1",
    "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:2::1", "2001:10::1", "2001:db8::1",
    "2002:7f00:1::", "2002:a00:1::", "3fff::1", "fc00::1", "fd00::1", "fdff::1", "fe80::1", "fe80::1%eth0", "fec0::1",
    "ff02::1", "ff0e::1", "5f00::1", "4000::1",
)  # fmt: skip
#: What a tenant may write instead of a public name.
HOSTS = (
    "127.0.0.1", "0", "0x7f.1", "0177.0.0.1", "2130706433", "127.1", "[::1]", "[::ffff:127.0.0.1]", "localhost",
    "localhost.", "LOCALHOST", "foo.localhost", "printer.local", "db.internal", "metadata.google.internal",
    "router.lan", "nas.home.arpa", "intranet", "a.corp", "user@127.0.0.1", "example.com@127.0.0.1",
    "127.0.0.1#example.com", "example.com:22", "example.com:6379", "xn--", "ⓔxample.com", "example。com", "%6c%6f",
)  # fmt: skip


@pytest.mark.security
async def test_d4_no_webhook_reaches_what_is_not_on_the_internet(
    patron: Patron, hooks: Receiver, record_property: pytest.RecordProperty
) -> None:
    found: list[str] = ["93.184.216.34"]
    reached: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        return list(found)

    async def connect(address: str, port: int, *, server_name: str | None) -> Any:
        reached.append(address)  # whatever is let through would meet the listener
        import asyncio

        return await asyncio.open_connection("127.0.0.1", hooks.port)

    mail = Mailroom(patron)
    mail.outbound = Outbound(resolve, connect, seconds=2)
    patron.gateway.webhooks = WebhookCommands(patron.gateway, mail.outbound)
    mail.new_sender()
    tried = 0
    update = """mutation($input: WebhookUpdateInput!) { webhookUpdate(input: $input) { userErrors { path } } }"""
    test = "mutation($id: ID!) { webhookTest(input: {id: $id}) { delivered outcome } }"
    made = (await patron.data(CREATE, {"input": GOOD}))["webhookCreate"]["webhookEndpoint"]

    for host in HOSTS:  # written
        url = f"https://{host}/hook"
        assert [each["path"][:2] for each in await refused(patron, {"url": url})] == [["input", "url"]], host
        given = {"id": made["id"], "version": 1, "url": url}
        changed = (await patron.data(update, {"input": given}))["webhookUpdate"]
        assert [each["path"] for each in changed["userErrors"]] == [["input", "url"]], host
        tried += 2
    for address in ADDRESSES:  # resolved, alone and among public ones, when saved and when sent
        for answer in ([address], ["93.184.216.34", address]):
            found[:] = answer
            assert [each["path"][:2] for each in await refused(patron, {})] == [["input", "url"]], address
            given = {"id": made["id"], "version": 1, "url": "https://other.example.com/"}
            changed = (await patron.data(update, {"input": given}))["webhookUpdate"]
            assert [each["path"] for each in changed["userErrors"]] == [["input", "url"]], address
            sent = (await patron.data(test, {"id": made["id"]}))["webhookTest"]
            assert sent == {"delivered": False, "outcome": "ADDRESS"}, address
            tried += 3
    await mail.hand_on()  # rebound: public when it was saved, private when it is sent
    await patron.data(
        """mutation { customerCreate(input: {person: {givenName: "A", familyName: "L"}}) { customer { id } } }"""
    )
    found[:] = ["127.0.0.1"]
    await mail.deliver()
    outcome = await patron.data("{ webhookDeliveries { nodes { attempts { nodes { outcome } } } } }")

    assert reached == []
    assert hooks.came == []
    assert {"outcome": "ADDRESS"} in outcome["webhookDeliveries"]["nodes"][0]["attempts"]["nodes"]
    record_property(
        "figure",
        f"{patron.prepared.dialect}: {len(HOSTS)} hosts, {len(ADDRESSES)} addresses, {tried} tries, 0 connections",
    )


@pytest.mark.security
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_d4_a_redirect_is_an_answer_and_is_not_followed(patron: Patron, hooks: Receiver, status: int) -> None:
    async with receiver() as inside:
        hooks.answer, hooks.extra = (lambda _id, _number: status), f"Location: {inside.url}\r\n"
        mail = Mailroom(patron)
        made = await mail.endpoint(hooks.url)

        sent = await patron.data(f'mutation {{ webhookTest(input: {{id: "{made["id"]}"}}) {{ outcome httpStatus }} }}')

        assert sent["webhookTest"] == {"outcome": "REFUSED", "httpStatus": status}
        assert inside.came == []


@pytest.mark.security
async def test_events_of_health_are_told_with_the_scope_of_their_class_alone(
    patron: Patron, record_property: pytest.RecordProperty
) -> None:
    types = EventTypes.of(patron.prepared.plugins)
    kinds = [each.name for each in types.all if each.existence.name == "PHI"]
    assert kinds, "no event is of health, so that nothing was shown"

    for name in kinds:
        blind = {"eventTypes": [name], "scopes": ["*:read", "healthcare:read", "read:pii", "read:financial"]}
        open_ = {**blind, "scopes": ["*:read", "healthcare:read", "read:phi"], "purpose": "TREAT"}
        assert [each["path"][:2] for each in await refused(patron, blind)] == [["input", "eventTypes"]], name
        assert await refused(patron, open_) == [], name
    record_property("figure", f"{len(kinds)} types of events of health, told to 0 endpoints without the scope")


@pytest.mark.security
@pytest.mark.parametrize("scopes", [["*:read", "read:pii"], ["*:read", "healthcare:read", "read:phi"]])
async def test_health_information_is_never_sent_without_its_scope_and_kept_in_the_audit_with_it(
    patron: Patron, hooks: Receiver, scopes: list[str]
) -> None:
    mail = Mailroom(patron)
    made = await mail.endpoint(hooks.url, ["*"], payload="FULL", scopes=scopes, purpose="TREAT")
    admin = dataclasses.replace(patron.prepared.actor, purpose="TREAT")
    create = """mutation { customerCreate(input: {person: {givenName: "Ada", familyName: "L"}}) { customer { id } } }"""
    id_ = (await patron.data(create, actor=admin))["customerCreate"]["customer"]["id"]
    register = "mutation($id: ID!) { patientRegister(input: {customerId: $id}) { patient { id } } }"
    patient = (await patron.data(register, {"id": id_}, actor=admin))["patientRegister"]["patient"]["id"]
    observed = (await patron.data(OBSERVE, {"id": patient, "display": CANARY}, actor=admin))["observationRecord"]
    assert observed["userErrors"] == []
    await mail.deliver()

    sent = b" ".join(each.body for each in hooks.came).decode()
    reads = (await patron.data("{ auditReads(first: 50) { nodes { actor classes } } }"))["auditReads"]["nodes"]
    kept = [each for each in reads if each["actor"] == made["id"] and "PHI" in each["classes"]]
    opens = "read:phi" in scopes
    assert (CANARY in sent) is opens
    assert bool(kept) is opens
