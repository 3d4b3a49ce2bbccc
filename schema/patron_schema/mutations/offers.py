"""Making offers, presenting, answering and redeeming them."""

from __future__ import annotations

import strawberry

from patron_core.offers import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.offers import Offer, OfferPresentation, OfferRedemption

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class OfferPayload:
    """What a mutation of an offer gives."""

    offer: Offer | None = strawberry.field(description="The offer, as it is now.")


@payload
class OfferPresentationPayload:
    """What presenting or answering an offer gives."""

    offer_presentation: OfferPresentation | None = strawberry.field(description="The presentation, as it is now.")


@payload
class OfferRedemptionPayload:
    """What redeeming an offer gives."""

    offer_redemption: OfferRedemption | None = strawberry.field(description="What was had.")


@extends(Mutation)
class OfferMutation:
    offer_create: OfferPayload = mutation(commands.CreateOffer, description="Makes an offer, as a draft.")
    offer_status_set: OfferPayload = mutation(
        commands.SetOfferStatus, description="Puts an offer out, pauses or ends it."
    )
    offer_present: OfferPresentationPayload = mutation(
        commands.PresentOffer,
        description="Presents an offer to a customer who is eligible and has consented; refused with a code otherwise.",
    )
    offer_answer: OfferPresentationPayload = mutation(
        commands.AnswerOffer, description="Keeps whether a customer accepted or declined an offer."
    )
    offer_redeem: OfferRedemptionPayload = mutation(
        commands.RedeemOffer, description="Gives a customer what was offered, within the offer's caps."
    )


TYPES = (OfferPayload, OfferPresentationPayload, OfferRedemptionPayload)
EXTENSIONS = (OfferMutation,)
