"""Readers and writers at the same time over HTTP, each answer looked at: what a load generator that counts 200s would not see.

Requests come in, how many were answered and what was wrong with the others goes out. It is no measure of speed.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.peer import Ask

__all__ = ["Answers", "contend"]


@dataclass(slots=True)
class Answers:
    """What came back. failures: status and beginning of each answer that was not a good one."""

    reads: int = 0
    writes: int = 0
    failures: list[str] = field(default_factory=list)
    slowest_write_seconds: float = 0.0


async def contend(
    port: int, reads: Sequence[Ask], writes: Iterator[Ask], *, readers: int, writers: int, seconds: float
) -> Answers:
    """Asks for some seconds, each reader and writer on a connection of its own.

    writes: endless, each with an idempotency key of its own.
    """
    found = Answers()
    end = time.monotonic() + seconds
    turns = itertools.cycle(reads)
    async with asyncio.TaskGroup() as group:
        for _ in range(readers):
            group.create_task(_reader(port, turns, found, end))
        for _ in range(writers):
            group.create_task(_writer(port, writes, found, end))
    return found


async def _reader(port: int, turns: Iterator[Ask], found: Answers, end: float) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.monotonic() < end:
        good = await _one(reader, writer, next(turns), found)
        found.reads += good  # a sum with `await` inside would be read before it and lose what others counted meanwhile
    writer.close()


async def _writer(port: int, writes: Iterator[Ask], found: Answers, end: float) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (began := time.monotonic()) < end:
        good = await _one(reader, writer, next(writes), found)
        found.writes += good
        found.slowest_write_seconds = max(found.slowest_write_seconds, time.monotonic() - began)
    writer.close()


async def _one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ask: Ask, found: Answers) -> bool:
    """Whether the answer was 200 without errors."""
    head = {"host": "127.0.0.1", "content-type": "application/json", "accept": "application/json", **ask.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    body = ask.bodies[0]
    writer.write(f"POST {ask.path} HTTP/1.1\r\n{lines}content-length: {len(body)}\r\n\r\n".encode() + body)
    answer_head = (await reader.readuntil(b"\r\n\r\n")).lower()
    at = answer_head.index(b"content-length:") + 15
    answer = await reader.readexactly(int(answer_head[at:].split(b"\r\n", 1)[0]))
    status = answer_head.split(b" ", 2)[1]
    good = status == b"200" and b'"errors"' not in answer and b'"userErrors":[{' not in answer
    if not good:
        found.failures.append(f"{status.decode()}: {answer[:300].decode(errors='replace')}")
    return good
