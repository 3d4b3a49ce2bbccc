"""Announcements by NATS JetStream, where there is one: for many processes, and where a pooler stands before PostgreSQL.

In come the relay's stretches, out go `<tenant> <first> <last>` on `patron.events.<tenant>`, of which the stream keeps the last.
What could not be sent waits for the connection; several of a tenant become one, for only the last position counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import structlog

from patron_core.errors import StartupError
from patron_core.outbox.events import Relayed

from .fanout import Heard, again_and_again

__all__ = ["NatsAnnouncements"]

STREAM: Final = "PATRON_EVENTS"
_SUBJECT: Final = "patron.events"
_KEPT_SECONDS: Final = 3_600.0
_PATIENCE_SECONDS: Final = 2.0
_PING_SECONDS: Final = 5
_log: Final = structlog.stdlib.get_logger("patron.fanout")


class NatsAnnouncements:
    """Says and hears by NATS. url: nats://host:4222, several of a cluster between commas; with user and password or a token.

    Raises StartupError where the extra is not installed.
    """

    def __init__(self, url: str) -> None:
        try:
            import nats
        except ImportError:
            raise StartupError(
                ["PATRON_NATS_URL is set and the extra is missing. There is no package nats. Install patron[nats]."]
            ) from None
        self._connect: Any = nats.connect
        self._servers = [each.strip() for each in url.split(",") if each.strip()]
        self._unsent: dict[str, str] = {}
        self._filled = asyncio.Event()
        self._connected = False

    @property
    def is_connected(self) -> bool:
        """See `Announcements`."""
        return self._connected

    def announce(self, relayed: Relayed) -> None:
        """See `Announcements.announce`."""
        tenant = str(relayed.tenant_id)
        self._unsent[tenant] = f"{tenant} {relayed.after + 1} {relayed.last}"
        self._filled.set()

    async def follow(self, heard: Heard, connected: Callable[[], None]) -> None:
        """See `Announcements.follow`."""

        async def listen() -> None:
            await self._listen(heard, connected)

        await again_and_again("nats", listen)

    async def _listen(self, heard: Heard, connected: Callable[[], None]) -> None:
        closed = asyncio.Event()

        async def ended() -> None:
            closed.set()

        # A connection that broke is not mended by the driver: the stream may be gone with the server that had it.
        client = await self._connect(
            servers=self._servers,
            name="patron",
            allow_reconnect=False,
            connect_timeout=_PATIENCE_SECONDS,
            ping_interval=_PING_SECONDS,
            max_outstanding_pings=1,
            disconnected_cb=ended,
            closed_cb=ended,
            error_cb=_noted,
        )
        try:
            stream = client.jetstream(timeout=_PATIENCE_SECONDS)
            await _ensure_stream(stream)
            await self._subscribe(stream, heard)
            self._connected = True
            connected()
            await self._send(stream, closed)
        finally:
            self._connected = False
            await asyncio.shield(client.close())

    async def _subscribe(self, stream: Any, heard: Heard) -> None:
        from nats.js.api import DeliverPolicy

        async def told(message: Any) -> None:
            heard(message.data.decode("ascii", "replace"))

        await stream.subscribe(
            f"{_SUBJECT}.>", ordered_consumer=True, deliver_policy=DeliverPolicy.NEW, cb=told, stream=STREAM
        )

    async def _send(self, stream: Any, closed: asyncio.Event) -> None:
        """Sends what waits, until the connection is gone; what was not confirmed waits for the next one."""
        gone = asyncio.create_task(closed.wait())
        try:
            while not closed.is_set():
                filled = asyncio.create_task(self._filled.wait())
                await asyncio.wait((gone, filled), return_when=asyncio.FIRST_COMPLETED)
                filled.cancel()
                self._filled.clear()
                while self._unsent and not closed.is_set():
                    tenant, text = next(iter(self._unsent.items()))
                    await stream.publish(f"{_SUBJECT}.{tenant}", text.encode(), timeout=_PATIENCE_SECONDS)
                    if self._unsent.get(tenant) == text:
                        del self._unsent[tenant]
        finally:
            gone.cancel()
            if self._unsent:
                self._filled.set()


async def _ensure_stream(stream: Any) -> None:
    """One announcement for each tenant, in memory: a server that starts anew needs none of the old."""
    from nats.js.api import StorageType, StreamConfig
    from nats.js.errors import BadRequestError

    wanted = StreamConfig(
        name=STREAM,
        subjects=[f"{_SUBJECT}.>"],
        storage=StorageType.MEMORY,
        max_msgs_per_subject=1,
        max_age=_KEPT_SECONDS,
    )
    try:
        await stream.add_stream(wanted)
    except BadRequestError as error:  # it is there, made by hand in another way, such as with replicas
        if error.err_code != _STREAM_EXISTS:
            raise


_STREAM_EXISTS: Final = 10058


async def _noted(error: Exception) -> None:
    _log.info("nats_error", error=type(error).__name__)
