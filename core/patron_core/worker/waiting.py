"""Which tenants have something to do: events to hand on, webhooks to send, jobs to run.

In comes the database, out come tenants by the name of who does the work. On PostgreSQL it is asked as the role that sees
how far rows of all tenants have come, and nothing else of them (PATRON_RELAY_DATABASE_URL); where there is no such
connection, only tenants that were woken in this process are known. Doing the work is left to others.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Protocol

from patron_core.address import asyncpg_url, dialect_of
from patron_core.columns import format_time
from patron_core.database.sqlite import sqlite_engine
from patron_core.records import Base
from patron_core.settings import Settings
from patron_core.worker.leases import LEASE_SECONDS

__all__ = ["JOBS", "RELAY", "WEBHOOKS", "Counted", "Waiting", "open_waiting", "relay_problem"]

RELAY: Final = "relay"
WEBHOOKS: Final = "webhooks"
JOBS: Final = "jobs"

Due = Mapping[str, frozenset[uuid.UUID]]
#: Who does it, a status, how many rows have it, and since when the oldest is due.
Counted = tuple[str, str, int, dt.datetime | None]

_SECONDS: Final = 5.0  # the question may take
_DUE: Final = (
    "SELECT '{name}', tenant_id FROM {table} WHERE status = 'WAITING' AND due_at <= {now}"
    " AND status IN ('WAITING', 'RUNNING') GROUP BY tenant_id"
    " UNION SELECT '{name}', tenant_id FROM {table} WHERE status = 'RUNNING'"
    " AND (leased_until <= {now} OR leased_until > {beyond}) AND status IN ('WAITING', 'RUNNING') GROUP BY tenant_id"
)
_PENDING: Final = "SELECT '{name}', tenant_id FROM {table} WHERE status = 'PENDING' GROUP BY tenant_id"
#: Who works on which table, and how what is due is told there.
_SOURCES: Final = (
    (RELAY, "outbox_event", _PENDING),
    (WEBHOOKS, "webhook_delivery", _DUE),
    (JOBS, "job_run", _DUE),
)


class Waiting(Protocol):
    """Who knows which tenants have something to do."""

    async def due(self, *, now: dt.datetime) -> Due:
        """The tenants with something that is due, by the name of who does it. Raises what the driver raises."""
        ...

    async def tenants(self) -> Collection[uuid.UUID]:
        """All tenants that are known."""
        ...

    async def counted(self) -> Sequence[Counted] | None:
        """How much work there is, of all tenants together; None where nobody knows. Raises what the driver raises."""
        ...

    def woken(self, tenant_id: uuid.UUID) -> None:
        """Told of each tenant that was woken in this process."""
        ...

    async def close(self) -> None:
        """Lets go of the connection."""
        ...


#: What is open has indexes of its own, and of jobs a tenant keeps the runs of a month.
_COUNTS: Final = (
    ("outbox_event", f"SELECT '{RELAY}', status, count(*), min(occurred_at)", "status = 'PENDING'"),
    ("webhook_delivery", f"SELECT '{WEBHOOKS}', status, count(*), min(due_at)", "status IN ('WAITING', 'RUNNING')"),
    ("job_run", f"SELECT '{JOBS}', status, count(*), min(due_at)", "status IN ('WAITING', 'RUNNING')"),
    ("job_run", f"SELECT '{JOBS}', status, count(*), min(due_at)", "status = 'PARKED'"),
)


def open_waiting(settings: Settings) -> Waiting:
    """Who knows it in a deployment with these settings; connects when first asked."""
    if dialect_of(settings.database_url) == "sqlite":
        return _Sqlite(settings.database_url)
    if settings.relay_database_url is None:
        return _WokenHere()
    return _Postgresql(settings.relay_database_url)


def relay_problem(settings: Settings) -> str | None:
    """What is missing for work of all tenants to be found; None where nothing is."""
    if dialect_of(settings.database_url) == "sqlite" or settings.relay_database_url is not None:
        return None
    return (
        "Work that other processes left is not found. PATRON_RELAY_DATABASE_URL is not set, so that only tenants that "
        "this process itself has changed are looked after. Set it to the database as the role patron_relay."
    )


def _question(*, now: str, beyond: str) -> str:
    known = Base.metadata.tables
    return " UNION ".join(
        text.format(name=name, table=table, now=now, beyond=beyond) for name, table, text in _SOURCES if table in known
    )


def _counting() -> str:
    known = Base.metadata.tables
    asked = [f"{text} FROM {table} WHERE {where} GROUP BY status" for table, text, where in _COUNTS if table in known]
    return " UNION ALL ".join(asked)


def _beyond(now: dt.datetime) -> dt.datetime:
    """A lease that ends later was given before the clock was set back."""
    return now + dt.timedelta(seconds=2 * LEASE_SECONDS)


def _by_name(rows: Sequence[Sequence[Any]]) -> Due:
    found: dict[str, set[uuid.UUID]] = {}
    for name, tenant_id in rows:
        found.setdefault(name, set()).add(tenant_id if isinstance(tenant_id, uuid.UUID) else uuid.UUID(tenant_id))
    return {name: frozenset(tenants) for name, tenants in found.items()}


class _Sqlite:
    """The file itself, over a connection that only reads."""

    def __init__(self, url: str) -> None:
        self._engine = sqlite_engine(url, read_only=True)
        self._text = _question(now="?1", beyond="?2")

    async def due(self, *, now: dt.datetime) -> Due:
        return _by_name(await self._rows(self._text, (format_time(now), format_time(_beyond(now)))))

    async def tenants(self) -> Collection[uuid.UUID]:
        return [uuid.UUID(id_) for (id_,) in await self._rows("SELECT id FROM tenant", ())]

    async def counted(self) -> Sequence[Counted] | None:
        rows = await self._rows(_counting(), ())
        return [
            (name, status, count, oldest and dt.datetime.fromisoformat(oldest)) for name, status, count, oldest in rows
        ]

    def woken(self, tenant_id: uuid.UUID) -> None:
        """Says nothing that the file does not say."""

    async def close(self) -> None:
        await asyncio.to_thread(self._engine.dispose)

    async def _rows(self, text: str, parameters: tuple[str, ...]) -> Sequence[Sequence[Any]]:
        def read() -> Sequence[Sequence[Any]]:
            with self._engine.connect() as connection:
                return connection.exec_driver_sql(text, parameters).all()

        return await asyncio.to_thread(read)


class _Postgresql:
    """One connection as patron_relay, opened anew where it broke."""

    def __init__(self, url: str) -> None:
        self._url = asyncpg_url(url)
        self._text = _question(now="$1::timestamptz", beyond="$2::timestamptz")
        self._connection: Any = None
        self._asking = asyncio.Lock()

    async def due(self, *, now: dt.datetime) -> Due:
        return _by_name([tuple(row) for row in await self._rows(self._text, now, _beyond(now))])

    async def tenants(self) -> Collection[uuid.UUID]:
        return [uuid.UUID(str(row[0])) for row in await self._rows("SELECT id FROM tenant")]

    async def counted(self) -> Sequence[Counted] | None:
        return [tuple(row) for row in await self._rows(_counting())]

    def woken(self, tenant_id: uuid.UUID) -> None:
        """Says nothing that the database does not say."""

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close(timeout=_SECONDS)

    async def _rows(self, text: str, *parameters: Any) -> list[Any]:
        async with self._asking:
            if self._connection is None or self._connection.is_closed():
                self._connection = await self._connected()
            rows: list[Any] = await self._connection.fetch(text, *parameters, timeout=_SECONDS)
            return rows

    async def _connected(self) -> Any:
        import asyncpg  # an extra: SQLite needs none of it

        settings = {"application_name": "patron worker", "jit": "off"}
        return await asyncpg.connect(self._url, timeout=_SECONDS, server_settings=settings)


class _WokenHere:
    """Tenants this process has changed itself: any of them may have something to do."""

    def __init__(self) -> None:
        self._tenants: set[uuid.UUID] = set()

    async def due(self, *, now: dt.datetime) -> Due:
        return dict.fromkeys((name for name, _, _ in _SOURCES), frozenset(self._tenants))

    async def tenants(self) -> Collection[uuid.UUID]:
        return frozenset(self._tenants)

    async def counted(self) -> Sequence[Counted] | None:
        return None

    def woken(self, tenant_id: uuid.UUID) -> None:
        self._tenants.add(tenant_id)

    async def close(self) -> None:
        """Has no connection."""
