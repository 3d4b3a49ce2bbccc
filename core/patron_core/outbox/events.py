"""What travels through the outbox: an event with the envelope it is kept and broadcast in."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from patron_core.messages import Event

__all__ = ["CommittedEvent"]


@dataclass(frozen=True, slots=True)
class CommittedEvent:
    """An event with what the outbox keeps beside it. id: of its outbox row. tenant_id: whose event it is."""

    id: uuid.UUID
    tenant_id: uuid.UUID
    occurred_at: dt.datetime
    request_id: str | None
    event: Event
