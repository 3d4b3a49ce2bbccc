"""The texts of one connection that wait to be sent: they come in at any speed and leave at the client's.

Bounded in number and in size, so that a client which does not read costs a known amount of memory; what is told to many lies there
once, and what frames it for each beside it. A connection with nothing to send costs neither a task nor a buffer. What happens when
the queue is full or broken is left to whoever puts texts in.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

__all__ = ["SendQueue"]


class SendQueue:
    """At most `max_messages` texts of together at most `max_characters`; a single one may be longer.

    send: sends one. broken: called once when it raises; nothing is sent any more then.
    """

    __slots__ = ("_broken", "_characters", "_max_characters", "_max_messages", "_room", "_send", "_task", "_waiting")

    def __init__(
        self,
        send: Callable[[str], Awaitable[None]],
        *,
        max_messages: int,
        max_characters: int,
        broken: Callable[[], None],
    ) -> None:
        self._send = send
        self._max_messages = max_messages
        self._max_characters = max_characters
        self._broken = broken
        self._waiting: deque[tuple[str, str, str]] | None = None
        self._characters = 0
        self._task: asyncio.Task[None] | None = None
        self._room: asyncio.Event | None = None

    @property
    def is_empty(self) -> bool:
        """Whether all that was put in is sent."""
        return self._waiting is None

    def put(self, text: str, *, opening: str = "", closing: str = "") -> bool:
        """Takes a text to be sent, or says False where the queue is full. opening and closing: what frames it."""
        if self._waiting is None:
            self._waiting = deque()
        elif len(self._waiting) >= self._max_messages or (
            self._waiting and self._characters + len(text) > self._max_characters
        ):
            return False
        self._waiting.append((opening, text, closing))
        self._characters += len(text)
        if self._task is None:
            self._task = asyncio.create_task(self._drain(), name="patron-socket-send")
        return True

    async def room(self) -> None:
        """Returns when the queue is less than half full, or sends nothing any more."""
        while self._is_half_full():
            self._room = self._room or asyncio.Event()
            await self._room.wait()

    async def drain(self, seconds: float) -> None:
        """Returns when all that waits is sent, or after so many seconds."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=seconds)

    def _is_half_full(self) -> bool:
        return self._waiting is not None and (
            len(self._waiting) > self._max_messages // 2 or self._characters > self._max_characters // 2
        )

    async def _drain(self) -> None:
        """Sends what waits, in order, until nothing does."""
        try:
            while self._waiting:
                opening, text, closing = self._waiting.popleft()
                self._characters -= len(text)
                await self._send(f"{opening}{text}{closing}")
                if self._room is not None and not self._is_half_full():
                    self._make_room()
        except Exception:  # the connection is gone, in whatever words of the server
            self._broken()
        else:
            self._waiting = self._task = None

    def _make_room(self) -> None:
        if self._room is not None:
            self._room.set()
            self._room = None

    async def close(self) -> None:
        """Lets go of what waits, also of a text that is on its way."""
        task, self._waiting = self._task, None
        self._make_room()
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait([task])
