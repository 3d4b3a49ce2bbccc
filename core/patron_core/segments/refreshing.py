"""Who is in a segment now: one statement compares those for whom the condition holds with those who are in, and writes the difference.

In comes a segment that is locked, out go memberships begun and ended and the events of it. The rows never leave the database.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    cast,
    exists,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import Row

from patron_core.access.permissions import ADMINISTRATOR
from patron_core.columns import Identifier, UtcTime
from patron_core.customers.models import Customer
from patron_core.errors import PublicError
from patron_core.messages import Actor
from patron_core.parties.models import Party
from patron_core.records import table_of
from patron_core.segments import events
from patron_core.segments.conditions import predicate_of
from patron_core.segments.models import Segment, SegmentMembership, SegmentStatus, SegmentTarget
from patron_core.unit_of_work import UnitOfWork

__all__ = ["MOST_TOLD", "refresh", "system"]

#: Up to how many who came or left each is told by an event of their own.
MOST_TOLD: Final = 100


def system(tenant_id: uuid.UUID) -> Actor:
    """As whom segments are found."""
    return Actor(tenant_id, "segments", "system", roles=(ADMINISTRATOR,), reason="A segment is refreshed.")


def refresh(segment: Segment, uow: UnitOfWork) -> None:
    """Finds anew who is in a segment. Its row is locked, so that nobody is in it twice.

    It looks with the rights of the system, whoever asks for it: what its author might ask was checked when it was stored. A condition
    that does not fit the schema any more leaves the members as they are and the segment BROKEN.
    """
    try:
        predicate = predicate_of(segment.condition)
        criterion = uow.plugins.matcher.criterion(predicate, uow, actor=system(uow.tenant_id))
    except PublicError as refusal:
        segment.status, segment.problem = SegmentStatus.BROKEN, refusal.public_code
        return
    uow.flush()
    changed = uow.session.connection().execute(_difference(segment, criterion, uow)).all()
    came = [row for row in changed if row.left_at is None]
    _tell(segment, uow, came=came, left=[row for row in changed if row.left_at is not None])


def _tell(segment: Segment, uow: UnitOfWork, *, came: Sequence[Row[Any]], left: Sequence[Row[Any]]) -> None:
    segment.status, segment.problem = SegmentStatus.ACTIVE, None
    segment.refreshed_at = uow.now
    segment.member_count = members = (segment.member_count or 0) + len(came) - len(left)
    if not came and not left:
        return
    uow.emit(
        events.SegmentRefreshed(
            segment_id=segment.id,
            revision=segment.revision,
            entered=len(came),
            left=len(left),
            members=members,
        )
    )
    if len(came) + len(left) > MOST_TOLD or segment.target is not SegmentTarget.CUSTOMER:
        return
    for event, rows in ((events.SegmentEntered, came), (events.SegmentLeft, left)):
        for row in rows:
            uow.emit(event(customer_id=row.customer_id, segment_id=segment.id, segment_membership_id=row.id))


def _difference(segment: Segment, criterion: Any, uow: UnitOfWork) -> Any:
    """One INSERT: rows of those who came, and the rows of those who left once more, which ends them where they stand."""
    of_customers = segment.target is SegmentTarget.CUSTOMER
    found = (
        select(Customer.id.label("customer_id"), Customer.party_id.label("party_id"))
        if of_customers
        else select(null().label("customer_id"), Party.id.label("party_id"))
    )
    matching = found.where(criterion).cte("matching")
    rows = table_of(SegmentMembership)
    sqlite = uow.session.get_bind().dialect.name == "sqlite"
    now = literal(uow.now, UtcTime())
    tenant, id_ = literal(uow.tenant_id, Identifier()), literal(segment.id, Identifier())
    revision = literal(segment.revision, BigInteger())
    is_open = (rows.c.tenant_id == tenant) & (rows.c.segment_id == id_) & rows.c.left_at.is_(None)
    customer = matching.c.customer_id if of_customers else cast(null(), Identifier())
    came: dict[str, ColumnElement[Any]] = {
        "tenant_id": tenant,
        "id": _new_ids(uow, matching.c.party_id, sqlite=sqlite),
        "segment_id": id_,
        "party_id": matching.c.party_id,
        "customer_id": customer,
        "entered_at": now,
        "left_at": cast(null(), rows.c.left_at.type),
        "entered_revision": revision,
        "left_revision": cast(null(), BigInteger()),
        "version": literal(1, BigInteger()),
        "created_at": now,
        "updated_at": now,
    }
    left: dict[str, ColumnElement[Any]] = {name: rows.c[name] for name in came}
    left |= {"left_at": now, "left_revision": revision, "version": rows.c.version + 1, "updated_at": now}
    both = union_all(
        _labelled(came).where(~exists().where(is_open, rows.c.party_id == matching.c.party_id)),
        _labelled(left).where(is_open, ~exists().where(matching.c.party_id == rows.c.party_id)),
    )
    insert: Any = (sqlite_insert if sqlite else postgresql_insert)(rows)
    made = insert.from_select(list(came), both, include_defaults=False)
    ended = {name: made.excluded[name] for name in ("left_at", "left_revision", "version", "updated_at")}
    return made.on_conflict_do_update(index_elements=["tenant_id", "id"], set_=ended).returning(
        rows.c.id, rows.c.customer_id, rows.c.left_at
    )


def _labelled(values: dict[str, ColumnElement[Any]]) -> Select[Any]:
    return select(*(value.label(name) for name, value in values.items()))


def _new_ids(uow: UnitOfWork, order: ColumnElement[Any], *, sqlite: bool) -> ColumnElement[Any]:
    """A new uuid7 for each row, made by the database: one of this unit of work with the row's number in its last bits."""
    first = uow.ids.new()
    start = (first.int & 0xFFFFFFF) << 20  # room for a million before the next unit of work's could be met
    number = literal(start, BigInteger()) + func.row_number().over(order_by=order)
    text = func.printf("%012x", number) if sqlite else func.lpad(func.to_hex(number), 12, "0")
    made = literal(str(first)[:24], Text()).op("||")(text)
    return made if sqlite else cast(made, Identifier())
