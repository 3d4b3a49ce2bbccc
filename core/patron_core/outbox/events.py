"""What travels through the outbox: an event with the envelope it is kept and broadcast in."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from patron_core.messages import Event

__all__ = ["CommittedEvent", "Relayed"]


@dataclass(frozen=True, slots=True)
class CommittedEvent:
    """An event with what the outbox keeps beside it.

    id: of its outbox row. tenant_id: whose event it is. request_id: of the request that caused it, where this process still
    knows it. position: its place among all of the tenant's events, None before the relay gave it one. customer_sequence:
    its place among those of its customer, 1 for the first; None without a customer, and before the commit is known.
    """

    id: uuid.UUID
    tenant_id: uuid.UUID
    occurred_at: dt.datetime
    request_id: str | None
    event: Event
    position: int | None = None
    customer_sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Relayed:
    """A stretch of a tenant's events: those with the positions after + 1 to last, in their order.

    A position is missing among the events where its row is gone, or where nobody installed knows its type. Where after is
    last, there is nothing new, and that is where the tenant's events end.
    """

    tenant_id: uuid.UUID
    after: int
    last: int
    events: tuple[CommittedEvent, ...] = ()
