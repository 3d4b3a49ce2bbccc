"""Why a customer has the level it has, by which rule and with which numbers, and what is missing to the next one.

In comes a customer, out comes an explanation whose numbers are figures. Amounts are left out for whoever may not see money.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal

from patron_core.access.grants import reads
from patron_core.access.kept_back import is_outside
from patron_core.customers.models import Customer
from patron_core.figures import Figure, Input
from patron_core.records import FINANCIAL
from patron_core.service_levels.assigning import in_force
from patron_core.service_levels.earning import Ladder, ladder, measures, threshold
from patron_core.service_levels.models import (
    AssignmentOrigin,
    CustomerService,
    RuleMetric,
    ServiceLevel,
    ServiceLevelAssignment,
    ServiceLevelRule,
)
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money

__all__ = ["Explanation", "RuleExplained", "explain", "measure_figure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleExplained:
    """A rule as it stands for a customer. missing: what the customer lacks, none where it holds."""

    rule: ServiceLevelRule
    level: ServiceLevel
    measured: Figure
    missing: Figure
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a customer has its level. level: None before any is defined. origin: None for the floor that nobody gave.

    next_level: the one above it that a rule gives; rules: of all levels above the floor, the best first.
    """

    level: ServiceLevel | None
    origin: AssignmentOrigin | None
    reason: str
    decided_by: str | None
    since: dt.datetime | None
    until: dt.datetime | None
    next_level: ServiceLevel | None
    rules: tuple[RuleExplained, ...]


def explain(customer_id: uuid.UUID, uow: UnitOfWork) -> Explanation:
    """The explanation for a customer, in a fixed number of statements. NOT_FOUND where there is no such customer."""
    uow.get(Customer, customer_id, path=("customerId",))
    rungs = ladder(uow)
    values = measures(uow, rungs.rules, [customer_id])[customer_id]
    rules = tuple(_explained(rungs, rule, value, uow) for rule, value in zip(rungs.rules, values, strict=True))
    assignment = _current(customer_id, uow)
    level = rungs.floor if assignment is None else rungs.levels[assignment.service_level_id]
    above = [each.level for each in rules if level is not None and each.level.rank > level.rank]
    return Explanation(
        level=level,
        origin=None if assignment is None else assignment.origin,
        reason=_reason(level, assignment),
        decided_by=None if assignment is None else assignment.assigned_by,
        since=None if assignment is None else assignment.validity.start,
        until=None if assignment is None else assignment.validity.end,
        next_level=min(above, key=lambda each: each.rank, default=None),
        rules=rules,
    )


def measure_figure(rule: ServiceLevelRule, value: int | None, uow: UnitOfWork) -> Figure:
    """What a rule measured as a figure; None where it could not be asked."""
    method = _METHODS[rule.metric].format(days=rule.window_days)
    counted = rule.amount is None
    kept = rule.metric is RuleMetric.PROFIT and is_outside(uow.actor)
    if value is None or kept or not (counted or reads(uow.actor.opened, FINANCIAL)):
        return Figure.none("You may not see amounts.", method=method, as_of=uow.now)
    return Figure.of(
        value if rule.amount is None else Money(value, rule.amount.currency_code),
        unit=_unit(rule),
        reason=_SEGMENT if rule.metric is RuleMetric.SEGMENT else f"The ledger of the last {rule.window_days} days.",
        sample_size=value if counted else 0,
        method=method,
        as_of=uow.now,
        inputs=[
            Input(name="threshold", value=_in_units(rule, threshold(rule)), description="The least the rule asks for.")
        ],
    )


_SEGMENT = "The members of the segment."
_METHODS = {
    RuleMetric.VOLUME: "Sales less refunds in the rule's currency over {days} days.",
    RuleMetric.PROFIT: "All rows of the ledger in the rule's currency less costs to serve over {days} days; what goods cost is not in it.",
    RuleMetric.PURCHASES: "Sales less those taken back over {days} days.",
    RuleMetric.SEGMENT: "1 where the last refresh of the segment found the customer in it, else 0.",
}


def _explained(rungs: Ladder, rule: ServiceLevelRule, value: int, uow: UnitOfWork) -> RuleExplained:
    measured = measure_figure(rule, value, uow)
    short = max(0, threshold(rule) - value)
    missing = measured
    if measured.applicable:
        missing = Figure.of(
            short if rule.amount is None else Money(short, rule.amount.currency_code),
            unit=_unit(rule),
            reason="The rule holds." if not short else "This much is missing.",
            sample_size=measured.sample_size,
            method="The threshold of the rule less what it measures, no less than nothing.",
            as_of=uow.now,
            inputs=measured.inputs,
        )
    return RuleExplained(
        rule=rule, level=rungs.levels[rule.service_level_id], measured=measured, missing=missing, holds=not short
    )


def _unit(rule: ServiceLevelRule) -> str:
    return "segments" if rule.metric is RuleMetric.SEGMENT else "purchases"


def _in_units(rule: ServiceLevelRule, value: int) -> Money | Decimal:
    return Decimal(value) if rule.amount is None else Money(value, rule.amount.currency_code)


def _current(customer_id: uuid.UUID, uow: UnitOfWork) -> ServiceLevelAssignment | None:
    service = uow.find(CustomerService, customer_id=customer_id)
    if service is None or service.assignment_id is None:
        return None
    found = uow.get(ServiceLevelAssignment, service.assignment_id)
    return found if in_force(found, uow.now) else None


def _reason(level: ServiceLevel | None, assignment: ServiceLevelAssignment | None) -> str:
    if level is None:
        return "No level of service is defined."
    return "Everybody has the floor." if assignment is None else assignment.reason
