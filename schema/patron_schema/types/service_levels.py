"""Levels of service as the API shows them: what they promise, who has which, and which channels are offered."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from patron_core.privacy.models import ConsentPurpose
from patron_core.service_levels import models
from patron_core.touchpoints.models import Channel
from patron_core.values import Money, Period

from ..declare import Connection, Query, expression, extends, planned, related, root
from ..nodes import Node
from .customers import Customer
from .segments import Segment

__all__ = [
    "EXTENSIONS",
    "TYPES",
    "ChannelPolicy",
    "CustomerService",
    "ServiceEntitlement",
    "ServiceLevel",
    "ServiceLevelAssignment",
    "ServiceLevelRule",
    "ServiceTarget",
]


@planned(models.ServiceLevel)
class ServiceLevel(Node):
    """A grade of service: what customers who have it are promised."""

    code: str
    name: str
    description: str | None
    rank: int
    is_floor: bool = expression(
        models.ServiceLevel.rank == models.FLOOR_RANK, description="Whether it is what everybody is promised."
    )
    version: int
    targets: Connection[ServiceTarget] = related(
        models.ServiceTarget.service_level, description="How fast cases are answered and solved."
    )
    entitlements: Connection[ServiceEntitlement] = related(
        models.ServiceEntitlement.service_level, description="Benefits it brings."
    )
    rules: Connection[ServiceLevelRule] = related(
        models.ServiceLevelRule.service_level, description="What gives it to a customer."
    )
    customers: Connection[CustomerService] = related(
        models.CustomerService.service_level, description="Customers to whom it was given."
    )


@planned(models.ServiceTarget)
class ServiceTarget(Node):
    """How fast a level promises to answer and to solve cases of a severity."""

    service_level: ServiceLevel
    severity: models.CaseSeverity
    first_response_minutes: int
    resolution_minutes: int


@planned(models.ServiceEntitlement)
class ServiceEntitlement(Node):
    """A benefit that a level brings."""

    service_level: ServiceLevel
    code: str
    name: str
    quantity: Decimal | None


@planned(models.ServiceLevelRule)
class ServiceLevelRule(Node):
    """What a customer must have done to be given a level."""

    service_level: ServiceLevel
    code: str
    metric: models.RuleMetric
    window_days: int
    segment: Segment | None
    amount: Money | None
    count: int | None
    active: bool
    version: int


@planned(models.ServiceLevelAssignment)
class ServiceLevelAssignment(Node):
    """A customer had or has a level for a time."""

    customer: Customer
    service_level: ServiceLevel
    rule: ServiceLevelRule | None
    origin: models.AssignmentOrigin
    reason: str
    validity: Period
    assigned_by: str
    measured: Money | None
    measured_count: int | None
    version: int


@planned(models.CustomerService)
class CustomerService(Node):
    """How a customer is served now."""

    customer: Customer
    service_level: ServiceLevel | None
    assignment: ServiceLevelAssignment | None
    preferred_channel: Channel | None
    wallet: Money | None
    wallet_estimated_on: dt.date | None


@planned(models.ChannelPolicy)
class ChannelPolicy(Node):
    """Which channel is offered to the customers of a level or a segment who did not ask for another."""

    service_level: ServiceLevel | None
    segment: Segment | None
    position: int
    purpose: ConsentPurpose | None
    channel: Channel
    reason: str
    version: int


@extends(Customer)
class CustomerServiceLevels:
    service: CustomerService | None = related(
        models.CustomerService.customer, description="How the customer is served; null where it has the floor."
    )
    service_level_assignments: Connection[ServiceLevelAssignment] = related(
        models.ServiceLevelAssignment.customer, description="Which levels the customer had, with reasons."
    )


@extends(Query)
class ServiceLevelQuery:
    service_levels: Connection[ServiceLevel] = root(description="Levels of service.")
    service_level_rules: Connection[ServiceLevelRule] = root(description="What gives levels to customers.")
    service_level_assignments: Connection[ServiceLevelAssignment] = root(description="Who had which level.")
    channel_policies: Connection[ChannelPolicy] = root(description="Which channels are offered.")


TYPES = (
    ServiceLevel,
    ServiceTarget,
    ServiceEntitlement,
    ServiceLevelRule,
    ServiceLevelAssignment,
    CustomerService,
    ChannelPolicy,
)
EXTENSIONS = (CustomerServiceLevels, ServiceLevelQuery)
