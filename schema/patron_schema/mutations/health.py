"""Weighing what makes a customer do well."""

from __future__ import annotations

import strawberry

from patron_core.health import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.health import HealthWeight

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class HealthWeightPayload:
    """What a mutation of a factor's weight gives."""

    health_weight: HealthWeight | None = strawberry.field(description="The weight, as it is now.")


@extends(Mutation)
class HealthMutation:
    health_factor_weigh: HealthWeightPayload = mutation(
        commands.WeighHealthFactor, description="Says what a factor of the core weighs in this tenant."
    )


TYPES = (HealthWeightPayload,)
EXTENSIONS = (HealthMutation,)
