"""What can have happened to offers. Events carry ids and codes, never amounts or reasons."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event
from patron_core.offers.models import OfferStatus, PresentationStatus

__all__ = ["OfferAnswered", "OfferCreated", "OfferPresented", "OfferRedeemed", "OfferStatusSet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferCreated(Event):
    """There is an offer, as a draft."""

    type: ClassVar[str] = "offer.created"
    offer_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferStatusSet(Event):
    """An offer was put out, paused or ended, or expired."""

    type: ClassVar[str] = "offer.status_set"
    offer_id: uuid.UUID
    status: OfferStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferPresented(Event):
    """An offer was presented to a customer. `customer_id` is set."""

    type: ClassVar[str] = "offer.presented"
    offer_id: uuid.UUID
    presentation_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferAnswered(Event):
    """A customer accepted or declined an offer, or it expired before. `customer_id` is set."""

    type: ClassVar[str] = "offer.answered"
    offer_id: uuid.UUID
    presentation_id: uuid.UUID
    status: PresentationStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRedeemed(Event):
    """A customer had what was offered. `customer_id` is set."""

    type: ClassVar[str] = "offer.redeemed"
    offer_id: uuid.UUID
    presentation_id: uuid.UUID
    redemption_id: uuid.UUID
