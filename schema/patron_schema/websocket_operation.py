"""One operation of a socket, from `subscribe` to `complete` or `error`: queries and mutations too, through the same
gateway.

Parameters and an actor come in; texts of graphql-transport-ws go to `send`. Every error has a code and the request id
of this operation; what is not ours is masked.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from patron_core.messages import Actor
from patron_schema.context import OperationRequest
from patron_schema.errors import formatted_all
from patron_schema.request_log import log_operation
from patron_schema.transport import Parameters, Service, execute

__all__ = ["answer"]

_Put = Callable[[str], None]


async def answer(operation_id: str, parameters: Parameters, *, service: Service, actor: Actor, send: _Put) -> None:
    """Runs the operation and sends what comes of it; only a cancellation leaves it."""
    started = time.perf_counter()
    request_id = service.new_request_id()
    code: str | None = None
    try:
        await _run(operation_id, parameters.request(actor=actor, request_id=request_id, transport="WS"), service, send)
    except _Refused as refused:
        code = refused.errors[0].get("extensions", {}).get("code")
        send(_message(operation_id, "error", refused.errors))
    except Exception as error:
        errors = formatted_all(error, request_id=request_id)
        code = errors[0]["extensions"]["code"]
        send(_message(operation_id, "error", errors))
    else:
        send(_message(operation_id, "complete"))
    digest = service.documents.digest(parameters.query, parameters.operation_name)
    log_operation(
        request_id=request_id,
        transport="WS",
        status=200,
        seconds=time.perf_counter() - started,
        actor=actor,
        code=code,
        document=digest,
        operation=parameters.operation_name if digest else None,
    )


async def _run(operation_id: str, request: OperationRequest, service: Service, send: _Put) -> None:
    if service.documents.kind(request.query, request.operation_name) == "subscription":
        await _forward(service.gateway.subscribe(request), operation_id, send)
        return
    response = await execute(service.gateway, request, settings=service.settings)
    if not response.executed:
        raise _Refused(json.loads(response.body)["errors"])
    send(_next(operation_id, response.body))


class _Refused(Exception):
    """The gateway answered, with nothing but errors: the protocol has a message of its own for that."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__()
        self.errors = errors


async def _forward(results: AsyncIterator[bytes], operation_id: str, send: _Put) -> None:
    try:
        async for result in results:
            send(_next(operation_id, result))
    finally:
        close = getattr(results, "aclose", None)  # a generator lets go of its source at once, not when it is collected
        if close is not None:
            await close()


def _next(operation_id: str, result: bytes) -> str:
    return f'{{"id":{json.dumps(operation_id)},"type":"next","payload":{result.decode()}}}'


def _message(operation_id: str, kind: str, payload: Any = None) -> str:
    message = {"id": operation_id, "type": kind}
    if payload is not None:
        message["payload"] = payload
    return json.dumps(message, separators=(",", ":"))
