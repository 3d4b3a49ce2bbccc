"""What can have happened to touchpoints. Events carry ids and codes, never what was said."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event
from patron_core.touchpoints.models import Channel

__all__ = ["TouchpointLogged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchpointLogged(Event):
    """A contact was logged. `customer_id` is set where the customer is known."""

    type: ClassVar[str] = "touchpoint.logged"
    touchpoint_id: uuid.UUID
    channel: Channel
    occurred_at: dt.datetime
