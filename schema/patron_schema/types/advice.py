"""What the core and all plugins say of one customer: its health with every factor, and next steps with their reasons.

These are resolved in Python for one customer at a time, because plugins compute them.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any

import strawberry

from patron_core.customers import advice
from patron_core.decisions.permissions import DECISION_READ
from patron_core.health import score
from patron_core.health.permissions import HEALTH_READ
from patron_core.hookspecs import Recommendation as CoreRecommendation

from ..compose.commands import decode_id
from ..declare import Query, extends, resolver

__all__ = ["EXTENSIONS"]


@strawberry.type(description="One part of a customer's health, as the core or a plugin sees it.")
class HealthFactor:
    plugin: str = strawberry.field(description="Whose factor it is: a plugin's name, or core.")
    name: str = strawberry.field(description="Its stable name.")
    description: str = strawberry.field(description="What it looks at.")
    value: Decimal | None = strawberry.field(description="0 to 1; null where it does not apply.")
    share: Decimal = strawberry.field(description="Its share of the whole weight, 0 to 1.")
    reason: str = strawberry.field(description="From which facts the value follows, or why it does not apply.")
    sample_size: int = strawberry.field(description="How many facts it rests on.")


@strawberry.type(description="A customer's health, and how the figure was made.")
class CustomerHealth:
    value: Decimal | None = strawberry.field(description="0 to 100; null where no factor applies.")
    applicable: bool = strawberry.field(description="Whether any factor applies.")
    reason: str = strawberry.field(description="Why it applies or not.")
    sample_size: int = strawberry.field(description="How many facts all factors rest on.")
    method: str = strawberry.field(description="How the value was made.")
    as_of: dt.datetime = strawberry.field(description="At which instant.")
    factors: list[HealthFactor] = strawberry.field(description="Each factor with its weight and reason.")


@strawberry.type(description="A next step for a customer.")
class Recommendation:
    plugin: str = strawberry.field(description="Who recommends it.")
    code: str = strawberry.field(description="Its stable code.")
    title: str = strawberry.field(description="What to do.")
    reason: str = strawberry.field(description="From which facts it follows.")


def _recommendation(plugin: str, made: CoreRecommendation) -> Recommendation:
    return Recommendation(plugin=plugin, code=made.code, title=made.title, reason=made.reason)


def _health(made: advice.Health) -> CustomerHealth:
    factors = [
        HealthFactor(
            plugin=f.plugin,
            name=f.name,
            description=f.description,
            value=f.value,
            share=f.share,
            reason=f.reason,
            sample_size=f.sample_size,
        )
        for f in made.factors
    ]
    return CustomerHealth(
        value=made.value,
        applicable=made.applicable,
        reason=made.reason,
        sample_size=made.sample_size,
        method=made.method,
        as_of=made.as_of,
        factors=factors,
    )


Whose = Annotated[strawberry.ID, strawberry.argument(description="The customer.")]


@extends(Query)
class AdviceQuery:
    @resolver(scope=HEALTH_READ)
    async def customer_health(self, info: strawberry.Info[Any, Any], customer_id: Whose) -> CustomerHealth | None:
        """A customer's health as the core and all plugins see it, with every factor, its weight and its reason."""
        wanted = decode_id(customer_id, "cus")
        return _health(await info.context.read(lambda uow: score.health_of(wanted, uow)))

    @resolver(scope=DECISION_READ)
    async def recommendations(self, info: strawberry.Info[Any, Any], customer_id: Whose) -> list[Recommendation]:
        """Next steps for a customer, as all plugins see them."""
        wanted = decode_id(customer_id, "cus")
        found = await info.context.read(lambda uow: advice.recommendations_for(wanted, uow))
        return [_recommendation(plugin, made) for plugin, made in found]


EXTENSIONS = (AdviceQuery,)
