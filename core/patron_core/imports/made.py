"""What a run of an import made: read from the audit, which says of each row which run wrote it. Nothing else is kept.

In come a run and a table, out come ids of new rows in portions. The audit of a run lies behind its beginning, so an
index on time finds it.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select, tuple_

from patron_core.audit.models import AuditEntry
from patron_core.imports.models import ImportRun
from patron_core.unit_of_work import UnitOfWork

__all__ = ["Made"]

_CLOCKS_DIFFER: Final = dt.timedelta(hours=1)  # of two machines that import and undo


@dataclass(frozen=True, slots=True)
class Made:
    """The rows of one run. run_id and the times between which it wrote."""

    run_id: uuid.UUID
    first: dt.datetime
    last: dt.datetime

    @classmethod
    def by(cls, run: ImportRun, *, now: dt.datetime) -> Made:
        """What a run made until now: an import of the same file again may have added to it after its end."""
        return cls(run.id, run.created_at - _CLOCKS_DIFFER, now + _CLOCKS_DIFFER)

    def counts(self, uow: UnitOfWork) -> dict[str, int]:
        """How many new rows of each table."""
        entries: Any = select(AuditEntry.record_type, func.count(AuditEntry.id).label("rows")).group_by(
            AuditEntry.record_type
        )
        return {row.record_type: row.rows for row in uow.rows(self._of(entries, "CREATE"))}

    def changed(self, uow: UnitOfWork) -> dict[str, int]:
        """How often rows of each table were changed, those of its own and others."""
        entries: Any = select(AuditEntry.record_type, func.count(AuditEntry.id).label("rows")).group_by(
            AuditEntry.record_type
        )
        return {row.record_type: row.rows for row in uow.rows(self._of(entries, "UPDATE"))}

    def portion(
        self, uow: UnitOfWork, table: str, *, before: tuple[Any, uuid.UUID] | None, size: int
    ) -> tuple[list[uuid.UUID], tuple[Any, uuid.UUID] | None]:
        """The next new rows of a table, newest first, and where the portion after it begins; None at the end."""
        entries: Any = select(AuditEntry.record_id, AuditEntry.occurred_at, AuditEntry.id)
        entries = self._of(entries, "CREATE").where(AuditEntry.record_type == table)
        if before is not None:
            entries = entries.where(tuple_(AuditEntry.occurred_at, AuditEntry.id) < before)
        entries = entries.order_by(AuditEntry.occurred_at.desc(), AuditEntry.id.desc()).limit(size)
        rows = uow.rows(entries)
        return [row.record_id for row in rows], (rows[-1].occurred_at, rows[-1].id) if len(rows) == size else None

    def among(self, uow: UnitOfWork, ids: Collection[uuid.UUID]) -> tuple[set[uuid.UUID], Mapping[uuid.UUID, int]]:
        """Which of these rows the run made, and how often it changed each of them afterwards."""
        entries = select(AuditEntry.record_id, AuditEntry.action).where(AuditEntry.request_id == str(self.run_id))
        rows = uow.look_up(entries, AuditEntry.record_id, ids)
        return {row.record_id for row in rows if row.action == "CREATE"}, Counter(
            row.record_id for row in rows if row.action == "UPDATE"
        )

    def _of(self, entries: Any, action: str) -> Any:
        return entries.where(
            AuditEntry.occurred_at >= self.first,
            AuditEntry.occurred_at <= self.last,
            AuditEntry.request_id == str(self.run_id),
            AuditEntry.action == action,
        )
