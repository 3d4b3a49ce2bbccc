"""Endpoints of webhooks, deliveries and their tries as the API shows them. A secret is nowhere among them."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Text, cast, literal

from patron_core.webhooks import models

from ..declare import Connection, Query, expression, extends, planned, related, root
from ..nodes import Node

__all__ = ["EXTENSIONS", "TYPES", "WebhookAttempt", "WebhookDelivery", "WebhookEndpoint"]


@planned(models.WebhookEndpoint)
class WebhookEndpoint(Node):
    """A place that is told of events by signed requests (Standard Webhooks); its secret was shown once."""

    url: str
    description: str | None
    event_types: str
    condition: str | None
    scopes: str
    purpose: str | None
    payload: models.WebhookPayloadStyle
    status: models.WebhookEndpointStatus
    disabled_reason: models.WebhookDisabledReason | None
    disabled_at: dt.datetime | None
    previous_until: dt.datetime | None
    failures: int
    paused_until: dt.datetime | None
    created_by: str
    created_at: dt.datetime
    version: int
    deliveries: Connection[WebhookDelivery] = related(
        models.WebhookDelivery.endpoint, description="What was sent to it, and what waits."
    )


@planned(models.WebhookDelivery)
class WebhookDelivery(Node):
    """An event on its way to an endpoint, or arrived there."""

    endpoint: WebhookEndpoint
    webhook_id: str = expression(
        literal("evt_") + cast(models.WebhookDelivery.event_id, Text),
        description="The header webhook-id: the event's id, the same for every try and when it is sent again.",
        filterable=False,
        orderable=False,
    )
    event_type: str
    customer_id: str | None = expression(
        literal("cus_") + cast(models.WebhookDelivery.customer_id, Text),
        description="The customer in whose order it is sent.",
        filterable=False,
        orderable=False,
    )
    position: int
    status: models.WebhookDeliveryStatus
    parked_reason: models.WebhookParkedReason | None
    queued_at: dt.datetime
    due_at: dt.datetime
    tries: int = expression(
        models.WebhookDelivery.attempts,
        description="How often it was tried since it was queued.",
        filterable=False,
        orderable=False,
    )
    finished_at: dt.datetime | None
    created_at: dt.datetime
    attempts: Connection[WebhookAttempt] = related(models.WebhookAttempt.delivery, description="How each try went.")


@planned(models.WebhookAttempt)
class WebhookAttempt(Node):
    """A try to deliver. What the other side said beyond a status is not kept."""

    attempted_at: dt.datetime
    outcome: models.WebhookAttemptOutcome
    http_status: int | None
    milliseconds: int


@extends(Query)
class WebhookQuery:
    webhook_endpoints: Connection[WebhookEndpoint] = root(description="Where webhooks go.")
    webhook_deliveries: Connection[WebhookDelivery] = root(
        description="What was sent by webhooks and what waits, as long as it is kept."
    )


TYPES = (WebhookAttempt, WebhookDelivery, WebhookEndpoint)
EXTENSIONS = (WebhookQuery,)
