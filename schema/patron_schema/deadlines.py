"""Deadlines of requests: what takes too long is cancelled, with one timer for all of them.

`asyncio.timeout` sets and cancels a timer for each use, a tenth of the time of a small query. Nearly every request is done long
before its deadline, so here it is only noted, and the one timer stands at the earliest. Otherwise it behaves as asyncio's.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Final
from weakref import WeakKeyDictionary

__all__ = ["Deadline"]


class _Ticker:
    """The deadlines that run in one event loop, and its timer."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._running: set[Deadline] = set()
        self._timer: asyncio.TimerHandle | None = None
        self.time = loop.time
        self._call_at = loop.call_at

    def add(self, deadline: Deadline) -> None:
        self._running.add(deadline)
        if self._timer is None or deadline.when < self._timer.when():
            self._set(deadline.when)

    def discard(self, deadline: Deadline) -> None:
        self._running.discard(deadline)

    def _set(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._call_at(when, self._look)

    def _look(self) -> None:
        self._timer = None
        now = self.time()
        for deadline in [each for each in self._running if each.when <= now]:
            self._running.discard(deadline)
            deadline.expire()
        if self._running:
            self._set(min(each.when for each in self._running))


_tickers: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, _Ticker]] = WeakKeyDictionary()


class Deadline:
    """Cancels what runs inside of `with` when its time is over, and makes of that cancellation a TimeoutError.

    seconds: from the start of the block on; 0 ends it at its next wait. expired: whether it was this that ended it.
    """

    __slots__ = ("_cancelling", "_seconds", "_task", "_ticker", "expired", "when")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.expired = False

    def __enter__(self) -> Deadline:
        loop = asyncio.get_running_loop()
        ticker = _tickers.get(loop)
        if ticker is None:
            ticker = _tickers[loop] = _Ticker(loop)
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError(
                "A deadline was set outside of a task. There is nothing to cancel. Set it inside of one."
            )
        self._ticker, self._task = ticker, task
        self._cancelling = task.cancelling()
        self.when = ticker.time() + self._seconds
        ticker.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ticker.discard(self)
        if self.expired and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error  # it was this deadline's cancellation and nobody else's

    def expire(self) -> None:
        """Cancels the task; called by the timer."""
        self.expired = True
        self._task.cancel()
