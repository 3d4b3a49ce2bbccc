"""Review contacts."""

from __future__ import annotations

import strawberry

from patron_core.reviews import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.reviews import TouchpointReview

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class TouchpointReviewPayload:
    """What reviewing a contact gives."""

    touchpoint_review: TouchpointReview | None = strawberry.field(description="The review.")


@extends(Mutation)
class ReviewMutation:
    touchpoint_review: TouchpointReviewPayload = mutation(
        commands.ReviewTouchpoint, description="Reviews a contact that somebody else had; each reviewer once."
    )


TYPES: tuple[type, ...] = (TouchpointReviewPayload,)
EXTENSIONS: tuple[type, ...] = (ReviewMutation,)
