"""What rules measure of customers, in SQL, and which level follows from it.

A measure is a correlated sum over a customer's ledger, found by its index. The level is that of the highest rank of which a rule
holds; where none does it is the floor.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, select

from patron_core.customers.models import Customer
from patron_core.segments.models import SegmentMembership
from patron_core.service_levels.models import FLOOR_RANK, RuleMetric, ServiceLevel, ServiceLevelRule
from patron_core.transactions.models import Transaction, TransactionKind
from patron_core.transactions.standing import standing_sales
from patron_core.unit_of_work import UnitOfWork

__all__ = ["Ladder", "earned", "earned_rank", "ladder", "measured", "measures", "threshold"]


@dataclass(frozen=True, slots=True)
class Ladder:
    """The levels by rank and the rules that count, the best level's first."""

    levels: Mapping[uuid.UUID, ServiceLevel]
    rules: tuple[ServiceLevelRule, ...]

    @property
    def floor(self) -> ServiceLevel | None:
        """The level of rank 0; None before one is defined."""
        return next((each for each in self.levels.values() if each.rank == FLOOR_RANK), None)


def ladder(uow: UnitOfWork) -> Ladder:
    """The levels and rules of the tenant, in two statements."""
    levels = {each.id: each for each in uow.select(select(ServiceLevel).order_by(ServiceLevel.rank))}
    rules = uow.select(select(ServiceLevelRule).where(ServiceLevelRule.active.is_(True)))
    ranked = sorted(rules, key=lambda rule: (-levels[rule.service_level_id].rank, rule.code))
    return Ladder(levels, tuple(ranked))


def threshold(rule: ServiceLevelRule) -> int:
    """The least that a rule asks for: minor units, a number of purchases, or 1 for being in a segment."""
    return rule.count or rule.amount_minor or 1


def measured(rule: ServiceLevelRule, now: dt.datetime) -> ColumnElement[int]:
    """What a rule measures of the row of `Customer` it stands beside: minor units of its currency, or a number."""
    if rule.metric is RuleMetric.SEGMENT:
        inside = (
            select(func.count())
            .select_from(SegmentMembership)
            .where(
                SegmentMembership.segment_id == rule.segment_id,
                SegmentMembership.party_id == Customer.party_id,
                SegmentMembership.left_at.is_(None),
            )
        )
        return inside.correlate(Customer).scalar_subquery()
    since = now - dt.timedelta(days=rule.window_days)
    mine: tuple[ColumnElement[bool], ...] = (
        Transaction.customer_id == Customer.id,
        Transaction.occurred_at > since,
        Transaction.occurred_at <= now,
    )
    value: ColumnElement[Any]
    match rule.metric:
        case RuleMetric.PURCHASES:
            value = literal(1)
            mine = (*mine, *standing_sales())
        case RuleMetric.VOLUME:
            value = Transaction.__table__.c.amount_minor
            mine = (
                *mine,
                Transaction.kind.in_((TransactionKind.SALE, TransactionKind.REFUND)),
                Transaction.amount_currency == rule.amount_currency,
            )
        case _:
            minor = Transaction.__table__.c.amount_minor
            value = case((Transaction.kind == TransactionKind.COST_TO_SERVE, -minor), else_=minor)
            mine = (*mine, Transaction.amount_currency == rule.amount_currency)
    total = select(func.coalesce(func.sum(value), 0)).select_from(Transaction).where(*mine)
    return total.correlate(Customer).scalar_subquery()


def measures(
    uow: UnitOfWork, rules: Sequence[ServiceLevelRule], ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[int]]:
    """What each rule measures of each of these customers, in one statement."""
    columns = [measured(rule, uow.now).label(f"m{number}") for number, rule in enumerate(rules)]
    statement = select(Customer.id, *columns).where(uow.among(Customer.id, ids))
    out: dict[uuid.UUID, list[int]] = {}
    for row in uow.rows(statement):
        values: Sequence[Any] = row[1:]
        out[row[0]] = [int(value) for value in values]
    return out


def earned(rungs: Ladder, values: Sequence[int]) -> tuple[ServiceLevelRule, int] | None:
    """The rule that gives the best level, with what it measured; None where none holds. values: by rule."""
    for rule, value in zip(rungs.rules, values, strict=True):
        if value >= threshold(rule):
            return rule, value
    return None


def earned_rank(rungs: Ladder, now: dt.datetime) -> ColumnElement[int]:
    """The same decision in SQL: the rank of the level that a row of `Customer` has earned."""
    steps = [
        (measured(rule, now) >= threshold(rule), literal(rungs.levels[rule.service_level_id].rank))
        for rule in rungs.rules
    ]
    return case(*steps, else_=literal(FLOOR_RANK)) if steps else literal(FLOOR_RANK)
