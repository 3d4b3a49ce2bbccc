"""What the gateway asks of the audit: may this be read, was it kept, who saw it.

An operation comes in before it runs and after it is answered; nothing goes out but a refusal. Which plans are kept is
decided in `read_audit`, how rows are committed in `patron_core.audit.reading`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import event

from patron_core.audit.purposes import check_purpose_given
from patron_core.audit.reading import DatabaseWriter, Disclosed, Read, ReadLog
from patron_core.audit.sealing import Sealer
from patron_core.database import Database, TenantSession
from patron_core.errors import Forbidden
from patron_core.messages import Actor
from patron_core.values import Clock, IdSource, RandomIds

from .context import OperationRequest
from .documents import Document
from .operations import Prepared
from .read_audit import is_health, read_by_python, together
from .ready import Ready

__all__ = ["Auditing", "in_emergency_only_reads", "watched"]

T = TypeVar("T")


class Auditing:
    """The audit of one deployment.

    ids: of its rows; None for random ones. log: where reads are kept; None for units of work. sealer: told of what is
    written.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        ids: IdSource | None = None,
        log: ReadLog | None = None,
        sealer: Sealer | None = None,
    ) -> None:
        self.sealer = sealer
        self.log = log or ReadLog(DatabaseWriter(database))
        self._clock = clock
        self._ids = ids or RandomIds(clock)

    def check(self, actor: Actor, prepared: Prepared) -> None:
        """Refuses to show health information to somebody without a purpose of use, with FORBIDDEN."""
        if prepared.disclosed is not None and is_health(prepared.disclosed):
            check_purpose_given(actor)

    async def keep(self, ready: Ready) -> None:
        """Returns when the audit holds what the operation has read. Raises UNAVAILABLE where it cannot."""
        disclosed = (
            together((ready.prepared.disclosed, *ready.by_python)) if ready.by_python else ready.prepared.disclosed
        )
        if disclosed is not None:
            await self.log.keep(self._read(ready.request, ready.document, disclosed, ready.subjects))

    async def keep_told(self, ready: Ready, requests: Sequence[OperationRequest], subjects: Collection[str]) -> None:
        """The same for an event of a subscription, which several are told of: a row for each."""
        disclosed = ready.prepared.disclosed
        if disclosed is not None and requests:
            await self.log.keep(*(self._read(each, ready.document, disclosed, subjects) for each in requests))

    def changed(self, actor: Actor) -> None:
        """Something of the tenant was changed and is to be sealed."""
        if self.sealer is not None:
            self.sealer.note(actor.tenant_id)

    async def close(self) -> None:
        """Keeps and seals what is left."""
        await self.log.close()
        if self.sealer is not None:
            await self.sealer.close()

    def _read(
        self, request: OperationRequest, document: Document, disclosed: Disclosed, subjects: Collection[str]
    ) -> Read:
        return Read(
            id=self._ids.new(),
            actor=request.actor,
            disclosed=disclosed,
            subjects=tuple(subjects),
            occurred_at=self._clock.now(),
            request_id=request.request_id,
            document=document.sha256,
            operation=document.operation_name,
        )


def in_emergency_only_reads(request: OperationRequest, kind: str, *, now: dt.datetime) -> OperationRequest:
    """The request, where it may run: emergency access opens queries alone, and all they read is kept whatever its class."""
    if request.actor.break_glass is None:
        return request
    if request.actor.expires_at is not None and request.actor.expires_at <= now:
        raise Forbidden(
            "The emergency access has ended. It was used on a socket that outlived it. Take it anew with accessBreakGlass."
        )
    if kind != "query":
        raise Forbidden(
            f"Emergency access is for reading. The operation is a {kind}. Send it without the emergency access.",
            operation=kind,
        )
    return request if request.subjects else replace(request, subjects=True)


def watched(ready: Ready, work: Callable[[TenantSession], T]) -> Callable[[TenantSession], T]:
    """The same function on a session; what its statements read is noted with the operation, and needs a purpose too."""

    def run(session: TenantSession) -> T:
        loaded: list[object] = []  # the session itself lets go of what nobody holds
        event.listen(session, "loaded_as_persistent", lambda _session, record: loaded.append(record))
        session.models = set()
        value = work(session)
        disclosed, subjects = read_by_python(session.models, loaded)
        if disclosed is not None:
            if is_health(disclosed):
                check_purpose_given(ready.request.actor)
            ready.by_python.append(disclosed)
            ready.subjects.update(subjects)
        return value

    return run
