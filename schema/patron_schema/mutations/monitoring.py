"""Define rules that watch behaviour, deal with alerts, and hear of them."""

from __future__ import annotations

import strawberry

from patron_core.monitoring import commands, events

from ..declare import Mutation, Subscription, extends, mutation, payload, subscription
from ..types.monitoring import Alert, MonitoringRule

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class MonitoringRulePayload:
    """What a mutation of a rule gives."""

    monitoring_rule: MonitoringRule | None = strawberry.field(description="The rule, as it is now.")


@payload
class AlertPayload:
    """What a mutation of an alert gives."""

    alert: Alert | None = strawberry.field(description="The alert, as it is now.")


@extends(Mutation)
class MonitoringMutation:
    monitoring_rule_create: MonitoringRulePayload = mutation(
        commands.CreateMonitoringRule,
        description="Defines a change in a behaviour that is to be noted, for whom, and from when on it is one.",
    )
    monitoring_rule_update: MonitoringRulePayload = mutation(
        commands.UpdateMonitoringRule, description="Changes a rule, or has it rest."
    )
    monitoring_rule_run: MonitoringRulePayload = mutation(
        commands.RunMonitoringRule, description="Evaluates a rule now, for all its customers."
    )
    alert_acknowledge: AlertPayload = mutation(commands.AcknowledgeAlert, description="Takes an alert.")
    alert_close: AlertPayload = mutation(commands.CloseAlert, description="Closes an alert with what came of it.")


@extends(Subscription)
class AlertSubscription:
    alert_changed: Alert = subscription(
        events.AlertOpened,
        events.AlertAcknowledged,
        events.AlertClosed,
        node_id="alert_id",
        description="Each alert that was opened, taken or closed.",
    )


TYPES = (MonitoringRulePayload, AlertPayload)
EXTENSIONS = (MonitoringMutation, AlertSubscription)
