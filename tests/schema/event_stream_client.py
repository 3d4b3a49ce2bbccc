"""A client's end of an event stream, through ASGI: its head, its events one by one, and the moment it goes away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.schema.example_service import JSON, KEY

__all__ = ["Event", "Stream", "streaming"]

SSE = (b"accept", b"text/event-stream")


@dataclass(frozen=True)
class Event:
    """An event as a browser would have it."""

    event: str
    data: Any = None
    id: str | None = None


@dataclass
class Stream:
    """What the server sends. `reads` is cleared for a client that does not read."""

    messages: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)
    reads: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    comments: int = 0
    ended: bool = False
    _text: str = ""

    async def next(self) -> Event | None:
        """The next event, comments counted and left out; None where the response ends."""
        while True:
            while "\n\n" in self._text:
                block, _, self._text = self._text.partition("\n\n")
                if block == ":":
                    self.comments += 1
                    continue
                return _event(block)
            if self.ended:
                assert self._text == ""
                return None
            await self._more()

    async def all(self, count: int) -> list[Event | None]:
        return [await self.next() for _ in range(count)]

    async def rest(self) -> list[Event]:
        """Everything up to the end of the response."""
        found = []
        while (event := await self.next()) is not None:
            found.append(event)
        return found

    async def _more(self) -> None:
        message = await asyncio.wait_for(self.messages.get(), 5)
        assert message["type"] == "http.response.body"
        self._text += message["body"].decode()
        self.ended = not message.get("more_body", False)

    async def body(self) -> Any:
        """The body of an answer that is no stream."""
        while not self.ended:
            await self._more()
        return json.loads(self._text)


def _event(block: str) -> Event:
    fields: dict[str, str] = {}
    for line in block.split("\n"):
        name, _, value = line.partition(":")
        fields[name] = fields.get(name, "") + value.removeprefix(" ")
    data = fields.get("data", "")
    return Event(fields["event"], json.loads(data) if data else None, fields.get("id"))


@asynccontextmanager
async def streaming(
    app: Any,
    query: str,
    *,
    variables: Any = None,
    method: str = "POST",
    headers: Sequence[tuple[bytes, bytes]] = (SSE,),
    query_string: bytes = b"",
    key: bytes | None = KEY,
    reads: bool = True,
) -> AsyncIterator[Stream]:
    """A request whose answer is read while it comes; the client goes away at the end."""
    body = json.dumps({"query": query, "variables": variables}).encode() if method == "POST" else b""
    sent = [*headers, JSON, *([(b"authorization", key)] if key else [])]
    scope = {"type": "http", "method": method, "path": "/graphql", "query_string": query_string, "headers": sent}
    stream = Stream()
    if reads:
        stream.reads.set()
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        if waiting:
            return waiting.pop()
        await stream.gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            stream.status = message["status"]
            stream.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            await stream.messages.put({"type": "http.response.body", "body": b"", "more_body": True})
        else:
            await stream.reads.wait()
            await stream.messages.put(message)

    serving = asyncio.create_task(app(scope, receive, send))
    first = await asyncio.wait_for(stream.messages.get(), 5)
    assert first["body"] == b""
    try:
        yield stream
    finally:
        stream.gone.set()
        await asyncio.wait_for(serving, 5)
