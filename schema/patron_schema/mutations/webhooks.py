"""Setting up webhooks, trying them, and sending again."""

from __future__ import annotations

import strawberry

from patron_core.webhooks import commands
from patron_core.webhooks.models import WebhookAttemptOutcome

from ..declare import Mutation, extends, mutation, payload
from ..types.webhooks import WebhookDelivery, WebhookEndpoint

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class WebhookEndpointPayload:
    """What a mutation of an endpoint gives."""

    webhook_endpoint: WebhookEndpoint | None = strawberry.field(description="The endpoint, as it is now.")


@payload
class IssuedWebhookPayload:
    """What a mutation that draws a secret gives."""

    webhook_endpoint: WebhookEndpoint | None = strawberry.field(description="The endpoint, as it is now.")
    secret: str | None = strawberry.field(
        description="The secret for verifying its requests. It is shown this once, and not again for a repeated key."
    )


@payload
class WebhookDeletePayload:
    """What the deletion of an endpoint gives."""

    url: str | None = strawberry.field(description="Where it was.")


@payload
class WebhookTestPayload:
    """How a try went."""

    delivered: bool | None = strawberry.field(description="Whether the answer had a status of 200 to 299.")
    outcome: WebhookAttemptOutcome | None = strawberry.field(description="How it went.")
    http_status: int | None = strawberry.field(description="The status of the answer, where there was one.")
    milliseconds: int | None = strawberry.field(description="How long it took.")


@payload
class WebhookResendPayload:
    """What sending a delivery again gives."""

    webhook_delivery: WebhookDelivery | None = strawberry.field(description="The delivery, as it is now.")


@payload
class WebhookReplayPayload:
    """What sending the events of a span again gives."""

    queued: int | None = strawberry.field(description="How many deliveries are to be sent.")
    up_to_position: int | None = strawberry.field(description="The position of the last event that was looked at.")
    more: bool | None = strawberry.field(description="Whether there are later ones: go on after that position.")


@extends(Mutation)
class WebhookMutation:
    webhook_create: IssuedWebhookPayload = mutation(
        commands.CreateWebhook,
        description="Sets up a place that is told of events. Nobody has one told more than they may read themselves.",
    )
    webhook_update: WebhookEndpointPayload = mutation(
        commands.UpdateWebhook, description="Changes where webhooks go or what is told. What is left out stays."
    )
    webhook_delete: WebhookDeletePayload = mutation(
        commands.DeleteWebhook, description="Takes an endpoint away, with the log of its deliveries."
    )
    webhook_enable: WebhookEndpointPayload = mutation(
        commands.EnableWebhook, description="Has an endpoint told of events again, and ends its pause."
    )
    webhook_disable: WebhookEndpointPayload = mutation(
        commands.DisableWebhook, description="Has an endpoint told nothing any more; what waits for it is given up."
    )
    webhook_secret_rotate: IssuedWebhookPayload = mutation(
        commands.RotateWebhookSecret,
        description="Gives an endpoint a new secret; the old one signs too for some hours.",
    )
    webhook_test: WebhookTestPayload = mutation(
        commands.TestWebhook, description="Sends a signed test event now and says how it went. Nothing is kept."
    )
    webhook_resend: WebhookResendPayload = mutation(
        commands.ResendWebhook, description="Sends a delivery again, with the same webhook-id."
    )
    webhook_replay: WebhookReplayPayload = mutation(
        commands.ReplayWebhook, description="Sends the events of a span to an endpoint, also those it was told."
    )


TYPES = (
    IssuedWebhookPayload,
    WebhookDeletePayload,
    WebhookEndpointPayload,
    WebhookReplayPayload,
    WebhookResendPayload,
    WebhookTestPayload,
)
EXTENSIONS = (WebhookMutation,)
