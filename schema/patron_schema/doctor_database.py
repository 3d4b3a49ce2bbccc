"""What `doctor` asks of a database: its version and time, the rights of a role, the indexes that are there.

Settings come in, plain values go out; what they mean is judged in `doctor`. Nothing is written.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import pysqlite3 as _pysqlite3
from sqlalchemy import make_url

from patron_core.address import asyncpg_url, dialect_of, sqlite_path
from patron_core.database import Database, TenantSession, open_database
from patron_core.errors import Unavailable
from patron_core.migrations.distributions import distributions, tables_of
from patron_core.plugins import Plugins
from patron_core.records import Base
from patron_core.settings import Settings

__all__ = ["Server", "is_open", "missing_indexes", "role_problem", "server", "with_database"]

T = TypeVar("T")
pysqlite3: Any = _pysqlite3  # it has no types

_NOBODY: Final = uuid.UUID(int=0)
_OLDEST: Final = 15
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")
_QUICK_BYTES: Final = 200_000_000
_VALID_INDEXES: Final = (
    "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
    " WHERE c.relnamespace = 'public'::regnamespace AND i.indisvalid"
)
_ROLE: Final = "SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"


@dataclass(frozen=True, slots=True)
class Server:
    """A database that answered. now: its clock, None where it has ours. problems, warnings: a text and what to do."""

    name: str
    version: str
    now: dt.datetime | None = None
    problems: tuple[tuple[str, str], ...] = ()
    warnings: tuple[tuple[str, str], ...] = ()


async def with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """Runs `work` on the database and closes it."""
    database = open_database(settings)
    try:
        return await work(database)
    finally:
        await database.close()


async def server(settings: Settings) -> Server:
    """The database itself. Raises UNAVAILABLE where it does not answer, or there is none."""
    if dialect_of(settings.database_url) == "sqlite":
        return _sqlite(settings)

    def look(session: TenantSession) -> Server:
        connection = session.connection()
        number = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
        text = str(connection.exec_driver_sql("SHOW server_version").scalar_one()).split()[0]
        now: dt.datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        old = (("it is older than PostgreSQL 15", "Upgrade the server."),) if number < _OLDEST * 10_000 else ()
        unsafe = connection.exec_driver_sql("SHOW fsync").scalar_one() == "off"
        lost = (("fsync is off: what was acknowledged may be lost", "Set fsync = on."),) if unsafe else ()
        return Server("PostgreSQL", text, now, problems=old, warnings=lost)

    return await with_database(settings, lambda database: database.read(_NOBODY, look))


def _sqlite(settings: Settings) -> Server:
    place = sqlite_path(settings.database_url)
    if not place.exists():
        raise Unavailable("There is no database yet. Its file is not there. Run `patron migrate`.")
    problems, warnings = [], []
    try:
        connection: Any = pysqlite3.connect(f"file:{place}?mode=ro", uri=True)
        try:
            if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                warnings.append(("it does not use a write-ahead log", "Nothing: the next `patron serve` turns it on."))
            if place.stat().st_size < _QUICK_BYTES and connection.execute("PRAGMA quick_check").fetchone()[0] != "ok":
                problems.append(("the file is damaged", "Restore a backup: `patron restore FILE --replace`."))
        finally:
            connection.close()
    except pysqlite3.Error:
        problems.append(("the file is damaged, or no database", "Restore a backup: `patron restore FILE --replace`."))
    return Server("SQLite", pysqlite3.sqlite_version, problems=tuple(problems), warnings=tuple(warnings))


async def role_problem(url: str, name: str) -> str | None:
    """What is wrong with a role that has one task; None where nothing is."""
    import asyncpg  # an extra: SQLite needs none of it

    try:
        connection = await asyncpg.connect(asyncpg_url(url), timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        return f"nobody can connect as {name} ({type(error).__name__})"
    try:
        found = await connection.fetchrow(_ROLE)
    finally:
        await connection.close()
    assert found is not None
    role, unbound = found
    if unbound:
        return f"{role} stands for {name} and sees every row of every table"
    return None if role == name else f"{role} stands for {name} and has other rights"


async def missing_indexes(settings: Settings, plugins: Plugins) -> list[str]:
    """Indexes of the models' tables that the database does not have, or that are not valid."""
    names = {table for each in distributions(plugins) for table in tables_of(each)}
    wanted = {str(index.name) for name in names for index in Base.metadata.tables[name].indexes}
    on_sqlite = dialect_of(settings.database_url) == "sqlite"
    statement = "SELECT name FROM sqlite_master WHERE type = 'index'" if on_sqlite else _VALID_INDEXES

    def look(session: TenantSession) -> set[str]:
        return set(session.connection().exec_driver_sql(statement).scalars())

    there = await with_database(settings, lambda database: database.read(_NOBODY, look))
    return sorted(wanted - there)


def is_open(url: str) -> bool:
    """Whether the connection leaves this machine without a check of the other side's certificate."""
    parsed = make_url(url)
    mode = parsed.query.get("sslmode") or parsed.query.get("ssl")
    return bool(parsed.host) and parsed.host not in _LOCAL and mode not in ("verify-full", "verify-ca")
