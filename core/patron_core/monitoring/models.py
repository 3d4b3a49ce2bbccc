"""Rules that watch behaviour, what they require of a customer besides, and the alerts they open."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from ..customers.models import Customer
from ..records import FINANCIAL, INTERNAL, PII, PUBLIC, Record, column, reference, subject
from ..segments.models import Segment
from ..values import Code

__all__ = [
    "Alert",
    "AlertOutcome",
    "AlertStatus",
    "Behaviour",
    "ChangeDirection",
    "MonitoringRequirement",
    "MonitoringRule",
    "Severity",
]


class Behaviour(Code):
    """What is measured of a customer in a window of time."""

    TRANSACTIONS = "transactions", "How many sales, those taken back left out."
    SPEND = "spend", "What was bought less what was given back."
    AVERAGE_SALE = "average_sale", "What a sale comes to on average, those taken back left out."
    MARGIN = (
        "margin",
        "What is left of sales, fees and adjustments after the known costs of lines and the cost to serve.",
    )
    TOUCHPOINTS = "touchpoints", "How many contacts."
    INBOUND_TOUCHPOINTS = "inbound_touchpoints", "How many contacts that the customer sought."
    COMPLAINTS = "complaints", "How many complaints came in."


class ChangeDirection(Code):
    """Which change is noted."""

    UP = "up", "It became more."
    DOWN = "down", "It became less."
    EITHER = "either", "It changed."


class Severity(Code):
    """How urgent an alert is."""

    LOW = "low", "To know."
    MEDIUM = "medium", "To be looked at."
    HIGH = "high", "To be looked at now."


class AlertStatus(Code):
    """Where an alert stands."""

    OPEN = "open", "Nobody has taken it."
    ACKNOWLEDGED = "acknowledged", "Somebody looks at it."
    CLOSED = "closed", "It is dealt with."


class AlertOutcome(Code):
    """What came of an alert."""

    ACTED = "acted", "Something was done about it."
    EXPLAINED = "explained", "There is a good reason for the change."
    FALSE_ALARM = "false_alarm", "There was nothing."


class MonitoringRule(Record):
    """A change in a behaviour that is to be noted, for whom, and from when on it is one."""

    __tablename__ = "monitoring_rule"
    id_prefix = "mor"
    without_index = (("*", "A tenant has some dozens."),)
    not_about_a_party = "Says what to look for; what a condition compares with is the tenant's own words."
    __table_args__ = (
        UniqueConstraint("tenant_id", "name"),
        CheckConstraint("baseline_days >= 1", name="baseline_days"),
        CheckConstraint("current_days >= 1", name="current_days"),
    )

    name: Mapped[str] = column(INTERNAL, doc="Name to show, unique.", filterable=True, orderable=True)
    description: Mapped[str | None] = column(INTERNAL, doc="What it is for.")
    active: Mapped[bool] = column(INTERNAL, doc="Whether it is evaluated by schedule.", filterable=True)
    segment: Mapped[Segment | None] = reference(
        Segment, optional=True, doc="Only its members are watched; null for no such limit."
    )
    condition: Mapped[str | None] = column(
        PII, doc="The stored condition on customers that are watched, as JSON with a version; null for none."
    )
    behaviour: Mapped[Behaviour] = column(INTERNAL, doc="What is measured.", filterable=True)
    currency: Mapped[str | None] = column(
        PUBLIC, doc="ISO 4217 code of the amounts that count, where money is measured or required."
    )
    baseline_days: Mapped[int] = column(INTERNAL, doc="How many days before the current window are compared with.")
    current_days: Mapped[int] = column(INTERNAL, doc="How many days up to now are the current window.")
    direction: Mapped[ChangeDirection] = column(INTERNAL, doc="Which change is noted.", filterable=True)
    threshold_share: Mapped[Decimal | None] = column(
        INTERNAL, doc="From which change on, as a share of the baseline: 0.5 is half; null for none.", scale=4
    )
    threshold_absolute: Mapped[Decimal | None] = column(
        INTERNAL, doc="From which change on, in units or major units of the currency; null for none.", scale=4
    )
    minimum_sample: Mapped[int] = column(INTERNAL, doc="How many facts the baseline must rest on.")
    cooldown_days: Mapped[int] = column(INTERNAL, doc="For how long a customer is left alone after a closed alert.")
    severity: Mapped[Severity] = column(INTERNAL, doc="How urgent its alerts are.", filterable=True)
    evaluated_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="When it was last evaluated.", filterable=True)
    opened: Mapped[int | None] = column(INTERNAL, doc="How many alerts it opened then.")
    problem: Mapped[str | None] = column(INTERNAL, doc="The code of what its last evaluation ran into.")
    created_by: Mapped[str] = column(INTERNAL, doc="Who defined it.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        segment_id: Mapped[uuid.UUID | None]


class MonitoringRequirement(Record):
    """What must hold of a customer for a rule to look at it: a behaviour over the last months is more than a figure."""

    __tablename__ = "monitoring_requirement"
    id_prefix = "mrq"
    without_index = (("*", "A rule has few."),)
    not_about_a_party = "Says what to look for."
    __table_args__ = (UniqueConstraint("tenant_id", "rule_id", "number"),)

    rule: Mapped[MonitoringRule] = reference(MonitoringRule, doc="The rule that requires it.")
    number: Mapped[int] = column(PUBLIC, doc="Its place in the rule, from 1.")
    behaviour: Mapped[Behaviour] = column(INTERNAL, doc="What is measured.", filterable=True)
    months: Mapped[int] = column(INTERNAL, doc="Over how many months up to now.")
    monthly: Mapped[bool] = column(INTERNAL, doc="Whether the average of a month counts, and not the sum.")
    more_than: Mapped[Decimal] = column(
        INTERNAL, doc="What must be exceeded, in units or major units of the rule's currency.", scale=4
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        rule_id: Mapped[uuid.UUID]


class Alert(Record):
    """A customer's behaviour changed as a rule says it is to be noted."""

    __tablename__ = "alert"
    id_prefix = "alr"
    without_index = (
        ("severity behaviour outcome owner", "Asked of those that are open, or of a customer's or a rule's."),
        ("change_share closed_at baseline_value current_value", "Asked of a customer's or a rule's alerts."),
    )
    __table_args__ = (
        Index(
            "uq_alert_open",
            "tenant_id",
            "rule_id",
            "customer_id",
            unique=True,
            sqlite_where=text("status <> 'CLOSED'"),
            postgresql_where=text("status <> 'CLOSED'"),
        ),
        Index(None, "tenant_id", "status", "opened_at", "id"),
        Index(None, "tenant_id", "opened_at", "id"),
    )

    rule: Mapped[MonitoringRule] = reference(MonitoringRule, doc="The rule that opened it.")
    customer: Mapped[Customer] = subject(Customer, doc="Whose behaviour changed.")
    status: Mapped[AlertStatus] = column(INTERNAL, doc="Where it stands.", filterable=True, orderable=True)
    severity: Mapped[Severity] = column(INTERNAL, doc="How urgent it is.", filterable=True)
    behaviour: Mapped[Behaviour] = column(INTERNAL, doc="What was measured.", filterable=True)
    currency: Mapped[str | None] = column(PUBLIC, doc="ISO 4217 code, where money was measured.")
    baseline_value: Mapped[Decimal] = column(
        FINANCIAL, doc="What was to be expected: the baseline, brought to the length of the current window.", scale=4
    )
    current_value: Mapped[Decimal] = column(FINANCIAL, doc="What was measured in the current window.", scale=4)
    change_share: Mapped[Decimal | None] = column(
        INTERNAL, doc="The change as a share of the baseline; null where that is zero.", scale=4, orderable=True
    )
    sample_size: Mapped[int] = column(INTERNAL, doc="How many facts the baseline rests on.")
    baseline_from: Mapped[dt.datetime] = column(INTERNAL, doc="Begin of the baseline.")
    current_from: Mapped[dt.datetime] = column(INTERNAL, doc="Its end, and begin of the current window.")
    current_to: Mapped[dt.datetime] = column(INTERNAL, doc="End of the current window.")
    requirements: Mapped[str | None] = column(FINANCIAL, doc="What the rule required besides, and what it was.")
    evidence_ids: Mapped[str] = column(
        INTERNAL, doc="Ids of the newest facts in both windows, at most 20, separated by spaces."
    )
    opened_at: Mapped[dt.datetime] = column(INTERNAL, doc="When it was noticed.", filterable=True, orderable=True)
    owner: Mapped[str | None] = column(INTERNAL, doc="Who looks at it.", filterable=True)
    closed_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it was dealt with.", filterable=True, orderable=True
    )
    outcome: Mapped[AlertOutcome | None] = column(INTERNAL, doc="What came of it.", filterable=True)
    note: Mapped[str | None] = column(PII, doc="What somebody wrote about it.")

    if TYPE_CHECKING:  # the columns that references and composites make
        rule_id: Mapped[uuid.UUID]
        customer_id: Mapped[uuid.UUID]

    def absorb(self, other: Alert) -> bool:
        """Of two open alerts of one rule the older one stays open; the other is closed with it."""
        other.status, other.closed_at = AlertStatus.CLOSED, other.closed_at or other.updated_at
        return True
