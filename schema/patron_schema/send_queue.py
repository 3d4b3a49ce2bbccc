"""The messages of one socket that wait to be sent: texts come in at any speed and leave at the client's.

Bounded in number and in size, so that a client which does not read costs a known amount of memory. What happens when
it is full is left to whoever puts messages in.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

__all__ = ["SendQueue"]


class SendQueue:
    """At most `max_messages` texts of together at most `max_characters`; a single one may be longer."""

    def __init__(self, *, max_messages: int, max_characters: int) -> None:
        self._max_messages = max_messages
        self._max_characters = max_characters
        self._waiting: deque[str] = deque()
        self._characters = 0
        self._filled = asyncio.Event()

    def put(self, text: str) -> bool:
        """Takes a text to be sent, or says False where the queue is full."""
        if len(self._waiting) >= self._max_messages:
            return False
        if self._waiting and self._characters + len(text) > self._max_characters:
            return False
        self._waiting.append(text)
        self._characters += len(text)
        self._filled.set()
        return True

    async def drain(self, send: Callable[[MutableMapping[str, Any]], Awaitable[None]]) -> None:
        """Sends what is put in, in order, until it is cancelled or the socket is gone."""
        while True:
            while self._waiting:
                text = self._waiting.popleft()
                self._characters -= len(text)
                await send({"type": "websocket.send", "text": text})
            self._filled.clear()
            await self._filled.wait()
