"""Tenants and API keys: made once, shown once, refused in the same words for every reason."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from tests.core.statements import counted_statements

from patron_core.access.authentication import Authenticator, authenticate
from patron_core.access.commands import CreateTenant, IssueKey, RevokeKey
from patron_core.access.keys import KeyText, new_secret
from patron_core.access.models import ApiKey, Tenant
from patron_core.access.permissions import holds
from patron_core.access.roles import BUNDLED
from patron_core.access.service import create_key, create_tenant, find_tenant
from patron_core.audit.models import AuditEntry
from patron_core.customers.models import EngagementMode
from patron_core.errors import Conflict, Forbidden, InvalidInput, NotFound, Unauthenticated
from patron_core.hookspecs import Manifest, Veto, hookimpl
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_schema.testing.databases import PreparedDatabase


class Bedding:
    """A plugin with a scope, which would judge every command if it were asked."""

    @staticmethod
    @hookimpl
    def patron_manifest() -> Manifest:
        scopes = (("pillow:plump", "Plump pillows."),)
        return Manifest(name="pillows", version="1", core_range=">=0", label="Pillows", scopes=scopes)

    @staticmethod
    @hookimpl
    def patron_gate(command: Any) -> Veto:
        return Veto("TOO_SOFT", "No. Never. Stop.")


async def test_a_key_opens_its_tenant(database: PreparedDatabase) -> None:
    text = await database.key()

    actor = await authenticate(database.database, text, database.clock)

    assert (actor.tenant_id, actor.kind, actor.roles) == (database.tenant_id, "app", ("administrator",))
    assert actor.subject.startswith("key_")


async def test_a_keys_text_says_its_tenant_and_hides_its_secret(database: PreparedDatabase) -> None:
    text = await database.key()
    parsed = KeyText.parse(text)
    assert parsed is not None

    stored = await database.do(lambda uow: uow.get(ApiKey, parsed.key_id))

    assert text.startswith(f"patron_{database.tenant_id.hex}_{parsed.key_id.hex}_")
    assert parsed.secret not in repr(parsed)
    assert parsed.secret not in repr(vars(stored))
    assert stored.last_four == text[-4:]


async def test_a_key_with_scopes_is_no_administrators(database: PreparedDatabase) -> None:
    text = await database.key(scopes=["party:read", "customer:*"])

    actor = await authenticate(database.database, text, database.clock)

    assert (actor.roles, actor.scopes) == ((), ("customer:*", "party:read"))
    assert [holds(actor, p) for p in ("party:read", "party:write", "customer:write", "customer_x:y")] == [
        True,
        False,
        True,
        False,
    ]


def _wrong_secret(text: str) -> str:
    return text[:-1] + ("A" if text[-1] != "A" else "B")


@pytest.mark.security
async def test_every_wrong_credential_is_refused_in_the_same_words(database: PreparedDatabase) -> None:
    text = await database.key()
    parsed = KeyText.parse(text)
    assert parsed is not None
    stranger = await database.tenant("Blankets")
    wrong = {
        "empty": "",
        "malformed": "Bearer " + text,
        "a line more": text + "\n",
        "another secret": _wrong_secret(text),
        "another key": KeyText(parsed.tenant_id, uuid.uuid4(), parsed.secret).text(),
        "another tenant": KeyText(stranger.tenant_id, parsed.key_id, parsed.secret).text(),
        "no tenant": KeyText(uuid.uuid4(), parsed.key_id, parsed.secret).text(),
        "huge": "patron_" + "0" * 1_000_000,
    }
    texts = set()

    for credential in wrong.values():
        with pytest.raises(Unauthenticated) as refused:
            await authenticate(database.database, credential, database.clock)
        texts.add(refused.value.message)

    assert len(texts) == 1
    assert parsed.secret not in texts.pop()


async def _key(database: PreparedDatabase, **options: Any) -> tuple[ApiKey, str]:
    given = {"tenant_id": database.tenant_id, "name": "till", "clock": database.clock, "ids": database.ids}
    return await create_key(database.database, **{**given, **options})


async def test_an_expired_key_is_refused_even_while_it_is_remembered(database: PreparedDatabase) -> None:
    expires_at = database.clock.now() + dt.timedelta(milliseconds=500)
    _, text = await _key(database, expires_at=expires_at)
    door = Authenticator(database.database, clock=database.clock, ttl_seconds=60)
    await door.authenticate(text)

    database.clock.advance(dt.timedelta(milliseconds=500))

    with pytest.raises(Unauthenticated):
        await door.authenticate(text)


async def test_a_revoked_key_is_refused_at_the_next_look(database: PreparedDatabase) -> None:
    key, text = await _key(database)
    door = Authenticator(database.database, clock=database.clock)
    await door.authenticate(text)

    await database.do(RevokeKey(id=key.id))
    door.forget(key.id)

    with pytest.raises(Unauthenticated):
        await door.authenticate(text)


async def test_a_key_revoked_elsewhere_is_trusted_for_a_second_at_most(database: PreparedDatabase) -> None:
    key, text = await _key(database)
    door = Authenticator(database.database, clock=database.clock)
    await door.authenticate(text)
    await database.do(RevokeKey(id=key.id))

    database.clock.advance(dt.timedelta(seconds=1))

    with pytest.raises(Unauthenticated):
        await door.authenticate(text)


async def test_a_key_is_looked_up_once_and_with_its_tenant(database: PreparedDatabase) -> None:
    text = await database.key()
    door = Authenticator(database.database, clock=database.clock)

    with counted_statements() as statements:
        for _ in range(5):
            actor, tenant = await door.identify(text)

    assert len(statements) == 1
    assert (tenant.id, tenant.name, tenant.plugins) == (actor.tenant_id, "Pillows", ())


async def test_many_keys_are_looked_up_again_with_one_statement_for_each_tenant(database: PreparedDatabase) -> None:
    cushions = await database.tenant("Cushions")
    revoked, revoked_text = await _key(database)
    mine = [await database.key() for _ in range(5)]
    theirs = [await database.key(tenant_id=cushions.tenant_id) for _ in range(5)]
    door = Authenticator(database.database, clock=database.clock)
    for text in (*mine, *theirs, revoked_text):
        await door.authenticate(text)
    await database.do(RevokeKey(id=revoked.id))
    forged = mine[0][:-4] + ("AAAA" if mine[0][-4:] != "AAAA" else "BBBB")

    with counted_statements() as one:
        await Authenticator(database.database, clock=database.clock).authenticate(mine[0])
    with counted_statements() as statements:
        await door.refresh([*mine, *theirs, revoked_text, forged, "nonsense"])
        actors = [await door.authenticate(text) for text in (*mine, *theirs)]

    assert len(statements) == 2 * len(one)
    assert [actor.tenant_id for actor in actors] == [database.tenant_id] * 5 + [cushions.tenant_id] * 5
    for text in (revoked_text, forged, "nonsense"):
        with pytest.raises(Unauthenticated):
            await door.authenticate(text)


async def test_the_memory_for_keys_is_bounded(database: PreparedDatabase) -> None:
    door = Authenticator(database.database, clock=database.clock, size=2)
    keys = [await database.key() for _ in range(4)]
    for text in keys:
        await door.authenticate(text)

    with counted_statements() as statements:
        await door.authenticate(keys[-1])
        await door.authenticate(keys[0])

    assert len(statements) == 1


async def test_revoking_twice_keeps_the_first_time(database: PreparedDatabase) -> None:
    key, _ = await _key(database)
    first = await database.do(RevokeKey(id=key.id))
    database.clock.advance(dt.timedelta(days=1))

    second = await database.do(RevokeKey(id=key.id))

    assert second.revoked_at == first.revoked_at


@pytest.mark.security
async def test_keys_are_an_administrators_business_and_stay_in_their_tenant(database: PreparedDatabase) -> None:
    key, _ = await _key(database)
    clerk = Actor(database.tenant_id, "clerk", "user", scopes=("party:*",))
    stranger = await database.tenant("Blankets")
    issue = IssueKey(id=uuid.uuid4(), name="mine", secret_sha256="0" * 64, last_four="abcd", roles=("administrator",))

    for command in (issue, RevokeKey(id=key.id)):
        with pytest.raises(Forbidden):
            await database.do(command, actor=clerk)
    with pytest.raises(NotFound):
        await database.do(RevokeKey(id=key.id), actor=stranger)


async def test_a_key_that_has_expired_already_is_refused(database: PreparedDatabase) -> None:
    with pytest.raises(InvalidInput):
        await _key(database, expires_at=database.clock.now())


@pytest.mark.parametrize("scope", ["", "Party:read", "party read", "party:read:", "*"])
async def test_a_scope_that_is_none_is_refused(database: PreparedDatabase, scope: str) -> None:
    with pytest.raises(InvalidInput):
        await _key(database, scopes=[scope])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"scopes": ["nonsense"]}, "declares nonsense. Choose among access:administer, access:impersonate, "),
        ({"scopes": ["party:read", "party:raed"]}, r"Did you mean party:read\?"),
        ({"scopes": ["nobody:*"]}, r"declares nobody:\*"),
        ({"scopes": ["page:*"]}, r"declares page:\*"),
        ({"scopes": ["party:read:*"]}, r"declares party:read:\*"),
        ({"scopes": ["pillow:plump"]}, "declares pillow:plump"),  # of a plugin that the tenant has not
        ({"roles": ["janitor"]}, "no such role. .* Choose among owner, administrator"),
    ],
)
@pytest.mark.security
async def test_a_scope_or_role_nobody_declares_is_refused(
    database: PreparedDatabase, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidInput, match=says):
        await _key(database, plugins=Plugins.of([Bedding]), **options)


async def test_the_scopes_of_a_tenants_plugins_are_known(database: PreparedDatabase) -> None:
    tenant = await create_tenant(
        database.database, name="Beds", plugins=["pillows"], clock=database.clock, ids=database.ids
    )
    scopes = ["page:large", "party:*", "pillow:*", "pillow:plump"]

    key, _ = await _key(database, tenant_id=tenant.id, scopes=scopes, plugins=Plugins.of([Bedding]))

    assert key.scopes.split() == scopes


def test_secrets_are_43_characters_and_differ() -> None:
    secrets = {new_secret() for _ in range(100)}

    assert len(secrets) == 100
    assert {len(secret) for secret in secrets} == {43}


# ------------------------------------------------------------------------------------------------ tenants


async def test_a_tenant_is_found_by_its_name_and_by_its_id(database: PreparedDatabase) -> None:
    made = await create_tenant(
        database.database,
        name="Duvets",
        mode=EngagementMode.TRANSACTION,
        plugins=["retail", "banking", "retail"],
        clock=database.clock,
        ids=database.ids,
    )

    for wanted in ("Duvets", str(made.id), made.id.hex):
        found = await find_tenant(database.database, wanted)
        assert (found.id, found.mode, found.plugins) == (made.id, EngagementMode.TRANSACTION, ["banking", "retail"])


@pytest.mark.parametrize("name", ["duvets", "Duv%", "", str(uuid.UUID(int=7))])
async def test_a_tenant_nobody_made_is_not_found(database: PreparedDatabase, name: str) -> None:
    await database.tenant("Duvets")

    with pytest.raises(NotFound):
        await find_tenant(database.database, name)


async def test_a_tenants_name_is_unique(database: PreparedDatabase) -> None:
    with pytest.raises(Conflict, match="already a tenant with the same name"):
        await database.tenant("Pillows")


@pytest.mark.parametrize("name", ["", " Pillows", "a\nb", "x" * 201])
def test_a_tenants_name_can_be_shown(name: str) -> None:
    with pytest.raises(InvalidInput):
        CreateTenant(name=name)


async def test_making_a_tenant_is_audited_with_a_reason(database: PreparedDatabase) -> None:
    entries = await database.do(lambda uow: uow.select(select(AuditEntry).where(AuditEntry.record_type == "tenant")))

    assert [(entry.action, entry.record_id, entry.actor_kind, entry.reason) for entry in entries] == [
        ("CREATE", database.tenant_id, "system", "A tenant is set up.")
    ]


@pytest.mark.security
async def test_a_tenant_sees_no_other_tenant_on_postgresql(database: PreparedDatabase) -> None:
    if database.dialect == "sqlite":
        return
    await database.tenant("Blankets")

    seen = await database.do(lambda uow: uow.select(select(Tenant.name)))

    assert seen == ["Pillows"]


def test_the_page_of_security_lists_every_bundled_role_with_its_rows() -> None:
    page = (Path(__file__).parents[2] / "docs" / "security.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| .+ \| .+ \| (.+) \|$", page, re.MULTILINE)
    limits = {"all": None, "its own": "own", "customers shared by agreement": "shared"}

    assert {name: limits[whose] for name, whose in rows} == {role.name: role.rows for role in BUNDLED.values()}
