"""Who may what, through the API: keys, roles of a tenant's own, acting as somebody else, agreements with partners."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
import pytest_asyncio
from sqlalchemy import select

from patron_core.access.authentication import Authenticator
from patron_core.access.key_use import KeyUse
from patron_core.access.keys import KeyText
from patron_core.access.models import AccessRole, ApiKey
from patron_core.audit.models import AuditEntry
from patron_core.errors import PublicError, Unauthenticated
from patron_core.hookspecs import Manifest, hookimpl
from patron_core.messages import Actor
from patron_core.outbox.models import OutboxEvent
from patron_core.plugins import Plugins
from patron_core.records import PII
from patron_schema.app import follow_access
from patron_schema.authentication import Authentication
from patron_schema.context import OperationRequest
from patron_schema.credential_watch import CredentialWatch
from patron_schema.errors import formatted_all
from patron_schema.gateway import Gateway
from patron_schema.hookspecs import SchemaHooks
from patron_schema.testing.databases import PreparedDatabase
from patron_schema.testing.service import Patron

pytestmark = pytest.mark.security

CREATE_KEY = """mutation ($input: ApiKeyCreateInput!) { apiKeyCreate(input: $input) {
  text apiKey { id name lastFour roles scopes purpose purposes networks expiresAt party { id } }
  userErrors { code message path } } }"""
ROTATE = """mutation ($input: ApiKeyRotateInput!) { apiKeyRotate(input: $input) {
  text apiKey { id previousUntil } userErrors { code message path } } }"""
REVOKE = """mutation ($input: ApiKeyRevokeInput!) { apiKeyRevoke(input: $input) {
  apiKey { id revokedAt } userErrors { code } } }"""
CREATE_ROLE = """mutation ($input: RoleCreateInput!) { roleCreate(input: $input) {
  role { id name scopes rows version grants { type classes fields uses } } userErrors { code message path } } }"""
UPDATE_ROLE = """mutation ($input: RoleUpdateInput!) { roleUpdate(input: $input) {
  role { id scopes version } userErrors { code message path } } }"""
DELETE_ROLE = "mutation ($input: RoleDeleteInput!) { roleDelete(input: $input) { name userErrors { code message } } }"
IMPERSONATE = """mutation ($input: AccessImpersonateInput!) { accessImpersonate(input: $input) {
  text apiKey { id actsAs impersonator reason expiresAt } userErrors { code message path } } }"""
SIGN_OUT = "mutation ($input: UserSignOutInput!) { userSignOut(input: $input) { signedOutAt userErrors { code } } }"
CREATE_CUSTOMER = """mutation ($input: CustomerCreateInput!) { customerCreate(input: $input) {
  customer { id party { id } } userErrors { code } } }"""
KEYS = "{ apiKeys { nodes { id name lastFour lastUsedAt revokedAt } } }"


class Bedding:
    """A plugin that adds to bundled roles, and tries to add what is not its own."""

    @staticmethod
    @hookimpl
    def patron_manifest() -> Manifest:
        return Manifest(
            name="pillows",
            version="1",
            core_range=">=0",
            label="Pillows",
            scopes=(("pillow:plump", "Plump pillows."),),
            roles={"agent": ("pillow:plump", "access:administer", "*"), "analyst": ("pillow:*",)},
        )


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return Plugins.of([Bedding], specs=(SchemaHooks,))


@dataclass
class Door:
    """The service behind its credentials: every question comes with one."""

    prepared: PreparedDatabase
    gateway: Gateway
    keys: Authenticator
    used: KeyUse
    owner: str

    async def ask(self, text: str, query: str, **values: Any) -> dict[str, Any]:
        """An answer, errors included."""
        try:
            request = OperationRequest(
                query=query,
                variables={"input": values} if values else {},
                actor=await self.keys.authenticate(text),
                request_id="req_test",
                transport="POST",
            )
            found: dict[str, Any] = orjson.loads((await self.gateway.execute(request)).body)
            return found
        except PublicError as error:
            return {"errors": json.loads(json.dumps(formatted_all(error, request_id="req_test")))}

    async def payload(self, text: str, query: str, **values: Any) -> dict[str, Any]:
        """The payload of a mutation that is answered."""
        answer = await self.ask(text, query, **values)
        assert "errors" not in answer, answer["errors"]
        (payload,) = answer["data"].values()
        found: dict[str, Any] = payload
        return found

    async def made(self, text: str, query: str, **values: Any) -> dict[str, Any]:
        """The payload of a mutation that worked."""
        payload = await self.payload(text, query, **values)
        assert payload["userErrors"] == []
        return payload

    async def key(self, **values: Any) -> str:
        """The text of a new key that the owner makes."""
        text: str = (await self.made(self.owner, CREATE_KEY, name="test", **values))["text"]
        return text

    async def actor(self, text: str, *, address: str | None = None) -> Actor:
        """Who a credential is."""
        return await self.keys.authenticate(text, address=address)

    async def customer(self, name: str) -> tuple[str, str]:
        """The ids of a new customer and its party."""
        person = {"givenName": name, "familyName": "Stone"}
        made = (await self.made(self.owner, CREATE_CUSTOMER, person=person, kind="B2C"))["customer"]
        return made["id"], made["party"]["id"]


@pytest_asyncio.fixture
async def door(patron: Patron) -> AsyncIterator[Door]:
    prepared = patron.prepared
    used = KeyUse(prepared.database)
    keys = Authenticator(prepared.database, clock=prepared.clock, plugins=prepared.plugins, used=used)
    follow_access(patron.gateway.broadcaster, keys)
    yield Door(prepared, patron.gateway, keys, used, await prepared.key())
    await used.close()


def code_of(answer: dict[str, Any]) -> str:
    """The code of the first error, of the whole answer or of a payload."""
    if "errors" in answer:
        return str(answer["errors"][0]["extensions"]["code"])
    (payload,) = answer["data"].values()
    return str(payload["userErrors"][0]["code"])


async def refused(door: Door, text: str) -> bool:
    """Whether a credential is not taken."""
    try:
        await door.actor(text)
    except Unauthenticated:
        return True
    return False


# ------------------------------------------------------------------------------------------------ keys


async def test_a_new_key_opens_what_it_was_given_and_is_listed_without_its_secret(door: Door) -> None:
    given = {"roles": ["analyst"], "scopes": ["party:write"], "purposes": ["TREAT", "HRESCH"], "purpose": "TREAT"}
    made = await door.made(door.owner, CREATE_KEY, name="figures", **given)
    actor = await door.actor(made["text"])
    listed = await door.ask(door.owner, KEYS)

    assert (actor.roles, actor.purpose, set(actor.purposes)) == (("analyst",), "TREAT", {"TREAT", "HRESCH"})
    assert {"party:write", "*:read"} <= actor.permissions
    assert made["apiKey"]["lastFour"] == made["text"][-4:]
    assert made["apiKey"]["id"] in {key["id"] for key in listed["data"]["apiKeys"]["nodes"]}
    assert made["text"][-43:] not in json.dumps(listed)


async def test_the_secret_is_in_no_row_that_is_written(door: Door) -> None:
    made = await door.made(door.owner, CREATE_KEY, name="till", roles=["agent"])
    secret = made["text"][-43:]

    def rows(uow: Any) -> str:
        found = [*uow.select(select(ApiKey)), *uow.select(select(AuditEntry)), *uow.select(select(OutboxEvent))]
        return "\n".join(str({c.name: getattr(row, c.key, None) for c in row.__table__.columns}) for row in found)

    written = await door.prepared.do(rows)

    assert "till" in written
    assert secret not in written


@pytest.mark.parametrize(
    "wanted",
    [
        {"roles": ["owner"]},
        {"roles": ["administrator"]},
        {"roles": ["clinician"]},
        {"scopes": ["transaction:write"]},
        {"scopes": ["party:*"]},
        {"scopes": ["party:read", "read:phi"]},
        {"scopes": ["party:read"], "purposes": ["TREAT"]},
        {"roles": ["own_everything"]},
    ],
    ids=str,
)
async def test_nobody_gives_a_key_more_than_they_have(door: Door, wanted: dict[str, Any]) -> None:
    await door.made(door.owner, CREATE_ROLE, name="own_everything", description="Much.", scopes=["transaction:*"])
    small = await door.key(scopes=["access:administer", "access:read", "party:read", "party:write"])

    answer = await door.ask(small, CREATE_KEY, name="larger", **wanted)

    assert code_of(answer) == "FORBIDDEN"
    assert (await door.made(small, CREATE_KEY, name="same", scopes=["party:read"]))["text"]
    assert (await door.made(door.owner, CREATE_KEY, name="larger", **wanted))["text"]


async def test_a_key_that_opens_more_than_ones_own_is_not_rotated_to_get_at_it(door: Door) -> None:
    small = await door.key(scopes=["access:administer", "access:read", "party:read"])
    made = await door.made(door.owner, CREATE_KEY, name="large", roles=["owner"])

    answer = await door.ask(small, ROTATE, id=made["apiKey"]["id"], overlapHours=1)

    assert code_of(answer) == "FORBIDDEN"


async def test_after_a_rotation_both_secrets_work_for_the_overlap(door: Door) -> None:
    made = await door.made(door.owner, CREATE_KEY, name="till", roles=["agent"])
    await door.actor(made["text"])

    rotated = await door.made(door.owner, ROTATE, id=made["apiKey"]["id"], overlapHours=24)

    assert rotated["text"] != made["text"]
    assert (await door.actor(made["text"])).subject == (await door.actor(rotated["text"])).subject
    door.prepared.clock.advance(dt.timedelta(hours=24))
    assert await refused(door, made["text"])
    assert not await refused(door, rotated["text"])


async def test_without_an_overlap_the_old_secret_is_refused_at_once(door: Door) -> None:
    made = await door.made(door.owner, CREATE_KEY, name="till", roles=["agent"])
    await door.actor(made["text"])

    await door.made(door.owner, ROTATE, id=made["apiKey"]["id"])

    assert await refused(door, made["text"])


@pytest.mark.parametrize("hours", [-1, 25])
async def test_the_overlap_has_bounds(door: Door, hours: int) -> None:
    made = await door.made(door.owner, CREATE_KEY, name="till", roles=["agent"])

    assert code_of(await door.ask(door.owner, ROTATE, id=made["apiKey"]["id"], overlapHours=hours)) == "INVALID_INPUT"


async def test_b5_a_key_that_was_revoked_is_refused_at_the_next_request(door: Door, record_property: Any) -> None:
    made = await door.made(door.owner, CREATE_KEY, name="till", roles=["agent"])
    assert (await door.ask(made["text"], "{ viewer { subject } }"))["data"]

    await door.made(door.owner, REVOKE, id=made["apiKey"]["id"])

    assert code_of(await door.ask(made["text"], "{ viewer { subject } }")) == "UNAUTHENTICATED"
    assert code_of(await door.ask(door.owner, ROTATE, id=made["apiKey"]["id"])) == "CONFLICT"
    record_property("figure", "refused at the next request")


@pytest.mark.parametrize("role", ["customer_portal", "partner"])
async def test_a_portals_or_partners_key_names_its_party(door: Door, role: str) -> None:
    _, party_id = await door.customer("Ada")

    answer = await door.ask(door.owner, CREATE_KEY, name="portal", roles=[role])
    made = await door.made(door.owner, CREATE_KEY, name="portal", roles=[role], partyId=party_id)

    assert code_of(answer) == "INVALID_INPUT"
    assert made["apiKey"]["party"]["id"] == party_id
    assert str((await door.actor(made["text"])).party_id) == party_id.rpartition("_")[2]


async def test_a_key_bound_to_networks_is_good_from_there_only(door: Door) -> None:
    text = await door.key(roles=["agent"], networks=["203.0.113.0/24", "2001:db8::/32"])

    for good in ("203.0.113.7", "2001:db8::1", "::ffff:203.0.113.9"):
        assert (await door.actor(text, address=good)).roles == ("agent",)
    for wrong in ("203.0.114.7", "2001:db9::1", "localhost", "", None):
        with pytest.raises(Unauthenticated):
            await door.actor(text, address=wrong)


@pytest.mark.parametrize("network", ["203.0.113.1/24", "everywhere", "", "300.1.1.1"])
async def test_what_is_no_network_is_refused(door: Door, network: str) -> None:
    answer = await door.ask(door.owner, CREATE_KEY, name="till", roles=["agent"], networks=[network])

    assert code_of(answer) == "INVALID_INPUT"


async def test_the_last_use_is_written_in_the_background_once_a_minute(door: Door) -> None:
    made = await door.made(door.owner, CREATE_KEY, name="till", roles=["agent"])
    key_id = uuid.UUID(made["apiKey"]["id"].rpartition("_")[2])
    first = door.prepared.clock.now()

    async def last_used() -> tuple[Any, int]:
        await door.used.flush()
        key = await door.prepared.do(lambda uow: uow.get(ApiKey, key_id))
        return key.last_used_at, key.version

    assert await last_used() == (None, 1)
    await door.actor(made["text"])
    door.prepared.clock.advance(dt.timedelta(seconds=59))
    await door.actor(made["text"])
    assert await last_used() == (first, 1)
    door.prepared.clock.advance(dt.timedelta(seconds=1))
    await door.actor(made["text"])
    assert await last_used() == (first + dt.timedelta(seconds=60), 1)


async def test_a_use_is_not_lost_when_the_service_closes(door: Door) -> None:
    made = await door.made(door.owner, CREATE_KEY, name="till", roles=["agent"])
    await door.actor(made["text"])

    await door.used.close()

    nodes = (await door.ask(door.owner, KEYS))["data"]["apiKeys"]["nodes"]
    assert next(key for key in nodes if key["id"] == made["apiKey"]["id"])["lastUsedAt"] is not None


async def test_a_key_without_the_right_sees_no_keys(door: Door) -> None:
    text = await door.key(roles=["agent"])

    assert code_of(await door.ask(text, KEYS)) == "GRAPHQL_VALIDATION_FAILED"
    assert code_of(await door.ask(text, CREATE_KEY, name="x", roles=["agent"])) != "NOT_FOUND"


# ------------------------------------------------------------------------------------------------ roles

CLERK = {
    "name": "claims_clerk",
    "description": "Handles claims.",
    "scopes": ["party:read", "customer:read"],
    "grants": [{"classes": ["PUBLIC", "INTERNAL", "PII"]}, {"type": "Customer", "fields": ["owner"], "uses": ["READ"]}],
    "rows": "OWNED",
}


async def test_a_role_of_the_tenants_own_opens_what_it_says(door: Door) -> None:
    await door.made(door.owner, CREATE_ROLE, **CLERK)

    actor = await door.actor(await door.key(roles=["claims_clerk"]))

    assert actor.permissions == {"party:read", "customer:read"}
    assert actor.limits == {"owned"}
    assert {grant.type for grant in actor.opened} == {"*", "Customer"}
    assert any(PII in grant.classes for grant in actor.opened)


async def test_b5_a_changed_role_counts_at_the_next_request(door: Door, record_property: Any) -> None:
    role = (await door.made(door.owner, CREATE_ROLE, **{**CLERK, "rows": None}))["role"]
    text = await door.key(roles=["claims_clerk"])
    assert (await door.ask(text, "{ customers { totalCount } }"))["data"]

    await door.made(door.owner, UPDATE_ROLE, id=role["id"], version=role["version"], scopes=["party:read"])

    assert code_of(await door.ask(text, "{ customers { totalCount } }")) == "GRAPHQL_VALIDATION_FAILED"
    record_property("figure", "counts at the next request")


async def test_b5_a_role_changed_in_another_process_counts_a_second_later(door: Door) -> None:
    role = (await door.made(door.owner, CREATE_ROLE, **CLERK))["role"]
    text = await door.key(roles=["claims_clerk"])
    await door.actor(text)

    def elsewhere(uow: Any) -> None:
        row = uow.get(AccessRole, uuid.UUID(role["id"].rpartition("_")[2]))
        row.scopes = "party:read"

    await door.prepared.do(elsewhere)
    door.prepared.clock.advance(dt.timedelta(seconds=1))

    assert (await door.actor(text)).permissions == {"party:read"}


async def test_b5_a_socket_is_told_when_a_role_changes(door: Door) -> None:
    role = (await door.made(door.owner, CREATE_ROLE, **CLERK))["role"]
    text = await door.key(roles=["claims_clerk"])
    told = asyncio.Event()

    class Socket:
        def credential_ended(self) -> None:
            raise AssertionError("the key is good still")

        def permissions_changed(self) -> None:
            told.set()

    headers = [(b"authorization", f"Bearer {text}".encode())]
    look = Authentication(door.keys)
    watch = CredentialWatch(look.recheck, interval_seconds=0.01, new_request_id=lambda: "req")
    socket = Socket()
    watch.join(socket, headers, await look(headers))

    await door.made(door.owner, UPDATE_ROLE, id=role["id"], version=role["version"], rows=None)

    async with asyncio.timeout(5):
        await told.wait()
    watch.leave(socket, headers)


@pytest.mark.parametrize(
    "wrong",
    [
        {"grants": [{"classes": ["SECRET"]}]},
        {"grants": [{"classes": ["EVERYTHING"]}]},
        {"grants": [{"classes": ["pii"]}]},
        {"grants": [{"classes": ["PII"], "uses": ["READ", "WRITE"]}]},
        {"grants": [{"classes": ["PII"], "uses": ["FILTER"]}]},
        {"grants": [{"classes": ["PII"], "uses": []}]},
        {"grants": [{"classes": []}]},
        {"grants": [{"type": "party", "classes": ["PII"]}]},
        {"grants": [{"type": "Party OR 1=1", "classes": ["PII"]}]},
        {"grants": [{"type": "Party", "fields": ["display_name; --"]}]},
        {"grants": [{"type": "Party", "fields": ["party.displayName"]}]},
        {"scopes": ["party:raed"]},
        {"scopes": ["*"]},
        {"scopes": ["party:read", "nobody:*"]},
        {"rows": "MINE"},
        {"rows": "subject"},
        {"rows": "SUBJECT"},
        {"rows": "owned"},
        {"name": "owner"},
        {"name": "Clerk"},
        {"name": "claims clerk"},
        {"description": " "},
    ],
    ids=str,
)
async def test_failures_09_a_word_of_a_role_that_nobody_knows_is_refused_when_it_is_saved(
    door: Door, wrong: dict[str, Any]
) -> None:
    answer = await door.ask(door.owner, CREATE_ROLE, **{**CLERK, **wrong})

    assert code_of(answer) == "INVALID_INPUT"
    assert await door.prepared.do(lambda uow: uow.select(select(AccessRole.name))) == []


async def test_a_role_changes_from_the_version_that_was_seen(door: Door) -> None:
    role = (await door.made(door.owner, CREATE_ROLE, **CLERK))["role"]

    await door.made(door.owner, UPDATE_ROLE, id=role["id"], version=role["version"], description="Better.")

    again = await door.ask(door.owner, UPDATE_ROLE, id=role["id"], version=role["version"], description="Worse.")
    assert code_of(again) == "CONFLICT"
    assert code_of(await door.ask(door.owner, CREATE_ROLE, **CLERK)) == "CONFLICT"


async def test_a_role_in_use_is_not_deleted_and_one_that_is_gone_opens_nothing(door: Door) -> None:
    role = (await door.made(door.owner, CREATE_ROLE, **CLERK))["role"]
    key = await door.made(door.owner, CREATE_KEY, name="clerk", roles=["claims_clerk", "agent"])
    wanted = {"id": role["id"], "version": role["version"]}

    assert code_of(await door.ask(door.owner, DELETE_ROLE, **wanted)) == "CONFLICT"
    await door.prepared.do(lambda uow: uow.delete(uow.find(AccessRole, name="claims_clerk")))
    door.prepared.clock.advance(dt.timedelta(seconds=1))
    actor = await door.actor(key["text"])

    assert (actor.permissions, actor.opened, actor.roles) == (frozenset(), (), ())


async def test_a_role_that_nobody_has_is_deleted(door: Door) -> None:
    role = (await door.made(door.owner, CREATE_ROLE, **CLERK))["role"]

    gone = await door.made(door.owner, DELETE_ROLE, id=role["id"], version=role["version"])

    assert gone["name"] == "claims_clerk"
    assert code_of(await door.ask(door.owner, CREATE_KEY, name="x", roles=["claims_clerk"])) == "INVALID_INPUT"


async def test_a_stored_role_that_cannot_be_read_opens_nothing(door: Door) -> None:
    await door.made(door.owner, CREATE_ROLE, **{**CLERK, "rows": None})
    text = await door.key(roles=["claims_clerk"])

    def tamper(uow: Any) -> None:
        uow.find(AccessRole, name="claims_clerk").grants = [
            {"type": "*", "classes": ["SECRET"], "fields": [], "uses": []}
        ]

    await door.prepared.do(tamper)
    door.prepared.clock.advance(dt.timedelta(seconds=1))

    assert (await door.actor(text)).permissions == frozenset()


async def test_a_role_that_comes_to_limit_rows_shows_nothing_to_a_key_without_a_party(door: Door) -> None:
    await door.customer("Ada")
    role = (await door.made(door.owner, CREATE_ROLE, **{**CLERK, "rows": None}))["role"]
    text = await door.key(roles=["claims_clerk"])
    assert (await door.ask(text, "{ customers { totalCount } }"))["data"]["customers"]["totalCount"] == 1

    for rows in ("OWN", "SHARED"):
        changed = await door.made(door.owner, UPDATE_ROLE, id=role["id"], version=role["version"], rows=rows)
        role = changed["role"]
        assert (await door.ask(text, "{ customers { totalCount } }"))["data"]["customers"]["totalCount"] == 0


async def test_nobody_makes_a_role_with_more_than_they_have(door: Door) -> None:
    small = await door.key(scopes=["access:administer", "access:read", "party:read"])
    mine = {"name": "reader", "description": "Reads.", "scopes": ["party:read"]}

    for more in ({"scopes": ["party:write"]}, {"grants": [{"classes": ["PII"]}]}):
        assert code_of(await door.ask(small, CREATE_ROLE, **{**mine, **more})) == "FORBIDDEN"
    role = (await door.made(small, CREATE_ROLE, **mine))["role"]
    larger = await door.ask(small, UPDATE_ROLE, id=role["id"], version=role["version"], scopes=["party:*"])
    assert code_of(larger) == "FORBIDDEN"


async def test_nobody_touches_a_role_that_opens_more_than_they_have(door: Door) -> None:
    small = await door.key(scopes=["access:administer", "access:read", "party:read"])
    role = (await door.made(door.owner, CREATE_ROLE, **CLERK))["role"]
    wanted = {"id": role["id"], "version": role["version"]}

    for answer in (
        await door.ask(small, UPDATE_ROLE, **wanted, scopes=["party:read"], grants=[], rows=None),
        await door.ask(small, DELETE_ROLE, **wanted),
    ):
        assert code_of(answer) == "FORBIDDEN"


async def test_the_roles_there_are_are_shown_with_what_plugins_add(door: Door) -> None:
    await door.made(door.owner, CREATE_ROLE, **CLERK)

    roles = (await door.ask(door.owner, "{ roles { name bundled scopes rows grants { classes } } }"))["data"]["roles"]
    by_name = {role["name"]: role for role in roles}

    assert len([role for role in roles if role["bundled"]]) == 11
    assert "pillow:plump" in by_name["agent"]["scopes"]
    assert (by_name["claims_clerk"]["bundled"], by_name["claims_clerk"]["rows"]) == (False, "OWNED")
    assert by_name["customer_portal"]["rows"] == "OWN"


async def test_a_plugin_adds_its_own_scopes_to_a_role_and_nothing_else(door: Door) -> None:
    agent = await door.actor(await door.key(roles=["agent"]))
    analyst = await door.actor(await door.key(roles=["analyst"]))

    assert "pillow:plump" in agent.permissions
    assert "pillow:*" in analyst.permissions
    assert not {"*", "access:administer"} & agent.permissions


# ------------------------------------------------------------------------------------------------ acting as somebody else


async def test_who_acts_as_another_is_named_beside_them(door: Door) -> None:
    other = await door.made(door.owner, CREATE_KEY, name="clerk", roles=["agent"])
    mine = (await door.actor(door.owner)).subject

    made = await door.made(
        door.owner, IMPERSONATE, keyId=other["apiKey"]["id"], reason="Ticket 81: sees no customers.", minutes=30
    )
    actor = await door.actor(made["text"])
    shown = (await door.ask(made["text"], "{ viewer { subject impersonator } }"))["data"]["viewer"]
    person = {"givenName": "Ada", "familyName": "Stone"}
    await door.made(made["text"], CREATE_CUSTOMER, person=person, kind="B2C")
    entries = await door.prepared.do(
        lambda uow: uow.select(select(AuditEntry).where(AuditEntry.record_type == "customer"))
    )

    assert (actor.subject, actor.impersonator, actor.roles) == (other["apiKey"]["id"], mine, ("agent",))
    assert {(entry.actor, entry.impersonator) for entry in entries} == {(other["apiKey"]["id"], mine)}
    assert shown == {"subject": other["apiKey"]["id"], "impersonator": mine}
    assert made["apiKey"]["reason"] == "Ticket 81: sees no customers."
    door.prepared.clock.advance(dt.timedelta(minutes=30))
    assert await refused(door, made["text"])


async def test_a_person_is_acted_as_by_subject_and_roles(door: Door) -> None:
    made = await door.made(door.owner, IMPERSONATE, subject="okta|ada", roles=["receptionist"], reason="Ticket 82.")

    actor = await door.actor(made["text"])

    assert (actor.subject, actor.kind, actor.roles) == ("okta|ada", "user", ("receptionist",))


async def test_nobody_acts_as_two_at_once_nor_sets_up_access_meanwhile(door: Door) -> None:
    acting = await door.made(door.owner, IMPERSONATE, subject="ada", roles=["owner"], reason="Ticket 83.")
    other = await door.made(door.owner, CREATE_KEY, name="clerk", roles=["agent"])
    text = acting["text"]

    again = await door.ask(text, IMPERSONATE, subject="bob", roles=["agent"], reason="Further.")
    through = await door.ask(door.owner, IMPERSONATE, keyId=acting["apiKey"]["id"], reason="Further.")
    lasting = await door.ask(text, CREATE_KEY, name="lasting", roles=["agent"])
    rotated = await door.ask(text, ROTATE, id=other["apiKey"]["id"])
    role = await door.ask(text, CREATE_ROLE, **CLERK)

    assert [code_of(each) for each in (again, through, lasting, rotated, role)] == [
        "FORBIDDEN",
        "CONFLICT",
        "FORBIDDEN",
        "FORBIDDEN",
        "FORBIDDEN",
    ]
    assert code_of(await door.ask(door.owner, ROTATE, id=acting["apiKey"]["id"])) == "CONFLICT"


async def test_acting_as_another_opens_no_more_than_ones_own(door: Door) -> None:
    support = await door.key(scopes=["access:impersonate", "access:read", "party:read"])

    assert (
        code_of(await door.ask(support, IMPERSONATE, subject="ada", roles=["owner"], reason="Why not.")) == "FORBIDDEN"
    )
    small = await door.made(door.owner, CREATE_KEY, name="reader", scopes=["party:read"])
    assert (await door.made(support, IMPERSONATE, keyId=small["apiKey"]["id"], reason="Ticket 84."))["text"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "ada", "roles": ["agent"], "reason": " "},
        {"subject": "ada", "roles": ["agent"], "reason": "x", "minutes": 61},
        {"subject": "ada", "roles": ["agent"], "reason": "x", "minutes": 0},
        {"subject": "ada", "reason": "x"},
        {"roles": ["agent"], "reason": "x"},
        {"reason": "x"},
        {"subject": "ada", "roles": ["customer_portal"], "reason": "x"},
    ],
    ids=str,
)
async def test_acting_as_another_needs_a_reason_and_an_end(door: Door, wrong: dict[str, Any]) -> None:
    assert code_of(await door.ask(door.owner, IMPERSONATE, **wrong)) == "INVALID_INPUT"


async def test_acting_as_another_ends_with_the_key_it_began_with(door: Door) -> None:
    ends = door.prepared.clock.now() + dt.timedelta(minutes=5)
    support = await door.key(roles=["owner"], expiresAt=ends.isoformat())

    made = await door.made(support, IMPERSONATE, subject="ada", roles=["agent"], reason="Ticket 85.", minutes=60)

    assert (await door.actor(made["text"])).expires_at == ends


async def test_with_a_key_ends_what_is_done_as_it_and_with_it(door: Door) -> None:
    other = await door.made(door.owner, CREATE_KEY, name="clerk", roles=["agent"])
    support = await door.made(door.owner, CREATE_KEY, name="support", roles=["owner"])
    as_other = (await door.made(door.owner, IMPERSONATE, keyId=other["apiKey"]["id"], reason="x"))["text"]
    by_support = (await door.made(support["text"], IMPERSONATE, subject="ada", roles=["agent"], reason="x"))["text"]
    for text in (as_other, by_support):
        assert not await refused(door, text)

    for key in (other, support):
        await door.made(door.owner, REVOKE, id=key["apiKey"]["id"])

    for text in (as_other, by_support):
        assert await refused(door, text)


# ------------------------------------------------------------------------------------------------ partners

AGREE = """mutation ($input: SharingAgreementCreateInput!) { sharingAgreementCreate(input: $input) {
  sharingAgreement { id version customer { id } validity { from to } } userErrors { code message path } } }"""
END = """mutation ($input: SharingAgreementEndInput!) { sharingAgreementEnd(input: $input) {
  sharingAgreement { id version validity { from to } } userErrors { code message path } } }"""


async def test_a_partner_sees_the_customers_an_agreement_shares_while_it_holds(door: Door) -> None:
    shared, _ = await door.customer("Ada")
    await door.customer("Bela")
    _, partner = await door.customer("Partner")
    text = await door.key(roles=["partner"], partyId=partner)

    async def seen() -> list[str]:
        door.prepared.clock.advance(dt.timedelta(seconds=1))
        answer = await door.ask(text, "{ customers { nodes { id } } }")
        return [node["id"] for node in answer["data"]["customers"]["nodes"]]

    before = await seen()
    agreement = (await door.made(door.owner, AGREE, partnerId=partner, customerId=shared))["sharingAgreement"]
    during = await seen()
    await door.made(door.owner, END, id=agreement["id"], version=agreement["version"])

    assert (before, during, await seen()) == ([], [shared], [])


async def test_an_agreement_is_made_once_and_ends_once(door: Door) -> None:
    customer, own_party = await door.customer("Ada")
    _, partner = await door.customer("Partner")
    made = (await door.made(door.owner, AGREE, partnerId=partner, customerId=customer))["sharingAgreement"]

    again = await door.ask(door.owner, AGREE, partnerId=partner, customerId=customer)
    itself = await door.ask(door.owner, AGREE, partnerId=own_party, customerId=customer)
    unknown = await door.ask(door.owner, AGREE, partnerId=f"pty_{uuid.uuid4()}", customerId=customer)
    door.prepared.clock.advance(dt.timedelta(days=1))
    ended = (await door.made(door.owner, END, id=made["id"], version=made["version"]))["sharingAgreement"]
    twice = await door.ask(door.owner, END, id=made["id"], version=ended["version"])

    assert [code_of(each) for each in (again, itself, unknown, twice)] == [
        "CONFLICT",
        "INVALID_INPUT",
        "NOT_FOUND",
        "CONFLICT",
    ]
    assert (await door.made(door.owner, AGREE, partnerId=partner, customerId=customer))["sharingAgreement"]


async def test_failures_05_access_is_set_up_in_ones_own_tenant_only(door: Door) -> None:
    stranger = await door.prepared.tenant("Others")
    theirs = await door.prepared.key(tenant_id=stranger.tenant_id)
    key = await door.made(door.owner, CREATE_KEY, name="till", roles=["agent"])
    role = (await door.made(door.owner, CREATE_ROLE, **CLERK))["role"]
    customer, party = await door.customer("Ada")
    unknown = f"key_{uuid.uuid4()}"

    attempts = [
        (ROTATE, {"id": key["apiKey"]["id"]}),
        (REVOKE, {"id": key["apiKey"]["id"]}),
        (ROTATE, {"id": unknown}),
        (REVOKE, {"id": unknown}),
        (UPDATE_ROLE, {"id": role["id"], "version": 1, "description": "x"}),
        (DELETE_ROLE, {"id": role["id"], "version": 1}),
        (IMPERSONATE, {"keyId": key["apiKey"]["id"], "reason": "x"}),
        (AGREE, {"partnerId": party, "customerId": customer}),
        (CREATE_KEY, {"name": "x", "roles": ["customer_portal"], "partyId": party}),
    ]
    answers = [await door.ask(theirs, query, **values) for query, values in attempts]

    assert [code_of(answer) for answer in answers] == ["NOT_FOUND"] * len(attempts)
    assert not await refused(door, key["text"])


async def test_a_key_of_one_tenant_names_no_role_of_another(door: Door) -> None:
    stranger = await door.prepared.tenant("Others")
    theirs = await door.prepared.key(tenant_id=stranger.tenant_id)
    await door.made(door.owner, CREATE_ROLE, **CLERK)

    assert code_of(await door.ask(theirs, CREATE_KEY, name="x", roles=["claims_clerk"])) == "INVALID_INPUT"
    parsed = KeyText.parse(theirs)
    assert parsed is not None
    assert parsed.tenant_id == stranger.tenant_id
