"""What a shop knows of a customer's health and next steps: how fresh the last purchase is, which points wait to be spent.

Both only read, and say from which facts they follow.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import select

from patron_core.customers.models import Customer, LifecycleStage
from patron_core.hookspecs import Factor, Recommendation
from patron_core.records import INTERNAL
from patron_core.unit_of_work import UnitOfWork
from patron_retail.models import LoyaltyMember, Purchase

__all__ = ["recency", "recommend"]

_FRESH_DAYS = 30
_COLD_DAYS = 365
_WORTH_SPENDING = 500


def recency(customer_id: uuid.UUID, uow: UnitOfWork) -> Factor:
    """1 for a purchase within 30 days, falling evenly to 0 at 365 days; not applicable where there is no purchase."""
    times = uow.select(select(Purchase.occurred_at).where(Purchase.customer_id == customer_id))
    if not times:
        return Factor(value=None, reason="There is no purchase.", sample_size=0, as_of=uow.now)
    days = max((uow.now - max(times)).days, 0)
    share = Decimal(_COLD_DAYS - days) / Decimal(_COLD_DAYS - _FRESH_DAYS)
    value = round(min(max(share, Decimal(0)), Decimal(1)), 3)
    reason = f"The last purchase was {days} days ago."
    return Factor(value=value, reason=reason, sample_size=len(times), as_of=uow.now)


def recommend(customer_id: uuid.UUID, uow: UnitOfWork) -> Iterable[Recommendation]:
    """Points worth spending are worth a message, unless the customer has left."""
    member = uow.find(LoyaltyMember, customer_id=customer_id)
    if member is None or member.points < _WORTH_SPENDING:
        return
    if uow.get(Customer, customer_id).lifecycle_stage is not LifecycleStage.CHURNED:
        yield Recommendation(
            code="RETAIL_REMIND_OF_POINTS",
            classification=INTERNAL,
            title="Remind the customer of their points",
            reason=f"{member.points} points wait to be spent.",
            facts=(member.id,),
        )
