"""What happens to the audit: changes become rows of the append-only table, in the transaction of the change itself.

In come the changes a unit of work noted and who made them, out goes one INSERT. Chaining the rows is left to the
sealer.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import insert

from patron_core.audit.models import AuditEntry
from patron_core.database import TenantSession
from patron_core.messages import Actor
from patron_core.values import IdSource

__all__ = ["Action", "Change", "write_audit"]

Action = Literal["CREATE", "UPDATE", "DELETE"]


@dataclass(frozen=True, slots=True)
class Change:
    """A row that was changed.

    table: its name. columns: names of those that changed, never values; none for a new row.
    """

    action: Action
    table: str
    record_id: uuid.UUID
    columns: tuple[str, ...] = ()


def write_audit(
    session: TenantSession,
    changes: Sequence[Change],
    *,
    actor: Actor,
    ids: IdSource,
    now: dt.datetime,
    request_id: str | None,
) -> None:
    """Writes one row for each change, with one statement."""
    common = {
        "tenant_id": actor.tenant_id,
        "version": 1,
        "created_at": now,
        "updated_at": now,
        "occurred_at": now,
        "actor": actor.subject,
        "actor_kind": actor.kind,
        "reason": actor.reason,
        "request_id": request_id,
    }
    rows = [
        {
            **common,
            "id": ids.new(),
            "action": change.action,
            "record_type": change.table,
            "record_id": change.record_id,
            "columns": list(change.columns),
        }
        for change in changes
    ]
    session.execute(insert(AuditEntry.__table__), rows)  # type: ignore[arg-type]
