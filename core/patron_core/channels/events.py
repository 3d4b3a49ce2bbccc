"""What can have happened to channels."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event

__all__ = ["ChannelDefined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDefined(Event):
    """A channel exists, or something about it changed."""

    type: ClassVar[str] = "channel.defined"
    channel_definition_id: uuid.UUID
    code: str
