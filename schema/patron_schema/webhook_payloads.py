"""What a webhook says: an event as its endpoint may see it, asked of the gateway as the endpoint's own actor.

In comes a letter, out comes the body of a request, or nothing where the endpoint's condition does not hold for the event's
customer. What is financial or of health comes in the event's row alone, whose reading the audit keeps as for anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

import orjson

from patron_core.cache import Cache
from patron_core.columns import format_time
from patron_core.customers.models import Customer
from patron_core.errors import Unavailable
from patron_core.messages import Actor, Event
from patron_core.outbox.events import CommittedEvent
from patron_core.outbox.telling import outer_id, told
from patron_core.outbox.types import EventField, EventType, EventTypes
from patron_core.records import Record
from patron_core.values import IdSource
from patron_core.webhooks.letters import Letter
from patron_core.webhooks.models import WebhookPayloadStyle
from patron_core.webhooks.sending import REFUSALS, Misfit

from .compose import Composed
from .context import OperationRequest, OperationResponse
from .planner.catalog import ColumnField, ExpressionField, ValueField
from .read_audit import AUDITED
from .schemas import Schemas

__all__ = ["CONDITION", "GatewayBodies", "condition_request", "object_query"]

#: Whether a condition holds for a customer; `where` is both together.
CONDITION: Final = (
    "query WebhookCondition($where: CustomerWhere) { customers(where: $where, first: 1) { nodes { id } } }"
)
_QUERIES: Final = 1_024


class Answers(Protocol):
    """What is needed of the gateway."""

    async def execute(self, request: OperationRequest) -> OperationResponse: ...


class GatewayBodies:
    """Makes bodies. gateway: answers; schemas: what an actor sees; types: of the deployment's plugins; ids: of requests."""

    def __init__(self, gateway: Answers, *, schemas: Schemas, types: EventTypes, ids: IdSource) -> None:
        self._gateway = gateway
        self._schemas = schemas
        self._types = types
        self._ids = ids
        self._queries: Cache[tuple[str, type[Record]], str] = Cache(
            "webhook queries", most_entries=_QUERIES, most_weight=_QUERIES
        )

    async def of(self, letter: Letter) -> bytes | None:
        """The body of a letter; None where the condition does not hold. Raises PublicError, `Misfit`."""
        event, actor = letter.event, letter.destination.actor
        if not await self._holds(letter):
            return None
        full = letter.destination.payload is WebhookPayloadStyle.FULL
        data = self._said(event.event, actor, thin=not full)
        if data is None:
            return None  # its scopes do not open the event any more
        if full:
            data |= await self._object(event.event, actor)
        return body_of(event, data)

    def _said(self, event: Event, actor: Actor, *, thin: bool) -> dict[str, Any] | None:
        """What the event itself says, without what only its row may show."""
        type_ = self._types.of_event(event)
        said = told(event, actor, types=self._types, thin=thin)
        if type_ is None or said is None:
            return None
        kept = {field.name for field in type_.fields if field.classification not in AUDITED}
        return {name: value for name, value in said.items() if name in kept}

    async def _holds(self, letter: Letter) -> bool:
        where = letter.destination.where()
        if where is None:
            return True
        customer_id = letter.event.event.customer_id
        if customer_id is None:
            return False
        both = {"and": [{"id": {"eq": outer_id(customer_id, Customer)}}, where]}
        request = condition_request(letter.destination.actor, both, request_id=str(self._ids.new()))
        try:
            answer = await self._asked(request)
        except REFUSALS as refusal:
            raise Misfit from refusal
        return bool(answer["customers"]["nodes"])

    async def _object(self, event: Event, actor: Actor) -> dict[str, Any]:
        """The row the event is about, as it is now; null where it is gone; nothing where the event names none."""
        type_ = self._types.of_event(event)
        field = None if type_ is None else subject_of(type_)
        row_id = None if field is None else getattr(event, field.attribute)
        if field is None or field.target is None or row_id is None:
            return {}
        query = self._query((await self._schemas.seen_by(actor)).composed, field.target)
        if not query:
            return {}
        request = OperationRequest(
            query=query,
            variables={"id": outer_id(row_id, field.target)},
            actor=actor,
            request_id=str(self._ids.new()),
            transport="JOB",
        )
        return {"object": (await self._asked(request))["node"]}

    def _query(self, composed: Composed, model: type[Record]) -> str:
        """The query for a model's row; empty where the schema does not show it."""
        key = (composed.key, model)
        query = self._queries.get(key)
        if query is None:
            query = object_query(composed, model) or ""
            self._queries.put(key, query)
        return query

    async def _asked(self, request: OperationRequest) -> Any:
        answer = orjson.loads((await self._gateway.execute(request)).body)
        if "errors" in answer and not answer.get("data"):
            raise Unavailable(
                "The payload of a webhook could not be made. The database did not answer. It is tried again."
            )
        return answer["data"]


def body_of(event: CommittedEvent, data: Mapping[str, Any]) -> bytes:
    """The body of a request (Standard Webhooks 1.0.0, "Payload structure")."""
    envelope = {"eventId": f"evt_{event.id}", "eventVersion": event.event.version, "position": event.position}
    return orjson.dumps(
        {"type": event.event.type, "timestamp": format_time(event.occurred_at), "data": {**envelope, **data}}
    )


def condition_request(actor: Actor, where: Mapping[str, Any], *, request_id: str) -> OperationRequest:
    """The question whether there is a customer for whom a condition holds."""
    return OperationRequest(
        query=CONDITION, variables={"where": dict(where)}, actor=actor, request_id=request_id, transport="JOB"
    )


def subject_of(type_: EventType) -> EventField | None:
    """The field that names the row an event is about: that of its noun, then of its slice, then any."""
    single = [field for field in type_.fields if field.target is not None and not field.type.startswith("[")]
    noun = type_.name.rpartition(".")[0].rpartition(".")[2].replace("_", "")
    slice_ = type_.event.__module__.rpartition(".")[0]

    def distance(field: EventField) -> int:
        assert field.target is not None
        if field.target.__name__.lower() == noun:
            return 0
        return 1 if field.target.__module__.rpartition(".")[0] == slice_ else 2

    return min(single, key=distance, default=None)


def object_query(composed: Composed, model: type[Record]) -> str | None:
    """A query for a row of a model with every plain field that the schema shows; None where it does not show the type."""
    catalog, known = composed.catalog, composed.graphql.type_map
    name = next((entry.name for entry in catalog.types.values() if entry.model is model), None)
    fields = [] if name is None or name not in known else _leaves(catalog.types[name].fields, known[name], known)
    if not fields:
        return None
    return f"query WebhookObject($id: ID!) {{ node(id: $id) {{ __typename ... on {name} {{ {' '.join(fields)} }} }} }}"


def _leaves(fields: Mapping[str, Any], kind: Any, known: Mapping[str, Any]) -> list[str]:
    """The plain fields and those of values, as a selection."""
    shown: list[str] = []
    for name, field in fields.items():
        if name not in kind.fields:
            continue
        if isinstance(field, ColumnField | ExpressionField):
            shown.append(name)
        elif isinstance(field, ValueField) and field.target in known:
            inner = _leaves(field.fields, known[field.target], known)
            shown += [f"{name} {{ {' '.join(inner)} }}"] if inner else []
    return shown
