"""Look-ups on their way: who asks for the same thing meanwhile waits for the first one's answer.

When a credential or profile that many requests share grows too old, the database is asked once and not by all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

__all__ = ["Flights"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Flights(Generic[K, V]):
    """Runs one look-up per key at a time. For one event loop."""

    def __init__(self) -> None:
        self._running: dict[K, asyncio.Task[V]] = {}

    async def once(self, key: K, look: Callable[[], Coroutine[Any, Any, V]]) -> V:
        """What `look` gives, or the one that runs for this key already. A caller that is cancelled stops nobody else's."""
        return await asyncio.shield(self.begin(key, look))

    def begin(self, key: K, look: Callable[[], Coroutine[Any, Any, V]]) -> asyncio.Task[V]:
        """Starts the look-up without waiting, for what will soon be too old; who needs not wait for it may forget it."""
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.create_task(look())
            task.add_done_callback(lambda done: self._landed(key, done))
        return task

    def _landed(self, key: K, done: asyncio.Task[V]) -> None:
        del self._running[key]
        if not done.cancelled():
            done.exception()  # looked at here, for all callers may be gone
