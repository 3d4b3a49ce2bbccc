"""Rows that somebody works off: claimed for a time, given back or finished, and never by two who both have an effect.

In come a session and a model with the columns of `Leased`, out come the rows that were claimed. A lease is a fencing
token: whoever was too slow, and whose row somebody else has claimed since, changes nothing any more and is told so by
`LeaseLost`, which undoes what he did in the same transaction. What the work is is left to others.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar, cast

from sqlalchemy import ColumnElement, Index, and_, literal_column, or_, select, text, update
from sqlalchemy.orm import Mapped

from patron_core.database.tenancy import AUDITED, TenantSession
from patron_core.records import INTERNAL, Record, column, table_of
from patron_core.values import IdSource

__all__ = ["LEASE_SECONDS", "LeaseLost", "Leased", "claim", "due", "finish", "finish_many", "open_indexes", "renew"]

#: How long a claim lasts at most; who works longer renews it.
LEASE_SECONDS: Final = 60
_OPEN: Final = "status IN ('WAITING', 'RUNNING')"


class LeaseLost(Exception):
    """Somebody else has claimed the row since. What this transaction did is undone; it is done, or will be, by the other."""


class Leased:
    """The columns of a row that is worked off; a model derives from it and from `Record`, in this order.

    The model has a column `status` beside, a `Code` with the members WAITING (due at `due_at`) and RUNNING (claimed) and
    others that are at rest, and `*open_indexes(<its table>)` among its `__table_args__`.
    """

    due_at: Mapped[dt.datetime] = column(
        INTERNAL, doc="When it may be worked on at the earliest.", filterable=True, orderable=True
    )
    leased_until: Mapped[dt.datetime | None] = column(INTERNAL, doc="Until when somebody has it in hand.")
    lease: Mapped[uuid.UUID | None] = column(INTERNAL, doc="Who has it in hand: a number for each claim.")
    attempts: Mapped[int] = column(INTERNAL, doc="How often it was claimed.", default=0)


RowT = TypeVar("RowT", bound=Leased)


def open_indexes(table: str) -> tuple[Index, Index]:
    """The indexes by which due rows are found, a tenant's and anybody's: they hold open rows alone, however many rest."""
    options: Any = {"postgresql_where": text(_OPEN), "sqlite_where": text(_OPEN)}
    return (
        Index(f"ix_{table}_open", "tenant_id", "status", "due_at", **options),
        Index(f"ix_{table}_due", "status", "due_at", **options),
    )


def due(model: type[Leased], *, now: dt.datetime) -> ColumnElement[bool]:
    """What may be claimed: what waits and is due, and what somebody had in hand whose time is over.

    A lease that ends later than any that is given now was given before the clock was set back: it counts as over, too.
    """
    columns, code = table_of(cast("type[Record]", model)).c, _code(model)
    waits = and_(columns.status == code["WAITING"], columns.due_at <= now)
    beyond = now + dt.timedelta(seconds=2 * LEASE_SECONDS)
    left = and_(columns.status == code["RUNNING"], or_(columns.leased_until <= now, columns.leased_until > beyond))
    return and_(literal_column(f"{columns.status.table.name}.{_OPEN}"), or_(waits, left))


def claim(
    session: TenantSession,
    model: type[RowT],
    *,
    now: dt.datetime,
    ids: IdSource,
    most: int,
    seconds: float = LEASE_SECONDS,
    criteria: Sequence[ColumnElement[bool]] = (),
    also: Mapping[str, Any] | None = None,
) -> list[RowT]:
    """Claims up to `most` due rows of the session's tenant, those due first, for so many seconds (60 at most).

    They become RUNNING with one more attempt and one new lease for all. Two who claim at once get different rows, also
    from different processes. criteria: which rows may be claimed beside, such as that no earlier one is open; they are
    looked at in the same statement. also: further columns to set. Attributes of the rows may be read after the transaction.
    """
    if not 0 < seconds <= LEASE_SECONDS:
        raise ValueError(f"A lease lasts up to {LEASE_SECONDS} s. This one would last {seconds} s. Renew it instead.")
    kind, code = _record(model), _code(model)
    chosen = (
        select(kind.id)
        .where(due(model, now=now), *criteria)
        .order_by(model.due_at, kind.id)
        .limit(most)
        .with_for_update(skip_locked=True, of=kind)
    )
    found = list(session.scalars(chosen))
    if not found:
        return []
    values = {
        **(also or {}),
        "status": code["RUNNING"],
        "lease": ids.new(),
        "leased_until": now + dt.timedelta(seconds=seconds),
        "attempts": model.attempts + 1,
    }
    claimed = _change(session, model, [kind.id.in_(found)], values, now=now)
    return sorted(claimed, key=lambda row: (row.due_at, cast("Record", row).id))


def renew(session: TenantSession, row: Leased, *, now: dt.datetime, seconds: float = LEASE_SECONDS) -> None:
    """Keeps a claimed row for so many seconds from now. LeaseLost where somebody else has it."""
    _held(session, row, {"leased_until": now + dt.timedelta(seconds=seconds)}, now=now)


def finish(session: TenantSession, row: Leased, *, now: dt.datetime, **values: Any) -> None:
    """Lets go of a claimed row and sets `values`, among them its new `status`: at rest, or WAITING with a `due_at`.

    LeaseLost where somebody else has claimed it since: let it pass, so that the transaction is undone.
    """
    _held(session, row, {"lease": None, "leased_until": None, **values}, now=now)


def finish_many(session: TenantSession, rows: Sequence[Leased], *, now: dt.datetime, **values: Any) -> set[uuid.UUID]:
    """Lets go of rows that were claimed together, all with the same values; returns the ids of those that were still held.

    Nothing is raised for the others: whoever has them now decides about them, and the caller about what goes with it.
    """
    kind = _record(type(rows[0]))
    mine = (kind.id.in_([cast("Record", row).id for row in rows]), type(rows[0]).lease == rows[0].lease)
    written = {"lease": None, "leased_until": None, **values}
    return {cast("Record", row).id for row in _change(session, type(rows[0]), mine, written, now=now)}


def _held(session: TenantSession, row: Leased, values: Mapping[str, Any], *, now: dt.datetime) -> None:
    kind = _record(type(row))
    mine = (kind.id == cast("Record", row).id, type(row).lease == row.lease)
    if not _change(session, type(row), mine, values, now=now):
        raise LeaseLost(f"Somebody else has claimed a row of {kind.__tablename__} since.")


def _change(
    session: TenantSession,
    model: type[RowT],
    criteria: Sequence[ColumnElement[bool]],
    values: Mapping[str, Any],
    *,
    now: dt.datetime,
) -> list[RowT]:
    """Changes rows past the audit: how often something was tried is no change that anybody asks about."""
    kind = _record(model)
    statement = (
        update(kind)
        .where(*criteria)
        .values({**values, "version": kind.version + 1, "updated_at": now})
        .returning(kind)
        .execution_options(**{AUDITED: True, "synchronize_session": False, "populate_existing": True})
    )
    return cast("list[RowT]", list(session.scalars(statement)))


def _record(model: type[Leased]) -> type[Record]:
    assert issubclass(model, Record)
    return model


def _code(model: type[Leased]) -> Any:
    """The model's codes of status."""
    kind: Any = table_of(_record(model)).c.status.type
    return kind.code
