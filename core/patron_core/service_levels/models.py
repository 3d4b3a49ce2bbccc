"""Grades of service and who has which: the levels with what they promise, the rules that give them, who has which, and which
channels are offered.

The floor is the level of rank 0: what everybody is promised. There is one, for ranks are unique.
"""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..customers.models import Customer
from ..privacy.models import ConsentPurpose
from ..records import FINANCIAL, INTERNAL, PII, PUBLIC, Record, column, money, period, reference, subject
from ..segments.models import Segment
from ..touchpoints.models import Channel
from ..values import Code, Money, Period
from .permissions import SERVICE_LEVEL_DEFINE

__all__ = [
    "FLOOR_RANK",
    "SELF_SERVICE",
    "AssignmentOrigin",
    "CaseSeverity",
    "ChannelPolicy",
    "CustomerService",
    "RuleMetric",
    "ServiceEntitlement",
    "ServiceLevel",
    "ServiceLevelAssignment",
    "ServiceLevelRule",
    "ServiceTarget",
]

#: The rank of the level that nobody is served below.
FLOOR_RANK: Final = 0
#: The entitlement that opens a customer's own figures to it.
SELF_SERVICE: Final = "SELF_SERVICE_DATA"

_FEW: Final = "A tenant has few of them."


class CaseSeverity(Code):
    """How much a case weighs for the customer."""

    LOW = "low", "An inconvenience."
    NORMAL = "normal", "Something does not work as it should."
    HIGH = "high", "The customer cannot do what they have to."
    CRITICAL = "critical", "Harm, or a stop of business."


class RuleMetric(Code):
    """What a rule looks at."""

    VOLUME = "volume", "What the customer bought less what was given back."
    PROFIT = "profit", "What the ledger has of them less what serving them cost."
    PURCHASES = "purchases", "How many sales there were."
    SEGMENT = "segment", "Whether the customer is in a segment."


class AssignmentOrigin(Code):
    """Why a customer has a level."""

    MANUAL = "manual", "Somebody decided it."
    RULE = "rule", "A rule gave it."


class ServiceLevel(Record):
    """A grade of service: what customers who have it are promised. Rank 0 is the floor, which everybody is promised."""

    __tablename__ = "service_level"
    id_prefix = "svl"
    not_about_a_party = "What we promise, the same for all customers of a level."
    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        UniqueConstraint("tenant_id", "rank"),
        CheckConstraint("rank >= 0", name="rank"),
    )

    code: Mapped[str] = column(PUBLIC, doc="Stable code in capitals, such as GOLD.", filterable=True, orderable=True)
    name: Mapped[str] = column(PUBLIC, doc="Name to show.")
    description: Mapped[str | None] = column(PUBLIC, doc="What it is for.")
    rank: Mapped[int] = column(PUBLIC, doc="0 is the floor, more is better.", filterable=True, orderable=True)


class ServiceTarget(Record):
    """How fast a level promises to answer and to solve cases of a severity. The clock runs day and night."""

    __tablename__ = "service_target"
    id_prefix = "svt"
    not_about_a_party = "What we promise, the same for all customers of a level."
    without_index = (("severity first_response_minutes resolution_minutes", _FEW),)
    __table_args__ = (
        UniqueConstraint("tenant_id", "service_level_id", "severity"),
        CheckConstraint("first_response_minutes > 0 AND resolution_minutes >= first_response_minutes", name="minutes"),
    )

    service_level: Mapped[ServiceLevel] = reference(ServiceLevel, doc="Whose promise it is.")
    severity: Mapped[CaseSeverity] = column(PUBLIC, doc="Of which cases.", filterable=True, orderable=True)
    first_response_minutes: Mapped[int] = column(
        PUBLIC, doc="Minutes until the first answer.", filterable=True, orderable=True
    )
    resolution_minutes: Mapped[int] = column(
        PUBLIC, doc="Minutes until the case is solved.", filterable=True, orderable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        service_level_id: Mapped[uuid.UUID]


class ServiceEntitlement(Record):
    """A benefit that a level brings."""

    __tablename__ = "service_entitlement"
    id_prefix = "sve"
    not_about_a_party = "What we promise, the same for all customers of a level."
    without_index = (("code quantity", _FEW),)
    __table_args__ = (UniqueConstraint("tenant_id", "service_level_id", "code"),)

    service_level: Mapped[ServiceLevel] = reference(ServiceLevel, doc="Which level brings it.")
    code: Mapped[str] = column(
        PUBLIC,
        doc="Stable code in capitals; SELF_SERVICE_DATA opens a customer's own figures to it.",
        filterable=True,
        orderable=True,
    )
    name: Mapped[str] = column(PUBLIC, doc="What it is, in one line.")
    quantity: Mapped[Decimal | None] = column(
        PUBLIC, doc="How much of it, such as visits a year; null for as much as is wanted.", scale=3, filterable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        service_level_id: Mapped[uuid.UUID]


class ServiceLevelRule(Record):
    """What a customer must have done to be given a level. The best level of which any rule holds is given."""

    __tablename__ = "service_level_rule"
    id_prefix = "svr"
    not_about_a_party = "How levels are given, the same for all customers."
    opened_by = SERVICE_LEVEL_DEFINE
    without_index = (("*", _FEW),)
    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        CheckConstraint("window_days BETWEEN 1 AND 3650", name="window_days"),
    )

    service_level: Mapped[ServiceLevel] = reference(ServiceLevel, doc="The level it gives.")
    code: Mapped[str] = column(PUBLIC, doc="Stable code in capitals.", filterable=True, orderable=True)
    metric: Mapped[RuleMetric] = column(PUBLIC, doc="What it looks at.", filterable=True)
    segment: Mapped[Segment | None] = reference(Segment, optional=True, doc="In which segment, of SEGMENT.")
    window_days: Mapped[int] = column(PUBLIC, doc="Over how many days up to now.", filterable=True)
    amount: Mapped[Money | None] = money(
        PUBLIC, doc="The least amount, of VOLUME and PROFIT; other currencies do not count.", optional=True
    )
    count: Mapped[int | None] = column(PUBLIC, doc="The least number, of PURCHASES.", filterable=True)
    active: Mapped[bool] = column(PUBLIC, doc="Whether it counts.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        service_level_id: Mapped[uuid.UUID]
        segment_id: Mapped[uuid.UUID | None]
        amount_minor: Mapped[int | None]
        amount_currency: Mapped[str | None]


class ServiceLevelAssignment(Record):
    """A customer had or has a level for a time, with the reason and who decided."""

    __tablename__ = "service_level_assignment"
    id_prefix = "sva"
    without_index = (
        ("origin measured_count measured_minor measured_currency", "Asked of a customer's, a level's or a person's."),
        ("validity_from validity_to", "Asked of a customer's."),
    )
    __table_args__ = (Index(None, "tenant_id", "assigned_by", "id"),)

    customer: Mapped[Customer] = subject(Customer, doc="Who has it.")
    service_level: Mapped[ServiceLevel] = reference(ServiceLevel, doc="Which level.")
    rule: Mapped[ServiceLevelRule | None] = reference(ServiceLevelRule, optional=True, doc="The rule that gave it.")
    origin: Mapped[AssignmentOrigin] = column(
        INTERNAL, doc="Whether somebody decided or a rule did.", filterable=True, orderable=True
    )
    reason: Mapped[str] = column(PII, doc="Why.")
    validity: Mapped[Period] = period(INTERNAL, doc="When it counts.", filterable=True, orderable=True)
    assigned_by: Mapped[str] = column(INTERNAL, doc="Who decided.", filterable=True, orderable=True)
    measured: Mapped[Money | None] = money(
        FINANCIAL, doc="What the rule measured when it was given.", optional=True, filterable=True
    )
    measured_count: Mapped[int | None] = column(INTERNAL, doc="Likewise, a number of purchases.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]
        service_level_id: Mapped[uuid.UUID]
        rule_id: Mapped[uuid.UUID | None]
        validity_from: Mapped[dt.datetime | None]
        validity_to: Mapped[dt.datetime | None]


class CustomerService(Record):
    """How a customer is served now: its level, the channel it asked for, and what it may spend in all."""

    __tablename__ = "customer_service"
    id_prefix = "csv"
    without_index = (
        ("preferred_channel wallet_minor wallet_currency wallet_estimated_on", "Asked of a level's customers."),
    )

    customer: Mapped[Customer] = subject(Customer, unique=True, doc="Whose service it is.")
    service_level: Mapped[ServiceLevel | None] = reference(
        ServiceLevel, optional=True, doc="The level it has; null for the floor."
    )
    assignment: Mapped[ServiceLevelAssignment | None] = reference(
        ServiceLevelAssignment, optional=True, doc="Why it has it."
    )
    preferred_channel: Mapped[Channel | None] = column(
        INTERNAL, doc="Where the customer asked to be reached; no policy overrides it.", filterable=True
    )
    wallet: Mapped[Money | None] = money(
        FINANCIAL,
        doc="What the customer spends in a year on what we sell, with everybody: an estimate.",
        optional=True,
        filterable=True,
    )
    wallet_estimated_on: Mapped[dt.date | None] = column(
        INTERNAL, doc="When that was estimated.", filterable=True, orderable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]
        service_level_id: Mapped[uuid.UUID | None]
        assignment_id: Mapped[uuid.UUID | None]
        wallet_minor: Mapped[int | None]
        wallet_currency: Mapped[str | None]

    def absorb(self, other: Any) -> bool:
        """What is not known of the customer that stays is taken over from the one that goes."""
        if self.preferred_channel is None:
            self.preferred_channel = other.preferred_channel
        if self.wallet is None:
            self.wallet, self.wallet_estimated_on = other.wallet, other.wallet_estimated_on
        if self.service_level_id is None:
            self.service_level_id, self.assignment_id = other.service_level_id, other.assignment_id
        return False


class ChannelPolicy(Record):
    """Which channel is offered to the customers of a level or a segment, where they did not ask for another."""

    __tablename__ = "channel_policy"
    id_prefix = "chp"
    not_about_a_party = "Which channels are offered, the same for all customers of a level."
    opened_by = SERVICE_LEVEL_DEFINE
    without_index = (("*", _FEW),)
    __table_args__ = (UniqueConstraint("tenant_id", "position"),)

    service_level: Mapped[ServiceLevel | None] = reference(
        ServiceLevel, optional=True, doc="Customers of which level; null for all."
    )
    segment: Mapped[Segment | None] = reference(Segment, optional=True, doc="Customers in which segment; null for all.")
    position: Mapped[int] = column(PUBLIC, doc="Lower ones are asked first.", filterable=True, orderable=True)
    purpose: Mapped[ConsentPurpose | None] = column(
        PUBLIC, doc="For contacts of which purpose; null for all.", filterable=True
    )
    channel: Mapped[Channel] = column(PUBLIC, doc="What is offered.", filterable=True)
    reason: Mapped[str] = column(PUBLIC, doc="Why, in a sentence that may be shown.")

    if TYPE_CHECKING:  # the columns that references and composites make
        service_level_id: Mapped[uuid.UUID | None]
        segment_id: Mapped[uuid.UUID | None]
