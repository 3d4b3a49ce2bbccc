"""Row-level security on PostgreSQL: what it holds, and every way to switch it off that the start-up check finds."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import make_url

from patron_core.address import asyncpg_url
from patron_core.database.roles import APP
from patron_core.database.row_security import row_security_problems
from patron_core.plugins import Plugins
from patron_schema.testing.databases import Databases, PreparedDatabase, make_database
from patron_schema.testing.servers import PostgresServer

pytestmark = pytest.mark.security

TENANT = "(SELECT nullif(current_setting('app.tenant', true), '')::uuid)"
POLICY = f"CREATE POLICY tenant ON party TO patron_app USING (tenant_id = {TENANT}) WITH CHECK (tenant_id = {TENANT})"


@pytest_asyncio.fixture
async def database(
    databases: Databases, postgres_server: PostgresServer, loaded_plugins: Plugins
) -> AsyncIterator[PreparedDatabase]:
    databases.server = postgres_server
    prepared = await make_database(databases, "postgresql", loaded_plugins)
    yield prepared
    await prepared.database.close()
    databases.drop(prepared.owner_url)


@pytest_asyncio.fixture
async def superuser(database: PreparedDatabase) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(asyncpg_url(database.owner_url))
    yield connection
    await connection.close()


@pytest_asyncio.fixture
async def application(database: PreparedDatabase) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(asyncpg_url(database.url))
    yield connection
    await connection.close()


def as_role(url: str, role: str) -> str:
    return make_url(url).set(username=role).render_as_string(hide_password=False)


async def test_a_migrated_database_has_no_problem(database: PreparedDatabase) -> None:
    assert await row_security_problems(database.url) == []


async def test_sqlite_has_no_row_level_security_to_check() -> None:
    assert await row_security_problems("sqlite:///./nothing.db") == []


BROKEN = {
    "no FORCE": ("ALTER TABLE party NO FORCE ROW LEVEL SECURITY", "public.party does not force"),
    "disabled": ("ALTER TABLE party DISABLE ROW LEVEL SECURITY", "public.party has no row-level security"),
    "a new table": (
        "CREATE TABLE pillow (tenant_id uuid); GRANT SELECT ON pillow TO patron_app",
        "public.pillow has no row-level security",
    ),
    "a policy that says true": ("CREATE POLICY oops ON party USING (true)", "has the policy oops"),
    "a policy for reading alone": (
        (
            "DROP POLICY tenant ON party;"
            f"CREATE POLICY tenant ON party FOR SELECT TO patron_app USING (tenant_id = {TENANT})"
        ),
        "public.party may be used for INSERT and has no policy",
    ),
    "a policy that writes for anybody": (
        (
            f"DROP POLICY tenant ON party; CREATE POLICY tenant ON party TO patron_app USING (tenant_id = {TENANT})"
            " WITH CHECK (true)"
        ),
        "has the policy tenant",
    ),
    "no policy": ("DROP POLICY tenant ON party", "public.party may be used for SELECT and has no policy"),
    "TRUNCATE": ("GRANT TRUNCATE ON party TO patron_app", "public.party may be truncated"),
    "REFERENCES": ("GRANT REFERENCES ON party TO patron_app", "public.party grants REFERENCES"),
    "a view of its owner": (
        "CREATE VIEW leak AS SELECT * FROM party; GRANT SELECT ON leak TO patron_app",
        "leak reads party with the rights of",
    ),
    "a view over a view": (
        (
            "CREATE VIEW hidden AS SELECT id FROM party; CREATE VIEW leak WITH (security_invoker) AS TABLE hidden;"
            "GRANT SELECT ON leak, hidden TO patron_app"
        ),
        "hidden reads party with the rights of",
    ),
    "a view granted by column": (
        "CREATE VIEW leak AS SELECT display_name FROM party; GRANT SELECT (display_name) ON leak TO patron_app",
        "leak reads party with the rights of",
    ),
    "a materialized view": (
        "CREATE MATERIALIZED VIEW leak AS SELECT * FROM party; GRANT SELECT ON leak TO patron_app",
        "public.leak is no plain table",
    ),
    "a materialized view without the tenant": (
        "CREATE MATERIALIZED VIEW leak AS SELECT display_name FROM party; GRANT SELECT ON leak TO patron_app",
        "leak reads party with the rights of",
    ),
    "SECURITY DEFINER": (
        "CREATE FUNCTION leak() RETURNS bigint SECURITY DEFINER LANGUAGE sql AS 'SELECT count(*) FROM party'",
        "leak() is a function that runs with the rights of",
    ),
    "an open partition": (
        (
            "CREATE TABLE pillow (id int, tenant_id uuid) PARTITION BY HASH (tenant_id);"
            "CREATE TABLE pillow_0 PARTITION OF pillow FOR VALUES WITH (MODULUS 1, REMAINDER 0);"
            "ALTER TABLE pillow ENABLE ROW LEVEL SECURITY; ALTER TABLE pillow FORCE ROW LEVEL SECURITY;"
            f"CREATE POLICY tenant ON pillow TO patron_app USING (tenant_id = {TENANT});"
            "GRANT SELECT ON pillow, pillow_0 TO patron_app"
        ),
        "public.pillow_0 is a partition that may be read by its own name",
    ),
    "a grant on a column alone": (
        (
            "CREATE TABLE pillow (tenant_id uuid, feather int); ALTER TABLE pillow ENABLE ROW LEVEL SECURITY;"
            "ALTER TABLE pillow FORCE ROW LEVEL SECURITY; GRANT UPDATE (feather) ON pillow TO patron_app"
        ),
        "public.pillow may be used for UPDATE and has no policy",
    ),
    "the directory of tenants laid open": (
        "CREATE POLICY oops ON tenant FOR SELECT USING (name <> '')",
        "the policy oops",
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
async def test_a_broken_table_is_found(database: PreparedDatabase, superuser: asyncpg.Connection, broken: str) -> None:
    statements, problem = BROKEN[broken]
    await superuser.execute(statements)

    problems = await row_security_problems(database.url)

    assert any(problem in found for found in problems), problems


# Roles belong to the whole server, so these make roles of their own and take them away again.
BROKEN_ROLES = {
    "a superuser": ("CREATE ROLE broken LOGIN SUPERUSER", "is a superuser"),
    "BYPASSRLS": ("CREATE ROLE broken LOGIN BYPASSRLS", "has BYPASSRLS"),
    "CREATEROLE": ("CREATE ROLE broken LOGIN CREATEROLE", "may create roles"),
    "a member of the owner": ("CREATE ROLE broken LOGIN; GRANT patron_owner TO broken", "belongs to patron_owner"),
    "a member of a superuser": ("CREATE ROLE broken LOGIN; GRANT postgres TO broken", "may become postgres"),
    "a superuser in disguise": (
        "CREATE ROLE broken LOGIN SUPERUSER; ALTER ROLE broken SET role TO patron_app",
        "The session was opened by broken",
    ),
    "a tenant set for ever": (
        "CREATE ROLE broken LOGIN; ALTER ROLE broken SET app.tenant TO '00000000-0000-0000-0000-000000000001'",
        "A tenant is set before any request",
    ),
    "row security off": ("CREATE ROLE broken LOGIN; ALTER ROLE broken SET row_security TO off", "row_security is off"),
}


@pytest.mark.parametrize("broken", BROKEN_ROLES)
async def test_a_broken_role_is_found(database: PreparedDatabase, superuser: asyncpg.Connection, broken: str) -> None:
    statements, problem = BROKEN_ROLES[broken]
    await superuser.execute(statements)
    try:
        problems = await row_security_problems(as_role(database.url, "broken"))
    finally:
        await superuser.execute("DROP ROLE broken")

    assert any(problem in found for found in problems), problems


async def test_without_a_tenant_nothing_is_seen(application: asyncpg.Connection) -> None:
    assert await application.fetchval("SELECT count(*) FROM tenant") == 0
    assert await application.fetchval("SELECT count(*) FROM audit_entry") == 0

    await application.execute(
        "BEGIN; SELECT set_config('app.tenant', $$x$$, true); ROLLBACK"
    )  # the setting is '' from now on

    assert await application.fetchval("SELECT count(*) FROM tenant") == 0


async def test_a_tenant_sees_its_own_rows_and_writes_no_others(
    database: PreparedDatabase, application: asyncpg.Connection
) -> None:
    stranger = await database.tenant("Blankets")
    await application.execute("SELECT set_config('app.tenant', $1, false)", str(database.tenant_id))

    names = [row["name"] for row in await application.fetch("SELECT name FROM tenant")]

    assert names == ["Pillows"]
    assert await application.execute("UPDATE tenant SET name = 'Mine' WHERE id = $1", stranger.tenant_id) == "UPDATE 0"
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await application.execute(
            'INSERT INTO relationship_type (tenant_id, id, code, forward_name, inverse_name, "symmetric", reflexive,'
            " version,"
            " created_at, updated_at) VALUES ($1, $2, 'A', 'a', 'b', false, false, 1, now(), now())",
            stranger.tenant_id,
            uuid.uuid4(),
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 'nobody'",
        "DELETE FROM audit_entry",
        "DELETE FROM ledger_transaction",
        "UPDATE ledger_transaction SET amount_minor = 0",
        "TRUNCATE party",
        "DELETE FROM tenant",
        "CREATE TABLE mine (id int)",
        "ALTER TABLE party DISABLE ROW LEVEL SECURITY",
        "SET ROLE patron_owner",
        "DELETE FROM patron_version",
    ],
)
async def test_the_application_may_not(application: asyncpg.Connection, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await application.execute(statement)


async def test_the_relay_sees_whose_events_wait_and_nothing_else(database: PreparedDatabase) -> None:
    await database.tenant("Blankets")
    relay = await asyncpg.connect(asyncpg_url(as_role(database.url, "patron_relay")))
    try:
        assert await relay.fetchval("SELECT count(DISTINCT tenant_id) FROM outbox_event") == 2
        for statement in (
            "SELECT payload FROM outbox_event",
            "SELECT customer_id FROM outbox_event",
            "UPDATE outbox_event SET status = 'DELIVERED'",
            "DELETE FROM outbox_event",
            "SELECT * FROM event_counter",
            "SELECT * FROM party",
            "SELECT * FROM tenant",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await relay.execute(statement)
    finally:
        await relay.close()


async def test_the_read_audit_inserts_and_sees_nothing(database: PreparedDatabase) -> None:
    auditor = await asyncpg.connect(asyncpg_url(as_role(database.url, "patron_audit")))
    try:
        await auditor.execute(
            "INSERT INTO audit_entry (tenant_id, id, actor, actor_kind, action, record_type, record_id, columns,"
            " occurred_at, version, created_at, updated_at)"
            " VALUES ($1, $2, 'a', 'app', 'READ', 'party', $2, '[]', now(), 1, now(), now())",
            database.tenant_id,
            uuid.uuid4(),
        )
        for statement in ("SELECT * FROM audit_entry", "SELECT * FROM party", "DELETE FROM audit_entry"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await auditor.execute(statement)
    finally:
        await auditor.close()


async def test_tests_never_run_as_owner_or_superuser(application: asyncpg.Connection) -> None:
    assert await application.fetchval("SELECT current_user") == APP
    assert not await application.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = session_user")
