"""The tenant's counter and the places it gives: statements of the relay, each of one text however many events there are.

In come the relay's session and ids of events, out go their positions. Which events, and in which order, is left to `relay`.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import select

from patron_core.columns import format_time
from patron_core.database import TenantSession
from patron_core.database.rows import NewRows, insert
from patron_core.outbox.models import EventCounter
from patron_core.records import table_of

__all__ = ["give_positions", "hold_counter", "overtaken"]


def hold_counter(session: TenantSession, *, now: dt.datetime) -> int:
    """The last position given, held until the commit: nobody else gives positions of this tenant meanwhile."""
    statement = select(EventCounter.last).where(EventCounter.id == session.tenant_id).with_for_update()
    last = session.scalar(statement)
    if last is None:
        insert(session.connection(), [_first(session.tenant_id, now)])
        last = session.scalar(statement)
    assert last is not None
    return last


def _first(tenant_id: uuid.UUID, now: dt.datetime) -> NewRows:
    shared = {"tenant_id": tenant_id, "last": 0, "version": 1, "created_at": now, "updated_at": now}
    return NewRows(table_of(EventCounter), shared, {"id": [tenant_id]}, ("tenant_id", "id"))


def give_positions(session: TenantSession, ids: Sequence[uuid.UUID], *, after: int, now: dt.datetime) -> int:
    """Gives the events the positions from after + 1 on, in this order, and returns the last; they wait no longer."""
    last = after + len(ids)
    connection, tenant_id = session.connection(), session.tenant_id
    if connection.dialect.name == "sqlite":
        moment, tenant = format_time(now), str(tenant_id)
        given = [(place, moment, moment, tenant, str(id_)) for place, id_ in enumerate(ids, start=after + 1)]
        connection.exec_driver_sql(_GIVE_SQLITE, given)
        connection.exec_driver_sql(_COUNT_SQLITE, (last, moment, tenant, tenant))
    else:
        connection.exec_driver_sql(_GIVE, (after, now, list(ids), tenant_id))
        connection.exec_driver_sql(_COUNT, (last, now, tenant_id))
    return last


def overtaken(session: TenantSession, below: Mapping[uuid.UUID, int], *, after: uuid.UUID) -> list[uuid.UUID]:
    """Waiting events with a higher id than `after` that come before others of their customer.

    below: customers with the sequence before which theirs are wanted.
    """
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        pairs = json.dumps([[str(customer), sequence] for customer, sequence in below.items()])
        found = connection.exec_driver_sql(_OVERTAKEN_SQLITE, (pairs, str(session.tenant_id), str(after)))
        return [uuid.UUID(id_) for id_ in found.scalars()]
    arguments = (list(below), list(below.values()), session.tenant_id, after)
    return list(connection.exec_driver_sql(_OVERTAKEN, arguments).scalars())


# That they wait is known; said again, so that the index of what waits can be used whatever the statistics say.
_GIVE: Final = """
UPDATE outbox_event AS e SET position = $1::bigint + v.number, status = 'DELIVERED', handed_on_at = $2::timestamptz,
       version = e.version + 1, updated_at = $2::timestamptz
  FROM unnest($3::uuid[]) WITH ORDINALITY AS v (id, number)
 WHERE e.tenant_id = $4::uuid AND e.id = v.id AND e.status = 'PENDING'
"""

_GIVE_SQLITE: Final = """
UPDATE outbox_event SET position = ?, status = 'DELIVERED', handed_on_at = ?, version = version + 1, updated_at = ?
 WHERE tenant_id = ? AND id = ?
"""

_COUNT: Final = """
UPDATE event_counter SET last = $1::bigint, updated_at = $2::timestamptz WHERE tenant_id = $3::uuid AND id = $3::uuid
"""

_COUNT_SQLITE: Final = "UPDATE event_counter SET last = ?, updated_at = ? WHERE tenant_id = ? AND id = ?"

_OVERTAKEN: Final = """
SELECT e.id FROM unnest($1::uuid[], $2::bigint[]) AS b (customer_id, below)
  JOIN outbox_event AS e ON e.customer_id = b.customer_id AND e.customer_sequence < b.below
 WHERE e.tenant_id = $3::uuid AND e.id > $4::uuid AND e.status = 'PENDING'
"""

# A CROSS JOIN is SQLite's word for: in this order.
_OVERTAKEN_SQLITE: Final = """
SELECT e.id FROM json_each(?) AS b
  CROSS JOIN outbox_event AS e ON e.customer_id = b.value ->> 0 AND e.customer_sequence < b.value ->> 1
 WHERE e.tenant_id = ? AND e.id > ? AND e.status = 'PENDING'
"""
