"""Whether the audit of a tenant is what was written: every seal is followed, every row hashed again.

In comes a database and heads that were kept elsewhere, out comes a verdict with the first thing that is wrong. Nothing is
changed.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import func, select

from patron_core.audit.canonical import FIRST, SEALED, canonical, columns_of, link
from patron_core.audit.models import AuditSeal, SealedKind
from patron_core.audit.sealing import unsealed
from patron_core.database import Database, TenantSession
from patron_core.unit_of_work.look_up import among

__all__ = ["Fault", "Verdict", "count_unsealed", "verify"]

_AT_ONCE: Final = 1_000
_LATE: Final = dt.timedelta(hours=1)  # a row that old has a seal wherever later rows have theirs


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong. sequence: its place in the chain. row: `CHANGE <id>` or `READ <id>`, where it is known."""

    what: str
    sequence: int | None = None
    row: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found. sealed, unsealed: rows. late: sealed rows whose seal came an hour after them or later."""

    tenant_id: uuid.UUID
    sealed: int
    unsealed: int
    head: str
    late: int = 0
    fault: Fault | None = None


@dataclass(slots=True)
class _Walk:
    """Where a walk along the chain stands."""

    anchors: Mapping[int, str]
    sequence: int = 0
    hash: str = FIRST
    late: int = 0
    newest: dt.datetime | None = None
    fault: Fault | None = field(default=None)


async def verify(
    database: Database,
    tenant_id: uuid.UUID,
    *,
    anchors: Mapping[int, str] | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Verdict:
    """Follows the chain of a tenant from its beginning.

    anchors: hashes by sequence, kept elsewhere; without them a tail that was cut is not found. progress: is told how many
    seals were followed since it was last told.
    """
    walk = _Walk(anchors or {})
    while walk.fault is None:
        done = await database.read(tenant_id, lambda session: _follow(session, walk))
        progress(done)
        if done < _AT_ONCE:
            break
    if walk.fault is None and (missing := [each for each in walk.anchors if each > walk.sequence]):
        walk.fault = Fault("the end of the chain was cut off: a head that was kept elsewhere is further", min(missing))
    open_ = await database.read(tenant_id, count_unsealed)
    if walk.fault is None and walk.newest is not None:
        before = walk.newest - _LATE
        walk.fault = await database.read(tenant_id, lambda session: _forgotten(session, before))
    return Verdict(tenant_id, walk.sequence, open_, walk.hash, walk.late, walk.fault)


def count_unsealed(session: TenantSession) -> int:
    """How many rows of the tenant's audit wait for their seal."""
    return sum(session.execute(unsealed(kind, func.count(SEALED[kind].id))).scalar_one() for kind in SealedKind)


def _follow(session: TenantSession, walk: _Walk) -> int:
    """The next seals of the chain and their rows; how many there were."""
    statement = select(
        AuditSeal.id,
        AuditSeal.sequence,
        AuditSeal.kind,
        AuditSeal.previous_hash,
        AuditSeal.hash,
        AuditSeal.version,
        AuditSeal.created_at,
        AuditSeal.updated_at,
    )
    seals = session.execute(
        statement.where(AuditSeal.sequence > walk.sequence).order_by(AuditSeal.sequence).limit(_AT_ONCE)
    ).all()
    rows = {kind: _rows(session, kind, [each.id for each in seals if each.kind is kind]) for kind in SealedKind}
    for each in seals:
        walk.fault = _fault(walk, each, rows[each.kind].get(each.id))
        if walk.fault is not None:
            break
        _step(walk, each, rows[each.kind][each.id])
    return len(seals)


def _rows(session: TenantSession, kind: SealedKind, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[Any, ...]]:
    if not ids:
        return {}
    model = SEALED[kind]
    names = [column.key for column in columns_of(kind)]
    statement = select(*(getattr(model, name) for name in names)).where(among(session, model.id, ids))
    place = names.index("id")
    return {row[place]: tuple(row) for row in session.execute(statement)}


def _fault(walk: _Walk, seal: Any, row: tuple[Any, ...] | None) -> Fault | None:
    """What is wrong with the next link, or None."""
    place = walk.sequence + 1
    named = f"{seal.kind.name} {seal.id}"
    if seal.sequence != place:
        return Fault("a seal is missing", place)
    if seal.previous_hash != walk.hash:
        return Fault("a seal does not follow from the one before", place, named)
    if row is None:
        return Fault("the row is gone", place, named)
    is_new = seal.version == 1 and seal.updated_at == seal.created_at
    if not is_new or link(canonical(seal.kind, place, seal.created_at, row), walk.hash) != seal.hash:
        return Fault("the row or its seal was changed", place, named)
    if walk.anchors.get(place, seal.hash) != seal.hash:
        return Fault("the chain was made anew: a head that was kept elsewhere differs", place, named)
    return None


def _step(walk: _Walk, seal: Any, row: tuple[Any, ...]) -> None:
    walk.sequence, walk.hash, walk.newest = seal.sequence, seal.hash, seal.created_at
    names = [column.key for column in columns_of(seal.kind)]
    walk.late += seal.created_at - row[names.index("occurred_at")] > _LATE


def _forgotten(session: TenantSession, before: dt.datetime) -> Fault | None:
    """A row that has no seal although much later ones have: it was added later, or its seal was taken."""
    for kind in SealedKind:
        model: Any = SEALED[kind]
        found = session.execute(
            unsealed(kind, model.id).where(model.occurred_at < before).order_by(model.id).limit(1)
        ).scalar_one_or_none()
        if found is not None:
            return Fault("a row has no seal although later rows have theirs", None, f"{kind.name} {found}")
    return None
