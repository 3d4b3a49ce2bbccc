"""Clients that follow a tenant's customers over a socket, whatever dies, and go on after the last message they had.

A port and a key come in; what was told goes out, with the position of each message. Who kills what is left to the tests.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException
from websockets.typing import Subprotocol

__all__ = ["Follower"]

_FOLLOW: Final = "subscription($after: String) { customerChanged(after: $after) { displayName } }"
_BETWEEN_SECONDS: Final = 0.1
_SILENT_SECONDS: Final = 10.0


@dataclass(slots=True)
class Follower:
    """One client. after: the place it begins at. told: position and name of each message, in the order in which they came."""

    port: int
    key: str
    after: str
    told: list[tuple[str, str]] = field(default_factory=list)
    sockets: int = 0
    refused: list[Any] = field(default_factory=list)
    _task: asyncio.Task[None] | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _stands: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        """Follows from now on; returns when its first subscription stands."""
        self._task = asyncio.create_task(self._again_and_again())
        try:
            await asyncio.wait_for(self._stands.wait(), 30)
        except TimeoutError:
            raise AssertionError(f"no subscription stands: {self.sockets} sockets, refused {self.refused}") from None

    async def has(self, names: set[str], *, seconds: float = 60) -> None:
        """Returns when all these names were told."""
        async with asyncio.timeout(seconds):
            while not names <= {name for _, name in self.told}:
                self._changed.clear()
                await self._changed.wait()

    async def close(self) -> None:
        """Follows no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _again_and_again(self) -> None:
        while True:
            try:
                async with connect(
                    f"ws://127.0.0.1:{self.port}/graphql",
                    subprotocols=[Subprotocol("graphql-transport-ws")],
                    compression=None,
                    open_timeout=_SILENT_SECONDS,
                    ping_interval=None,
                ) as socket:
                    self.sockets += 1
                    await self._follow(socket)
            except (OSError, TimeoutError, WebSocketException, InvalidHandshake, EOFError):
                pass  # the server is away, or has gone: the same place is asked for again
            await asyncio.sleep(_BETWEEN_SECONDS)

    async def _follow(self, socket: ClientConnection) -> None:
        credential = {"authorization": f"Bearer {self.key}"}
        await socket.send(json.dumps({"type": "connection_init", "payload": credential}))
        subscribe = {"query": _FOLLOW, "variables": {"after": self.after}}
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "connection_ack":
                await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": subscribe}))
                await socket.send(json.dumps({"type": "ping"}))
            elif message["type"] == "pong":
                self._stands.set()
            elif message["type"] == "next":
                self._take(message["payload"])
            elif message["type"] == "error":
                self.refused.append(message["payload"])
                return

    def _take(self, payload: dict[str, Any]) -> None:
        if payload.get("errors"):
            self.refused.append(payload["errors"])  # the row could not be read: the place is not passed
            raise EOFError
        self.after = payload["extensions"]["position"]
        self.told.append((self.after, payload["data"]["customerChanged"]["displayName"]))
        self._changed.set()
