"""What may be asked: make a member, redeem points, correct points. Commands check their own form.

How many points are there, and whether the customer may redeem, is the business of `service`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Annotated

from patron_core.customers.commands import CustomerId
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.validation import key, paragraphs, within
from patron_retail.models import LoyaltyMember

__all__ = ["AdjustPoints", "EnrolMember", "MemberId", "RedeemPoints"]

MemberId = Annotated[uuid.UUID, IdOf(LoyaltyMember)]

MOST_POINTS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolMember(Command):
    """Makes a customer a member of the loyalty programme; a member stays as they are."""

    customer_id: CustomerId = argument("Who becomes a member.")
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        key(self, "idempotency_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeemPoints(Command):
    """Spends points; never more than there are."""

    member_id: MemberId = argument("Whose points.")
    points: int = argument("How many, from 1.")
    reason: str | None = argument("What they were spent on.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        key(self, "idempotency_key")
        paragraphs(self, "reason", maximum=1_000)
        within(self.points, most=MOST_POINTS, path="points")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustPoints(Command):
    """Corrects a member's points by hand, up or down; not below zero."""

    member_id: MemberId = argument("Whose points.")
    delta: int = argument("How many more, or with a minus sign how many fewer.")
    reason: str = argument("Why; kept in the ledger.")
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        key(self, "idempotency_key")
        paragraphs(self, "reason", maximum=1_000)
        if self.delta == 0 or abs(self.delta) > MOST_POINTS:
            raise InvalidInput(
                f"The correction has no effect or is too large. {self.delta} was given. Give up to {MOST_POINTS:,}, "
                "with a minus sign to take points away.",
                path=("delta",),
            )
