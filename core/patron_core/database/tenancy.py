"""The tenant's session: every ORM statement of it carries the tenant, and what cannot carry it is refused.

This is the net under the predicates that services and the planner write themselves, the only one on SQLite beside the
composite keys; on PostgreSQL row-level security lies under it. What is audited is left to the `journal` of the unit of
work.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, Literal, Protocol

from sqlalchemy import ClauseElement, ColumnElement, FromClause, Insert, Select, Table, TextClause, event, inspect
from sqlalchemy.orm import (
    ORMExecuteState,
    Session,
    SessionTransaction,
    UOWTransaction,
    make_transient_to_detached,
    with_loader_criteria,
)
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import BinaryExpression
from sqlalchemy.sql.selectable import Alias

from patron_core.database.rows import NewRows, insert, rows_of
from patron_core.encryption.keys import Vault
from patron_core.encryption.sealing import Sealer
from patron_core.records import Record

__all__ = ["AUDITED", "Journal", "TenantSession"]

#: Execution option of a bulk UPDATE or DELETE whose audit rows the caller writes itself.
AUDITED: Final = "patron_audited"

_FOREIGN: Final = (
    "A {} of another tenant was to be written. The session belongs to one tenant. "
    "Add records with uow.add and do not set tenant_id."
)


class Journal(Protocol):
    """Learns of every row that a flush is about to write."""

    def before_flush(self, session: TenantSession) -> None:
        """Called before SQL is sent; may still change the rows, and refuses by raising."""
        ...

    def note(self, action: Literal["CREATE", "UPDATE", "DELETE"], table: str, ids: Sequence[uuid.UUID], /) -> None:
        """Told of rows that the session itself wrote."""
        ...


class TenantSession(Session):
    """A SQLAlchemy session for one tenant.

    tenant_id: whose rows it sees; rows of others can neither be read nor written through it. journal: who is told of
    changes; None for the core's own bookkeeping. vault: where the tenant's keys come from; without one encrypted
    columns are neither written nor opened. closing: rows that are written right before the commit, and in one statement
    with it where nothing else was sent. cleanse: whether what was deleted must be gone from SQLite's file, too.
    models: where somebody set it, gets each model that a statement reads.
    """

    def __init__(
        self,
        bind: Any = None,
        *,
        tenant_id: uuid.UUID,
        journal: Journal | None = None,
        vault: Vault | None = None,
        **options: Any,
    ) -> None:
        super().__init__(bind, **options)
        self.tenant_id = tenant_id
        self.journal = journal
        self.sealer = Sealer(vault, tenant_id, connection=self.connection, made=self._keys_were_made)
        self.closing: Sequence[NewRows] = ()
        self.models: set[type[Any]] | None = None
        self.cleanse = False
        self._waiting: list[NewRows | Record] = []
        self._adopted: list[Record] = []

    def wait(self, new: NewRows | Record) -> None:
        """Takes rows or a new record that need not be written before something is read."""
        if isinstance(new, NewRows):
            tenants = [new.shared["tenant_id"]] if "tenant_id" in new.shared else new.columns.get("tenant_id", ())
            _refuse_foreign(new.table, {self.tenant_id, *tenants}, self.tenant_id)
        self._waiting.append(new)

    def mark(self) -> int:
        """Where the records written so far end, for `back_to`."""
        return len(self._adopted)

    def back_to(self, mark: int) -> None:
        """Forgets what waits, and the records written since `mark`, because the savepoint they belong to is undone."""
        self._waiting.clear()
        for record in self._adopted[mark:]:
            self.expunge(record)
        del self._adopted[mark:]

    def take_waiting(self) -> list[NewRows]:
        """What waits, as rows, in its order; it waits no longer. Its records stay strangers to the session."""
        waiting, self._waiting = self._waiting, []
        rows: list[NewRows] = []
        for _, parts in groupby(waiting, key=type):
            run = list(parts)
            records = [self._own(new) for new in run if isinstance(new, Record)]
            rows += [rows_of(records)] if records else [new for new in run if isinstance(new, NewRows)]
        return [self.sealer.rows(part) for part in rows]

    def _keys_were_made(self, ids: Sequence[uuid.UUID]) -> None:
        if self.journal is not None:
            self.journal.note("CREATE", "tenant_key", ids)

    @property
    def changed(self) -> bool:
        """Whether the session itself holds changes that were not sent, beside what waits."""
        return bool(self.new or self.deleted or self.identity_map.check_modified())

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Sends what waits, in one statement where the database can, then the changes of loaded records."""
        if self._waiting:
            records = [new for new in self._waiting if isinstance(new, Record)]
            insert(self.connection(), self.take_waiting())
            for record in records:
                self._adopt(record)
        super().flush(objects)

    def _own(self, record: Record) -> Record:
        if record.tenant_id != self.tenant_id:
            raise TypeError(_FOREIGN.format(type(record).__name__))
        return record

    def _adopt(self, record: Record) -> None:
        """Makes a record that was written as rows one that was loaded."""
        for name in inspect(type(record)).columns.keys():  # noqa: SIM118 - a collection of its own, not a dict
            vars(record).setdefault(name, None)
        make_transient_to_detached(record)
        self.add(record)
        if self.in_nested_transaction():
            self._adopted.append(record)


@event.listens_for(TenantSession, "do_orm_execute")
def _add_the_tenant(state: ORMExecuteState) -> None:
    session = state.session
    assert isinstance(session, TenantSession)
    statement = state.statement
    if isinstance(statement, TextClause):
        raise TypeError(
            "A session of a tenant runs no SQL text: nobody could check its tenant. Build it with select()."
        )
    if (state.is_update or state.is_delete) and not state.execution_options.get(AUDITED):
        raise TypeError("A bulk UPDATE or DELETE would escape the audit. Use uow.update_rows or change loaded records.")
    if isinstance(statement, Insert):
        _refuse_foreign(statement.table, _tenants_of(statement, state.parameters), session.tenant_id)
    if not state.is_orm_statement:
        _refuse_unless_pinned(statement)
        return
    if session.models is not None:
        session.models.update(mapper.class_ for mapper in state.all_mappers)
    if state.is_insert or state.is_column_load:
        return
    # A value in a lambda is bound by its Python type, not by the column's: hand in what the driver stores.
    sqlite = session.get_bind().dialect.name == "sqlite"
    tenant_id: Any = str(session.tenant_id) if sqlite else session.tenant_id
    state.statement = statement.options(
        with_loader_criteria(Record, lambda model: model.tenant_id == tenant_id, include_aliases=True)
    )


@event.listens_for(TenantSession, "before_flush")
def _check_the_tenant(session: Session, _context: UOWTransaction, _instances: Any) -> None:
    assert isinstance(session, TenantSession)
    if session.journal is not None:
        session.journal.before_flush(session)
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, Record) and row.tenant_id != session.tenant_id:
            raise TypeError(_FOREIGN.format(type(row).__name__))
    session.sealer.changes((*session.new, *session.dirty))


@event.listens_for(TenantSession, "after_soft_rollback")
def _forget_what_is_undone(session: Session, _previous: SessionTransaction) -> None:
    assert isinstance(session, TenantSession)
    session.sealer.undone()


def _refuse_foreign(table: Any, tenants: Iterable[Any], tenant_id: uuid.UUID) -> None:
    """Refuses rows of a tenant's table that are not all of the session's tenant."""
    if "tenant_id" in table.c and set(tenants) != {tenant_id}:
        raise TypeError(_FOREIGN.format(f"row of {table.name}"))


def _tenants_of(statement: Insert, parameters: Any) -> set[Any]:
    """The tenants an INSERT names as values: in what is handed to it, or in itself; none where they come from a SELECT."""
    rows = [parameters] if isinstance(parameters, Mapping) else list(parameters or ())
    given = {row["tenant_id"] for row in rows if "tenant_id" in row}
    own = statement.compile().params.items() if not given and statement.select is None else ()
    return given or {value for name, value in own if name.startswith("tenant_id")}


def _refuse_unless_pinned(statement: Any) -> None:
    """Refuses a Core statement on a tenant's table without `tenant_id = …` for each place the table stands in."""
    if getattr(statement, "is_insert", False):
        return
    pinned = set(_pinned(statement))
    for source in _sources(statement):
        if "tenant_id" in source.c and source not in pinned:
            raise TypeError(
                f"A statement reads {source} without its tenant. A Core statement carries none by itself. "
                "Select the model instead, or add a predicate on tenant_id."
            )


def _pinned(statement: ClauseElement) -> Iterator[FromClause]:
    for element in visitors.iterate(statement):
        if isinstance(element, BinaryExpression) and element.operator is operators.eq:
            for side in (element.left, element.right):
                if getattr(side, "name", None) == "tenant_id" and isinstance(side, ColumnElement):
                    table = getattr(side, "table", None)
                    if table is not None:
                        yield table


def _sources(statement: ClauseElement) -> Iterator[FromClause]:
    """The tables and aliases of tables that each SELECT in the statement reads from."""
    for select in visitors.iterate(statement):
        if isinstance(select, Select):
            for source in select.get_final_froms():
                for part in visitors.iterate(source):
                    if isinstance(part, Alias) or (
                        isinstance(part, Table)
                        and not any(
                            isinstance(other, Alias) and other.element is part for other in visitors.iterate(source)
                        )
                    ):
                        yield part
