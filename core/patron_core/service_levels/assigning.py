"""Who has which level: by hand or by the rules, each change with its reason and what was measured.

The customer's row is held by whoever gives a level; rules leave alone what was decided by hand while it counts.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from patron_core.customers.models import Customer
from patron_core.hookspecs import Progress, Step
from patron_core.jobs.walking import go_on, reached
from patron_core.service_levels.earning import Ladder, earned, ladder, measures
from patron_core.service_levels.events import ServiceLevelAssigned
from patron_core.service_levels.models import (
    FLOOR_RANK,
    AssignmentOrigin,
    CustomerService,
    RuleMetric,
    ServiceLevel,
    ServiceLevelAssignment,
    ServiceLevelRule,
)
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money, Period

__all__ = ["apply_all_rules", "apply_rules", "give", "in_force", "level_of", "service_of"]

_AT_ONCE: Final = 500


def in_force(assignment: ServiceLevelAssignment | None, now: dt.datetime) -> bool:
    """Whether an assignment counts at an instant."""
    return assignment is not None and assignment.validity.contains(now)


def service_of(customer_id: uuid.UUID, uow: UnitOfWork) -> CustomerService:
    """The row that says how a customer is served; a new one where there was none. The customer's row is held already."""
    found = uow.find(CustomerService, customer_id=customer_id)
    return found if found is not None else uow.add(CustomerService(customer_id=customer_id))


def level_of(customer_id: uuid.UUID, uow: UnitOfWork) -> ServiceLevel | None:
    """The level a customer has now, the floor where nobody gave another; None where no level is defined."""
    service = uow.find(CustomerService, customer_id=customer_id)
    if service is not None and service.assignment_id is not None:
        assignment = uow.get(ServiceLevelAssignment, service.assignment_id)
        if in_force(assignment, uow.now):
            return uow.get(ServiceLevel, assignment.service_level_id)
    return uow.find(ServiceLevel, rank=FLOOR_RANK)


def give(
    customer_id: uuid.UUID,
    level: ServiceLevel,
    uow: UnitOfWork,
    *,
    origin: AssignmentOrigin,
    reason: str,
    until: dt.datetime | None = None,
    rule: ServiceLevelRule | None = None,
    value: int | None = None,
) -> ServiceLevelAssignment:
    """Gives a customer a level from now on; the one before ends now. value: what the rule measured."""
    service = service_of(customer_id, uow)
    before = None if service.assignment_id is None else uow.get(ServiceLevelAssignment, service.assignment_id)
    if before is not None and in_force(before, uow.now):
        before.validity = Period(before.validity_from, uow.now)
    counted = rule is not None and rule.metric is RuleMetric.PURCHASES
    amount = None if rule is None or rule.amount is None or value is None else Money(value, rule.amount.currency_code)
    assignment = uow.add(
        ServiceLevelAssignment(
            customer_id=customer_id,
            service_level_id=level.id,
            rule_id=None if rule is None else rule.id,
            origin=origin,
            reason=reason,
            validity=Period(uow.now, until),
            assigned_by=uow.actor.subject,
            measured=amount,
            measured_count=value if counted else None,
        )
    )
    uow.flush()
    old = None if service.service_level_id is None else uow.get(ServiceLevel, service.service_level_id).code
    service.service_level_id, service.assignment_id = level.id, assignment.id
    uow.emit(
        ServiceLevelAssigned(
            customer_id=customer_id,
            service_level_assignment_id=assignment.id,
            from_level=old,
            to_level=level.code,
            origin=origin,
        )
    )
    return assignment


def apply_all_rules(step: Step, uow: UnitOfWork) -> Progress | None:
    """Gives every customer the level that its figures earn, 500 customers in each step."""
    page = select(Customer.id).where(Customer.id > reached(step), Customer.deleted_at.is_(None))
    ids = uow.select(page.order_by(Customer.id).limit(_AT_ONCE))
    apply_rules(uow, ids)
    return go_on(step, ids, most=_AT_ONCE)


def apply_rules(uow: UnitOfWork, ids: Sequence[uuid.UUID], *, reason: str | None = None) -> int:
    """Gives these customers the levels that the rules say, where they have another one; how many changed.

    reason: why the rules are asked now, where somebody said it.
    """
    rungs = ladder(uow)
    if rungs.floor is None or not ids:
        return 0
    found = measures(uow, rungs.rules, ids)
    statement = (
        select(ServiceLevelAssignment)
        .join(CustomerService, CustomerService.assignment_id == ServiceLevelAssignment.id)
        .where(uow.among(ServiceLevelAssignment.customer_id, ids))
    )
    standing = {each.customer_id: each for each in uow.select(statement)}
    return sum(_apply(uow, id_, rungs, found.get(id_, []), standing.get(id_), reason) for id_ in ids if id_ in found)


def _apply(
    uow: UnitOfWork,
    customer_id: uuid.UUID,
    rungs: Ladder,
    values: Sequence[int],
    current: ServiceLevelAssignment | None,
    reason: str | None,
) -> bool:
    if current is not None and current.origin is AssignmentOrigin.MANUAL and in_force(current, uow.now):
        return False
    best = earned(rungs, values)
    assert rungs.floor is not None
    level = rungs.floor if best is None else rungs.levels[best[0].service_level_id]
    has = None if current is None or not in_force(current, uow.now) else current.service_level_id
    if has == level.id or (current is None and level.id == rungs.floor.id):
        return False
    uow.get(Customer, customer_id, lock=True)
    why = "No rule gives more than the floor." if best is None else f"The rule {best[0].code} holds."
    give(
        customer_id,
        level,
        uow,
        origin=AssignmentOrigin.RULE,
        reason=why if reason is None else f"{why} {reason}",
        rule=None if best is None else best[0],
        value=None if best is None else best[1],
    )
    return True
