"""The door of the write side: one command, one transaction, and after the commit a broadcast in the process.

In come a command (or a function on a unit of work) and an actor, out comes an `Outcome`. GraphQL is left to the
gateway.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Generic, TypeVar, overload

from sqlalchemy import inspect

from patron_core.database import Database, TenantSession
from patron_core.idempotency import Claim, claim, command_hash, complete, revive
from patron_core.messages import Actor, Command
from patron_core.outbox.events import CommittedEvent
from patron_core.plugins import Plugins
from patron_core.records import Record
from patron_core.unit_of_work.unit import UnitOfWork
from patron_core.values import Clock, IdSource

__all__ = ["Broadcast", "Outcome", "execute"]

T = TypeVar("T")
Broadcast = Callable[[Sequence[CommittedEvent]], None]

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

    def run(session: TenantSession) -> Outcome[Any]:
        uow = UnitOfWork(session, actor=actor, clock=clock, ids=ids, plugins=plugins, request_id=request_id)
        return _perform(uow, work, idempotency_key)

    return await _announced(database.write(actor.tenant_id, run), broadcast)


def _perform(uow: UnitOfWork, work: Command | Callable[[UnitOfWork], Any], key: str | None) -> Outcome[Any]:
    claimed: Claim | None = None
    if key is not None and isinstance(work, Command):
        claimed = claim(uow, key=key, command=type(work).__name__, content=command_hash(work))
        if claimed.done:
            return Outcome(revive(uow, claimed.result), replayed=True)
    value = uow.handle(work) if isinstance(work, Command) else work(uow)
    uow.flush()
    if claimed is not None:
        complete(uow, claimed, value)
    uow.changes.write(uow.session)
    if any(inspect(record).expired for record in uow.session.identity_map.values()):
        _load(uow, value)
    return Outcome(value, uow.events)


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
            for field in fields(value):
                _load(uow, getattr(value, field.name))


async def _announced(write: Awaitable[Outcome[Any]], broadcast: Broadcast | None) -> Outcome[Any]:
    """Awaits the write and broadcasts its events, even if the caller is cancelled in between."""

    async def both() -> Outcome[Any]:
        outcome: Outcome[Any] = await write
        if broadcast is not None and outcome.events:
            broadcast(outcome.events)
        return outcome

    task = asyncio.ensure_future(both())
    _running.add(task)  # the loop itself keeps no task alive
    task.add_done_callback(_running.discard)
    return await asyncio.shield(task)
