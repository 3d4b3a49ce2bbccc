"""What may be asked about levels of service: define them and their rules, give them to customers, keep what customers asked for.

Commands check their own form; that no level falls below the floor is the business of `service`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final

from patron_core import validation
from patron_core.customers.commands import CustomerId
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.privacy.models import ConsentPurpose
from patron_core.segments.commands import SegmentId
from patron_core.service_levels.models import (
    CaseSeverity,
    ChannelPolicy,
    RuleMetric,
    ServiceLevel,
    ServiceLevelAssignment,
    ServiceLevelRule,
)
from patron_core.touchpoints.models import Channel
from patron_core.validation import above_zero, aware, key, not_null, once, one_line, within
from patron_core.values import UNSET, Money, Unset

__all__ = [
    "AssignServiceLevel",
    "DefineChannelPolicy",
    "DefineServiceLevel",
    "DefineServiceLevelRule",
    "NewEntitlement",
    "NewTarget",
    "ReleaseServiceLevel",
    "RemoveChannelPolicy",
    "ServiceLevelId",
    "UpdateCustomerService",
    "UpdateServiceLevel",
    "UpdateServiceLevelRule",
    "check_threshold",
]

ServiceLevelId = Annotated[uuid.UUID, IdOf(ServiceLevel)]
ServiceLevelRuleId = Annotated[uuid.UUID, IdOf(ServiceLevelRule)]
ServiceLevelAssignmentId = Annotated[uuid.UUID, IdOf(ServiceLevelAssignment)]
ChannelPolicyId = Annotated[uuid.UUID, IdOf(ChannelPolicy)]

_MOST_ENTITLEMENTS: Final = 50
_LONGEST_MINUTES: Final = 60 * 24 * 365
_LONGEST_WINDOW: Final = 3_650
_LARGEST_QUANTITY: Final = Decimal(10**9)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTarget:
    """How fast cases of a severity are answered and solved."""

    severity: CaseSeverity = argument("Of which cases.")
    first_response_minutes: int = argument("Minutes until the first answer, from 1.")
    resolution_minutes: int = argument("Minutes until the case is solved, no fewer.")

    def __post_init__(self) -> None:
        if not 1 <= self.first_response_minutes <= self.resolution_minutes <= _LONGEST_MINUTES:
            raise InvalidInput(
                "A target does not fit. Its minutes are none, more than a year, or an answer would come after the "
                "solution. Correct them.",
                path=("resolution_minutes",),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntitlement:
    """A benefit that a level brings."""

    code: str = argument("Stable code in capitals; SELF_SERVICE_DATA opens a customer's own figures to it.")
    name: str = argument("What it is, in one line.")
    quantity: Decimal | None = argument(
        "How much of it, such as visits a year; null for as much as is wanted.", default=None
    )

    def __post_init__(self) -> None:
        validation.code(self, "code")
        one_line(self, "name")
        if self.quantity is not None and not (self.quantity.is_finite() and 0 < self.quantity <= _LARGEST_QUANTITY):
            raise InvalidInput(
                "A quantity does not fit. It is not above 0, or too large. Correct it, or leave it out for no limit.",
                path=("quantity",),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineServiceLevel(Command):
    """Defines a level of service with what it promises. The first one is the floor, of rank 0; none may promise less."""

    code: str = argument("Stable code in capitals, such as GOLD.")
    name: str = argument("Name to show.")
    description: str | None = argument("What it is for.", default=None)
    rank: int = argument("0 for the floor, more is better; each rank once.")
    targets: tuple[NewTarget, ...] = argument("How fast cases are answered and solved, by severity.")
    entitlements: tuple[NewEntitlement, ...] = argument("Benefits it brings.", default=())

    def __post_init__(self) -> None:
        validation.code(self, "code")
        one_line(self, "name", maximum=80)
        one_line(self, "description")
        within(self.rank, least=0, most=1_000, path="rank")
        check_promises(self.targets, self.entitlements)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateServiceLevel(Command):
    """Changes a level of service: fields that are left out stay as they are; its code and rank stay."""

    id: ServiceLevelId = argument("The level.")
    version: int = argument("The version the change was made from.")
    name: str | Unset = argument("Name to show.", default=UNSET)
    description: str | Unset | None = argument("What it is for.", default=UNSET)
    targets: tuple[NewTarget, ...] | Unset = argument(
        "How fast cases are answered and solved: all of them.", default=UNSET
    )
    entitlements: tuple[NewEntitlement, ...] | Unset = argument("Benefits: all of them.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "name", "targets", "entitlements")
        one_line(self, "name", maximum=80)
        one_line(self, "description")
        check_promises(
            self.targets if isinstance(self.targets, tuple) else (),
            self.entitlements if isinstance(self.entitlements, tuple) else (),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineServiceLevelRule(Command):
    """Defines what a customer must have done to be given a level. The best level of which any rule holds is given."""

    code: str = argument("Stable code in capitals.")
    service_level_id: ServiceLevelId = argument("The level it gives; not the floor.")
    metric: RuleMetric = argument("What it looks at.")
    window_days: int = argument("Over how many days up to now, 1 to 3650.", default=365)
    amount: Money | None = argument("The least amount, of VOLUME and PROFIT.", default=None)
    count: int | None = argument("The least number, of PURCHASES.", default=None)
    segment_id: SegmentId | None = argument("In which segment, of SEGMENT.", default=None)

    def __post_init__(self) -> None:
        validation.code(self, "code")
        check_window(self.window_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateServiceLevelRule(Command):
    """Changes a rule: fields that are left out stay as they are."""

    id: ServiceLevelRuleId = argument("The rule.")
    version: int = argument("The version the change was made from.")
    window_days: int | Unset = argument("Over how many days up to now, 1 to 3650.", default=UNSET)
    amount: Money | Unset = argument("The least amount, of VOLUME and PROFIT.", default=UNSET)
    count: int | Unset = argument("The least number, of PURCHASES.", default=UNSET)
    active: bool | Unset = argument("Whether it counts.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "window_days", "amount", "count", "active")
        check_window(self.window_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignServiceLevel(Command):
    """Gives a customer a level by hand, with the reason. While it counts, rules change nothing."""

    customer_id: CustomerId = argument("Who gets it.")
    service_level_id: ServiceLevelId = argument("Which level.")
    reason: str = argument("Why; it is kept with who decided.")
    until: dt.datetime | None = argument("When it ends; null until somebody says so.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "reason", maximum=500)
        aware(self, "until")
        key(self, "idempotency_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseServiceLevel(Command):
    """Ends a level that was given by hand; the rules decide from then on."""

    id: ServiceLevelAssignmentId = argument("The assignment that counts now.")
    version: int = argument("The version the change was made from.")
    reason: str = argument("Why.")

    def __post_init__(self) -> None:
        one_line(self, "reason", maximum=500)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateCustomerService(Command):
    """Keeps where a customer asked to be reached and what it may spend in all: what is left out stays, null empties."""

    customer_id: CustomerId = argument("Whose service.")
    preferred_channel: Channel | Unset | None = argument("Where the customer asked to be reached.", default=UNSET)
    wallet: Money | Unset | None = argument(
        "What the customer spends in a year on what we sell, with everybody: an estimate.", default=UNSET
    )

    def __post_init__(self) -> None:
        above_zero(self.wallet, path="wallet")


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineChannelPolicy(Command):
    """Says which channel is offered to customers of a level who did not ask for another. Consent and wishes stay above it."""

    position: int = argument("Lower ones are asked first; each once.")
    service_level_id: ServiceLevelId | None = argument("Customers of which level; null for all.", default=None)
    segment_id: SegmentId | None = argument("Customers in which segment; null for all.", default=None)
    purpose: ConsentPurpose | None = argument("For contacts of which purpose; null for all.", default=None)
    channel: Channel = argument("What is offered.")
    reason: str = argument("Why, in a sentence that may be shown.")

    def __post_init__(self) -> None:
        one_line(self, "reason")
        within(self.position, least=0, most=1_000, path="position")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveChannelPolicy(Command):
    """Takes a policy of channels away."""

    id: ChannelPolicyId = argument("The policy.")
    version: int = argument("The version it was read with.")


def check_window(days: int | Unset) -> None:
    """Refuses a window of no days or more than ten years."""
    within(days, most=_LONGEST_WINDOW, path="window_days")


def check_threshold(
    metric: RuleMetric, *, amount: Money | None, count: int | None, segment_id: uuid.UUID | None
) -> None:
    """Refuses a threshold that is not of the metric's kind: purchases, a segment, or an amount, above zero, and nothing else."""
    given = {
        "amount": None if amount is None else amount.minor > 0,
        "count": None if count is None else count > 0,
        "segment_id": None if segment_id is None else True,
    }
    wanted = {RuleMetric.PURCHASES: "count", RuleMetric.SEGMENT: "segment_id"}.get(metric, "amount")
    if [name for name, value in given.items() if value is not None] != [wanted] or not given[wanted]:
        raise InvalidInput(
            f"The threshold does not go with what the rule looks at. It needs {wanted}, above zero, and nothing else. "
            "Give that.",
            path=(wanted,),
        )


def check_promises(targets: tuple[NewTarget, ...], entitlements: tuple[NewEntitlement, ...]) -> None:
    """Refuses a severity or a benefit that is named twice, and too many benefits."""
    once((each.severity for each in targets), path="targets")
    once((each.code for each in entitlements), path="entitlements")
    validation.count(entitlements, most=_MOST_ENTITLEMENTS, path="entitlements")
