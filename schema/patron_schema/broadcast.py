"""Committed events to those who follow them, within this process. Several processes keep their events to themselves for now.

Events come in after their commit, in its order; each goes at once to every follower of its tenant and type. What a follower
makes of it, and how much may wait there, is left to `following`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from patron_core.messages import Event
from patron_core.unit_of_work import CommittedEvent

__all__ = ["Broadcaster", "Follower"]

E = TypeVar("E", bound=Event)


class Follower(Protocol):
    """Takes events. events: the types it takes."""

    @property
    def events(self) -> tuple[type[Event], ...]: ...

    def take(self, event: Event) -> None:
        """Called on the event loop for each event, in the order of the commits; must not wait and must not raise."""
        ...


class Broadcaster:
    """Hands committed events to followers of the same tenant."""

    def __init__(self) -> None:
        self._followers: dict[uuid.UUID, dict[Follower, None]] = {}  # in the order they came
        self._watchers: list[tuple[type[Event], Callable[[Any], None]]] = []

    @property
    def followers(self) -> int:
        """How many follow at this moment; listeners that share their answers are one."""
        return sum(len(found) for found in self._followers.values())

    def follow(self, tenant_id: uuid.UUID, follower: Follower) -> None:
        """Hands the follower the tenant's events from now on."""
        self._followers.setdefault(tenant_id, {})[follower] = None

    def leave(self, tenant_id: uuid.UUID, follower: Follower) -> None:
        """Ends that, at once; a follower that is not there is passed over."""
        found = self._followers.get(tenant_id)
        if found is not None and found.pop(follower, follower) is None and not found:
            del self._followers[tenant_id]

    def watch(self, kind: type[E], told: Callable[[E], None]) -> None:
        """Calls `told` with each event of a type, whichever tenant's: for the deployment itself. It must not wait or raise."""
        self._watchers.append((kind, told))

    def publish(self, events: Sequence[CommittedEvent]) -> None:
        """Called after a commit, on the event loop."""
        for committed in events:
            for kind, told in self._watchers:
                if isinstance(committed.event, kind):
                    told(committed.event)
            for follower in tuple(self._followers.get(committed.tenant_id, ())):
                if isinstance(committed.event, follower.events):
                    follower.take(committed.event)
