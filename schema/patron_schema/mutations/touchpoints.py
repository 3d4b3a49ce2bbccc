"""Logging contacts with customers."""

from __future__ import annotations

import strawberry

from patron_core.touchpoints import commands

from ..declare import Mutation, extends, mutation, payload
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


TYPES = (TouchpointPayload,)
EXTENSIONS = (TouchpointMutation,)
