"""How much an actor and a tenant may ask for in a time: buckets of points that operations spend by their cost and that fill again.

An actor and a cost come in; a `Rate` goes out, which answers show, or RATE_LIMITED, before anything is asked of a database.
Buckets live in the process, or in Redis for all processes together (`SharedRates`, by the `limits` library). How many operations
run at once is left to `admission`.
"""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Protocol, TypeVar

import structlog
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError

from patron_core.errors import RateLimited
from patron_core.messages import Actor
from patron_core.settings import Settings

__all__ = ["ProcessRates", "Rate", "Rates", "SharedRates", "rates_of"]

_log: Final = structlog.stdlib.get_logger("patron.rate_limits")
#: Buckets kept in a process; one that is full again is as good as none and goes first.
_MOST_BUCKETS: Final = 20_000
#: After Redis failed it is left alone for so long: nobody waits for it in between.
_AWAY_SECONDS: Final = 5.0
_PATIENCE_SECONDS: Final = 0.25  # for one answer of Redis

Now = Callable[[], float]
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Rate:
    """Where a bucket stands: of the actor, or of its tenant where that has less left.

    limit: points of a full bucket. remaining: points now. reset_seconds: until it is full again.
    """

    limit: int
    remaining: int
    reset_seconds: int


class Rates(Protocol):
    """Counts what actors spend."""

    async def take(self, actor: Actor, cost: int) -> Rate:
        """Spends `cost` points, at least 1, of the actor and of its tenant. Raises RATE_LIMITED where either has too few."""
        ...

    def give_back(self, actor: Actor, points: int) -> None:
        """Returns what an operation was charged and did not use."""
        ...

    def now(self, actor: Actor) -> Rate | None:
        """Where the actor stands, without waiting; None where nothing is known."""
        ...

    async def close(self) -> None:
        """Lets go of connections."""
        ...


@dataclass(frozen=True, slots=True)
class _Allowance:
    """A bucket's size in points, and the points that come back in a second."""

    points: int
    per_second: int

    def times(self, factor: int) -> _Allowance:
        return _Allowance(self.points * factor, self.per_second * factor)


@dataclass(frozen=True, slots=True)
class _Allowances:
    """What each kind of actor, and its tenant, has."""

    usual: _Allowance
    large: _Allowance
    tenant_factor: int

    @staticmethod
    def of(settings: Settings) -> _Allowances:
        usual = _Allowance(settings.rate_points, settings.rate_points_per_second)
        return _Allowances(usual, usual.times(settings.rate_large_factor), settings.rate_tenant_factor)

    def actor(self, actor: Actor) -> _Allowance:
        return self.large if "page:large" in actor.permissions else self.usual

    def tenant(self, actor: Actor) -> _Allowance:
        """A tenant's is a multiple of its actor's: one with the larger allowance must be able to spend it."""
        return self.actor(actor).times(self.tenant_factor)


class _Bucket:
    """Points, and when they were counted."""

    __slots__ = ("at", "points")

    def __init__(self, points: float, at: float) -> None:
        self.points = points
        self.at = at

    def fill(self, allowance: _Allowance, now: float) -> float:
        """The points there are now."""
        points = self.points + (now - self.at) * allowance.per_second
        self.points = points if points < allowance.points else float(allowance.points)
        self.at = now
        return self.points


class ProcessRates:
    """Buckets in this process; with several processes each has its own, so that together they allow that many times more.

    now: seconds that only grow.
    """

    def __init__(self, settings: Settings, *, now: Now = time.monotonic) -> None:
        self._allowances = _Allowances.of(settings)
        self._now = now
        self._actors: dict[tuple[uuid.UUID, str], _Bucket] = {}
        self._tenants: dict[uuid.UUID, _Bucket] = {}

    async def take(self, actor: Actor, cost: int) -> Rate:
        """See `Rates.take`. Nothing is spent where it is refused."""
        now = self._now()
        own, all_ = self._allowances.actor(actor), self._allowances.tenant(actor)
        bucket = self._bucket(actor, own, now)
        shared = self._tenants.get(actor.tenant_id)
        if shared is None:
            shared = self._tenants[actor.tenant_id] = _Bucket(all_.points, now)
            _thin_out(self._tenants, now, all_)
        cost = max(cost, 1)
        if bucket.fill(own, now) < cost:
            raise _refusal("You have", _rate(bucket, own), missing=cost - bucket.points, allowance=own)
        if shared.fill(all_, now) < cost:
            raise _refusal("Your tenant has", _rate(shared, all_), missing=cost - shared.points, allowance=all_)
        bucket.points -= cost
        shared.points -= cost
        return _rate(bucket, own) if bucket.points <= shared.points else _rate(shared, all_)

    def give_back(self, actor: Actor, points: int) -> None:
        """See `Rates.give_back`."""
        if points > 0:
            for bucket in (self._actors.get((actor.tenant_id, actor.subject)), self._tenants.get(actor.tenant_id)):
                if bucket is not None:
                    bucket.points += points  # more than full is cut when it is next filled

    def now(self, actor: Actor) -> Rate | None:
        """See `Rates.now`."""
        allowance = self._allowances.actor(actor)
        now = self._now()
        bucket = self._bucket(actor, allowance, now)
        bucket.fill(allowance, now)
        return _rate(bucket, allowance)

    async def close(self) -> None:
        """There is nothing to let go of."""

    def _bucket(self, actor: Actor, allowance: _Allowance, now: float) -> _Bucket:
        key = actor.tenant_id, actor.subject
        bucket = self._actors.get(key)
        if bucket is None:
            bucket = self._actors[key] = _Bucket(allowance.points, now)
            _thin_out(self._actors, now, allowance)
        return bucket


def _thin_out(
    buckets: dict[Key, _Bucket],
    now: float,
    allowance: _Allowance,
) -> None:
    """Forgets the oldest buckets where there are too many; they come from credentials, so nobody makes them at will."""
    if len(buckets) > _MOST_BUCKETS:
        full_after = allowance.points / allowance.per_second
        gone: list[Key] = [key for key, each in buckets.items() if now - each.at >= full_after]
        oldest: list[Key] = list(islice(buckets, _MOST_BUCKETS // 10))
        for key in gone or oldest:
            del buckets[key]


def _rate(bucket: _Bucket, allowance: _Allowance) -> Rate:
    missing = allowance.points - bucket.points
    return Rate(allowance.points, int(bucket.points), math.ceil(missing / allowance.per_second))


def _refusal(whose: str, rate: Rate, *, missing: float, allowance: _Allowance) -> RateLimited:
    seconds = max(1, math.ceil(missing / allowance.per_second))
    return RateLimited(
        f"Too much was asked in too little time. {whose} {rate.remaining} of {rate.limit} points of cost left. "
        f"Try again in {seconds} s, or ask for fewer rows.",
        limit=rate.limit,
        remaining=rate.remaining,
        retryAfterMs=seconds * 1000,
    )


class SharedRates:
    """Windows in Redis, counted for all processes: an actor's full bucket in the time in which it fills.

    Where Redis is away, each process counts its own until it is back: requests are answered, limits stay, and the log says it
    once. What is not used is not given back. storage: of the `limits` library.
    """

    def __init__(self, storage: RedisStorage, settings: Settings, *, now: Now = time.monotonic) -> None:
        self._storage = storage
        self._windows = SlidingWindowCounterRateLimiter(storage)
        self._allowances = _Allowances.of(settings)
        self._own = ProcessRates(settings, now=now)
        self._now = now
        self._away_until = 0.0
        self._seen: dict[tuple[uuid.UUID, str], Rate] = {}

    async def take(self, actor: Actor, cost: int) -> Rate:
        """See `Rates.take`."""
        if self._now() < self._away_until:
            return await self._own.take(actor, cost)
        try:
            return await self._take(actor, max(cost, 1))
        except StorageError as error:
            self._away_until = self._now() + _AWAY_SECONDS
            _log.warning("redis_away", error=type(error.storage_error).__name__, instead="each process counts its own")
            return await self._own.take(actor, cost)

    async def _take(self, actor: Actor, cost: int) -> Rate:
        own, all_ = self._allowances.actor(actor), self._allowances.tenant(actor)
        names = str(actor.tenant_id), actor.subject
        if not await self._windows.hit(_window(own), "actor", *names, cost=cost):
            raise await self._refused("You have", own, cost, "actor", *names)
        if not await self._windows.hit(_window(all_), "tenant", names[0], cost=cost):
            raise await self._refused("Your tenant has", all_, cost, "tenant", names[0])
        rate = await self._stands(own, "actor", *names)
        if len(self._seen) > _MOST_BUCKETS:
            self._seen.clear()
        self._seen[actor.tenant_id, actor.subject] = rate
        return rate

    async def _stands(self, allowance: _Allowance, *names: str) -> Rate:
        stats = await self._windows.get_window_stats(_window(allowance), *names)
        return Rate(allowance.points, stats.remaining, max(0, math.ceil(stats.reset_time - time.time())))

    async def _refused(self, whose: str, allowance: _Allowance, cost: int, *names: str) -> RateLimited:
        rate = await self._stands(allowance, *names)
        return _refusal(whose, rate, missing=cost - rate.remaining, allowance=allowance)

    def give_back(self, actor: Actor, points: int) -> None:
        """See `Rates.give_back`: only what was counted here."""
        if self._now() < self._away_until:
            self._own.give_back(actor, points)

    def now(self, actor: Actor) -> Rate | None:
        """Where the actor stood when it last asked in this process."""
        return self._seen.get((actor.tenant_id, actor.subject))

    async def close(self) -> None:
        """See `Rates.close`."""
        bridge: Any = self._storage.bridge
        await bridge.get_connection().aclose()


def _window(allowance: _Allowance) -> RateLimitItem:
    return RateLimitItemPerSecond(allowance.points, max(1, allowance.points // allowance.per_second))


def rates_of(settings: Settings) -> Rates:
    """The rates of a deployment, in Redis where the settings name one (the extra `redis`)."""
    if settings.redis_url is None:
        return ProcessRates(settings)
    url = settings.redis_url.get_secret_value()
    patience = {"socket_timeout": _PATIENCE_SECONDS, "socket_connect_timeout": _PATIENCE_SECONDS}
    storage = RedisStorage(
        f"async+{url}", wrap_exceptions=True, implementation="redispy", key_prefix="patron", **patience
    )
    return SharedRates(storage, settings)
