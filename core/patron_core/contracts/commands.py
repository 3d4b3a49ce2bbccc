"""What may be asked about contracts: make and change one, give notice, subscribe, say how a renewal goes and decide it.

Commands check their own form; what goes with what stands already is the business of `service`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from patron_core.contracts.models import Contract, Renewal, Subscription
from patron_core.customers.commands import CustomerId
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.validation import given, in_order, key, not_negative, not_null, one_line, within
from patron_core.values import UNSET, Money, Unset

__all__ = [
    "AddSubscription",
    "CancelContract",
    "ContractId",
    "CreateContract",
    "EndSubscription",
    "LoseRenewal",
    "MarkRenewal",
    "RenewContract",
    "RenewalId",
    "SubscriptionId",
    "UpdateContract",
]

ContractId = Annotated[uuid.UUID, IdOf(Contract)]
SubscriptionId = Annotated[uuid.UUID, IdOf(Subscription)]
RenewalId = Annotated[uuid.UUID, IdOf(Renewal)]

_LONGEST_NOTICE = 3_650
_LARGEST_QUANTITY = Decimal("999999999999.999")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateContract(Command):
    """Makes a contract with a customer."""

    customer_id: CustomerId = argument("With whom.")
    number: str = argument("Its number, unique in the tenant.")
    name: str = argument("What it is about.")
    term_from: dt.date = argument("First day of the term.")
    term_to: dt.date = argument("First day after the term.")
    notice_days: int = argument("Days before the end of the term by which notice is given.", default=0)
    auto_renew: bool = argument("Whether it goes on for another term unless somebody gives notice.", default=False)
    monthly_amount: Money | None = argument("What it brings in a month.", default=None)
    owner: str | None = argument("Who of us is responsible.", default=None)
    signed_on: dt.date | None = argument("When it was signed.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "number", "name", "owner")
        key(self, "idempotency_key")
        in_order(self.term_from, self.term_to, path="term_to")
        within(self.notice_days, least=0, most=_LONGEST_NOTICE, path="notice_days")
        not_negative(self.monthly_amount, path="monthly_amount")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateContract(Command):
    """Changes a contract: fields that are left out stay as they are, null empties them. Its term changes by renewal."""

    id: ContractId = argument("The contract.")
    version: int = argument("The version the change was made from.")
    name: str | Unset = argument("What it is about.", default=UNSET)
    notice_days: int | Unset = argument("Days before the end by which notice is given.", default=UNSET)
    auto_renew: bool | Unset = argument("Whether it goes on unless somebody gives notice.", default=UNSET)
    monthly_amount: Money | Unset | None = argument("What it brings in a month.", default=UNSET)
    owner: str | Unset | None = argument("Who of us is responsible.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "name", "notice_days", "auto_renew")
        one_line(self, "name", "owner")
        within(self.notice_days, least=0, most=_LONGEST_NOTICE, path="notice_days")
        not_negative(self.monthly_amount, path="monthly_amount")


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelContract(Command):
    """Gives notice: the contract ends with its term, and its open renewal is lost."""

    id: ContractId = argument("The contract.")
    version: int = argument("The version the change was made from.")
    reason: str = argument("Why.")

    def __post_init__(self) -> None:
        one_line(self, "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddSubscription(Command):
    """Adds to a contract what the customer subscribes to."""

    contract_id: ContractId = argument("The contract.")
    product: str = argument("What it is, such as a plan's code.")
    quantity: Decimal = argument("How many, above zero, with at most three decimals.", default=Decimal(1))
    monthly_amount: Money = argument("What it brings in a month.")
    begins_on: dt.date = argument("First day.")
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "product", maximum=80)
        key(self, "idempotency_key")
        not_negative(self.monthly_amount, path="monthly_amount")
        within(self.quantity, least=Decimal("0.001"), most=_LARGEST_QUANTITY, decimals=3, path="quantity")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSubscription(Command):
    """Ends a subscription."""

    id: SubscriptionId = argument("The subscription.")
    version: int = argument("The version the change was made from.")
    ends_on: dt.date = argument("First day after it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRenewal(Command):
    """Says that a renewal is at risk, or not any more."""

    id: RenewalId = argument("The renewal.")
    version: int = argument("The version the change was made from.")
    at_risk: bool = argument("Whether it is at risk.")
    reason: str | None = argument("Why it is; needed where it is.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "reason")
        if self.at_risk and not given(self.reason):
            raise InvalidInput(
                "A reason is missing. The renewal is at risk, and none was given. Say why.", path=("reason",)
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewContract(Command):
    """Decides a renewal in favour: the contract has a further term."""

    id: RenewalId = argument("The renewal.")
    version: int = argument("The version the change was made from.")
    term_to: dt.date | None = argument(
        "First day after the new term; as long as the last one without it.", default=None
    )
    monthly_amount: Money | None = argument(
        "What it brings in a month from then on; as before without it.", default=None
    )

    def __post_init__(self) -> None:
        not_negative(self.monthly_amount, path="monthly_amount")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoseRenewal(Command):
    """Decides a renewal against: the contract ends with its term."""

    id: RenewalId = argument("The renewal.")
    version: int = argument("The version the change was made from.")
    reason: str = argument("Why.")

    def __post_init__(self) -> None:
        one_line(self, "reason")
