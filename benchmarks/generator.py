"""The bundled load generator, for machines without wrk: a process of its own that reads its order from standard input.

In comes JSON {port, requests (base64, whole HTTP requests), seconds, connections}, out goes JSON with responses, errors, seconds,
p50_ms, p99_ms and cpu_seconds, the generator's own. It knows HTTP/1.1 with content-length or chunks, and nothing of GraphQL.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import sys
import time
from typing import Any

import uvloop


class Asker(asyncio.Protocol):
    """A connection that asks anew as soon as it was answered."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._read = bytearray()
        self._began = 0.0
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._ask()

    def _ask(self) -> None:
        self._began = time.perf_counter()
        self.transport.write(self._run.request())

    def data_received(self, data: bytes) -> None:
        self._read += data
        if not whole(self._read):
            return
        now = time.perf_counter()
        if now >= self._run.end:
            return
        self._run.count(self._read.startswith(b"HTTP/1.1 200"), now - self._began)
        self._read.clear()
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if time.perf_counter() < self._run.end:
            self._run.errors += 1


class Run:
    """What all connections share: the requests in turn, the end, and what was counted."""

    def __init__(self, requests: list[bytes], end: float) -> None:
        self._requests = itertools.cycle(requests)
        self._numbers = itertools.count(time.time_ns() // 1_000 % 10**12)
        self.end = end
        self.errors = 0
        self.times: list[float] = []

    def request(self) -> bytes:
        """The next one, with its number where it asks for that."""
        request = next(self._requests)
        return (
            request.replace(b"NUMBER_HERE_", b"%012d" % next(self._numbers)) if b"NUMBER_HERE_" in request else request
        )

    def count(self, good: bool, seconds: float) -> None:
        """An answer came."""
        self.times.append(seconds)
        self.errors += not good


def whole(read: bytes | bytearray) -> bool:
    """Whether an answer has come completely."""
    end = read.find(b"\r\n\r\n")
    if end < 0:
        return False
    head = bytes(read[:end]).lower()
    at = head.find(b"content-length:")
    if at < 0:
        return read.endswith(b"0\r\n\r\n")
    length = int(head[at + 15 :].split(b"\r\n", 1)[0])
    return len(read) >= end + 4 + length


async def main(order: dict[str, Any]) -> dict[str, Any]:
    """Asks as ordered."""
    requests = [base64.b64decode(each) for each in order["requests"]]
    loop = asyncio.get_running_loop()
    began, spent = time.perf_counter(), time.process_time()
    run = Run(requests, began + order["seconds"])
    opened = [
        await loop.create_connection(lambda: Asker(run), "127.0.0.1", order["port"])
        for _ in range(order["connections"])
    ]
    await asyncio.sleep(run.end - time.perf_counter())
    spent = time.process_time() - spent
    for transport, _ in opened:
        transport.abort()
    times = sorted(run.times) or [0.0]
    return {
        "responses": len(run.times),
        "errors": run.errors,
        "seconds": order["seconds"],
        "p50_ms": 1000 * times[len(times) // 2],
        "p99_ms": 1000 * times[int(len(times) * 0.99)],
        "cpu_seconds": spent,
    }


if __name__ == "__main__":
    print(json.dumps(uvloop.run(main(json.load(sys.stdin)))))
