"""What happens to levels of service: they are defined, never below the floor, and given to customers, inside the unit of work.

Whoever changes what a level promises holds the floor's row, so that two changes at once cannot pass each other; whoever gives a
customer a level holds the customer's.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select

from patron_core.customers.models import Customer
from patron_core.errors import Conflict, InvalidInput
from patron_core.hookspecs import CommandHandler
from patron_core.segments.models import Segment, SegmentTarget
from patron_core.service_levels.assigning import apply_rules, give, in_force, service_of
from patron_core.service_levels.commands import (
    AssignServiceLevel,
    DefineChannelPolicy,
    DefineServiceLevel,
    DefineServiceLevelRule,
    NewEntitlement,
    NewTarget,
    ReleaseServiceLevel,
    RemoveChannelPolicy,
    UpdateCustomerService,
    UpdateServiceLevel,
    UpdateServiceLevelRule,
    check_threshold,
)
from patron_core.service_levels.events import ServiceLevelDefined
from patron_core.service_levels.models import (
    FLOOR_RANK,
    AssignmentOrigin,
    ChannelPolicy,
    CustomerService,
    ServiceEntitlement,
    ServiceLevel,
    ServiceLevelAssignment,
    ServiceLevelRule,
    ServiceTarget,
)
from patron_core.service_levels.permissions import SERVICE_LEVEL_DEFINE, SERVICE_LEVEL_WRITE
from patron_core.service_levels.promises import Promises, below, promised
from patron_core.unit_of_work import UnitOfWork
from patron_core.updates import apply_update
from patron_core.validation import same_version, unused
from patron_core.values import UNSET, Money, Period

__all__ = ["HANDLERS"]


# -- levels


def define_service_level(command: DefineServiceLevel, uow: UnitOfWork) -> ServiceLevel:
    """Defines a level. CONFLICT where its code or rank is taken; INVALID_INPUT where it promises less than the floor."""
    floor = _floor(uow)
    taken = select(ServiceLevel.id).where((ServiceLevel.code == command.code) | (ServiceLevel.rank == command.rank))
    if uow.select(taken.limit(1)):
        raise Conflict(
            "There is such a level already. Its code or its rank was given again. Use another, or change that level.",
            path=("code",),
        )
    if floor is None and command.rank != FLOOR_RANK:
        raise Conflict(
            "There is no floor yet. A level above it was given. Define the level of rank 0 first.", path=("rank",)
        )
    if floor is not None:
        _check({command.code: promised(command.targets, command.entitlements)}, _promises(uow, [floor])[floor.code])
    level = uow.add(
        ServiceLevel(code=command.code, name=command.name, description=command.description, rank=command.rank)
    )
    _keep(level, command.targets, command.entitlements, uow)
    uow.flush()
    uow.emit(ServiceLevelDefined(service_level_id=level.id, code=level.code))
    return level


def update_service_level(command: UpdateServiceLevel, uow: UnitOfWork) -> ServiceLevel:
    """Changes a level. INVALID_INPUT where it, or another if it is the floor itself, would promise less than the floor."""
    level = uow.get(ServiceLevel, command.id, path=("id",))
    floor = _floor(uow)
    same_version(level, version=command.version)
    assert floor is not None
    apply_update(command, to=level, but=("targets", "entitlements"))
    if isinstance(command.targets, tuple):
        _replace(ServiceTarget, level, uow)
        _keep(level, command.targets, (), uow)
    if isinstance(command.entitlements, tuple):
        _replace(ServiceEntitlement, level, uow)
        _keep(level, (), command.entitlements, uow)
    uow.flush()
    levels = uow.select(select(ServiceLevel)) if level.id == floor.id else [floor, level]
    promises = _promises(uow, levels)
    _check({code: each for code, each in promises.items() if code != floor.code}, promises[floor.code])
    uow.emit(ServiceLevelDefined(service_level_id=level.id, code=level.code))
    return level


def _floor(uow: UnitOfWork) -> ServiceLevel | None:
    found = uow.find(ServiceLevel, rank=FLOOR_RANK)
    return None if found is None else uow.get(ServiceLevel, found.id, lock=True)


def _promises(uow: UnitOfWork, levels: Sequence[ServiceLevel]) -> dict[str, Promises]:
    ids = [level.id for level in levels]
    targets: dict[Any, list[ServiceTarget]] = defaultdict(list)
    for target in uow.select(select(ServiceTarget).where(ServiceTarget.service_level_id.in_(ids))):
        targets[target.service_level_id].append(target)
    entitlements: dict[Any, list[ServiceEntitlement]] = defaultdict(list)
    for each in uow.select(select(ServiceEntitlement).where(ServiceEntitlement.service_level_id.in_(ids))):
        entitlements[each.service_level_id].append(each)
    return {level.code: promised(targets[level.id], entitlements[level.id]) for level in levels}


def _check(levels: dict[str, Promises], floor: Promises) -> None:
    lacking = {code: found for code, promises in levels.items() if (found := below(promises, floor))}
    if lacking:
        named = "; ".join(f"{code}: {', '.join(found)}" for code, found in sorted(lacking.items()))
        raise InvalidInput(
            f"A level would promise less than the floor. Below it: {named}. Promise at least what everybody is promised.",
            path=("targets",),
            below=[f"{code}: {each}" for code, found in sorted(lacking.items()) for each in found],
        )


def _keep(
    level: ServiceLevel, targets: Sequence[NewTarget], entitlements: Sequence[NewEntitlement], uow: UnitOfWork
) -> None:
    for target in targets:
        uow.add(
            ServiceTarget(
                service_level_id=level.id,
                severity=target.severity,
                first_response_minutes=target.first_response_minutes,
                resolution_minutes=target.resolution_minutes,
            )
        )
    for each in entitlements:
        uow.add(ServiceEntitlement(service_level_id=level.id, code=each.code, name=each.name, quantity=each.quantity))


def _replace(model: type[ServiceTarget] | type[ServiceEntitlement], level: ServiceLevel, uow: UnitOfWork) -> None:
    for row in uow.select(select(model).where(model.service_level_id == level.id)):
        uow.delete(row)
    uow.flush()  # what is written in their place has the same unique keys


# -- rules


def define_rule(command: DefineServiceLevelRule, uow: UnitOfWork) -> ServiceLevelRule:
    """Defines a rule. CONFLICT where its code is taken; INVALID_INPUT for the floor, which nobody has to earn."""
    level = uow.get(ServiceLevel, command.service_level_id, path=("service_level_id",))
    if command.segment_id is not None:
        _customers_of(command.segment_id, uow)
    check_threshold(command.metric, amount=command.amount, count=command.count, segment_id=command.segment_id)
    if level.rank == FLOOR_RANK:
        raise InvalidInput(
            "The floor is everybody's. A rule was to give it. Name a level above it.", path=("service_level_id",)
        )
    unused(uow, ServiceLevelRule, code=command.code)
    return uow.add(
        ServiceLevelRule(
            service_level_id=level.id,
            segment_id=command.segment_id,
            code=command.code,
            metric=command.metric,
            window_days=command.window_days,
            amount=command.amount,
            count=command.count,
            active=True,
        )
    )


def _customers_of(segment_id: uuid.UUID, uow: UnitOfWork) -> None:
    segment = uow.get(Segment, segment_id, path=("segment_id",))
    if segment.target is not SegmentTarget.CUSTOMER:
        raise InvalidInput(
            "The segment is not one of customers. Levels are given to customers. Name another segment.",
            path=("segment_id",),
        )


def update_rule(command: UpdateServiceLevelRule, uow: UnitOfWork) -> ServiceLevelRule:
    """Changes a rule. INVALID_INPUT for a threshold that does not go with what it looks at."""
    rule = uow.get(ServiceLevelRule, command.id, path=("id",))
    same_version(rule, version=command.version)
    amount = rule.amount if command.amount is UNSET else command.amount
    count = rule.count if command.count is UNSET else command.count
    check_threshold(rule.metric, amount=amount, count=count, segment_id=rule.segment_id)
    apply_update(command, to=rule)
    return rule


# -- who has which


def assign_service_level(command: AssignServiceLevel, uow: UnitOfWork) -> ServiceLevelAssignment:
    """Gives a customer a level by hand. INVALID_INPUT for an end that is not ahead."""
    customer = uow.get(Customer, command.customer_id, lock=True, path=("customer_id",))
    level = uow.get(ServiceLevel, command.service_level_id, path=("service_level_id",))
    if command.until is not None and command.until <= uow.now:
        raise InvalidInput("The end is not ahead. A level counts from now on. Give a later time.", path=("until",))
    return give(customer.id, level, uow, origin=AssignmentOrigin.MANUAL, reason=command.reason, until=command.until)


def release_service_level(command: ReleaseServiceLevel, uow: UnitOfWork) -> ServiceLevelAssignment:
    """Ends a level given by hand and lets the rules decide. CONFLICT where it does not count now or a rule gave it."""
    assignment = uow.get(ServiceLevelAssignment, command.id, path=("id",))
    same_version(assignment, version=command.version)
    uow.get(Customer, assignment.customer_id, lock=True)
    if assignment.origin is not AssignmentOrigin.MANUAL or not in_force(assignment, uow.now):
        raise Conflict(
            "This level was not given by hand, or counts no longer. It was to be ended. Nothing is to be done.",
            path=("id",),
        )
    assignment.validity = Period(assignment.validity_from, uow.now)
    uow.flush()
    apply_rules(uow, [assignment.customer_id], reason=command.reason)
    return assignment


def update_customer_service(command: UpdateCustomerService, uow: UnitOfWork) -> CustomerService:
    """Keeps what a customer asked for and what it may spend."""
    customer = uow.get(Customer, command.customer_id, lock=True, path=("customer_id",))
    service = service_of(customer.id, uow)
    if command.preferred_channel is not UNSET:
        service.preferred_channel = command.preferred_channel
    if command.wallet is not UNSET:
        service.wallet = command.wallet if isinstance(command.wallet, Money) else None
        service.wallet_estimated_on = None if service.wallet is None else uow.now.date()
    return service


# -- channels


def define_channel_policy(command: DefineChannelPolicy, uow: UnitOfWork) -> ChannelPolicy:
    """Defines a policy. CONFLICT where its position is taken."""
    if command.service_level_id is not None:
        uow.get(ServiceLevel, command.service_level_id, path=("service_level_id",))
    if command.segment_id is not None:
        _customers_of(command.segment_id, uow)
    unused(uow, ChannelPolicy, position=command.position)
    return uow.add(
        ChannelPolicy(
            service_level_id=command.service_level_id,
            segment_id=command.segment_id,
            position=command.position,
            purpose=command.purpose,
            channel=command.channel,
            reason=command.reason,
        )
    )


def remove_channel_policy(command: RemoveChannelPolicy, uow: UnitOfWork) -> None:
    """Takes a policy away."""
    policy = uow.get(ChannelPolicy, command.id, path=("id",))
    same_version(policy, version=command.version)
    uow.delete(policy)


HANDLERS: Final = (
    CommandHandler(command=DefineServiceLevel, handler=define_service_level, permission=SERVICE_LEVEL_DEFINE),
    CommandHandler(command=UpdateServiceLevel, handler=update_service_level, permission=SERVICE_LEVEL_DEFINE),
    CommandHandler(command=DefineServiceLevelRule, handler=define_rule, permission=SERVICE_LEVEL_DEFINE),
    CommandHandler(command=UpdateServiceLevelRule, handler=update_rule, permission=SERVICE_LEVEL_DEFINE),
    CommandHandler(command=AssignServiceLevel, handler=assign_service_level, permission=SERVICE_LEVEL_WRITE),
    CommandHandler(command=ReleaseServiceLevel, handler=release_service_level, permission=SERVICE_LEVEL_WRITE),
    CommandHandler(command=UpdateCustomerService, handler=update_customer_service, permission=SERVICE_LEVEL_WRITE),
    CommandHandler(command=DefineChannelPolicy, handler=define_channel_policy, permission=SERVICE_LEVEL_DEFINE),
    CommandHandler(command=RemoveChannelPolicy, handler=remove_channel_policy, permission=SERVICE_LEVEL_DEFINE),
)
