"""What may be asked about offers: make one, put it out or stop it, present it, answer it, redeem it."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Annotated

from patron_core import validation
from patron_core.customers.commands import CustomerId
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.offers.models import Offer, OfferPresentation, OfferStatus
from patron_core.orders.commands import OrderId
from patron_core.privacy.models import ConsentPurpose
from patron_core.segments.models import Segment
from patron_core.touchpoints.models import Channel
from patron_core.validation import aware, in_order, key, not_negative, one_line, paragraphs, within
from patron_core.values import Money

__all__ = [
    "AnswerOffer",
    "CreateOffer",
    "OfferId",
    "OfferPresentationId",
    "PresentOffer",
    "RedeemOffer",
    "SetOfferStatus",
    "check_caps",
]

OfferId = Annotated[uuid.UUID, IdOf(Offer)]
OfferPresentationId = Annotated[uuid.UUID, IdOf(OfferPresentation)]

_MOST = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateOffer(Command):
    """Makes an offer, as a draft."""

    code: str = argument("Stable code in capitals, such as SPRING_10.")
    name: str = argument("Name to show.")
    description: str | None = argument("What it is.", default=None)
    segment_id: Annotated[uuid.UUID, IdOf(Segment)] | None = argument(
        "Who is eligible: those who are in it; everybody when left out.", default=None
    )
    purpose: ConsentPurpose = argument(
        "For which purpose a customer must have consented.", default=ConsentPurpose.MARKETING
    )
    channel: Channel | None = argument("Over which channel it is presented; any when left out.", default=None)
    valid_from: dt.datetime | None = argument("From when it can be had; at once when left out.", default=None)
    valid_to: dt.datetime | None = argument("First instant from which it cannot.", default=None)
    cost: Money = argument("What one redemption costs us.")
    budget: Money | None = argument("What all redemptions may cost together.", default=None)
    max_redemptions: int | None = argument("How often it can be had in all, 1 or more.", default=None)
    max_per_customer: int = argument("How often one customer can have it, 1 or more.", default=1)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        validation.code(self, "code")
        one_line(self, "name", maximum=80)
        paragraphs(self, "description", maximum=2_000)
        aware(self, "valid_from", "valid_to")
        key(self, "idempotency_key")
        in_order(self.valid_from, self.valid_to, path="valid_to")
        check_caps(self.cost, self.budget, self.max_redemptions, self.max_per_customer)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOfferStatus(Command):
    """Puts an offer out, pauses or ends it: to ACTIVE, PAUSED or ENDED."""

    id: OfferId = argument("The offer.")
    version: int = argument("The version the change was made from.")
    status: OfferStatus = argument("What it shall be.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentOffer(Command):
    """Presents an offer to a customer who is eligible and has consented; once."""

    offer_id: OfferId = argument("The offer.")
    customer_id: CustomerId = argument("To whom.")
    channel: Channel | None = argument("Over which channel; the offer's when left out.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        key(self, "idempotency_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerOffer(Command):
    """Keeps what a customer said to an offer: accepted or declined."""

    id: OfferPresentationId = argument("The presentation.")
    version: int = argument("The version the change was made from.")
    accepted: bool = argument("Whether the customer wants it.")
    reason: str | None = argument("Why it was declined.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeemOffer(Command):
    """Gives a customer what was offered: never more often, nor for more, than the offer allows."""

    id: OfferPresentationId = argument("The presentation.")
    order_id: OrderId | None = argument("The order it is had with.", default=None)
    amount: Money | None = argument("What it costs us; the offer's cost when left out.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        key(self, "idempotency_key")
        not_negative(self.amount, path="amount")


def check_caps(cost: Money, budget: Money | None, max_redemptions: int | None, max_per_customer: int) -> None:
    """Refuses amounts below zero or of two currencies, and caps below one."""
    not_negative(cost, path="cost")
    not_negative(budget, path="budget")
    if budget is not None and budget.currency_code != cost.currency_code:
        raise InvalidInput(
            "Two currencies meet in one offer. The budget has another one than the cost. Use one currency.",
            path=("budget",),
        )
    for name, value in (("max_redemptions", max_redemptions), ("max_per_customer", max_per_customer)):
        within(value, most=_MOST, path=name)
