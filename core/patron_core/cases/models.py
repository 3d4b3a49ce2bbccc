"""Complaints, requests and questions with their clocks, and the signs that something goes wrong with a customer."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..customers.models import Customer
from ..health.permissions import HEALTH_READ
from ..records import FINANCIAL, INTERNAL, PII, PUBLIC, Record, column, money, reference, subject
from ..service_levels.models import CaseSeverity, ServiceLevel
from ..touchpoints.models import Channel
from ..values import Code, Money

__all__ = ["Case", "CaseChange", "CaseKind", "CasePause", "CaseState", "WarningKind", "WarningSign"]


class CaseKind(Code):
    """What a customer wants of us."""

    COMPLAINT = "complaint", "Something went wrong."
    REQUEST = "request", "Something is to be done."
    QUESTION = "question", "Something is to be known."


class CaseState(Code):
    """Where a case stands."""

    NEW = "new", "Nobody has answered."
    OPEN = "open", "It is worked on."
    WAITING_CUSTOMER = "waiting_customer", "The customer has to say something; the clock stands still."
    RESOLVED = "resolved", "It is solved."
    CLOSED = "closed", "It is done with."


class WarningKind(Code):
    """What points to a customer who is about to leave, or who costs more than before."""

    COMPLAINTS = "complaints", "Complaints in the last 90 days."
    SILENCE = "silence", "No contact and no purchase for longer than is usual for this customer."
    WALLET_SHARE = "wallet_share", "A smaller share of what the customer spends comes to us."
    SERVICE_COST = "service_cost", "Serving the customer costs more than before."
    RETURNS = "returns", "More of what was bought is given back."


class Case(Record):
    """A complaint, request or question of a customer, with the clock its level of service sets."""

    __tablename__ = "service_case"
    id_prefix = "cse"
    without_index = (
        ("kind severity channel responded_at reopened_count", "Asked within a state, an owner's or a customer's."),
        ("resolved_at response_breached_at resolution_breached_at", "Asked within a time of opening."),
        ("compensation_minor compensation_currency", "Asked within a root cause or a customer's."),
        ("response_due_at resolution_due_at", "Asked within a state, and indexes have both."),
        ("topic", "Words a person wrote."),
        ("source_key", "Asked with its source, and an index has both."),
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "source_key"),
        Index(None, "tenant_id", "customer_id", "occurred_at", "id"),
        Index(None, "tenant_id", "occurred_at", "id"),
        Index(None, "tenant_id", "state", "resolution_due_at", "id"),
        Index(None, "tenant_id", "state", "response_due_at", "id"),
        Index(None, "tenant_id", "owner", "state", "id"),
        Index(None, "tenant_id", "root_cause", "id"),
        CheckConstraint("state <> 'WAITING_CUSTOMER' OR paused_at IS NOT NULL", name="paused"),
        CheckConstraint(
            "kind <> 'COMPLAINT' OR state NOT IN ('RESOLVED', 'CLOSED') OR (root_cause IS NOT NULL AND resolution IS NOT NULL)",
            name="resolved",
        ),
    )

    customer: Mapped[Customer] = subject(Customer, doc="Whose case it is.")
    service_level: Mapped[ServiceLevel | None] = reference(
        ServiceLevel, optional=True, doc="The level the customer had when it was opened; its promises set the clock."
    )
    kind: Mapped[CaseKind] = column(PUBLIC, doc="Complaint, request or question.", filterable=True, orderable=True)
    severity: Mapped[CaseSeverity] = column(PUBLIC, doc="How much it weighs.", filterable=True, orderable=True)
    state: Mapped[CaseState] = column(INTERNAL, doc="Where it stands.", filterable=True, orderable=True)
    channel: Mapped[Channel | None] = column(PUBLIC, doc="Where it came in.", filterable=True, orderable=True)
    topic: Mapped[str] = column(PII, doc="What it is about, in one line.", filterable=True)
    description: Mapped[str | None] = column(PII, doc="What the customer said.")
    owner: Mapped[str | None] = column(INTERNAL, doc="Who works on it.", filterable=True, orderable=True)
    occurred_at: Mapped[dt.datetime] = column(INTERNAL, doc="When it came in.", filterable=True, orderable=True)
    response_due_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="By when it has to be answered; null where nothing is promised.", filterable=True, orderable=True
    )
    resolution_due_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="By when it has to be solved; null where nothing is promised.", filterable=True, orderable=True
    )
    responded_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it was first answered.", filterable=True, orderable=True
    )
    response_minutes: Mapped[int | None] = column(INTERNAL, doc="Minutes until then, pauses left out.")
    resolved_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it was solved.", filterable=True, orderable=True
    )
    resolution_minutes: Mapped[int | None] = column(INTERNAL, doc="Minutes until then, pauses left out.")
    paused_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="Since when the clock stands still.")
    paused_seconds: Mapped[int] = column(INTERNAL, doc="How long the clock stood still before.")
    response_breached_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it was noticed that it was not answered in time.", filterable=True, orderable=True
    )
    resolution_breached_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it was noticed that it was not solved in time.", filterable=True, orderable=True
    )
    reopened_count: Mapped[int] = column(
        INTERNAL, doc="How often it was opened again.", filterable=True, orderable=True
    )
    root_cause: Mapped[str | None] = column(
        INTERNAL, doc="Code of what it came from, such as LATE_DELIVERY.", filterable=True, orderable=True
    )
    resolution: Mapped[str | None] = column(PII, doc="What was done.")
    compensation: Mapped[Money | None] = money(
        FINANCIAL, doc="What the customer was given for it.", optional=True, filterable=True, orderable=True
    )
    source: Mapped[str | None] = column(INTERNAL, doc="The system that reported it.", filterable=True)
    source_key: Mapped[str | None] = column(
        INTERNAL, doc="Its key there: the same key twice is one case.", filterable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]
        service_level_id: Mapped[uuid.UUID | None]
        compensation_minor: Mapped[int | None]
        compensation_currency: Mapped[str | None]


class CasePause(Record):
    """A time in which a case waited for the customer, and its clock stood still."""

    __tablename__ = "service_case_pause"
    id_prefix = "csp"
    without_index = (("paused_at resumed_at", "A case has few pauses."),)

    case: Mapped[Case] = subject(Case, doc="Whose clock.")
    paused_at: Mapped[dt.datetime] = column(INTERNAL, doc="From when.", filterable=True, orderable=True)
    resumed_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="Until when; null while it lasts.", filterable=True)
    reason: Mapped[str | None] = column(PII, doc="What the customer was asked.")

    if TYPE_CHECKING:  # the columns that references and composites make
        case_id: Mapped[uuid.UUID]


class CaseChange(Record):
    """A case went from one state to another."""

    __tablename__ = "service_case_change"
    id_prefix = "csc"
    append_only = True
    without_index = (("occurred_at from_state to_state changed_by", "A case has few changes."),)

    case: Mapped[Case] = subject(Case, doc="Whose state changed.")
    from_state: Mapped[CaseState | None] = column(
        INTERNAL, doc="Where it stood; null when it was new.", filterable=True
    )
    to_state: Mapped[CaseState] = column(INTERNAL, doc="Where it went.", filterable=True)
    occurred_at: Mapped[dt.datetime] = column(INTERNAL, doc="When.", filterable=True, orderable=True)
    changed_by: Mapped[str] = column(INTERNAL, doc="Who did it.", filterable=True)
    reason: Mapped[str | None] = column(PII, doc="Why, where something was said.")

    if TYPE_CHECKING:  # the columns that references and composites make
        case_id: Mapped[uuid.UUID]


class WarningSign(Record):
    """Something that points to a customer who may leave or costs more than before, as the last look found it."""

    __tablename__ = "warning_sign"
    id_prefix = "wsg"
    opened_by = HEALTH_READ  # what we think of a customer is not opened by its cases
    without_index = (("kind value threshold raised_at as_of", "Asked of the worst ones or a customer's."),)
    __table_args__ = (
        UniqueConstraint("tenant_id", "customer_id", "kind"),
        Index(None, "tenant_id", "severity", "id"),
        CheckConstraint("severity BETWEEN 0 AND 10000", name="severity"),
    )

    customer: Mapped[Customer] = subject(Customer, doc="Of whom.")
    kind: Mapped[WarningKind] = column(INTERNAL, doc="What points to it.", filterable=True, orderable=True)
    severity: Mapped[Decimal] = column(
        INTERNAL,
        doc="0 at the threshold, 1 at twice the threshold and beyond.",
        scale=4,
        filterable=True,
        orderable=True,
    )
    value: Mapped[Decimal] = column(FINANCIAL, doc="What was found.", scale=4, filterable=True, orderable=True)
    threshold: Mapped[Decimal] = column(INTERNAL, doc="From where on it is a sign.", scale=4)
    unit: Mapped[str] = column(INTERNAL, doc="What is counted.")
    reason: Mapped[str] = column(FINANCIAL, doc="From which facts it follows.")
    raised_at: Mapped[dt.datetime] = column(INTERNAL, doc="Since when it is there.", filterable=True, orderable=True)
    as_of: Mapped[dt.datetime] = column(INTERNAL, doc="When somebody looked last.", filterable=True, orderable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]

    def absorb(self, other: Any) -> bool:
        """The stronger of two signs of one kind stays."""
        if other.severity > self.severity:
            self.severity, self.value, self.threshold = other.severity, other.value, other.threshold
            self.unit, self.reason = other.unit, other.reason
        return False
