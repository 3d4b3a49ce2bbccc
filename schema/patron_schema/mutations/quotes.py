"""Write quotes, send and revise them, keep the answer and what competitors bid."""

from __future__ import annotations

import strawberry

from patron_core.quotes import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.quotes import CompetingOffer, Quote

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class QuotePayload:
    """What a mutation of a quote gives."""

    quote: Quote | None = strawberry.field(description="The quote, as it is now.")


@payload
class CompetingOfferPayload:
    """What keeping a competitor's bid gives."""

    competing_offer: CompetingOffer | None = strawberry.field(description="The bid.")


@extends(Mutation)
class QuoteMutation:
    quote_create: QuotePayload = mutation(
        commands.CreateQuote, description="Writes a quote for a customer: its first version, a draft."
    )
    quote_update: QuotePayload = mutation(commands.UpdateQuote, description="Changes a draft.")
    quote_send: QuotePayload = mutation(commands.SendQuote, description="Sends a draft.")
    quote_accept: QuotePayload = mutation(
        commands.AcceptQuote, description="Keeps that the customer agreed; nothing in the quote changes any more."
    )
    quote_decline: QuotePayload = mutation(commands.DeclineQuote, description="Keeps that the customer said no.")
    quote_revise: QuotePayload = mutation(
        commands.ReviseQuote, description="Writes the next version of a quote, which takes the place of this one."
    )
    competing_offer_add: CompetingOfferPayload = mutation(
        commands.AddCompetingOffer, description="Keeps what a competitor bid for a deal."
    )


TYPES = (QuotePayload, CompetingOfferPayload)
EXTENSIONS = (QuoteMutation,)
