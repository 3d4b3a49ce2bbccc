"""Logging contacts with customers, and following them."""

from __future__ import annotations

import strawberry

from patron_core.touchpoints import commands, events

from ..declare import Mutation, Subscription, extends, mutation, payload, subscription
from ..types.touchpoints import Touchpoint

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class TouchpointPayload:
    """What logging a contact gives."""

    touchpoint: Touchpoint | None = strawberry.field(description="The contact, new or already known by its source key.")


@extends(Mutation)
class TouchpointMutation:
    touchpoint_log: TouchpointPayload = mutation(
        commands.LogTouchpoint, description="Logs a contact; the same source key twice is one contact."
    )


@extends(Subscription)
class TouchpointSubscription:
    touchpoint_logged: Touchpoint = subscription(
        events.TouchpointLogged, node_id="touchpoint_id", description="Each contact that is logged."
    )


TYPES = (TouchpointPayload,)
EXTENSIONS = (TouchpointMutation, TouchpointSubscription)
