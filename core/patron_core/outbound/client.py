"""Sends a request to a URL that a tenant chose, so that nothing but the public Internet can be reached by it.

A URL and a body come in, a status goes out. The name is resolved once, every address it has must be public, and the connection goes to
one of those with the name kept for TLS and Host: what the name resolves to afterwards does not matter. Redirects are not followed, the
answer's text is thrown away. When to send again is left to whoever sends.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from patron_core.errors import InvalidInput
from patron_core.outbound.addresses import is_public
from patron_core.outbound.targets import Target, read_target

__all__ = ["Answer", "Connect", "Failed", "Outbound", "Resolve", "TlsConnect", "resolve"]

_SECONDS: Final = 10.0
_MOST_BYTES: Final = 65_536
_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3})(?: [^\r\n]*)?")
_TOKEN: Final = re.compile(r"[A-Za-z0-9-]+")
_MOST_INTERIM: Final = 4  # answers such as 103, before the one that counts

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Resolve(Protocol):
    """Finds the addresses of a name."""

    async def __call__(self, host: str, port: int, /) -> Sequence[str]: ...


class Connect(Protocol):
    """Opens a connection to an address. server_name: for TLS; None without it."""

    async def __call__(self, address: str, port: int, /, *, server_name: str | None) -> Streams: ...


class Failed(Exception):
    """There was no answer. reason: `timeout`, `unresolved`, `unreachable`, `tls` or `protocol`; never the other side's words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. retry_after: that header's value, where there is one. seconds: how long it took."""

    status: int
    retry_after: str | None
    seconds: float


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, as the machine's resolver tells them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class TlsConnect:
    """Connects with TLS 1.2 or later, checking the certificate for the name. context: another one, for tests."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._context = context or ssl.create_default_context()
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2

    async def __call__(self, address: str, port: int, *, server_name: str | None) -> Streams:
        """The two streams of a connection; no more than an answer's limit is buffered."""
        if server_name is None:
            return await asyncio.open_connection(address, port, limit=_MOST_BYTES)
        return await asyncio.open_connection(
            address, port, ssl=self._context, server_hostname=server_name, limit=_MOST_BYTES
        )


class Outbound:
    """Sends requests to public addresses.

    resolver, connect: how names and connections come about. clock: seconds that only grow. allow_loopback: whether this
    machine may be called by http, for development. seconds: for one request, from its resolution to the end of its answer.
    """

    def __init__(
        self,
        resolver: Resolve = resolve,
        connect: Connect | None = None,
        clock: Callable[[], float] = time.monotonic,
        *,
        allow_loopback: bool = False,
        seconds: float = _SECONDS,
    ) -> None:
        self._resolve = resolver
        self._connect = connect or TlsConnect()
        self._clock = clock
        self._allow_loopback = allow_loopback
        self._seconds = seconds

    async def check(self, url: str) -> None:
        """Refuses with INVALID_INPUT a URL that could not be called now; for when a tenant saves one."""
        try:
            async with asyncio.timeout(self._seconds):
                await self._addresses(read_target(url, allow_loopback=self._allow_loopback))
        except (Failed, TimeoutError):
            raise InvalidInput(
                "The URL cannot be called. Its host has no address. Check its spelling.", path=("url",)
            ) from None

    async def post(self, url: str, body: bytes, *, headers: Mapping[str, str]) -> Answer:
        """Posts a body and waits for the answer; a status of 300 to 399 is one as any other.

        headers: beside Host, Content-Length and Connection. Raises INVALID_INPUT where the URL or an address of it may not be
        called, and `Failed`.
        """
        target = read_target(url, allow_loopback=self._allow_loopback)
        head = _head(target, headers, size=len(body))
        started = self._clock()
        try:
            async with asyncio.timeout(self._seconds):
                reader, writer = await self._open(target)
                try:
                    writer.write(head + body)
                    await writer.drain()
                    status, retry_after = await _read_answer(reader)
                finally:
                    writer.transport.abort()
        except TimeoutError:
            raise Failed("timeout") from None
        except ssl.SSLError:
            raise Failed("tls") from None
        except (OSError, EOFError):
            raise Failed("unreachable") from None
        return Answer(status, retry_after, self._clock() - started)

    async def _open(self, target: Target) -> Streams:
        failure: OSError = ConnectionError("no address")
        for address in await self._addresses(target):
            try:
                return await self._connect(address, target.port, server_name=None if target.loopback else target.host)
            except OSError as error:  # an SSLError is one
                failure = error
        raise failure

    async def _addresses(self, target: Target) -> Sequence[str]:
        if target.loopback:
            return (target.host,)
        try:
            found = await self._resolve(target.host, target.port)
        except (OSError, UnicodeError):
            raise Failed("unresolved") from None
        if not found:
            raise Failed("unresolved")
        if not all(is_public(address) for address in found):
            raise InvalidInput(
                "The URL cannot be called. Its host has an address that is not on the public Internet. Use another host.",
                path=("url",),
            )
        return found


def _head(target: Target, headers: Mapping[str, str], *, size: int) -> bytes:
    lines = [
        f"POST {target.path} HTTP/1.1",
        f"Host: {target.authority}",
        f"Content-Length: {size}",
        "Connection: close",
    ]
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or not value.isascii() or not value.isprintable():
            raise ValueError("A header has a character that no header may have.")
        lines.append(f"{name}: {value}")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


async def _read_answer(reader: asyncio.StreamReader) -> tuple[int, str | None]:
    """Status and Retry-After. The body is read up to the limit and dropped, so that the other side can end in peace."""
    try:
        for _ in range(_MOST_INTERIM):
            head = await reader.readuntil(b"\r\n\r\n")
            first, *fields = head.split(b"\r\n")
            found = _STATUS.fullmatch(first)
            if found is None:
                raise Failed("protocol")
            if (status := int(found[1])) >= 200:
                break
        else:
            raise Failed("protocol")
    except asyncio.LimitOverrunError:
        raise Failed("protocol") from None
    left = _MOST_BYTES - len(head)
    with suppress(OSError):
        while left > 0 and (chunk := await reader.read(left)):
            left -= len(chunk)
    return status, _field(fields, b"retry-after")


def _field(fields: Sequence[bytes], name: bytes) -> str | None:
    for line in fields:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip().decode("latin-1")[:100]
    return None
