"""What happens to the outbox: events become pending rows, in the transaction of the change they tell of.

In come the events of a unit of work, out goes one INSERT. Handing them on is left to the relay.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert

from patron_core.database import TenantSession
from patron_core.outbox.events import CommittedEvent
from patron_core.outbox.models import OutboxEvent, OutboxStatus

__all__ = ["write_outbox"]


def write_outbox(session: TenantSession, events: Sequence[CommittedEvent]) -> None:
    """Writes one pending row for each event, with one statement."""
    session.execute(insert(OutboxEvent.__table__), [_row(event) for event in events])  # type: ignore[arg-type]


def _row(committed: CommittedEvent) -> dict[str, Any]:
    event, now = committed.event, committed.occurred_at
    return {
        "tenant_id": committed.tenant_id,
        "id": committed.id,
        "version": 1,
        "created_at": now,
        "updated_at": now,
        "occurred_at": now,
        "type": event.type,
        "type_version": event.version,
        "customer_id": event.customer_id,
        "payload": event.payload(),
        "status": OutboxStatus.PENDING,
    }
