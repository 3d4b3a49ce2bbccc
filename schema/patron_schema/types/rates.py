"""How much the caller may still ask for."""

from __future__ import annotations

import datetime as dt
from typing import Any

import strawberry

from ..declare import ANYONE, Query, extends, resolver

__all__ = ["EXTENSIONS"]


@strawberry.type(description="How much the caller may still ask for: points, which operations spend by their cost.")
class RateLimit:
    limit: int = strawberry.field(description="Points the caller has when it has asked for nothing.")
    remaining: int = strawberry.field(description="Points it has left, this operation's taken away.")
    reset_at: dt.datetime = strawberry.field(description="When it has all of them again, if it asks for nothing more.")
    cost: int = strawberry.field(description="What this operation costs.")


@extends(Query)
class RateQuery:
    @resolver(scope=ANYONE)
    def rate_limit(self, info: strawberry.Info[Any, Any]) -> RateLimit | None:
        """How much the caller may still ask for; null where nothing limits it."""
        gateway, ready = info.context.gateway, info.context.ready
        rate = None if gateway.rates is None else gateway.rates.now(ready.request.actor)
        if rate is None:
            return None
        reset_at = gateway.clock.now() + dt.timedelta(seconds=rate.reset_seconds)
        return RateLimit(limit=rate.limit, remaining=rate.remaining, reset_at=reset_at, cost=ready.cost)


EXTENSIONS = (RateQuery,)
