"""Committed events to those who follow them, within this process.

Events come in after their commit and go at once to every follower of their tenant and type. Where a relay gives them
positions, followers hear them in that order, each once, whichever process gave the positions: what is behind the place a
tenant has here is passed over, and what is ahead of it waits until the stretch between was read (`mend`). What a follower
makes of an event, and how much may wait there, is left to `following`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Protocol

from patron_core.messages import Event
from patron_core.outbox.events import Relayed
from patron_core.unit_of_work import CommittedEvent

__all__ = ["Broadcaster", "Follower"]


class Follower(Protocol):
    """Takes events. events: the types it takes."""

    @property
    def events(self) -> tuple[type[Event], ...]: ...

    def take(self, committed: CommittedEvent) -> None:
        """Called on the event loop for each event, in the order of the commits; must not wait and must not raise."""
        ...


class Broadcaster:
    """Hands committed events to followers of the same tenant.

    mend: reads the events after a tenant's position and hands them to `relayed`, soon; where it is not set, a stretch that was
    missed is passed over.
    """

    def __init__(self) -> None:
        self.mend: Callable[[uuid.UUID], None] | None = None
        self._followers: dict[uuid.UUID, dict[Follower, None]] = {}  # in the order they came
        self._watchers: list[tuple[type[Event], Callable[[CommittedEvent], None]]] = []
        self._positions: dict[uuid.UUID, int] = {}  # of tenants that are followed

    @property
    def followers(self) -> int:
        """How many follow at this moment; listeners that share their answers are one."""
        return sum(len(found) for found in self._followers.values())

    @property
    def followed(self) -> tuple[uuid.UUID, ...]:
        """The tenants that somebody follows here."""
        return tuple(self._followers)

    def is_followed(self, tenant_id: uuid.UUID) -> bool:
        """Whether anybody follows a tenant here."""
        return tenant_id in self._followers

    def follow(self, tenant_id: uuid.UUID, follower: Follower) -> None:
        """Hands the follower the tenant's events from now on."""
        self._followers.setdefault(tenant_id, {})[follower] = None

    def leave(self, tenant_id: uuid.UUID, follower: Follower) -> None:
        """Ends that, at once; a follower that is not there is passed over."""
        found = self._followers.get(tenant_id)
        if found is not None and found.pop(follower, follower) is None and not found:
            del self._followers[tenant_id]
            self._positions.pop(tenant_id, None)

    def watch(self, kind: type[Event], told: Callable[[CommittedEvent], None]) -> None:
        """Calls `told` with each event of a type, whichever tenant's: for the deployment itself. It must not wait or raise."""
        self._watchers.append((kind, told))

    # -- without positions

    def publish(self, events: Sequence[CommittedEvent]) -> None:
        """Called after a commit, on the event loop, where nobody relays."""
        self.tell_watchers(events)
        self._tell(events)

    def tell_watchers(self, events: Sequence[CommittedEvent]) -> None:
        """Called after a commit, on the event loop: what the deployment itself must know does not wait for the relay."""
        for committed in events:
            for kind, told in self._watchers:
                if isinstance(committed.event, kind):
                    told(committed)

    def _tell(self, events: Sequence[CommittedEvent]) -> None:
        for committed in events:
            for follower in tuple(self._followers.get(committed.tenant_id, ())):
                if isinstance(committed.event, follower.events):
                    follower.take(committed)

    # -- in the order of positions

    def position(self, tenant_id: uuid.UUID) -> int | None:
        """Up to where the tenant's followers were told; None where that is not known, as where nobody follows."""
        return self._positions.get(tenant_id)

    def begin(self, tenant_id: uuid.UUID, position: int) -> None:
        """Says from where on the tenant's first follower here is told; follow right after it, without waiting in between."""
        self._positions.setdefault(tenant_id, position)

    def relayed(self, relayed: Relayed) -> None:
        """Tells followers a stretch of events, or what of it is new; called on the event loop."""
        tenant_id = relayed.tenant_id
        if tenant_id not in self._followers:
            self._positions.pop(tenant_id, None)
            return
        position = self._positions.get(tenant_id, relayed.after)
        if relayed.last <= position:
            return
        if relayed.after > position and self.mend is not None:
            self.mend(tenant_id)
            return
        self._positions[tenant_id] = relayed.last
        self._tell([each for each in relayed.events if each.position is None or each.position > position])

    def heard(self, tenant_id: uuid.UUID, last: int) -> None:
        """Another process says up to where it gave positions; what is missing here is read."""
        position = self._positions.get(tenant_id)
        if position is not None and position < last and self.mend is not None:
            self.mend(tenant_id)
