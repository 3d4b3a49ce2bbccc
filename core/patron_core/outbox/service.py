"""What happens to the outbox: events become pending rows, in the transaction of the change they tell of.

In come the events of a unit of work, out come the rows to insert, numbered by customer. Handing them on is left to the relay.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from patron_core.columns import BEYOND
from patron_core.database.rows import Counting, NewRows
from patron_core.errors import InvalidInput
from patron_core.messages import Event
from patron_core.outbox.events import CommittedEvent
from patron_core.outbox.models import EventCounter, OutboxEvent, OutboxStatus
from patron_core.records import table_of

__all__ = ["outbox_rows"]


def outbox_rows(events: Sequence[CommittedEvent]) -> NewRows:
    """One pending row for each event of one unit of work, of which there is at least one."""
    now = events[0].occurred_at
    shared = {
        "tenant_id": events[0].tenant_id,
        "version": 1,
        "created_at": now,
        "updated_at": now,
        "occurred_at": now,
        "status": OutboxStatus.PENDING,
    }
    columns: dict[str, Sequence[Any]] = {
        "id": [committed.id for committed in events],
        "type": [committed.event.type for committed in events],
        "type_version": [committed.event.version for committed in events],
        "customer_id": [committed.event.customer_id for committed in events],
        "payload": [_payload(committed.event) for committed in events],
    }
    return NewRows(table_of(OutboxEvent), shared, columns, counting=_counting())


@cache
def _counting() -> Counting:
    """Events are numbered by customer."""
    return Counting(table_of(EventCounter), by="customer_id", into="customer_sequence")


def _payload(event: Event) -> dict[str, Any]:
    try:
        return event.payload()
    except OverflowError:  # in UTC the time lies outside of the calendar
        raise InvalidInput(BEYOND.format("time")) from None
