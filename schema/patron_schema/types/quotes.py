"""Quotes and their versions, and what competitors bid, as the API shows them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any

import strawberry

from patron_core.access.overview import require_overview
from patron_core.quotes import bidding, models
from patron_core.quotes.permissions import QUOTE_READ
from patron_core.records import FINANCIAL
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money

from ..compose.commands import decode_id
from ..declare import Connection, Query, extends, planned, related, resolver, root
from ..nodes import Node
from .customers import Customer
from .figures import Figure, shown
from .opportunities import Opportunity
from .values import MoneyValue

__all__ = ["EXTENSIONS", "TYPES", "CompetingOffer", "Quote", "QuoteLine"]


@planned(models.Quote)
class Quote(Node):
    """A version of what we offered a customer at what price."""

    customer: Customer
    opportunity: Opportunity | None
    number: str
    revision: int
    supersedes: Quote | None
    superseded_by: Quote | None = related(models.Quote.supersedes, description="The version that took its place.")
    state: models.QuoteState
    valid_until: dt.date
    net: Money
    tax: Money
    total: Money
    sent_at: dt.datetime | None
    decided_at: dt.datetime | None
    decline_reason: str | None
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    lines: Connection[QuoteLine] = related(models.QuoteLine.quote, description="What is offered.")


@planned(models.QuoteLine)
class QuoteLine(Node):
    """An item of a quote."""

    quote: Quote
    position: int
    sku: str | None
    description: str
    quantity: Decimal
    unit_price: Money
    discount_rate: Decimal
    tax_rate: Decimal
    net: Money
    tax: Money


@planned(models.CompetingOffer)
class CompetingOffer(Node):
    """What a competitor bid for a deal; the latest of each counts."""

    opportunity: Opportunity
    competitor: str
    amount: Money
    offered_at: dt.datetime
    source: str


@extends(Customer)
class CustomerQuotes:
    quotes: Connection[Quote] = related(models.Quote.customer, description="What we offered the customer.")


@extends(Opportunity)
class OpportunityQuotes:
    quotes: Connection[Quote] = related(models.Quote.opportunity, description="What we offered for the deal.")
    competing_offers: Connection[CompetingOffer] = related(
        models.CompetingOffer.opportunity, description="What competitors bid for the deal, earlier bids included."
    )


@strawberry.type(description="One bidder's latest bid for a deal.")
class Bid:
    rank: int | None = strawberry.field(description="Its place from 1; null where no rate tells it in the currency.")
    bidder: str | None = strawberry.field(description="The competitor; null for us.")
    ours: bool = strawberry.field(description="Whether it is our quote.")
    amount: MoneyValue = strawberry.field(description="The bid, without tax.")
    comparable: MoneyValue | None = strawberry.field(description="The bid in the currency of the ranking.")
    offered_at: dt.datetime = strawberry.field(description="When it was made.")
    id: strawberry.ID = strawberry.field(description="The quote or the competing offer; `node` shows it.")


@strawberry.type(description="All bids for a deal, the best first.")
class BidRanking:
    currency_code: str | None = strawberry.field(description="The currency in which bids are compared.")
    bids: list[Bid] = strawberry.field(description="The latest bid of each bidder.")
    gap: Figure = strawberry.field(description="How far ours is from the best of the others; negative where it leads.")


Deal = Annotated[strawberry.ID, strawberry.argument(description="The deal.")]
Lowest = Annotated[
    bool, strawberry.argument(description="Whether the lowest bid wins, as when we sell; else the highest.")
]


@extends(Query)
class QuoteQuery:
    quote: Quote | None = root(description="A version of a quote by its id.")
    quotes: Connection[Quote] = root(description="Quotes, each version.")
    competing_offers: Connection[CompetingOffer] = root(description="What competitors bid.")

    @resolver(scope=QUOTE_READ)
    async def bid_ranking(
        self, info: strawberry.Info[Any, Any], opportunity_id: Deal, lowest_wins: Lowest = True
    ) -> BidRanking | None:
        """Who leads in a deal: our latest quote and the latest bid of each competitor, as in an auction."""
        wanted = decode_id(opportunity_id, "opp")

        def find(uow: UnitOfWork) -> BidRanking:
            require_overview(uow.actor, FINANCIAL)
            return _shown(bidding.ranking(wanted, uow, lowest_wins=lowest_wins))

        found: BidRanking = await info.context.read(find)
        return found


def _shown(made: bidding.Ranking) -> BidRanking:
    return BidRanking(
        currency_code=made.currency_code,
        bids=[
            Bid(
                rank=bid.rank,
                bidder=bid.bidder,
                ours=bid.ours,
                amount=_money(bid.amount),
                comparable=None if bid.comparable is None else _money(bid.comparable),
                offered_at=bid.offered_at,
                id=strawberry.ID(bid.id),
            )
            for bid in made.bids
        ],
        gap=shown(made.gap),
    )


def _money(amount: Money) -> MoneyValue:
    return MoneyValue(amount=amount.amount, currency_code=amount.currency_code)


TYPES = (Quote, QuoteLine, CompetingOffer)
EXTENSIONS = (CustomerQuotes, OpportunityQuotes, QuoteQuery)
