"""One socket of graphql-transport-ws: its messages, its credential, its operations and how it ends.

Messages of the ASGI server come in, messages of the protocol go out through one bounded queue. Whatever a client
sends, the socket ends with a close code and never with a traceback: 4400 not a message of the protocol, 4401 no
credential or one that ended, 4403 permissions changed, 4408 no connection_init in time, 4409 an id in use, 4429 a
second connection_init, a client that reads too slowly or an actor with too many sockets, 1000 long silence, 1001 a long
life. A socket that only listens has one task, the server's own, which waits for messages. How one operation is answered is
left to `websocket_operation`.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from patron_core.errors import BadRequest, Forbidden, LimitExceeded, PublicError, Unauthenticated
from patron_core.messages import Actor
from patron_schema.claims import claimed_in
from patron_schema.credential_watch import CredentialWatch
from patron_schema.errors import formatted_all, log_fault
from patron_schema.json_input import read_json
from patron_schema.send_queue import SendQueue
from patron_schema.transport import Headers, Parameters, Receive, Send, Service, read_parameters
from patron_schema.websocket_limits import Sockets
from patron_schema.websocket_operation import Subscribed, answer

__all__ = ["Session"]

_CLOSE_SECONDS = 5.0
_MAX_ID = 128
_AROUND_PAYLOAD = 1  # a message lies one object around what is the body of a POST


@dataclass(frozen=True, slots=True)
class _Ending:
    """Why the server closes; `reason` is at most 123 bytes (RFC 6455 section 5.5)."""

    code: int
    reason: str


class _End(Exception):
    """Ends the reading of messages, and with it the socket."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.ending = _Ending(code, reason)


class Session:
    """The state of one socket: waiting for connection_init, then with an actor and a number of operations."""

    __slots__ = (
        "_actor",
        "_address",
        "_ending",
        "_headers",
        "_operations",
        "_queue",
        "_reading",
        "_send_event",
        "_service",
        "_sockets",
        "_watch",
        "heard_at",
        "opened_at",
    )

    def __init__(
        self,
        service: Service,
        watch: CredentialWatch,
        sockets: Sockets,
        send: Send,
        *,
        headers: Headers,
        address: str | None,
    ) -> None:
        self._service = service
        self._watch = watch
        self._sockets = sockets
        self.opened_at = self.heard_at = asyncio.get_running_loop().time()
        self._send_event = send
        self._headers = headers
        self._address = address
        self._actor: Actor | None = None
        self._operations: dict[str, asyncio.Task[None] | Subscribed] = {}
        self._ending: _Ending | None = None
        self._reading: asyncio.Task[Any] | None = None
        self._queue = SendQueue(
            self._send_text,
            max_messages=service.settings.ws_send_queue,
            max_characters=service.settings.ws_send_queue_bytes,
            broken=self._interrupt,
        )

    async def run(self, receive: Receive) -> None:
        """Serves the socket until either side closes it, and leaves no task behind."""
        init = asyncio.get_running_loop().call_later(
            self._service.settings.ws_init_seconds, self._close_unless_initialised
        )
        self._reading = asyncio.current_task()
        try:
            await self._read(receive)
        except asyncio.CancelledError:
            if self._reading is not None or asyncio.current_task().uncancel() > 0:  # type: ignore[union-attr]
                raise  # not by `_interrupt`, or not by it alone
        finally:
            self._reading = None
            init.cancel()
            self._watch.leave(self, self._headers)
            await self._end_operations()
            await self._queue.close()
        if self._ending is not None:
            await self._say_goodbye(self._ending)

    async def _end_operations(self) -> None:
        tasks: list[asyncio.Task[None]] = []
        for operation in self._operations.values():
            if isinstance(operation, Subscribed):
                operation.close()
            else:
                operation.cancel()
                tasks.append(operation)
        self._operations.clear()
        if tasks:
            await asyncio.wait(tasks)  # not gather, which loses the message of a cancellation from outside

    async def _say_goodbye(self, ending: _Ending) -> None:
        with suppress(Exception):  # the client may have gone in between, or not read what was sent before
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._send_event({"type": "websocket.close", "code": ending.code, "reason": ending.reason})

    def _close(self, code: int, reason: str) -> None:
        if self._ending is None:
            self._ending = _Ending(code, reason)
            self._interrupt()

    def _interrupt(self) -> None:
        """Ends the reading of messages, which waits for a client that may never send one."""
        task, self._reading = self._reading, None
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    def _close_unless_initialised(self) -> None:
        if self._actor is None:
            self._close(4408, "Connection initialisation timeout")

    def credential_ended(self) -> None:
        """Called by the watch."""
        self._close(4401, "Unauthorized")

    @property
    def is_busy(self) -> bool:
        """Whether it has an operation or a subscription."""
        return bool(self._operations)

    def outlived(self) -> None:
        """Called by the count of sockets. Clients take 1001 as a wish to connect again."""
        self._close(1001, "A socket does not live longer")

    def fell_silent(self) -> None:
        """Called by the count of sockets."""
        self._close(1000, "Nothing was asked for a long time")

    def permissions_changed(self) -> None:
        """Called by the watch."""
        self._close(4403, "Permissions changed")

    async def _send_text(self, text: str) -> None:
        await self._send_event({"type": "websocket.send", "text": text})

    def _send(self, text: str, *, opening: str = "", closing: str = "") -> None:
        if not self._queue.put(text, opening=opening, closing=closing):
            self._close(4429, "Too many messages wait to be read")

    async def _read(self, receive: Receive) -> None:
        try:
            while self._reading is not None and (message := await receive())["type"] == "websocket.receive":
                self.heard_at = asyncio.get_running_loop().time()
                await self._handle(self._message(message.get("text")))
        except _End as end:
            self._ending = self._ending or end.ending
        except Exception as error:
            log_fault(error, request_id=self._service.new_request_id(), event="socket.failed")
            self._ending = self._ending or _Ending(1011, "Internal error")

    def _message(self, text: str | None) -> dict[str, Any]:
        """The message that a text frame holds."""
        if text is None:
            raise _End(4400, "Invalid message: not a text frame")
        settings = self._service.settings
        try:
            data = text.encode()
            if len(data) > settings.ws_max_frame_bytes:
                raise _End(1009, "Message too big")
            value = read_json(data, max_depth=settings.max_variables_depth + _AROUND_PAYLOAD, what="message")
        except (PublicError, UnicodeEncodeError):
            raise _End(4400, "Invalid message: not JSON, or too deep") from None
        if not isinstance(value, dict) or not isinstance(value.get("type"), str):
            raise _End(4400, "Invalid message: not an object with a type")
        return value

    async def _handle(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "connection_init":
                await self._initialise(message.get("payload"))
            case "ping":
                self._send('{"type":"pong"}')
            case "pong":
                pass
            case "subscribe":
                self._subscribe(_id(message), message.get("payload"))
            case "complete":
                self._complete(_id(message))
            case _:
                raise _End(4400, "Invalid message: unknown type")

    async def _initialise(self, payload: object) -> None:
        if self._actor is not None:
            raise _End(4429, "Too many initialisation requests")
        self._headers = _with_credential(self._headers, payload)
        try:
            actor = await self._service.authenticate(self._headers, address=self._address)
        except Unauthenticated:
            raise _End(4401, "Unauthorized") from None
        except Forbidden:
            raise _End(4403, "Forbidden") from None
        except PublicError as error:
            raise _End(1013, error.public_code) from None
        refusal = self._sockets.belongs(self, (actor.tenant_id, actor.subject))
        if refusal is not None:
            raise _End(4429, refusal)
        self._actor = actor
        self._watch.join(self, self._headers, actor)
        self._send('{"type":"connection_ack"}')

    def _subscribe(self, operation_id: str, payload: object) -> None:
        if self._actor is None:
            raise _End(4401, "Unauthorized")
        if operation_id in self._operations:
            raise _End(4409, f"Subscriber for {_short(operation_id)} already exists")
        try:
            parameters = read_parameters(payload)
        except BadRequest:
            raise _End(4400, "Invalid message: the payload is not a GraphQL request") from None
        maximum = self._service.settings.ws_max_subscriptions
        if len(self._operations) >= maximum:
            self._refuse(operation_id, maximum)
            return
        task = asyncio.create_task(self._operate(operation_id, parameters, self._actor))
        self._operations[operation_id] = task

    def _refuse(self, operation_id: str, maximum: int) -> None:
        error = LimitExceeded(
            limit="operations of a socket", value=maximum + 1, maximum=maximum, advice="Complete one first."
        )
        errors = formatted_all(error, request_id=self._service.new_request_id())
        self._send(json.dumps({"id": operation_id, "type": "error", "payload": errors}, separators=(",", ":")))

    async def _operate(self, operation_id: str, parameters: Parameters, actor: Actor) -> None:
        subscribed: Subscribed | None = None
        try:
            subscribed = await answer(
                operation_id,
                parameters,
                service=self._service,
                actor=actor,
                send=self._send,
                room=self._queue.room,
                ended=self._forget,
            )
        finally:
            if self._operations.get(operation_id) is asyncio.current_task():
                if subscribed is None:
                    del self._operations[operation_id]
                else:
                    self._operations[operation_id] = subscribed

    def _complete(self, operation_id: str) -> None:
        operation = self._operations.pop(operation_id, None)
        if isinstance(operation, Subscribed):
            operation.close()
        elif operation is not None:
            operation.cancel()

    def _forget(self, operation_id: str) -> None:
        self._operations.pop(operation_id, None)


def _id(message: dict[str, Any]) -> str:
    found = message.get("id")
    if not isinstance(found, str) or not 0 < len(found) <= _MAX_ID:
        raise _End(4400, "Invalid message: the id is not a string of 1 to 128 characters")
    return found


def _short(operation_id: str) -> str:
    return operation_id.encode("ascii", "replace")[:64].decode()


def _with_credential(headers: Headers, payload: object) -> Headers:
    """The handshake's headers, with the credential and the claims of connection_init in place of theirs where it has some."""
    if payload is None:
        return headers
    if not isinstance(payload, dict):
        raise _End(4400, "Invalid message: the payload of connection_init is not an object")
    claims = claimed_in(payload)
    if claims is None:
        raise _End(4400, "Invalid message: a purpose or an emergency access is not a string")
    if claims:
        names = {name for name, _ in claims}
        headers = [*((name, value) for name, value in headers if name not in names), *claims]
    found = payload.get("authorization", payload.get("Authorization"))
    if found is None:
        return headers
    if not isinstance(found, str):
        raise _End(4400, "Invalid message: authorization is not a string")
    others = [(name, value) for name, value in headers if name != b"authorization"]
    return [*others, (b"authorization", found.encode("utf-8", "replace"))]
