"""From committed events to deliveries: each endpoint that is to be told of an event gets a row, in the relay's transaction.

In come the events to which the relay has just given positions, out go rows of all endpoints in one statement. Whether an
endpoint's condition holds is asked when a delivery is sent, for that takes the planner.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from patron_core.database import TenantSession
from patron_core.database.rows import NewRows, insert
from patron_core.messages import Actor
from patron_core.outbox.events import CommittedEvent
from patron_core.outbox.telling import told
from patron_core.outbox.types import EventTypes
from patron_core.records import table_of
from patron_core.values import Clock, IdSource
from patron_core.webhooks.endpoints import actor_of, matches
from patron_core.webhooks.models import WebhookDelivery, WebhookDeliveryStatus, WebhookEndpoint, WebhookEndpointStatus

__all__ = ["Audience", "WebhookQueue", "audiences", "delivery_rows"]

_OWN: Final = "webhook_endpoint_id"
_MOST_TENANTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is told at an endpoint. conditional: whether it has a condition on the customer."""

    endpoint_id: uuid.UUID
    patterns: tuple[str, ...]
    conditional: bool
    actor: Actor

    def wants(self, committed: CommittedEvent, types: EventTypes) -> bool:
        """Whether an event is for it: named, open to its scopes, and not about itself, which it could never stop hearing of."""
        event = committed.event
        if not matches(self.patterns, event.type) or getattr(event, _OWN, None) == self.endpoint_id:
            return False
        if self.conditional and event.customer_id is None:
            return False
        return told(event, self.actor, types=types, thin=True) is not None


def audiences(session: TenantSession, *, only: uuid.UUID | None = None) -> list[Audience]:
    """Those of the session's tenant that are enabled. only: this endpoint alone."""
    endpoint = WebhookEndpoint
    statement = select(
        endpoint.id, endpoint.event_types, endpoint.condition.is_not(None), endpoint.scopes, endpoint.purpose
    ).where(endpoint.status == WebhookEndpointStatus.ENABLED)
    if only is not None:
        statement = statement.where(endpoint.id == only)
    return [
        Audience(id_, tuple(types.split()), bool(conditional), _actor(session, id_, scopes, purpose))
        for id_, types, conditional, scopes, purpose in session.execute(statement)
    ]


def _actor(session: TenantSession, id_: uuid.UUID, scopes: str, purpose: str | None) -> Actor:
    return actor_of(session.tenant_id, id_, scopes=scopes, purpose=purpose)


class WebhookQueue:
    """Hands events on to deliveries; a relay calls it in its transaction. types: of the deployment's plugins."""

    def __init__(self, *, types: EventTypes, clock: Clock, ids: IdSource) -> None:
        self._types = types
        self._clock = clock
        self._ids = ids
        self._tenants: dict[uuid.UUID, None] = {}  # that have endpoints, as far as this process knows

    def __call__(self, session: TenantSession, events: Sequence[CommittedEvent]) -> None:
        """Inserts the deliveries of these events."""
        listening = audiences(session)
        self._note(session.tenant_id, listens=bool(listening))
        pairs = [(to.endpoint_id, each) for each in events for to in listening if to.wants(each, self._types)]
        if pairs:
            insert(session.connection(), [delivery_rows(session.tenant_id, pairs, clock=self._clock, ids=self._ids)])

    def is_listening(self, tenant_id: uuid.UUID) -> bool:
        """Whether somebody waits for the events of a tenant; for a relay that would rather gather more."""
        return tenant_id in self._tenants

    def _note(self, tenant_id: uuid.UUID, *, listens: bool) -> None:
        self._tenants.pop(tenant_id, None)
        if listens:
            self._tenants[tenant_id] = None
            if len(self._tenants) > _MOST_TENANTS:
                del self._tenants[next(iter(self._tenants))]


def delivery_rows(
    tenant_id: uuid.UUID,
    pairs: Sequence[tuple[uuid.UUID, CommittedEvent]],
    *,
    clock: Clock,
    ids: IdSource,
) -> NewRows:
    """The deliveries of endpoints and events, due now; one that is there already is left out."""
    now = clock.now()
    shared: dict[str, Any] = {
        "tenant_id": tenant_id,
        "version": 1,
        "created_at": now,
        "updated_at": now,
        "queued_at": now,
        "due_at": now,
        "attempts": 0,
        "status": WebhookDeliveryStatus.WAITING,
    }
    columns: dict[str, Sequence[Any]] = {
        "id": ids.many(len(pairs)),
        "endpoint_id": [endpoint_id for endpoint_id, _ in pairs],
        "event_id": [each.id for _, each in pairs],
        "event_type": [each.event.type for _, each in pairs],
        "customer_id": [each.event.customer_id for _, each in pairs],
        "position": [each.position for _, each in pairs],
    }
    return NewRows(table_of(WebhookDelivery), shared, columns, unless_exists=("tenant_id", "endpoint_id", "event_id"))
