"""The audit of reads: one row for each operation that showed sensitive data, committed before its answer leaves.

In comes what an operation read and about whom, out comes nothing, once the row is on the disk; where it cannot be written,
UNAVAILABLE, and the answer must not leave. Many operations share a transaction: the next begins when the last has ended,
and takes whoever waits by then. Which operations count is decided in `patron_schema.read_audit`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, Protocol

import structlog

from patron_core.audit.models import AuditRead
from patron_core.audit.purposes import purpose_of
from patron_core.database import Database, TenantSession
from patron_core.database.rows import NewRows, gated_insert
from patron_core.errors import Unavailable
from patron_core.fault_log import log_fault
from patron_core.messages import Actor
from patron_core.records import table_of

__all__ = ["MOST_SUBJECTS", "DatabaseWriter", "Disclosed", "PostgresqlWriter", "Read", "ReadLog", "read_rows"]

#: How many parties a row names; of more it keeps the number and a digest.
MOST_SUBJECTS: Final = 10_000
_AT_ONCE: Final = 500  # operations of one transaction
_SECONDS: Final = 5.0  # a transaction may take
_log: Final = structlog.stdlib.get_logger("patron.audit")


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What a plan shows, the same for each answer of it: classes, types and fields (Type.field), separated by spaces."""

    classes: str
    types: str
    fields: str


@dataclass(frozen=True, slots=True)
class Read:
    """One operation that showed sensitive data.

    id: of its row. subjects: ids of the parties, as texts. document: SHA-256 of the GraphQL text; operation: its name.
    """

    id: uuid.UUID
    actor: Actor
    disclosed: Disclosed
    subjects: Collection[str]
    occurred_at: dt.datetime
    request_id: str | None = None
    document: str | None = None
    operation: str | None = None


def read_rows(reads: Sequence[Read]) -> NewRows:
    """The rows of reads of one tenant."""
    shown = [_subjects(read.subjects) for read in reads]
    times = [read.occurred_at for read in reads]
    columns: dict[str, Sequence[Any]] = {
        "id": [read.id for read in reads],
        "actor": [read.actor.subject for read in reads],
        "actor_kind": [read.actor.kind for read in reads],
        "impersonator": [read.actor.impersonator for read in reads],
        "reason": [read.actor.reason for read in reads],
        "purpose": [purpose_of(read.actor) for read in reads],
        "break_glass": [read.actor.break_glass for read in reads],
        "request_id": [read.request_id for read in reads],
        "document": [read.document for read in reads],
        "operation": [read.operation for read in reads],
        "classes": [read.disclosed.classes for read in reads],
        "types": [read.disclosed.types for read in reads],
        "fields": [read.disclosed.fields for read in reads],
        "subjects": [text for text, _ in shown],
        "subject_count": [len(read.subjects) for read in reads],
        "subjects_sha256": [digest for _, digest in shown],
        "occurred_at": times,
        "created_at": times,
        "updated_at": times,
    }
    return NewRows(table_of(AuditRead), {"tenant_id": reads[0].actor.tenant_id, "version": 1}, columns)


def _subjects(ids: Collection[str]) -> tuple[str, str | None]:
    ordered = sorted(ids)
    if len(ordered) <= MOST_SUBJECTS:
        return " ".join(ordered), None
    return " ".join(ordered[:MOST_SUBJECTS]), hashlib.sha256(" ".join(ordered).encode()).hexdigest()


class Writer(Protocol):
    """Commits rows of one tenant."""

    async def write(self, tenant_id: uuid.UUID, rows: NewRows) -> None:
        """Returns when they are committed; raises where they are not, or nobody knows."""
        ...

    async def close(self) -> None:
        """Lets go of the connection."""
        ...


class ReadLog:
    """Keeps reads in groups. note: told of each tenant whose rows were committed, for the sealer."""

    def __init__(self, writer: Writer, *, note: Callable[[uuid.UUID], None] = lambda _: None) -> None:
        self._writer = writer
        self._note = note
        self._waiting: list[tuple[Read, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def keep(self, *reads: Read) -> None:
        """Returns when all are committed. UNAVAILABLE where one could not be."""
        loop = asyncio.get_running_loop()
        kept = [(read, loop.create_future()) for read in reads]
        self._waiting += kept
        if self._task is None:
            self._task = asyncio.create_task(self._work(), name="patron-read-log")
        if len(kept) == 1:
            await kept[0][1]
            return
        failed = [each for each in await asyncio.gather(*(f for _, f in kept), return_exceptions=True) if each]
        if failed:
            raise failed[0]

    async def close(self) -> None:
        """Commits what waits and lets go of the connection."""
        if self._task is not None:
            await self._task
        await self._writer.close()

    async def _work(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
            batch.sort(key=_tenant)
            for tenant_id, part in groupby(batch, key=_tenant):
                await self._commit(tenant_id, list(part))
        self._task = None

    async def _commit(self, tenant_id: uuid.UUID, part: Sequence[tuple[Read, asyncio.Future[None]]]) -> None:
        error: Unavailable | None = None
        try:
            async with asyncio.timeout(_SECONDS):
                await self._writer.write(tenant_id, read_rows([read for read, _ in part]))
            self._note(tenant_id)
        except Exception as failure:
            log_fault(_log, "reads_not_audited", error=failure, tenant_id=str(tenant_id), reads=len(part))
            error = Unavailable(
                "The answer is withheld. That it was read could not be written to the audit. Try again in a moment."
            )
        for _, kept in part:
            if kept.done():
                continue  # its operation was cancelled meanwhile
            if error is None:
                kept.set_result(None)
            else:
                kept.set_exception(error)


def _tenant(kept: tuple[Read, asyncio.Future[None]]) -> uuid.UUID:
    return kept[0].actor.tenant_id


class DatabaseWriter:
    """Writes through units of work: on SQLite in the one writer thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, tenant_id: uuid.UUID, rows: NewRows) -> None:
        """See `Writer.write`."""

        def work(session: TenantSession) -> None:
            session.closing = [rows]

        await self._database.write(tenant_id, work)

    async def close(self) -> None:
        """The database is closed by who opened it."""


class PostgresqlWriter:
    """Writes over one connection of its own, one statement for a group: the statement is the transaction.

    url: of the role `patron_audit`, which may insert rows of the audit and see none, or of the application's.
    """

    def __init__(self, url: str) -> None:
        from sqlalchemy.dialects.postgresql.asyncpg import dialect

        self._url = url
        self._dialect = dialect()  # type: ignore[no-untyped-call]
        self._connection: Any = None

    async def write(self, tenant_id: uuid.UUID, rows: NewRows) -> None:
        """See `Writer.write`. A connection that broke before is replaced; one on which a write failed is thrown away."""
        text, arguments = gated_insert(rows, self._dialect, tenant_id=tenant_id)
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._connect()
        try:
            await self._connection.execute(text, *arguments)
        except BaseException:
            self._connection.terminate()
            self._connection = None
            raise

    async def _connect(self) -> Any:
        import asyncpg

        url = self._url.replace("postgresql+asyncpg://", "postgresql://", 1)
        settings = {"timezone": "UTC", "jit": "off", "application_name": "patron audit", "synchronous_commit": "on"}
        return await asyncpg.connect(url, server_settings=settings, timeout=_SECONDS)

    async def close(self) -> None:
        """Closes the connection."""
        if self._connection is not None:
            await self._connection.close(timeout=2)
