"""Sending again what was sent before: one delivery, or the events of a span to one endpoint.

A delivery begins anew, with three days before it, and keeps its webhook-id, by which receivers know it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, select, update

from patron_core.database.rows import insert_new
from patron_core.database.tenancy import AUDITED
from patron_core.errors import Conflict
from patron_core.outbox.events import CommittedEvent
from patron_core.outbox.models import OutboxEvent
from patron_core.outbox.reading import events_by_id
from patron_core.outbox.types import EventTypes
from patron_core.unit_of_work import UnitOfWork
from patron_core.webhooks.commands import ReplayWebhook, ResendWebhook
from patron_core.webhooks.models import WebhookDelivery, WebhookDeliveryStatus, WebhookEndpoint, WebhookEndpointStatus
from patron_core.webhooks.queueing import Audience, audiences, delivery_rows

__all__ = ["MOST_REPLAYED", "Replayed", "replay_webhook", "resend_webhook"]

MOST_REPLAYED: Final = 5_000  # events that one request looks at


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did. queued: deliveries. up_to_position: the last event it looked at. more: whether there are later ones."""

    queued: int
    up_to_position: int
    more: bool


def resend_webhook(command: ResendWebhook, uow: UnitOfWork) -> WebhookDelivery:
    """Has a delivery sent again. CONFLICT where it is on its way, or its endpoint is disabled."""
    delivery = uow.get(WebhookDelivery, command.id, lock=True, path=("id",))
    if delivery.status is WebhookDeliveryStatus.RUNNING:
        raise Conflict("The delivery is on its way. It is being sent just now. Wait for how it goes.", path=("id",))
    _enabled(uow.get(WebhookEndpoint, delivery.endpoint_id), path="id")
    _again(uow, (WebhookDelivery.id == delivery.id,))
    uow.session.refresh(delivery)
    return delivery


def replay_webhook(command: ReplayWebhook, uow: UnitOfWork) -> Replayed:
    """Has the events of a span sent to an endpoint, up to 5,000 of them. CONFLICT where it is disabled."""
    endpoint = uow.get(WebhookEndpoint, command.id, path=("id",))
    _enabled(endpoint, path="id")
    types = EventTypes.of(uow.plugins)
    found = _positions(command, uow)
    (audience,) = audiences(uow.session, only=endpoint.id)
    chosen, more = found[:MOST_REPLAYED], len(found) > MOST_REPLAYED
    events = events_by_id(uow.session, [id_ for id_, _ in chosen], types=types)
    queued = _queue(uow, audience, [each for each in events if audience.wants(each, types)])
    return Replayed(queued, chosen[-1][1] if chosen else command.after_position or 0, more)


def _positions(command: ReplayWebhook, uow: UnitOfWork) -> Sequence[tuple[Any, int]]:
    """Ids and positions of the span's events in their order, one more than are looked at."""
    event = OutboxEvent
    statement = select(event.id, event.position).where(event.position.is_not(None))
    if command.after_position is not None:
        statement = statement.where(event.position > command.after_position)
    if command.since is not None:
        statement = statement.where(event.occurred_at >= command.since)
    if command.until is not None:
        statement = statement.where(event.occurred_at < command.until)
    return [
        (id_, position)
        for id_, position in map(tuple, uow.rows(statement.order_by(event.position).limit(MOST_REPLAYED + 1)))
    ]


def _queue(uow: UnitOfWork, audience: Audience, events: Sequence[CommittedEvent]) -> int:
    """Begins the deliveries there are anew, and makes those that are missing."""
    if not events:
        return 0
    mine = (
        WebhookDelivery.endpoint_id == audience.endpoint_id,
        uow.among(WebhookDelivery.event_id, [each.id for each in events]),
        WebhookDelivery.status != WebhookDeliveryStatus.RUNNING,
    )
    again = _again(uow, mine)
    pairs = [(audience.endpoint_id, each) for each in events]
    rows = delivery_rows(uow.tenant_id, pairs, clock=uow.clock, ids=uow.ids)
    return again + len(insert_new(uow.session.connection(), rows))


def _again(uow: UnitOfWork, criteria: Sequence[ColumnElement[bool]]) -> int:
    values = {
        "status": WebhookDeliveryStatus.WAITING,
        "due_at": uow.now,
        "queued_at": uow.now,
        "attempts": 0,
        "finished_at": None,
        "parked_reason": None,
        "version": WebhookDelivery.version + 1,
        "updated_at": uow.now,
    }
    statement = update(WebhookDelivery).where(*criteria).values(values).returning(WebhookDelivery.id)
    options = {AUDITED: True, "synchronize_session": False}
    return len(uow.session.scalars(statement, execution_options=options).all())


def _enabled(endpoint: WebhookEndpoint, *, path: str) -> None:
    if endpoint.status is WebhookEndpointStatus.DISABLED:
        raise Conflict("The endpoint is disabled. Nothing is sent to it. Enable it first.", path=(path,))
