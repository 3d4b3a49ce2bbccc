"""What happens to the audit: changes become rows of the append-only table, in the transaction of the change itself.

In come the changes a unit of work noted and who made them, out come the rows to insert. Chaining the rows is left to
`sealing`, the audit of reads to `reading`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from patron_core.audit.models import AuditEntry
from patron_core.database.rows import NewRows
from patron_core.messages import Actor
from patron_core.records import table_of
from patron_core.values import IdSource

__all__ = ["Action", "Change", "audit_rows"]

Action = Literal["CREATE", "UPDATE", "DELETE"]


@dataclass(frozen=True, slots=True)
class Change:
    """Rows of one table that were changed in the same way.

    table: its name. columns: names of those that changed, never values; none for new rows.
    """

    action: Action
    table: str
    record_ids: Sequence[uuid.UUID]
    columns: tuple[str, ...] = ()


def audit_rows(
    changes: Sequence[Change],
    *,
    actor: Actor,
    ids: IdSource,
    now: dt.datetime,
    request_id: str | None,
    operation: str | None = None,
) -> NewRows:
    """One row for each row that was changed, in the order of the changes. operation: name of the command that did it."""
    shared = {
        "tenant_id": actor.tenant_id,
        "version": 1,
        "created_at": now,
        "updated_at": now,
        "occurred_at": now,
        "actor": actor.subject,
        "actor_kind": actor.kind,
        "reason": actor.reason,
        "request_id": request_id,
        "impersonator": actor.impersonator,
        "purpose": actor.purpose,
        "operation": operation,
    }
    record_ids = [id_ for change in changes for id_ in change.record_ids]
    columns: dict[str, Sequence[Any]] = {
        "id": ids.many(len(record_ids)),
        "action": [change.action for change in changes for _ in change.record_ids],
        "record_type": [change.table for change in changes for _ in change.record_ids],
        "record_id": record_ids,
        "columns": [change.columns for change in changes for _ in change.record_ids],
    }
    return NewRows(table_of(AuditEntry), shared, columns)
