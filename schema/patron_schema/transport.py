"""What POST, GET and WebSocket share: the gateway they call, an operation's parameters, its deadline.

JSON values come in; `Parameters`, an `OperationRequest` and an answer go out. How bytes become JSON and how an answer
becomes bytes of a protocol is left to `endpoint` and `websocket`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias

from patron_core.errors import BadRequest, LimitExceeded, Timeout
from patron_core.messages import Actor
from patron_core.values import IdSource
from patron_schema.context import OperationRequest, OperationResponse, Transport
from patron_schema.documents import Documents
from patron_schema.following import Listener

__all__ = [
    "Authenticate",
    "Gateway",
    "Headers",
    "OpenSubscription",
    "Parameters",
    "Service",
    "TransportSettings",
    "execute",
    "read_parameters",
]

Headers: TypeAlias = Sequence[tuple[bytes, bytes]]
Authenticate: TypeAlias = Callable[[Headers], Awaitable[Actor]]


class OpenSubscription(Protocol):
    """Somebody's place among those who listen."""

    def close(self) -> None:
        """Ends it at once, without a word to the listener; a second time does nothing."""
        ...


class Gateway(Protocol):
    """The one door behind the transports."""

    async def execute(self, request: OperationRequest) -> OperationResponse:
        """Answers a query or a mutation; raises PublicError for what is refused before anything ran."""
        ...

    async def follow(self, request: OperationRequest, listener: Listener) -> OpenSubscription:
        """Tells the listener each result of a subscription until it is closed; raises PublicError for what is refused."""
        ...


class TransportSettings(Protocol):
    """What the transports read of the settings."""

    @property
    def max_body_bytes(self) -> int: ...
    @property
    def max_variables_depth(self) -> int: ...
    @property
    def max_response_bytes(self) -> int: ...
    @property
    def deadline_seconds(self) -> float: ...
    @property
    def ws_max_frame_bytes(self) -> int: ...
    @property
    def ws_send_queue(self) -> int: ...
    @property
    def ws_max_subscriptions(self) -> int: ...
    @property
    def ws_init_seconds(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Service:
    """What every transport needs.

    gateway: answers operations. documents: the cache the gateway uses too, asked for the kind of an operation.
    authenticate: the Actor of a request's headers, or UNAUTHENTICATED. settings: sizes and the deadline. ids: where
    request ids come from.
    """

    gateway: Gateway
    documents: Documents
    authenticate: Authenticate
    settings: TransportSettings
    ids: IdSource

    def new_request_id(self) -> str:
        """An id for the next request, which its answer, its errors and its lines in the log bear."""
        return str(self.ids.new())


@dataclass(frozen=True, slots=True)
class Parameters:
    """The four parameters of GraphQL over HTTP, in their right types."""

    query: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)

    def request(
        self, *, actor: Actor, request_id: str, transport: Transport, explain: bool = False
    ) -> OperationRequest:
        """The operation these parameters ask for. explain: whether the answer says how it was made."""
        return OperationRequest(
            query=self.query,
            actor=actor,
            request_id=request_id,
            transport=transport,
            variables=self.variables,
            operation_name=self.operation_name,
            extensions=self.extensions,
            explain=explain,
        )


def read_parameters(value: object) -> Parameters:
    """Parameters from the JSON a client sent; raises BAD_REQUEST for any other shape. Unknown names are passed over."""
    if not isinstance(value, dict):
        if isinstance(value, list):
            raise BadRequest(
                "Batches are not answered. The request is a list of operations. Send each in a request of its own."
            )
        raise BadRequest(
            f"The request is not a JSON object. It is {_kind(value)}. "
            'Send an object such as {"query": "{ viewer { id } }"}.'
        )
    query = value.get("query")
    if not isinstance(query, str):
        raise BadRequest(_no_query(value))
    operation_name = value.get("operationName")
    if operation_name is not None and not isinstance(operation_name, str):
        raise _misshapen("operationName", operation_name, "a string or null")
    return Parameters(
        query=query,
        variables=_mapping("variables", value.get("variables")),
        operation_name=operation_name or None,
        extensions=_mapping("extensions", value.get("extensions")),
    )


async def execute(gateway: Gateway, request: OperationRequest, *, settings: TransportSettings) -> OperationResponse:
    """The gateway's answer within the deadline; raises TIMEOUT after it and LIMIT_EXCEEDED for an answer too large."""
    deadline = asyncio.timeout(settings.deadline_seconds)
    try:
        async with deadline:
            response = await gateway.execute(request)
    except TimeoutError:
        if not deadline.expired():
            raise
        raise Timeout(
            f"The operation took too long. It had {settings.deadline_seconds:g} seconds and was cancelled. "
            "Ask for less at a time, or try again later."
        ) from None
    if len(response.body) > settings.max_response_bytes:
        raise LimitExceeded(
            limit="bytes of the response",
            value=len(response.body),
            maximum=settings.max_response_bytes,
            advice="Ask for fewer rows or fields.",
        )
    return response


_KINDS: Final = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "a number")


def _no_query(value: Mapping[str, Any]) -> str:
    if "query" in value:
        return (
            f"The parameter `query` has the wrong type. It is {_kind(value['query'])}. "
            "Send the text of a GraphQL document."
        )
    if "persistedQuery" in (value.get("extensions") or ()) or "documentId" in value or "id" in value:
        return (
            "The parameter `query` is missing. Persisted documents are not kept here. "
            "Send the text of the document in `query`."
        )
    return (
        "The parameter `query` is missing. It is what a GraphQL request is about. "
        "Send the text of a document in `query`."
    )


def _mapping(name: str, value: object) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _misshapen(name, value, "an object or null")
    return value


def _misshapen(name: str, value: object, wanted: str) -> BadRequest:
    return BadRequest(f"The parameter `{name}` has the wrong type. It is {_kind(value)}. Send {wanted}.")
