"""A rule on all its customers at once: one statement finds those whose behaviour changed, a second one the newest facts behind it.

In comes a rule that is locked, out go alerts. Windows are compared by rates: a sum over the baseline is brought to the length of
the current window, an average needs no bringing. Numbers are compared as integers, multiplied crosswise, so that nothing is rounded.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from dateutil.relativedelta import relativedelta
from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, func, literal, or_, select
from sqlalchemy.engine import Row

from patron_core.customers.models import Customer
from patron_core.errors import PublicError
from patron_core.monitoring import events
from patron_core.monitoring.behaviour import RATIOS, ROWS, SCALE, facts
from patron_core.monitoring.commands import MONEY
from patron_core.monitoring.models import (
    Alert,
    AlertStatus,
    Behaviour,
    ChangeDirection,
    MonitoringRequirement,
    MonitoringRule,
)
from patron_core.segments.conditions import predicate_of
from patron_core.segments.models import SegmentMembership
from patron_core.segments.refreshing import system
from patron_core.transactions.models import Transaction
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import currency_exponent

__all__ = ["MOST_OPENED", "evaluate"]

#: How many alerts one evaluation opens; the next one finds the others.
MOST_OPENED: Final = 500
_MOST_EVIDENCE: Final = 20
_LARGEST: Final = 2**63 - 1
_CENT: Final = Decimal(10) ** -SCALE


@dataclass(frozen=True, slots=True)
class Windows:
    """The baseline [start, middle) and the current window [middle, end)."""

    start: dt.datetime
    middle: dt.datetime
    end: dt.datetime


def evaluate(rule: MonitoringRule, uow: UnitOfWork) -> list[Alert]:
    """Opens an alert for each customer whose behaviour changed, at most one for a rule and a customer.

    It looks with the rights of the system, as segments are refreshed. A condition that does not fit the schema any more is noted.
    """
    middle = uow.now - dt.timedelta(days=rule.current_days)
    windows = Windows(middle - dt.timedelta(days=rule.baseline_days), middle, uow.now)
    required = uow.select(
        select(MonitoringRequirement)
        .where(MonitoringRequirement.rule_id == rule.id)
        .order_by(MonitoringRequirement.number)
    )
    rule.evaluated_at, rule.problem, rule.opened = uow.now, None, 0
    try:
        whom = _population(rule, uow)
    except PublicError as refusal:
        rule.problem = refusal.public_code
        return []
    uow.flush()
    found = uow.rows(_changed(rule, required, windows, whom, uow))
    evidence = _evidence(rule, windows, [row.customer_id for row in found], uow)
    alerts = [_open(rule, required, windows, row, evidence.get(row.customer_id, []), uow) for row in found]
    rule.opened = len(alerts)
    return alerts


def _population(rule: MonitoringRule, uow: UnitOfWork) -> list[ColumnElement[bool]]:
    """The conditions on the customers that are watched; without the deleted, the open alerts, and those that cool down."""
    cool = uow.now - dt.timedelta(days=rule.cooldown_days)
    alerted = select(Alert.id).where(
        Alert.rule_id == rule.id,
        Alert.customer_id == Customer.id,
        or_(Alert.status != AlertStatus.CLOSED, Alert.closed_at > cool),
    )
    whom: list[Any] = [~alerted.exists(), Customer.deleted_at.is_(None)]
    if rule.segment_id is not None:
        member = select(SegmentMembership.id).where(
            SegmentMembership.segment_id == rule.segment_id,
            SegmentMembership.customer_id == Customer.id,
            SegmentMembership.left_at.is_(None),
        )
        whom.append(member.exists())
    if rule.condition is not None:
        predicate = predicate_of(rule.condition)
        whom.append(uow.plugins.matcher.criterion(predicate, uow, actor=system(uow.tenant_id)))
    return whom


def _changed(
    rule: MonitoringRule,
    required: Sequence[MonitoringRequirement],
    windows: Windows,
    whom: Sequence[ColumnElement[bool]],
    uow: UnitOfWork,
) -> Select[*tuple[Any, ...]]:
    rows = facts(rule.behaviour, currency=rule.currency, start=windows.start, end=windows.end).subquery("fact")
    before = rows.c.at < windows.middle
    sums = (
        select(
            rows.c.customer_id,
            _sum(rows.c.amount, before).label("base"),
            _sum(rows.c["count"], before).label("base_count"),
            _sum(rows.c.amount, ~before).label("current"),
            _sum(rows.c["count"], ~before).label("current_count"),
        )
        .group_by(rows.c.customer_id)
        .subquery("measured")
    )
    columns: list[Any] = [Customer.id.label("customer_id"), *(c for c in sums.c if c.name != "customer_id")]
    statement = select(*columns).join_from(Customer, sums, sums.c.customer_id == Customer.id).where(*whom)
    for requirement in required:
        name = f"required_{requirement.number}"
        made = _required(rule, requirement, uow, name=name)
        statement = statement.join(made, made.c.customer_id == Customer.id, isouter=True)
        amount, count = func.coalesce(made.c.amount, 0), func.coalesce(made.c.count, 0)
        statement = statement.where(_exceeds(rule, requirement, amount, count))
        statement = statement.add_columns(amount.label(name), count.label(f"{name}_count"))
    statement = statement.where(*_thresholds(rule, sums.c), sums.c.base_count >= rule.minimum_sample)
    return statement.order_by(Customer.id).limit(MOST_OPENED)


def _sum(value: ColumnElement[int], when: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((when, value), else_=literal(0, BigInteger())))


def _required(rule: MonitoringRule, requirement: MonitoringRequirement, uow: UnitOfWork, *, name: str) -> Any:
    start = uow.now - relativedelta(months=requirement.months)
    rows = facts(requirement.behaviour, currency=rule.currency, start=start, end=uow.now).subquery(f"{name}_fact")
    return (
        select(rows.c.customer_id, func.sum(rows.c.amount).label("amount"), func.sum(rows.c["count"]).label("count"))
        .group_by(rows.c.customer_id)
        .subquery(name)
    )


def _exceeds(rule: MonitoringRule, requirement: MonitoringRequirement, amount: Any, count: Any) -> ColumnElement[bool]:
    """Whether a sum, an average of a month or an average of a fact is more than the figure."""
    figure = _minor(requirement.more_than, requirement.behaviour, rule)
    if requirement.behaviour in RATIOS:
        return and_(count > 0, amount * 10**SCALE > _whole(_scaled(figure)) * count)
    least = figure * requirement.months if requirement.monthly else figure
    exceeded: ColumnElement[bool] = amount > _whole(least.to_integral_value(ROUND_FLOOR))
    return exceeded


def _thresholds(rule: MonitoringRule, sums: Any) -> list[ColumnElement[bool]]:
    """The conditions on a change, multiplied crosswise: current / current_weight against base / base_weight."""
    base, current = sums.base, sums.current
    if rule.behaviour in RATIOS:
        base_weight, current_weight = sums.base_count, sums.current_count
        found: list[Any] = [base_weight > 0, current_weight > 0]
    else:
        base_weight, current_weight = _whole(rule.baseline_days), _whole(rule.current_days)
        found = []
    change, expected = current * base_weight - base * current_weight, base * current_weight
    found.append(
        {ChangeDirection.UP: change > 0, ChangeDirection.DOWN: change < 0, ChangeDirection.EITHER: change != 0}[
            rule.direction
        ]
    )
    if rule.threshold_share is not None:
        share = _whole(_scaled(rule.threshold_share))
        found += [expected != 0, func.abs(change) * 10**SCALE >= share * func.abs(expected)]
    if rule.threshold_absolute is not None:
        absolute = _scaled(_minor(rule.threshold_absolute, rule.behaviour, rule))
        least = _whole(absolute * rule.baseline_days)
        if rule.behaviour in RATIOS:
            least = _whole(absolute) * base_weight * current_weight
        found.append(func.abs(change) * 10**SCALE >= least)
    return found


def _minor(value: Decimal, behaviour: Behaviour, rule: MonitoringRule) -> Decimal:
    """A figure in minor units, where it is money."""
    return value.scaleb(currency_exponent(rule.currency or "")) if behaviour in MONEY else value


def _whole(value: Decimal | int) -> ColumnElement[int]:
    """A whole number as 64 bits; what is beyond them is reached by no sum of the ledger."""
    return literal(max(-_LARGEST, min(int(value), _LARGEST)), BigInteger())


def _scaled(value: Decimal) -> int:
    return int(value.scaleb(SCALE).to_integral_value(ROUND_HALF_EVEN))


def _evidence(
    rule: MonitoringRule, windows: Windows, customers: Sequence[uuid.UUID], uow: UnitOfWork
) -> dict[uuid.UUID, list[str]]:
    """The newest facts of each customer in both windows, as ids outside show them, in one statement."""
    if not customers:
        return {}
    rows = facts(rule.behaviour, currency=rule.currency, start=windows.start, end=windows.end).subquery("fact")
    place = func.row_number().over(partition_by=rows.c.customer_id, order_by=(rows.c.at.desc(), rows.c.id)).label("n")
    ranked = (
        select(rows.c.customer_id, rows.c.id, place)
        .where(rows.c.customer_id.in_(customers), rows.c["count"] > 0)
        .subquery("ranked")
    )
    prefix = ROWS.get(rule.behaviour, Transaction).id_prefix
    newest = select(ranked.c.customer_id, ranked.c.id).where(ranked.c.n <= _MOST_EVIDENCE).order_by(ranked.c.n)
    found: dict[uuid.UUID, list[str]] = {}
    for row in uow.rows(newest):
        found.setdefault(row.customer_id, []).append(f"{prefix}_{row.id}")
    return found


def _open(
    rule: MonitoringRule,
    required: Sequence[MonitoringRequirement],
    windows: Windows,
    row: Row[Any],
    evidence: Sequence[str],
    uow: UnitOfWork,
) -> Alert:
    expected, current = _values(rule, row)
    share = None if not expected else ((current - expected) / abs(expected)).quantize(_CENT, ROUND_HALF_EVEN)
    alert = uow.add(
        Alert(
            rule_id=rule.id,
            customer_id=row.customer_id,
            status=AlertStatus.OPEN,
            severity=rule.severity,
            behaviour=rule.behaviour,
            currency=rule.currency if rule.behaviour in MONEY else None,
            baseline_value=expected.quantize(_CENT, ROUND_HALF_EVEN),
            current_value=current.quantize(_CENT, ROUND_HALF_EVEN),
            change_share=share,
            sample_size=int(row.base_count),
            baseline_from=windows.start,
            current_from=windows.middle,
            current_to=windows.end,
            requirements="\n".join(_said(rule, each, row) for each in required) or None,
            evidence_ids=" ".join(evidence),
            opened_at=uow.now,
        )
    )
    uow.emit(
        events.AlertOpened(
            customer_id=alert.customer_id,
            alert_id=alert.id,
            monitoring_rule_id=rule.id,
            behaviour=rule.behaviour,
            severity=rule.severity,
        )
    )
    return alert


def _values(rule: MonitoringRule, row: Row[Any]) -> tuple[Decimal, Decimal]:
    """What was expected and what was measured, in units or major units."""
    base, current = Decimal(row.base), Decimal(row.current)
    if rule.behaviour in RATIOS:
        expected, measured = base / Decimal(row.base_count), current / Decimal(row.current_count)
    else:
        expected, measured = base * rule.current_days / rule.baseline_days, current
    return _major(expected, rule.behaviour, rule), _major(measured, rule.behaviour, rule)


def _major(value: Decimal, behaviour: Behaviour, rule: MonitoringRule) -> Decimal:
    return value.scaleb(-currency_exponent(rule.currency or "")) if behaviour in MONEY else value


def _said(rule: MonitoringRule, requirement: MonitoringRequirement, row: Row[Any]) -> str:
    """What a requirement asked, and what it was: `MARGIN over 12 months 1500.0000 EUR > 1000.0000`."""
    name = f"required_{requirement.number}"
    value = _major(Decimal(getattr(row, name)), requirement.behaviour, rule)
    if requirement.behaviour in RATIOS:
        value /= Decimal(getattr(row, f"{name}_count"))
    elif requirement.monthly:
        value /= requirement.months
    unit = f" {rule.currency}" if requirement.behaviour in MONEY else ""
    each = " a month" if requirement.monthly else ""
    return (
        f"{requirement.behaviour.name} over {requirement.months} months {value.quantize(_CENT, ROUND_HALF_EVEN)}{unit}{each}"
        f" > {requirement.more_than}"
    )
