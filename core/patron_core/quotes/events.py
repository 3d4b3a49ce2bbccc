"""What can have happened to quotes and competing offers. Events carry ids and codes, never amounts."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event
from patron_core.quotes.models import QuoteState

__all__ = ["CompetingOfferAdded", "QuoteChanged", "QuoteCreated", "QuoteStateChanged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteCreated(Event):
    """There is a quote, or a further version of one. `customer_id` is set."""

    type: ClassVar[str] = "quote.created"
    quote_id: uuid.UUID
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteChanged(Event):
    """A draft changed. `customer_id` is set."""

    type: ClassVar[str] = "quote.changed"
    quote_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteStateChanged(Event):
    """A quote was sent, accepted, declined, superseded, or expired. `customer_id` is set."""

    type: ClassVar[str] = "quote.state_changed"
    quote_id: uuid.UUID
    from_state: QuoteState
    to_state: QuoteState


@dataclass(frozen=True, slots=True, kw_only=True)
class CompetingOfferAdded(Event):
    """A competitor bid for a deal. `customer_id` is set."""

    type: ClassVar[str] = "opportunity.competing_offer_added"
    opportunity_id: uuid.UUID
    competing_offer_id: uuid.UUID
