"""What may be asked about quotes: write, change, send, revise one, keep the answer; keep what a competitor bid."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from patron_core import validation
from patron_core.customers.commands import CustomerId
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.opportunities.commands import OpportunityId
from patron_core.quotes.models import Quote
from patron_core.validation import aware, key, not_negative, not_null, one_line, within
from patron_core.values import UNSET, Money, Unset

__all__ = [
    "AcceptQuote",
    "AddCompetingOffer",
    "CreateQuote",
    "DeclineQuote",
    "NewQuoteLine",
    "QuoteId",
    "ReviseQuote",
    "SendQuote",
    "UpdateQuote",
]

QuoteId = Annotated[uuid.UUID, IdOf(Quote)]

_MOST_LINES = 200
_LARGEST_QUANTITY = Decimal(10**9)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewQuoteLine:
    """An item of a quote."""

    description: str = argument("What is offered.")
    sku: str | None = argument("Stock-keeping unit.", default=None)
    quantity: Decimal = argument("How many, above zero, with at most three decimals.", default=Decimal(1))
    unit_price: Money = argument("Price of one, without tax.")
    discount_rate: Decimal = argument("Share taken off, 0 to 1, with at most four decimals.", default=Decimal(0))
    tax_rate: Decimal = argument("Tax, 0 to 1 of the net, with at most four decimals.", default=Decimal(0))

    def __post_init__(self) -> None:
        one_line(self, "description")
        one_line(self, "sku", maximum=80)
        not_negative(self.unit_price, path="unit_price")
        within(self.quantity, least=Decimal("0.001"), most=_LARGEST_QUANTITY, decimals=3, path="quantity")
        within(self.discount_rate, least=0, most=Decimal(1), decimals=4, path="discount_rate")
        within(self.tax_rate, least=0, most=Decimal(1), decimals=4, path="tax_rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateQuote(Command):
    """Writes a quote for a customer: its first version, a draft."""

    customer_id: CustomerId = argument("To whom.")
    opportunity_id: OpportunityId | None = argument("For which deal with the customer.", default=None)
    number: str = argument("Its number, unique in the tenant.")
    valid_until: dt.date = argument("The last day on which it counts.")
    lines: tuple[NewQuoteLine, ...] = argument("What is offered, 1 to 200 lines of one currency.")
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "number", maximum=80)
        key(self, "idempotency_key")
        _check_lines(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateQuote(Command):
    """Changes a draft: what is left out stays; lines that are given take the place of all there are."""

    id: QuoteId = argument("The quote.")
    version: int = argument("The version the change was made from.")
    valid_until: dt.date | Unset = argument("The last day on which it counts.", default=UNSET)
    lines: tuple[NewQuoteLine, ...] | Unset = argument("What is offered, all of it.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "valid_until", "lines")
        if isinstance(self.lines, tuple):
            _check_lines(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendQuote(Command):
    """Sends a draft: from now on it only changes by a further version."""

    id: QuoteId = argument("The quote.")
    version: int = argument("The version the change was made from.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptQuote(Command):
    """Keeps that the customer agreed. The quote is frozen."""

    id: QuoteId = argument("The quote.")
    version: int = argument("The version the change was made from.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineQuote(Command):
    """Keeps that the customer said no."""

    id: QuoteId = argument("The quote.")
    version: int = argument("The version the change was made from.")
    reason: str = argument("Why.")

    def __post_init__(self) -> None:
        one_line(self, "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviseQuote(Command):
    """Writes the next version of a quote: a draft, which takes the place of the one before."""

    id: QuoteId = argument("The latest version.")
    version: int = argument("The version the change was made from.")
    valid_until: dt.date = argument("The last day on which the new version counts.")
    lines: tuple[NewQuoteLine, ...] | None = argument("What is offered; as before when left out.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        key(self, "idempotency_key")
        if self.lines is not None:
            _check_lines(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCompetingOffer(Command):
    """Keeps what a competitor bid for a deal; the latest of each competitor counts."""

    opportunity_id: OpportunityId = argument("The deal.")
    competitor: str = argument("Who bids.")
    amount: Money = argument("How much, without tax.")
    offered_at: dt.datetime | None = argument("When, not in the future; now when left out.", default=None)
    source: str = argument("How we know, such as the customer or the auction's page.")
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "competitor", "source", maximum=80)
        aware(self, "offered_at")
        key(self, "idempotency_key")
        not_negative(self.amount, path="amount")


def _check_lines(lines: tuple[NewQuoteLine, ...]) -> None:
    validation.count(lines, least=1, most=_MOST_LINES, path="lines")
    if len({line.unit_price.currency_code for line in lines}) > 1:
        raise InvalidInput(
            "Two currencies meet in one quote. Its lines have different ones. Use one, or write two quotes.",
            path=("lines",),
        )
