"""What POST, GET, event streams and WebSockets share: the gateway they call, an operation's parameters, its deadline.

JSON values come in; `Parameters`, an `OperationRequest` and an answer go out. How bytes become JSON and how an answer
becomes bytes of a protocol is left to `endpoint` and `websocket`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from patron_core.database.deadline import ENDS_AT
from patron_core.errors import BadRequest, LimitExceeded, Timeout
from patron_core.messages import Actor
from patron_core.values import IdSource
from patron_schema.admission import Admission
from patron_schema.context import OperationRequest, OperationResponse, Transport
from patron_schema.deadlines import Deadline
from patron_schema.documents import Documents
from patron_schema.following import Listener
from patron_schema.metrics import RequestFigures
from patron_schema.rate_limits import Rates
from patron_schema.replicas import position_of

__all__ = [
    "Authenticate",
    "Gateway",
    "Headers",
    "Message",
    "OpenSubscription",
    "Parameters",
    "Persisted",
    "Receive",
    "Recheck",
    "Refresh",
    "Send",
    "Service",
    "TransportSettings",
    "execute",
    "read_parameters",
]

T = TypeVar("T")
Headers: TypeAlias = Sequence[tuple[bytes, bytes]]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Recheck: TypeAlias = Callable[[Headers], Awaitable[Actor]]
Refresh: TypeAlias = Callable[[Sequence[Headers]], Awaitable[None]]


class Authenticate(Protocol):
    """Finds the actor of a request's headers."""

    async def __call__(self, headers: Headers, *, address: str | None = None) -> Actor:
        """The actor; raises UNAUTHENTICATED. address: where the request comes from."""
        ...


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
    def trusted_proxies(self) -> tuple[str, ...]: ...
    @property
    def max_body_bytes(self) -> int: ...
    @property
    def max_variables_depth(self) -> int: ...
    @property
    def max_response_bytes(self) -> int: ...
    @property
    def body_seconds(self) -> float: ...
    @property
    def deadline_seconds(self) -> float: ...
    @property
    def ws_max_frame_bytes(self) -> int: ...
    @property
    def ws_send_queue(self) -> int: ...
    @property
    def ws_send_queue_bytes(self) -> int: ...
    @property
    def ws_max_subscriptions(self) -> int: ...
    @property
    def ws_init_seconds(self) -> float: ...
    @property
    def ws_idle_seconds(self) -> float: ...
    @property
    def ws_life_seconds(self) -> float: ...
    @property
    def ws_max_per_actor(self) -> int: ...
    @property
    def ws_max_per_address(self) -> int: ...
    @property
    def ws_max_per_process(self) -> int: ...
    @property
    def sse_heartbeat_seconds(self) -> float: ...


class Persisted(Protocol):
    """Finds the texts of documents that requests name."""

    @property
    def only(self) -> bool:
        """Whether nothing but registered documents may run."""
        ...

    async def resolved(self, parameters: Parameters, actor: Actor) -> Parameters:
        """The parameters with the text they name; raises PublicError where there is none, or it may not run."""
        ...


@dataclass(frozen=True, slots=True)
class Service:
    """What every transport needs.

    gateway: answers operations. documents: the cache the gateway uses too, asked for the kind of an operation.
    authenticate: the Actor of a request's headers, or UNAUTHENTICATED. settings: sizes and the deadline. ids: where
    request ids come from. refresh: makes ready for many to be asked for at once. recheck: as `authenticate`, for sockets that
    are open; None where that does. persisted: documents that
    requests name; None where none are kept. requests: counts operations; None where nobody asks for the figures. rates: what
    answers say of the actor's; the gateway counts them. admission: how many operations run at once. None: unlimited.
    """

    gateway: Gateway
    documents: Documents
    authenticate: Authenticate
    settings: TransportSettings
    ids: IdSource
    refresh: Refresh | None = None
    recheck: Recheck | None = None
    persisted: Persisted | None = None
    requests: RequestFigures | None = None
    rates: Rates | None = None
    admission: Admission | None = None

    def is_plain(self, parameters: Parameters) -> bool:
        """Whether the document's text was sent and may run without being looked up: nearly every request."""
        return not parameters.is_reference and (self.persisted is None or not self.persisted.only)

    async def resolved(self, parameters: Parameters, actor: Actor) -> Parameters:
        """The parameters with the text they name, within the deadline; raises as `Persisted.resolved` does, and TIMEOUT."""
        if self.persisted is not None:
            return await _in_time(self.persisted.resolved(parameters, actor), settings=self.settings)
        if not parameters.query:
            raise BadRequest(
                "The parameter `query` is missing. Persisted documents are not kept here. "
                "Send the text of the document in `query`."
            )
        return parameters

    def new_request_id(self) -> str:
        """An id for the next request, which its answer, its errors and its lines in the log bear."""
        return str(self.ids.new())


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of GraphQL over HTTP, in their right types. query: empty where the document is only named."""

    query: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)
    document_id: str | None = None

    @property
    def is_reference(self) -> bool:
        """Whether the request names its document, by an id or by a hash."""
        return self.document_id is not None or "persistedQuery" in self.extensions

    def request(
        self,
        *,
        actor: Actor,
        request_id: str,
        transport: Transport,
        explain: bool = False,
        consistency: str | None = None,
    ) -> OperationRequest:
        """The operation these parameters ask for. explain: whether the answer says how it was made.

        consistency: the token of an earlier answer; `extensions` may have it too. Raises BAD_REQUEST for what is none.
        """
        return OperationRequest(
            query=self.query,
            actor=actor,
            request_id=request_id,
            transport=transport,
            variables=self.variables,
            operation_name=self.operation_name,
            extensions=self.extensions,
            explain=explain,
            at_least=position_of(self.extensions.get("consistency") if consistency is None else consistency),
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
    operation_name = _text("operationName", value.get("operationName"))
    parameters = Parameters(
        query=_text("query", value.get("query")) or "",
        variables=_mapping("variables", value.get("variables")),
        operation_name=operation_name or None,
        extensions=_mapping("extensions", value.get("extensions")),
        document_id=_text("documentId", value.get("documentId")),
    )
    if parameters.document_id is not None and parameters.query:
        raise BadRequest(
            "Which document is meant is not clear. The request has both `query` and `documentId`. Send one of them."
        )
    if value.get("query") is None and not parameters.is_reference:
        raise BadRequest(
            "The parameter `query` is missing. It is what a GraphQL request is about. "
            "Send the text of a document in `query`."
        )
    return parameters


async def execute(service: Service, request: OperationRequest) -> OperationResponse:
    """The gateway's answer within the deadline, which begins when the operation has its turn.

    Raises OVERLOADED where its turn does not come, TIMEOUT after the deadline and LIMIT_EXCEEDED for an answer too large.
    """
    settings = service.settings
    if service.admission is None:
        response = await _in_time(service.gateway.execute(request), settings=settings)
    else:
        async with service.admission.place(request.actor):
            response = await _in_time(service.gateway.execute(request), settings=settings)
    if len(response.body) > settings.max_response_bytes:
        raise LimitExceeded(
            limit="bytes of the response",
            value=len(response.body),
            maximum=settings.max_response_bytes,
            advice="Ask for fewer rows or fields.",
        )
    return response


async def _in_time(work: Awaitable[T], *, settings: TransportSettings) -> T:
    deadline = Deadline(settings.deadline_seconds)
    told = ENDS_AT.set(monotonic() + settings.deadline_seconds)
    try:
        with deadline:
            return await work
    except TimeoutError:
        if not deadline.expired:
            raise
        raise Timeout(
            f"The operation took too long. It had {settings.deadline_seconds:g} seconds and was cancelled. "
            "Ask for less at a time, or try again later."
        ) from None
    finally:
        ENDS_AT.reset(told)


_KINDS: Final = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "a number")


def _text(name: str, value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise _misshapen(name, value, "the text of a GraphQL document" if name == "query" else "a string or null")
    return value


def _mapping(name: str, value: object) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _misshapen(name, value, "an object or null")
    return value


def _misshapen(name: str, value: object, wanted: str) -> BadRequest:
    return BadRequest(f"The parameter `{name}` has the wrong type. It is {_kind(value)}. Send {wanted}.")
