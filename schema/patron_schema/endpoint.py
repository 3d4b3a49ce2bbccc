"""POST and GET of /graphql: an ASGI application for GraphQL over HTTP (all 61 audits of npm's graphql-http).

A request's head and bytes come in, one answer goes out, always with a request id and `Cache-Control: no-store`,
whatever was sent. In this order: method, media types, announced size, credential, body, JSON, parameters, kind of
operation, then the gateway. WebSockets are left to `websocket`, documents to `documents`, everything after them to
the gateway.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

from patron_core.errors import BadRequest, PublicError, RateLimited
from patron_core.messages import Actor
from patron_schema.context import OperationResponse
from patron_schema.deadlines import Deadline
from patron_schema.errors import (
    MethodNotAllowed,
    NotAcceptable,
    PayloadTooLarge,
    UrlTooLong,
    error_body,
    formatted_all,
    public,
)
from patron_schema.json_input import read_json
from patron_schema.negotiation import GRAPHQL, JSON, MediaType, check_content_type, response_type
from patron_schema.request_log import log_operation
from patron_schema.transport import Headers, Parameters, Service, execute, read_parameters

__all__ = ["GraphQLEndpoint"]

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

_READ_SECONDS: Final = 15.0  # for the credential and the body together
_MAX_URL_BYTES: Final = 32_768
_ALLOW: Final = "GET, POST"
_URL_PARAMETERS: Final = frozenset({"query", "documentId", "variables", "operationName", "extensions"})


class GraphQLEndpoint:
    """The ASGI application behind /graphql for the scope type `http`."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answers one request; nothing but a cancellation leaves it."""
        started = time.perf_counter()
        exchange = _Exchange(scope["method"], _read_head(scope["headers"]), request_id=self._service.new_request_id())
        try:
            await self._answer(exchange, scope, receive)
        except _Disconnected:
            return
        except PublicError as error:
            exchange.refuse(error)
        except Exception as error:
            exchange.refuse(public(error, request_id=exchange.request_id), status=500)
        await _send(exchange, send)
        self._log(exchange, started)

    async def _answer(self, exchange: _Exchange, scope: Message, receive: Receive) -> None:
        is_post = exchange.method == "POST"
        _check_head(exchange, is_post=is_post, max_body_bytes=self._service.settings.max_body_bytes)
        try:
            with Deadline(_READ_SECONDS):
                exchange.actor = await self._service.authenticate(scope["headers"])
                data = await _read_body(receive, self._service.settings.max_body_bytes) if is_post else b""
        except TimeoutError:
            raise BadRequest(
                "The request did not arrive in time. "
                f"It was not complete after {_READ_SECONDS:g} seconds. Send it again."
            ) from None
        exchange.parameters = parameters = self._parameters(scope, data, is_post=is_post)
        exchange.is_well_formed = True
        if not self._service.is_plain(parameters):
            exchange.parameters = parameters = await self._service.resolved(parameters, exchange.actor)
        kind = self._service.documents.kind(parameters.query, parameters.operation_name)
        if kind != "query" and (refusal := _refusal_of_kind(kind, is_post=is_post)) is not None:
            exchange.is_well_formed = (
                False  # the document is good, the request is not: the same status in each media type
            )
            raise refusal
        request = parameters.request(
            actor=exchange.actor,
            request_id=exchange.request_id,
            transport="POST" if is_post else "GET",
            explain=exchange.head.explain == b"true",
        )
        exchange.accept(await execute(self._service.gateway, request, settings=self._service.settings))

    def _parameters(self, scope: Message, data: bytes, *, is_post: bool) -> Parameters:
        depth = self._service.settings.max_variables_depth
        if not is_post:
            return read_parameters(_url_parameters(scope["query_string"], max_depth=depth))
        if not data:
            raise BadRequest('The request has no body. A POST carries JSON. Send an object such as {"query": "…"}.')
        return read_parameters(read_json(data, max_depth=depth))

    def _log(self, exchange: _Exchange, started: float) -> None:
        digest = None
        if exchange.parameters is not None:
            digest = self._service.documents.digest(exchange.parameters.query, exchange.parameters.operation_name)
        seconds = time.perf_counter() - started
        if self._service.requests is not None:
            self._service.requests.note(exchange.method, code=exchange.code, seconds=seconds)
        log_operation(
            request_id=exchange.request_id,
            transport=exchange.method,
            status=exchange.status,
            seconds=seconds,
            actor=exchange.actor,
            code=exchange.code,
            document=digest,
            operation=exchange.parameters.operation_name if digest and exchange.parameters else None,
        )


class _Disconnected(Exception):
    """The client has gone; there is nobody to answer."""


@dataclass(slots=True)
class _Head:
    """What the headers say that matters here."""

    accept: bytes = b""
    content_type: bytes | None = None
    content_encoding: bytes | None = None
    content_length: bytes | None = None
    explain: bytes | None = None


class _Exchange:
    """One request and what is answered to it, filled in step by step."""

    __slots__ = (
        "actor",
        "body",
        "code",
        "head",
        "headers",
        "is_well_formed",
        "media",
        "method",
        "parameters",
        "request_id",
        "status",
    )

    def __init__(self, method: str, head: _Head, *, request_id: str) -> None:
        self.method = method
        self.head = head
        self.request_id = request_id
        self.media: MediaType | None = response_type(head.accept)
        self.is_well_formed = False  # from when on it is a GraphQL request, whose errors are 200 in application/json
        self.actor: Actor | None = None
        self.parameters: Parameters | None = None
        self.status = 200
        self.code: str | None = None
        self.body = b""
        self.headers: list[tuple[bytes, bytes]] = []

    def accept(self, response: OperationResponse) -> None:
        """Takes the gateway's answer."""
        self.body = response.body
        self.status = response.status if self.media == GRAPHQL else _status_in_json(response.status)

    def refuse(self, error: PublicError, *, status: int | None = None) -> None:
        """Answers with an error for the whole request.

        An error whose own status is 200 happened to an operation that ran: `data` is null then, as the specification
        wants of an answer with a 2xx status.
        """
        began = status is None and error.status == 200
        self.status = status or error.status
        if self.is_well_formed and self.media != GRAPHQL:
            self.status = _status_in_json(self.status)
        self.code = error.public_code
        self.body = error_body(formatted_all(error, request_id=self.request_id), with_data=began)
        self.headers.extend(_headers_of(error, self.status))


def _status_in_json(status: int) -> int:
    """In application/json a well-formed request that GraphQL refuses is 200 (GraphQL over HTTP, section 6.4.1)."""
    return 200 if status in (400, 403) else status


def _headers_of(error: PublicError, status: int) -> list[tuple[bytes, bytes]]:
    headers: list[tuple[bytes, bytes]] = []
    if isinstance(error, MethodNotAllowed):
        headers.append((b"allow", error.allow.encode()))
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="patron"'))
    if status in (408, 413, 414):
        headers.append((b"connection", b"close"))  # the rest of the body is not read
    if isinstance(error, RateLimited):
        headers.append((b"retry-after", b"1"))
    return headers


_WANTED: Final = frozenset({b"accept", b"content-type", b"content-encoding", b"content-length", b"patron-explain"})


def _read_head(headers: Headers) -> _Head:
    head = _Head()
    for name, value in headers:
        if name not in _WANTED:
            continue
        if name == b"accept":
            head.accept = value if not head.accept else head.accept + b"," + value
        elif name == b"content-type":
            head.content_type = value
        elif name == b"content-length":
            head.content_length = value
        elif name == b"patron-explain":
            head.explain = value
        else:
            head.content_encoding = value
    return head


def _check_head(exchange: _Exchange, *, is_post: bool, max_body_bytes: int) -> None:
    if not is_post and exchange.method != "GET":
        raise MethodNotAllowed(
            "This method is not allowed here. GraphQL is asked with GET and POST. Use POST.", allow=_ALLOW
        )
    if exchange.media is None:
        raise NotAcceptable(
            "The client accepts none of the media types of GraphQL. `Accept` names other ones. "
            f"Accept {GRAPHQL} or {JSON}."
        )
    head = exchange.head
    if head.explain not in (None, b"true", b"false"):
        raise BadRequest(
            "`Patron-Explain` has another value. It says whether the answer is explained. Send true or false."
        )
    if not is_post:
        return
    check_content_type(head.content_type, content_encoding=head.content_encoding)
    if head.content_length is None:
        return
    if not head.content_length.isdigit():
        raise BadRequest("Content-Length is not a number. The size of the body is not known. Send its size in bytes.")
    if len(head.content_length) > 18 or int(head.content_length) > max_body_bytes:
        raise _too_large(int(head.content_length[:18]), max_body_bytes)


async def _read_body(receive: Receive, max_bytes: int) -> bytes:
    """The whole body, counted while it comes: chunked requests announce no size, and others may lie."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise _Disconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > max_bytes:
            raise _too_large(size, max_bytes)
        if not message.get("more_body", False):
            return chunk if not chunks else b"".join([*chunks, chunk])
        chunks.append(chunk)


def _too_large(size: int, maximum: int) -> PayloadTooLarge:
    return PayloadTooLarge(
        limit="bytes of the body", value=size, maximum=maximum, advice="Send less, or in several requests."
    )


def _url_parameters(query_string: bytes, *, max_depth: int) -> dict[str, Any]:
    if len(query_string) > _MAX_URL_BYTES:
        raise UrlTooLong(
            limit="bytes of the URL", value=len(query_string), maximum=_MAX_URL_BYTES, advice="Send it as a POST."
        )
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:  # a UnicodeDecodeError is one
        raise BadRequest(
            "The URL is not UTF-8. Its parameters cannot be read. Encode them as UTF-8 and then with percent signs."
        ) from None
    values: dict[str, Any] = {}
    for name, text in pairs:
        if name not in _URL_PARAMETERS:
            continue
        if name in values:
            raise BadRequest(f"The parameter `{name}` is in the URL twice. Which is meant is not clear. Give it once.")
        values[name] = text
        if name in ("variables", "extensions"):
            values[name] = read_json(text.encode(), max_depth=max_depth, what=f"parameter `{name}`") if text else None
    return values


def _refusal_of_kind(kind: str, *, is_post: bool) -> PublicError | None:
    if kind == "subscription":
        return BadRequest(
            "Subscriptions are not answered over HTTP. The operation is a subscription. "
            "Open a WebSocket at this address with the subprotocol graphql-transport-ws."
        )
    if is_post:
        return None
    return MethodNotAllowed(
        "Mutations are not answered over GET. The operation is a mutation, and a GET must change nothing. "
        "Send it as a POST.",
        allow="POST",
    )


_TYPES: Final = {media: f"{media}; charset=utf-8".encode() for media in (JSON, GRAPHQL)}


async def _send(exchange: _Exchange, send: Send) -> None:
    headers = [
        (b"content-type", _TYPES[exchange.media or JSON]),
        (b"content-length", b"%d" % len(exchange.body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-request-id", exchange.request_id.encode()),
        *exchange.headers,
    ]
    await send({"type": "http.response.start", "status": exchange.status, "headers": headers})
    await send({"type": "http.response.body", "body": exchange.body})
