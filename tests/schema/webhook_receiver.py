"""A receiver of webhooks on loopback, which answers as it is told to, and the rooms of a deployment that send to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from patron_core.outbound.client import Outbound
from patron_core.outbox.events import CommittedEvent
from patron_core.outbox.relay import Relay
from patron_core.outbox.types import EventTypes
from patron_core.webhooks.queueing import WebhookQueue
from patron_core.webhooks.sending import WebhookSender
from patron_schema.testing.service import Patron
from patron_schema.webhook_commands import WebhookCommands
from patron_schema.webhook_payloads import GatewayBodies

__all__ = ["Mailroom", "Received", "Receiver", "receiver"]

HANG: Final = 0
RESET: Final = -1


@dataclass(frozen=True, slots=True)
class Received:
    """A request that came, and what it was answered with."""

    path: str
    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def webhook_id(self) -> str:
        """The message's id."""
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        """The body."""
        return orjson.loads(self.body)


@dataclass
class Receiver:
    """What came. answer: the status for the n-th try of a message; HANG and RESET stand for no answer. extra: header lines."""

    port: int = 0
    answer: Callable[[str, int], int] = lambda _id, _try: 200
    extra: str = ""
    came: list[Received] = field(default_factory=list)
    open: set[asyncio.StreamWriter] = field(default_factory=set)
    tries: dict[str, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def taken(self) -> list[Received]:
        """What it answered with 200 to 299."""
        return [each for each in self.came if 200 <= each.status <= 299]

    def stop(self) -> None:
        """Ends the connections that hang."""
        for writer in list(self.open):
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one connection."""
        self.open.add(writer)
        try:
            with suppress(OSError, EOFError):
                await self._serve(reader, writer)
        finally:
            self.open.discard(writer)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines) if name}
        body = await reader.readexactly(int(headers["content-length"]))
        id_ = headers.get("webhook-id", "")
        self.tries[id_] = self.tries.get(id_, 0) + 1
        status = self.answer(id_, self.tries[id_])
        self.came.append(Received(first.split(" ")[1], headers, body, status))
        if status == RESET:
            writer.transport.abort()
        elif status == HANG:
            await reader.read()  # until the other side gives up
        else:
            writer.write(f"HTTP/1.1 {status} X\r\n{self.extra}Content-Length: 2\r\n\r\nok".encode())
            await writer.drain()


@asynccontextmanager
async def receiver(answer: Callable[[str, int], int] | None = None) -> AsyncIterator[Receiver]:
    """One that listens."""
    made = Receiver()
    if answer is not None:
        made.answer = answer
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        made.stop()


class Mailroom:
    """A relay and a sender over a test's deployment; nothing runs before it is told to."""

    def __init__(self, patron: Patron, *, seconds: float = 0.3, draw: Callable[[], float] = lambda: 0.5) -> None:
        self.patron = patron
        self.prepared = patron.prepared
        self.types = EventTypes.of(self.prepared.plugins)
        self.queue = WebhookQueue(types=self.types, clock=self.prepared.clock, ids=self.prepared.ids)
        self.relay = Relay(
            self.prepared.database, clock=self.prepared.clock, types=self.types, hand_on=[self.queue], linger_seconds=0
        )
        self.outbound = Outbound(allow_loopback=True, seconds=seconds)
        patron.gateway.webhooks = WebhookCommands(patron.gateway, self.outbound)
        self.events: list[CommittedEvent] = []
        self._draw = draw
        self.sender = self.new_sender()

    def new_sender(self) -> WebhookSender:
        """A sender as another process would have it."""
        gateway = self.patron.gateway
        self.sender = WebhookSender(
            self.prepared.database,
            outbound=self.outbound,
            bodies=GatewayBodies(gateway, schemas=gateway.schemas, types=self.types, ids=self.prepared.ids),
            types=self.types,
            clock=self.prepared.clock,
            ids=self.prepared.ids,
            broadcast=self.events.extend,
            draw=self._draw,
        )
        return self.sender

    async def hand_on(self) -> int:
        """Relays what was committed."""
        return await self.relay.relay(self.prepared.tenant_id)

    async def send(self) -> None:
        """Sends all that is due now."""
        self.sender.wake(self.prepared.tenant_id)
        await self.sender.idle()

    async def deliver(self) -> None:
        """Both."""
        await self.hand_on()
        await self.send()

    async def crash(self) -> None:
        """Ends the sender as a kill would: nothing is written down any more."""
        names = ("patron-webhook", "patron-webhook-route", "patron-webhooks")
        killed = [task for task in asyncio.all_tasks() if task.get_name() in names]
        for task in killed:
            task.cancel()
        await asyncio.gather(*killed, return_exceptions=True)
        self.new_sender()

    async def endpoint(self, url: str, types: Sequence[str] = ("*",), **more: Any) -> dict[str, Any]:
        """Makes an endpoint; its id, version and secret."""
        given = {"url": url, "eventTypes": list(types), "scopes": ["*:read"], **more}
        data = await self.patron.data(
            """mutation($input: WebhookCreateInput!) {
              webhookCreate(input: $input) { secret webhookEndpoint { id version } userErrors { message path code } } }""",
            {"input": given},
        )
        made = data["webhookCreate"]
        assert made["userErrors"] == [], made["userErrors"]
        return {"secret": made["secret"], **made["webhookEndpoint"]}
