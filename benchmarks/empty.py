"""Empty databases for what writes: migrated, with one tenant that has all plugins; a fresh copy for each measurement.

In comes the kind of database, out come URLs: the owner's, for who copies rows by hand, and that of requests.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import asyncpg
from sqlalchemy import make_url

from benchmarks.cluster import cluster
from benchmarks.data import PLUGINS
from benchmarks.dataset import TENANT
from patron_core.access.models import Tenant
from patron_core.customers.models import EngagementMode
from patron_core.database import open_database
from patron_core.migrations import migrate
from patron_core.settings import Settings
from patron_core.values import SystemClock
from patron_schema.hookspecs import load_plugins

__all__ = ["Empty", "Kind", "empty_databases"]

Kind = Literal["sqlite", "postgresql"]


@dataclass(frozen=True, slots=True)
class Empty:
    """A database without rows. owner_url: may read everything. app_url: what PATRON_DATABASE_URL names."""

    kind: Kind
    owner_url: str
    app_url: str


Fresh = Callable[[], "contextlib.AbstractContextManager[Empty]"]


@contextlib.contextmanager
def empty_databases(kind: Kind) -> Iterator[Fresh]:
    """Yields a function that gives a database for a `with`; each is dropped at its end."""
    with _sqlite() if kind == "sqlite" else _postgresql() as fresh:
        yield fresh


@contextlib.contextmanager
def _sqlite() -> Iterator[Fresh]:
    with tempfile.TemporaryDirectory(prefix="patron-imports-") as name:
        template = Path(name) / "template.db"
        asyncio.run(_prepare(f"sqlite:///{template}", f"sqlite:///{template}"))

        @contextlib.contextmanager
        def fresh() -> Iterator[Empty]:
            path = Path(name) / f"{secrets.token_hex(4)}.db"
            shutil.copyfile(template, path)
            try:
                yield Empty("sqlite", f"sqlite:///{path}", f"sqlite:///{path}")
            finally:
                for file in path.parent.glob(f"{path.name}*"):
                    file.unlink()

        yield fresh


@contextlib.contextmanager
def _postgresql() -> Iterator[Fresh]:
    with cluster() as server:
        template = f"patron_empty_{secrets.token_hex(4)}"

        def url(database: str, user: str | None = None) -> str:
            made = make_url(server.url).set(database=database)
            return (made.set(username=user) if user else made).render_as_string(hide_password=False)

        def execute(statement: str) -> None:
            asyncio.run(_execute(server.url, statement))

        @contextlib.contextmanager
        def fresh() -> Iterator[Empty]:
            database = f"patron_import_{secrets.token_hex(4)}"
            execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
            try:
                yield Empty("postgresql", url(database), url(database, "patron_app"))
            finally:
                execute(f'DROP DATABASE "{database}" WITH (FORCE)')

        execute(f'CREATE DATABASE "{template}"')
        try:
            asyncio.run(_prepare(url(template), url(template, "patron_app")))
            yield fresh
        finally:
            execute(f'DROP DATABASE "{template}" WITH (FORCE)')


async def _prepare(owner_url: str, app_url: str) -> None:
    await migrate(owner_url, load_plugins(PLUGINS))
    database = open_database(Settings(database_url=app_url))
    now = SystemClock().now()
    tenant = Tenant(id=TENANT, name="Benchmark", mode=EngagementMode.HYBRID, plugins=list(PLUGINS), created_at=now)
    try:
        await database.write(TENANT, lambda session: session.add(tenant))
    finally:
        await database.close()


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
