"""Migrations up and down: alembic over each distribution's revisions, all in one transaction, one migration at a time.

In come the owner's URL and the plugins, out comes a database with their tables, policies and grants. Writing revisions
is left to `revision`.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import structlog
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from patron_core.address import dialect_of, normalise
from patron_core.database.faults import is_disconnect, translate
from patron_core.database.roles import APP, OWNER, ROLES, role_statements, schema_statements
from patron_core.database.sqlite import sqlite_engine
from patron_core.errors import StartupError
from patron_core.fault_log import log_fault
from patron_core.migrations.distributions import CORE, Distribution, distributions
from patron_core.plugins import Plugins

__all__ = ["Pending", "downgrade", "in_transaction", "migrate", "migrate_these", "pending"]

T = TypeVar("T")
#: How long a migration waits on SQLite for another one, or for who writes: longer than either takes.
_PATIENCE_SECONDS: Final = 60.0

_log: Final = structlog.stdlib.get_logger("patron.migrations")
_LOCK: Final = 0x70617472  # any number, the same for every migration of a database
_MAY_GRANT_SCHEMA: Final = (
    "SELECT rolsuper OR pg_has_role(current_user, nspowner, 'MEMBER') FROM pg_namespace, pg_roles"
    " WHERE nspname = 'public' AND rolname = current_user"
)
_alembic = threading.Lock()  # alembic's `op` is one for the process


@dataclass(frozen=True, slots=True)
class Pending:
    """A distribution whose tables are behind its code. current: the database's revision, None for no tables yet."""

    distribution: str
    current: str | None
    head: str


async def migrate(url: str, plugins: Plugins, *, distribution: str | None = None, to: str = "head") -> list[Pending]:
    """Brings every distribution's tables up to date and returns what was pending.

    url: the owner's, who may create roles or is a member of `patron_owner` (PostgreSQL). distribution: only this one, up
    to the revision `to`. Raises StartupError where roles are missing and may not be created, UNAVAILABLE where the
    database is down.
    """
    wanted = [each for each in distributions(plugins) if distribution in (None, each.name)]
    return await migrate_these(url, wanted, to=to)


async def migrate_these(url: str, wanted: Sequence[Distribution], *, to: str = "head") -> list[Pending]:
    """As `migrate`, for distributions named one by one, in this order.

    Raises StartupError with every plugin whose migration failed, after the others' are committed; where the core's own
    fails, nothing is.
    """
    failed: list[str] = []

    def work(connection: Connection) -> list[Pending]:
        _become_owner(connection)
        behind = _pending(connection, wanted)
        failed.clear()
        for distribution in wanted:
            problem = _upgrade(connection, distribution, to)
            if problem is not None:
                failed.append(problem)
        return behind

    behind = await in_transaction(url, work)
    if failed:
        raise StartupError(failed)
    return behind


def _upgrade(connection: Connection, distribution: Distribution, to: str) -> str | None:
    """Brings one distribution up to date; why it could not, where that is a plugin, whose tables are as before then."""
    savepoint = connection.begin_nested()
    try:
        _run(connection, distribution, lambda script, current: script._upgrade_revs(to, current))
        _after(connection, distribution)
    except Exception as error:
        savepoint.rollback()
        if distribution == CORE or is_disconnect(error):
            raise
        log_fault(_log, "migration_failed", error=error, distribution=distribution.name)
        return (
            f"The migration of {distribution.name!r} failed with {type(error).__name__}. Its tables are as they were, all"
            " others are up to date. Mend the plugin or install another version of it, and run `patron migrate` again."
        )
    savepoint.commit()
    return None


async def downgrade(url: str, plugins: Plugins, *, distribution: str | None = None, to: str = "base") -> None:
    """Takes tables away again: of one distribution, or of all, plugins first. Their rows are gone with them."""

    def work(connection: Connection) -> None:
        _become_owner(connection)
        for each in reversed(distributions(plugins)):
            if distribution in (None, each.name):
                _run(connection, each, lambda script, current: script._downgrade_revs(to, current))
                _after(connection, each)

    await in_transaction(url, work)


async def pending(url: str, plugins: Plugins) -> list[Pending]:
    """The distributions whose tables are behind; also as the application's role, which may read the version tables."""
    return await in_transaction(url, lambda connection: _pending(connection, distributions(plugins)), read_only=True)


def _pending(connection: Connection, wanted: Iterable[Distribution]) -> list[Pending]:
    found = []
    for distribution in wanted:
        head = _script(distribution).get_current_head()
        current = _context(connection, distribution).get_current_revision()
        if head is not None and head != current:
            found.append(Pending(distribution.name, current, head))
    return found


def _run(connection: Connection, distribution: Distribution, revisions: Callable[[Any, Any], Any]) -> None:
    script = _script(distribution)
    with (
        _alembic,
        EnvironmentContext(Config(), script, fn=lambda current, _context: revisions(script, current)) as environment,
    ):
        environment.configure(connection=connection, **_options(distribution))
        environment.run_migrations()


def _after(connection: Connection, distribution: Distribution) -> None:
    """Lets the application read which revision there is, or takes the version table away where nothing is left."""
    if _context(connection, distribution).get_current_revision() is None:
        connection.execute(text(f"DROP TABLE IF EXISTS {distribution.version_table}"))
    elif connection.dialect.name == "postgresql":
        connection.execute(text(f"GRANT SELECT ON {distribution.version_table} TO {APP}"))


def _script(distribution: Distribution) -> ScriptDirectory:
    folder = distribution.folder
    return ScriptDirectory(str(folder), version_locations=[str(folder / "versions")])


def _context(connection: Connection, distribution: Distribution) -> MigrationContext:
    return MigrationContext.configure(connection, opts=_options(distribution))


def _options(distribution: Distribution) -> dict[str, Any]:
    # The whole run is one transaction of ours: DDL is transactional in both databases.
    return {"version_table": distribution.version_table, "transactional_ddl": True}


def _become_owner(connection: Connection) -> None:
    """Makes what is missing of the roles, and owns what is made from here on. Waits for a migration that runs already."""
    if connection.dialect.name != "postgresql":
        return
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    missing = set(ROLES) - set(connection.scalars(text("SELECT rolname FROM pg_roles")))
    may = connection.scalar(text("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"))
    if missing and not may:
        raise _refusal(f"Roles are missing: {', '.join(sorted(missing))}. This user may not create them.")
    if missing:
        _execute_all(connection, role_statements())
    if not connection.scalar(text(f"SELECT pg_has_role(current_user, '{OWNER}', 'MEMBER')")):
        if not may:
            raise _refusal(f"Tables belong to {OWNER}. The user of the URL is not a member of that role.")
        _execute_all(connection, [f"GRANT {OWNER} TO CURRENT_USER"])
    if connection.scalar(text(_MAY_GRANT_SCHEMA)):
        _execute_all(connection, schema_statements())
    _execute_all(connection, [f"SET LOCAL ROLE {OWNER}"])


def _refusal(what: str) -> StartupError:
    advice = (
        "Let an administrator run what `patron migrate --print-roles` prints, or set PATRON_MIGRATION_DATABASE_URL."
    )
    return StartupError([f"{what} {advice}"])


def _execute_all(connection: Connection, statements: Iterable[str]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


async def in_transaction(url: str, work: Callable[[Connection], T], *, read_only: bool = False) -> T:
    """Runs plain work on the tables themselves, in one transaction as the owner. Raises UNAVAILABLE, and what `work` raises."""
    try:
        if dialect_of(url) == "sqlite":
            return await asyncio.to_thread(_sqlite, normalise(url), work, read_only)
        return await _postgresql(normalise(url), work)
    except StartupError:
        raise
    except Exception as error:
        raise translate(error) from error


def _sqlite(url: str, work: Callable[[Connection], T], read_only: bool) -> T:
    engine = sqlite_engine(url, size=0, read_only=read_only, busy_timeout_seconds=_PATIENCE_SECONDS)
    try:
        with engine.begin() as connection:
            return work(connection)
    finally:
        engine.dispose()


async def _postgresql(url: str, work: Callable[[Connection], T]) -> T:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()
