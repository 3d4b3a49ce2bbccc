"""A delivery on its way: its event, where it goes, as whom it is read, and how a try of it ended."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from patron_core.messages import Actor
from patron_core.outbox.events import CommittedEvent
from patron_core.webhooks.conditions import where_of
from patron_core.webhooks.endpoints import actor_of
from patron_core.webhooks.models import (
    WebhookAttemptOutcome,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookParkedReason,
    WebhookPayloadStyle,
)
from patron_core.webhooks.service import secrets_of

__all__ = ["Destination", "Ended", "Letter", "destination_of"]


@dataclass(frozen=True, slots=True)
class Destination:
    """An endpoint, as sending needs it; `repr` shows no secret."""

    endpoint_id: uuid.UUID
    url: str
    keys: tuple[str, ...]
    actor: Actor
    payload: WebhookPayloadStyle
    condition: str | None

    def __repr__(self) -> str:
        return f"<Destination {self.endpoint_id}>"

    def where(self) -> Any:
        """The condition as a `where` of the API; None where there is none."""
        return None if self.condition is None else where_of(self.condition)


@dataclass(frozen=True, slots=True)
class Letter:
    """A claimed delivery and its event."""

    delivery: WebhookDelivery
    event: CommittedEvent
    destination: Destination

    @property
    def message_id(self) -> str:
        """The webhook-id: the event's own id, the same for every try, every endpoint, and when it is sent again."""
        return f"evt_{self.event.id}"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a try ended.

    outcome: None where nothing was sent: the condition did not hold (`skipped`), it may not be told (`parked`), or Patron
    itself could not (neither). asked: what the answer's Retry-After says.
    """

    letter: Letter
    at: dt.datetime
    outcome: WebhookAttemptOutcome | None = None
    http_status: int | None = None
    milliseconds: int = 0
    asked: dt.timedelta | None = None
    skipped: bool = False
    parked: WebhookParkedReason | None = None
    misfit: bool = False  # the endpoint's condition does not fit any more


def destination_of(endpoint: WebhookEndpoint, *, now: dt.datetime) -> Destination:
    """An endpoint, as sending needs it."""
    actor = actor_of(endpoint.tenant_id, endpoint.id, scopes=endpoint.scopes, purpose=endpoint.purpose)
    keys = secrets_of(endpoint, now=now)
    return Destination(endpoint.id, endpoint.url, keys, actor, endpoint.payload, endpoint.condition)
