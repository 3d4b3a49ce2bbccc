"""The unit of work: what a command handler, a hook, an importer or a job holds of the database.

In come records and events, out goes one transaction with rows, audit, outbox and idempotency. Only `execute` commits.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Select
from sqlalchemy import inspect as sql_inspect
from sqlalchemy import select as sql_select
from sqlalchemy.engine import Row
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.base import Executable

from patron_core.access.permissions import require
from patron_core.access.row_limits import is_there
from patron_core.card_numbers import cleared
from patron_core.database import TenantSession
from patron_core.database.faults import is_disconnect, is_passing, is_retryable
from patron_core.errors import Internal, NotFound, Vetoed
from patron_core.hookspecs import Veto
from patron_core.messages import Actor, Command, Event
from patron_core.outbox.events import CommittedEvent
from patron_core.plugins import Plugins
from patron_core.records import Record
from patron_core.unit_of_work.bulk import insert_rows, update_rows
from patron_core.unit_of_work.changes import Changes
from patron_core.unit_of_work.look_up import among, look_up_rows
from patron_core.values import Clock, IdSource

__all__ = ["UnitOfWork"]

RecordT = TypeVar("RecordT", bound=Record)
T = TypeVar("T")

_DEEPEST_EVENT: Final = 8


class UnitOfWork:
    """One transaction of one actor.

    session: SQLAlchemy's, for statements the methods do not cover. clock, ids: where time and ids come from. now: the
    instant every row of this transaction carries. plugins: those of the tenant. request_id: shown in audit and logs.
    """

    def __init__(
        self,
        session: TenantSession,
        *,
        actor: Actor,
        clock: Clock,
        ids: IdSource,
        plugins: Plugins,
        request_id: str | None = None,
    ) -> None:
        self.session = session
        self.actor = actor
        self.clock = clock
        self.ids = ids
        self.plugins = plugins
        self.request_id = request_id
        self.now: dt.datetime = clock.now()
        self.changes = Changes(actor, ids, self.now, request_id)
        session.journal = self.changes
        self._event_depth = 0
        self.referred: dict[tuple[type[Record], uuid.UUID], tuple[str | int, ...]] = {}

    @property
    def tenant_id(self) -> uuid.UUID:
        """Whose data this is."""
        return self.actor.tenant_id

    @property
    def events(self) -> tuple[CommittedEvent, ...]:
        """The events of this transaction so far; broadcast in the process once it is committed."""
        return tuple(self.changes.events)

    def add(self, record: RecordT) -> RecordT:
        """Adds a new record; tenant, id and times are filled in, and it is audited. It is sent at the next flush.

        References are given by id (`customer_id=…`) and may name records added before in the same unit of work.
        """
        self.changes.fill(record)
        self.changes.note("CREATE", record.__tablename__, [record.id])
        self.session.wait(record)
        return record

    def add_many(
        self, model: type[Record], rows: Sequence[Mapping[str, Any]], *, unless_exists: Sequence[str] = ()
    ) -> list[uuid.UUID]:
        """Adds many rows of one model, which are sent at the next flush in one statement, and audits them.

        rows: values by attribute name; Money and Period either whole or by their columns; `id` only to choose it.
        unless_exists: names of the columns, beside the tenant, of a unique constraint: a row whose key is there already
        is left out, atomically, and they are sent at once. Returns the ids inserted in the order of the rows. CONFLICT
        where a unique rule breaks otherwise, when they are sent.
        """
        return insert_rows(self.session, self.changes, model, rows, unless_exists=unless_exists)

    def update_rows(
        self, model: type[Record], *criteria: ColumnElement[bool], values: Mapping[str, Any]
    ) -> list[uuid.UUID]:
        """Changes all rows that meet the criteria, atomically, and returns their ids.

        values: by attribute name, literals or expressions: `values={"points": Member.points - 50}` with the criterion
        `Member.points >= 50` spends at most what is there, whoever else spends. Version, time and audit come with it.
        """
        return update_rows(self.session, self.changes, model, criteria, values)

    def delete(self, record: Record) -> None:
        """Deletes a record; append-only ones are refused. It is audited."""
        self.session.delete(record)

    def flush(self) -> None:
        """Sends what waits to the database, inside the transaction."""
        self.session.flush()

    def get(
        self, model: type[RecordT], id: uuid.UUID, *, lock: bool = False, path: tuple[str | int, ...] = ()
    ) -> RecordT:
        """The record with this id; NOT_FOUND, in the same words whether it is missing, foreign or of another type.

        lock: holds the row until the transaction ends. path: the input's field that named the id, for the error.
        """
        known = self._known(model, id)
        if known is not None and (not lock or self._writes_alone):
            return self._seen(known, path)
        statement = sql_select(model).where(model.id == id)
        if lock:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        record = self.session.scalars(statement).one_or_none()
        if record is None:
            raise _unknown(model, path)
        return self._seen(record, path)

    def _seen(self, record: RecordT, path: tuple[str | int, ...]) -> RecordT:
        """The record; NOT_FOUND where the actor's rows are limited to others."""
        if not is_there(record, self):
            raise _unknown(type(record), path)
        return record

    def refer(self, model: type[Record], id: uuid.UUID, *, path: tuple[str | int, ...] = ()) -> None:
        """Says that a row about to be written refers to this record; NOT_FOUND where there is none.

        Nothing is read for it: the foreign key is what checks, when the row is sent. path: as in `get`.
        """
        if self.actor.limits:
            self.get(model, id, path=path)
        self.referred[model, id] = path

    def missing(self) -> NotFound | None:
        """The first record that `refer` named and nobody has, to be asked where a foreign key was broken."""
        for (model, id_), path in self.referred.items():
            try:
                self.get(model, id_, path=path)
            except NotFound as error:
                return error
        return None

    def _known(self, model: type[RecordT], id: uuid.UUID) -> RecordT | None:
        """A record that this transaction has already read or made; nobody else's changes can be missing from it."""
        key = sql_inspect(model).identity_key_from_primary_key((self.tenant_id, id))
        record = self.session.identity_map.get(key)
        return record if isinstance(record, model) and record not in self.session.deleted else None

    @property
    def _writes_alone(self) -> bool:
        """Whether no other transaction can write meanwhile, so that a row read is a row held: SQLite's one writer."""
        return self.session.get_bind().dialect.name == "sqlite"

    def find(self, model: type[RecordT], **equals: Any) -> RecordT | None:
        """The first record, by id, whose attributes equal the given ones; None where there is none.

        An encrypted attribute may be among them where it is filterable.
        """
        found_by = self.session.sealer.blinded(model, equals)
        statement = sql_select(model).filter_by(**found_by).order_by(model.id).limit(1)
        return self.session.scalars(statement).one_or_none()

    def select(self, statement: Select[T]) -> list[T]:
        """What a select of one model or one column yields; the tenant's criteria are added to every model in it."""
        return list(self.session.scalars(statement))

    def rows(self, statement: Executable) -> list[Row[*tuple[Any, ...]]]:
        """What a select of several columns yields; the tenant's criteria are added."""
        return list(self.session.execute(statement).all())

    def look_up(
        self, statement: Select[*tuple[Any, ...]], key: InstrumentedAttribute[Any], values: Collection[Any]
    ) -> list[Row[Any]]:
        """What a select of several columns yields where `key` is one of `values`, in no particular order.

        For many values: one statement whose text is the same for any number of them, and one probe for each into the
        index that begins with the tenant, the columns the select compares, and `key`.
        """
        return look_up_rows(self.session, statement, key, values)

    def among(self, key: InstrumentedAttribute[Any], values: Collection[Any]) -> ColumnElement[bool]:
        """That `key` is one of `values`: a criterion with one parameter for any number, where `in_` has one for each."""
        return among(self.session, key, values)

    def emit(self, event: Event) -> None:
        """Records an event in the outbox and lets every plugin react, inside this transaction.

        A plugin that raises is undone to where it began, logged under its name, and the others go on.
        """
        if self._event_depth >= _DEEPEST_EVENT:
            raise RuntimeError(
                f"Events cause each other {_DEEPEST_EVENT} deep, the last is {event.type}. Break the circle."
            )
        self.changes.record(event)
        reactions = list(self.plugins.calls("patron_on_event", event=event, uow=self))
        if reactions:
            self.flush()  # outside the wall: what the command itself got wrong is no plugin's failure
        self._event_depth += 1
        try:
            for plugin, call in reactions:
                self._react(plugin, call)
        finally:
            self._event_depth -= 1

    def handle(self, command: Command) -> Any:
        """Carries out a command in this transaction: permission, the gates of every plugin, then its handler.

        Returns what the handler returns. FORBIDDEN without the permission, INVALID_INPUT for a text that holds the number of a
        payment card, the gate's own code for a veto.
        """
        handler = self.plugins.handlers.get(type(command))
        if handler is None:
            raise TypeError(
                f"Nobody handles {type(command).__name__}. Yield a CommandHandler for it from patron_commands."
            )
        require(self.actor, handler.permission)
        command = cleared(command)
        self.judge(command)
        return handler.handler(command, self)

    def judge(self, command: Command) -> None:
        """Asks every plugin's gates about a command without carrying it out; a veto raises with the gate's own code.

        A handler that does many things at once asks for each, so that no gate is passed by in bulk.
        """
        for plugin, call in self._gates(command):
            self._pass(plugin, call)

    def has_gate(self, command: Command) -> bool:
        """Whether any plugin judges commands of this type; who has many of one type need not ask for each otherwise."""
        return any(True for _ in self._gates(command))

    def _gates(self, command: Command) -> Iterator[tuple[str, Callable[[], Any]]]:
        return self.plugins.calls("patron_gate", quarantined=True, command=command, uow=self)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What is done inside `with uow.savepoint():` is undone, audit and events included, when it raises."""
        self.flush()
        mark, written = self.changes.mark(), self.session.mark()
        savepoint = self.session.begin_nested()
        try:
            yield
            self.flush()
            savepoint.commit()
        except BaseException as error:
            # After a deadlock or a broken connection there is nothing to go back to: the whole transaction is lost.
            if not (is_retryable(error) or is_disconnect(error)):
                savepoint.rollback()
                self.changes.back_to(mark)
                self.session.back_to(written)
            raise

    def _react(self, plugin: str, call: Callable[[], Any]) -> None:
        try:
            with self.savepoint():
                call()
        except Exception as error:
            if is_passing(error):  # no plugin is to blame, and what it would have done must not be left out
                raise
            self.plugins.failed(plugin, hook="patron_on_event", tenant_id=self.tenant_id, error=error)

    def _pass(self, plugin: str, call: Callable[[], Any]) -> None:
        try:
            veto = call()
        except Exception as error:
            if is_passing(error):  # no plugin is to blame, and what it would have done must not be left out
                raise
            self.plugins.failed(plugin, hook="patron_gate", tenant_id=self.tenant_id, error=error)
            raise Internal(
                f"Plugin {plugin} could not judge this command. Its gate failed. Tell the operator the request id."
            ) from error
        if isinstance(veto, Veto):
            raise Vetoed(veto.message, veto=veto.code, path=veto.path)


def _unknown(model: type[Record], path: tuple[str | int, ...]) -> NotFound:
    return NotFound(f"There is no such {_noun(model)}. The id names none that you may see. Check the id.", path=path)


def _noun(model: type[Record]) -> str:
    return "".join(" " + c.lower() if c.isupper() else c for c in model.__name__).strip()
