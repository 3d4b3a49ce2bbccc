"""Rules that watch behaviour, and their alerts, as the API shows them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import strawberry

from patron_core.monitoring import models

from ..declare import Connection, Query, extends, planned, related, resolver, root
from ..nodes import Node
from .customers import Customer
from .segments import Segment

__all__ = ["EXTENSIONS", "TYPES", "Alert", "MonitoringRequirement", "MonitoringRule"]


@planned(models.MonitoringRule)
class MonitoringRule(Node):
    """A change in a behaviour that is to be noted, for whom, and from when on it is one."""

    name: str
    description: str | None
    active: bool
    segment: Segment | None
    condition: str | None
    behaviour: models.Behaviour
    currency: str | None
    baseline_days: int
    current_days: int
    direction: models.ChangeDirection
    threshold_share: Decimal | None
    threshold_absolute: Decimal | None
    minimum_sample: int
    cooldown_days: int
    severity: models.Severity
    evaluated_at: dt.datetime | None
    opened: int | None
    problem: str | None
    created_by: str
    version: int
    requirements: Connection[MonitoringRequirement] = related(
        models.MonitoringRequirement.rule, description="What must hold of a customer besides; all of it."
    )
    alerts: Connection[Alert] = related(models.Alert.rule, description="The alerts it opened.")


@planned(models.MonitoringRequirement)
class MonitoringRequirement(Node):
    """What must hold of a customer for a rule to look at it: a behaviour over the last months is more than a figure."""

    rule: MonitoringRule
    number: int
    behaviour: models.Behaviour
    months: int
    monthly: bool
    more_than: Decimal


@planned(models.Alert)
class Alert(Node):
    """A customer's behaviour changed as a rule says it is to be noted."""

    rule: MonitoringRule
    customer: Customer
    status: models.AlertStatus
    severity: models.Severity
    behaviour: models.Behaviour
    currency: str | None
    baseline_value: Decimal
    current_value: Decimal
    change_share: Decimal | None
    sample_size: int
    baseline_from: dt.datetime
    current_from: dt.datetime
    current_to: dt.datetime
    requirements: str | None
    evidence_ids: str
    opened_at: dt.datetime
    owner: str | None
    closed_at: dt.datetime | None
    outcome: models.AlertOutcome | None
    note: str | None
    version: int

    @resolver("evidence_ids")
    def evidence(self) -> list[strawberry.ID]:
        """The newest facts in both windows, at most 20; `node` shows each."""
        return [strawberry.ID(id_) for id_ in self.evidence_ids.split()]


@extends(Customer)
class CustomerAlerts:
    alerts: Connection[Alert] = related(
        models.Alert.customer, description="Changes in the customer's behaviour that were noted."
    )


@extends(Query)
class MonitoringQuery:
    monitoring_rules: Connection[MonitoringRule] = root(description="The rules that watch behaviour.")
    alert: Alert | None = root(description="An alert by its id.")
    alerts: Connection[Alert] = root(description="Changes in behaviour that rules noted.")


TYPES = (MonitoringRule, MonitoringRequirement, Alert)
EXTENSIONS = (CustomerAlerts, MonitoringQuery)
