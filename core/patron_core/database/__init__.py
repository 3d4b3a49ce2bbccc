"""The database as the write side sees it: units of work for a tenant, on SQLite and on PostgreSQL alike.

In come a tenant and a plain function on a session, out comes its result, committed. Planned reads hold connections of
their own (patron_schema.planner.execution); tables are made by `migrations`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Literal, Protocol, TypeVar

from patron_core.address import asyncpg_url, dialect_of, normalise, sqlite_path
from patron_core.database.faults import translate
from patron_core.database.postgresql import PostgresqlDatabase
from patron_core.database.sqlite import SqliteDatabase
from patron_core.database.tenancy import TenantSession
from patron_core.encryption.keys import Vault
from patron_core.encryption.master import master_keys
from patron_core.settings import Settings
from patron_core.values import RandomIds, SystemClock

__all__ = [
    "Database",
    "PostgresqlDatabase",
    "SqliteDatabase",
    "TenantSession",
    "asyncpg_url",
    "dialect_of",
    "normalise",
    "open_database",
    "sqlite_path",
    "translate",
]

T = TypeVar("T")


class Database(Protocol):
    """A database that runs units of work.

    `url` is SQLAlchemy's; `asyncpg_url` and `sqlite_path` give the drivers' forms. vault: the keys of encrypted columns.
    """

    dialect: Literal["sqlite", "postgresql"]
    url: str
    vault: Vault | None

    async def write(self, tenant_id: uuid.UUID, work: Callable[[TenantSession], T]) -> T:
        """Runs `work` in one transaction of `tenant_id` and commits.

        `work` is synchronous, may be called again (after a deadlock, up to five times) and so must keep its effects
        inside the session. If the caller is cancelled, work that has begun still ends in a commit or a rollback of its
        own; at the caller's deadline (`deadline.ENDS_AT`) it is cancelled in the database and undone. Raises what `work`
        raises; CONFLICT for a lost race or a broken unique rule; UNAVAILABLE, OVERLOADED, TIMEOUT.
        """
        ...

    async def read(self, tenant_id: uuid.UUID, work: Callable[[TenantSession], T]) -> T:
        """Runs `work` on one read-only transaction of `tenant_id`, beside the writer. Raises as `write` does."""
        ...

    async def close(self) -> None:
        """Waits for running work and closes every connection."""
        ...


def open_database(settings: Settings) -> Database:
    """The database of the settings; connections are opened when they are needed, so this never fails for one that is
    down. StartupError for a master key that is none.
    """
    clock = SystemClock()
    vault = Vault(master_keys(settings), clock=clock, ids=RandomIds(clock))
    if dialect_of(settings.database_url) == "sqlite":
        return SqliteDatabase(settings.database_url, readers=settings.sqlite_readers, vault=vault)
    return PostgresqlDatabase(
        settings.database_url,
        pool_size=settings.pool_size,
        statement_timeout_seconds=settings.statement_timeout_seconds,
        lock_timeout_seconds=settings.lock_timeout_seconds,
        vault=vault,
    )
