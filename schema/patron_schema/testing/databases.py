"""Fresh databases for tests, on SQLite and on a real PostgreSQL: migrated once, copied for each test.

In comes pytest, out comes the fixture `database`, once for each of the two: tables of the core and of the wanted
plugins, a tenant, a clock that stands still and ids that repeat. On PostgreSQL tests work as `patron_app` under
row-level security, never as the owner. A plugin outside this repository names this module by `-p` in the `addopts` of
its pytest settings.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib
import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import make_url

from patron_core.access.permissions import ADMINISTRATOR
from patron_core.access.service import create_key, create_tenant
from patron_core.address import Dialect, asyncpg_url, normalise
from patron_core.customers.models import EngagementMode
from patron_core.database import Database, open_database
from patron_core.database.roles import APP, RELAY
from patron_core.messages import Actor, Command
from patron_core.migrations import migrate
from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_core.unit_of_work import Outcome, UnitOfWork, execute
from patron_core.values import FixedClock, SequentialIds
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.servers import PostgresServer
from patron_schema.testing.servers import postgres_server as run_postgres_server

__all__ = [
    "MASTER_KEY",
    "NOON",
    "Databases",
    "PreparedDatabase",
    "as_role",
    "database",
    "databases",
    "dialect",
    "loaded_plugins",
    "make_database",
    "postgres_server",
]

T = TypeVar("T")

#: Of tests and of nothing else: it wraps keys of databases that live for one test.
MASTER_KEY: Final = SecretStr(base64.b64encode(hashlib.sha256(b"a master key for tests").digest()).decode())
NOON: Final = dt.datetime(2026, 3, 14, 12, 0, tzinfo=dt.UTC)


@dataclass(slots=True)
class PreparedDatabase:
    """A migrated database with a tenant, for one test.

    database: units of work, as the application sees them. url: the application's, also for asyncpg and SQLite readers.
    owner_url: the owner's or superuser's, for looking behind row-level security. tenant_id, actor: an administrator of
    a tenant called Pillows. plugins: those of the tenant. clock, ids: move and count only when told.
    """

    dialect: Dialect
    database: Database
    url: str
    owner_url: str
    plugins: Plugins
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOON))
    ids: SequentialIds = field(init=False)
    tenant_id: uuid.UUID = field(init=False)
    actor: Actor = field(init=False)

    def __post_init__(self) -> None:
        self.ids = SequentialIds(self.clock)

    @property
    def settings(self) -> Settings:
        """Settings of a deployment on this database."""
        return Settings(
            database_url=self.url,
            migration_database_url=self.owner_url,
            relay_database_url=as_role(self.owner_url, RELAY),
            plugins=self.plugins.names,
            master_key=MASTER_KEY,
            worker=False,  # a test that wants one starts one
            deadline_seconds=60,  # where a machine stands still for seconds, tests of other things go on
            min_pattern_characters=0,  # tests look for short texts in few rows
        )

    async def execute(
        self,
        work: Command | Callable[[UnitOfWork], T],
        *,
        actor: Actor | None = None,
        idempotency_key: str | None = None,
    ) -> Outcome[Any]:
        """Carries out a command, or a function on a unit of work, as the administrator or as `actor`."""
        return await execute(
            self.database,
            cast("Command", work),
            actor=actor or self.actor,
            clock=self.clock,
            ids=self.ids,
            plugins=self.plugins,
            request_id="req_test",
            idempotency_key=idempotency_key,
        )

    async def do(self, work: Command | Callable[[UnitOfWork], T], *, actor: Actor | None = None) -> Any:
        """As `execute`, and returns what the work returned."""
        return (await self.execute(work, actor=actor)).value

    async def tenant(self, name: str, *, mode: EngagementMode = EngagementMode.HYBRID) -> Actor:
        """Makes another tenant, with the same plugins, and returns an administrator of it."""
        tenant = await create_tenant(
            self.database, name=name, mode=mode, plugins=self.plugins.names, clock=self.clock, ids=self.ids
        )
        return Actor(tenant.id, f"administrator of {name}", "user", roles=(ADMINISTRATOR,), purpose="TREAT")

    async def key(
        self, *, scopes: Sequence[str] = (), roles: Sequence[str] = (), tenant_id: uuid.UUID | None = None
    ) -> str:
        """Issues an API key, an administrator's where nothing is said, and returns its text."""
        _, text = await create_key(
            self.database,
            tenant_id=tenant_id or self.tenant_id,
            name="test",
            roles=roles,
            scopes=scopes,
            purpose="TREAT",
            plugins=self.plugins,
            clock=self.clock,
            ids=self.ids,
        )
        return text


class Databases:
    """Makes databases by copying a template for each set of plugins; a template is migrated when first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.server: PostgresServer | None = None  # set where a test wants PostgreSQL
        self._templates: dict[tuple[Dialect, tuple[str, ...]], str] = {}
        self._count = 0

    def create(self, dialect: Dialect, plugins: Plugins) -> str:
        """A fresh, migrated database; returns the owner's URL."""
        key = (dialect, plugins.names)
        if key not in self._templates:
            self._templates[key] = self._template(dialect, plugins)
        template = self._templates[key]
        return self._copy_of(template) if dialect == "sqlite" else self._running().create_database(template=template)

    def drop(self, url: str) -> None:
        """Removes a database that `create` made."""
        if url.startswith("sqlite"):
            for file in self._folder.glob(f"{Path(url).name}*"):
                file.unlink()
        else:
            self._running().drop_database(url)

    def application_url(self, owner_url: str) -> str:
        """The URL of the same database for the application's role."""
        return as_role(owner_url, APP)

    def _template(self, dialect: Dialect, plugins: Plugins) -> str:
        url = self._new_file() if dialect == "sqlite" else self._running().create_database()
        _in_a_loop(lambda: migrate(url, plugins))
        if dialect == "postgresql":
            _in_a_loop(lambda: _let_log_in(url))
        return url

    def _copy_of(self, template: str) -> str:
        url = self._new_file()
        # The last connection to the template was closed, so its WAL is folded into the file.
        shutil.copyfile(template.removeprefix("sqlite:///"), url.removeprefix("sqlite:///"))
        return url

    def _running(self) -> PostgresServer:
        assert self.server is not None, "set `server` before a PostgreSQL database is wanted"
        return self.server

    def _new_file(self) -> str:
        self._count += 1
        return f"sqlite:///{self._folder}/{self._count}.db"


async def make_database(databases: Databases, dialect: Dialect, plugins: Plugins) -> PreparedDatabase:
    """A fresh database with a tenant; the caller closes `database` and drops `owner_url`."""
    owner_url = databases.create(dialect, plugins)
    url = databases.application_url(owner_url)
    settings = Settings(database_url=url, pool_size=4, master_key=MASTER_KEY)
    prepared = PreparedDatabase(dialect, open_database(settings), url, owner_url, plugins)
    administrator = await prepared.tenant("Pillows")
    prepared.tenant_id, prepared.actor = administrator.tenant_id, administrator
    return prepared


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL with `superuser_url` and `create_database(template=…)`; nothing is left of it after the session."""
    with run_postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Where tests get databases from."""
    return Databases(tmp_path_factory.mktemp("databases"))


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The plugins whose tables `database` has: all that are installed. A module may override this fixture."""
    return load_plugins(None)


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """Each database in turn."""
    return cast("Dialect", request.param)


@pytest_asyncio.fixture
async def database(
    databases: Databases, dialect: Dialect, loaded_plugins: Plugins, request: pytest.FixtureRequest
) -> AsyncIterator[PreparedDatabase]:
    """A fresh database with a tenant, on SQLite and on PostgreSQL."""
    if dialect == "postgresql":
        databases.server = request.getfixturevalue("postgres_server")
    prepared = await make_database(databases, dialect, loaded_plugins)
    try:
        yield prepared
    finally:
        await prepared.database.close()
        databases.drop(prepared.owner_url)


def as_role(owner_url: str, role: str) -> str:
    """The URL of the same database for a role; SQLite knows none."""
    if owner_url.startswith("sqlite"):
        return owner_url
    return normalise(make_url(owner_url).set(username=role).render_as_string(hide_password=False))


async def _let_log_in(url: str) -> None:
    """On a server that asks for passwords, the roles that log in get the superuser's, for the tests."""
    password = make_url(url).password
    if password is not None:
        import asyncpg

        connection = await asyncpg.connect(asyncpg_url(url))
        try:
            quoted = await connection.fetchval("SELECT quote_literal($1::text)", str(password))
            for role in (APP, RELAY):
                await connection.execute(f"ALTER ROLE {role} PASSWORD {quoted}")
        finally:
            await connection.close()


def _in_a_loop(work: Callable[[], Any]) -> None:
    """Runs a coroutine in a thread with a loop of its own: fixtures of asynchronous tests have one running here."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(lambda: asyncio.run(work())).result()
