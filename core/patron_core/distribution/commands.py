"""What may be asked about what distributors sold on: take a report in. Commands check their own form."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final

from patron_core.distribution.models import SellThrough
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.parties.commands import PartyId
from patron_core.validation import key, not_negative, one_line, within
from patron_core.values import Money

__all__ = ["ReportSellThrough", "SellThroughId"]

SellThroughId = Annotated[uuid.UUID, IdOf(SellThrough)]
_MOST: Final = Decimal(10**9)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSellThrough(Command):
    """Takes a sale of a distributor in; the same key of a source again is the same sale."""

    seller_id: PartyId = argument("Who sold it on.")
    buyer_id: PartyId | None = argument("Who bought it; left out where nobody was named.", default=None)
    upstream_id: SellThroughId | None = argument("The sale by which the seller came to it.", default=None)
    to_end_customer: bool = argument("Whether the buyer uses it, and does not sell it on.", default=False)
    sku: str = argument("Which product.")
    quantity: Decimal = argument("How many: above zero, at most three decimals.")
    amount: Money | None = argument("For how much, where it was told.", default=None)
    sold_on: dt.date = argument("On which day; not in the future.")
    source: str = argument("The system or partner that reports it.")
    source_key: str = argument("Its key there.")

    def __post_init__(self) -> None:
        one_line(self, "sku", "source", maximum=80)
        key(self, "source_key")
        within(self.quantity, least=Decimal("0.001"), most=_MOST, decimals=3, path="quantity")
        if self.seller_id == self.buyer_id:
            raise InvalidInput(
                "Seller and buyer are the same. One party was given for both. Give two.", path=("buyer_id",)
            )
        not_negative(self.amount, path="amount")
