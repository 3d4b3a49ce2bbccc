"""Cases as the API shows them, with their clocks, and warning signs."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from patron_core.cases import models
from patron_core.service_levels.models import CaseSeverity
from patron_core.touchpoints.models import Channel
from patron_core.values import Money

from ..declare import Connection, Query, expression, extends, planned, related, root
from ..nodes import Node
from .customers import Customer
from .service_levels import ServiceLevel
from .timeline import TimelineEntry

__all__ = ["EXTENSIONS", "TYPES", "Case", "CaseChange", "CasePause", "WarningSign"]


@planned(models.Case)
class Case(TimelineEntry):
    """A complaint, request or question of a customer."""

    customer: Customer
    service_level: ServiceLevel | None
    kind: models.CaseKind
    severity: CaseSeverity
    state: models.CaseState
    channel: Channel | None
    topic: str
    summary: str = expression(models.Case.topic, description="What it is about.", filterable=False, orderable=False)
    description: str | None
    owner: str | None
    occurred_at: dt.datetime
    response_due_at: dt.datetime | None
    resolution_due_at: dt.datetime | None
    responded_at: dt.datetime | None
    response_minutes: int | None
    resolved_at: dt.datetime | None
    resolution_minutes: int | None
    paused_at: dt.datetime | None
    paused_seconds: int
    response_breached_at: dt.datetime | None
    resolution_breached_at: dt.datetime | None
    reopened_count: int
    root_cause: str | None
    resolution: str | None
    compensation: Money | None
    source: str | None
    source_key: str | None
    version: int
    pauses: Connection[CasePause] = related(models.CasePause.case, description="When its clock stood still.")
    changes: Connection[CaseChange] = related(models.CaseChange.case, description="How it went from state to state.")


@planned(models.CasePause)
class CasePause(Node):
    """A time in which a case waited for the customer."""

    case: Case
    paused_at: dt.datetime
    resumed_at: dt.datetime | None
    reason: str | None


@planned(models.CaseChange)
class CaseChange(Node):
    """A case went from one state to another."""

    case: Case
    from_state: models.CaseState | None
    to_state: models.CaseState
    occurred_at: dt.datetime
    changed_by: str
    reason: str | None


@planned(models.WarningSign)
class WarningSign(Node):
    """Something that points to a customer who may leave or costs more than before."""

    customer: Customer
    kind: models.WarningKind
    severity: Decimal
    value: Decimal
    threshold: Decimal
    unit: str
    reason: str
    raised_at: dt.datetime
    as_of: dt.datetime


@extends(Customer)
class CustomerCases:
    cases: Connection[Case] = related(models.Case.customer, description="Complaints, requests and questions.")
    warning_signs: Connection[WarningSign] = related(
        models.WarningSign.customer, description="What the last look found; `customerWarnings` looks now."
    )


@extends(Query)
class CaseQuery:
    case: Case | None = root(description="A case by its id.")
    cases: Connection[Case] = root(description="Complaints, requests and questions.")
    warning_signs: Connection[WarningSign] = root(description="What the last look found, of all customers.")


TYPES = (Case, CasePause, CaseChange, WarningSign)
EXTENSIONS = (CustomerCases, CaseQuery)
