"""Prepared data: a database with the dataset, a tenant with the four plugins and a key, kept between runs.

`prepared` gives it to reads, who change nothing; `prepared(copy=True)` gives a copy of its own to who writes. It is made anew when
a migration or the dataset changes. The SQLite file holds the same rows, read from PostgreSQL and written through the models' types.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
from sqlalchemy import make_url, select
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.cluster import CACHE, Cluster, cluster
from benchmarks.dataset import CHARACTER, NEIGHBOUR, TENANT, fill
from benchmarks.machine import Postmaster
from benchmarks.report import note
from patron_core.access.models import Tenant
from patron_core.access.permissions import ADMINISTRATOR
from patron_core.access.service import create_key
from patron_core.customers.models import EngagementMode
from patron_core.database import open_database
from patron_core.database.sqlite import sqlite_engine
from patron_core.encryption.service import finish
from patron_core.migrations import migrate
from patron_core.records import Record
from patron_core.settings import Settings
from patron_core.values import RandomIds, SystemClock
from patron_schema.hookspecs import load_plugins

__all__ = ["PLUGINS", "Data", "prepared", "sqlite_file"]

PLUGINS: Final = ("banking", "healthcare", "retail", "hospitality")
#: The master key of benchmarks' data, here and in every service that is started on it.
_MASTER_KEY: Final = base64.b64encode(hashlib.sha256(b"a master key for benchmarks").digest()).decode()
os.environ.setdefault("PATRON_MASTER_KEY", _MASTER_KEY)
_ROOT: Final = Path(__file__).resolve().parents[1]
#: Up to here a database for readers stands beside the untouched one that copies are made of.
_COPIED: Final = 100_000


@dataclass(frozen=True, slots=True)
class Data:
    """A database that is ready.

    owner_url: the superuser's, app_url: patron_app's, both `postgresql://…`. key: an administrator's with `page:large`.
    version: PostgreSQL's. postmaster: PostgreSQL's process, for its CPU; None where it is elsewhere.
    """

    customers: int
    owner_url: str
    app_url: str
    key: str
    version: str
    postmaster: int | None = None
    name: str = ""

    @property
    def bearer(self) -> dict[str, str]:
        """The header by which Patron knows the tenant."""
        return {"authorization": f"Bearer {self.key}"}


@contextlib.contextmanager
def prepared(customers: int, *, copy: bool = False) -> Iterator[Data]:
    """The dataset on PostgreSQL, filled where it is not there yet. copy: one of our own, dropped at the end."""
    with cluster() as server:
        with _turn(f"{customers}.lock"):
            version, name = asyncio.run(_ready(server, customers))
            key = json.loads((CACHE / f"{name}.json").read_text())["key"]
            used = name if customers > _COPIED else f"{name}_read"
            if copy:
                used = f"patron_copy_{secrets.token_hex(4)}"
                asyncio.run(_execute(server.url, f'CREATE DATABASE "{used}" TEMPLATE "{name}" STRATEGY FILE_COPY'))
        owner, app = _at(server.url, used), _at(server.url, used, user="patron_app")
        try:
            postmaster = None if server.postmaster is None else Postmaster.of(server.postmaster, used)
            yield Data(customers, owner, app, key, version, postmaster, name)
        finally:
            if copy:
                asyncio.run(_execute(server.url, f'DROP DATABASE IF EXISTS "{used}" WITH (FORCE)'))


@contextlib.contextmanager
def _turn(name: str) -> Iterator[None]:
    """One run at a time fills or copies a dataset."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / name).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


async def _ready(server: Cluster, customers: int) -> tuple[str, str]:
    """PostgreSQL's version and the name of the filled database."""
    name = f"patron_{customers}_{_digest()}"
    connection = await asyncpg.connect(server.url)
    try:
        version = str(await connection.fetchval("SHOW server_version"))
        known = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name)
    finally:
        await connection.close()
    file = CACHE / f"{name}.json"
    if not (known and file.exists()):
        note(f"Filling {customers:,} customers; kept for the next run.")
        file.write_text(json.dumps({"key": await _make(server, name, customers)}))
    return version, name


def _digest() -> str:
    """Of the dataset and of all migrations."""
    found = hashlib.sha256(CHARACTER.encode())
    for file in sorted(
        (*_ROOT.glob("core/*/migrations/versions/*.py"), *_ROOT.glob("plugins/*/*/migrations/versions/*.py"))
    ):
        found.update(file.read_bytes())
    return found.hexdigest()[:8]


def _at(url: str, database: str, *, user: str | None = None) -> str:
    made = make_url(url).set(database=database)
    return (made.set(username=user) if user else made).render_as_string(hide_password=False)


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _make(server: Cluster, name: str, customers: int) -> str:
    """Fills under another name first, so that a run that was killed leaves nothing half done. Gives the key."""
    await _drop_older(server, customers)
    making = f"{name}_making"
    await _execute(server.url, f'CREATE DATABASE "{making}"')
    url = _at(server.url, making)
    await migrate(url, load_plugins(PLUGINS))
    key = await _tenants(_at(server.url, making, user="patron_app"))
    connection = await asyncpg.connect(url)
    try:
        await fill(connection, customers)
        await fill(connection, max(customers // 10, 10), tenant=NEIGHBOUR)
        await _seal(_at(server.url, making, user="patron_app"))
        await connection.execute("VACUUM FULL ANALYZE")  # sealed rows were written twice
    finally:
        await connection.close()
    if customers <= _COPIED:
        await _execute(server.url, f'CREATE DATABASE "{name}_read" TEMPLATE "{making}" STRATEGY FILE_COPY')
    await _execute(server.url, f'ALTER DATABASE "{making}" RENAME TO "{name}"')
    return key


async def _drop_older(server: Cluster, customers: int) -> None:
    """What an older state of the code filled, unless a run is at it."""
    connection = await asyncpg.connect(server.url)
    try:
        names = await connection.fetch(r"SELECT datname FROM pg_database WHERE datname ~ $1", f"^patron_{customers}_")
        for row in names:
            with contextlib.suppress(asyncpg.ObjectInUseError):
                await connection.execute(f'DROP DATABASE "{row[0]}"')
                (CACHE / f"{row[0]}.json").unlink(missing_ok=True)
    finally:
        await connection.close()


async def _tenants(app_url: str) -> str:
    """Both tenants, and the key of the first."""
    database = open_database(Settings(database_url=app_url))
    clock = SystemClock()
    try:
        for tenant, name in ((TENANT, "Benchmark"), (NEIGHBOUR, "Neighbour")):
            row = Tenant(
                id=tenant, name=name, mode=EngagementMode.HYBRID, plugins=list(PLUGINS), created_at=clock.now()
            )
            await database.write(tenant, lambda session, row=row: session.add(row))
        _, key = await create_key(
            database,
            tenant_id=TENANT,
            name="benchmark",
            roles=(ADMINISTRATOR,),
            scopes=("page:large",),
            purpose="TREAT",
            clock=clock,
            ids=RandomIds(clock),
        )
    finally:
        await database.close()
    return key


async def _seal(app_url: str) -> None:
    """Encrypts what SQL wrote in the clear."""
    note("Encrypting words of health.")
    database = open_database(Settings(database_url=app_url))
    clock = SystemClock()
    try:
        for tenant in (TENANT, NEIGHBOUR):
            await finish(database, tenant, clock=clock, ids=RandomIds(clock), plain=True)
    finally:
        await database.close()


@contextlib.contextmanager
def sqlite_file(data: Data, *, copy: bool = False) -> Iterator[Path]:
    """A SQLite database with the same rows, tenants and key. copy: one of our own, removed at the end."""
    load_plugins(PLUGINS)
    path = CACHE / f"{data.name}.db"
    with _turn(f"sqlite_{data.customers}.lock"):
        if not path.exists():
            note(f"Copying {data.customers:,} customers to SQLite; kept for the next run.")
            for old in CACHE.glob(f"patron_{data.customers}_*.db*"):
                old.unlink()
            making = path.with_suffix(".making.db")
            asyncio.run(_copy_to_sqlite(data, making))
            making.rename(path)
    if not copy:
        yield path
        return
    own = CACHE / f"copy_{secrets.token_hex(4)}.db"
    shutil.copyfile(path, own)
    try:
        yield own
    finally:
        for file in CACHE.glob(f"{own.name}*"):
            file.unlink()


async def _copy_to_sqlite(data: Data, path: Path) -> None:
    url = f"sqlite:///{path}"
    await migrate(url, load_plugins(PLUGINS))
    source = create_async_engine(data.owner_url.replace("postgresql://", "postgresql+asyncpg://"))
    target = sqlite_engine(url)
    try:
        with target.begin() as writing:
            writing.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            for table in Record.metadata.sorted_tables:
                async for rows in _rows(source, table):
                    writing.execute(table.insert(), rows)
        with target.connect() as after:
            after.exec_driver_sql("ANALYZE")
            after.commit()
    finally:
        target.dispose()
        await source.dispose()


async def _rows(source: Any, table: Any) -> AsyncIterator[list[dict[str, Any]]]:
    """A table's rows in batches."""
    async with source.connect() as reading:
        result = await reading.stream(select(table))
        async for rows in result.mappings().partitions(5000):
            yield [dict(row) for row in rows]
