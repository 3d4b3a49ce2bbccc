"""Subscriptions over HTTP: server-sent events (WHATWG HTML, section 9.2) in the protocol of npm's graphql-sse, a stream for each.

A request that was read comes in and is prepared and refused as any other; out go the events `next` and `complete`, each `next`
with an id from where to go on, and comments as signs of life. A stream counts as a socket does, its credential is looked at as a
socket's is, and a client that reads too slowly is let go. What ends with `complete` is over; what ends without, after a long life
or because the server goes, a client takes up again by itself. How a request is read is left to `endpoint`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from patron_core.errors import Forbidden, Overloaded, RateLimited, Unauthenticated
from patron_core.messages import Actor
from patron_schema.context import OperationRequest
from patron_schema.credential_watch import CredentialWatch
from patron_schema.errors import error_body, formatted_all
from patron_schema.send_queue import SendQueue
from patron_schema.transport import Headers, OpenSubscription, Receive, Send, Service
from patron_schema.websocket_limits import Sockets

__all__ = ["COMPLETE", "STREAM_TYPE", "EventStream", "EventStreams", "next_event"]

STREAM_TYPE: Final = b"text/event-stream; charset=utf-8"
COMPLETE: Final = "event: complete\ndata:\n\n"
_SIGN_OF_LIFE: Final = ":\n\n"
_CLOSE_SECONDS: Final = 5.0


def next_event(answer: str, place: str | None = None) -> str:
    """The event `next` with an answer's JSON. place: from where a client goes on that sends it as Last-Event-ID."""
    if "\n" in answer or "\r" in answer:  # between the tokens of JSON only, and there they may be any space
        answer = answer.replace("\n", " ").replace("\r", " ")
    identity = "" if place is None else f"id: {place}\n"
    return f"event: next\n{identity}data: {answer}\n\n"


class EventStreams:
    """The event streams of a process. sockets and watch: those of its WebSockets, with which they count."""

    def __init__(self, service: Service, *, sockets: Sockets, watch: CredentialWatch) -> None:
        self.service = service
        self.sockets = sockets
        self.watch = watch
        self._open: dict[EventStream, None] = {}
        self._framed: tuple[str, str | None, str] = ("", None, "")
        self._beat: asyncio.TimerHandle | None = None

    @property
    def count(self) -> int:
        """How many are open."""
        return len(self._open)

    async def open(self, request: OperationRequest, *, headers: Headers, address: str | None) -> EventStream:
        """A stream that follows a subscription and is to be `run`.

        headers: with the credential. Raises as the gateway's `follow` does, and RATE_LIMITED where too many are open.
        """
        stream = EventStream(self, request, headers=headers)
        self._check(self.sockets.refusal(address))
        self.sockets.opened(stream, address=address)
        try:
            actor = request.actor
            self._check(self.sockets.belongs(stream, (actor.tenant_id, actor.subject)))
            stream.follows(await self.service.gateway.follow(request, stream))
        except BaseException:
            self.sockets.closed(stream)
            raise
        self._join(stream, headers, actor)
        return stream

    def framed(self, answer: str, place: str | None) -> str:
        """The event `next`: one text for all who are told the same answer, which comes to them one after another."""
        if self._framed[0] is not answer or self._framed[1] != place:
            self._framed = (answer, place, next_event(answer, place))
        return self._framed[2]

    def close(self) -> None:
        """Ends all streams without `complete`: their clients go on elsewhere."""
        for stream in list(self._open):
            stream.outlived()

    def closed(self, stream: EventStream, headers: Headers) -> None:
        """Forgets a stream."""
        self.sockets.closed(stream)
        self.watch.leave(stream, headers)
        self._open.pop(stream, None)
        if not self._open and self._beat is not None:
            self._beat.cancel()
            self._beat = None

    def _join(self, stream: EventStream, headers: Headers, actor: Actor) -> None:
        self.watch.join(stream, headers, actor)
        self._open[stream] = None
        if self._beat is None:
            self._wait()

    def _wait(self) -> None:
        seconds = self.service.settings.sse_heartbeat_seconds
        self._beat = asyncio.get_running_loop().call_later(seconds, self._show_life)

    def _show_life(self) -> None:
        for stream in list(self._open):
            stream.show_life()
        self._wait()

    def _check(self, refusal: str | None) -> None:
        if refusal is not None:
            raise RateLimited(
                f"No further event stream may open. {refusal}. Close one first, or send several subscriptions over one "
                "WebSocket.",
                retryAfterMs=1_000,
            )


class EventStream:
    """One stream: a listener, told by its subscription, whose events leave through one bounded queue."""

    def __init__(self, streams: EventStreams, request: OperationRequest, *, headers: Headers) -> None:
        self._streams = streams
        self._request_id = request.request_id
        self._headers = headers
        self.opened_at = self.heard_at = asyncio.get_running_loop().time()
        self._started = asyncio.Event()
        self._subscription: OpenSubscription | None = None
        self._send_event: Send | None = None
        self._running: asyncio.Task[Any] | None = None
        self._last: str | None = None
        self._is_slow = False
        settings = streams.service.settings
        self._queue = SendQueue(
            self._send,
            max_messages=settings.ws_send_queue,
            max_characters=settings.ws_send_queue_bytes,
            broken=self._interrupt,
        )

    def follows(self, subscription: OpenSubscription) -> None:
        """Keeps what is closed with the stream."""
        self._subscription = subscription

    async def run(self, receive: Receive, send: Send, *, headers: Sequence[tuple[bytes, bytes]]) -> None:
        """Sends events until either side ends the stream, and leaves nothing behind. headers: of the response."""
        self._send_event, self._running = send, asyncio.current_task()
        try:
            await send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS, *headers]})
            self._started.set()
            self.show_life()  # what stands in between passes a response on with its first bytes
            while self._last is None and (await receive())["type"] != "http.disconnect":
                pass
        except asyncio.CancelledError:
            if self._running is not None or asyncio.current_task().uncancel() > 0:  # type: ignore[union-attr]
                raise  # not by `_interrupt`, or not by it alone
        finally:
            self._running = None
            if self._subscription is not None:
                self._subscription.close()
            self._streams.closed(self, self._headers)
            if self._last is not None and not self._is_slow:
                await self._queue.drain(_CLOSE_SECONDS)
            await self._queue.close()
        if self._last is not None:
            await self._end(self._last)

    async def _end(self, last: str) -> None:
        with suppress(Exception):  # the client may have gone in between, or not read what was sent before
            async with asyncio.timeout(_CLOSE_SECONDS):
                assert self._send_event is not None
                await self._send_event({"type": "http.response.body", "body": last.encode(), "more_body": False})

    async def _send(self, text: str) -> None:
        await self._started.wait()
        assert self._send_event is not None
        await self._send_event({"type": "http.response.body", "body": text.encode(), "more_body": True})

    def show_life(self) -> None:
        """Says that the stream is open, where nothing else says so."""
        if self._queue.is_empty:
            self._queue.put(_SIGN_OF_LIFE)

    # -- what a listener is told

    def tell(self, answer: str, place: str | None) -> None:
        """Sends an event's answer."""
        if self._last is None and not self._queue.put(self._streams.framed(answer, place)):
            self._is_slow = True
            self.end(
                Overloaded(
                    "The event stream was not read fast enough. Too many events wait to be sent. "
                    "Subscribe again after the last one you had, and read faster."
                )
            )

    def end(self, error: Exception | None) -> None:
        """Sends why there is no more."""
        if error is None:
            self._finish(COMPLETE)
        else:
            self._finish(refused(error, request_id=self._request_id))

    async def room(self) -> None:
        """Returns when the client has taken half of what waits, or the stream has ended."""
        await self._queue.room()

    # -- what ends it from outside

    @property
    def is_busy(self) -> bool:
        """A stream has its subscription as long as it lives."""
        return True

    def outlived(self) -> None:
        """Called by the count of sockets. Without `complete` a client takes up again."""
        self._finish("")

    def fell_silent(self) -> None:
        """Called by the count of sockets: never, for a stream is busy."""

    def credential_ended(self) -> None:
        """Called by the watch."""
        self.end(
            Unauthenticated("The credential has ended. It was valid when the stream began. Send one that is valid.")
        )

    def permissions_changed(self) -> None:
        """Called by the watch."""
        self.end(
            Forbidden("The permissions have changed. The stream began with others. Subscribe again with those of now.")
        )

    def _finish(self, last: str) -> None:
        if self._last is None:
            self._last = last
            self._interrupt()

    def _interrupt(self) -> None:
        """Ends the waiting for a client to go."""
        task, self._running = self._running, None
        if task is not None and task is not asyncio.current_task():
            task.cancel()


_HEADERS: Final = (
    (b"content-type", STREAM_TYPE),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-accel-buffering", b"no"),  # nginx would gather a page of events
)


def refused(error: Exception, *, request_id: str) -> str:
    """A whole stream for an operation that is refused: its errors, and the end."""
    body = error_body(formatted_all(error, request_id=request_id), with_data=False)
    return next_event(body.decode()) + COMPLETE
