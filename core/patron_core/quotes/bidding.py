"""Who leads in a deal: our latest quote and the latest bid of each competitor, in one currency and in order, as in an auction.

Bids without a known rate are shown and not ranked. What counts is the price without tax.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import func, select

from patron_core.currencies.converting import METHOD as CONVERSION
from patron_core.currencies.converting import Rates, Unconvertible, rates_to
from patron_core.figures import Figure, Input
from patron_core.opportunities.models import Opportunity
from patron_core.quotes.models import CompetingOffer, Quote, QuoteState
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money

__all__ = ["Bid", "Ranking", "ranking"]

_MOST: Final = 100
_METHOD: Final = (
    "Standard competition ranking of the latest bid of each bidder, by price without tax, told in one currency. "
    + CONVERSION
)


@dataclass(frozen=True, slots=True)
class Bid:
    """One bidder's latest bid. rank: from 1, None where it cannot be compared. comparable: in the ranking's currency."""

    bidder: str | None
    ours: bool
    amount: Money
    offered_at: dt.datetime
    id: str
    comparable: Money | None = None
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """All bids of a deal, the best first. gap: how far ours is from the best of the others; negative where ours leads."""

    currency_code: str | None
    bids: tuple[Bid, ...]
    gap: Figure


def ranking(opportunity_id: uuid.UUID, uow: UnitOfWork, *, lowest_wins: bool) -> Ranking:
    """The bids of a deal, the best first; up to 100 competitors. NOT_FOUND for an unknown deal."""
    deal = uow.get(Opportunity, opportunity_id, path=("opportunityId",))
    bids = [*_ours(deal, uow), *_theirs(deal, uow)]
    if not bids:
        return Ranking(None, (), Figure.none("Nobody has bid.", method=_METHOD, as_of=uow.now))
    currency = bids[0].amount.currency_code if deal.amount is None else deal.amount.currency_code
    rates = rates_to(currency, {bid.amount.currency_code for bid in bids}, uow, day=uow.now.date())
    placed = _placed([_told(bid, rates) for bid in bids], lowest_wins=lowest_wins)
    return Ranking(currency, placed, _gap(placed, currency, rates, uow, lowest_wins=lowest_wins))


def _ours(deal: Opportunity, uow: UnitOfWork) -> list[Bid]:
    statement = (
        select(Quote)
        .where(Quote.opportunity_id == deal.id, Quote.state.in_((QuoteState.SENT, QuoteState.ACCEPTED)))
        .order_by(Quote.sent_at.desc(), Quote.id.desc())
        .limit(1)
    )
    return [
        Bid(None, True, quote.net, quote.sent_at or uow.now, f"{Quote.id_prefix}_{quote.id}")
        for quote in uow.select(statement)
    ]


def _theirs(deal: Opportunity, uow: UnitOfWork) -> list[Bid]:
    latest_first = (CompetingOffer.offered_at.desc(), CompetingOffer.id.desc())
    place = func.row_number().over(partition_by=CompetingOffer.competitor, order_by=latest_first)
    of_deal = CompetingOffer.opportunity_id == deal.id
    newest = select(CompetingOffer.id, place.label("place")).where(of_deal).subquery()
    statement = (
        select(CompetingOffer)
        .join(newest, newest.c.id == CompetingOffer.id)
        .where(of_deal, newest.c.place == 1)
        .order_by(*latest_first)
        .limit(_MOST)
    )
    return [
        Bid(row.competitor, False, row.amount, row.offered_at, f"{CompetingOffer.id_prefix}_{row.id}")
        for row in uow.select(statement)
    ]


def _told(bid: Bid, rates: Rates) -> Bid:
    try:
        return replace(bid, comparable=rates.convert(bid.amount))
    except Unconvertible:
        return bid


def _placed(bids: Sequence[Bid], *, lowest_wins: bool) -> tuple[Bid, ...]:
    sign = 1 if lowest_wins else -1
    prices = [sign * bid.comparable.minor for bid in bids if bid.comparable is not None]
    ranked = [
        bid if bid.comparable is None else replace(bid, rank=1 + sum(p < sign * bid.comparable.minor for p in prices))
        for bid in bids
    ]
    # Of equal bids the earlier one stands first, as in an auction.
    return tuple(sorted(ranked, key=lambda bid: (bid.rank is None, bid.rank or 0, bid.offered_at, bid.id)))


def _gap(bids: Sequence[Bid], currency: str, rates: Rates, uow: UnitOfWork, *, lowest_wins: bool) -> Figure:
    ours = next((bid for bid in bids if bid.ours and bid.comparable is not None), None)
    best = next((bid for bid in bids if not bid.ours and bid.comparable is not None), None)
    inputs = [
        Input(name=name, value=bid.comparable, description=text, ids=(bid.id,))
        for name, bid, text in (("ours", ours, "Our bid."), ("best", best, "The best of the others."))
        if bid is not None
    ]
    inputs += rates.inputs()
    if ours is None or best is None or ours.comparable is None or best.comparable is None:
        missing = rates.missing({bid.amount.currency_code for bid in bids})
        why = f" No rate is known for {', '.join(missing)}." if missing else ""
        reason = "There is no bid of ours, or none of others, to compare." + why
        return Figure.none(reason, unit=currency, method=_METHOD, as_of=uow.now, inputs=inputs)
    sign = 1 if lowest_wins else -1
    apart = sign * (ours.comparable.minor - best.comparable.minor)
    reason = "Our bid leads." if apart < 0 else "Ours is no better than the best of the others."
    return Figure.of(
        Money(apart, currency), reason=reason, sample_size=len(bids), method=_METHOD, as_of=uow.now, inputs=inputs
    )
