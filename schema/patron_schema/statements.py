"""The statements of reads: which database answers one, how long that took.

A statement comes in with who asks, its value goes out, from a replica where one may answer. How rows become an answer is left
to the gateway.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Protocol

from patron_core.tracing import span

from .metrics import Durations
from .planner.execution import Found, Reader
from .ready import Ready
from .replicas import Replicas

__all__ = ["Statements"]


class Databases(Protocol):
    """Who holds the connections: the gateway."""

    reader: Reader
    replicas: Replicas | None


class Statements:
    """Runs the statements of one deployment. seconds: how long they took."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self.seconds = Durations()

    async def value(self, ready: Ready, sql: str, arguments: Sequence[Any]) -> Found:
        """What a statement gives. Only queries of requests are answered by replicas: what follows a change must know it."""
        request, replicas = ready.request, self._databases.replicas
        started = time.perf_counter()
        try:
            with span("patron.statement"):
                if replicas is None or ready.document.kind != "query" or request.transport == "JOB":
                    return await self._databases.reader.value(sql, arguments)
                return await replicas.value(sql, arguments, actor=request.actor, at_least=request.at_least)
        finally:
            self.seconds.note(time.perf_counter() - started)
