"""What may be asked about rules that watch behaviour: define, change, run one; and take and close its alerts.

Commands check their own form; whether a condition fits and may be asked by its author is the business of `service`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final

from patron_core import validation
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.monitoring.models import Alert, AlertOutcome, Behaviour, ChangeDirection, MonitoringRule, Severity
from patron_core.segments.commands import CustomerCondition, SegmentId
from patron_core.validation import key, not_null, one_line, paragraphs, within
from patron_core.values import UNSET, Unset

__all__ = [
    "MONEY",
    "AcknowledgeAlert",
    "AlertId",
    "CloseAlert",
    "CreateMonitoringRule",
    "MonitoringRuleId",
    "NewRequirement",
    "RunMonitoringRule",
    "UpdateMonitoringRule",
]

MonitoringRuleId = Annotated[uuid.UUID, IdOf(MonitoringRule)]
AlertId = Annotated[uuid.UUID, IdOf(Alert)]

#: What is measured in money.
MONEY: Final = frozenset({Behaviour.SPEND, Behaviour.AVERAGE_SALE, Behaviour.MARGIN})
_MOST_DAYS: Final = 1_100
_MOST_MONTHS: Final = 36
_MOST_REQUIREMENTS: Final = 5
_LARGEST: Final = Decimal(10**12)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequirement:
    """What must hold of a customer: a behaviour over the last months is more than a figure."""

    behaviour: Behaviour = argument("What is measured.")
    months: int = argument("Over how many months up to now, 1 to 36.", default=12)
    monthly: bool = argument("Whether the average of a month counts, and not the sum.", default=False)
    more_than: Decimal = argument("What must be exceeded, in units or major units of the rule's currency.")

    def __post_init__(self) -> None:
        within(self.months, most=_MOST_MONTHS, path="months")
        within(self.more_than, least=-_LARGEST, most=_LARGEST, decimals=4, path="more_than")
        if self.monthly and self.behaviour is Behaviour.AVERAGE_SALE:
            raise InvalidInput(
                "An average has no average of a month. `monthly` was given with AVERAGE_SALE. Leave it out.",
                path=("monthly",),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateMonitoringRule(Command):
    """Defines a change in a behaviour that is to be noted, for whom, and from when on it is one.

    The windows, the sample and the cooldown have defaults of our own: a month against the three before it, five facts, thirty days.
    """

    name: str = argument("Name to show, unique.")
    description: str | None = argument("What it is for.", default=None)
    segment_id: SegmentId | None = argument("Watches only its members.", default=None)
    customers: CustomerCondition | None = argument(
        "Watches only these customers, as `customers` takes it.", default=None
    )
    requirements: tuple[NewRequirement, ...] = argument("Watches only customers of whom all of this holds.", default=())
    behaviour: Behaviour = argument("What is measured.")
    currency_code: str | None = argument(
        "ISO 4217 code of the amounts that count, where money is measured or required.", default=None
    )
    baseline_days: int = argument("How many days before the current window it is compared with.", default=90)
    current_days: int = argument("How many days up to now are the current window.", default=30)
    direction: ChangeDirection = argument("Which change is noted.", default=ChangeDirection.EITHER)
    threshold_share: Decimal | None = argument(
        "From which change on, as a share of the baseline: 0.5 is half.", default=None
    )
    threshold_absolute: Decimal | None = argument(
        "From which change on, in units or major units of the currency; where both are given, both must be reached.",
        default=None,
    )
    minimum_sample: int = argument("How many facts the baseline must rest on.", default=5)
    cooldown_days: int = argument("For how long a customer is left alone after a closed alert.", default=30)
    severity: Severity = argument("How urgent its alerts are.", default=Severity.MEDIUM)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "name", maximum=80)
        one_line(self, "description")
        key(self, "idempotency_key")
        within(self.baseline_days, most=_MOST_DAYS, path="baseline_days")
        within(self.current_days, most=_MOST_DAYS, path="current_days")
        _figures(self)
        if self.threshold_share is None and self.threshold_absolute is None:
            raise _without_threshold()
        validation.count(self.requirements, most=_MOST_REQUIREMENTS, path="requirements")
        self._check_currency()

    def _check_currency(self) -> None:
        measured = {self.behaviour, *(each.behaviour for each in self.requirements)}
        if bool(measured & MONEY) != (self.currency_code is not None):
            raise InvalidInput(
                "The currency does not go with what is measured. It is given where money is, and nowhere else. Add it or "
                "leave it out.",
                path=("currency_code",),
            )
        if self.currency_code is not None:
            validation.currency(self.currency_code, path="currency_code")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateMonitoringRule(Command):
    """Changes a rule; what is left out stays as it is. What it watches is fixed: define another rule for that."""

    id: MonitoringRuleId = argument("The rule.")
    version: int = argument("The version the change was made from.")
    name: str | Unset = argument("Name to show, unique.", default=UNSET)
    description: str | Unset | None = argument("What it is for.", default=UNSET)
    active: bool | Unset = argument("Whether it is evaluated by schedule.", default=UNSET)
    direction: ChangeDirection | Unset = argument("Which change is noted.", default=UNSET)
    threshold_share: Decimal | Unset | None = argument("From which share of the baseline on.", default=UNSET)
    threshold_absolute: Decimal | Unset | None = argument("From which change on.", default=UNSET)
    minimum_sample: int | Unset = argument("How many facts the baseline must rest on.", default=UNSET)
    cooldown_days: int | Unset = argument("For how long a customer is left alone after a closed alert.", default=UNSET)
    severity: Severity | Unset = argument("How urgent its alerts are.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "name", "active", "direction", "minimum_sample", "cooldown_days", "severity")
        one_line(self, "name", maximum=80)
        one_line(self, "description")
        _figures(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMonitoringRule(Command):
    """Evaluates a rule now."""

    id: MonitoringRuleId = argument("The rule.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeAlert(Command):
    """Somebody looks at an alert."""

    id: AlertId = argument("The alert.")
    version: int = argument("The version the change was made from.")
    owner: str | None = argument("Who looks at it; whoever asks, where it is left out.", default=None)
    note: str | None = argument("What to say about it.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "owner")
        paragraphs(self, "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseAlert(Command):
    """Closes an alert with what came of it."""

    id: AlertId = argument("The alert.")
    version: int = argument("The version the change was made from.")
    outcome: AlertOutcome = argument("What came of it.")
    note: str | None = argument("What to say about it.", default=None)

    def __post_init__(self) -> None:
        paragraphs(self, "note")


def _without_threshold() -> InvalidInput:
    return InvalidInput(
        "The rule has no threshold. Neither a share nor an absolute change was given. Give one or both.",
        path=("threshold_share",),
    )


def _figures(command: CreateMonitoringRule | UpdateMonitoringRule) -> None:
    """Refuses thresholds that are not above zero, and counts out of range."""
    for name in ("threshold_share", "threshold_absolute"):
        within(getattr(command, name), least=Decimal("0.0001"), most=_LARGEST, decimals=4, path=name)
    within(command.minimum_sample, least=0, most=10_000, path="minimum_sample")
    within(command.cooldown_days, least=0, most=_MOST_DAYS, path="cooldown_days")
