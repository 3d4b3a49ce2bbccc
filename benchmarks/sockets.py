"""Many subscribers in one process, cheaply: WebSockets of graphql-transport-ws by hand, over uvloop's protocols.

`python -m benchmarks.sockets` reads one JSON order per line from standard input and answers each with a line: {open: {port, count,
headers, query}}, then any number of {event: {name, port, path, headers, body}} and at last {} to leave. An event is a POST; what
is answered is when each subscriber of that server had its frame, in milliseconds after the POST was sent.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import time
import uuid
from typing import Any

import uvloop

_INIT = b'{"type":"connection_init"}'
_TEXT, _PING, _PONG = 0x81, 0x89, 0x8A
_HANDSHAKE = 5.0
_SETTLED = 1.5


class Subscriber(asyncio.Protocol):
    """One socket with one subscription. It understands whole text frames of up to 64 KiB, and pings."""

    def __init__(self, fleet: Fleet, headers: dict[str, str]) -> None:
        self._fleet = fleet
        self._headers = headers
        self._read = b""
        self._is_open = False
        self.subscribed = asyncio.get_running_loop().create_future()
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        head = {
            "Host": "127.0.0.1",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Protocol": "graphql-transport-ws",
            **self._headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        self.transport.write(f"GET /graphql HTTP/1.1\r\n{lines}\r\n".encode())

    def data_received(self, data: bytes) -> None:
        self._read += data
        if not self._is_open:
            head, end, rest = self._read.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head:
                self.subscribed.set_exception(RuntimeError(head.decode(errors="replace")))
                return
            self._is_open, self._read = True, rest
            self._send(_INIT)
        while (size := _size(self._read)) is not None:
            opening, length = size
            if len(self._read) < opening + length:
                return
            kind, payload = self._read[0], self._read[opening : opening + length]
            self._read = self._read[opening + length :]
            if kind == _PING:
                self._send(payload, kind=_PONG)
            elif kind == _TEXT:
                self._message(payload)
            else:
                raise RuntimeError(f"A server sent a frame {kind:#x}: {payload!r}")

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.subscribed.done():
            self.subscribed.set_exception(RuntimeError("The server closed a socket."))
        self._fleet.lost += 1

    def _message(self, payload: bytes) -> None:
        if b'"connection_ack"' in payload:
            message = {"id": str(uuid.uuid4()), "type": "subscribe", "payload": {"query": self._fleet.query}}
            self._send(json.dumps(message).encode())
            self.subscribed.set_result(None)
        elif b'"next"' in payload:
            self._fleet.told(payload)
        else:
            raise RuntimeError(f"A server said {payload[:300]!r}")

    def _send(self, payload: bytes, *, kind: int = _TEXT) -> None:
        length = len(payload)
        opening = bytes((kind, 0x80 | length)) if length < 126 else bytes((kind, 0xFE)) + length.to_bytes(2, "big")
        self.transport.write(opening + b"\0\0\0\0" + payload)  # masked with zeros


def _size(data: bytes) -> tuple[int, int] | None:
    """Where a frame's payload begins and how long it is; None where its head is not there yet."""
    if len(data) < 2:
        return None
    length = data[1] & 0x7F
    if length < 126:
        return 2, length
    if len(data) < 4:
        return None
    return 4, int.from_bytes(data[2:4], "big")


class Fleet:
    """The subscribers of one server."""

    def __init__(self, port: int, query: str) -> None:
        self.port = port
        self.query = query
        self.subscribers: list[Subscriber] = []
        self.lost = 0
        self.sample = b""
        self._times: list[float] = []
        self._all: asyncio.Event = asyncio.Event()

    async def open(self, count: int, headers: list[dict[str, str]]) -> None:
        """Connects, fifty at a time. headers: in turn."""
        for start in range(0, count, 50):
            some = range(start, min(start + 50, count))
            made = [await self._connect(headers[number % len(headers)]) for number in some]
            async with asyncio.timeout(_HANDSHAKE * 10):
                await asyncio.gather(*(each.subscribed for each in made))
            self.subscribers += made
        await asyncio.sleep(_SETTLED)  # the protocol does not say when a subscription has begun

    async def _connect(self, headers: dict[str, str]) -> Subscriber:
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(lambda: Subscriber(self, headers), "127.0.0.1", self.port)
        return made

    def told(self, payload: bytes) -> None:
        """A subscriber had an event."""
        self._times.append(time.perf_counter())
        self.sample = payload
        if len(self._times) == len(self.subscribers):
            self._all.set()

    async def event(self, path: str, headers: dict[str, str], body: str) -> dict[str, Any]:
        """Posts, waits until all had it, and says when."""
        self._times.clear()
        self._all.clear()
        began = time.perf_counter()
        answer = await _post(self.port, path, headers, body.encode())
        if b'"errors"' in answer:
            raise RuntimeError(f"The server answered {answer[:600]!r}")
        async with asyncio.timeout(20):
            await self._all.wait()
        return {
            "answer": json.loads(answer),
            "sample": json.loads(self.sample)["payload"],
            "milliseconds": [round(1000 * (each - began), 3) for each in self._times],
            "lost": self.lost,
        }


async def _post(port: int, path: str, headers: dict[str, str], body: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    )
    writer.write(f"{head}{lines}Connection: close\r\n\r\n".encode() + body)
    answer = await reader.read()
    writer.close()
    return answer.partition(b"\r\n\r\n")[2]


async def main() -> None:
    """Obeys until the orders end."""
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader(limit=1 << 24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    fleets: dict[int, Fleet] = {}
    while line := await orders.readline():
        order = json.loads(line)
        answer: Any = {}
        if opened := order.get("open"):
            fleet = fleets.setdefault(opened["port"], Fleet(opened["port"], opened["query"]))
            await fleet.open(opened["count"], opened["headers"])
        elif event := order.get("event"):
            answer = await fleets[event["port"]].event(event["path"], event["headers"], event["body"])
        else:
            return
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
