"""Keeping what customers think."""

from __future__ import annotations

import strawberry

from patron_core.feedback import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.feedback import Feedback

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class FeedbackPayload:
    """What a mutation of feedback gives."""

    feedback: Feedback | None = strawberry.field(description="What was answered.")


@extends(Mutation)
class FeedbackMutation:
    feedback_record: FeedbackPayload = mutation(
        commands.RecordFeedback, description="Keeps what a customer answered; once about the same thing on a scale."
    )


TYPES = (FeedbackPayload,)
EXTENSIONS = (FeedbackMutation,)
