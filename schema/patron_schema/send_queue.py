"""The messages of one socket that wait to be sent: texts come in at any speed and leave at the client's.

Bounded in number and in size, so that a client which does not read costs a known amount of memory; a socket with nothing to
send costs neither a task nor a buffer. What happens when it is full or broken is left to whoever puts messages in.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

__all__ = ["SendQueue"]


class SendQueue:
    """At most `max_messages` texts of together at most `max_characters`; a single one may be longer.

    send: the ASGI server's. broken: called once when it raises; nothing is sent any more then.
    """

    __slots__ = ("_broken", "_characters", "_max_characters", "_max_messages", "_send", "_task", "_waiting")

    def __init__(
        self,
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
        *,
        max_messages: int,
        max_characters: int,
        broken: Callable[[], None],
    ) -> None:
        self._send = send
        self._max_messages = max_messages
        self._max_characters = max_characters
        self._broken = broken
        self._waiting: deque[str] | None = None
        self._characters = 0
        self._task: asyncio.Task[None] | None = None

    def put(self, text: str) -> bool:
        """Takes a text to be sent, or says False where the queue is full."""
        if self._waiting is None:
            self._waiting = deque()
        elif len(self._waiting) >= self._max_messages or (
            self._waiting and self._characters + len(text) > self._max_characters
        ):
            return False
        self._waiting.append(text)
        self._characters += len(text)
        if self._task is None:
            self._task = asyncio.create_task(self._drain(), name="patron-socket-send")
        return True

    async def _drain(self) -> None:
        """Sends what waits, in order, until nothing does."""
        try:
            while self._waiting:
                text = self._waiting.popleft()
                self._characters -= len(text)
                await self._send({"type": "websocket.send", "text": text})
        except Exception:  # the socket is gone, in whatever words of the server
            self._broken()
        else:
            self._waiting = self._task = None

    async def close(self) -> None:
        """Lets go of what waits, also of a message that is on its way."""
        task, self._waiting = self._task, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait([task])
