"""One turn of sending to one endpoint: what has ended is written down, and what comes next is claimed, in one transaction.

In come tries that have ended, out come deliveries to send with all that sending takes. Deliveries of one customer go one
after the other; those of several side by side. How an endpoint stands is kept in its row, so that a restart forgets nothing.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, literal_column, or_, select
from sqlalchemy.orm import aliased

from patron_core.outbox.reading import events_by_id
from patron_core.outbox.types import EventTypes
from patron_core.unit_of_work import UnitOfWork
from patron_core.webhooks.letters import Ended, Letter, destination_of
from patron_core.webhooks.models import (
    WebhookDelivery,
    WebhookDeliveryStatus,
    WebhookEndpoint,
    WebhookEndpointStatus,
    WebhookParkedReason,
)
from patron_core.webhooks.outcomes import Draw, Outcomes, at_rest
from patron_core.worker.leases import claim, due, finish

__all__ = ["Turn", "due_endpoints", "take_turn"]

_EARLIER: Final = aliased(WebhookDelivery, name="earlier")


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn gave: letters to send now, and how many deliveries came to rest."""

    letters: tuple[Letter, ...] = ()
    delivered: int = 0
    skipped: int = 0
    parked: int = 0


def due_endpoints(session: Any, *, now: dt.datetime) -> list[uuid.UUID]:
    """The endpoints of the session's tenant to which something may be sent now; paused ones are left alone."""
    endpoint = WebhookEndpoint
    waiting = exists().where(
        WebhookDelivery.tenant_id == session.tenant_id,
        WebhookDelivery.endpoint_id == endpoint.id,
        due(WebhookDelivery, now=now),
    )
    statement = select(endpoint.id).where(
        endpoint.status == WebhookEndpointStatus.ENABLED,
        or_(endpoint.paused_until.is_(None), endpoint.paused_until <= now),
        waiting,
    )
    return list(session.scalars(statement))


def take_turn(
    uow: UnitOfWork, endpoint_id: uuid.UUID, ended: Sequence[Ended], *, types: EventTypes, room: int, draw: Draw
) -> Turn:
    """Writes down what has ended and claims up to `room` deliveries more, fewer where the endpoint fails.

    draw: gives numbers from 0 to 1, so that what failed together does not come back together.
    """
    endpoint = uow.session.scalars(
        select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id).with_for_update()
    ).one_or_none()
    if endpoint is None:
        return Turn()
    done = Outcomes(uow, endpoint, draw)
    done.write(ended)
    done.settle()
    letters = _claimed(uow, endpoint, done, types=types, room=room)
    done.tell()
    return Turn(tuple(letters), done.delivered, done.skipped, done.parked)


def _claimed(
    uow: UnitOfWork, endpoint: WebhookEndpoint, done: Outcomes, *, types: EventTypes, room: int
) -> list[Letter]:
    most = done.circuit.room(room, now=uow.now)
    if most < 1 or endpoint.status is not WebhookEndpointStatus.ENABLED:
        return []
    uow.flush()
    criteria = (WebhookDelivery.endpoint_id == endpoint.id, _is_first())
    rows = claim(uow.session, WebhookDelivery, now=uow.now, ids=uow.ids, most=most, criteria=criteria)
    events = {each.id: each for each in events_by_id(uow.session, [row.event_id for row in rows], types=types)}
    destination = destination_of(endpoint, now=uow.now)
    for row in [row for row in rows if row.event_id not in events]:
        parked = {
            **at_rest(WebhookDeliveryStatus.PARKED, now=uow.now),
            "parked_reason": WebhookParkedReason.EVENT_FORGOTTEN,
        }
        finish(uow.session, row, now=uow.now, **parked)
        done.parked += 1
    return [Letter(row, events[row.event_id], destination) for row in rows if row.event_id in events]


def _is_first() -> ColumnElement[bool]:
    """That no earlier event of the same customer is still on its way to the same endpoint."""
    earlier = exists().where(
        _EARLIER.tenant_id == WebhookDelivery.tenant_id,
        _EARLIER.endpoint_id == WebhookDelivery.endpoint_id,
        _EARLIER.customer_id == WebhookDelivery.customer_id,
        _EARLIER.position < WebhookDelivery.position,
        literal_column("earlier.status IN ('WAITING', 'RUNNING')"),
    )
    return ~earlier
