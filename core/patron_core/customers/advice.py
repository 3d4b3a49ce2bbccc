"""What all plugins together say of a customer: a health score with its factors, and next steps with their reasons.

The hooks' answers come in, values that explain themselves go out. What follows from columns that the actor may not read
is left out before anything is computed, so that no score tells of it. A factor that raises counts as not applicable and is reported;
so does a recommendation that fails.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from patron_core.access.grants import READABLE, reads
from patron_core.access.permissions import holds
from patron_core.customers.models import Customer
from patron_core.hookspecs import Factor, Recommendation, ScoreFactor
from patron_core.records import Classification
from patron_core.unit_of_work import UnitOfWork

__all__ = ["Health", "WeighedFactor", "health_of", "recommendations_for"]

METHOD: Final = "Weighted mean of the factors that apply, from 0 to 100; factors that do not apply have no weight."


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighedFactor:
    """A factor as it entered the score. share: of the whole weight, 0 to 1; 0 where it does not apply."""

    plugin: str
    name: str
    description: str
    value: Decimal | None
    share: Decimal
    reason: str
    sample_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """A customer's health. value: 0 to 100 with one decimal, None where no factor applies; reason says why."""

    value: Decimal | None
    applicable: bool
    reason: str
    sample_size: int
    method: str
    as_of: dt.datetime
    factors: tuple[WeighedFactor, ...]


def health_of(
    customer_id: uuid.UUID,
    uow: UnitOfWork,
    *,
    own: Sequence[tuple[ScoreFactor, Factor]] = (),
    classes: Collection[Classification] = READABLE,
) -> Health:
    """The health score of a customer of the tenant. NOT_FOUND where there is none.

    own: the core's factors with their answers, which count beside the plugins'. classes: which factors count at all.
    """
    uow.get(Customer, customer_id, path=("customerId",))
    answers = [
        ("core", factor, answer)
        for factor, answer in own
        if factor.classification in classes and reads(uow.actor.opened, factor.classification)
    ]
    answers += [
        (plugin, factor, _answer(plugin, factor, customer_id, uow))
        for plugin, factors in uow.plugins.each("patron_score_factors")
        for factor in factors
        if factor.classification in classes and _may_see(uow, plugin, factor.classification)
    ]
    whole = sum((factor.weight for _, factor, answer in answers if answer.value is not None), Decimal(0))
    weighed = tuple(_weighed(plugin, factor, answer, whole) for plugin, factor, answer in answers)
    applicable = whole > 0
    mean = sum((w.value * w.share for w in weighed if w.value is not None), Decimal(0))
    return Health(
        value=round(mean * 100, 1) if applicable else None,
        applicable=applicable,
        reason=f"{sum(w.share > 0 for w in weighed)} of {len(weighed)} factors apply.",
        sample_size=sum(w.sample_size for w in weighed),
        method=METHOD,
        as_of=uow.now,
        factors=weighed,
    )


def _answer(plugin: str, factor: ScoreFactor, customer_id: uuid.UUID, uow: UnitOfWork) -> Factor:
    try:
        return factor.compute(customer_id, uow)
    except Exception as error:
        uow.plugins.failed(plugin, hook="patron_score_factors", tenant_id=uow.tenant_id, error=error)
        return Factor(value=None, reason="The factor could not be computed.", sample_size=0, as_of=uow.now)


def _weighed(plugin: str, factor: ScoreFactor, answer: Factor, whole: Decimal) -> WeighedFactor:
    share = factor.weight / whole if answer.value is not None and whole else Decimal(0)
    return WeighedFactor(
        plugin=plugin,
        name=factor.name,
        description=factor.description,
        value=answer.value,
        share=round(share, 4),
        reason=answer.reason,
        sample_size=answer.sample_size,
    )


def recommendations_for(customer_id: uuid.UUID, uow: UnitOfWork) -> tuple[tuple[str, Recommendation], ...]:
    """Each plugin's next steps for a customer, with the plugin's name. NOT_FOUND where there is no such customer."""
    uow.get(Customer, customer_id, path=("customerId",))
    calls = uow.plugins.each("patron_recommendations", customer_id=customer_id, uow=uow)
    return tuple(
        (plugin, item) for plugin, items in calls for item in items if _may_see(uow, plugin, item.classification)
    )


def _may_see(uow: UnitOfWork, plugin: str, classification: Classification) -> bool:
    """Whether the actor reads the plugin's types, and the class of what it looked at."""
    return holds(uow.actor, f"{plugin}:read") and reads(uow.actor.opened, classification)
