"""What happens to health: factors are weighed, inside the caller's unit of work."""

from __future__ import annotations

from typing import Final

from patron_core.health.commands import WeighHealthFactor
from patron_core.health.models import HealthWeight
from patron_core.health.permissions import HEALTH_WRITE
from patron_core.hookspecs import CommandHandler
from patron_core.unit_of_work import UnitOfWork

__all__ = ["HANDLERS", "weigh_health_factor"]


def weigh_health_factor(command: WeighHealthFactor, uow: UnitOfWork) -> HealthWeight:
    """Says what a factor weighs; the next score follows it."""
    known = uow.find(HealthWeight, factor=command.factor)
    if known is None:
        return uow.add(HealthWeight(factor=command.factor, weight=command.weight))
    known.weight = command.weight
    return known


HANDLERS: Final = (CommandHandler(command=WeighHealthFactor, handler=weigh_health_factor, permission=HEALTH_WRITE),)
