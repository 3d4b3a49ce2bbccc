"""A small Strawberry schema behind a gateway of a few lines, and an ASGI client, to test the transports through.

Bytes and headers go in as a server would hand them on, whole answers come out; nothing listens on a port.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import inspect
import json
import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import strawberry
from graphql import ExecutionResult, GraphQLError, GraphQLSchema, execute, subscribe

from patron_core.errors import Forbidden, NotFound, Unauthenticated, Unavailable
from patron_core.messages import Actor
from patron_core.settings import Settings
from patron_core.values import FixedClock, SequentialIds
from patron_schema.context import OperationRequest, OperationResponse
from patron_schema.documents import Documents
from patron_schema.endpoint import GraphQLEndpoint
from patron_schema.errors import error_body, formatted
from patron_schema.following import Listener
from patron_schema.transport import Headers, Service

TENANT = uuid.UUID("018f0000-0000-7000-8000-00000000000a")
KEY = b"Bearer patron_test"
JSON = (b"content-type", b"application/json")
GRAPHQL = (b"accept", b"application/graphql-response+json")
CLOCK = FixedClock(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))


@strawberry.type
class Person:
    name: str

    @strawberry.field
    def friend(self) -> Person:
        return Person(name=f"{self.name}'s friend")


@strawberry.type
class Query:
    person: Person = strawberry.field(resolver=lambda: Person(name="Ada"))

    @strawberry.field
    def echo(self, text: str) -> str:
        return text

    @strawberry.field
    def number(self, n: int) -> int:
        return n

    @strawberry.field
    def broken(self) -> int:
        raise RuntimeError("secret /etc/passwd path")

    @strawberry.field
    def missing(self) -> int | None:
        raise NotFound("There is no such customer. The id is unknown. Check it.")

    @strawberry.field
    async def endless(self) -> int:
        await asyncio.Event().wait()
        return 1


@strawberry.type
class Mutation:
    @strawberry.mutation
    def rename(self, name: str) -> str:
        return name


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int) -> AsyncIterator[int]:
        for number in range(to):
            yield number

    @strawberry.subscription
    async def silence(self) -> AsyncIterator[int]:
        await asyncio.Event().wait()
        yield 1

    @strawberry.subscription
    async def flood(self) -> AsyncIterator[int]:
        while True:
            yield 1
            await asyncio.sleep(0)

    @strawberry.subscription
    async def failing(self) -> AsyncIterator[int]:
        yield 1
        raise RuntimeError("secret /etc/passwd path")


SCHEMA: GraphQLSchema = strawberry.Schema(Query, Mutation, Subscription)._schema


@dataclass
class ExampleGateway:
    """Answers with graphql-core; `raises` is raised instead, and `seen` has every request that came."""

    documents: Documents
    raises: Exception | None = None
    seen: list[OperationRequest] = field(default_factory=list)
    open_subscriptions: int = 0

    async def execute(self, request: OperationRequest) -> OperationResponse:
        self.seen.append(request)
        if self.raises is not None:
            raise self.raises
        document = self.documents.load(SCHEMA, "example", request.query, request.operation_name)
        result = execute(
            SCHEMA, document.ast, variable_values=dict(request.variables), operation_name=request.operation_name
        )
        answer = await result if inspect.isawaitable(result) else result
        assert isinstance(answer, ExecutionResult)
        if answer.data is None and answer.errors and answer.errors[0].path is None:
            errors = [formatted(error, request_id=request.request_id) for error in answer.errors]
            return OperationResponse(error_body(errors), status=400, executed=False)
        return OperationResponse(_body(answer, request.request_id))

    async def follow(self, request: OperationRequest, listener: Listener) -> ExampleSubscription:
        self.seen.append(request)
        if self.raises is not None:
            raise self.raises
        document = self.documents.load(SCHEMA, "example", request.query, request.operation_name)
        opened = subscribe(SCHEMA, document.ast, variable_values=dict(request.variables))
        results = await opened if inspect.isawaitable(opened) else opened
        assert not isinstance(results, ExecutionResult)
        return ExampleSubscription(asyncio.create_task(self._tell(results, listener, request.request_id)))

    async def _tell(self, results: AsyncIterator[ExecutionResult], listener: Listener, request_id: str) -> None:
        self.open_subscriptions += 1
        try:
            async for result in results:
                listener.tell(_body(result, request_id).decode(), None)
        except Exception as error:
            listener.end(error)
        else:
            listener.end(None)
        finally:
            self.open_subscriptions -= 1


@dataclass
class ExampleSubscription:
    """A subscription of the example: graphql-core's, told by a task."""

    task: asyncio.Task[None]

    def close(self) -> None:
        self.task.cancel()


def _body(result: ExecutionResult, request_id: str) -> bytes:
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = [formatted(error, request_id=request_id) for error in result.errors]
    return json.dumps(answer).encode()


@dataclass
class ExampleKeys:
    """Knows one key; `refuses` makes it revoked, `roles` are the actor's."""

    refuses: bool = False
    roles: tuple[str, ...] = ("admin",)
    calls: int = 0

    async def __call__(self, headers: Headers, *, address: str | None = None) -> Actor:
        self.calls += 1
        credentials = [value for name, value in headers if name == b"authorization"]
        if self.refuses or credentials != [KEY]:
            raise Unauthenticated("No valid key was sent. The request has none that is known. Send one.")
        return Actor(tenant_id=TENANT, subject="key_1", kind="app", roles=self.roles)


@dataclass
class Example:
    """A service with its parts at hand."""

    service: Service
    gateway: ExampleGateway
    keys: ExampleKeys

    @property
    def endpoint(self) -> GraphQLEndpoint:
        return GraphQLEndpoint(self.service)


def example(**settings: Any) -> Example:
    """A service over the example schema, with settings other than the defaults where they are named."""
    chosen = Settings(_env_file=None, **settings)  # type: ignore[call-arg]
    documents = Documents(chosen)
    gateway, keys = ExampleGateway(documents), ExampleKeys()
    return Example(
        Service(gateway=gateway, documents=documents, authenticate=keys, settings=chosen, ids=SequentialIds(CLOCK)),
        gateway,
        keys,
    )


@dataclass(frozen=True)
class Answer:
    """What a request was answered with."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str | None:
        errors = self.json.get("errors")
        return errors[0]["extensions"]["code"] if errors else None


async def ask(
    app: Any,
    body: bytes | Any = b"",
    *,
    method: str = "POST",
    headers: Sequence[tuple[bytes, bytes]] = (JSON,),
    query_string: bytes = b"",
    chunks: Iterable[bytes] | None = None,
    key: bytes | None = KEY,
) -> Answer:
    """One request through ASGI. body: bytes, or a value to be written as JSON; chunks: sent without Content-Length."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    pieces = [data] if chunks is None else list(chunks)
    sent = [*headers, *([(b"authorization", key)] if key else [])]
    if method == "POST" and chunks is None:
        sent.append((b"content-length", str(len(data)).encode()))
    scope = {"type": "http", "method": method, "path": "/graphql", "query_string": query_string, "headers": sent}
    waiting = [
        {"type": "http.request", "body": piece, "more_body": number + 1 < len(pieces)}
        for number, piece in enumerate(pieces)
    ]
    messages: list[Any] = []

    async def receive() -> Any:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        messages.append(message)

    await app(scope, receive, send)
    start, content = messages
    return Answer(
        status=start["status"],
        headers={name.decode(): value.decode() for name, value in start["headers"]},
        body=content["body"],
    )


PUBLIC_ERRORS: dict[str, Exception] = {
    "forbidden": Forbidden("The field may not be used. `Customer.x` needs the scope y. Ask for it."),
    "unavailable": Unavailable("The database is away. It did not answer. Try again."),
    "foreign": GraphQLError("secret in a GraphQLError"),
}
