"""POST /inbound/{source}: what other systems push, signed as Standard Webhooks says.

A signed body comes in, 202 with counts and the rows that were refused goes out, or a problem (RFC 9457). In this order:
method, media type, announced size, body, signature, rate, place, then one unit of work. What rows mean and what becomes of
them is left to `patron_core.inbound`.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, Final, TypeAlias

import orjson
from starlette.routing import BaseRoute, Route

from patron_core.database import Database
from patron_core.database.deadline import ENDS_AT
from patron_core.errors import BadRequest, Conflict, IdempotencyMismatch, NotFound, PublicError, Timeout
from patron_core.imports.json_lines import read_json
from patron_core.inbound.reception import Push, Reception, identify, receive
from patron_core.messages import Actor
from patron_core.settings import Settings
from patron_core.unit_of_work import Broadcast, execute
from patron_core.values import Clock, IdSource
from patron_schema.addresses import client_address
from patron_schema.admission import Admission
from patron_schema.deadlines import Deadline
from patron_schema.errors import MethodNotAllowed, public
from patron_schema.negotiation import check_content_type
from patron_schema.rate_limits import Rates
from patron_schema.request_body import Disconnected, check_length, read_body
from patron_schema.request_log import log_operation
from patron_schema.schemas import Schemas
from patron_schema.wrong_tries import WrongTries

__all__ = ["INBOUND_PATH", "InboundEndpoint", "InboundPlace", "inbound_routes"]

INBOUND_PATH: Final = "/inbound/{source}"
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

_SIGNED: Final = (b"webhook-id", b"webhook-timestamp", b"webhook-signature")


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundPlace:
    """What the endpoint works with. changed: told of an actor who wrote. broadcast: as of `execute`."""

    database: Database
    schemas: Schemas
    settings: Settings
    clock: Clock
    ids: IdSource
    broadcast: Broadcast
    rates: Rates | None = None
    admission: Admission | None = None
    changed: Callable[[Actor], None] | None = None


@dataclass(slots=True)
class _Answer:
    """What is answered to one request, filled in step by step."""

    request_id: str
    actor: Actor | None = None
    status: int = 202
    code: str | None = None
    body: bytes = b""
    media: bytes = b"application/json"
    retry_ms: int | None = None

    def refuse(self, error: PublicError) -> None:
        """Answers with a problem. What GraphQL answers with 200 has its own status here."""
        self.code = error.public_code
        of_the_operation = {NotFound: 404, Conflict: 409, IdempotencyMismatch: 409}
        self.status = of_the_operation.get(type(error), 400) if error.status == 200 else error.status
        self.media = b"application/problem+json"
        self.retry_ms = error.details.get("retryAfterMs", 1_000) if self.status in (429, 503) else None
        problem = {"type": "about:blank", "title": self.code, "status": self.status, "detail": error.message}
        self.body = orjson.dumps({**problem, "requestId": self.request_id})


class InboundEndpoint:
    """The ASGI application behind /inbound/{source}."""

    def __init__(self, place: InboundPlace, *, tries: WrongTries | None = None) -> None:
        self._place = place
        self._tries = tries or WrongTries()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answers one request."""
        started = time.perf_counter()
        answer = _Answer(str(self._place.ids.new()))
        try:
            await self._answer(answer, scope, receive)
        except Disconnected:
            return
        except PublicError as error:
            answer.refuse(error)
        except Exception as error:
            answer.refuse(public(error, request_id=answer.request_id))
            answer.status = max(answer.status, 500)
        await _send(answer, send)
        log_operation(
            request_id=answer.request_id,
            transport="INBOUND",
            status=answer.status,
            seconds=time.perf_counter() - started,
            actor=answer.actor,
            code=answer.code,
        )

    async def _answer(self, answer: _Answer, scope: Message, receive_: Receive) -> None:
        settings = self._place.settings
        headers = _headers(scope)
        if scope["method"] != "POST":
            raise MethodNotAllowed(
                "This method is not allowed here. Records are pushed with POST. Use POST.", allow="POST"
            )
        check_content_type(headers.get(b"content-type"), content_encoding=headers.get(b"content-encoding"))
        check_length(headers.get(b"content-length"), max_body_bytes=settings.max_body_bytes)
        try:
            with Deadline(settings.body_seconds):
                body = await read_body(receive_, settings.max_body_bytes)
        except TimeoutError:
            raise BadRequest(
                f"The request did not arrive in time. It was not complete after {settings.body_seconds:g} seconds. "
                "Send it again."
            ) from None
        push = await self._identified(scope, headers, body)
        answer.actor = push.actor
        if self._place.rates is not None:
            await self._place.rates.take(push.actor, _rows(body))
        reception = await self._received(push, answer.request_id)
        answer.body = orjson.dumps(_told(reception))

    async def _identified(self, scope: Message, headers: Mapping[bytes, bytes], body: bytes) -> Push:
        """Whose message it is; who is wrong too often is asked to wait, by address, before anything is looked up."""
        source = scope["path_params"]["source"]
        signed = {name.decode(): headers.get(name, b"").decode("latin-1") for name in _SIGNED}
        place = self._place
        known = partial(identify, place.database, source, headers=signed, body=body, clock=place.clock)
        if self._tries.was_good(source):
            return await known()
        async with self._tries.turn(source, address=client_address(scope, place.settings.trusted_proxies)):
            push = await known()
        self._tries.note(source, good=True)
        return push

    async def _received(self, push: Push, request_id: str) -> Reception:
        if self._place.admission is None:
            return await self._in_time(push, request_id)
        async with self._place.admission.place(push.actor):
            return await self._in_time(push, request_id)

    async def _in_time(self, push: Push, request_id: str) -> Reception:
        place, seconds = self._place, self._place.settings.deadline_seconds
        tenant = await place.schemas.of(push.actor.tenant_id)
        deadline = Deadline(seconds)
        told = ENDS_AT.set(monotonic() + seconds)
        try:
            with deadline:
                outcome = await execute(
                    place.database,
                    partial(receive, push),
                    actor=push.actor,
                    clock=place.clock,
                    ids=place.ids,
                    plugins=tenant.plugins,
                    request_id=request_id,
                    broadcast=place.broadcast,
                )
        except TimeoutError:
            if not deadline.expired:
                raise
            raise Timeout(
                f"The message took too long. It had {seconds:g} seconds and was cancelled. Send fewer rows at a time."
            ) from None
        finally:
            ENDS_AT.reset(told)
        if place.changed is not None:
            place.changed(push.actor)
        return outcome.value


def inbound_routes(place: InboundPlace) -> list[BaseRoute]:
    """The route of pushes."""
    return [Route(INBOUND_PATH, InboundEndpoint(place), name="inbound")]


def _headers(scope: Message) -> dict[bytes, bytes]:
    """Headers by name; those that sign twice are as good as none."""
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        found[name] = b"" if name in found and name in _SIGNED else value
    return found


def _rows(body: bytes) -> int:
    """What a message costs: its rows. A body that is no list of records is one; what it is else is said later."""
    try:
        value = read_json(body.decode("utf-8"))
    except ValueError:
        return 1
    return max(1, len(value)) if isinstance(value, list) else 1


def _told(reception: Reception) -> dict[str, Any]:
    message = reception.message
    return {
        "id": f"{message.id_prefix}_{message.id}",
        "status": message.status.name,
        "repeated": reception.again,
        "rows": message.rows,
        "created": message.created,
        "unchanged": message.unchanged,
        "rejected": message.rejected,
        "errors": orjson.loads(message.errors),
    }


async def _send(answer: _Answer, send: Send) -> None:
    headers = [
        (b"content-type", answer.media),
        (b"content-length", b"%d" % len(answer.body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-request-id", answer.request_id.encode()),
    ]
    if answer.status == 405:
        headers.append((b"allow", b"POST"))
    if answer.status in (408, 413):
        headers.append((b"connection", b"close"))  # the rest of the body is not read
    if answer.retry_ms is not None:
        headers.append((b"retry-after", b"%d" % max(1, -(-answer.retry_ms // 1_000))))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
