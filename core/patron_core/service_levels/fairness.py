"""Whether service is given fairly: who has which level, how they are answered, what they complain about, who decided by hand.

A period comes in, a report comes out, in four statements for any number of customers. It names nobody but those who decided.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import case, func, literal, select

from patron_core.access.overview import require_overview
from patron_core.cases.models import Case, CaseKind
from patron_core.customers.models import Customer, CustomerKind
from patron_core.service_levels.models import AssignmentOrigin, ServiceLevel, ServiceLevelAssignment
from patron_core.service_levels.simulating import current_rank, standing_join
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Code

__all__ = ["Age", "Decider", "FairnessReport", "LevelService", "LevelShare", "fairness"]

_MOST_DECIDERS: Final = 100


class Age(Code):
    """How long somebody has been a customer."""

    UNDER_1 = "under_1", "Less than a year."
    UNDER_3 = "under_3", "One to three years."
    OVER_3 = "over_3", "Three years or more."
    UNKNOWN = "unknown", "Nobody kept since when."


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelShare:
    """How many customers of a kind and an age have a level, and how many of them by hand."""

    level: ServiceLevel | None
    kind: CustomerKind
    age: Age
    customers: int
    by_hand: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelService:
    """How cases of customers of a level went. Means are None where there is nothing to take one of."""

    level: ServiceLevel | None
    cases: int
    complaints: int
    reopened: int
    answered_late: int
    solved_late: int
    mean_response_minutes: Decimal | None
    mean_resolution_minutes: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """How often somebody gave levels by hand, and how often one above the floor."""

    subject: str
    assignments: int
    above_floor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FairnessReport:
    """The report. since: from when cases and decisions count; customers are those of now."""

    since: dt.datetime
    as_of: dt.datetime
    shares: tuple[LevelShare, ...]
    service: tuple[LevelService, ...]
    deciders: tuple[Decider, ...]


def fairness(days: int, uow: UnitOfWork) -> FairnessReport:
    """The report of the last `days`."""
    require_overview(uow.actor)
    since = uow.now - dt.timedelta(days=days)
    levels = {level.rank: level for level in uow.select(select(ServiceLevel))}
    return FairnessReport(
        since=since,
        as_of=uow.now,
        shares=_shares(levels, uow),
        service=_service({level.id: level for level in levels.values()}, since, uow),
        deciders=_deciders(since, uow),
    )


def _shares(levels: dict[int, ServiceLevel], uow: UnitOfWork) -> tuple[LevelShare, ...]:
    today = uow.now.date()
    age = case(
        (Customer.since.is_(None), literal(Age.UNKNOWN.name)),
        (Customer.since > today - dt.timedelta(days=365), literal(Age.UNDER_1.name)),
        (Customer.since > today - dt.timedelta(days=3 * 365), literal(Age.UNDER_3.name)),
        else_=literal(Age.OVER_3.name),
    )
    by_hand = case((ServiceLevelAssignment.origin == AssignmentOrigin.MANUAL, literal(1)), else_=literal(0))
    each = standing_join(
        select(
            current_rank(uow.now).label("rank"), Customer.kind.label("kind"), age.label("age"), by_hand.label("hand")
        )
    ).subquery()
    keys = (each.c.rank, each.c.kind, each.c.age)
    found: list[Any] = uow.rows(select(*keys, func.count(), func.sum(each.c.hand)).group_by(*keys).order_by(*keys))
    return tuple(
        LevelShare(level=levels.get(rank), kind=kind, age=Age[age_name], customers=customers, by_hand=int(hand or 0))
        for rank, kind, age_name, customers, hand in found
    )


def _service(levels: dict[Any, ServiceLevel], since: dt.datetime, uow: UnitOfWork) -> tuple[LevelService, ...]:
    def how_many(condition: Any) -> Any:
        return func.sum(case((condition, literal(1)), else_=literal(0)))

    statement = (
        select(
            Case.service_level_id,
            func.count(),
            how_many(Case.kind == CaseKind.COMPLAINT),
            how_many(Case.reopened_count > 0),
            how_many(Case.response_breached_at.is_not(None)),
            how_many(Case.resolution_breached_at.is_not(None)),
            func.sum(Case.response_minutes),
            func.count(Case.response_minutes),
            func.sum(Case.resolution_minutes),
            func.count(Case.resolution_minutes),
        )
        .where(Case.occurred_at > since)
        .group_by(Case.service_level_id)
    )
    found: list[Any] = uow.rows(statement)
    rows = [
        LevelService(
            level=levels.get(row[0]),
            cases=row[1],
            complaints=int(row[2]),
            reopened=int(row[3]),
            answered_late=int(row[4]),
            solved_late=int(row[5]),
            mean_response_minutes=_mean(row[6], row[7]),
            mean_resolution_minutes=_mean(row[8], row[9]),
        )
        for row in found
    ]
    return tuple(sorted(rows, key=lambda each: -1 if each.level is None else each.level.rank))


def _deciders(since: dt.datetime, uow: UnitOfWork) -> tuple[Decider, ...]:
    above = func.sum(case((ServiceLevel.rank > 0, literal(1)), else_=literal(0)))
    how_many = func.count()
    statement = (
        select(ServiceLevelAssignment.assigned_by, how_many, above)
        .join(ServiceLevel, ServiceLevel.id == ServiceLevelAssignment.service_level_id)
        .where(
            ServiceLevelAssignment.origin == AssignmentOrigin.MANUAL,
            ServiceLevelAssignment.__table__.c.validity_from > since,
        )
        .group_by(ServiceLevelAssignment.assigned_by)
        .order_by(how_many.desc(), ServiceLevelAssignment.assigned_by)
        .limit(_MOST_DECIDERS)
    )
    rows: list[Any] = uow.rows(statement)
    return tuple(
        Decider(subject=subject, assignments=count, above_floor=int(over or 0)) for subject, count, over in rows
    )


def _mean(total: Any, count: int) -> Decimal | None:
    return round(Decimal(int(total)) / count, 1) if count else None
