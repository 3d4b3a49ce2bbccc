"""Add files to rows and take them away."""

from __future__ import annotations

import strawberry

from patron_core.attachments import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.attachments import Attachment

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class AttachmentPayload:
    """What a mutation of a file gives."""

    attachment: Attachment | None = strawberry.field(description="The file; null where it was taken away.")


@extends(Mutation)
class AttachmentMutation:
    attachment_add: AttachmentPayload = mutation(
        commands.AddAttachment, description="Adds a small file to a row about a party."
    )
    attachment_remove: AttachmentPayload = mutation(commands.RemoveAttachment, description="Takes a file away.")


TYPES: tuple[type, ...] = (AttachmentPayload,)
EXTENSIONS: tuple[type, ...] = (AttachmentMutation,)
