"""What one operation carries from the door to the planner: the request, who asks, and what was answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from patron_core.messages import Actor

__all__ = ["OperationRequest", "OperationResponse", "Transport"]

Transport = Literal["POST", "GET", "WS", "SSE", "JOB"]


@dataclass(frozen=True, slots=True)
class OperationRequest:
    """One GraphQL operation, already free of bytes: text, variables as JSON values, and the actor it runs as.

    query: the document. variables: by name, not yet coerced. operation_name: which operation of the document. extensions: the
    request's own. request_id: shown in every error. transport: GET may not carry mutations. subjects: whether the answer
    names the parties whose rows it shows, as the read audit needs them. explain: whether the answer says how it was made.
    at_least: where the database must stand that answers, as the token of an earlier answer said (`replicas`).
    after: the position of the event after which a subscription goes on, where the transport has a word for it.
    """

    query: str
    actor: Actor
    request_id: str
    transport: Transport
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)
    subjects: bool = False
    explain: bool = False
    at_least: int | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class OperationResponse:
    """The answer as JSON bytes.

    status: the HTTP status for `application/graphql-response+json` (GraphQL over HTTP). executed: whether the operation ran
    (then a response in `application/json` is 200 even with errors); False for parse, validation and request errors.
    subjects: ids of the parties whose rows the answer shows, where the request asked for them. consistency: the token with which
    other processes answer with what this one wrote, where there are replicas.
    """

    body: bytes
    status: int = 200
    executed: bool = True
    subjects: frozenset[str] = frozenset()
    consistency: str | None = None
