"""Rules that watch behaviour, and their alerts: defines, changes and evaluates rules, takes and closes alerts."""

from __future__ import annotations

from typing import Final

from patron_core.errors import Conflict, InvalidInput
from patron_core.hookspecs import CommandHandler
from patron_core.monitoring import events
from patron_core.monitoring.commands import (
    MONEY,
    AcknowledgeAlert,
    CloseAlert,
    CreateMonitoringRule,
    RunMonitoringRule,
    UpdateMonitoringRule,
)
from patron_core.monitoring.evaluating import evaluate
from patron_core.monitoring.models import Alert, AlertStatus, MonitoringRequirement, MonitoringRule
from patron_core.monitoring.permissions import MONITORING_WRITE
from patron_core.predicates import VERSION, parse
from patron_core.segments.conditions import checked, condition_text
from patron_core.segments.models import Segment, SegmentStatus, SegmentTarget
from patron_core.unit_of_work import UnitOfWork
from patron_core.updates import apply_update
from patron_core.validation import same_version, unused

__all__ = ["HANDLERS", "acknowledge", "close", "create_rule", "run_rule", "update_rule"]

#: Asking this of customers takes the rights to filter by what is measured in money.
_AMOUNTS: Final = {
    "version": VERSION,
    "type": "Customer",
    "where": {"transactions": {"some": {"amount": {"currencyCode": {"isNull": False}}}}},
}


def create_rule(command: CreateMonitoringRule, uow: UnitOfWork) -> MonitoringRule:
    """Defines a rule. CONFLICT where its name is taken, INVALID_INPUT for a condition that does not fit.

    FORBIDDEN where its author may not filter customers by what it looks at, amounts of money among it.
    """
    if command.segment_id is not None:
        _check_segment(uow.get(Segment, command.segment_id, path=("segment_id",)))
    unused(uow, MonitoringRule, name=command.name)
    if MONEY & {command.behaviour, *(each.behaviour for each in command.requirements)}:
        uow.plugins.matcher.classes(parse(_AMOUNTS), uow)
    condition = None
    if command.customers is not None:
        condition = condition_text(checked(command.customers, target=SegmentTarget.CUSTOMER, path="customers", uow=uow))
    rule = uow.add(
        MonitoringRule(
            name=command.name,
            description=command.description,
            active=True,
            segment_id=command.segment_id,
            condition=condition,
            behaviour=command.behaviour,
            currency=command.currency_code,
            baseline_days=command.baseline_days,
            current_days=command.current_days,
            direction=command.direction,
            threshold_share=command.threshold_share,
            threshold_absolute=command.threshold_absolute,
            minimum_sample=command.minimum_sample,
            cooldown_days=command.cooldown_days,
            severity=command.severity,
            created_by=uow.actor.subject,
        )
    )
    for number, each in enumerate(command.requirements, start=1):
        uow.add(
            MonitoringRequirement(
                rule_id=rule.id,
                number=number,
                behaviour=each.behaviour,
                months=each.months,
                monthly=each.monthly,
                more_than=each.more_than,
            )
        )
    uow.emit(events.MonitoringRuleDefined(monitoring_rule_id=rule.id))
    return rule


def update_rule(command: UpdateMonitoringRule, uow: UnitOfWork) -> MonitoringRule:
    """Changes a rule."""
    rule = uow.get(MonitoringRule, command.id, path=("id",))
    same_version(rule, version=command.version)
    if isinstance(command.name, str) and command.name != rule.name:
        unused(uow, MonitoringRule, name=command.name)
    apply_update(command, to=rule)
    if rule.threshold_share is None and rule.threshold_absolute is None:
        raise InvalidInput(
            "The rule would have no threshold. Both were taken away. Leave one.", path=("threshold_share",)
        )
    uow.emit(events.MonitoringRuleDefined(monitoring_rule_id=rule.id))
    return rule


def run_rule(command: RunMonitoringRule, uow: UnitOfWork) -> MonitoringRule:
    """Evaluates a rule now, also one that is not active."""
    rule = uow.get(MonitoringRule, command.id, lock=True, path=("id",))
    evaluate(rule, uow)
    return rule


def acknowledge(command: AcknowledgeAlert, uow: UnitOfWork) -> Alert:
    """Somebody looks at an alert. CONFLICT for one that is closed."""
    alert = uow.get(Alert, command.id, path=("id",))
    same_version(alert, version=command.version)
    _refuse_closed(alert)
    alert.status, alert.owner = AlertStatus.ACKNOWLEDGED, command.owner or uow.actor.subject
    alert.note = command.note or alert.note
    uow.emit(events.AlertAcknowledged(customer_id=alert.customer_id, alert_id=alert.id))
    return alert


def close(command: CloseAlert, uow: UnitOfWork) -> Alert:
    """Closes an alert; its rule leaves the customer alone for its cooldown. CONFLICT for one that is closed."""
    alert = uow.get(Alert, command.id, path=("id",))
    same_version(alert, version=command.version)
    _refuse_closed(alert)
    alert.status, alert.outcome, alert.closed_at = AlertStatus.CLOSED, command.outcome, uow.now
    alert.note = command.note or alert.note
    uow.emit(events.AlertClosed(customer_id=alert.customer_id, alert_id=alert.id, outcome=command.outcome))
    return alert


def _check_segment(segment: Segment) -> None:
    if segment.target is not SegmentTarget.CUSTOMER or segment.status is SegmentStatus.RETIRED:
        raise InvalidInput(
            "The segment cannot be watched. It is not of customers, or it is retired. Take another one.",
            path=("segment_id",),
        )


def _refuse_closed(alert: Alert) -> None:
    if alert.status is AlertStatus.CLOSED:
        raise Conflict("The alert is closed. It was to be changed. Look for a newer one.", path=("id",))


HANDLERS: Final = (
    CommandHandler(command=CreateMonitoringRule, handler=create_rule, permission=MONITORING_WRITE),
    CommandHandler(command=UpdateMonitoringRule, handler=update_rule, permission=MONITORING_WRITE),
    CommandHandler(command=RunMonitoringRule, handler=run_rule, permission=MONITORING_WRITE),
    CommandHandler(command=AcknowledgeAlert, handler=acknowledge, permission=MONITORING_WRITE),
    CommandHandler(command=CloseAlert, handler=close, permission=MONITORING_WRITE),
)
