"""One operation of a socket, from `subscribe` to `complete` or `error`: queries and mutations too, through the same
gateway.

Parameters and an actor come in; texts of graphql-transport-ws go to `send`. Every error has a code and a request id; what is
not ours is masked. A subscription that is open is a `Subscribed`: no task, only a place among those who listen.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from patron_core.messages import Actor
from patron_schema.context import OperationRequest
from patron_schema.errors import formatted_all
from patron_schema.request_log import log_operation
from patron_schema.transport import OpenSubscription, Parameters, Service, execute

__all__ = ["Subscribed", "answer"]

_Room = Callable[[], Coroutine[Any, Any, None]]


class Put(Protocol):
    """Puts a text into the socket's queue, between what frames it."""

    def __call__(self, text: str, *, opening: str = "", closing: str = "") -> None: ...


class Subscribed:
    """A subscription of a socket: a listener that frames what it is told with the operation's id.

    room: returns when the socket can take more. ended: called when the server ends it.
    """

    __slots__ = ("_ended", "_id", "_open", "_opening", "_request_id", "_room", "_send")

    def __init__(
        self, operation_id: str, *, request_id: str, send: Put, room: _Room, ended: Callable[[str], None]
    ) -> None:
        self._id = operation_id
        self._opening = f'{{"id":{json.dumps(operation_id)},"type":"next","payload":'
        self._request_id = request_id
        self._send = send
        self._room = room
        self._ended = ended
        self._open: OpenSubscription | None = None

    def opened(self, subscription: OpenSubscription) -> None:
        """Keeps what `close` closes."""
        self._open = subscription

    def tell(self, answer: str, place: str | None) -> None:
        """Sends an event's answer."""
        self._send(answer, opening=self._opening, closing="}")

    def end(self, error: Exception | None) -> None:
        """Sends why there is no more."""
        self._ended(self._id)
        if error is None:
            self._send(_message(self._id, "complete"))
        else:
            self._send(_message(self._id, "error", formatted_all(error, request_id=self._request_id)))

    async def room(self) -> None:
        """Returns when the socket can take more."""
        await self._room()

    def close(self) -> None:
        """Stops listening; nothing is sent any more."""
        if self._open is not None:
            self._open.close()


async def answer(
    operation_id: str,
    parameters: Parameters,
    *,
    service: Service,
    actor: Actor,
    send: Put,
    room: _Room,
    ended: Callable[[str], None],
) -> Subscribed | None:
    """Runs an operation and sends what comes of it, or opens a subscription and returns it; only a cancellation leaves it.

    send and room: of the socket's queue. ended: called with the operation's id when the server ends a subscription.
    """
    started = time.perf_counter()
    request_id = service.new_request_id()
    code: str | None = None
    subscribed: Subscribed | None = None
    try:
        if not service.is_plain(parameters):
            parameters = await service.resolved(parameters, actor)
        request = parameters.request(actor=actor, request_id=request_id, transport="WS")
        if service.documents.kind(request.query, request.operation_name) == "subscription":
            listener = Subscribed(operation_id, request_id=request_id, send=send, room=room, ended=ended)
            listener.opened(await service.gateway.follow(request, listener))
            subscribed = listener
        else:
            await _run(operation_id, request, service, send)
    except _Refused as refused:
        code = refused.errors[0].get("extensions", {}).get("code")
        send(_message(operation_id, "error", refused.errors))
    except Exception as error:
        errors = formatted_all(error, request_id=request_id)
        code = errors[0]["extensions"]["code"]
        send(_message(operation_id, "error", errors))
    digest = service.documents.digest(parameters.query, parameters.operation_name)
    seconds = time.perf_counter() - started
    if service.requests is not None:
        service.requests.note("WS", code=code, seconds=seconds)
    log_operation(
        request_id=request_id,
        transport="WS",
        status=200,
        seconds=seconds,
        actor=actor,
        code=code,
        document=digest,
        operation=parameters.operation_name if digest else None,
    )
    return subscribed


async def _run(operation_id: str, request: OperationRequest, service: Service, send: Put) -> None:
    response = await execute(service, request)
    if not response.executed:
        raise _Refused(json.loads(response.body)["errors"])
    send(f'{{"id":{json.dumps(operation_id)},"type":"next","payload":{response.body.decode()}}}')
    send(_message(operation_id, "complete"))


class _Refused(Exception):
    """The gateway answered, with nothing but errors: the protocol has a message of its own for that."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__()
        self.errors = errors


def _message(operation_id: str, kind: str, payload: Any = None) -> str:
    message = {"id": operation_id, "type": kind}
    if payload is not None:
        message["payload"] = payload
    return json.dumps(message, separators=(",", ":"))
