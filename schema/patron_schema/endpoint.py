"""POST and GET of /graphql: an ASGI application for GraphQL over HTTP (all 61 audits of npm's graphql-http).

A request's head and bytes come in, one answer goes out, always with a request id and `Cache-Control: no-store`,
whatever was sent. In this order: method, media types, announced size, credential, body, JSON, parameters, kind of
operation, then the gateway. Subscriptions go on as an `event_stream`, which other operations are only where the client wants
nothing else. WebSockets are left to `websocket`, documents to `documents`, everything after them to the gateway.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qsl

from patron_core.errors import BadRequest, PublicError
from patron_core.messages import Actor
from patron_core.tracing import continued, tell
from patron_schema.addresses import client_address
from patron_schema.context import OperationRequest, OperationResponse
from patron_schema.credential_watch import CredentialWatch
from patron_schema.deadlines import Deadline
from patron_schema.errors import (
    MethodNotAllowed,
    NotAcceptable,
    UrlTooLong,
    error_body,
    formatted_all,
    public,
)
from patron_schema.event_stream import COMPLETE, STREAM_TYPE, EventStream, EventStreams, next_event, refused
from patron_schema.json_input import read_json
from patron_schema.negotiation import GRAPHQL, JSON, STREAM, MediaType, check_content_type, response_type, stream_wish
from patron_schema.rate_limits import Rate
from patron_schema.request_body import Disconnected, check_length, read_body
from patron_schema.request_log import log_operation
from patron_schema.transport import Headers, Message, Parameters, Receive, Send, Service, execute, read_parameters
from patron_schema.websocket_limits import Sockets

__all__ = ["GraphQLEndpoint"]

_MAX_URL_BYTES: Final = 32_768
_ALLOW: Final = "GET, POST"
_URL_PARAMETERS: Final = frozenset({"query", "documentId", "variables", "operationName", "extensions"})


class GraphQLEndpoint:
    """The ASGI application behind /graphql for the scope type `http`.

    streams: of the process, None for some of its own.
    """

    def __init__(self, service: Service, *, streams: EventStreams | None = None) -> None:
        self._service = service
        self._streams = streams or EventStreams(
            service, sockets=Sockets(service.settings), watch=CredentialWatch.of(service)
        )

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answers one request; nothing but a cancellation leaves it."""
        request_id = self._service.new_request_id()
        with continued("patron.request", scope["headers"], request_id=request_id):
            await self._respond(scope, receive, send, request_id=request_id)

    async def _respond(self, scope: Message, receive: Receive, send: Send, *, request_id: str) -> None:
        started = time.perf_counter()
        exchange = _Exchange(scope["method"], _read_head(scope["headers"]), request_id=request_id)
        try:
            await self._answer(exchange, scope, receive)
        except Disconnected:
            return
        except PublicError as error:
            exchange.refuse(error)
        except Exception as error:
            exchange.refuse(public(error, request_id=exchange.request_id), status=500)
        if exchange.actor is not None and self._service.rates is not None:
            exchange.headers += _headers_of_rate(self._service.rates.now(exchange.actor))
        if exchange.stream is not None:
            self._log(exchange, started)
            await exchange.stream.run(receive, send, headers=[exchange.identity, *exchange.headers])
            return
        await _send(exchange, send)
        self._log(exchange, started)

    async def _answer(self, exchange: _Exchange, scope: Message, receive: Receive) -> None:
        is_post = exchange.method == "POST"
        _check_head(exchange, is_post=is_post, max_body_bytes=self._service.settings.max_body_bytes)
        seconds = self._service.settings.body_seconds
        try:
            with Deadline(seconds):
                address = client_address(scope, self._service.settings.trusted_proxies)
                exchange.actor = await self._service.authenticate(scope["headers"], address=address)
                data = await read_body(receive, self._service.settings.max_body_bytes) if is_post else b""
        except TimeoutError:
            raise BadRequest(
                f"The request did not arrive in time. It was not complete after {seconds:g} seconds. Send it again."
            ) from None
        exchange.parameters = parameters = self._parameters(scope, data, is_post=is_post)
        exchange.is_well_formed = True
        if not self._service.is_plain(parameters):
            exchange.parameters = parameters = await self._service.resolved(parameters, exchange.actor)
        kind = self._service.documents.kind(parameters.query, parameters.operation_name)
        streamed = kind == "subscription" and exchange.may_stream()
        if kind != "query" and not streamed and (refusal := _refusal_of_kind(kind, is_post=is_post)) is not None:
            exchange.is_well_formed = (
                False  # the document is good, the request is not: the same status in each media type
            )
            raise refusal
        request = parameters.request(
            actor=exchange.actor,
            request_id=exchange.request_id,
            transport="POST" if is_post else "GET",
            explain=exchange.head.explain == b"true",
            consistency=None if exchange.head.consistency is None else exchange.head.consistency.decode("latin-1"),
        )
        if streamed:
            exchange.method = "SSE"
            exchange.stream = await self._follow(exchange, request, scope["headers"], address)
        else:
            exchange.accept(await execute(self._service, request))

    async def _follow(
        self, exchange: _Exchange, request: OperationRequest, headers: Headers, address: str | None
    ) -> EventStream:
        last = exchange.head.last_event_id
        after = last.decode("latin-1") if last else None
        request = replace(request, transport="SSE", explain=False, after=after)
        return await self._streams.open(request, headers=headers, address=address)

    def _parameters(self, scope: Message, data: bytes, *, is_post: bool) -> Parameters:
        depth = self._service.settings.max_variables_depth
        if not is_post:
            return read_parameters(_url_parameters(scope["query_string"], max_depth=depth))
        if not data:
            raise BadRequest('The request has no body. A POST carries JSON. Send an object such as {"query": "…"}.')
        return read_parameters(read_json(data, max_depth=depth))

    def _log(self, exchange: _Exchange, started: float) -> None:
        tell(status=exchange.status, code=exchange.code or "OK")
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


@dataclass(slots=True)
class _Head:
    """What the headers say that matters here."""

    accept: bytes = b""
    content_type: bytes | None = None
    content_encoding: bytes | None = None
    content_length: bytes | None = None
    explain: bytes | None = None
    last_event_id: bytes | None = None
    consistency: bytes | None = None


class _Exchange:
    """One request and what is answered to it, filled in step by step."""

    __slots__ = (
        "actor",
        "body",
        "code",
        "head",
        "headers",
        "is_streamed",
        "is_well_formed",
        "media",
        "method",
        "parameters",
        "request_id",
        "status",
        "stream",
    )

    def __init__(self, method: str, head: _Head, *, request_id: str) -> None:
        self.method = method
        self.head = head
        self.request_id = request_id
        wish = stream_wish(head.accept)
        self.media: MediaType | None = response_type(head.accept) or (None if wish == "never" else GRAPHQL)
        self.is_streamed = wish == "rather"  # the answer, whatever is asked
        self.stream: EventStream | None = None
        self.is_well_formed = False  # from when on it is a GraphQL request, whose errors are 200 in application/json
        self.actor: Actor | None = None
        self.parameters: Parameters | None = None
        self.status = 200
        self.code: str | None = None
        self.body = b""
        self.headers: list[tuple[bytes, bytes]] = []

    @property
    def identity(self) -> tuple[bytes, bytes]:
        """The header with the request's id."""
        return (b"x-request-id", self.request_id.encode())

    def may_stream(self) -> bool:
        """Whether a subscription can be answered, which needs events."""
        self.is_streamed = stream_wish(self.head.accept) != "never"
        return self.is_streamed

    def accept(self, response: OperationResponse) -> None:
        """Takes the gateway's answer."""
        if self.is_streamed:
            self.body = (next_event(response.body.decode()) + COMPLETE).encode()
            return
        self.body = response.body
        if response.consistency is not None:
            self.headers.append((b"patron-consistency", response.consistency.encode()))
        self.status = response.status if self.media == GRAPHQL else _status_in_json(response.status)

    def refuse(self, error: PublicError, *, status: int | None = None) -> None:
        """Answers with an error for the whole request.

        An error whose own status is 200 happened to an operation that ran: `data` is null then, as the specification
        wants of an answer with a 2xx status.
        """
        began = status is None and error.status == 200
        self.code = error.public_code
        if self.is_streamed and self.is_well_formed and (status or error.status) in _OF_THE_OPERATION:
            self.body = refused(error, request_id=self.request_id).encode()
            return
        self.is_streamed = False
        self.status = status or error.status
        if self.is_well_formed and self.media != GRAPHQL:
            self.status = _status_in_json(self.status)
        self.body = error_body(formatted_all(error, request_id=self.request_id), with_data=began)
        self.headers.extend(_headers_of(error, self.status))


#: Statuses of refusals that would come again: a client of events hears them as events, others make it try again.
_OF_THE_OPERATION: Final = frozenset({200, 400, 403})


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
    if status in (429, 503):
        milliseconds = error.details.get("retryAfterMs", 1_000)
        headers.append((b"retry-after", b"%d" % max(1, -(-milliseconds // 1_000))))
    return headers


def _headers_of_rate(rate: Rate | None) -> list[tuple[bytes, bytes]]:
    """How much the actor may still ask for (IETF draft-ietf-httpapi-ratelimit-headers-03)."""
    if rate is None:
        return []
    return [
        (b"ratelimit-limit", b"%d" % rate.limit),
        (b"ratelimit-remaining", b"%d" % rate.remaining),
        (b"ratelimit-reset", b"%d" % rate.reset_seconds),
    ]


_WANTED: Final = frozenset(
    {
        b"accept",
        b"content-type",
        b"content-encoding",
        b"content-length",
        b"patron-explain",
        b"last-event-id",
        b"patron-consistency",
    }
)


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
        elif name == b"last-event-id":
            head.last_event_id = value
        elif name == b"patron-consistency":
            head.consistency = value
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
            f"Accept {GRAPHQL} or {JSON}, or {STREAM} for a subscription."
        )
    head = exchange.head
    if head.explain not in (None, b"true", b"false"):
        raise BadRequest(
            "`Patron-Explain` has another value. It says whether the answer is explained. Send true or false."
        )
    if not is_post:
        return
    check_content_type(head.content_type, content_encoding=head.content_encoding)
    check_length(head.content_length, max_body_bytes=max_body_bytes)


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
            "A subscription is not answered as JSON. It has one answer after another. "
            f"Accept {STREAM}, or open a WebSocket at this address with the subprotocol graphql-transport-ws."
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
        (b"content-type", STREAM_TYPE if exchange.is_streamed else _TYPES[exchange.media or JSON]),
        (b"content-length", b"%d" % len(exchange.body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        exchange.identity,
        *exchange.headers,
    ]
    await send({"type": "http.response.start", "status": exchange.status, "headers": headers})
    await send({"type": "http.response.body", "body": exchange.body})
