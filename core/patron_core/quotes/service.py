"""What happens to quotes: written, changed while they are drafts, sent, revised, answered; and bids of competitors are kept.

A quote's row is locked while its state changes, so that it is answered once and has one next version.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from patron_core.customers.models import Customer
from patron_core.errors import Conflict, InvalidInput
from patron_core.hookspecs import CommandHandler
from patron_core.opportunities.models import Opportunity, OpportunityStatus
from patron_core.quotes import events
from patron_core.quotes.amounts import amounts_of, sum_of
from patron_core.quotes.commands import (
    AcceptQuote,
    AddCompetingOffer,
    CreateQuote,
    DeclineQuote,
    NewQuoteLine,
    ReviseQuote,
    SendQuote,
    UpdateQuote,
)
from patron_core.quotes.models import CompetingOffer, Quote, QuoteLine, QuoteState
from patron_core.quotes.permissions import QUOTE_WRITE
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import not_later, same_version, unused

__all__ = [
    "HANDLERS",
    "accept_quote",
    "add_competing_offer",
    "create_quote",
    "decline_quote",
    "expire",
    "revise_quote",
    "send_quote",
    "update_quote",
]


def create_quote(command: CreateQuote, uow: UnitOfWork) -> Quote:
    """Writes a first version. CONFLICT where the number is taken; NOT_FOUND for an unknown customer or deal."""
    uow.get(Customer, command.customer_id, path=("customer_id",))
    if command.opportunity_id is not None:
        deal = uow.get(Opportunity, command.opportunity_id, path=("opportunity_id",))
        if deal.customer_id != command.customer_id:
            raise InvalidInput(
                "The deal is with another customer. The quote is for this one. Give the deal's own customer.",
                path=("opportunity_id",),
            )
    unused(uow, Quote, number=command.number)
    zero = sum_of((), currency_code=command.lines[0].unit_price.currency_code)
    quote = Quote(
        customer_id=command.customer_id,
        opportunity_id=command.opportunity_id,
        number=command.number,
        revision=1,
        state=QuoteState.DRAFT,
        valid_until=command.valid_until,
        net=zero,
        tax=zero,
        total=zero,
    )
    return _written(quote, command.lines, uow)


def update_quote(command: UpdateQuote, uow: UnitOfWork) -> Quote:
    """Changes a draft. CONFLICT where it was sent."""
    quote = uow.get(Quote, command.id, lock=True, path=("id",))
    same_version(quote, version=command.version)
    _only(quote, QuoteState.DRAFT, advice="Write a further version of it.")
    other_day = isinstance(command.valid_until, dt.date) and command.valid_until != quote.valid_until
    if not isinstance(command.lines, tuple) and not other_day:
        return quote
    if isinstance(command.lines, tuple):
        for row in uow.select(select(QuoteLine).where(QuoteLine.quote_id == quote.id)):
            uow.delete(row)
        uow.flush()
        _add_lines(quote, command.lines, uow)
    if isinstance(command.valid_until, dt.date):
        quote.valid_until = command.valid_until
    uow.emit(events.QuoteChanged(customer_id=quote.customer_id, quote_id=quote.id))
    return quote


def send_quote(command: SendQuote, uow: UnitOfWork) -> Quote:
    """Sends a draft. CONFLICT where it is none; INVALID_INPUT where its last day has passed."""
    quote = uow.get(Quote, command.id, lock=True, path=("id",))
    same_version(quote, version=command.version)
    _only(quote, QuoteState.DRAFT, advice="Write a further version of it.")
    _refuse_past(quote, uow)
    quote.sent_at = uow.now
    _move(quote, QuoteState.SENT, uow)
    return quote


def accept_quote(command: AcceptQuote, uow: UnitOfWork) -> Quote:
    """Keeps that the customer agreed. CONFLICT where it was not sent; INVALID_INPUT where its last day has passed."""
    quote = uow.get(Quote, command.id, lock=True, path=("id",))
    same_version(quote, version=command.version)
    _only(quote, QuoteState.SENT, advice="Only a quote that was sent is answered.")
    _refuse_past(quote, uow)
    quote.decided_at = uow.now
    _move(quote, QuoteState.ACCEPTED, uow)
    return quote


def decline_quote(command: DeclineQuote, uow: UnitOfWork) -> Quote:
    """Keeps that the customer said no. CONFLICT where it was not sent."""
    quote = uow.get(Quote, command.id, lock=True, path=("id",))
    same_version(quote, version=command.version)
    _only(quote, QuoteState.SENT, advice="Only a quote that was sent is answered.")
    quote.decided_at, quote.decline_reason = uow.now, command.reason
    _move(quote, QuoteState.DECLINED, uow)
    return quote


def revise_quote(command: ReviseQuote, uow: UnitOfWork) -> Quote:
    """Writes the next version. CONFLICT where the quote was accepted, or has a later version."""
    before = uow.get(Quote, command.id, lock=True, path=("id",))
    same_version(before, version=command.version)
    if before.state in (QuoteState.ACCEPTED, QuoteState.SUPERSEDED):
        raise Conflict(
            f"The quote cannot be revised. It is {before.state.name.lower()}. Write a new one, or revise the latest.",
            path=("id",),
        )
    lines = command.lines or _as_before(before, uow)
    if before.state in (QuoteState.DRAFT, QuoteState.SENT):
        _move(before, QuoteState.SUPERSEDED, uow)
    zero = sum_of((), currency_code=lines[0].unit_price.currency_code)
    quote = Quote(
        customer_id=before.customer_id,
        opportunity_id=before.opportunity_id,
        number=before.number,
        revision=before.revision + 1,
        supersedes_id=before.id,
        state=QuoteState.DRAFT,
        valid_until=command.valid_until,
        net=zero,
        tax=zero,
        total=zero,
    )
    return _written(quote, lines, uow)


def expire(quote: Quote, uow: UnitOfWork) -> None:
    """Lets a quote that was sent run out."""
    _move(quote, QuoteState.EXPIRED, uow)


def add_competing_offer(command: AddCompetingOffer, uow: UnitOfWork) -> CompetingOffer:
    """Keeps a bid. CONFLICT where the deal is decided."""
    deal = uow.get(Opportunity, command.opportunity_id, lock=True, path=("opportunity_id",))
    offered_at = command.offered_at or uow.now
    not_later(offered_at, than=uow.now, path="offered_at")
    if deal.status is not OpportunityStatus.OPEN:
        raise Conflict(
            "The deal is decided. A bid was to be kept. Open it again first, with a reason.", path=("opportunity_id",)
        )
    offer = uow.add(
        CompetingOffer(
            opportunity_id=deal.id,
            competitor=command.competitor,
            amount=command.amount,
            offered_at=offered_at,
            source=command.source,
        )
    )
    uow.emit(
        events.CompetingOfferAdded(customer_id=deal.customer_id, opportunity_id=deal.id, competing_offer_id=offer.id)
    )
    return offer


def _written(quote: Quote, lines: Sequence[NewQuoteLine], uow: UnitOfWork) -> Quote:
    uow.add(quote)
    _add_lines(quote, lines, uow)
    uow.emit(events.QuoteCreated(customer_id=quote.customer_id, quote_id=quote.id, revision=quote.revision))
    return quote


def _add_lines(quote: Quote, lines: Sequence[NewQuoteLine], uow: UnitOfWork) -> None:
    made = []
    for position, line in enumerate(lines, start=1):
        amounts = amounts_of(
            quantity=line.quantity,
            unit_price=line.unit_price,
            discount_rate=line.discount_rate,
            tax_rate=line.tax_rate,
        )
        made.append(amounts)
        uow.add(
            QuoteLine(
                quote_id=quote.id,
                position=position,
                sku=line.sku,
                description=line.description,
                quantity=line.quantity,
                unit_price=line.unit_price,
                discount_rate=line.discount_rate,
                tax_rate=line.tax_rate,
                net=amounts.net,
                tax=amounts.tax,
            )
        )
    code = lines[0].unit_price.currency_code
    quote.net = sum_of([each.net for each in made], currency_code=code)
    quote.tax = sum_of([each.tax for each in made], currency_code=code)
    quote.total = sum_of((quote.net, quote.tax), currency_code=code)


def _as_before(quote: Quote, uow: UnitOfWork) -> tuple[NewQuoteLine, ...]:
    rows = uow.select(select(QuoteLine).where(QuoteLine.quote_id == quote.id).order_by(QuoteLine.position))
    return tuple(
        NewQuoteLine(
            description=row.description,
            sku=row.sku,
            quantity=row.quantity,
            unit_price=row.unit_price,
            discount_rate=row.discount_rate,
            tax_rate=row.tax_rate,
        )
        for row in rows
    )


def _move(quote: Quote, state: QuoteState, uow: UnitOfWork) -> None:
    before, quote.state = quote.state, state
    uow.emit(
        events.QuoteStateChanged(customer_id=quote.customer_id, quote_id=quote.id, from_state=before, to_state=state)
    )


def _only(quote: Quote, state: QuoteState, *, advice: str) -> None:
    if quote.state is not state:
        raise Conflict(
            f"The quote does not stand there. It is {quote.state.name.lower()}, not {state.name.lower()}. {advice}",
            path=("id",),
        )


def _refuse_past(quote: Quote, uow: UnitOfWork) -> None:
    if quote.valid_until < uow.now.date():
        raise InvalidInput(
            f"The quote counts no longer. Its last day was {quote.valid_until}. Write a further version of it.",
            path=("id",),
        )


HANDLERS: Final[tuple[CommandHandler, ...]] = (
    CommandHandler(command=CreateQuote, handler=create_quote, permission=QUOTE_WRITE),
    CommandHandler(command=UpdateQuote, handler=update_quote, permission=QUOTE_WRITE),
    CommandHandler(command=SendQuote, handler=send_quote, permission=QUOTE_WRITE),
    CommandHandler(command=AcceptQuote, handler=accept_quote, permission=QUOTE_WRITE),
    CommandHandler(command=DeclineQuote, handler=decline_quote, permission=QUOTE_WRITE),
    CommandHandler(command=ReviseQuote, handler=revise_quote, permission=QUOTE_WRITE),
    CommandHandler(command=AddCompetingOffer, handler=add_competing_offer, permission=QUOTE_WRITE),
)
