"""What can have happened to files. Events carry ids; not what a file belongs to, for it may tell more than its being there."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event

__all__ = ["AttachmentAdded", "AttachmentRemoved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentAdded(Event):
    """A file was added. `customer_id` is set where its row is about a customer."""

    type: ClassVar[str] = "attachment.added"
    attachment_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentRemoved(Event):
    """A file was taken away."""

    type: ClassVar[str] = "attachment.removed"
    attachment_id: uuid.UUID
