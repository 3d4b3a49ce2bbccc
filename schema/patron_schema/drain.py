"""What begins with the signal that ends a process, while requests that run are still answered.

SIGTERM or SIGINT comes in; from then on /readyz says 503, the worker takes no new work, and event streams end, so that nobody
waits for what would never end by itself. uvicorn, whose handler runs after ours, closes the port and idle connections, tells
sockets 1012 and waits for the rest (`server`).
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

import structlog

from patron_core.worker.service import Worker
from patron_schema.event_stream import EventStreams
from patron_schema.readiness import Readiness

__all__ = ["GRACE_SECONDS", "Drain"]

#: How long requests and work may go on; a process is gone three seconds later at the latest.
GRACE_SECONDS: Final = 7
_WORK_SECONDS: Final = 6.0
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_log: Final = structlog.stdlib.get_logger("patron.server")


class Drain:
    """The end of one process."""

    def __init__(self, readiness: Readiness, worker: Worker, streams: EventStreams) -> None:
        self._readiness = readiness
        self._worker = worker
        self._streams = streams
        self._stopping: asyncio.Task[None] | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Hears the signal before the server does, on the event loop that runs; elsewhere than in a main thread never."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        servers = {number: signal.getsignal(number) for number in _SIGNALS}

        def heard(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.begin)
            then = servers[signal.Signals(number)]
            if callable(then):
                then(number, frame)

        ours = [number for number in _SIGNALS if hasattr(servers[number], "__self__")]  # a server's, not Python's own
        for number in ours:
            signal.signal(number, heard)
        try:
            yield
        finally:
            for number in ours:
                signal.signal(number, servers[number])

    def begin(self) -> None:
        """Begins to end; a second time does nothing. On the event loop."""
        if self._stopping is None:
            _log.info("draining", seconds=GRACE_SECONDS)
            self._readiness.is_ending = True
            self._streams.close()
            self._stopping = asyncio.create_task(self._worker.stop(seconds=_WORK_SECONDS), name="patron-drain")

    async def ended(self) -> None:
        """Returns when the worker has stopped."""
        if self._stopping is not None:
            await self._stopping
