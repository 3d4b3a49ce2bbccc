"""What a unit of work will have changed: audit rows and events, gathered as it runs, written once before the commit.

In come records about to be flushed and the ids of bulk statements, out come one INSERT of audit rows and one of outbox
rows. Names of columns are kept, never their values.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import inspect as inspect_state

from patron_core.audit.service import Action, Change, audit_rows
from patron_core.database import TenantSession
from patron_core.database.rows import NewRows
from patron_core.messages import Actor, Event
from patron_core.outbox.events import CommittedEvent
from patron_core.outbox.service import outbox_rows
from patron_core.records import Record
from patron_core.values import IdSource

__all__ = ["Changes"]

#: Bookkeeping that follows from other rows and is not audited itself.
_NOT_AUDITED = frozenset(
    {
        "audit_entry",
        "audit_read",
        "audit_seal",
        "event_counter",
        "idempotency_record",
        "match_key",
        "merged_row",
        "outbox_event",
        "segment_membership",
        "webhook_attempt",
        "webhook_delivery",
    }
)
_STANDARD = frozenset({"version", "updated_at"})


@dataclass(slots=True)
class Changes:
    """The journal of one unit of work. now: the instant all its rows carry. operation: name of the command it carries out."""

    actor: Actor
    ids: IdSource
    now: dt.datetime
    request_id: str | None
    operation: str | None = None
    events: list[CommittedEvent] = field(default_factory=list)
    _changes: list[Change] = field(default_factory=list)

    def before_flush(self, session: TenantSession) -> None:
        """Fills the standard columns of changed records, refuses changes of append-only ones, and notes each change."""
        for row in session.new:
            if isinstance(row, Record):
                self.fill(row)
                self.note("CREATE", row.__tablename__, [row.id])
        for row in session.dirty:
            if isinstance(row, Record) and (columns := _changed(row)):
                _refuse_append_only(row, "changed")
                row.updated_at = self.now
                self.note("UPDATE", row.__tablename__, [row.id], columns=columns)
        for row in session.deleted:
            if isinstance(row, Record):
                _refuse_append_only(row, "deleted")
                self.note("DELETE", row.__tablename__, [row.id])

    def fill(self, row: Record) -> None:
        """Sets tenant, id and times of a new record where they are not set, and its first version."""
        given = inspect_state(row).dict
        if given.get("tenant_id") is None:
            row.tenant_id = self.actor.tenant_id
        if given.get("id") is None:
            row.id = self.ids.new()
        if given.get("created_at") is None:
            row.created_at = row.updated_at = self.now
        row.version = 1

    def note(self, action: Action, table: str, ids: Sequence[uuid.UUID], *, columns: Sequence[str] = ()) -> None:
        """Notes the same change of rows of one table."""
        if ids and table not in _NOT_AUDITED:
            self._changes.append(Change(action, table, ids, tuple(columns)))

    def record(self, event: Event) -> CommittedEvent:
        """Notes an event; it gets its id here."""
        committed = CommittedEvent(self.ids.new(), self.actor.tenant_id, self.now, self.request_id, event)
        self.events.append(committed)
        return committed

    def mark(self) -> tuple[int, int]:
        """Where the journal stands, for `back_to`."""
        return len(self._changes), len(self.events)

    def back_to(self, mark: tuple[int, int]) -> None:
        """Forgets what was noted since `mark`, because the savepoint it belongs to was rolled back."""
        del self._changes[mark[0] :]
        del self.events[mark[1] :]

    def rows(self) -> list[NewRows]:
        """The audit rows and the outbox rows, to be written last; once they are taken, the journal is closed."""
        rows = []
        if self._changes:
            rows.append(
                audit_rows(
                    self._changes,
                    actor=self.actor,
                    ids=self.ids,
                    now=self.now,
                    request_id=self.request_id,
                    operation=self.operation,
                )
            )
        if self.events:
            rows.append(outbox_rows(self.events))
        self._changes.clear()
        return rows


def _changed(row: Record) -> list[str]:
    """The columns whose value differs from the stored one, by name."""
    state = inspect_state(row)
    columns = state.mapper.columns
    keys = [key for key in state.committed_state if key in columns and key not in _STANDARD]
    return sorted(columns[key].name for key in keys if state.attrs[key].history.has_changes())


def _refuse_append_only(row: Record, what: str) -> None:
    if row.append_only:
        raise TypeError(
            f"A {type(row).__name__} was to be {what}. Its table is append-only: what was written stays. "
            "Add a reversing row instead."
        )
