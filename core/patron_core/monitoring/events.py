"""What can have happened to rules and alerts. Events carry ids and codes, never figures."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event
from patron_core.monitoring.models import AlertOutcome, Behaviour, Severity

__all__ = ["AlertAcknowledged", "AlertClosed", "AlertOpened", "MonitoringRuleDefined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringRuleDefined(Event):
    """A rule that watches behaviour exists, or was changed."""

    type: ClassVar[str] = "monitoring.rule_defined"
    monitoring_rule_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertOpened(Event):
    """A customer's behaviour changed as a rule says it is to be noted. `customer_id` is set."""

    type: ClassVar[str] = "alert.opened"
    alert_id: uuid.UUID
    monitoring_rule_id: uuid.UUID
    behaviour: Behaviour
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertAcknowledged(Event):
    """Somebody looks at an alert. `customer_id` is set."""

    type: ClassVar[str] = "alert.acknowledged"
    alert_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertClosed(Event):
    """An alert is dealt with. `customer_id` is set."""

    type: ClassVar[str] = "alert.closed"
    alert_id: uuid.UUID
    outcome: AlertOutcome
