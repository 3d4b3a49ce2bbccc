"""What can have happened to sources that push records."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event

__all__ = ["InboundSourceChanged", "InboundSourceCreated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundSourceCreated(Event):
    """A source that pushes records was set up."""

    type: ClassVar[str] = "inbound_source.created"
    inbound_source_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundSourceChanged(Event):
    """A source that pushes records was changed, disabled or given another secret. fields: the names of what changed."""

    type: ClassVar[str] = "inbound_source.changed"
    inbound_source_id: uuid.UUID
    fields: tuple[str, ...]
