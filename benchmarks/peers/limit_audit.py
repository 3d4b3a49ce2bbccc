"""The audit of reads as LIMIT-S keeps it: what a developer writes by hand who must not let an answer leave before its row is committed.

Group commit without a timer over one connection, the same row as Patron's for what shows money. It is the fair limit of Q3 and Q8.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from typing import Any, Final

from benchmarks.dataset import TENANT

__all__ = ["Audit"]

_INSERT: Final = """INSERT INTO audit_read (tenant_id, id, actor, actor_kind, classes, types, fields, subjects, subject_count,
        occurred_at, version, created_at, updated_at)
    SELECT $1::uuid, u.id, 'limit', 'app', 'FINANCIAL', 'Transaction', u.fields, u.subjects, u.number, u.at, 1, u.at, u.at
    FROM unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[]) AS u (id, fields, subjects, number, at)
    WHERE (SELECT set_config('app.tenant', ($1::uuid)::text, true)) IS NOT NULL"""


class Audit:
    """Keeps reads. connection: asyncpg's, for nothing else."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._waiting: list[tuple[tuple[Any, ...], asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def keep(self, fields: str, parties: set[bytes]) -> None:
        """Returns when the row is committed."""
        subjects = b" ".join(sorted(parties)).decode()
        row = (uuid.uuid4(), fields, subjects, len(parties), dt.datetime.now(dt.UTC))
        kept = asyncio.get_running_loop().create_future()
        self._waiting.append((row, kept))
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        await kept

    async def _work(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            columns = [list(column) for column in zip(*(row for row, _ in batch), strict=True)]
            await self._connection.execute(_INSERT, TENANT, *columns)
            for _, kept in batch:
                kept.set_result(None)
        self._task = None
