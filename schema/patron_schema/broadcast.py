"""Committed events to those who follow them, within this process. Several processes keep their events to themselves for now.

A follower that does not read loses nothing of others: each has a bounded queue, and a full one ends the subscription.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from patron_core.errors import Overloaded
from patron_core.messages import Event
from patron_core.unit_of_work import CommittedEvent

__all__ = ["Broadcaster"]

_QUEUE: Final = 256


@dataclass(eq=False, slots=True)
class _Follower:
    tenant_id: uuid.UUID
    events: tuple[type[Event], ...]
    customer_id: uuid.UUID | None
    queue: asyncio.Queue[Event] = field(default_factory=lambda: asyncio.Queue(_QUEUE))
    overflowed: bool = False


class Broadcaster:
    """Hands committed events to followers of the same tenant."""

    def __init__(self) -> None:
        self._followers: set[_Follower] = set()

    @property
    def followers(self) -> int:
        """How many follow at this moment."""
        return len(self._followers)

    def publish(self, events: Sequence[CommittedEvent]) -> None:
        """Called after a commit, on the event loop."""
        for committed in events:
            for follower in self._followers:
                if follower.tenant_id == committed.tenant_id and _concerns(follower, committed.event):
                    self._offer(follower, committed.event)

    def _offer(self, follower: _Follower, event: Event) -> None:
        try:
            follower.queue.put_nowait(event)
        except asyncio.QueueFull:
            follower.overflowed = True

    async def follow(
        self, tenant_id: uuid.UUID, events: tuple[type[Event], ...], customer_id: uuid.UUID | None
    ) -> AsyncIterator[Event]:
        """The events of these types from now on. Raises OVERLOADED when more than 256 wait to be read."""
        follower = _Follower(tenant_id, events, customer_id)
        self._followers.add(follower)
        try:
            while True:
                if follower.overflowed:
                    raise Overloaded(
                        "The subscription fell behind. More than 256 events wait. Subscribe again and read faster."
                    )
                yield await follower.queue.get()
        finally:
            self._followers.discard(follower)


def _concerns(follower: _Follower, event: Event) -> bool:
    if not isinstance(event, follower.events):
        return False
    if follower.customer_id is None:
        return True
    return _customers(event) == {follower.customer_id}


def _customers(event: Event) -> set[uuid.UUID | None]:
    """Whose event it is; one that tells of many rows may be several customers'."""
    return set(getattr(event, "customer_ids", ())) or {event.customer_id}
