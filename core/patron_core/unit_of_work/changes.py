"""What a unit of work will have changed: audit rows and events, gathered as it runs, written once before the commit.

In come records about to be flushed and the rows of bulk statements, out come one INSERT of audit rows and one of outbox
rows. Names of columns are kept, never their values.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import insert
from sqlalchemy import inspect as inspect_state

from patron_core.audit.models import AuditEntry
from patron_core.database import TenantSession
from patron_core.messages import Actor, Event
from patron_core.outbox.models import OutboxEvent, OutboxStatus
from patron_core.records import Record
from patron_core.values import IdSource

__all__ = ["Action", "Changes", "CommittedEvent"]

Action = Literal["CREATE", "UPDATE", "DELETE"]

#: Bookkeeping that follows from other rows and is not audited itself.
_NOT_AUDITED = frozenset({"audit_entry", "outbox_event", "idempotency_record"})
_STANDARD = frozenset({"version", "updated_at"})


@dataclass(frozen=True, slots=True)
class CommittedEvent:
    """An event with what the outbox keeps beside it. id: of its outbox row. tenant_id: whose event it is."""

    id: uuid.UUID
    tenant_id: uuid.UUID
    occurred_at: dt.datetime
    request_id: str | None
    event: Event


@dataclass(slots=True)
class Changes:
    """The journal of one unit of work. now: the instant all its rows carry."""

    actor: Actor
    ids: IdSource
    now: dt.datetime
    request_id: str | None
    events: list[CommittedEvent] = field(default_factory=list)
    _entries: list[dict[str, Any]] = field(default_factory=list)

    def before_flush(self, session: TenantSession) -> None:
        """Fills the standard columns of changed records, refuses changes of append-only ones, and notes each change."""
        for row in session.new:
            if isinstance(row, Record):
                self.fill(row)
                self.note("CREATE", type(row), [row.id])
        for row in session.dirty:
            if isinstance(row, Record) and (columns := _changed(row)):
                _refuse_append_only(row, "changed")
                row.updated_at = self.now
                self.note("UPDATE", type(row), [row.id], columns=columns)
        for row in session.deleted:
            if isinstance(row, Record):
                _refuse_append_only(row, "deleted")
                self.note("DELETE", type(row), [row.id])

    def fill(self, row: Record) -> None:
        """Sets tenant, id and times of a new record where they are not set."""
        given = inspect_state(row).dict
        if given.get("tenant_id") is None:
            row.tenant_id = self.actor.tenant_id
        if given.get("id") is None:
            row.id = self.ids.new()
        if given.get("created_at") is None:
            row.created_at = row.updated_at = self.now

    def note(
        self, action: Action, model: type[Record], ids: Iterable[uuid.UUID], *, columns: Sequence[str] = ()
    ) -> None:
        """Notes a change of rows of one table."""
        table = model.__tablename__
        if table not in _NOT_AUDITED:
            for record_id in ids:
                self._entries.append(
                    {"action": action, "record_type": table, "record_id": record_id, "columns": list(columns)}
                )

    def note_other(self, action: Action, table: str, record_id: uuid.UUID, *, columns: Sequence[str] = ()) -> None:
        """Notes a change of a row that is no `Record` (a tenant)."""
        self._entries.append({"action": action, "record_type": table, "record_id": record_id, "columns": list(columns)})

    def record(self, event: Event) -> CommittedEvent:
        """Notes an event; it gets its id here."""
        committed = CommittedEvent(self.ids.new(), self.actor.tenant_id, self.now, self.request_id, event)
        self.events.append(committed)
        return committed

    def mark(self) -> tuple[int, int]:
        """Where the journal stands, for `back_to`."""
        return len(self._entries), len(self.events)

    def back_to(self, mark: tuple[int, int]) -> None:
        """Forgets what was noted since `mark`, because the savepoint it belongs to was rolled back."""
        del self._entries[mark[0] :]
        del self.events[mark[1] :]

    def write(self, session: TenantSession) -> None:
        """Sends the audit rows and the outbox rows; the last thing before the commit."""
        if self._entries:
            who = {"actor": self.actor.subject, "actor_kind": self.actor.kind, "reason": self.actor.reason}
            rows = [
                {**self._standard(), **who, "request_id": self.request_id, "occurred_at": self.now, **e}
                for e in self._entries
            ]
            session.execute(insert(AuditEntry.__table__), rows)  # type: ignore[arg-type]
        if self.events:
            session.execute(insert(OutboxEvent.__table__), [self._letter(event) for event in self.events])  # type: ignore[arg-type]
        self._entries.clear()

    def _standard(self) -> dict[str, Any]:
        return {
            "tenant_id": self.actor.tenant_id,
            "id": self.ids.new(),
            "version": 1,
            "created_at": self.now,
            "updated_at": self.now,
        }

    def _letter(self, committed: CommittedEvent) -> dict[str, Any]:
        event = committed.event
        content = {
            "type": event.type,
            "type_version": event.version,
            "customer_id": event.customer_id,
            "payload": event.payload(),
            "status": OutboxStatus.PENDING,
            "occurred_at": self.now,
        }
        return {**self._standard(), "id": committed.id, **content}


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
