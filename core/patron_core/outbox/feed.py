"""The feed of changes: a tenant's events after a position, for warehouses and whoever else follows by asking.

In come a unit of work and a position, out come the events that the actor may hear of, each with the ids it may see, and the
position to go on from. Only events that were handed on are there: nothing is ever written before a position that was given.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.engine import Row

from patron_core.access.row_limits import among_seen_customers
from patron_core.customers.models import Customer
from patron_core.errors import InvalidInput
from patron_core.outbox.models import EventCounter, OutboxEvent
from patron_core.outbox.reading import COLUMNS, committed
from patron_core.outbox.telling import may_hear_of, told
from patron_core.outbox.types import EventType, EventTypes
from patron_core.records import FINANCIAL, PHI, Record
from patron_core.unit_of_work import UnitOfWork

__all__ = ["Change", "Feed", "changes", "heard_types"]


@dataclass(frozen=True, slots=True)
class Change:
    """An event as the feed shows it. data: the ids it names, as the API writes them, by field."""

    id: uuid.UUID
    position: int
    type: EventType
    customer_id: uuid.UUID | None
    customer_sequence: int | None
    occurred_at: dt.datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Feed:
    """A page of the feed. position: where to go on; has_more: whether there is more behind it by now."""

    changes: tuple[Change, ...]
    position: int
    has_more: bool


def heard_types(uow: UnitOfWork) -> list[EventType]:
    """The event types of the tenant that the actor may hear of."""
    return [type_ for type_ in EventTypes.of(uow.plugins).all if may_hear_of(type_, uow.actor)]


def changes(
    uow: UnitOfWork,
    *,
    since: int,
    first: int,
    types: Collection[str] | None = None,
    customer_id: uuid.UUID | None = None,
) -> Feed:
    """The events after a position, that one not included, in the order of their positions.

    types: names of those wanted; None for all. customer_id: of one customer. Raises INVALID_INPUT for a type that there is
    not for the actor, and for a position whose followers are kept no longer, or which nobody was given yet.
    """
    known = EventTypes.of(uow.plugins)
    wanted = _wanted(heard_types(uow), types)
    criteria = [OutboxEvent.position > since, OutboxEvent.type.in_(sorted({each.name for each in wanted}))]
    criteria += [] if customer_id is None else [OutboxEvent.customer_id == customer_id]
    criteria += among_seen_customers(OutboxEvent.customer_id, uow)  # an event of no customer is nobody's
    rows = _page(uow, criteria, most=first + 1)
    last, oldest = rows[0].last or 0, rows[0].oldest
    _check(since, forgotten=last if oldest is None else oldest - 1, last=last)
    found = [row for row in rows if row.id is not None]
    changes = (_change(row, uow, known) for row in found[:first] if _is_one_of(row, wanted))
    shown = tuple(change for change in changes if change is not None)
    _disclose(uow, shown)
    more = len(found) > first
    return Feed(shown, found[first - 1].position if more else max(last, since), more)


def _wanted(heard: list[EventType], names: Collection[str] | None) -> list[EventType]:
    if names is None:
        return heard
    unknown = sorted(set(names) - {each.name for each in heard})
    if unknown:
        raise InvalidInput(
            "There is no such type of event. Neither the core nor a plugin of the tenant has one of that name which you may "
            "read. Choose among `eventTypes`.",
            path=("types",),
        )
    return [each for each in heard if each.name in names]


def _page(uow: UnitOfWork, criteria: list[ColumnElement[bool]], *, most: int) -> list[Row[Any]]:
    """One statement, so that where the feed begins and ends is of the same moment as what is in it; at least one row."""
    event, counter = OutboxEvent, EventCounter
    mine = event.tenant_id == uow.tenant_id
    last = select(counter.last).where(counter.tenant_id == uow.tenant_id, counter.id == uow.tenant_id)
    bounds = select(
        last.scalar_subquery().label("last"),
        select(func.min(event.position)).where(mine).scalar_subquery().label("oldest"),
    ).subquery()
    page = (
        select(*COLUMNS, event.customer_id).where(mine, *criteria).order_by(event.position).limit(most).subquery("page")
    )
    statement = select(*bounds.c, *page.c).select_from(bounds.outerjoin(page, true())).order_by(page.c.position)
    return uow.rows(statement)


def _check(since: int, *, forgotten: int, last: int) -> None:
    if since < forgotten:
        raise InvalidInput(
            "`since` has expired. The events that follow it are kept no longer. "
            f"Read anew what you keep, and go on from {forgotten}.",
            path=("since",),
        )
    if since > last:
        raise InvalidInput(
            "`since` is no position of an event here. No event has got so far. Read anew what you keep, from the start.",
            path=("since",),
        )


def _is_one_of(row: Row[Any], wanted: list[EventType]) -> bool:
    return any((row.type, row.type_version) == (each.name, each.version) for each in wanted)


def _change(row: Row[Any], uow: UnitOfWork, known: EventTypes) -> Change | None:
    type_ = known.named(row.type, row.type_version)
    assert type_ is not None
    events = committed(uow.tenant_id, [tuple(row[2:-1])], types=known)
    data = told(events[0].event, uow.actor, types=known, thin=True) if events else {}
    if data is None:
        return None
    return Change(row.id, row.position, type_, row.customer_id, row.customer_sequence, row.occurred_at, data)


def _disclose(uow: UnitOfWork, shown: tuple[Change, ...]) -> None:
    """Events that tell of health or money are reads of what they name, for the audit, and of their customers."""
    kept = [change for change in shown if change.type.existence in (FINANCIAL, PHI)]
    if kept and uow.session.models is not None:
        uow.session.models.update(_named(kept))
        customers = sorted({change.customer_id for change in kept if change.customer_id is not None})
        uow.select(select(Customer).where(uow.among(Customer.id, customers)))


def _named(kept: list[Change]) -> Iterator[type[Record]]:
    for change in kept:
        yield from (field.target for field in change.type.fields if field.target is not None)
