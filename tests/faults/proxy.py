"""A TCP proxy between two parties that can misbehave as networks do: reset, swallow, drip, or close one half.

A target's port comes in, a port of its own goes out. How it behaves is changed while connections are open, and counts for them too.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Literal

__all__ = ["Behaviour", "Proxy", "proxied"]

#: pass: as it should. reset: ends every connection by RST. black_hole: takes everything and passes nothing on.
#: drip: a few bytes at a time. half_close: what the server sends ends, what it gets goes on.
Behaviour = Literal["pass", "reset", "black_hole", "drip", "half_close"]

_PIECE: Final = 7
_DRIP_SECONDS: Final = 0.002
_RST: Final = struct.pack("ii", 1, 0)


class Proxy:
    """Listens on a free port and hands connections on to `target` on the loopback interface."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._behaviour: Behaviour = "pass"
        self._changed = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self) -> None:
        """Begins to listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Ends everything."""
        assert self._server is not None
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._end_all()

    def behave(self, how: Behaviour) -> None:
        """From now on, for open connections as for new ones."""
        self._behaviour = how
        if how == "reset":
            self._end_all()
        if how == "half_close":
            for writer in self._writers:
                with contextlib.suppress(OSError, RuntimeError):
                    writer.write_eof()
        self._changed.set()
        self._changed = asyncio.Event()

    def _end_all(self) -> None:
        for writer in tuple(self._writers):
            _reset(writer)
        self._writers.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            if self._behaviour == "reset":
                _reset(writer)
                return
            there, onward = await asyncio.open_connection("127.0.0.1", self._target)
            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._pump(reader, onward))
                    both.create_task(self._pump(there, writer))
            finally:
                onward.close()
        except (OSError, ExceptionGroup):
            pass
        finally:
            self._writers.discard(writer)
            self._tasks.discard(task)
            writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            while self._behaviour == "black_hole":
                await self._changed.wait()
            pieces = [data]
            if self._behaviour == "drip":
                pieces = [data[start : start + _PIECE] for start in range(0, len(data), _PIECE)]
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                if len(pieces) > 1 and self._behaviour == "drip":
                    await asyncio.sleep(_DRIP_SECONDS)
        with contextlib.suppress(OSError, RuntimeError):
            writer.write_eof()


@asynccontextmanager
async def proxied(target: int) -> AsyncIterator[Proxy]:
    """A proxy that ends with the block."""
    proxy = Proxy(target)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Ends a connection so that the other side reads ECONNRESET."""
    raw = writer.get_extra_info("socket")
    if raw is not None:
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
    writer.transport.abort()
