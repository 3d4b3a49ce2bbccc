"""What other thresholds would do: how many customers would rise or fall, and what they would be promised. Nothing is written.

In come thresholds by rule, out come counts, made by the same SQL that gives levels. Levels decided by hand stay, as they would.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select

from patron_core import validation
from patron_core.access.overview import require_overview
from patron_core.customers.models import Customer
from patron_core.errors import InvalidInput, NotFound
from patron_core.service_levels.commands import check_threshold, check_window
from patron_core.service_levels.earning import Ladder, earned_rank, ladder
from patron_core.service_levels.models import (
    FLOOR_RANK,
    AssignmentOrigin,
    CaseSeverity,
    CustomerService,
    ServiceLevel,
    ServiceLevelAssignment,
    ServiceLevelRule,
    ServiceTarget,
)
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money

__all__ = ["ChangedThreshold", "Move", "Simulation", "TargetEffect", "current_rank", "simulate", "standing_join"]

_MOST_CHANGES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedThreshold:
    """Another threshold of a rule. None leaves as it is; active: false takes the rule away."""

    rule_code: str
    amount: Money | None = None
    count: int | None = None
    window_days: int | None = None
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """How many customers would come from one level to another; the two are equal for those who stay."""

    from_level: ServiceLevel
    to_level: ServiceLevel
    customers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetEffect:
    """What customers are promised on average of cases of a severity, now and then, in minutes."""

    severity: CaseSeverity
    response_before: Decimal
    response_after: Decimal
    resolution_before: Decimal
    resolution_after: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What would happen. decided_by_hand: customers whose level stays because somebody decided it."""

    customers: int
    gaining: int
    losing: int
    decided_by_hand: int
    moves: tuple[Move, ...]
    targets: tuple[TargetEffect, ...]
    as_of: dt.datetime


def simulate(changes: Sequence[ChangedThreshold], uow: UnitOfWork) -> Simulation:
    """What would happen if rules had other thresholds, in a fixed number of statements.

    NOT_FOUND for an unknown rule; INVALID_INPUT for a threshold that does not fit.
    """
    require_overview(uow.actor)
    validation.count(changes, most=_MOST_CHANGES, path="changes")
    rungs = ladder(uow)
    by_rank = {level.rank: level for level in rungs.levels.values()}
    wanted = replace(rungs, rules=_changed(rungs.rules, changes))
    by_hand = and_(_in_force(uow.now), ServiceLevelAssignment.origin == AssignmentOrigin.MANUAL)
    now = current_rank(uow.now)
    then = case((by_hand, now), else_=earned_rank(wanted, uow.now))
    counted = standing_join(
        select(
            Customer.id.label("id"),
            now.label("now"),
            then.label("then"),
            case((by_hand, literal(1)), else_=literal(0)).label("by_hand"),
        )
    ).subquery()
    found: list[Any] = uow.rows(
        select(counted.c.now, counted.c.then, func.count(), func.sum(counted.c.by_hand)).group_by(
            counted.c.now, counted.c.then
        )
    )
    moves = tuple(
        Move(from_level=by_rank[row[0]], to_level=by_rank[row[1]], customers=row[2])
        for row in sorted(found, key=lambda row: (row[0], row[1]))
        if row[0] in by_rank and row[1] in by_rank
    )
    return Simulation(
        customers=sum(row[2] for row in found),
        gaining=sum(row[2] for row in found if row[1] > row[0]),
        losing=sum(row[2] for row in found if row[1] < row[0]),
        decided_by_hand=sum(int(row[3] or 0) for row in found),
        moves=moves,
        targets=_effects(rungs, moves, uow),
        as_of=uow.now,
    )


def standing_join(statement: Any) -> Any:
    """A select from the customers in the lists, with their level and why they have it beside where there is one."""
    return (
        statement.select_from(Customer)
        .outerjoin(CustomerService, CustomerService.customer_id == Customer.id)
        .outerjoin(ServiceLevelAssignment, ServiceLevelAssignment.id == CustomerService.assignment_id)
        .outerjoin(ServiceLevel, ServiceLevel.id == ServiceLevelAssignment.service_level_id)
        .where(Customer.deleted_at.is_(None))
    )


def current_rank(now: dt.datetime) -> ColumnElement[int]:
    """The rank of the level that a customer of `standing_join` has now."""
    return case((_in_force(now), ServiceLevel.rank), else_=literal(FLOOR_RANK))


def _in_force(now: dt.datetime) -> ColumnElement[bool]:
    table = ServiceLevelAssignment.__table__.c
    return and_(ServiceLevelAssignment.id.is_not(None), or_(table.validity_to.is_(None), table.validity_to > now))


def _changed(rules: Sequence[ServiceLevelRule], changes: Sequence[ChangedThreshold]) -> tuple[ServiceLevelRule, ...]:
    """Copies of the rules with the changed thresholds; the session knows nothing of them."""
    known = {rule.code: rule for rule in rules}
    asked = {change.rule_code: (number, change) for number, change in enumerate(changes)}
    for code, (number, _) in asked.items():
        if code not in known:
            raise NotFound(
                "There is no such rule. The code names none that counts. Use one of the list.",
                path=("changes", number, "ruleCode"),
            )
    return tuple(
        _copy(rule, *asked[rule.code]) if rule.code in asked else rule
        for rule in rules
        if rule.code not in asked or asked[rule.code][1].active
    )


def _copy(rule: ServiceLevelRule, number: int, change: ChangedThreshold) -> ServiceLevelRule:
    amount = rule.amount if change.amount is None else change.amount
    count = rule.count if change.count is None else change.count
    days = rule.window_days if change.window_days is None else change.window_days
    try:
        check_threshold(rule.metric, amount=amount, count=count, segment_id=rule.segment_id)
        check_window(days)
    except InvalidInput as error:
        raise InvalidInput(error.message, path=("changes", number, *error.path)) from None
    return ServiceLevelRule(
        service_level_id=rule.service_level_id,
        segment_id=rule.segment_id,
        code=rule.code,
        metric=rule.metric,
        window_days=days,
        amount=amount,
        count=count,
        active=True,
    )


def _effects(rungs: Ladder, moves: Sequence[Move], uow: UnitOfWork) -> tuple[TargetEffect, ...]:
    """Averages over customers, of severities for which every level that somebody has promises something."""
    promised = {(each.service_level_id, each.severity): each for each in uow.select(select(ServiceTarget))}
    whole = sum(move.customers for move in moves)
    out = []
    for severity in CaseSeverity:
        pairs = [
            (move.customers, promised.get((move.from_level.id, severity)), promised.get((move.to_level.id, severity)))
            for move in moves
        ]
        known = [(customers, before, after) for customers, before, after in pairs if before and after]
        if whole and len(known) == len(pairs):
            out.append(
                TargetEffect(
                    severity=severity,
                    response_before=_mean([(n, before.first_response_minutes) for n, before, _ in known]),
                    response_after=_mean([(n, after.first_response_minutes) for n, _, after in known]),
                    resolution_before=_mean([(n, before.resolution_minutes) for n, before, _ in known]),
                    resolution_after=_mean([(n, after.resolution_minutes) for n, _, after in known]),
                )
            )
    return tuple(out)


def _mean(weighed: Sequence[tuple[int, int]]) -> Decimal:
    whole = sum(weight for weight, _ in weighed)
    return round(Decimal(sum(weight * value for weight, value in weighed)) / whole, 1)
