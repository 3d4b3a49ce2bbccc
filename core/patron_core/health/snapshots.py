"""Keeps how the health of customers goes: one snapshot a day for each, 100 customers in a step.

Only factors of classes that a snapshot may tell count in it: nothing of health information, nothing of who somebody is.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from patron_core.customers.models import Customer, EngagementMode
from patron_core.health.events import HealthFell
from patron_core.health.models import HealthSnapshot
from patron_core.health.score import health_among
from patron_core.hookspecs import Progress, Step
from patron_core.jobs.walking import go_on, reached
from patron_core.records import FINANCIAL, INTERNAL, PUBLIC
from patron_core.unit_of_work import UnitOfWork

__all__ = ["AT_RISK_BELOW", "take_snapshots"]

#: A score below this is told. Chosen, not measured; a list may ask for any other by `where`.
AT_RISK_BELOW: Final = 40
_CLASSES: Final = frozenset({PUBLIC, INTERNAL, FINANCIAL})
_AT_ONCE: Final = 100


def take_snapshots(step: Step, uow: UnitOfWork) -> Progress | None:
    """Keeps today's score of 100 customers in each step; who has one of today is left alone."""
    statement = select(Customer).where(
        Customer.engagement_mode != EngagementMode.TRANSACTION,
        Customer.deleted_at.is_(None),
        Customer.id > reached(step),
    )
    customers = uow.select(statement.order_by(Customer.id).limit(_AT_ONCE))
    if customers:
        _take(customers, uow)
    return go_on(step, [customer.id for customer in customers], most=_AT_ONCE)


def _take(customers: list[Customer], uow: UnitOfWork) -> None:
    today, ids = uow.now.date(), [customer.id for customer in customers]
    latest = select(HealthSnapshot).where(uow.among(HealthSnapshot.customer_id, ids), HealthSnapshot.latest.is_(True))
    before = {each.customer_id: each for each in uow.select(latest)}
    waiting = [each for each in customers if each.id not in before or before[each.id].taken_on < today]
    for customer_id, health in health_among(waiting, uow, classes=_CLASSES).items():
        if health.value is None:
            continue
        last = before.get(customer_id)
        if last is not None:
            last.latest = False
        snapshot = uow.add(
            HealthSnapshot(
                customer_id=customer_id,
                taken_on=today,
                latest=True,
                value=health.value,
                change=None if last is None else health.value - last.value,
                sample_size=health.sample_size,
                factors=sum(each.share > 0 for each in health.factors),
            )
        )
        if health.value < AT_RISK_BELOW and (last is None or last.value >= AT_RISK_BELOW):
            uow.emit(HealthFell(customer_id=customer_id, health_snapshot_id=snapshot.id))
