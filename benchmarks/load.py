"""A small load generator: some connections that ask the same question again and again, over plain asyncio streams.

It shares the machine's cores with what it measures, so its figures are good for ratios only.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

__all__ = ["Load", "ask", "press"]


@dataclass(frozen=True, slots=True)
class Load:
    """What a run gave: answers per second and the median time of one in milliseconds."""

    per_second: float
    median_ms: float


def _request(port: int, body: bytes, key: str) -> bytes:
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\nAuthorization: Bearer {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    lines = head.lower().split(b"\r\n")
    length = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:"))
    return status, await reader.readexactly(length)


async def ask(port: int, body: bytes, key: str) -> tuple[int, bytes]:
    """One question and its answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(_request(port, body, key))
    answer = await _answer(reader)
    writer.close()
    return answer


async def press(port: int, body: bytes, key: str, *, seconds: float, connections: int) -> Load:
    """Asks on several connections for some seconds. Raises `RuntimeError` when an answer is not 200."""
    request = _request(port, body, key)
    times: list[float] = []
    end = time.perf_counter() + seconds

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (began := time.perf_counter()) < end:
            writer.write(request)
            status, _ = await _answer(reader)
            if status != 200:
                raise RuntimeError(f"The server answered {status}.")
            times.append(time.perf_counter() - began)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    elapsed = time.perf_counter() - began
    return Load(len(times) / elapsed, 1000 * sorted(times)[len(times) // 2])
