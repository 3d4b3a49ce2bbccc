"""What can have happened to webhooks. Events carry ids and codes; addresses and secrets are nowhere among them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event
from patron_core.webhooks.models import WebhookDisabledReason

__all__ = [
    "WebhookChanged",
    "WebhookCreated",
    "WebhookDeleted",
    "WebhookDeliveriesGivenUp",
    "WebhookDisabled",
    "WebhookEnabled",
    "WebhookPaused",
    "WebhookSecretRotated",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookCreated(Event):
    """An endpoint of webhooks was set up."""

    type: ClassVar[str] = "webhook.created"
    webhook_endpoint_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookChanged(Event):
    """What an endpoint is told, or where it is, changed."""

    type: ClassVar[str] = "webhook.changed"
    webhook_endpoint_id: uuid.UUID
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDeleted(Event):
    """An endpoint was taken away, with the log of its deliveries."""

    type: ClassVar[str] = "webhook.deleted"
    webhook_endpoint_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEnabled(Event):
    """An endpoint is told of events again."""

    type: ClassVar[str] = "webhook.enabled"
    webhook_endpoint_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDisabled(Event):
    """An endpoint is told of nothing any more: somebody said so, or it answered that it is gone."""

    type: ClassVar[str] = "webhook.disabled"
    webhook_endpoint_id: uuid.UUID
    reason: WebhookDisabledReason


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSecretRotated(Event):
    """An endpoint has a new secret; the one before signs too for a time."""

    type: ClassVar[str] = "webhook.secret_rotated"
    webhook_endpoint_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookPaused(Event):
    """An endpoint failed many times in a row and is left alone for a time."""

    type: ClassVar[str] = "webhook.paused"
    webhook_endpoint_id: uuid.UUID
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDeliveriesGivenUp(Event):
    """Deliveries were tried for three days in vain; they are parked, and can be sent again by hand."""

    type: ClassVar[str] = "webhook.deliveries_given_up"
    webhook_endpoint_id: uuid.UUID
    count: int
