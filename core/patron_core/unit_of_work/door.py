"""The door of the write side: one command, one transaction, and after the commit a broadcast in the process.

In come a command (or a function on a unit of work) and an actor, out comes an `Outcome`. GraphQL is left to the
gateway.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Final, Generic, TypeVar, overload

import structlog
from sqlalchemy import inspect

from patron_core.database import Database, TenantSession
from patron_core.database.deadline import ENDS_AT
from patron_core.errors import Conflict, Overloaded, PublicError, Timeout, Unavailable
from patron_core.fault_log import log_fault
from patron_core.idempotency import check_key, earlier, kept_row
from patron_core.messages import Actor, Command
from patron_core.outbox.events import CommittedEvent
from patron_core.plugins import Plugins
from patron_core.records import Record
from patron_core.unit_of_work.unit import UnitOfWork
from patron_core.values import Clock, IdSource

__all__ = ["Broadcast", "Outcome", "execute"]

T = TypeVar("T")
#: After these nobody knows better by asking again at once.
_LOST = (Unavailable, Overloaded, Timeout)
Broadcast = Callable[[Sequence[CommittedEvent]], None]

_log: Final = structlog.stdlib.get_logger("patron.write")
_running: set[asyncio.Future[Any]] = set()


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What a command returned.

    events: what it caused, committed. replayed: whether an idempotency key gave the first result again.
    """

    value: T
    events: tuple[CommittedEvent, ...] = ()
    replayed: bool = False


@overload
async def execute(
    database: Database,
    work: Command,
    *,
    actor: Actor,
    clock: Clock,
    ids: IdSource,
    plugins: Plugins,
    request_id: str | None = None,
    idempotency_key: str | None = None,
    broadcast: Broadcast | None = None,
) -> Outcome[Any]: ...
@overload
async def execute(
    database: Database,
    work: Callable[[UnitOfWork], T],
    *,
    actor: Actor,
    clock: Clock,
    ids: IdSource,
    plugins: Plugins,
    request_id: str | None = None,
    broadcast: Broadcast | None = None,
) -> Outcome[T]: ...
async def execute(
    database: Database,
    work: Command | Callable[[UnitOfWork], Any],
    *,
    actor: Actor,
    clock: Clock,
    ids: IdSource,
    plugins: Plugins,
    request_id: str | None = None,
    idempotency_key: str | None = None,
    broadcast: Broadcast | None = None,
) -> Outcome[Any]:
    """Carries out a command, or a function on a unit of work, in one transaction and commits it.

    plugins: those of the actor's tenant. idempotency_key: 1 to 255 characters; with the same key and content the first
    result comes again and nothing happens twice; with other content IDEMPOTENCY_MISMATCH. broadcast: called once with
    the events after the commit, also when the caller has gone meanwhile.
    """

    if idempotency_key is not None:
        check_key(idempotency_key)
    attempt = _Attempt(work, idempotency_key)

    def unit(session: TenantSession) -> UnitOfWork:
        return UnitOfWork(session, actor=actor, clock=clock, ids=ids, plugins=plugins, request_id=request_id)

    async def write() -> Outcome[Any]:
        try:
            return await database.write(actor.tenant_id, lambda session: attempt.perform(unit(session)))
        except _LOST:
            raise
        except Exception as error:
            failure = error
        found = None
        if attempt.may_be_explained:
            found = await database.read(actor.tenant_id, lambda session: attempt.explain(unit(session), failure))
        if found is None:
            raise failure
        return found

    return await _announced(write(), broadcast)


@dataclass(slots=True)
class _Attempt:
    """A command on its way: carried out hopefully, and looked at again where that failed."""

    work: Command | Callable[[UnitOfWork], Any]
    key: str | None
    referred: dict[tuple[type[Record], uuid.UUID], tuple[str | int, ...]] = field(default_factory=dict)

    def perform(self, uow: UnitOfWork) -> Outcome[Any]:
        """Does the work and leaves what is written last to the session."""
        self.referred = uow.referred
        if isinstance(self.work, Command):
            uow.changes.operation = type(self.work).__name__
        value = uow.handle(self.work) if isinstance(self.work, Command) else self.work(uow)
        if uow.session.changed:
            uow.flush()
        if any(inspect(record).expired for record in uow.session.identity_map.values()):
            _load(uow, value)
        last = [*uow.session.take_waiting(), *uow.changes.rows()]
        if self.key is not None and isinstance(self.work, Command):
            last.append(kept_row(uow, key=self.key, command=self.work, result=value))
        uow.session.closing = last
        return Outcome(value, uow.events)

    @property
    def may_be_explained(self) -> bool:
        """Whether a failure can have a reason that the database knows: a key that was used, a reference to nothing."""
        return bool(self.key is not None or self.referred)

    def explain(self, uow: UnitOfWork, error: Exception) -> Outcome[Any] | None:
        """The first result where the key was used before; None where `error` stands. NOT_FOUND for a missing reference."""
        if self.key is not None and isinstance(self.work, Command):
            before = earlier(uow, key=self.key, command=self.work)
            if before is not None:
                return Outcome(before.result, replayed=True)
        uow.referred = self.referred
        missing = uow.missing() if isinstance(error, Conflict) else None
        if missing is not None:
            raise missing from error
        return None


def _load(uow: UnitOfWork, value: Any) -> None:
    """Reads again the records of a result that a set-based change or a savepoint left unread: they outlive the session."""
    match value:
        case Record():
            if value in uow.session and inspect(value).expired:
                uow.session.refresh(value)
        case tuple() | list():
            for item in value:
                _load(uow, item)
        case _ if is_dataclass(value) and not isinstance(value, type):
            for part in fields(value):
                _load(uow, getattr(value, part.name))


async def _announced(write: Awaitable[Outcome[Any]], broadcast: Broadcast | None) -> Outcome[Any]:
    """Awaits the write and broadcasts its events, even if the caller is cancelled in between."""

    async def both() -> Outcome[Any]:
        outcome: Outcome[Any] = await write
        ENDS_AT.set(None)  # those who are told have time of their own
        if broadcast is not None and outcome.events:
            broadcast(outcome.events)
        return outcome

    task = asyncio.ensure_future(both())
    _running.add(task)  # the loop itself keeps no task alive
    task.add_done_callback(_running.discard)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.add_done_callback(_unheard)
        raise


def _unheard(task: asyncio.Future[Any]) -> None:
    """Logs a defect of a write whose caller has gone; what a caller would have been told is nothing to log."""
    error = None if task.cancelled() else task.exception()
    if error is not None and not isinstance(error, PublicError):
        log_fault(_log, "write_failed", error=error)
