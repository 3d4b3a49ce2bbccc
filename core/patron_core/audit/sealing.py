"""Sealing: rows of the audit are chained after their commit, one tenant at a time, so that no writer waits for the chain.

In come tenants that wrote something, out come their seals, within a second. Rows that were committed while another process
crashed are found by the next sweep. Looking whether the chain is whole is left to `verification`, keeping its head
elsewhere to `anchors`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import heapq
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import func, select

from patron_core.audit.anchors import Anchor, append
from patron_core.audit.canonical import FIRST, SEALED, canonical, columns_of, link
from patron_core.audit.models import AuditSeal, SealedKind
from patron_core.database import Database, TenantSession
from patron_core.database.rows import NewRows
from patron_core.fault_log import log_fault
from patron_core.records import table_of
from patron_core.values import Clock, uuid7

__all__ = ["Head", "Sealer", "anchor_of", "head_of", "seal", "seal_all", "unsealed"]

_AT_ONCE: Final = 1_000  # rows of one transaction: on SQLite nobody else writes meanwhile
_BACK: Final = dt.timedelta(minutes=2)  # longer than a transaction lasts: a row bears the time of its beginning
_SWEEP_EVERY: Final = dt.timedelta(minutes=10)
_SWEEP_BACK: Final = dt.timedelta(days=1)
_LONGEST_PAUSE: Final = 10.0
_log: Final = structlog.stdlib.get_logger("patron.audit")
#: Posts heads; raises where they were not taken.
AnchorPoster = Callable[[Sequence[Anchor]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a tenant's chain; sequence 0 where nothing is sealed."""

    sequence: int = 0
    hash: str = FIRST


def head_of(session: TenantSession) -> Head:
    """The head of the chain of the session's tenant."""
    found = session.execute(select(AuditSeal.sequence, AuditSeal.hash).order_by(AuditSeal.sequence.desc()).limit(1))
    row = found.one_or_none()
    return Head() if row is None else Head(*row)


def unsealed(kind: SealedKind, *columns: Any, since: dt.datetime | None = None) -> Any:
    """A select over the rows of a table that have no seal. since: only rows whose id is not older."""
    model = SEALED[kind]
    sealed = select(AuditSeal.id).where(AuditSeal.tenant_id == model.tenant_id, AuditSeal.id == model.id).exists()
    statement = select(*columns).where(~sealed)
    return statement if since is None else statement.where(model.id >= uuid7(now=since, random_bits=0))


async def seal(
    database: Database, tenant_id: uuid.UUID, *, clock: Clock, since: dt.datetime | None = None
) -> int | None:
    """Seals up to 1,000 rows of a tenant, oldest first, and returns how many; None while another process does.

    since: rows that are older are not looked for.
    """
    now = clock.now()

    def work(session: TenantSession) -> int | None:
        if not _is_alone(session):
            return None
        found = [_found(session, kind, since) for kind in SealedKind]
        rows = list(heapq.merge(*found, key=itemgetter(0)))[:_AT_ONCE]
        if rows:
            session.closing = [_seals(rows, head_of(session), tenant_id=tenant_id, now=now)]
        return len(rows)

    return await database.write(tenant_id, work)


async def seal_all(database: Database, tenant_id: uuid.UUID, *, clock: Clock, since: dt.datetime | None = None) -> int:
    """Seals all there is of a tenant and returns how many rows; waits while another process does."""
    total = 0
    while True:
        done = await seal(database, tenant_id, clock=clock, since=since)
        if done is None:
            await asyncio.sleep(0.02)
            continue
        total += done
        if done < _AT_ONCE:
            return total


def _is_alone(session: TenantSession) -> bool:
    """Takes the tenant's lock till the end of the transaction; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "sqlite":
        return True
    number = session.tenant_id.int % 2**63
    return bool(session.execute(select(func.pg_try_advisory_xact_lock(number))).scalar_one())


_Row = tuple[uuid.UUID, SealedKind, Sequence[Any]]


def _found(session: TenantSession, kind: SealedKind, since: dt.datetime | None) -> list[_Row]:
    model = SEALED[kind]
    names = [column.key for column in columns_of(kind)]
    columns = [getattr(model, name) for name in names]
    rows = session.execute(unsealed(kind, *columns, since=since).order_by(model.id).limit(_AT_ONCE)).all()
    place = names.index("id")
    return [(row[place], kind, tuple(row)) for row in rows]


def _seals(rows: Sequence[_Row], head: Head, *, tenant_id: uuid.UUID, now: dt.datetime) -> NewRows:
    """The links of rows, each on the one before."""
    hashes = [head.hash]
    for place, (_, kind, values) in enumerate(rows, head.sequence + 1):
        hashes.append(link(canonical(kind, place, now, values), hashes[-1]))
    shared = {"tenant_id": tenant_id, "version": 1, "created_at": now, "updated_at": now}
    columns: dict[str, Sequence[Any]] = {
        "id": [row[0] for row in rows],
        "sequence": list(range(head.sequence + 1, head.sequence + 1 + len(rows))),
        "kind": [row[1] for row in rows],
        "previous_hash": hashes[:-1],
        "hash": hashes[1:],
    }
    return NewRows(table_of(AuditSeal), shared, columns)


class Sealer:
    """Seals what the tenants of one process write, within a second; nothing runs while nobody writes.

    seconds: between a row and its seal. anchor_file, anchor_post: where heads go, at most every `anchor_seconds`; None for
    nowhere. A tenant is swept for old rows when the process first hears of it, and every ten minutes while it writes.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        seconds: float = 0.25,
        anchor_file: Path | None = None,
        anchor_post: AnchorPoster | None = None,
        anchor_seconds: float = 60,
    ) -> None:
        self._database = database
        self._clock = clock
        self._seconds = seconds
        self._anchor_file = anchor_file
        self._anchor_post = anchor_post
        self._anchor_seconds = anchor_seconds
        self._dirty: set[uuid.UUID] = set()
        self._moved: set[uuid.UUID] = set()
        self._swept: dict[uuid.UUID, dt.datetime] = {}
        self._task: asyncio.Task[None] | None = None
        self._anchored_at = float("-inf")
        self._waits_since: float | None = None
        self._closing = asyncio.Event()

    def note(self, tenant_id: uuid.UUID) -> None:
        """A row of the tenant's audit was committed."""
        self._dirty.add(tenant_id)
        if self._waits_since is None:
            self._waits_since = asyncio.get_running_loop().time()
        if self._task is None and not self._closing.is_set():
            self._task = asyncio.create_task(self._work(), name="patron-sealer")

    @property
    def waiting_seconds(self) -> float:
        """How long the oldest row that was noted here has waited for its seal; 0 where none waits."""
        return 0.0 if self._waits_since is None else asyncio.get_running_loop().time() - self._waits_since

    async def settled(self) -> None:
        """Returns when all that was noted so far is sealed, and anchored where heads are kept."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def close(self) -> None:
        """Seals and anchors what is left."""
        self._closing.set()
        if self._task is not None:
            await self._task
        await self._pass()
        await self._anchor()

    async def _work(self) -> None:
        pause = self._seconds
        while (self._dirty or self._moved) and not self._closing.is_set():
            await self._rest(pause if self._dirty else self._until_anchor())
            failed = await self._pass()
            pause = min(2 * pause, _LONGEST_PAUSE) if failed else self._seconds
            if self._until_anchor() <= 0:
                await self._anchor()
        self._task = None

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(max(min(seconds, 1.0), 0.01)):
                await self._closing.wait()
        except TimeoutError:
            return

    async def _pass(self) -> bool:
        """Seals every tenant that wrote; whether one failed, which is tried again later."""
        tenants, self._dirty = self._dirty, set()
        failed, began = False, asyncio.get_running_loop().time()
        for tenant_id in tenants:
            try:
                await self._seal(tenant_id)
            except Exception as error:
                failed = True
                self._dirty.add(tenant_id)
                log_fault(_log, "audit_not_sealed", error=error, tenant_id=str(tenant_id))
        if not failed:
            self._waits_since = began if self._dirty else None  # what came meanwhile is younger
        return failed

    async def _seal(self, tenant_id: uuid.UUID) -> None:
        now = self._clock.now()
        swept = self._swept.get(tenant_id)
        is_due = swept is None or now - swept > _SWEEP_EVERY
        since = None if swept is None else now - (_SWEEP_BACK if is_due else _BACK)
        if self._keeps_heads:
            self._moved.add(tenant_id)
        while (done := await seal(self._database, tenant_id, clock=self._clock, since=since)) == _AT_ONCE:
            pass
        if done is None:
            self._dirty.add(tenant_id)
        elif is_due:
            self._swept[tenant_id] = now

    # -- heads

    @property
    def _keeps_heads(self) -> bool:
        return self._anchor_file is not None or self._anchor_post is not None

    def _until_anchor(self) -> float:
        if not self._moved:
            return float("inf")
        return self._anchored_at + self._anchor_seconds - asyncio.get_running_loop().time()

    async def _anchor(self) -> None:
        tenants, self._moved = self._moved, set()
        if not self._keeps_heads or not tenants:
            return
        self._anchored_at = asyncio.get_running_loop().time()
        try:
            anchors = [await anchor_of(self._database, tenant_id, clock=self._clock) for tenant_id in sorted(tenants)]
            if self._anchor_file is not None:
                await asyncio.to_thread(append, self._anchor_file, anchors)
            if self._anchor_post is not None:
                await self._anchor_post(anchors)
        except Exception as error:
            self._moved |= tenants
            log_fault(_log, "audit_not_anchored", error=error, tenants=len(tenants))


async def anchor_of(database: Database, tenant_id: uuid.UUID, *, clock: Clock) -> Anchor:
    """The head of a tenant's chain as it is kept elsewhere."""
    head = await database.read(tenant_id, head_of)
    return Anchor(tenant_id, head.sequence, head.hash, clock.now())
