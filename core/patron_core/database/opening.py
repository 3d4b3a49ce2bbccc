"""How a transaction on PostgreSQL begins: BEGIN and the tenant's setting in one round trip, when the first statement comes.

In comes what the running task has said about its transaction, out comes a class of connections for asyncpg. SQLAlchemy
asks a connection for a transaction before its first statement; these connections answer with one of ours.
"""

from __future__ import annotations

import uuid
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

__all__ = ["OPENING", "Opening", "tenant_connection"]


@dataclass(slots=True)
class Opening:
    """How the transaction of the running task begins.

    begun: whether it has, and not ended since. alone: one statement is all of it, which sets the tenant itself.
    """

    tenant_id: uuid.UUID
    read_only: bool
    begun: bool = False
    alone: bool = False

    @property
    def text(self) -> str:
        """Two statements in one message; it cannot carry parameters, and a uuid needs no quoting."""
        kind = " READ ONLY" if self.read_only else ""
        return f"BEGIN{kind}; SELECT set_config('app.tenant', '{self.tenant_id}', true)"


OPENING: Final[ContextVar[Opening]] = ContextVar("OPENING")


class _OwnTransaction:
    """What SQLAlchemy knows of asyncpg's transactions: start, commit, rollback."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._opening = OPENING.get(None)

    async def start(self) -> None:
        if self._opening is None:  # SQLAlchemy's own first look at the server
            await self._connection.execute("BEGIN")
        elif not self._opening.alone:
            await self._connection.execute(self._opening.text)
            self._opening.begun = True

    async def commit(self) -> None:
        if await self._end("COMMIT") == "ROLLBACK":
            raise RuntimeError(
                "A transaction was to be committed after one of its statements had failed. PostgreSQL undid it. "
                "Let errors of statements pass, or wrap what may fail in `uow.savepoint()`."
            )

    async def rollback(self) -> None:
        await self._end("ROLLBACK")

    async def _end(self, how: str) -> str:
        if self._opening is not None:
            self._opening.begun = False
            if self._opening.alone:
                return ""
        status: str = await self._connection.execute(how)
        return status


@cache
def tenant_connection() -> type[Any]:
    """The class of connections to hand to asyncpg, which is an extra and imported when it is used."""
    import asyncpg

    class TenantConnection(asyncpg.Connection):
        def transaction(self, **_: Any) -> Any:
            return _OwnTransaction(self)

    return TenantConnection
