"""uvicorn's HTTP protocol with an end to patience: the head of a request must come in time, and what was sent must be taken.

Bytes of a connection come in as ever; a connection whose head is late or too large is answered with 408 or 431 and closed. One
that leaves what was sent unread is cut by the kernel, or it would be kept for as long as its client likes although nobody here
knows it any more; this holds for WebSockets too, which begin as HTTP. What a body may cost is left to `endpoint`, how long a
connection may idle between requests to uvicorn.
"""

from __future__ import annotations

import asyncio
import os
import socket
from functools import partial
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["MAX_HEAD_BYTES", "bounded_protocol"]

#: Of the request line and all headers, room for a URL of its own limit.
MAX_HEAD_BYTES: Final = 65_536
_LATE: Final = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


def bounded_protocol(seconds: float, *, unread_seconds: float = 30.0) -> Any:
    """What to hand to uvicorn as its protocol; a worker process gets it by pickle.

    seconds: how long a head may take, from the connection or its first byte on. unread_seconds: how long a client may take
    nothing of what waits for it, or not confirm what was sent; only Linux can tell (RFC 5482, section 3).
    """
    return partial(BoundedProtocol, head_seconds=seconds, unread_seconds=unread_seconds)


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, head_seconds: float, unread_seconds: float, **options: Any) -> None:
        super().__init__(*args, **options)
        self._head_seconds = head_seconds
        self._unread_seconds = unread_seconds
        self._waits: asyncio.TimerHandle | None = None
        self._in_head = True
        self._head_bytes = 0

    def connection_made(self, transport: Any) -> None:
        """A client is there."""
        super().connection_made(transport)
        _end_unread(transport, seconds=self._unread_seconds)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of a request, or of several."""
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > MAX_HEAD_BYTES:
            self._give_up(_LARGE)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._in_head = True
        if self._waits is None:
            self._wait()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head of a request is there."""
        self._in_head = False
        self._head_bytes = 0
        self._stop_waiting()
        super().on_headers_complete()

    def _wait(self) -> None:
        self._waits = self.loop.call_later(self._head_seconds, self._give_up, _LATE)

    def _stop_waiting(self) -> None:
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None

    def _give_up(self, answer: bytes) -> None:
        self._stop_waiting()
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()


def _end_unread(transport: Any, *, seconds: float) -> None:
    """Lets the kernel end a connection whose client does not take what was sent."""
    shown = transport.get_extra_info("socket")
    if (
        shown is None
        or shown.family not in (socket.AF_INET, socket.AF_INET6)
        or not hasattr(socket, "TCP_USER_TIMEOUT")
    ):
        return
    with socket.socket(fileno=os.dup(shown.fileno())) as same:  # what the loop shows of a socket cannot be set up
        same.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1_000))
